"""What the end of a call shows: the text of its error without private words, and none of its way.

In: an error, and what nobody may read in it. Out: the same error. No I/O.

Error reporters show the variables of every frame that an error came through, its causes' frames
included. Frames of the libraries below hold headers and bodies, so an error leaves them behind.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, Final, TypeVar
from urllib.parse import quote, quote_plus

import attrs

from seven_async.errors import ApiError, SevenError, conceal_words
from seven_async.flow.network.reasons import members_of_group
from seven_async.flow.values.shapes import is_object, is_sequence
from seven_async.masking import masked_secret, masked_text

E = TypeVar("E", bound=BaseException)

# A shorter piece of a text may stand anywhere by chance.
_LEAST_RUN: Final = 8
# Of a file's contents, that a gateway would never repeat in whole.
_MOST_SEARCHED: Final = 16_000


def without_frames(error: E) -> E:
    """Take the frames off an error and all that it came from.

    To be called outside of an `except`: what is being handled there is the caller's own, and keeps
    its frames.
    """
    outer = sys.exception()
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if cause is outer or id(cause) in seen:
            continue
        seen.add(id(cause))
        cause.__traceback__ = None
        if cause.__suppress_context__ and cause.__context__ is not outer:
            cause.__context__ = None
        waiting += [origin for origin in (cause.__cause__, cause.__context__) if origin is not None]
        waiting += members_of_group(cause)
    return error


def conceal(error: SevenError, value: object, secrets: Iterable[str]) -> None:
    """Hide keys and the texts of a request where the gateway repeats them in its own words."""
    if isinstance(error, ApiError) and error.message:
        conceal_words(error, build_mask([*secrets, *private_texts(value)]))


def build_mask(secrets: Iterable[str]) -> Callable[[str], str]:
    """Build what replaces secrets in a text, whole or in parts, also quoted for a URL or HTML."""
    spelt = {
        spelling
        for secret in secrets
        for spelling in _spellings(secret.strip()[:_MOST_SEARCHED])
        if spelling
    }

    def hide(text: str) -> str:
        is_hidden = bytearray(len(text))
        for secret in spelt:
            for begin, end in _find_shared(text, secret):
                is_hidden[begin:end] = b"\1" * (end - begin)
        runs = groupby(zip(text, is_hidden, strict=True), key=lambda pair: pair[1])
        return "".join(
            _HIDDEN if hidden else "".join(letter for letter, _ in run) for hidden, run in runs
        )

    return hide


def _spellings(secret: str) -> tuple[str, ...]:
    plain = secret.encode("utf-8", "replace")
    return secret, quote(plain), quote_plus(plain), html.escape(secret)


_HIDDEN: Final = "<hidden>"


def _find_shared(text: str, secret: str) -> Iterator[tuple[int, int]]:
    """Find where a text repeats a secret or a part of it; a short one counts as a whole word."""
    if len(secret) < _LEAST_RUN:
        matches = re.finditer(rf"(?<!\w){re.escape(secret)}(?!\w)", text)
        yield from (match.span() for match in matches)
        return
    begin = 0
    while (end := begin + _LEAST_RUN) <= len(text):
        if text[begin:end] not in secret:
            begin += 1
            continue
        while end < len(text) and text[begin : end + 1] in secret:
            end += 1
        yield begin, end
        begin = end


def private_texts(value: object) -> Iterator[str]:
    """Find the texts of a request value that its `repr` masks, at any depth."""
    kind: Any = type(value)
    for field in attrs.fields(kind) if attrs.has(kind) else ():
        if field.repr in (False, masked_text, masked_secret):
            yield from _texts(getattr(value, field.name))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for member in value.values():
            yield from _texts(member)
    elif is_sequence(value):
        for member in value:
            yield from _texts(member)
    else:
        kind: Any = type(value)
        for field in attrs.fields(kind) if attrs.has(kind) else ():
            yield from _texts(getattr(value, field.name))
