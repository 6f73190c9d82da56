"""Words of a command line as arguments of a method; the request class checks them.

In: texts, and the annotations of parameters. Out: values. I/O: `read_text` reads standard input.
"""

from __future__ import annotations

import collections.abc
import json
import re
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, Final

from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def parse_value(name: str, text: str, annotation: Any) -> Any:
    """Return a text as what an argument takes: JSON for lists and objects, numbers, yes and no.

    Raises:
        InvalidRequestError: It is not of that type; what else may be wrong, the request class says.
    """
    kinds = kinds_of(annotation)
    if text[:1] in ("[", "{") and kinds & {list, dict}:
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidRequestError(f"{name} is no JSON: {error}") from None
    if kinds == frozenset[type]({bool}):
        if text.lower() not in _FLAGS:
            raise InvalidRequestError(f"{name} is true or false, not {text[:20]!r}")
        return _FLAGS[text.lower()]
    is_number = text.isascii() and text.removeprefix("-").isdecimal()
    if float in kinds and str not in kinds and _DECIMAL.fullmatch(text):
        return float(text)
    if int in kinds and is_number and not (kinds & {str, list}):
        return int(text)
    return text


def kinds_of(annotation: Any) -> frozenset[type]:
    """Return what an argument may be, a list and an object as such; None is left out."""
    return frozenset(_kinds(annotation))


def _kinds(annotation: Any) -> Iterator[type]:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            yield from _kinds(part)
    elif origin in (collections.abc.Sequence, list, tuple):
        yield list
    elif origin is collections.abc.Mapping:
        yield dict
    elif annotation is not type(None) and isinstance(annotation, type):
        yield annotation


def read_text(name: str, file: Path | None, hint: str = "") -> str:
    """Return the text of a file, or of standard input if it is None, without its last line end.

    Raises:
        InvalidRequestError: It cannot be read, or is not UTF-8; `hint` ends the sentence.
    """
    shown = "standard input" if file is None else file
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        # Editors of Windows put a mark in front.
        return content.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n")
    except OSError as error:
        raise InvalidRequestError(
            f"{name}: {shown} cannot be read: {error.strerror}{hint}"
        ) from None
    except UnicodeDecodeError:
        raise InvalidRequestError(f"{name}: {shown} is not UTF-8; save it as UTF-8") from None
