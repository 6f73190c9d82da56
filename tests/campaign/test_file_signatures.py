"""Files that are no CSV files: their first bytes in, a sentence that names them out."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from seven_async.campaign import read_csv
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.errors import InvalidRequestError


def archive(*names: str) -> bytes:
    """A ZIP archive with files of some names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        for name in names:
            opened.writestr(name, "x")
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx); open it"),
        (archive("mimetype", "content.xml"), "an OpenDocument spreadsheet (.ods); open it"),
        (archive("Index/Document.iwa"), "a Numbers spreadsheet (.numbers); export it as CSV"),
        (archive("word/document.xml"), "a Word document"),
        (archive("people.csv"), "an archive (zip); extract the CSV file"),
        (b"PK\x03\x04\x14\x00\x06\x00 cut off", "an Excel workbook (.xlsx); open it and save it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an Excel workbook (.xls, or one with"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "an archive (gzip); extract"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "a file of contacts (vCard, .vcf)"),
        ("\ufeffBEGIN:VCARD\n".encode("utf-16-le"), "a file of contacts (vCard, .vcf)"),
        (b"<!DOCTYPE html>\n<table>", "a web page (HTML)"),
        (b"<html xmlns:x='urn'><table>", "a web page (HTML)"),
        (
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook>',
            "an Excel workbook (XML)",
        ),
        (b'<?xml version="1.0"?><contacts/>', "an XML document"),
        (b'[{"phone": "+49"}]', "a JSON document"),
        (b'{"people": []}', "a JSON document"),
        (b"dn: cn=a\nmobile: +49\n", "an address book in LDIF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
    ],
)
def test_file_of_another_format(people, content: bytes, said: str):
    """A file that only has the name of a CSV file is named for what it is, with what to do."""
    with pytest.raises(InvalidRequestError) as refused:
        people(content)

    assert f"people.csv is no CSV file but {said}" in str(refused.value)


@pytest.mark.parametrize("name", ["people.numbers", "people.NUMBERS"])
def test_folder_that_looks_like_a_file(tmp_path: Path, name: str):
    """MacOS shows a Numbers spreadsheet as a file, though it may be a folder."""
    (tmp_path / name).mkdir()
    with pytest.raises(InvalidRequestError, match=r"a Numbers spreadsheet \(\.numbers\)"):
        read_csv(tmp_path / name, text="Hi")


def test_suppression_list_in_a_workbook(tmp_path: Path):
    """A list that cannot be read is an error, not an empty list."""
    path = tmp_path / "stop.csv"
    path.write_bytes(archive("xl/workbook.xml"))
    with pytest.raises(InvalidRequestError, match="an Excel workbook"):
        Suppression.read(path)


@pytest.mark.parametrize("first", ["begin", "dn", "<name>", "[x]", "PKZ"])
def test_table_that_begins_like_another_format(people, first: str):
    """Names of columns are no signature."""
    assert 1 == people(f"{first},phone\n1,+491711234567\n").sendable
