"""Which module of the package imports which, read from the source alone.

In: the files of a package. Out: its imports. I/O: reads the files, imports nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = "seven_async"


class Import(NamedTuple):
    """One imported name: who imports, from which module, and the name (empty for the module)."""

    importer: str
    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.importer} imports {self.module} {self.name}".rstrip()


def module_name(file: Path, root: Path = ROOT) -> str:
    """The dotted name of a file: `seven_async.flow` for `seven_async/flow/__init__.py`."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path = ROOT) -> dict[str, ast.Module]:
    """Every module of the package with its syntax tree."""
    files = sorted((root / PACKAGE).rglob("*.py"))
    return {module_name(file, root): ast.parse(file.read_text("utf-8")) for file in files}


def imports_of(importer: str, tree: ast.Module) -> Iterator[Import]:
    """Every import of a module, also those in functions, for type checkers only, and by a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(importer, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Relative imports are lint errors here, so the module's name is complete.
            yield from (Import(importer, node.module or "", alias.name) for alias in node.names)
    # A table of commands names modules that are run after it, and may read the table themselves.
    if not importer.startswith(f"{PACKAGE}.cli."):
        yield from (Import(importer, *place) for place in late_places(tree))


LATE = re.compile(rf"({PACKAGE}(?:\.\w+)+)(?::(\w+))?")


def late_places(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name of each place that is loaded late: `"seven_async.api.sms:Sms"`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # Loggers and folders of files have names of packages, too, and import nothing.
    others = {
        id(argument)
        for call in calls
        if ast.unparse(call.func).endswith(("getLogger", "files"))
        for argument in call.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = None if id(node) in others else LATE.fullmatch(node.value)
            if match:
                yield match[1], match[2] or ""


def imports(*packages: str) -> list[Import]:
    """Every import that our package makes from some packages."""
    found = (one for name, tree in modules().items() for one in imports_of(name, tree))
    return [one for one in found if one.module.split(".")[0] in packages]


def edges(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """For every module the others among them that it imports."""
    return {
        importer: {_target(one, trees) for one in imports_of(importer, tree)} & trees.keys()
        for importer, tree in trees.items()
    }


def cycles(root: Path = ROOT) -> list[str]:
    """Modules that need themselves through others, the names of a ring each.

    Imports for type checkers do not count: two classes may know each other by name, as long as
    each runs without the other.
    """
    return rings(edges({name: AtRunTime().visit(tree) for name, tree in modules(root).items()}))


def strict_cycles(part: str, root: Path = ROOT) -> list[str]:
    """The same within one part of the package, where imports for type checkers count, too."""
    trees = {name: tree for name, tree in modules(root).items() if name.startswith(part)}
    return rings(edges(trees))


def rings(graph: dict[str, set[str]]) -> list[str]:
    """Modules of a graph that reach themselves, the names of a ring each."""
    reached = {name: _reached(name, graph) for name in graph}
    names = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return [" ↔ ".join(ring) for ring in sorted(names)]


class AtRunTime(ast.NodeTransformer):
    """Takes out of a tree what only type checkers read."""

    def visit_If(self, node: ast.If) -> ast.AST:
        """The condition without its body, if that is for type checkers."""
        if ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = [ast.Pass()]
        return self.generic_visit(node)


def _target(one: Import, known: Container[str]) -> str:
    """The module that an import means: in `from package import module` it is the latter."""
    named = f"{one.module}.{one.name}"
    return named if named in known else one.module


def _reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting |= graph[module] - seen
    return seen
