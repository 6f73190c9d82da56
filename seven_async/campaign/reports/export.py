"""The messages of some state as a CSV file, with the columns they came from.

In: a journal, and the file that was sent if there is one. Out: a new file, readable by its owner
only, since it holds numbers. I/O: all of these.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from seven_async.campaign.inputs.csv_file import CsvMessages, CsvRow
from seven_async.campaign.inputs.message import KeyOf, OutgoingMessage
from seven_async.campaign.inputs.spreadsheet_text import protect_cell
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.statements.database import MICRO, Database
from seven_async.campaign.journal.statements.queries import find_forgotten
from seven_async.campaign.reports.journal_report import COUNTED_AS, find_latest_run, find_name
from seven_async.campaign.reports.output_file import OWN_COLUMNS, output_file
from seven_async.campaign.results import State
from seven_async.campaign.sending.unpack import OutgoingBuilder
from seven_async.errors import InvalidRequestError

T = TypeVar("T")

MISSED: Final = "missed"
"""All who were not served: everything but `accepted`, and rows that were never reached."""

_COLUMNS: Final = ("line", "recipient", "channel", "key", "foreign_id")
_CHUNK: Final = 500


def states_of(state: State | str) -> frozenset[str]:
    """Return the states that an export asks for; raises ValueError for a word that is none."""
    if state == MISSED:
        return frozenset(state.value for state in State if state is not State.ACCEPTED) | {
            "waiting"
        }
    return frozenset({State(state).value})


def export_csv(
    journal: JournalPlace,
    path: Path,
    state: State | str,
    messages: CsvMessages | None,
    *,
    key_of: KeyOf | None = None,
    inputs: Iterable[Path] = (),
) -> int:
    """Write a file, which must not be one of the inputs; return how many rows it has.

    Values that a spreadsheet would compute or shorten have an apostrophe in front of them, which
    `read_csv` takes off again.
    """
    wanted = states_of(state)
    read = (*inputs, *journal.files, *(() if messages is None else (messages.path,)))
    journal.join_reports()
    with (
        journal.open_snapshot() as database,
        output_file(path, find_name(database), read) as file,
    ):
        if messages is None:
            return _write(file, _COLUMNS, _from_journal(database, wanted))
        rows = _from_file(database, wanted, messages, key_of)
        return _write(file, _original_columns(messages), rows)


def _original_columns(messages: CsvMessages) -> tuple[str, ...]:
    """Return the file's columns; one that is named like one of ours is renamed."""
    return tuple(f"{name} (file)" if name in OWN_COLUMNS else name for name in messages.columns)


def _write(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(protect_cell, (*names, *OWN_COLUMNS)))
        for row in rows:
            # A name may be a formula that a spreadsheet computes.
            writer.writerow(
                protect_cell(value) if isinstance(value, str) else value for value in row
            )
            count += 1
    return count


_QUERY: Final = f"""
SELECT {", ".join(_COLUMNS)}, state, reason, error, code, message_id, segments, price_micro_eur,
       delivery
FROM message"""  # noqa: S608 - our own names


def _from_journal(database: Database, wanted: frozenset[str]) -> Iterator[Sequence[Any]]:
    for row in database.execute(f"{_QUERY} ORDER BY rowid"):
        if COUNTED_AS[row[len(_COLUMNS)]] in wanted:
            yield (*row[: len(_COLUMNS)], *_own_columns(row))
    if State.REFUSED in wanted:
        query = "SELECT line, recipient, reason FROM refused WHERE run = ?"
        for line, recipient, reason in database.execute(query, (find_latest_run(database).number,)):
            yield line, recipient, "", "", "", State.REFUSED.value, reason, *[""] * 6


def _own_columns(row: Sequence[Any]) -> tuple[Any, ...]:
    state, reason, error, code, message_id, parts, micro_eur, delivery = row[len(_COLUMNS) :]
    price = "" if micro_eur is None else f"{micro_eur / MICRO:.6f}"
    return COUNTED_AS[state], reason, error, code, message_id, parts, price, delivery


def _from_file(
    database: Database, wanted: frozenset[str], messages: CsvMessages, key_of: KeyOf | None
) -> Iterator[Sequence[Any]]:
    if State.REFUSED in wanted:
        for refused in messages.refused:
            values = _values(messages, refused.row)
            yield *values, State.REFUSED.value, refused.reason, *[""] * 6
    rows, builder = messages.rows(), OutgoingBuilder(key_of=key_of)
    count, forgotten = 0, find_forgotten(database)
    while chunk := list(islice(rows, _CHUNK)):
        messages_of = [(row, _build(row, builder)) for row in chunk]
        known = _find_known(database, [each.key for _, each in messages_of if each is not None])
        count += len(known)
        for row, message in messages_of:
            if message is not None and forgotten is not None and message.digits in forgotten:
                count += 1
                continue  # a file of those who were missed is there to be sent
            key = "" if message is None else message.key
            ours = known.get(key, ("waiting", "not reached", *[""] * 6))
            if ours[0] in wanted:
                yield *_values(messages, row.row), *ours
    if not count and messages.sendable:
        _check_never_reached(database)


def _check_never_reached(database: Database) -> None:
    """Refuse a file none of whose messages the journal has, though it has others.

    All of them would be called missed, and sent again.
    """
    channels = database.execute("SELECT DISTINCT channel FROM message LIMIT 5").fetchall()
    if channels:
        raise InvalidRequestError(
            f"the journal has none of the file's messages, but others "
            f"({', '.join(sorted(name for (name,) in channels))}); read the file that was sent, "
            f"with the channel, the default_country=… and the key=… it was sent with"
        )


def _values(messages: CsvMessages, row: Mapping[str, str]) -> list[str]:
    return [row.get(name, "") for name in messages.columns]


def _build(row: CsvRow, builder: OutgoingBuilder) -> OutgoingMessage | None:
    try:
        messages = builder.build(row.message, row.line)
    except InvalidRequestError:
        return None
    return messages[0] if messages else None


def _find_known(database: Database, keys: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    places = ", ".join("?" * len(keys))
    rows = database.execute(f"{_QUERY} WHERE key IN ({places})", keys)
    return {row[_COLUMNS.index("key")]: _own_columns(row) for row in rows}
