"""What became of messages, and what a campaign comes to. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import attrs

from seven_async.api.replies.receipt import Message, Receipt
from seven_async.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    DuplicateMessageError,
    IpNotAllowedError,
    Outcome,
    SevenError,
    SignatureError,
)
from seven_async.flow.values.plain import PlainValue
from seven_async.masking import masked_number, without_numbers


class Reason(StrEnum):
    """What made a campaign pause."""

    CREDIT = "credit"
    COST = "cost"
    ERRORS = "errors"


_SENTENCES: Final = {
    Reason.CREDIT: "the account is out of credit; top it up",
    Reason.COST: "the next message would cost more than max_cost allows; raise it",
    Reason.ERRORS: "too many of the last messages failed; look at their errors",
}


class PausedError(SevenError):
    """The campaign has paused; `reason` says why.

    What was in flight has finished and its entries were handed out. To go on, send the same
    messages again with the same journal: what was served is not served twice.
    """

    outcome = Outcome.NOT_SENT
    reason: Reason

    def __init__(self, reason: Reason, detail: str = "") -> None:
        sentence = _SENTENCES[reason] + (f" ({detail})" if detail else "")
        super().__init__(
            f"The campaign has paused: {sentence}, then send the same messages again with the "
            f"same journal. What was served is not served twice."
        )
        self.reason = reason


class TooLateError(SevenError):
    """A message may not leave any more: `not_after` has passed while it waited."""

    outcome = Outcome.NOT_SENT


class State(StrEnum):
    """What is known of one recipient at the end."""

    ACCEPTED = "accepted"
    """The gateway took the message."""

    REJECTED = "rejected"
    """The gateway refused the message; `error` says why."""

    UNKNOWN = "unknown"
    """It may have been sent; it is not repeated unless asked."""

    SKIPPED = "skipped"
    """Nothing was sent, by decision or for want of a connection or credit; `reason` says why."""

    REFUSED = "refused"
    """It cannot be sent at all (a row without a number, say); nothing was tried."""


DUPLICATE: Final = "duplicate"
SERVED_BEFORE: Final = "served before"
SUPPRESSED: Final = "suppressed"
TOO_LATE: Final = "too late"
FORGOTTEN: Final = "forgotten"
TAKEN: Final = "sent by another process"
TOO_DEAR: Final = "max_cost"
CHANGED: Final = (
    "text changed",
    "sender changed",
    "text and sender changed",
    "text or sender changed",
)
"""Reasons why messages are skipped by decision."""

_NOTHING_LEFT_TO_DO: Final = frozenset({DUPLICATE, SERVED_BEFORE, SUPPRESSED, FORGOTTEN})


def _mask(key: object) -> str:
    return without_numbers(str(key))


@attrs.frozen(kw_only=True, slots=False)
class Entry:
    """What became of one recipient of a campaign.

    `key` is what the campaign knows the message by, `channel` the group that sends it (`sms`,
    `rcs`, `waba`, `voice`). `receipt` has this recipient's message alone. `error` is what went
    wrong, `reason` says in a few words why an entry is not accepted. `line` is the line in the
    file, for messages of `read_csv`.
    """

    key: str = attrs.field(repr=_mask)
    recipient: str = attrs.field(repr=masked_number)
    channel: str
    state: State
    _receipt: Receipt | None = attrs.field(default=None, repr=False, alias="receipt")
    error: SevenError | None = None
    foreign_id: str | None = None
    line: int | None = None
    reason: str | None = None
    _message: Message | None = attrs.field(default=None, repr=False, alias="message")

    @property
    def is_done(self) -> bool:
        """True if nothing is left to do for this recipient.

        It was accepted, now or before, or is a duplicate, or must not be written to.
        """
        if self.state is State.SKIPPED:
            return self.reason in _NOTHING_LEFT_TO_DO
        return self.state is State.ACCEPTED

    @property
    def is_changed(self) -> bool:
        """True if it differs in text or sender from what was sent before, and so was not sent."""
        return self.state is State.SKIPPED and self.reason in CHANGED

    @property
    def receipt(self) -> Receipt | None:
        """What the gateway answered about this recipient; None if it answered nothing."""
        whole, message = self._receipt, self._message
        if whole is None or message is None or len(whole.messages) == 1:
            return whole
        # Made when asked for: of a batch of a hundred, mostly none is.
        return Receipt(
            code=100 if message.success else 101,
            total_price=message.price,
            balance=whole.balance,
            debug=whole.debug,
            sms_type=whole.sms_type,
            messages=(message,),
            extra=whole.extra,
        )


#: Errors that the next message would meet as well: there is no use in going on.
FATAL: Final = (
    AuthenticationError,
    SignatureError,
    AccessDeniedError,
    IpNotAllowedError,
    ConfigurationError,
)


@attrs.define(kw_only=True)
class SendResult:
    """What became of one recipient. `again` says that a later run should try once more."""

    state: State
    receipt: Receipt | None = None
    message: Message | None = None
    error: SevenError | None = None
    reason: str | None = None
    again: bool = False

    @property
    def code(self) -> int | None:
        """The gateway's code, if it gave one."""
        return getattr(self.error, "code", None)


