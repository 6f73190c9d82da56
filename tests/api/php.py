"""Form fields as the gateway reads them: PHP's brackets, written without a look at the client.

In: a query or form body. Out: nested dictionaries and lists. No I/O.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

KEY = re.compile(r"(?P<name>[^\[]*)(?P<brackets>(?:\[[^\]]*\])*)")


def fields_of(text: str) -> dict[str, Any]:
    """The fields of a text: `a[]=1&a[]=2` is a list, `a[b]=1` a dictionary, the last `a=` wins."""
    found: dict[str, Any] = {}
    for pair in filter(None, text.split("&")):
        key, _, value = pair.partition("=")
        match = KEY.fullmatch(unquote_plus(key))
        assert match is not None, key
        steps = [match["name"], *re.findall(r"\[([^\]]*)\]", match["brackets"])]
        place(found, steps, unquote_plus(value))
    return {name: listed(value) for name, value in found.items()}


def place(within: dict[str, Any], steps: list[str], value: str) -> None:
    """Put a value where its steps lead; an empty step is the next number."""
    step = steps[0] if steps[0] != "" else str(len(within))
    if len(steps) == 1:
        within[step] = value
        return
    inner = within.setdefault(step, {})
    if not isinstance(inner, dict):
        inner = within[step] = {}
    place(inner, steps[1:], value)


def listed(value: Any) -> Any:
    """Dictionaries whose keys count from 0 are lists."""
    if not isinstance(value, dict):
        return value
    members = {key: listed(member) for key, member in value.items()}
    counted = [str(number) for number in range(len(members))]
    return list(members.values()) if list(members) == counted else members
