"""Which encoding a table is in: told by its mark, by its bytes, or asked for.

In: a file. Out: the name of a codec, or a `CsvError` with line and column. I/O: reads the whole
file once, in pieces.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from io import BufferedReader
from typing import Final, NoReturn, TypedDict

import attrs

from seven_async.campaign.inputs.csv_dialect import LONGEST_LINE, TOO_LONG, CsvError, Layout
from seven_async.campaign.inputs.legacy_encoding import LegacyWords

_WIDE: Final = ("utf-16", "utf-32")  # a newline is more than one byte: no lines without decoding
_MIXED: Final = "the file mixes two encodings; save it as UTF-8, or say encoding="
_CHUNK_BYTES: Final = 1 << 16
_foreign: Final = re.compile(rb"[\x80-\xff]")
_utf8_pair: Final = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")  # without one nothing is UTF-8


def prove_encoding(layout: Layout, *, ask: bool = True) -> Layout:
    """Return the layout with the encoding that every line of the file can be read with.

    Told by the bytes unless the file or the caller says it: UTF-8, or what the words that are not
    ASCII can be. Raises `CsvError` for the first line that does not fit, and where the words can
    be read in two ways; with `ask=False` it is Latin-1 then, which has the digits of all of them.
    """
    if layout.encoding and layout.encoding.startswith(_WIDE):
        return layout
    with layout.path.open("rb") as file:
        before = (layout.delimiter, '"', " ", "\n", "\r")
        pieces = _Pieces(file, [b'="', *(f"{mark}'".encode() for mark in before)])
        if layout.encoding is None:
            encoding = _find_encoding(pieces, layout, ask=ask)
        else:
            encoding = layout.encoding
            for line, raw in pieces.foreign_lines():
                _check_decodes(raw, encoding, layout, line)
    return attrs.evolve(
        layout,
        encoding=encoding,
        has_marks=pieces.has_marks,
        has_protected=pieces.has_protected,
    )


def _find_encoding(pieces: _Pieces, layout: Layout, *, ask: bool) -> str:
    firsts: dict[bool, int] = {}
    words = LegacyWords()
    for line, raw in pieces.foreign_lines():
        is_utf8 = _is_utf8(raw)
        firsts.setdefault(is_utf8, line)
        if len(firsts) > 1:
            raise _mixed_error(raw, line, firsts[not is_utf8], layout)
        if not is_utf8:
            words.add(raw)
    if False not in firsts:
        return "utf-8"
    encoding = words.find_encoding()
    if encoding is None or not _reads_header(layout, encoding):
        if not ask:
            return "latin-1"
        _ask(words, firsts[False])
    return encoding


def _reads_header(layout: Layout, encoding: str) -> bool:
    """Tell whether the columns, read before the rest of the file, are the same in an encoding."""
    again = Layout.of(layout.path, encoding=encoding, delimiter=layout.delimiter)
    return again.columns == layout.columns


@attrs.define
class _Pieces:
    """A file in pieces that end where a line ends, and what was seen in them."""

    _file: BufferedReader
    _protections: Sequence[bytes]
    """What a value that is kept as text begins with, and what stands before it."""

    line: int = 1
    """The first line of the piece that is looked at."""

    has_marks: bool = False
    has_protected: bool = False

    def foreign_lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that are not plain ASCII, by their numbers.

        Lines that are all UTF-8, or none of them, come as one text from the first of them on.
        """
        for piece in self._whole_lines():
            self._look_at(piece)
            if piece.isascii():
                continue
            if _is_utf8(piece) or not _utf8_pair.search(piece):
                yield _from_first_foreign(piece, self.line)
            else:
                yield from _foreign_in(piece, self.line)

    def _look_at(self, piece: bytes) -> None:
        beginning = len(BOM_UTF8) if self.line == 1 else 0
        is_long = len(piece) > LONGEST_LINE
        self.has_marks |= is_long or b"\0" in piece or piece.find(BOM_UTF8, beginning) >= 0
        self.has_protected |= any(map(piece.__contains__, self._protections))

    def _whole_lines(self) -> Iterator[bytes]:
        rest = b""
        while chunk := self._file.read(_CHUNK_BYTES):
            chunk = rest + chunk
            # A CR that ends the piece may be the first half of a CRLF.
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, -1)) + 1
            rest = chunk[end:]
            if end:
                piece = chunk[:end]
                yield piece
                self.line += piece.count(b"\n") + piece.count(b"\r") - piece.count(b"\r\n")
            if len(rest) > 4 * LONGEST_LINE:  # bytes of the longest line, four each character
                raise CsvError(TOO_LONG, line=self.line)
        if rest:
            yield rest


def _from_first_foreign(piece: bytes, line: int) -> tuple[int, bytes]:
    """Return the rest of a piece from its first line that is not ASCII on, and that line."""
    at = next(match.start() for match in _foreign.finditer(piece))
    before = piece[: max(piece.rfind(b"\n", 0, at), piece.rfind(b"\r", 0, at)) + 1]
    return line + len(before.splitlines()), piece[len(before) :]


def _foreign_in(chunk: bytes, line: int) -> Iterator[tuple[int, bytes]]:
    for offset, raw in enumerate(chunk.splitlines()):
        if not raw.isascii():
            yield line + offset, raw


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mixed_error(raw: bytes, line: int, other: int, layout: Layout) -> CsvError:
    """Return the error for a text that is in another encoding than one before it."""
    this, that = ("is", "is not") if _is_utf8(raw) else ("is not", "is")
    place = _place(raw, _first_foreign(raw), line, layout)
    return CsvError(f"this line {this} UTF-8, but line {other:,} {that}: {_MIXED}", **place)


def _first_foreign(raw: bytes) -> int:
    """Return where a text stops being UTF-8; where it stops being ASCII if it is UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError as undecodable:
        return undecodable.start
    return next(at for at, byte in enumerate(raw) if byte > 0x7F)


def _ask(words: LegacyWords, line: int) -> NoReturn:
    """Ask for the encoding, with the letters that tell the readings apart, never with a word."""
    byte, readings = words.question()
    letters = " and ".join(f"{letter!r} in {codec}" for codec, letter in readings)
    raise CsvError(
        f"the encoding cannot be told for certain: byte 0x{byte:02x} is {letters}; "
        f"say encoding={readings[0][0]!r} or another, or save the file as UTF-8{_hint()}",
        line=line,
    )


def _hint() -> str:
    if find_spec("chardet") is not None:
        return ""
    return " (with pip install 'seven-async[csv]' more encodings are told)"


def _check_decodes(raw: bytes, encoding: str, layout: Layout, line: int) -> None:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as undecodable:
        raise CsvError(
            f"byte 0x{raw[undecodable.start]:02x} is not {encoding}; say encoding=",
            **_place(raw, undecodable.start, line, layout),
        ) from None


class _Column(TypedDict):
    line: int
    column: str | None


def _place(raw: bytes, at: int, line: int, layout: Layout) -> _Column:
    """Return the line and the column of a place in a text that starts at a line."""
    *before, beginning = re.split(rb"\r\n|\r|\n", raw[:at])
    return {"line": line + len(before), "column": layout.column_at(beginning.decode("latin-1"))}
