"""Ranges of messages for workers: which there are, and what is in one.

In: a transaction. Out: ranges of `n`, and the messages of one that can be sent. I/O: the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final, NamedTuple

import psycopg

from seven_async.campaign.journal.postgres.connection import (
    CampaignTables,
    connect,
    explain_failures,
)
from seven_async.campaign.journal.postgres.run_journal import ClaimedRow
from seven_async.campaign.journal.postgres.schema import NOW, migrate
from seven_async.campaign.journal.statements.runs import LOADING, SETTINGS, note_pause
from seven_async.campaign.journal.stored_messages import StoredItem
from seven_async.errors import ConfigurationError
from seven_async.masking import masked_address

CHUNK: Final = 1_000
"""Messages in a range, at most: what a job that is done again looks at in vain stays small."""

MOST_RANGES: Final = 500
"""Ranges that one look finds."""

_COLUMNS: Final = "key, recipient, line, content, n, attempt, step"

_PLANNED: Final = f"""
SELECT {_COLUMNS} FROM seven.message WHERE campaign = %(campaign)s
    AND n BETWEEN %(low)s AND %(high)s AND state = 'planned' AND content IS NOT NULL ORDER BY n
"""

_LOOKED_UP: Final = f"""
SELECT {_COLUMNS} FROM seven.message WHERE campaign = %(campaign)s
    AND state IN ('intent', 'unknown') AND looked_run = %(run)s AND content IS NOT NULL
    AND n > %(after)s ORDER BY n LIMIT {CHUNK}
"""

# Only the gaps between jobs are read. Each by itself (OFFSET 0): a join of rows and gaps would
# compare all with all.
_RANGES: Final = f"""
WITH gap AS (
    SELECT unnest(
        int8multirange(int8range(
            (SELECT min(n) FROM seven.message WHERE campaign = %(campaign)s),
            (SELECT max(n) FROM seven.message WHERE campaign = %(campaign)s), '[]'))
        - coalesce(
            (SELECT range_agg(int8range(low, high, '[]'))
             FROM unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS job (low, high)),
            '{{}}'::int8multirange)
    ) AS places
), planned AS (
    SELECT n FROM gap CROSS JOIN LATERAL (
        SELECT n FROM seven.message WHERE campaign = %(campaign)s
            AND n >= lower(places) AND n < upper(places)
            AND state = 'planned' AND content IS NOT NULL
        OFFSET 0
    ) AS message LIMIT %(most)s
)
SELECT min(n), max(n) FROM (
    SELECT n, (row_number() OVER (ORDER BY n) - 1) / {CHUNK} AS chunk FROM planned
) AS numbered GROUP BY chunk ORDER BY 1
"""
_HAS_PLANNED: Final = """
SELECT coalesce(sum(n), 0) > 0 FROM seven.tally WHERE campaign = %s AND state = 'planned'
"""

# One that is being loaded is not whole yet, one with a sender of its own is sent by that.
_AT_WORK: Final = f"""
SELECT id, name FROM seven.campaign AS campaign WHERE state = 'running'
    AND NOT EXISTS (SELECT 1 FROM seven.note AS note
                    WHERE note.campaign = campaign.id AND note.name = %(loading)s)
    AND EXISTS (SELECT 1 FROM seven.note AS note
                WHERE note.campaign = campaign.id AND note.name = %(settings)s)
    AND NOT EXISTS (SELECT 1 FROM seven.lease WHERE id = campaign.sender
                    AND ended_at IS NULL AND expires_at > {NOW})
ORDER BY id
"""


class OpenCampaign(NamedTuple):
    """A campaign that workers may send."""

    number: int
    name: str


_PUT_OFF: Final = """
INSERT INTO seven.later AS later VALUES (%(campaign)s, %(low)s, %(high)s, %(due_at)s)
ON CONFLICT (campaign, low, high) DO UPDATE SET due_at = excluded.due_at
"""
_STILL_LATER: Final = f"""
SELECT low, high FROM seven.later WHERE campaign = %s AND due_at > {NOW}
"""


class CampaignLook(NamedTuple):
    """A campaign at one moment; `outcomes` are the last ones of all workers, 1 for a failure."""

    is_running: bool
    settings: Mapping[str, Any]
    outcomes: str


def find_name(address: str, campaign: int | str) -> str:
    """Return the name of a campaign; raises `ConfigurationError` if there is none."""
    with closing(connect(address)) as connection, explain_failures(address):
        migrate(connection)
        row = connection.execute(
            "SELECT name FROM seven.campaign WHERE id::text = %s OR name = %s ORDER BY name = %s",
            (
                str(campaign) if isinstance(campaign, int) else None,
                None if isinstance(campaign, int) else campaign,
                str(campaign),
            ),
        ).fetchone()
    if row is None:
        raise ConfigurationError(f"{masked_address(address)} has no campaign {campaign!r}")
    return str(row[0])


def find_open_campaigns(connection: psycopg.Connection) -> list[OpenCampaign]:
    """Return the campaigns that workers may send."""
    values = {"loading": LOADING, "settings": SETTINGS}
    rows = connection.execute(_AT_WORK.encode(), values)
    return [OpenCampaign(*row) for row in rows]


def find_ranges(
    connection: psycopg.Connection, campaign: int, covered: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return ranges of what is planned and in none of the ranges that are covered by jobs.

    No more than `MOST_RANGES`, so that of many millions the first are sent while others are found.
    """
    row = connection.execute(_HAS_PLANNED.encode(), (campaign,)).fetchone()
    if row is None or not row[0]:
        return []
    values = {
        "campaign": campaign,
        "most": MOST_RANGES * CHUNK,
        "lows": [low for low, _ in covered],
        "highs": [high for _, high in covered],
    }
    return [(low, high) for low, high in connection.execute(_RANGES.encode(), values)]


