"""One message for one recipient on its way through a campaign.

In: a request value or a `Fallback` of them. Out: an `OutgoingMessage` for each recipient, and the
`Channel` that sends it. No I/O.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, Protocol, TypeAlias, get_args, get_origin

import attrs

from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.endpoint import Endpoint
from seven_async.api.table import endpoints, endpoints_beside
from seven_async.errors import InvalidRequestError
from seven_async.flow.limit import Ticket
from seven_async.flow.request import check_writable
from seven_async.flow.row import Row
from seven_async.flow.values.alike import copy_with
from seven_async.flow.values.gateway_time import Departure, GatewayTime
from seven_async.flow.values.schedule import departure_s
from seven_async.flow.wire import plain
from seven_async.masking import brief, masked_number, without_numbers
from seven_async.option_checks import MOST_SECONDS, is_number
from seven_async.texts import is_encodable, text_mark

# What may differ between two requests for the same message: a label or a time is no new text.
_NOT_CONTENT: Final = frozenset({"to", "foreign_id", "delay", "label"})
_PER_RECIPIENT: Final = frozenset({"to", "foreign_id"})
_SENDER: Final = "from_"
_ALWAYS_WRITABLE: Final = frozenset({bool, int, float})


class Sendable(Protocol):
    """A request value that sends to a recipient, for example a `SendSms` or a `SendTemplate`."""

    # No narrower: type checkers see a field with a converter as a descriptor.
    @property
    def to(self) -> object:
        """The recipient, or a tuple of several."""
        ...


@attrs.frozen(eq=False)
class Channel:
    """How messages of one request class are sent.

    `name` is the group of the row (`sms`, `rcs`, `waba`, `voice`); `takes_several` says whether
    one request may name several recipients, `has_reference` whether it takes a `foreign_id`.
    """

    row: Row
    takes_several: bool
    has_reference: bool
    name: str
    content: tuple[str, ...]
    """The fields that the recipient will see."""

    values: Callable[[Any], tuple[Any, ...]]
    """All of a message but its recipient and reference."""

    content_of: Callable[[Any], tuple[Any, ...]]

    def check(self, message: object) -> None:
        """Refuse content that no request could carry: it is fingerprinted and stored before.

        Raises:
            InvalidRequestError: Half of an emoji, say, or rich content that holds itself.
        """
        values = self.content_of(message)
        for place, value in enumerate(values):
            if value is None or (type(value) is str and value.isascii()):
                continue
            if type(value) is str:
                check_spelling(self.content[place], value)
            elif type(value) not in _ALWAYS_WRITABLE:
                check_writable(self.content[place], value)

    def digest(self, message: object) -> str:
        """Return a fingerprint of what the recipient will see; the content cannot be read from it.

        `TEXT-SENDER`, so that it can be told which of the two has changed. Fields that are not set
        leave no trace, so that a later version may have more of them.
        """
        fields = self._fields_of(message)
        sender = fields.pop(_SENDER, None)
        text = _hash(self.row.name, fields, 12)
        return f"{text}-{'' if sender is None else _hash_sender(self.row.name, sender)}"

    def digest_of_both(self, message: object) -> str:
        """Return the fingerprint of text and sender together, which older journals have."""
        return _hash(self.row.name, self._fields_of(message), 16)

    def _fields_of(self, message: object) -> dict[str, str]:
        values = zip(self.content, self.content_of(message), strict=True)
        return {name: _spell(value) for name, value in values if value is not None}


def _spell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value), default=str)


def _hash(row: str, fields: Mapping[str, str], size: int) -> str:
    written = [row, *(f"{name}={len(value)}:{value}" for name, value in fields.items())]
    # Half of a surrogate pair is refused later, where the request is written.
    content = ";".join(written).encode("utf-8", "surrogatepass")
    return blake2b(content, digest_size=size).hexdigest()


@lru_cache(maxsize=256)  # there are few senders
def _hash_sender(row: str, sender: str) -> str:
    return _hash(row, {_SENDER: sender}, 4)


@lru_cache(maxsize=64)
def channel_of(message_class: type) -> Channel:
    """Return the channel of a request class.

    Raises:
        InvalidRequestError: A request of the class sends no message.
    """
    sends = _rows_that_send(endpoints_beside(message_class))
    if message_class not in sends:
        all_sends = _rows_that_send(endpoints())
        known = ", ".join(sorted(request.__name__ for request in all_sends))
        raise InvalidRequestError(
            f"a campaign sends messages ({known}, or a Fallback of them), "
            f"not {message_class.__name__}"
        )
    row = sends[message_class]
    fields = {field.name: field for field in attrs.fields(message_class)}
    content = tuple(name for name in fields if name not in _NOT_CONTENT)
    return Channel(
        row=row,
        takes_several=any(get_origin(kind) is tuple for kind in get_args(fields["to"].type)),
        has_reference="foreign_id" in fields,
        name=row.name.partition(".")[0],
        content=content,
        values=attrgetter(*(name for name in fields if name not in _PER_RECIPIENT)),
        content_of=attrgetter(*content),
    )


def _rows_that_send(endpoints_: Iterable[Endpoint]) -> Mapping[type, Row]:
    """Return the rows that answer with a receipt, by their request classes."""
    sends: dict[type, Row] = {}
    for endpoint in endpoints_:
        reply: object = endpoint.row.reply
        if isinstance(reply, type) and issubclass(reply, Receipt):
            sends[endpoint.request] = endpoint.row
    return sends


@attrs.frozen(kw_only=True)
class DeliveryRule:
    """When the next form of a message is sent though the gateway took the one before.

    That is after a report that its delivery failed, and after so many seconds without one.
    """

    after_silence_s: float | None = None


@attrs.define(init=False, unsafe_hash=True)
class Fallback:
    """One message in several forms: the next is tried when the one before is refused.

    `Fallback(SendTemplate(…), SendSms(…))` for the same recipient. The next form is sent only when
    the gateway refused the one before for this recipient, never when its outcome is unknown.

    Args:
        on_failed_delivery: Send the next form, too, when the delivery of the one before failed: a
            report or the gateway's journal said so. The next `send` of the same messages with the
            same journal does that.
        undelivered_after_s: With it, also so many seconds after a form has left without a report.
            That counts only where reports arrive: some came for this campaign since then.

    A delivery that is only late may then reach the recipient on both channels.

    Raises:
        InvalidRequestError: Fewer than two messages, of several recipients, two of one channel, or
            seconds that are none.
    """

    forms: tuple[Sendable, ...]
    delivery_rule: DeliveryRule | None

    def __init__(
        self,
        *forms: Sendable,
        on_failed_delivery: bool = False,
        undelivered_after_s: float | None = None,
    ) -> None:
        if len(forms) < 2:
            raise InvalidRequestError("a Fallback needs at least two messages")
        recipients = {form.to for form in forms}
        if len(recipients) > 1 or len(recipients_in(forms[0])) > 1:
            raise InvalidRequestError("the messages of a Fallback go to one and the same recipient")
        check_channels([type(form) for form in forms])
        self.forms = forms
        self.delivery_rule = build_rule(on_failed_delivery, undelivered_after_s)

    @property
    def to(self) -> object:
        """The recipient."""
        return self.forms[0].to


def check_channels(requests: Iterable[type]) -> None:
    """Refuse two request classes of one channel: they are no forms of one message."""
    channels = [channel_of(request).name for request in requests]
    if len(set(channels)) < len(channels):
        raise InvalidRequestError("each message of a Fallback takes another channel")


def build_rule(on_failed_delivery: object, after_s: float | None) -> DeliveryRule | None:
    """Return the rule that a `Fallback` was given; raises `InvalidRequestError`."""
    if not isinstance(on_failed_delivery, bool):
        raise InvalidRequestError("on_failed_delivery must be True or False")
    if after_s is None:
        return DeliveryRule() if on_failed_delivery else None
    if not on_failed_delivery:
        raise InvalidRequestError("undelivered_after_s needs on_failed_delivery=True")
    if not (is_number(after_s) and 0 < after_s <= MOST_SECONDS):
        raise InvalidRequestError(
            f"undelivered_after_s must be a number of seconds, more than 0, not {brief(after_s)}"
        )
    return DeliveryRule(after_silence_s=float(after_s))


Message: TypeAlias = Sendable | Fallback


@attrs.define(eq=False)
class OutgoingMessage:
    """One message for one recipient.

    `forms` are the messages to try in their order, `step` the one whose turn it is. `group` is
    equal for what may share a request; None goes alone.
    """

    key: str = attrs.field(repr=without_numbers)
    to: str = attrs.field(repr=masked_number)
    digits: str = attrs.field(repr=masked_number)
    """The recipient as the gateway answers it: E.164 digits, where it is no national number."""
    forms: tuple[Sendable, ...] = attrs.field(repr=False)
    channel: Channel = attrs.field(repr=False)
    group: Hashable | None = attrs.field(repr=False)
    line: int | None = None
    step: int = 0
    foreign_id: str | None = None
    hold: str | None = None
    """Why it shall not be sent (a suppressed recipient)."""
    asked_at: float = 0.0
    """When quiet hours were last looked at for it, in Unix seconds."""
    is_own_reference: bool = False
    """True if the reference was made here, so that it is on this request only."""
    attempts: int = 1
    """How often it was about to leave, counted from `departure`."""
    departure: Departure | None = None
    """When it was about to leave; of several times under the reload lock the first."""
    is_in_doubt: bool = False
    """True if an earlier run may have sent it."""
    is_told: bool = False
    """True if its entry is on its way to the caller."""
    may_have_left: bool = False
    """True if a request with this form of it may have left, and was not refused."""
    delivery_rule: DeliveryRule | None = None
    """When its next form is sent though this one was accepted."""
    row: object = None
    """What its journal knows of its row there."""
    reserved_micro_eur: int | None = None
    """What it may cost at most, in millionths of a euro; None where the campaign has no limit."""
    ticket: Ticket | None = None
    """Its request's place in the line of the limiter; the first of a batch has it."""
    _digest: str | None = None

    @property
    def digest(self) -> str:
        """The fingerprint of the content whose turn it is."""
        if self._digest is None:
            self._digest = self.channel.digest(self.message)
        return self._digest

    def change_since(self, digest: str, step: int | None = None) -> str | None:
        """Name what differs from a message with that fingerprint: its text or its sender.

        `step` is the form that the fingerprint is of; the one whose turn it is unless given.
        """
        form = self.message if step is None else self.forms[min(step, len(self.forms) - 1)]
        channel = channel_of(type(form))
        own = self.digest if form is self.message else channel.digest(form)
        if digest == own:
            return None
        text, has_both, sender = digest.partition("-")
        if not has_both:  # a journal of before
            is_same = digest == channel.digest_of_both(form)
            return None if is_same else "text or sender changed"
        own_text, _, own_sender = own.partition("-")
        if text == own_text:
            return "sender changed"
        return "text changed" if sender == own_sender else "text and sender changed"

    @property
    def text_mark(self) -> str | None:
        """What its entry in the gateway's journal is compared by, where its reference is no proof.

        Calls have no reference there, and a caller may put one on several messages.
        """
        if self.is_own_reference and self.channel.name != "voice":
            return None
        return text_mark(getattr(self.message, "text", None))

    @property
    def message(self) -> Sendable:
        """The message whose turn it is."""
        return self.forms[self.step]

    @property
    def has_next(self) -> bool:
        """True if there is another form to fall back to."""
        return self.step + 1 < len(self.forms)

    @property
    def due_at(self) -> float | None:
        """When a scheduled message leaves, in Unix seconds."""
        message: Any = self.message
        delay = getattr(message, "delay", None)
        return None if delay is None else departure_s(delay)

    def rule_after(self, step: int) -> DeliveryRule | None:
        """Return when the form after `step` is sent though that was accepted; None for never."""
        return self.delivery_rule if step + 1 < len(self.forms) else None

    def turn_to(self, step: int) -> None:
        """Turn to another form; it goes alone, with a reference of its own."""
        self.step = step
        self.channel = channel_of(type(self.message))
        self.group = self.departure = self._digest = self.ticket = None
        self.attempts, self.is_own_reference = 1, False
        self.may_have_left = False
        self.foreign_id = getattr(self.message, "foreign_id", None)

    def share_digest(self, digest: str) -> None:
        """Take over the fingerprint of another message of the same content."""
        self._digest = digest


