"""What a campaign writes a journal by, whatever keeps it. No I/O of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from seven_async.campaign.journal.protocol import DoubtTable
from seven_async.campaign.journal.rows import Plain
from seven_async.campaign.journal.run_journal import WritingJournal
from seven_async.campaign.journal.writer import Store, Writer


class SearchTable(DoubtTable, Protocol):
    """A `DoubtTable` that is prepared for one search."""

    async def open(self) -> None:
        """Prepare the search."""
        ...

    async def close(self) -> None:
        """Forget what the search needed; what it brought to light stays."""
        ...


class Backend(Protocol):
    """What a `JournalSession` writes by: an open journal, and the right to send with it."""

    journal_class: type[WritingJournal]

    def check_event_loop(self) -> None:
        """Raise `ConfigurationError` on an event loop that it does not run on."""
        ...

    def open_store(self, *, name: str, gateway: str, now_s: float) -> Store:
        """Open the journal, made if there is none."""
        ...

    def check_lease(self) -> None:
        """Raise `JournalError` where this process may have lost the right to send; no I/O."""
        ...

    def lock(self, now_s: float) -> None:
        """Take the right to send; raises `JournalLockedError` if another process has it."""
        ...

    def unlock(self) -> None:
        """Give the right back, if it was taken."""
        ...

    def build_doubts(self, writer: Writer, run: int) -> SearchTable:
        """Return the messages in doubt, for a search in a run."""
        ...

    def load_messages(self, database: Any, planned: Sequence[Plain]) -> int:
        """Write messages down that are to be sent later; return how many are new."""
        ...
