"""The public API as text: every name that users may write, with its parameters, a line each.

In: the package. Out: the lines of `public_api.txt`. I/O: imports the package; `--write` writes the
file, if CHANGELOG.md names what has changed. Run as `python -m tests.structure.public_api --write`.

Types are left out: tests/typing has them, and their spelling differs between Python versions.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from seven_async.api.table import endpoints
from tests.structure.imports import ROOT

PUBLIC = ("", ".campaign", ".mcp", ".otel", ".otp", ".receivers", ".sandbox", ".webhooks")
"""Modules that users import from, below `seven_async`; whatever else there is may move."""

RECORD = Path(__file__).with_name("public_api.txt")
SIMPLE = (type(None), bool, int, float, str)


def current_lines() -> list[str]:
    """Return the lines of the API as it is."""
    lines = [line for module in (*PUBLIC, ".auth", ".errors") for line in lines_of_module(module)]
    methods = [
        f"{endpoint.row.name}{parameters(endpoint.request)}"
        for endpoint in endpoints()
        if hasattr(endpoint, "request")
    ]
    return sorted({*lines, *methods})


def lines_of_module(module: str) -> Iterator[str]:
    """Find the lines of one public module."""
    home = importlib.import_module(f"seven_async{module}")
    names = getattr(home, "__all__", None) or [name for name in vars(home) if is_own(home, name)]
    for name in names:
        yield from lines_of(f"seven_async{module}.{name}", getattr(home, name))


def is_own(home: Any, name: str) -> bool:
    """Tell whether a module without a list defines a public name."""
    value = getattr(home, name)
    return not name.startswith("_") and getattr(value, "__module__", None) == home.__name__


def lines_of(path: str, value: Any) -> Iterator[str]:
    """Find the lines of one name: itself, and the members of a class."""
    if not inspect.isclass(value):
        yield path + (parameters(value) if inspect.isroutine(value) else "")
        return
    if issubclass(value, Enum):
        yield path
        yield from (f"{path}.{member}" for member in value.__members__)
        return
    is_protocol = getattr(value, "_is_protocol", False)
    yield path if is_protocol or issubclass(value, BaseException) else path + parameters(value)
    for name, member in members_of(value).items():
        function = getattr(member, "__func__", member)
        yield f"{path}.{name}" + (parameters(function) if inspect.isfunction(function) else "")


def members_of(owner: type) -> dict[str, Any]:
    """Return the public members that a class has from this package."""
    members: dict[str, Any] = {}
    for base in reversed(owner.__mro__):
        if base.__module__.startswith("seven_async"):
            members |= {name: member for name, member in vars(base).items() if name[0] != "_"}
            members |= dict.fromkeys(inspect.get_annotations(base))
    return {name: members[name] for name in sorted(members) if not name.startswith("_")}


def parameters(function: Any) -> str:
    """Return names, kinds and simple defaults: `(to, *, from_=None)`."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "(…)"
    given = [
        parameter.replace(annotation=parameter.empty, default=shown_default(parameter))
        for parameter in signature.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    return str(signature.replace(parameters=given, return_annotation=signature.empty))


class Shown:
    """A default that is shown as three dots."""

    def __repr__(self) -> str:
        return "…"


def shown_default(parameter: inspect.Parameter) -> Any:
    """Return a default as it is recorded."""
    default = parameter.default
    if default is parameter.empty or (
        isinstance(default, SIMPLE) and not isinstance(default, Enum)
    ):
        return default
    return Shown()


def recorded_lines() -> list[str]:
    """Return the lines of the record."""
    return RECORD.read_text("utf-8").splitlines()


def unnamed(lines: set[str], changelog: str) -> list[str]:
    """Return those of some changed lines that the newest part of a changelog does not name.

    A line is named by its last name or by the class that it is in, as a word in backticks.
    """
    newest = re.split(r"^## \[", changelog, flags=re.MULTILINE)[1]
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", newest))))
    missing = []
    for line in sorted(lines):
        path = line.partition("(")[0].split(".")
        if not words & set(path[-2:]) - {"seven_async"}:
            missing.append(line)
    return missing


def main(arguments: list[str]) -> int:
    """Print what has changed; with `--write` record it, if the changelog names it."""
    before = recorded_lines() if RECORD.exists() else []
    after = current_lines()
    changed = set(before) ^ set(after)
    for line in sorted(changed):
        print("-" if line in before else "+", line)
    missing = unnamed(changed, (ROOT / "CHANGELOG.md").read_text("utf-8")) if before else []
    if missing:
        print("CHANGELOG.md has to name, in backticks:", *missing, sep="\n  ")
        return 1
    if "--write" in arguments:
        RECORD.write_text("\n".join(after) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
