"""Tables for the tests of campaigns: texts in, files and their messages out."""

from __future__ import annotations

from pathlib import Path

import pytest

from seven_async.campaign.inputs.csv_file import CsvMessages, read_csv


@pytest.fixture
def people(tmp_path: Path):
    """Writes `people.csv` and reads it: a text or bytes, and options of read_csv."""

    def read(table: str | bytes, **options: object) -> CsvMessages:
        path = tmp_path / "people.csv"
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
        return read_csv(path, **{"text": "Hi", **options})

    return read
