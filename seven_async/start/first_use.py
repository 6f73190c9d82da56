"""What is loaded when it is used for the first time, and not with the module that names it.

In: a place such as `"package.module:Name"`, or a table of public names and their modules. Out: what
they name. I/O: imports modules.

This is the only way here to load a module of the package late. tests/structure reads the places as
the imports that they are, so that they keep the order of the layers and make no circle.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def load(place: str) -> Any:
    """Import a module, and return what it has under a name: `load("package.module:Name")`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def names_on_first_use(
    package: str,
    modules: Mapping[str, tuple[str, ...]],
    submodules: tuple[str, ...] = (),
    present: tuple[str, ...] = (),
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package whose names are loaded when used.

    A name is looked up once, and is an ordinary attribute of the package then.

    Args:
        package: The package, which is being imported.
        modules: The public names by the modules that have them.
        submodules: Modules below the package that are there without an import of their own.
        present: Public names that the package has already.
    """
    homes = {name: module for module, names in modules.items() for name in names}
    namespace = vars(sys.modules[package])

    def find(name: str) -> Any:
        if name in homes:
            value = getattr(import_module(homes[name]), name)
        elif name in submodules:
            value = import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return namespace.setdefault(name, value)

    def names() -> list[str]:
        return sorted({*namespace, *homes, *submodules})

    return find, names, sorted([*homes, *present])
