"""What is written of runs: their beginnings and ends, what they are doing, what is asked of them.

And the notes of whoever sends. In: a connection within a transaction, and values. Out: rows. I/O:
the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import attrs

from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.results import Controls, Limit, Moment

#: A note that only stands there while an input is being written down.
LOADING: Final = "(loading)"

CANCELLED: Final = "(cancelled)"
"""A note that stands there while a campaign must not be sent."""

PAUSED: Final = "(paused)"
"""A note that says why workers send a campaign no more."""

SETTINGS: Final = "(settings)"
"""The note that has the settings of a campaign, for workers."""


class Beginning(NamedTuple):
    """The number of a run, and what there is to look at before it sends."""

    run: int
    has_doubts: bool
    has_forgotten: bool
    is_asked: bool


def begin_run(
    database: Database,
    *,
    now_s: float,
    host: str,
    pid: int,
    total: int | None,
    reads_input: bool,
) -> Beginning:
    """Note the beginning of a run; one that `reads_input` has a part of it until it ends."""
    if reads_input:
        begin_load(database)
    database.execute(
        "INSERT INTO run (started_at, host, pid, total) VALUES (?, ?, ?, ?)",
        (now_s, host, pid, total),
    )
    (run,) = database.execute("SELECT max(id) FROM run").fetchone()  # one sends at a time
    query = """SELECT EXISTS (SELECT 1 FROM message WHERE state IN ('intent', 'unknown')),
                      EXISTS (SELECT 1 FROM forgotten), EXISTS (SELECT 1 FROM control)"""
    return Beginning(run, *map(bool, database.execute(query).fetchone()))


def begin_load(database: Database) -> None:
    """Note that an input is being read: until `end_load` the journal may have a part of it only."""
    end_load(database)
    database.execute("INSERT INTO note VALUES (?, 'true')", (LOADING,))


def end_load(database: Database) -> None:
    """Note that all of an input is written down."""
    database.execute("DELETE FROM note WHERE name = ?", (LOADING,))


def forget_asked(database: Database) -> None:
    """Ask nothing any more: what was asked of a process that has ended."""
    database.execute("DELETE FROM control")


def end_run(database: Database, run: int, now_s: float, ending: str) -> None:
    """Note when and how a run ended."""
    database.execute("UPDATE run SET ended_at = ?, ending = ? WHERE id = ?", (now_s, ending, run))
    database.execute("DELETE FROM control")  # it was asked of this run
    if ending == "complete":
        end_load(database)


def has_part_of_input(database: Database) -> bool:
    """Return whether the reading of an input was cut off, or never began."""
    query = """SELECT EXISTS (SELECT 1 FROM note WHERE name = ?) OR NOT
                   (EXISTS (SELECT 1 FROM message)
                    OR EXISTS (SELECT 1 FROM run WHERE ending = 'complete'))"""
    return bool(database.execute(query, (LOADING,)).fetchone()[0])


def plan_again(database: Database, reason: str) -> int:
    """Let those be sent again that the gateway refused for a reason, or with a code."""
    # In the form that was refused: the one before it may have been accepted.
    return database.execute(
        """UPDATE message SET state = 'planned', reason = NULL
           WHERE state = 'rejected' AND (reason = ? OR CAST(code AS TEXT) = ?)""",
        (reason, reason),
    ).rowcount


def take_over_refusals(database: Database, run: int) -> None:
    """Give a run that goes on with an earlier input what could not be sent of that."""
    before = "(SELECT max(id) FROM run WHERE id < ?)"
    database.execute(f"UPDATE refused SET run = ? WHERE run = {before}", (run, run))  # noqa: S608
    database.execute(
        f"""UPDATE run SET duplicates = coalesce(
                (SELECT duplicates FROM run WHERE id = {before}), 0)
            WHERE id = ?""",  # noqa: S608
        (run, run),
    )


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


def cancel(database: Database) -> bool:
    """Note that a campaign was cancelled; return whether it was not before."""
    is_new = not is_cancelled(database)
    write_notes(database, {CANCELLED: True})
    return is_new


def reopen(database: Database) -> bool:
    """Note that a campaign may be sent again; return whether it was cancelled."""
    return database.execute("DELETE FROM note WHERE name = ?", (CANCELLED,)).rowcount > 0


def is_cancelled(database: Database) -> bool:
    """Tell whether a campaign was cancelled."""
    query = "SELECT 1 FROM note WHERE name = ?"
    return database.execute(query, (CANCELLED,)).fetchone() is not None


def note_pause(database: Database, ending: str | None) -> None:
    """Note why workers send a campaign no more, as reports tell it; None if they go on."""
    database.execute("DELETE FROM note WHERE name = ?", (PAUSED,))
    if ending is not None:
        write_notes(database, {PAUSED: ending})


def find_pause(database: Database) -> str | None:
    """Return why nobody sends a campaign; None if that is not so."""
    if is_cancelled(database):
        return "cancelled"
    row = database.execute("SELECT value FROM note WHERE name = ?", (PAUSED,)).fetchone()
    return None if row is None else str(json.loads(row[0]))


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


def write_notes(database: Database, notes: Mapping[str, Any]) -> None:
    """Keep notes; those of the same name are replaced."""
    for name, value in notes.items():
        database.execute("DELETE FROM note WHERE name = ?", (name,))
        database.execute(
            "INSERT INTO note VALUES (?, ?)", (name, json.dumps(value, ensure_ascii=False))
        )


def read_notes(database: Database) -> dict[str, Any]:
    """Return all notes."""
    notes = database.execute("SELECT name, value FROM note")
    # What begins with a bracket is the journal's own.
    return {name: json.loads(value) for name, value in notes if not name.startswith("(")}
