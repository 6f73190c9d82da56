"""Which module of the package imports which, read from the source alone.

In: the files of a package. Out: its imports. I/O: reads the files, imports nothing.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Container, Iterator, Mapping
from functools import cache
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


def modules(root: Path = ROOT) -> Mapping[str, ast.Module]:
    """Every module of the package with its syntax tree, which is read only."""
    return _modules_here() if root == ROOT else _parse(root)


@cache
def _modules_here() -> Mapping[str, ast.Module]:
    """The modules of this tree, read once: they are many, and so are the tests that look."""
    return _parse(ROOT)


def _parse(root: Path) -> Mapping[str, ast.Module]:
    files = sorted((root / PACKAGE).rglob("*.py"))
    return {module_name(file, root): ast.parse(file.read_text("utf-8")) for file in files}


def walk(tree: ast.AST, *, at_run_time: bool = False) -> Iterator[ast.AST]:
    """Every node of a tree; `at_run_time` without what only type checkers read."""
    waiting = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        if at_run_time and isinstance(node, ast.If) and is_for_checkers(node):
            waiting.extend(node.orelse)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def is_for_checkers(node: ast.If) -> bool:
    """Whether a condition holds for type checkers only."""
    test = node.test
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def imports_of(importer: str, tree: ast.AST, *, at_run_time: bool = False) -> list[Import]:
    """Every import of a module, also those in functions, for type checkers only, and by a text."""
    nodes = list(walk(tree, at_run_time=at_run_time))
    imported: list[Import] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            imported += [Import(importer, alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # Relative imports are lint errors here, so the module's name is complete.
            imported += [Import(importer, node.module or "", alias.name) for alias in node.names]
    # A table of commands names modules that are run after it, and may read the table themselves.
    if not importer.startswith(f"{PACKAGE}.cli."):
        imported += [Import(importer, *place) for place in _late_places(nodes)]
    return imported


@cache
def _imports_here(importer: str, *, at_run_time: bool) -> list[Import]:
    return imports_of(importer, _modules_here()[importer], at_run_time=at_run_time)


LATE = re.compile(rf"({PACKAGE}(?:\.\w+)+)(?::(\w+))?")


def late_places(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name of each place that is loaded late: `"seven_async.api.sms:Sms"`."""
    return _late_places(list(walk(tree)))


def _late_places(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    # Loggers and folders of files have names of packages, too, and import nothing.
    others = {
        id(argument)
        for node in nodes
        if isinstance(node, ast.Call) and _called(node).endswith(("getLogger", "files"))
        for argument in node.args
    }
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = None if id(node) in others else LATE.fullmatch(node.value)
            if match:
                yield match[1], match[2] or ""


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def imports(*packages: str) -> list[Import]:
    """Every import that our package makes from some packages."""
    return [
        taking
        for name in modules()
        for taking in _imports_here(name, at_run_time=False)
        if taking.module.split(".")[0] in packages
    ]


def edges(trees: Mapping[str, ast.Module], *, at_run_time: bool = False) -> dict[str, set[str]]:
    """For every module the others among them that it imports."""
    return {
        importer: {
            _target(taking, trees)
            for taking in _imports_in(trees, importer, at_run_time=at_run_time)
        }
        & trees.keys()
        for importer in trees
    }


def _imports_in(
    trees: Mapping[str, ast.Module], importer: str, *, at_run_time: bool
) -> list[Import]:
    if trees[importer] is modules().get(importer):
        return _imports_here(importer, at_run_time=at_run_time)
    return imports_of(importer, trees[importer], at_run_time=at_run_time)


def cycles(root: Path = ROOT) -> list[str]:
    """Modules that need themselves through others, the names of a ring each.

    Imports for type checkers do not count: two classes may know each other by name, as long as
    each runs without the other.
    """
    return rings(edges(modules(root), at_run_time=True))


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


def _target(taking: Import, known: Container[str]) -> str:
    """The module that an import means: in `from package import module` it is the latter."""
    named = f"{taking.module}.{taking.name}"
    return named if named in known else taking.module


def _reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting |= graph[module] - seen
    return seen
