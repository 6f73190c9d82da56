"""What a journal can still send by itself: messages that were loaded, and are not served.

In: a journal. Out: the items of a run. I/O: the journal, which is read a page at a
time, so that memory stays flat and no reading lasts long while a run writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from seven_async.campaign.inputs.stored_content import KEPT_WHEN_SERVED
from seven_async.campaign.journal.place import JournalPlace

_PAGE: Final = 500
_OPEN: Final = f"""
content IS NOT NULL AND state NOT IN ('rejected', 'refused')
AND (state != 'accepted' OR content LIKE '{KEPT_WHEN_SERVED}%')
"""


class StoredItem(NamedTuple):
    """A message of a journal: its key, its recipient, its line in the file, and its content.

    `row` is what the journal knows of its row, where that was read with it.
    """

    key: str
    recipient: str
    line: int | None
    content: str
    row: object = None

    def __repr__(self) -> str:
        return f"StoredItem(line={self.line})"


class StoredMessages:
    """The messages that a journal can still send, each `iter()` from the beginning."""

    def __init__(self, place: JournalPlace) -> None:
        self._place = place

    def __len__(self) -> int:
        with self._place.open_snapshot() as database:
            query = f"SELECT count(*) FROM message WHERE {_OPEN}"  # noqa: S608 - no input
            count: int = database.execute(query).fetchone()[0]
        return count

    def __iter__(self) -> Iterator[StoredItem]:
        last = 0
        while page := self._read_page(last):
            last = page[-1][0]
            for _, key, recipient, line, content in page:
                yield StoredItem(key, recipient, line, content)

    def _read_page(self, last: int) -> list[tuple[int, str, str, int | None, str]]:
        query = f"""SELECT rowid, key, recipient, line, content FROM message
                    WHERE rowid > ? AND {_OPEN} ORDER BY rowid LIMIT ?"""  # noqa: S608 - no input
        with self._place.open_snapshot() as database:
            return database.execute(query, (last, _PAGE)).fetchall()
