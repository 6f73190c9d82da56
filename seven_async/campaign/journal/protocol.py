"""What a run asks of a journal, whatever keeps it; and a journal that keeps nothing. No I/O.

The protocol speaks of messages and results. A claim is the intent to send: it is safe when `claim`
returns. A result is safe when its callback runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

import attrs

from seven_async.api.journal import OutboundMessage, VoiceCall
from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.results import Controls, Entry, Moment, SendResult
from seven_async.flow.clock import BootTime
from seven_async.flow.values.gateway_time import Departure, GatewayTime, read_departure


@attrs.frozen(kw_only=True)
class Looked:
    """What a look into the gateway's journal, which did not show a message, says of it.

    `is_absent` is false where something may be the message: its reference on another text.
    `age_s` is how long it had left at least when the journal was read, `due_s` how long it had been
    due if it is a scheduled one; None where that is not proven.
    """

    is_absent: bool
    age_s: float | None = None
    due_s: float | None = None


class StoredMessage(NamedTuple):
    """What a journal knows of a message. Times are Unix seconds."""

    key: str
    recipient: str
    channel: str
    state: str
    foreign_id: str | None
    digest: str
    step: int
    run: int
    intent_at: float | None
    due_at: float | None
    is_own_reference: int | None
    text_mark: str | None
    attempts: int
    boot_id: str | None
    boot_s: float | None
    gateway_at: float | None
    absent_at: float | None = None
    delivery: str | None = None
    looked_run: int | None = None
    looked_absent: int | None = None
    looked_age_s: float | None = None
    looked_due_s: float | None = None

    @property
    def is_in_doubt(self) -> bool:
        """True if it may have left without a result."""
        return self.state in ("intent", "unknown")

    @property
    def was_loaded(self) -> bool:
        """True if it was only written down to be sent: no request with it was ever made."""
        return self.state == "planned" and self.intent_at is None

    @property
    def departure(self) -> Departure:
        """When it was last about to leave, as far as that is proven."""
        boot_id, boot_s = self.boot_id, self.boot_s
        boot = None if boot_id is None or boot_s is None else BootTime(boot_id, boot_s)
        return Departure(boot=boot, gateway_s=self.gateway_at)

    def looked_in(self, run: int) -> Looked | None:
        """Return what a look in a run says of it; None if it was not looked up in that run.

        What an earlier run saw says nothing now: meanwhile the message may have turned up.
        """
        if self.looked_run != run:
            return None
        return Looked(
            is_absent=bool(self.looked_absent), age_s=self.looked_age_s, due_s=self.looked_due_s
        )


class Look(NamedTuple):
    """What a look says of the message of a key, as it left at `intent_at`."""

    key: str
    looked: Looked
    intent_at: float | None


class DoubtTable(Protocol):
    """The messages of a journal that may have left without a result, as they are looked up.

    It gives as many at a time as fit into memory, whatever their number. Nothing else writes to
    these messages meanwhile but delivery reports, which may take one out.
    """

    async def page(self, after: str | None) -> Sequence[StoredMessage]:
        """Return the next messages in doubt after the one of a key; none at the end."""
        ...

    async def candidates(
        self, sent: Collection[tuple[str, str | None]], after: str | None
    ) -> Sequence[StoredMessage]:
        """Return the next messages in doubt that the gateway may have sent, by key.

        `sent` are reference and number, None where it is not known. Of messages with the caller's
        reference those are left out that have another number.
        """
        ...

    async def neighbours(self, references: Collection[str]) -> Sequence[tuple[str, str]]:
        """Return reference and recipient of every message with one of some own references."""
        ...

    async def accept(
        self,
        present: Sequence[tuple[StoredMessage, OutboundMessage | VoiceCall]],
        now_s: float,
    ) -> None:
        """Record messages as accepted, with id and price of their entries."""
        ...

    async def note_looks(self, looks: Sequence[Look], gateway_at: float | None) -> None:
        """Note what a look says of messages that it did not show, for this run only.

        What may be there (`is_absent` is false) does not become absent by another look of the run.
        For what is absent, `gateway_at` is the gateway's time now: the first one is kept.
        """
        ...


class RunJournal(Protocol):
    """A journal as one run uses it."""

    @property
    def run(self) -> int:
        """The number of the run."""
        ...

    @property
    def is_instant(self) -> bool:
        """True if a claim waits for nothing."""
        ...

    @property
    def is_asked(self) -> bool:
        """True if another process has asked something of the run before it began."""
        ...

    async def latest_report_at(self) -> float | None:
        """Return when the latest delivery report for the campaign was made; None without any."""
        ...

    async def claim(self, batch: Sequence[OutgoingMessage]) -> Sequence[StoredMessage | None]:
        """Write intents for what is new; return what was there before, None for what is new.

        Raises `JournalError` when nothing could be written: then nothing may leave.
        """
        ...

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Write intents for messages that are in the journal and leave (again); return those.

        The others are in the hands of another process by now, and must not leave. Of messages that
        this run has claimed none is missing: where the right to send them was lost, it raises.
        """
        ...

    def check_lease(self) -> None:
        """Raise `JournalError` where this process may have lost the right to send; no I/O."""
        ...

    def record_results(
        self,
        batch: Sequence[OutgoingMessage],
        results: Sequence[SendResult],
        done: Callable[[], None],
    ) -> None:
        """Have results written down soon; call `done` then, or when they cannot be."""
        ...

    def record_refusal(self, entry: Entry, done: Callable[[], None]) -> None:
        """Have something written down that cannot be sent; call `done` then."""
        ...

    async def exchange(self, moment: Moment) -> Controls:
        """Write down what the run is doing; return what is asked of it from elsewhere."""
        ...

    async def end(self, ending: str) -> None:
        """Write down how the run ended."""
        ...


class NoJournal:
    """A journal that keeps nothing: every message is new, and nothing has to be waited for."""

    def __init__(self, gateway: GatewayTime) -> None:
        self.run = 0
        self.is_instant = True
        self.is_asked = False
        self._gateway = gateway

    async def latest_report_at(self) -> float | None:
        """Return None: there are no reports."""
        return None

    async def claim(self, batch: Sequence[OutgoingMessage]) -> Sequence[StoredMessage | None]:
        """Date what leaves; return None for each."""
        await self.write_intents(batch)
        return [None] * len(batch)

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Date what leaves; return all of it."""
        departure = read_departure(self._gateway)
        for message in batch:
            if message.attempts == 1 or message.departure is None:
                message.departure = departure
        return list(batch)

    def check_lease(self) -> None:
        """Do nothing: nobody else can send."""

    def record_results(
        self,
        batch: Sequence[OutgoingMessage],  # noqa: ARG002 - of the protocol
        results: Sequence[SendResult],  # noqa: ARG002
        done: Callable[[], None],
    ) -> None:
        """Call `done` at once."""
        done()

    def record_refusal(
        self,
        entry: Entry,  # noqa: ARG002 - of the protocol
        done: Callable[[], None],
    ) -> None:
        """Call `done` at once."""
        done()

    async def exchange(self, moment: Moment) -> Controls:  # noqa: ARG002 - of the protocol
        """Return nothing: no other process can ask for anything."""
        return Controls()

    async def end(self, ending: str) -> None:
        """Do nothing."""
