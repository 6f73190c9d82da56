"""Names and docstrings say what a call does (CONTRIBUTING.md, "House rules")."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.structure.imports import ROOT
from tests.structure.measure import Function

MOST_MODULES = 20
SOURCE = ROOT / "seven_async"

NO_PARTICIPLE = frozenset({"embed", "feed", "need", "proceed", "exceed", "string", "ping", "ring"})
"""Base forms and nouns that end as participles do."""

IRREGULAR = frozenset(
    {
        *("begun", "bought", "bound", "broken", "built", "chosen", "done", "drawn", "found"),
        *("given", "gone", "held", "hidden", "kept", "known", "left", "lost", "made", "met"),
        *("said", "seen", "sent", "shown", "spent", "taken", "thrown", "told", "written"),
    }
)

CONTRACT = {"sent": "Sandbox.sent()", "delivered": "receiver.delivered()"}
"""Names that users call already."""


def trees() -> list[tuple[str, ast.Module]]:
    """Every module of the package, by its path below it."""
    files = sorted(SOURCE.rglob("*.py"))
    return [(file.relative_to(SOURCE).as_posix(), ast.parse(file.read_text())) for file in files]


TREES = trees()


def is_property(function: Function) -> bool:
    """Tell whether a function is read as an attribute."""
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def is_participle(name: str) -> bool:
    """Tell whether a name is one participle or gerund and nothing else."""
    word = name.strip("_")
    is_hook = name.endswith("_")  # `_missing_` of enums
    if is_hook or word in NO_PARTICIPLE or word in CONTRACT:
        return False
    return word in IRREGULAR or re.fullmatch(r"[a-z]+(?:ed|ing)", word) is not None


def functions() -> Iterator[tuple[str, Function]]:
    """Every function with its place; attributes are no calls."""
    for path, tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, Function) and not is_property(node):
                yield f"{path}:{node.lineno} {node.name}", node


def test_no_function_is_named_by_a_bare_participle() -> None:
    """A call is named by a verb in its base form, or by the value that it gives."""
    assert [] == [place for place, function in functions() if is_participle(function.name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("checked", True), ("_opening", True), ("made", True), ("feed", False), ("check", False)],
)
def test_participles_are_told_from_verbs(name: str, expected: bool) -> None:
    """The rule sees what it is meant to see."""
    assert expected == is_participle(name)


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    """None begins with “That …” or “Whether …”, which is half a sentence."""
    assert [] == [
        place
        for place, function in functions()
        if re.match(r"(?:That|Whether)\b", ast.get_docstring(function) or "")
    ]


def stored_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every variable and argument of a module, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def test_variables_are_named_for_what_they_hold() -> None:
    """`one` and `found` could be anything."""
    assert [] == [
        f"{path}:{line} {name}"
        for path, tree in TREES
        for line, name in stored_names(tree)
        if name in ("one", "found")
    ]


def test_no_class_name_stands_twice() -> None:
    """On the client's side a name means one class; the sandbox mirrors names of the gateway."""
    classes = Counter(
        node.name
        for path, tree in TREES
        if not path.startswith("sandbox/")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )

    assert [] == [name for name, count in classes.items() if count > 1]


def folders() -> list[Path]:
    """The package's folders."""
    return sorted({file.parent for file in SOURCE.rglob("*.py")})


def test_no_folder_is_crowded() -> None:
    """More modules than a reader can hold want rooms."""
    crowded = {
        folder.relative_to(ROOT).as_posix(): count
        for folder in folders()
        if (count := len(list(folder.glob("*.py")))) > MOST_MODULES
    }

    assert {} == crowded
