"""Conversations by recipient, the one with the newest message first; no I/O.

An index, because a page shows the first few of 100,000. It is not kept while messages are accepted,
which has to be fast, but brought up to date when somebody looks.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from seven_async.sandbox.core.accounts import Inbound
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.state import State
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.inbox.messages import MessageFilter, inbound_json, outbound_json

LABELS_KEPT: Final = 500
"""Labels listed; the ones that were used last."""
PREVIEW: Final = 160
"""Characters of the last message in the list of conversations."""


@frozen
class Received:
    """A message that came in, and to which account."""

    account: str
    inbound: Inbound

    @property
    def time(self) -> float:
        """When it came in."""
        return self.inbound.time


Message = LedgerEntry | Received


def number_of(message: Message) -> str:
    """Return the number at the other end: who gets a message, or who wrote it."""
    return message.to if isinstance(message, LedgerEntry) else message.inbound.from_


def message_json(message: Message, now: float) -> Json:
    """Build either kind of message."""
    if isinstance(message, LedgerEntry):
        return outbound_json(message, now)
    return inbound_json(message.inbound, message.account)


def is_match(message: Message, wanted: MessageFilter, now: float) -> bool:
    """Return True if a message fits a filter."""
    if isinstance(message, LedgerEntry):
        return wanted.fits(message, now)
    return wanted.fits_inbound(message.inbound)


class Conversations:
    """The conversations of one state, in the order of their last message.

    `update` wants the gateway's lock held; everything else works on what `update` has seen.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._seen = 0
        self._last: dict[str, Inbound] = {}
        self._order: OrderedDict[str, None] = OrderedDict()
        self._received: defaultdict[str, list[Received]] = defaultdict(list)
        self._received_count = 0
        self.labels: OrderedDict[str, int] = OrderedDict()
        """How many messages had each label, the label that was used last at the end."""

    def update(self) -> None:
        """Take in what came since the last time."""
        ledger = self.state.ledger
        accepted: Sequence[Message] = ledger.latest(ledger.accepted - self._seen)
        self._seen = ledger.accepted
        received = self._find_received()
        self._received_count += len(received)
        for message in sorted([*accepted, *received], key=lambda message: message.time):
            self._add(message)
        while len(self.labels) > LABELS_KEPT:
            self.labels.popitem(last=False)
        while self._order and not self._is_known(number := next(iter(self._order))):
            del self._order[number]

    def _is_known(self, number: str) -> bool:
        """Return False if the state has forgotten all messages of a conversation."""
        return number in self._received or self.state.ledger.has_entries_to(number)

    def _find_received(self) -> list[Received]:
        received: list[Received] = []
        for account in self.state.accounts.values():
            last, new = self._last.get(account.id), list[Received]()
            for inbound in reversed(account.inbound):
                if inbound is last:
                    break
                new.append(Received(account.id, inbound))
            if new:
                self._last[account.id] = new[0].inbound
                received += reversed(new)
        return received

    def _add(self, message: Message) -> None:
        number = number_of(message)
        self._order[number] = None
        self._order.move_to_end(number)
        if isinstance(message, Received):
            self._received[number].append(message)
        elif message.label:
            self.labels[message.label] = self.labels.get(message.label, 0) + 1
            self.labels.move_to_end(message.label)

    @property
    def is_overgrown(self) -> bool:
        """True if it holds many messages that the state has forgotten: a new one is due."""
        most = 2 * self.state.keep
        return self._received_count > most or len(self._order) > most

    def numbers(self) -> list[str]:
        """List all numbers, the one with the newest message first."""
        return list(reversed(self._order))

    def messages(self, number: str) -> list[Message]:
        """List the messages of a conversation, oldest first."""
        sent: Sequence[Message] = self.state.ledger.entries_to(number)
        received = self._received.get(number)
        return sorted([*sent, *received], key=lambda m: m.time) if received else list(sent)

    def find_numbers(self, wanted: MessageFilter, now: float) -> list[str]:
        """List the numbers with a message that fits, the newest conversation first."""
        if wanted.is_empty:
            return self.numbers()
        return [
            number
            for number in self.numbers()
            if any(is_match(message, wanted, now) for message in self.messages(number))
        ]


def conversation_json(number: str, messages: Sequence[Message], now: float) -> Json | None:
    """Build a row of the list; None where its messages were all forgotten."""
    if not messages:
        return None
    last = message_json(messages[-1], now)
    names = (
        "id", "direction", "channel", "time", "due", "state", "state_changes", "label", "content",
    )  # fmt: skip
    shown = {name: last.get(name) for name in names}
    preview = str(last["text"])[:PREVIEW]
    return {"number": number, "count": len(messages), "last": {**shown, "text": preview}}
