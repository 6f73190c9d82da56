"""Converters of arguments that may be one or several. Their annotations appear in signatures."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, cast

Ids: TypeAlias = str | int | Sequence[str | int]


def _to_tuple(value: object) -> Any:
    """Return several as a tuple, so that the request can be hashed and kept.

    What is neither one nor several stays as it is: the validators say what is wrong with it.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return tuple(cast("Iterable[object]", value))


def recipients(to: str | Sequence[str]) -> str | tuple[str, ...]:
    """Return one recipient as it is, several as a tuple."""
    kept: str | tuple[str, ...] = _to_tuple(to)
    return kept


def one_or_many(ids: Ids) -> str | int | tuple[str | int, ...]:
    """Return one id as it is, several as a tuple."""
    kept: str | int | tuple[str | int, ...] = _to_tuple(ids)
    return kept


def ids_or_none(ids: Ids | None) -> str | int | tuple[str | int, ...] | None:
    """Return ids like `one_or_many`, or None. An empty list says “none” and is sent."""
    return None if ids is None else one_or_many(ids)


def texts_or_none(texts: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    """Return texts as a tuple, or None. An empty list says “none” and is sent."""
    return None if texts is None else recipients(texts)


def numbers(number: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return several numbers as a tuple, so that the request can be hashed and kept."""
    kept: tuple[str, ...] = _to_tuple(number)
    return kept
