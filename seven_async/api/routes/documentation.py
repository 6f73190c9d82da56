"""The documentation of a method: its request class's, that of shared arguments, and its errors.

In: a request class and its row. Out: docstrings with sections `Example:`, `Args:`, `Raises:`.
No I/O.

An argument that several classes share is documented once, in the base class that has its field. A
class that has something else to say about it says it in its own `Args:`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from seven_async.api.routes.errors_of_a_row import errors_of
from seven_async.flow.row import Row

_SECTION: Final = re.compile(r"^(Example|Args|Raises):\n((?: {4}.*\n?|\n(?= {4}))+)", re.MULTILINE)
_ENTRY: Final = re.compile(r"^ {4}(\w+): .*(?:\n {5,}.*)*", re.MULTILINE)
Sections: TypeAlias = Mapping[str, str]
_HEADINGS: Final = ("Example", "Args", "Raises")


def join_documentation(request: type) -> None:
    """Add to the docstring of a request class what its bases say of their arguments and errors."""
    chain = [parse_docstring(ancestor.__dict__["__doc__"] or "") for ancestor in _chain(request)]
    if len(chain) == 1 or not chain[0][""]:  # `python -OO` leaves none
        return
    arguments = _join_entries(chain, "Args")
    names = [field.name for field in attrs.fields(request) if field.name in arguments]
    names.sort(key=lambda name: bool(attrs.fields_dict(request)[name].kw_only))
    # What is no argument stays, so that the test which compares them sees it.
    names += arguments.keys() - {*names}
    joined = {
        "Args": "\n".join(arguments[name] for name in names),
        "Raises": "\n".join(_join_entries(chain, "Raises").values()),
    }
    request.__doc__ = _format_docstring({**chain[0], **joined})


def method_documentation(documentation: str, row: Row) -> str:
    """Add to the docstring of a request class the errors of its row that it does not name."""
    sections = parse_docstring(documentation)
    if not sections[""]:
        return ""
    raises = sections.get("Raises", "")
    named = dict(_entries(raises))
    implied = (f"    {name}: {why}" for name, why in errors_of(row) if name not in named)
    return _format_docstring({**sections, "Raises": "\n".join(filter(None, (raises, *implied)))})


def parse_docstring(docstring: str) -> Sections:
    """Split a docstring into its sections by their headings; "" has all that is in none."""
    text = inspect.cleandoc(docstring)
    sections = {match[1]: match[2].rstrip() for match in _SECTION.finditer(text)}
    return {"": re.sub(r"\n{3,}", "\n\n", _SECTION.sub("", text)).strip(), **sections}


def _format_docstring(sections: Sections) -> str:
    parts = [f"{name}:\n{sections[name]}" for name in _HEADINGS if sections.get(name)]
    return "\n\n".join([sections[""], *parts])


def _chain(request: type) -> Sequence[type]:
    """Return a request class and those of its bases that have fields."""
    return [ancestor for ancestor in request.__mro__ if attrs.has(ancestor)]


def _join_entries(chain: Sequence[Sections], heading: str) -> dict[str, str]:
    """Join the entries of a section by name; the first of a name in the chain counts."""
    entries: dict[str, str] = {}
    for sections in chain:
        for name, text in _entries(sections.get(heading, "")):
            entries.setdefault(name, text)
    return entries


def _entries(section: str) -> Iterator[tuple[str, str]]:
    return ((match[1], match[0]) for match in _ENTRY.finditer(section))
