"""A run and other processes: what it is doing, and what they ask of it.

In: a connection within a transaction, and values. Out: the same. I/O: the database.
"""

from __future__ import annotations

import json

import attrs

from seven_async.campaign.journal.controls import Controls
from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.results import Limit, Moment


def exchange(database: Database, run: int, now_s: float, moment: Moment) -> Controls:
    """Write down what a run is doing; return what is asked of it."""
    database.execute("DELETE FROM moment WHERE run = ?", (run,))
    database.execute(
        "INSERT INTO moment VALUES (?, ?, ?)", (run, now_s, json.dumps(attrs.asdict(moment)))
    )
    asked = dict(database.execute("SELECT name, value FROM control"))
    return Controls(is_paused="pause" in asked, is_stopped="stop" in asked, rate=asked.get("rate"))


def ask(database: Database, name: str, value: float | None, now_s: float) -> None:
    """Ask something of the run: `pause`, `stop` or a `rate`."""
    take_back(database, name)
    database.execute("INSERT INTO control VALUES (?, ?, ?)", (name, value, now_s))


def take_back(database: Database, name: str) -> bool:
    """Ask something no longer; return whether it was asked."""
    return database.execute("DELETE FROM control WHERE name = ?", (name,)).rowcount > 0


def read_moment(database: Database, run: int) -> Moment | None:
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
