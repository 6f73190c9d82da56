"""What a run asks of a journal, whatever keeps it; and a journal that keeps nothing. No I/O.

The protocol speaks of messages and results. A claim is the intent to send: it is safe when `claim`
returns. A result is safe when its callback runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import attrs

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.results import SendResult
from seven_async.flow.clock import BootTime
from seven_async.flow.values.gateway_time import Departure, GatewayTime, read_departure


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

    @property
    def is_in_doubt(self) -> bool:
        """True if it may have left without a result."""
        return self.state in ("intent", "unknown")

    @property
    def departure(self) -> Departure:
        """When it was last about to leave, as far as that is proven."""
        boot_id, boot_s = self.boot_id, self.boot_s
        boot = None if boot_id is None or boot_s is None else BootTime(boot_id, boot_s)
        return Departure(boot=boot, gateway_s=self.gateway_at)


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


class RunJournal(Protocol):
    """A journal as one run uses it."""

    @property
    def run(self) -> int:
        """The number of the run."""
        ...

    @property
    def looked(self) -> Mapping[str, Looked]:
        """What is known of messages in doubt that were looked up and not found, by key."""
        ...

    @property
    def is_instant(self) -> bool:
        """True if a claim waits for nothing."""
        ...

    async def latest_report_at(self) -> float | None:
        """Return when the latest delivery report for the campaign was made; None without any."""
        ...

    async def claim(self, batch: Sequence[OutgoingMessage]) -> Sequence[StoredMessage | None]:
        """Write intents for what is new; return what was there before, None for what is new.

        Raises `JournalError` when nothing could be written: then nothing may leave.
        """
        ...

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> None:
        """Write intents for messages that are in the journal and leave (again)."""
        ...

    def record_results(
        self,
        batch: Sequence[OutgoingMessage],
        results: Sequence[SendResult],
        done: Callable[[], None],
    ) -> None:
        """Have results written down soon; call `done` then, or when they cannot be."""
        ...

    def record_refusal(
        self, line: int | None, recipient: str, reason: str, done: Callable[[], None]
    ) -> None:
        """Have something written down that cannot be sent; call `done` then."""
        ...

    async def end(self, ending: str) -> None:
        """Write down how the run ended."""
        ...


class NoJournal:
    """A journal that keeps nothing: every message is new, and nothing has to be waited for."""

    def __init__(self, gateway: GatewayTime) -> None:
        self.run = 0
        self.is_instant = True
        self._gateway = gateway
        self.looked: Mapping[str, Looked] = {}

    async def latest_report_at(self) -> float | None:
        """Return None: there are no reports."""
        return None

    async def claim(self, batch: Sequence[OutgoingMessage]) -> Sequence[StoredMessage | None]:
        """Date what leaves; return None for each."""
        await self.write_intents(batch)
        return [None] * len(batch)

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> None:
        """Date what leaves."""
        departure = read_departure(self._gateway)
        for message in batch:
            if message.attempts == 1 or message.departure is None:
                message.departure = departure

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
        line: int | None,  # noqa: ARG002 - of the protocol
        recipient: str,  # noqa: ARG002
        reason: str,  # noqa: ARG002
        done: Callable[[], None],
    ) -> None:
        """Call `done` at once."""
        done()

    async def end(self, ending: str) -> None:
        """Do nothing."""