def is_duplicate(result: SendResult) -> bool:
    """Tell whether the gateway has taken the same message within the last 180 s."""
    return isinstance(result.error, DuplicateMessageError)


@attrs.frozen(kw_only=True)
class Report(PlainValue):
    """The counts of a campaign: `given = accepted + rejected + unknown + skipped + refused`.

    `reasons` counts why entries are not accepted, `cost` is in EUR and counts what was accepted.
    `ending` says how the last run ended (None while it goes on or after a crash), `total` how many
    messages it was to have, as far as that is known. `deliveries` counts accepted messages by their
    delivery state (`none` as long as there is no report).
    """

    name: str
    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    refused: int = 0
    segments: int = 0
    cost: Decimal = Decimal(0)
    reasons: Mapping[str, int] = attrs.field(factory=dict[str, int])
    ending: str | None = None
    total: int | None = None
    deliveries: Mapping[str, int] = attrs.field(factory=dict[str, int])

    @property
    def given(self) -> int:
        """All messages, each counted once."""
        return self.accepted + self.rejected + self.unknown + self.skipped + self.refused

    def to_dict(self) -> dict[str, Any]:
        """Return the counts by name, with `given`.

        Example:
            print(journal.report().to_dict()["given"])  # 1200
        """
        return {**super().to_dict(), "given": self.given}

    def __str__(self) -> str:
        """Return one line: `spring-sale: 1000 given = 988 accepted + … ; 74.1000 EUR`."""
        parts = " + ".join(f"{getattr(self, state.value)} {state.value}" for state in State)
        return f"{self.name}: {self.given} given = {parts}; {self.cost} EUR"


class Limit(StrEnum):
    """What holds a running campaign back just now."""

    PAUSED = "paused"
    """`CampaignJournal.pause` was called."""

    GATEWAY = "gateway"
    """The gateway has asked for a pause (HTTP 429)."""

    QUIET_HOURS = "quiet hours"
    """All that is left may not be written to at this hour."""

    RATE = "rate"
    CONCURRENCY = "concurrency"
    """As many requests are in flight as may be."""

    INPUT = "input"
    """Nothing: it goes as fast as messages are read."""


@attrs.frozen(kw_only=True)
class Moment:
    """What a run is doing, as it tells about once a second.

    `in_flight` counts requests, `per_s` messages per second lately; `eta_s` is how many seconds are
    left at this rate, None where that is not known.
    """

    limit: Limit
    in_flight: int
    per_s: float
    eta_s: float | None


@attrs.frozen(kw_only=True)
class Controls:
    """What another process asks of a run; `rate` is None as long as it was not changed."""

    is_paused: bool = False
    is_stopped: bool = False
    rate: float | None = None


@attrs.frozen(kw_only=True)
class CampaignStatus(PlainValue):
    """How far a campaign is: `planned + in_flight + done + failed + in_doubt` of its messages.

    `done` were accepted, or need nothing; `failed` were rejected or cannot be sent; `in_doubt` may
    have been sent. `in_flight` is 0 unless a process is sending. `cost` is in EUR. `moment` is what
    that process told last, None if there is none; `ending` is how the last run ended.
    """

    name: str
    planned: int
    in_flight: int
    done: int
    failed: int
    in_doubt: int
    cost: Decimal
    is_running: bool
    ending: str | None
    moment: Moment | None

    @property
    def total(self) -> int:
        """All messages."""
        return self.planned + self.in_flight + self.done + self.failed + self.in_doubt

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, with `total`.

        Example:
            print(journal.status().to_dict()["total"])  # 1200
        """
        return {**super().to_dict(), "total": self.total}


@attrs.frozen(kw_only=True)
class WorkerStatus(PlainValue):
    """What a worker is doing, and what it has done since it began.

    `campaigns` are open here, `ranges` of them under way, `ranges_done` were worked at. `messages`
    counts results by state, without what others have sent, and what was put back at a stop or a
    pause. `is_connected` says whether the database of the queue is there.
    """

    campaigns: int
    ranges: int
    ranges_done: int
    messages: Mapping[State, int]
    lease_renewals: int
    is_connected: bool

    @property
    def sent(self) -> int:
        """How many messages got a result here."""
        return sum(self.messages.values())


@attrs.frozen(kw_only=True)
class Progress:
    """A moment of a campaign.

    `done` of `total` messages have an outcome in this run (`total` and `eta_s` are None where the
    number of messages is not known), `per_s` is the rate of the last ten seconds, `cost` is in EUR,
    `failures` counts reasons.
    """

    done: int
    total: int | None
    per_s: float
    cost: Decimal
    failures: Mapping[str, int]

    @property
    def eta_s(self) -> float | None:
        """Seconds until the end at this rate."""
        if self.total is None or not self.per_s:
            return None
        return max(0, self.total - self.done) / self.per_s
