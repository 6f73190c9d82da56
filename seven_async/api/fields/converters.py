"""Converters of arguments that may be one or several. Their annotations appear in signatures."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, cast

Ids: TypeAlias = str | int | Sequence[str | int]


def _kept(value: object) -> Any:
    """Several as a tuple, so that the request can be hashed and kept.

    What is neither one nor several stays, for the validators to say what is wrong with it.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return tuple(cast("Iterable[object]", value))


def recipients(to: str | Sequence[str]) -> str | tuple[str, ...]:
    """One recipient as it is, several as a tuple."""
    kept: str | tuple[str, ...] = _kept(to)
    return kept


def one_or_many(ids: Ids) -> str | int | tuple[str | int, ...]:
    """One id as it is, several as a tuple."""
    kept: str | int | tuple[str | int, ...] = _kept(ids)
    return kept


def ids_or_none(ids: Ids | None) -> str | int | tuple[str | int, ...] | None:
    """Like `one_or_many`, for what may be left out. An empty list says “none” and is sent."""
    return None if ids is None else one_or_many(ids)


def texts_or_none(texts: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    """Texts as a tuple, for what may be left out. An empty list says “none” and is sent."""
    return None if texts is None else recipients(texts)


def numbers(number: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Several numbers as a tuple, so that the request can be hashed and kept."""
    kept: tuple[str, ...] = _kept(number)
    return kept
