"""The tables of a database that an earlier version has made."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.campaign.postgres_server import fresh_database, missing_reason

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.journal.postgres import schema  # noqa: E402

COLUMNS = """SELECT table_schema, table_name, column_name, data_type, is_nullable
             FROM information_schema.columns WHERE table_schema IN ('seven', 'seven_campaign')
             ORDER BY 1, 2, 3"""


def test_tables_of_an_earlier_version_become_those_of_today():
    """A campaign that is there stays, and the tables have the same columns as new ones."""
    reason = missing_reason()
    if reason is not None:
        pytest.skip(reason)
    with fresh_database() as old, closing(psycopg.connect(old, autocommit=True)) as connection:
        connection.execute(schema._STEPS[0].encode())
        connection.execute("INSERT INTO seven.schema_version VALUES (1)")
        connection.execute("INSERT INTO seven.campaign (name, gateway) VALUES ('a', 'b')")
        schema.migrate(connection)
        migrated = connection.execute(COLUMNS).fetchall()
        campaigns = connection.execute("SELECT name, state FROM seven.campaign").fetchall()
    with fresh_database() as new, closing(psycopg.connect(new, autocommit=True)) as connection:
        schema.migrate(connection)
        assert connection.execute(COLUMNS).fetchall() == migrated

    assert [("a", "running")] == campaigns