def read_chunk(tables: CampaignTables, low: int, high: int) -> list[StoredItem]:
    """Return what can be sent of a range."""
    values = {"campaign": tables.campaign, "low": low, "high": high}
    return [_build_item(row) for row in tables.connection.execute(_PLANNED.encode(), values)]


def put_off(tables: CampaignTables, low: int, high: int, due_at: float) -> None:
    """Note that a range is to be looked at again, and when, in Unix seconds."""
    values = {"campaign": tables.campaign, "low": low, "high": high, "due_at": due_at}
    tables.connection.execute(_PUT_OFF, values)


def find_put_off(connection: psycopg.Connection, campaign: int) -> list[tuple[int, int]]:
    """Return the ranges of a campaign that need no look yet."""
    return [(low, high) for low, high in connection.execute(_STILL_LATER.encode(), (campaign,))]


def forget_put_off(connection: psycopg.Connection) -> None:
    """Forget the ranges whose time has come: they are found as what is planned and in no job."""
    connection.execute(f"DELETE FROM seven.later WHERE due_at <= {NOW}".encode())


def read_looked_up(tables: CampaignTables, run: int, after: int) -> list[StoredItem]:
    """Return the next messages that a run has looked up, and that are still in doubt."""
    values = {"campaign": tables.campaign, "run": run, "after": after}
    return [_build_item(row) for row in tables.connection.execute(_LOOKED_UP.encode(), values)]


def _build_item(row: Sequence[Any]) -> StoredItem:
    key, recipient, line, content, n, attempt, step = row
    place = ClaimedRow(n, attempt, is_mine=False, step=step)
    return StoredItem(key, recipient, line, content, place)


def begin_work(tables: CampaignTables, host: str, pid: int, kind: str, lease: int) -> int:
    """Note that a process works at a campaign (`work`), or looks for what is in doubt (`look`)."""
    row = tables.connection.execute(
        """INSERT INTO seven.run (campaign, host, pid, kind, lease) VALUES (%s, %s, %s, %s, %s)
           RETURNING id""",
        (tables.campaign, host, pid, kind, lease),
    ).fetchone()
    assert row is not None  # noqa: S101 - an INSERT returns its row
    return int(row[0])


def end_work(tables: CampaignTables, run: int, ending: str) -> None:
    """Note that a process does so no longer."""
    tables.connection.execute(
        f"UPDATE seven.run SET ended_at = {NOW}, ending = %s WHERE id = %s".encode(), (ending, run)
    )


def read_settings(tables: CampaignTables) -> dict[str, Any]:
    """Return the settings that the campaign was loaded with; none where it has none."""
    row = tables.execute("SELECT value FROM note WHERE name = ?", (SETTINGS,)).fetchone()
    settings: dict[str, Any] = {} if row is None else json.loads(row[0])
    return settings


def look_at_campaign(tables: CampaignTables, outcomes: str, window: int) -> CampaignLook:
    """Add a worker's latest outcomes to those of all; return what the campaign is like now.

    Of these the last `window` are kept.
    """
    if outcomes:
        tables.connection.execute(
            "UPDATE seven.campaign SET outcomes = right(outcomes || %s, %s) WHERE id = %s",
            (outcomes, window, tables.campaign),
        )
    row = tables.connection.execute(
        "SELECT state = 'running', outcomes FROM seven.campaign WHERE id = %s", (tables.campaign,)
    ).fetchone()
    is_running, latest = row or (False, "")
    return CampaignLook(is_running, read_settings(tables), latest)


def pause_campaign(tables: CampaignTables, reason: str) -> None:
    """Let no process send more of a campaign, until it is resumed."""
    tables.connection.execute(
        """UPDATE seven.campaign SET state = 'paused', reason = %s
           WHERE id = %s AND state = 'running'""",
        (reason, tables.campaign),
    )
    note_pause(tables, f"paused: {reason}")


def end_leases(tables: CampaignTables, leases: Sequence[int]) -> None:
    """End leases of this process, whose connection was lost before it could say so."""
    tables.connection.execute(
        f"UPDATE seven.lease SET ended_at = {NOW} WHERE id = ANY(%s) AND ended_at IS NULL".encode(),
        (list(leases),),
    )
