"""Whether a file goes to people whom a campaign was for already, whatever the file is called.

In: a journal, and the messages of a file. Out: an `Overlap`, and what differs. I/O: both are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

import attrs

from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.statements.queries import find_messages
from seven_async.campaign.sending.unpack import OutgoingBuilder

_MOST_ROWS: Final = 5_000
_TOGETHER: Final = 500


@attrs.frozen(kw_only=True)
class Overlap:
    """How many of the rows of a file that were `looked_at` a journal has as `known`.

    The file has `rows` that can be sent, the journal `messages`.
    """

    rows: int
    looked_at: int
    known: int
    messages: int

    @property
    def is_same_campaign(self) -> bool:
        """True if half of the file is known, or half of what the journal has is in the file."""
        # Of a large file only a part was looked at: of its rows so many times more are known.
        in_file = self.known * self.rows / max(1, self.looked_at)
        return self.known > 0 and 2 * in_file >= min(self.rows, self.messages)


@lru_cache(maxsize=1)  # a file is compared with all journals beside it
def _read_keys(messages: CsvMessages) -> Sequence[str]:
    builder = OutgoingBuilder()
    step = max(1, messages.sendable // _MOST_ROWS)
    rows = islice(messages.rows(), 0, None, step)
    return [outgoing.key for row in rows for outgoing in builder.build(row.message)]


def count_known(journal: JournalPlace, messages: CsvMessages) -> Overlap:
    """Return how many recipients of a file a journal has."""
    keys = _read_keys(messages)
    with journal.open_snapshot() as database:
        known = len(find_messages(database, keys))
        (count,) = database.execute("SELECT count(*) FROM message").fetchone()
    return Overlap(rows=messages.sendable, looked_at=len(keys), known=known, messages=count)


def count_changed(journal: JournalPlace, messages: CsvMessages) -> int:
    """Return how many messages of a file were accepted with another text or sender."""
    builder, count = OutgoingBuilder(), 0
    rows = iter(messages.rows())
    with journal.open_snapshot() as database:
        while some := list(islice(rows, _TOGETHER)):
            asked = [each for row in some for each in builder.build(row.message)]
            known = find_messages(database, [message.key for message in asked])
            for message in asked:
                before = known.get(message.key)
                if before is not None and before.state == "accepted":
                    count += message.change_since(before.digest, before.step) is not None
    return count
