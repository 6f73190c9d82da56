"""The numbers script sees every limit that is passed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.structure.measure import numbers

CLEAN = {"seven_async/a.py": '"""A."""\n', "tests/test_a.py": '"""A."""\n'}
LONG = '"""A."""\ndef f():\n    """F."""\n' + "    x = 1\n"


def faults_of(root: Path, **changed: str) -> list[str]:
    """What the script finds in a clean small tree with some files changed or added."""
    for path, source in {**CLEAN, **changed}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return [fault for row in numbers(root) for fault in row.faults]


def test_clean_tree_has_no_fault(tmp_path: Path):
    """What keeps every limit is not named."""
    assert [] == faults_of(tmp_path)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n", "a.py:1 the file"),
        ('"""A."""\ndef f(): ...\n', "a.py:2 f"),
        ('"""A."""\nclass A:\n    """A."""\n    def f(self): ...\n', "a.py:4 f"),
        ('"""A."""\nx = 1  # type: ' + "ignore\n", "a.py:2: ignore without a code"),
        ('"""A."""\n' + f"x = 1  # type: {'ignore'}[misc]\n" * 11, "a.py:12"),
        (LONG + "    x = 1\n" * 50, "a.py:2 f: 51 lines"),
        ('"""A."""\n' + "\n" * 400, "a.py: 401 lines"),
        ('"""A."""\nimport seven_async.a\n', "seven_async.a"),
    ],
)
def test_passed_limit_is_named_with_its_place(tmp_path: Path, source: str, expected: str):
    """A limit that is passed is a fault, and the fault says where."""
    faults = faults_of(tmp_path, **{"seven_async/a.py": source})

    assert expected in {fault.removeprefix("seven_async/") for fault in faults}


@pytest.mark.parametrize(
    "source",
    [
        '"""A."""\ndef _f(): ...\n',
        '"""A."""\nx = 1  # type: ' + "ignore[misc]\n",
        LONG + "    x = 1\n" * 49,
        '"""A."""\n@overload\ndef f(): ...\ndef f():\n    """F."""\n',
    ],
)
def test_what_keeps_the_limit_is_no_fault(tmp_path: Path, source: str):
    """Private names, coded ignores, fifty lines and overloads are within the limits."""
    assert [] == faults_of(tmp_path, **{"seven_async/a.py": source})


def test_silent_test_is_named(tmp_path: Path):
    """A test that does not say its rule is a fault."""
    silent = '"""A."""\ndef test_a(): ...\n'

    assert ["tests/test_a.py:2 test_a"] == faults_of(tmp_path, **{"tests/test_a.py": silent})
