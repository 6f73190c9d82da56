"""What can be wrong with a journal. No I/O."""

from __future__ import annotations

from seven_async.errors import Outcome, SevenError


class JournalError(SevenError):
    """The journal cannot be read or written; nothing more was sent after that.

    What had left before is in the journal as an intent, and is looked up when the campaign goes on.
    """

    outcome = Outcome.NOT_SENT


class JournalLostError(JournalError):
    """The journal's file is gone, or another one: what is written now would not be found again."""


class JournalLockedError(JournalError):
    """Another process is sending this campaign; the text says which."""
