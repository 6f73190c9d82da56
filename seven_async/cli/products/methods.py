"""The methods of the client that commands reach, with their documentation for a shell.

In: names such as `sms.send`. Out: methods, and texts from their docstrings. No I/O.
"""

from __future__ import annotations

import inspect
import re
import types
from typing import TYPE_CHECKING, Any, Final

from seven_async import AsyncSeven
from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ARGUMENTS: Final = re.compile(r"^Args:\n((?: {4}.*\n?)+)", re.MULTILINE)
_ENTRY: Final = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def group_names() -> list[str]:
    """Return the names of the groups; none of them is loaded for that."""
    ordinary = (types.FunctionType, property)
    return [
        name
        for name in dir(AsyncSeven(api_key="none"))
        if not name.startswith("_")
        and not isinstance(inspect.getattr_static(AsyncSeven, name), ordinary)
    ]


def methods(groups: Iterable[str] | None = None) -> dict[str, Callable[..., Any]]:
    """Return every method of the API by its name (`sms.send`), or those of some groups."""
    seven = AsyncSeven(api_key="none")
    return {
        f"{name}.{method}": getattr(getattr(seven, name), method)
        for name in (group_names() if groups is None else groups)
        for method in dir(getattr(seven, name))
    }


def find_method(name: str) -> Callable[..., Any]:
    """Return a method by its name; raises `InvalidRequestError` if there is none."""
    known = methods({name.partition(".")[0]} & {*group_names()})
    if name not in known:
        raise InvalidRequestError(
            f"there is no method {name!r}; "
            + (f"there are {', '.join(known)}" if known else "`seven call` shows them all")
        )
    return known[name]


def argument_texts(function: Callable[..., Any]) -> dict[str, str]:
    """Return what the documentation of a method says of each argument, in one line each."""
    section = _ARGUMENTS.search(inspect.getdoc(function) or "")
    entries = _ENTRY.finditer(section[1] if section else "")
    return {entry[1]: " ".join(entry[2].split()) for entry in entries}


def word_of(parameter: str) -> str:
    """Return the word for a parameter: `from` is `from_` in Python, a word of the language."""
    return parameter.rstrip("_")
