"""Many rows go to the journal in few statements: what is read back is what was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.campaign.journal.rows import Intent, Result
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.schema import connect
from seven_async.campaign.journal.sqlite.statements import MOST_ROWS
from seven_async.campaign.journal.statements.runs import begin_run

words = st.none() | st.sampled_from(["", "a", "b", "0", "NULL", "ä'\""])
numbers = st.none() | st.sampled_from([0, 1, 2, 10**15])
times = st.none() | st.sampled_from([0.0, 1.5, 1_800_000_000.25])
present = words.map(lambda word: word or "some")
references = count()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """One file for all examples; each has keys of its own."""
    folder: Path = tmp_path_factory.mktemp("journal")
    opened = connect(folder / "rows.db")
    begin_run(opened, now_s=0.0, host="here", pid=1, total=None, reads_input=False)
    yield opened
    opened.close()


def column(values: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    """The values of a column: all the same, all but one, or each its own."""
    same = values.map(lambda one: [one] * size)
    but_one = st.tuples(values, values, st.integers(0, size - 1)).map(
        lambda found: [found[1] if place == found[2] else found[0] for place in range(size)]
    )
    return same | but_one | st.lists(values, min_size=size, max_size=size)


sizes = st.integers(1, 12) | st.sampled_from([63, 64, 65, 129, MOST_ROWS, MOST_ROWS + 1])
NEVER_NULL = {"key", "recipient", "channel", "state", "digest", "step", "run"}


@st.composite
def intents(draw: st.DrawFn) -> list[Intent]:
    """Intents of one group."""
    size, group = draw(sizes), next(references)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "line": numbers,
        "intent_at": times,
        "due_at": times,
        "step": st.integers(0, 3),
        "is_own_reference": st.sampled_from([None, 0, 1]),
        "attempts": st.integers(1, 3),
        "boot_s": times,
        "gateway_at": times,
        "run": st.just(1),
    }
    columns = {
        name: draw(column(kinds.get(name, present if name in NEVER_NULL else words), size))
        for name in Intent._fields
        if name != "key"
    }
    keys = [f"{group}/{place}" for place in range(size)]
    return [
        Intent(key=key, **{name: values[place] for name, values in columns.items()})
        for place, key in enumerate(keys)
    ]


def stored(database: sqlite3.Connection, fields: tuple[str, ...], group: str) -> list[Any]:
    """The rows of a group, in the order in which they were written."""
    query = f"SELECT {', '.join(fields)} FROM message WHERE key LIKE ? ORDER BY rowid"
    return list(database.execute(query, (f"{group}/%",)))


@given(batch=intents(), drawn=st.data())
def test_what_was_written_is_there(
    database: sqlite3.Connection, batch: list[Intent], drawn: st.DataObject
):
    """Claims and results are kept value by value, whatever is the same in all of them."""
    group = batch[0].key.partition("/")[0]

    assert [None] * len(batch) == rows.claim_messages(database, batch)
    assert [tuple(one) for one in batch] == stored(database, Intent._fields, group)

    served = drawn.draw(st.sets(st.integers(0, len(batch) - 1), max_size=20).map(sorted))
    states = drawn.draw(column(present, max(1, len(served))))
    codes = drawn.draw(column(numbers, max(1, len(served))))
    results = [
        Result(str(state), 2.5, f"id {place}", 1, 75_000, code, None, None, None, 7.5, one.key)
        for place, state, code in zip(served, states, codes, strict=False)
        for one in [batch[place]]
    ]
    rows.write_results(database, results)

    found = {row[-1]: row for row in stored(database, Result._fields, group)}
    for place, one in enumerate(batch):
        if place in served:
            assert tuple(results[served.index(place)]) == found[one.key]
        else:
            assert (one.state, None, None) == found[one.key][:3]


@given(batch=intents(), drawn=st.data())
def test_claimed_again_stands(
    database: sqlite3.Connection, batch: list[Intent], drawn: st.DataObject
):
    """Of what was claimed before, a claim gives what stands there; of the rest nothing."""
    before = drawn.draw(st.sets(st.integers(0, len(batch) - 1)))
    rows.claim_messages(database, [one for place, one in enumerate(batch) if place in before])

    found = rows.claim_messages(database, batch)

    known = {place for place, one in enumerate(found) if one is not None}
    assert before == known
    assert [batch[place].foreign_id for place in sorted(before)] == [
        one.foreign_id for one in found if one is not None
    ]
    group = batch[0].key.partition("/")[0]
    assert len(batch) == len(stored(database, ("key",), group))


@pytest.mark.parametrize("size", [1, 2, 5, 70])
def test_rows_without_a_key_are_not_dropped(
    database: sqlite3.Connection, intent: Callable[[str, int], Intent], size: int
):
    """Statements are filled up, and what is no filling fails rather than vanish."""
    batch = [intent(f"n{size}", place) for place in range(size)]
    nameless: Any = None

    with pytest.raises(sqlite3.IntegrityError):
        rows.claim_messages(database, [*batch, batch[0]._replace(key=nameless)])


def test_intents_that_vanish_are_noticed(
    database: sqlite3.Connection, intent: Callable[[str, int], Intent]
):
    """What is not in the journal must not leave, for whatever reason it is not there."""
    database.execute(
        """CREATE TEMP TRIGGER swallow BEFORE INSERT ON message WHEN new.key = 'v/1'
           BEGIN SELECT RAISE(IGNORE); END"""
    )
    try:
        with pytest.raises(sqlite3.DatabaseError, match="2 of 3 intents"):
            rows.claim_messages(database, [intent("v", place) for place in range(3)])
    finally:
        database.execute("DROP TRIGGER swallow")


def test_mixed_rows_share_few_statements(
    database: sqlite3.Connection, intent: Callable[[str, int], Intent]
):
    """Whichever columns differ, there are four tables of a size, so that few are compiled."""
    tables: set[str] = set()
    for name in Intent._fields:
        batch = [intent("m", place)._replace(**{name: place}) for place in range(5)]
        tables |= {table for table, _ in rows.in_chunks(batch, Intent._fields)}

    assert len(tables) <= 4


def test_groups_of_all_sizes_share_few_statements(
    database: sqlite3.Connection, intent: Callable[[str, int], Intent]
):
    """A statement is compiled once, not for each number of rows."""
    statements: set[str] = set()
    for size in range(1, 200, 7):
        for table, _ in rows.in_chunks(
            [intent(f"s{size}", n) for n in range(size)], Intent._fields
        ):
            statements.add(table)

    assert len(statements) <= 10


@pytest.fixture
def intent() -> Callable[[str, int], Intent]:
    """An intent like those of a batch: they differ in key and recipient."""

    def made(group: str, place: int) -> Intent:
        key = f"{group}/{place}"
        columns = dict.fromkeys(Intent._fields)
        known = {"channel": "sms", "state": "intent", "foreign_id": "f", "digest": "d"}
        numbers = {"step": 0, "run": 1, "intent_at": 1.0, "attempts": 1, "is_own_reference": 1}
        return Intent(**{**columns, **known, **numbers, "key": key, "recipient": key})

    return made


def test_renewed_intents_that_vanish_are_noticed(
    database: sqlite3.Connection, intent: Callable[[str, int], Intent]
):
    """Nor may a message leave again whose row is gone."""
    batch = [intent("w", place) for place in range(3)]
    rows.claim_messages(database, batch)
    rows.update_intents(database, batch)
    database.execute("DELETE FROM message WHERE key = 'w/1'")

    with pytest.raises(sqlite3.DatabaseError, match="2 of 3 intents"):
        rows.update_intents(database, batch)
