"""The methods of the client that commands reach, with their documentation for a shell.

In: names such as `sms.send`. Out: methods, and texts from their docstrings. No I/O.
"""

from __future__ import annotations

import inspect
import re
import typing
from typing import TYPE_CHECKING, Any, Final

from seven_async import AsyncSeven
from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

_ARGUMENTS: Final = re.compile(r"^Args:\n((?: {4}.*\n?)+)", re.MULTILINE)
_ENTRY: Final = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def methods() -> dict[str, Callable[..., Any]]:
    """Return every method of the API by its name: `sms.send`."""
    seven = AsyncSeven(api_key="none")
    groups = {name: getattr(seven, name) for name in typing.get_type_hints(type(seven))}
    return {
        f"{name}.{method}": getattr(group, method)
        for name, group in sorted(groups.items())
        for method in dir(group)
        if not method.startswith("_") and inspect.ismethod(getattr(group, method))
    }


def find_method(name: str) -> Callable[..., Any]:
    """Return a method by its name; raises `InvalidRequestError` if there is none."""
    group_name, _, method = name.partition(".")
    function = getattr(getattr(AsyncSeven(api_key="none"), group_name, None), method or "-", None)
    if not inspect.ismethod(function):
        known = methods()
        group = [each for each in known if each.startswith(f"{group_name}.")]
        raise InvalidRequestError(
            f"there is no method {name!r}; "
            + (f"there are {', '.join(group)}" if group else "`seven call` shows them all")
        )
    return function


def argument_texts(function: Callable[..., Any]) -> dict[str, str]:
    """Return what the documentation of a method says of each argument, in one line each."""
    section = _ARGUMENTS.search(inspect.getdoc(function) or "")
    entries = _ENTRY.finditer(section[1] if section else "")
    return {entry[1]: " ".join(entry[2].split()) for entry in entries}


def word_of(parameter: str) -> str:
    """Return the word for a parameter: `from` is `from_` in Python, a word of the language."""
    return parameter.rstrip("_")
