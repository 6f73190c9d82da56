"""Converters of arguments that may be one or several. Their annotations appear in signatures."""

from collections.abc import Sequence
from typing import TypeAlias

Ids: TypeAlias = str | int | Sequence[str | int]


def recipients(to: str | Sequence[str]) -> str | tuple[str, ...]:
    """One recipient as it is; several as a tuple, so that the request can be hashed and kept."""
    return to if isinstance(to, str) else tuple(to)


def one_or_many(ids: Ids) -> str | int | tuple[str | int, ...]:
    """One id as it is, several as a tuple."""
    return ids if isinstance(ids, (str, int)) else tuple(ids)


def ids_or_none(ids: Ids | None) -> str | int | tuple[str | int, ...] | None:
    """Like `one_or_many`, for what may be left out. An empty list says “none” and is sent."""
    return None if ids is None else one_or_many(ids)


def texts_or_none(texts: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    """Texts as a tuple, for what may be left out. An empty list says “none” and is sent."""
    return texts if texts is None or isinstance(texts, str) else tuple(texts)


def numbers(number: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Several numbers as a tuple, so that the request can be hashed and kept."""
    return tuple(number)
