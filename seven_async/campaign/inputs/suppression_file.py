"""Numbers that are added to a list of those that must not be written to.

In: the list, and numbers. Out: the same list with the new ones. I/O: the file, which is replaced
as a whole.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from seven_async.campaign.inputs.numbers import recipient_of
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.errors import InvalidRequestError
from seven_async.private_file import lock_file, refuse_to_replace, replace_file

_MARKS: Final = (
    # UTF-32 first: its mark in this order begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def add_to_list(path: Path, numbers: Iterable[str], *, default_country: str | None = None) -> int:
    """Add numbers to a list with one number a line, made if there is none; return how many are new.

    Two processes may do so at once. Raises `InvalidRequestError` for what is no number, and for a
    file that would not have the numbers afterwards: a table of several columns, a database.
    """
    refuse_to_replace(path)
    with lock_file(path):
        listed = Suppression.read(path, default_country=default_country)
        added: list[str] = []
        for number in numbers:
            # With +, whatever was typed: the list is read again without this country.
            to = recipient_of(number, default_country, in_file=True, channel="voice").to
            if to not in listed:
                listed.add(to)
                added.append(to)
        with replace_file(path) as temporary:
            temporary.write_bytes(_extended(path.read_bytes(), added))
            _check(temporary, path, added, default_country)
    return len(added)


def _extended(before: bytes, numbers: Iterable[str]) -> bytes:
    encoding = next((name for mark, name in _MARKS if before.startswith(mark)), "utf-8")
    newline = "\n".encode(encoding)
    text = "".join(f"{number}\n" for number in numbers)
    is_open = bool(before) and not before.endswith((newline, "\r".encode(encoding)))
    return before + (newline if is_open else b"") + text.encode(encoding)


def _check(
    temporary: Path, path: Path, numbers: Iterable[str], default_country: str | None
) -> None:
    """Raise unless the list has the numbers now: an opt-out is not lost."""
    listed = Suppression.read(temporary, default_country=default_country)
    if not all(number in listed for number in numbers):
        raise InvalidRequestError(
            f"{path} is a table, in which a line with a number alone would not be found; add a row "
            f"with the program that made it"
        )
