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
