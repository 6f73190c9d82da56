"""Tables for the tests of campaigns: texts in, files and their messages out; a PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seven_async.campaign import CsvMessages, read_csv
from tests.campaign.postgres_server import (
    fresh_database,
    missing_reason,
    release_server,
    remove_campaigns,
)


@pytest.fixture
def people(tmp_path: Path):
    """Writes `people.csv` and reads it: a text or bytes, and options of read_csv."""

    def read(table: str | bytes, **options: object) -> CsvMessages:
        path = tmp_path / "people.csv"
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
        return read_csv(path, **{"text": "Hi", **options})

    return read


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is none: a journal in PostgreSQL runs on asyncio, and a test says so."""
    for item in list(items):
        given = item.callspec.params if hasattr(item, "callspec") else {}
        if given.get("journal") == "postgres" and given.get("anyio_backend") == "trio":
            items.remove(item)


FILE_ONLY = pytest.mark.parametrize("journal", ["file"], indirect=True)
"""For what is true of files alone."""


@pytest.fixture(params=["file", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a journal is that is not there yet, of each kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return tmp_path / "campaign.db"


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """The address of a database, one for each process of tests."""
    with fresh_database() as address:
        yield address
    release_server()


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without campaigns."""
    reason = missing_reason()
    if reason is not None:
        pytest.skip(reason)
    address = str(request.getfixturevalue("postgres_database"))
    yield address
    remove_campaigns(address)
