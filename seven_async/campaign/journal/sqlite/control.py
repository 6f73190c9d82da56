"""A run and other processes: what it is doing, and what they ask of it.

In: a connection within a transaction, and values. Out: the same. I/O: the database.
"""

from __future__ import annotations

import json
import sqlite3

import attrs

from seven_async.campaign.journal.controls import Controls
from seven_async.campaign.results import Limit, Moment


def exchange(database: sqlite3.Connection, run: int, now_s: float, moment: Moment) -> Controls:
    """Write down what a run is doing; return what is asked of it."""
    database.execute(
        """INSERT INTO moment VALUES (?, ?, ?)
           ON CONFLICT (run) DO UPDATE SET at = excluded.at, value = excluded.value""",
        (run, now_s, json.dumps(attrs.asdict(moment))),
    )
    asked = dict(database.execute("SELECT name, value FROM control"))
    return Controls(is_paused="pause" in asked, is_stopped="stop" in asked, rate=asked.get("rate"))


def ask(database: sqlite3.Connection, name: str, value: float | None, now_s: float) -> None:
    """Ask something of the run: `pause`, `stop` or a `rate`."""
    database.execute(
        """INSERT INTO control VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value, asked_at = excluded.asked_at""",
        (name, value, now_s),
    )


def take_back(database: sqlite3.Connection, name: str) -> bool:
    """Ask something no longer; return whether it was asked."""
    return database.execute("DELETE FROM control WHERE name = ?", (name,)).rowcount > 0


def read_moment(database: sqlite3.Connection, run: int) -> Moment | None:
    """Return what a run told last; None if it told nothing."""
    row: tuple[str] | None = database.execute(
        "SELECT value FROM moment WHERE run = ?", (run,)
    ).fetchone()
    if row is None:
        return None
    told = json.loads(row[0])
    return Moment(
        limit=Limit(told["limit"]),
        in_flight=told["in_flight"],
        per_s=told["per_s"],
        eta_s=told["eta_s"],
    )
