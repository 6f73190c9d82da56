"""The numbers of the tree: printed in full, and an exit status of 1 where a limit is passed.

In: the source of the package and of its tests. Out: a table on standard output. I/O: reads files.
Run as `python -m tests.structure.measure`; `nox -s lint` does.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.structure.imports import PACKAGE, ROOT, cycles

MAX_FUNCTION_LINES = 50
MAX_FILE_LINES = 400
MAX_IGNORES = 10
IGNORE = re.compile(r"#\s*(?:type|pyright):\s*ignore(?P<code>\[[\w, -]+\])?")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


class Source(NamedTuple):
    """One file: its path from the root, its text, its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def read(cls, file: Path, root: Path) -> Source:
        """The source in a file."""
        text = file.read_text("utf-8")
        return cls(file.relative_to(root).as_posix(), text, ast.parse(text))

    @property
    def lines(self) -> list[str]:
        """The text by lines."""
        return self.text.splitlines()


class Number(NamedTuple):
    """One row of the table: what was counted, what is aimed at, and what passes the limit."""

    title: str
    value: str
    aim: str
    faults: tuple[str, ...] = ()


def sources(folder: str, root: Path = ROOT) -> list[Source]:
    """Every Python file below a folder."""
    return [Source.read(file, root) for file in sorted((root / folder).rglob("*.py"))]


def functions(files: list[Source]) -> Iterator[tuple[str, Function]]:
    """Every function with the place where it stands."""
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, Function):
                yield f"{file.path}:{node.lineno} {node.name}", node


def body_lines(function: Function) -> int:
    """Lines from the first statement to the last; a docstring costs the reader nothing."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def undocumented(file: Source) -> Iterator[str]:
    """Public classes and functions without a docstring, and a file without one."""
    if ast.get_docstring(file.tree) is None:
        yield f"{file.path}:1 the file"
    for node in public(file.tree):
        if ast.get_docstring(node) is None:
            yield f"{file.path}:{node.lineno} {node.name}"


def public(scope: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Public definitions of a module and of its classes; overloads speak through the last one."""
    for node in scope.body:
        if isinstance(node, Definition) and not node.name.startswith("_") and not overload(node):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def overload(node: Definition) -> bool:
    """Whether a definition is one of several signatures of the one that follows them."""
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def function_lines(package: list[Source]) -> Number:
    """How long functions are."""
    counted = {place: body_lines(function) for place, function in functions(package)}
    lengths = sorted(counted.values()) or [0]
    tenth = lengths[int(len(lengths) * 0.9)]
    return Number(
        "function lines: median, 90th percentile, most",
        f"{statistics.median(lengths):g}, {tenth}, {lengths[-1]}",
        f"4, 20, {MAX_FUNCTION_LINES}",
        tuple(f"{place}: {n} lines" for place, n in counted.items() if n > MAX_FUNCTION_LINES),
    )


def file_lines(package: list[Source]) -> Number:
    """How long the longest file is."""
    counted = {file.path: len(file.lines) for file in package}
    long = tuple(f"{path}: {n} lines" for path, n in counted.items() if n > MAX_FILE_LINES)
    most = max(counted.values(), default=0)
    return Number("file lines, most", str(most), str(MAX_FILE_LINES), long)


def ring_count(root: Path) -> Number:
    """How many circles of imports there are."""
    rings = cycles(root)
    return Number("import cycles", str(len(rings)), "0", tuple(rings))


def ignores(package: list[Source]) -> Number:
    """How often a type checker is silenced; each time by the code of one finding."""
    found = [
        (f"{file.path}:{number}", match)
        for file in package
        for number, line in enumerate(file.lines, 1)
        if (match := IGNORE.search(line))
    ]
    bare = tuple(f"{place}: ignore without a code" for place, match in found if not match["code"])
    surplus = tuple(place for place, _ in found) if len(found) > MAX_IGNORES else ()
    return Number("type ignores", str(len(found)), f"{MAX_IGNORES} at most", bare + surplus)


def documentation(package: list[Source]) -> Number:
    """What is public and says nothing about itself."""
    missing = tuple(place for file in package for place in undocumented(file))
    return Number("public names without documentation", str(len(missing)), "0", missing)


def sentences(tests: list[Source]) -> Number:
    """Tests that do not say their rule."""
    missing = tuple(
        place
        for place, function in functions(tests)
        if function.name.startswith("test_") and ast.get_docstring(function) is None
    )
    return Number("tests without a sentence", str(len(missing)), "0", missing)


def any_rate(package: list[Source]) -> Number:
    """How often `Any` is said."""
    said = sum(len(re.findall(r"\bAny\b", file.text)) for file in package)
    rate = 1_000 * said / max(1, sum(len(file.lines) for file in package))
    return Number("Any per 1,000 lines", f"{rate:.1f}", "10 at most (reported)")


def tests_per_line(package: list[Source], tests: list[Source]) -> Number:
    """Lines of tests for each line of the package."""
    ratio = sum(len(one.lines) for one in tests) / max(1, sum(len(one.lines) for one in package))
    return Number("test lines ÷ package lines", f"{ratio:.2f}", "1.3 to 1.9 (reported)")


def numbers(root: Path = ROOT) -> list[Number]:
    """Every number of the tree."""
    package, tests = sources(PACKAGE, root), sources("tests", root)
    return [
        ring_count(root),
        ignores(package),
        documentation(package),
        sentences(tests),
        function_lines(package),
        file_lines(package),
        any_rate(package),
        tests_per_line(package, tests),
    ]


def main() -> int:
    """Prints the table, then every place that passes a limit."""
    rows = numbers()
    width = max(len(row.title) for row in rows)
    for row in rows:
        print(f"{row.title:{width}}  {row.value:>12}   aim: {row.aim}")
    faults = [f"{row.title}: {fault}" for row in rows for fault in row.faults]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