KeyOf: TypeAlias = Callable[[Any], str]


def check_spelling(name: str, text: str) -> None:
    """Refuse half of a surrogate pair: no request can carry it, and no journal keep it."""
    if not is_encodable(text):
        raise InvalidRequestError(
            f"{name.rstrip('_')}: has half of a surrogate pair, such as half an emoji; cut texts "
            f"between characters"
        )


def recipients_in(message: Message) -> list[str]:
    """Return the recipients of a message; a comma separates them as it does on the wire."""
    to: Any = message.to
    if isinstance(to, str) and "," not in to:
        return [to]
    parts: Iterable[str] = to.split(",") if isinstance(to, str) else to
    return [part.strip() for part in parts if part.strip()]


def is_e164(key: str) -> bool:
    """Tell whether a recipient is a number with its calling code, which replies repeat."""
    return key.isascii() and key.isdecimal() and key[0] != "0"


def build_request(batch: Sequence[OutgoingMessage]) -> Any:
    """Return one request for all of a batch."""
    first = batch[0]
    to = first.to if len(batch) == 1 else tuple(outgoing.to for outgoing in batch)
    changes: dict[str, Any] = {"to": to}
    if first.channel.has_reference:
        changes["foreign_id"] = first.foreign_id
    return copy_with(first.message, changes)


def departure_of(outgoing: OutgoingMessage, gateway: GatewayTime) -> Departure:
    """Return when a message of this run was about to leave, with all that is known of it by now."""
    departure = outgoing.departure or Departure()
    if departure.reading is None:  # it left in an earlier process
        return departure
    return attrs.evolve(departure, gateway_s=gateway.latest_s(departure.reading))
