"""The tests about imports see what they claim to see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.structure.imports import Import, cycles, imports_of, module_name, strict_cycles


@pytest.fixture
def package(tmp_path: Path):
    """Writes a small package: a file's name and its source each."""

    def write(**sources: str) -> Path:
        folder = tmp_path / "seven_async"
        folder.mkdir()
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import httpx", Import("m", "httpx", "")),
        ("from httpx import Client", Import("m", "httpx", "Client")),
        ("def late():\n    import rich.table", Import("m", "rich.table", "")),
        ("if TYPE_CHECKING:\n    from a.b import C", Import("m", "a.b", "C")),
        ("load('seven_async.a:B')", Import("m", "seven_async.a", "B")),
        ("NAMES = {'seven_async.a.b': ('C',)}", Import("m", "seven_async.a.b", "")),
    ],
)
def test_import_is_found_wherever_it_stands(source: str, expected: Import):
    """An import counts at the top, in a function, under a condition and as the text of a place."""
    assert [expected] == list(imports_of("m", ast.parse(source)))


def test_package_is_named_by_its_folder():
    """`__init__.py` is the module of its folder."""
    root = Path("/anywhere")

    assert "seven_async.flow" == module_name(root / "seven_async/flow/__init__.py", root)


def test_circle_is_found(package):
    """Three modules that need each other are one ring, and who only uses them is not in it."""
    root = package(
        a="import seven_async.b",
        b="from seven_async import c",
        c="from seven_async.a import A",
        user="from seven_async.a import A",
    )

    assert ["seven_async.a ↔ seven_async.b ↔ seven_async.c"] == cycles(root)


def test_circle_by_types_or_late_imports_is_found(package):
    """Where no ring is wanted at all, one that only a type checker walks is one."""
    root = package(
        a="if TYPE_CHECKING:\n    from seven_async.b import B",
        b="def late():\n    from seven_async.a import A",
    )

    assert [] == cycles(root)
    assert ["seven_async.a ↔ seven_async.b"] == strict_cycles("seven_async", root)


def test_line_is_no_circle(package):
    """Imports that end somewhere are none."""
    root = package(a="import seven_async.b", b="import seven_async.c", c="")

    assert [] == cycles(root)


def test_name_for_type_checkers_makes_no_circle(package):
    """Two modules may name each other's classes, if each runs alone."""
    root = package(
        a="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import seven_async.b",
        b="import seven_async.a",
    )

    assert [] == cycles(root)


def test_import_in_a_function_makes_a_circle(package):
    """Importing late only hides that two modules need each other."""
    root = package(a="def late():\n    import seven_async.b", b="import seven_async.a")

    assert ["seven_async.a ↔ seven_async.b"] == cycles(root)
