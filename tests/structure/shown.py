"""Which public names a reader sees in use; CONTRIBUTING.md has the rule, below "Documents".

In: the package, README, docs/, examples/. Out: the names that no example shows. I/O: reads files,
imports the package.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple, get_overloads

from seven_async.api.table import endpoints
from tests.api.method_examples import example_code
from tests.structure.documents import blocks, documents
from tests.structure.imports import ROOT
from tests.structure.public_api import PUBLIC, members_of

_word = re.compile(r"\w+")
_inline_code = re.compile(r"`([^`\n]+)`")
_fence = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    """What a program calls, all names that it uses, and the words that stand around it.

    `classes` has the methods of each class that it defines.
    """

    called: frozenset[str]
    used: frozenset[str]
    around: frozenset[str]
    classes: tuple[frozenset[str], ...]


def read_example(code: str, around: str = "") -> Example:
    """Return what a program uses. A class that it inherits from counts as called."""
    called: set[str] = set()
    used: set[str] = set()
    classes: list[frozenset[str]] = []
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                called.add(name)
            case ast.ClassDef(bases=bases, body=body):
                called |= {base.id for base in bases if isinstance(base, ast.Name)}
                classes.append(frozenset(getattr(member, "name", "") for member in body))
            case ast.Name(id=name) | ast.Attribute(attr=name):
                used.add(name)
    words = frozenset(_word.findall(f"{around} {code}"))
    return Example(frozenset(called), frozenset(called | used), words, tuple(classes))


def find_examples() -> Iterator[Example]:
    """Find the Python blocks of pages, the files of examples/, and the examples of docstrings."""
    for page in documents():
        text = page.read_text("utf-8")
        for block in blocks(text):
            if block.language == "python":
                yield read_example(block.text, text)
    for path in (ROOT / "examples").glob("*.py"):
        yield read_example(path.read_text("utf-8"))
    notebook = json.loads((ROOT / "examples/notebook.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            yield read_example("".join(cell["source"]))
    for value in [*public_names().values(), *endpoints()]:
        yield from examples_in_docstrings(value)


def examples_in_docstrings(value: Any) -> Iterator[Example]:
    """Find the examples that `help()` shows of a name and of its members."""
    members = members_of(value) if inspect.isclass(value) else {}
    for documented in (value, *members.values()):
        function = getattr(documented, "__func__", documented)
        text = inspect.cleandoc(getattr(function, "__doc__", None) or "")
        for code in (example_code(function), *_fence.findall(text)):
            yield read_example(code, getattr(value, "__name__", ""))


def public_names() -> dict[str, Any]:
    """Return what users may import, by where from."""
    names: dict[str, Any] = {}
    for module in (*PUBLIC, ".auth"):
        home = importlib.import_module(f"seven_async{module}")
        for name in home.__all__:
            names[f"seven_async{module}.{name}"] = getattr(home, name)
    return {path: value for path, value in names.items() if not path.endswith(".__version__")}


def find_unshown(names: dict[str, Any], examples: list[Example], prose: set[str]) -> list[str]:
    """Return the names, and the methods of classes, that are not shown."""
    used = frozenset().union(*(example.used for example in examples))
    called = frozenset().union(*(example.called for example in examples))
    rows = [endpoint for endpoint in endpoints() if hasattr(endpoint, "request")]
    requests = [row.request for row in rows] + [getattr(row, "many", None) for row in rows]
    shown = [value for value in names.values() if value in requests]
    for path, value in names.items():
        words = called if inspect.isroutine(value) else used
        if is_protocol(value):
            own = members_of(value).keys()
            is_shown = any(own <= body for each in examples for body in each.classes)
        else:
            is_shown = last(path) in (words | prose if is_told_in_words(value) else words)
        if is_shown:
            shown.append(value)
    handed_out = words_handed_out([*rows, *shown], names)
    unshown = [
        path
        for path, value in names.items()
        if not any(value is other for other in shown) and last(path) not in handed_out
    ]
    return unshown + [
        f"{path}.{method}"
        for path, value in names.items()
        for method in methods_to_call(value, names)
        if not any(method in example.used and last(path) in example.around for example in examples)
    ]


def is_protocol(value: Any) -> bool:
    """Tell whether a class is a protocol, which an application implements."""
    return getattr(value, "_is_protocol", False)


def last(path: str) -> str:
    """Return the last name of a path."""
    return path.rpartition(".")[2]


def is_told_in_words(value: Any) -> bool:
    """Tell whether a name in a sentence is enough: an error, a choice, a constant, a type."""
    if inspect.isclass(value):
        return issubclass(value, (BaseException, Enum))
    return not inspect.isroutine(value)


def words_handed_out(shown: list[Any], names: dict[str, Any]) -> set[str]:
    """Return the names in the results and fields of what is shown, and of those in turn."""
    by_name = {last(path): value for path, value in names.items()}
    words: set[str] = set()
    waiting = shown
    while waiting:
        more = set().union(*map(words_of, waiting)) - words
        words |= more
        waiting = [by_name[word] for word in more if word in by_name]
    return words


def words_of(value: Any) -> set[str]:
    """Return the words in the types that a function gives, a class has, or an alias stands for."""
    types: list[Any] = [*map(result_of, [value, *overloads_of(value)])]
    if inspect.isclass(value):
        for base in value.__mro__:
            types += [base.__name__, *inspect.get_annotations(base).values()]
        for member in members_of(value).values():
            types += map(result_of, [member, *overloads_of(member)])
    return set(_word.findall(" ".join(map(str, types))))


def overloads_of(value: Any) -> Sequence[Any]:
    """Return the overloads of a function or method."""
    function = getattr(value, "__func__", value)
    return get_overloads(function) if inspect.isfunction(function) else ()


def result_of(value: Any) -> Any:
    """Return the type of what a function, method, property or row gives; an alias as it is."""
    function = getattr(value, "fget", None) or getattr(value, "__func__", value)
    signature = getattr(function, "__signature__", None)
    if signature is None and inspect.isfunction(function):
        signature = inspect.signature(function)
    return signature.return_annotation if signature else value if not callable(value) else ""


def methods_to_call(value: Any, names: dict[str, Any]) -> Iterator[str]:
    """Find the methods of a class that users call; those of a protocol the package calls."""
    if not inspect.isclass(value) or issubclass(value, Enum):
        return
    protocols = [each for each in names.values() if is_protocol(each)]
    ours = {
        method
        for members in map(members_of, protocols)
        if members.keys() <= members_of(value).keys()
        for method in members
    }
    for method, member in members_of(value).items():
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function) and method not in ours:
            yield method


def words_in_prose() -> set[str]:
    """Return the words that stand as code in the sentences of pages, the reference left out."""
    pages = [page for page in documents() if page.parent.name != "reference"]
    codes = [code for page in pages for code in _inline_code.findall(page.read_text("utf-8"))]
    return set(_word.findall(" ".join(codes)))
