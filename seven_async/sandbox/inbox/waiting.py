"""Waiting for a message: what is looked for, and what of the ledger was looked at; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import define

from seven_async.sandbox.core.ledger import Ledger, LedgerEntry
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.inbox.messages import (
    FilterError,
    MessageFilter,
    outbound_json,
    read_filter,
    read_recipient,
)

DEFAULT_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 60.0
"""Longer than a test waits, shorter than proxies and clients give up."""


@define
class MessageSearch:
    """Looks for the newest message that fits, and later only at what came since."""

    wanted: MessageFilter
    to: str | None
    after: str
    """The id of a message: only later ones are looked for."""
    seen: int = -1
    """How many messages had been accepted at the last look; -1 before the first."""

    def find(self, ledger: Ledger, now: float) -> LedgerEntry | None:
        """Return the newest message that fits among those not looked at yet."""
        unseen: Iterable[LedgerEntry]
        if self.seen < 0 or self.seen > ledger.accepted:
            unseen = reversed(list(ledger))
        else:
            unseen = reversed(ledger.latest(ledger.accepted - self.seen))
        self.seen = ledger.accepted
        for entry in unseen:
            if self.after and entry.id == self.after:
                return None
            is_to = self.to in (None, entry.to)
            if is_to and not entry.cancelled and self.wanted.fits(entry, now):
                return entry
        return None

    def to_json(self, entry: LedgerEntry, now: float) -> Json:
        """Build the message, with the groups of the regular expression: the code of a text, say."""
        pattern = self.wanted.matches
        match = pattern.search(entry.text) if pattern else None
        return {**outbound_json(entry, now), "groups": list(match.groups()) if match else []}


def read_search(params: Params) -> MessageSearch:
    """Read what is looked for: the parameters of a filter, `to` and `after`.

    Raises:
        FilterError: a parameter makes no sense.
    """
    wanted = read_filter(params)
    if wanted.state:
        raise FilterError("a message is waited for, not its state: leave `state` out")
    return MessageSearch(wanted, read_recipient(params), params.text("after"))


def read_wait_s(params: Params) -> float:
    """Read `timeout_s`: real seconds, five unless given, at most a minute.

    Raises:
        FilterError: it is no such number.
    """
    if not params.has("timeout_s"):
        return DEFAULT_WAIT_S
    given = params.amount("timeout_s")
    if given is None or not 0 <= given <= LONGEST_WAIT_S:
        raise FilterError(f"`timeout_s` must be a number from 0 to {LONGEST_WAIT_S:g}")
    return float(given)
