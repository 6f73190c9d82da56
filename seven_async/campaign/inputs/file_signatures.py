"""Files that people take for CSV files: what they are, and what to do with them.

In: a path and the beginning of a file. Out: a few words, or None. I/O: lists the names in a ZIP
archive, to tell one kind of workbook from another.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

_SAVE: Final = "open it and save it as CSV (UTF-8)"
_EXCEL: Final = f"an Excel workbook (.xlsx); {_SAVE}"
_OLD_EXCEL: Final = f"an Excel workbook (.xls, or one with a password); {_SAVE}"
_ODS: Final = f"an OpenDocument spreadsheet (.ods); {_SAVE}"
_NUMBERS: Final = "a Numbers spreadsheet (.numbers); export it as CSV (File, Export To)"
_WORD: Final = "a Word document (.docx); copy the table to a spreadsheet and save that as CSV"
_EXTRACT: Final = "an archive ({}); extract the CSV file from it"
_VCARD: Final = (
    "a file of contacts (vCard, .vcf); import it into an address book and export that as CSV"
)

_BINARY: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_EXCEL),
    (b"\x1f\x8b", _EXTRACT.format("gzip")),
    (b"BZh", _EXTRACT.format("bzip2")),
    (b"\xfd7zXZ\x00", _EXTRACT.format("xz")),
    (b"\x28\xb5\x2f\xfd", _EXTRACT.format("zstd")),
    (b"7z\xbc\xaf\x27\x1c", _EXTRACT.format("7z")),
    (b"Rar!\x1a\x07", _EXTRACT.format("rar")),
    (b"%PDF-", "a PDF document; export the table it was made from as CSV"),
    (b"SQLite format 3\0", "a SQLite database; export its table as CSV"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"bplist00", "a property list of macOS; export the table as CSV"),
    (b"{\\rtf", "a text document (RTF); export the table as CSV"),
    (b"\x89PNG", "a picture; export the table as CSV"),
    (b"\xff\xd8\xff", "a picture; export the table as CSV"),
)
"""The first bytes by which formats name themselves."""

_TEXTS: Final = (
    (r"begin:vcard", _VCARD),
    (r"begin:vcalendar", "a calendar (.ics), which has no recipients"),
    (r"mime-version:|content-type:", "a web archive or an e-mail; export the table as CSV"),
    (r"id;pwxl|table\r?\n0,1", f"a spreadsheet in an old format (SYLK, DIF); {_SAVE}"),
    (r"dn: ", "an address book in LDIF; export it as CSV"),
    (
        r"<\?xml[^>]*>\s*(<\?mso-application[^>]*>\s*)?<(ss:)?workbook",
        f"an Excel workbook (XML); {_SAVE}",
    ),
    (r"<\?xml|<!doctype(?! html)", "an XML document; export the table as CSV"),
    (
        r"<(!doctype html|html|head|meta|body|table)\b",
        f"a web page (HTML), as some programs write under the name .xls; {_SAVE}",
    ),
    (r"[{\[]\s*[{\[]?\s*\"[^\"\n]*\"\s*:", "a JSON document; export the table as CSV"),
)

_MEMBERS: Final = (
    (r"xl/", _EXCEL),
    (r"word/", _WORD),
    (r"Index/.*\.iwa|Index\.zip|index\.(apxl|xml)(\.gz)?", _NUMBERS),
    (r"content\.xml", _ODS),
)
"""What the names in a ZIP archive begin with, and what it then is."""

_SUFFIXES: Final = {
    ".xlsx": _EXCEL,
    ".xlsm": _EXCEL,
    ".xlsb": _EXCEL,
    ".ods": _ODS,
    ".numbers": _NUMBERS,
    ".docx": _WORD,
    ".zip": _EXTRACT.format("zip"),
}


def other_format(path: Path, beginning: bytes, text: str) -> str | None:
    """Return what a file is if it is no CSV file, and what to do; its name proves nothing."""
    if beginning.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(path)
    for signature, meaning in _BINARY:
        if beginning.startswith(signature):
            return meaning
    start = text[:1000].lstrip("\ufeff \t\r\n").casefold()
    return next((meaning for sign, meaning in _TEXTS if re.match(sign, start)), None)


def bundle_format(path: Path) -> str | None:
    """Return what a folder is that macOS shows as a file."""
    return _SUFFIXES.get(path.suffix.lower())


def _in_zip(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (BadZipFile, OSError):
        return _SUFFIXES.get(path.suffix.lower(), _EXCEL)
    for beginning, meaning in _MEMBERS:
        if any(re.match(beginning, name) for name in names):
            return meaning
    return _SUFFIXES.get(path.suffix.lower(), _EXTRACT.format("zip"))
