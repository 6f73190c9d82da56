"""What all channels share: recipients resolved, refused or charged and kept, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from attrs import define, field

from seven_async.sandbox import magic_numbers
from seven_async.sandbox.core.call import Call, error_text
from seven_async.sandbox.core.clock import parse_moment
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.recipients import mask_number, parse_number
from seven_async.sandbox.core.tariff import Destination, destination
from seven_async.sandbox.core.wire import Answer, Json, json_answer, money

FIRST_MESSAGE_ID: Final = 77_000_000_001
LONGEST_LABEL: Final = 100
LONGEST_FOREIGN_ID: Final = 64
_TAG = re.compile(r"[A-Za-z0-9._@\-]+")
_HEX = re.compile(r"([0-9A-Fa-f]{2})+")
NOTHING: Final = Decimal(0)
LOCKED: Final = frozenset({"SMS"})
"""The channels of the reload lock (errors.md section 4)."""


@define(eq=False)
class Message:
    """What is to be sent, the same to each recipient."""

    channel: str
    from_: str = field(repr=False)
    text: str = field(repr=False)
    encoding: str
    parts: int
    price: Callable[[Destination], Decimal]
    fields: Json = field(factory=Json, repr=False)
    series: str = "message"
    first_id: int = FIRST_MESSAGE_ID
    reports: Mapping[str, str] = field(factory=dict[str, str])
    """This channel's words for the SMS reports."""


@define(eq=False)
class Outcome:
    """What became of one recipient: an entry, or the code that refused it (0 is accepted)."""

    recipient: str = field(repr=mask_number)
    code: int
    price: Decimal = NOTHING
    entry: LedgerEntry | None = None


def send(call: Call, message: Message) -> list[Outcome]:
    """Send to every recipient of `to`, in order."""
    return [_send_one(call, message, recipient) for recipient in recipients(call)]


def recipients(call: Call) -> list[str]:
    """Return the numbers of `to`: names of contacts and groups replaced by theirs, in order.

    What is neither stays as it was written and is refused later.
    """
    numbers: list[str] = []
    for part in call.params.text("to").split(","):
        if part.strip():
            number = parse_number(part)
            numbers += [number] if number else _resolve_name(call, part.strip())
    return numbers


def _resolve_name(call: Call, name: str) -> list[str]:
    return [parse_number(number) or number for number in call.account.numbers_of(name)]


def _send_one(call: Call, message: Message, recipient: str) -> Outcome:
    if parse_number(recipient) is None:
        return Outcome(recipient, 202)
    leads_to = destination(recipient)
    price = message.price(leads_to)
    code = _refusal(call, message, recipient, price)
    if code:
        return Outcome(recipient, code)
    if call.is_test:
        return Outcome(recipient, 0)
    entry = _entry(call, message, recipient, leads_to, price)
    call.state.accept(entry)
    if message.channel in LOCKED:
        call.state.lock((call.account.id, recipient, message.text), call.now)
    return Outcome(recipient, 0, price, entry)


def _refusal(call: Call, message: Message, recipient: str, price: Decimal) -> int:
    failed = call.failures.get(recipient) or magic_numbers.failure(recipient)
    if failed:
        return failed
    if call.is_test:
        return 0
    if _is_locked(call, message, recipient):
        return 402
    return 500 if price > call.account.balance else 0


def _is_locked(call: Call, message: Message, recipient: str) -> bool:
    if message.channel not in LOCKED or call.params.flag("no_reload"):
        return False
    if not (call.account.has_reload_lock and call.key.has_reload_lock):
        return False
    return call.state.is_locked((call.account.id, recipient, message.text), call.now)


def _entry(
    call: Call, message: Message, recipient: str, leads_to: Destination, price: Decimal
) -> LedgerEntry:
    params = call.params
    return LedgerEntry(
        id=str(call.state.next_id(message.series, message.first_id)),
        channel=message.channel,
        to=recipient,
        from_=message.from_,
        text=message.text,
        time=call.now,
        due=due(call),
        price=price,
        segments=message.parts,
        encoding=message.encoding,
        label=params.optional("label"),
        foreign_id=params.optional("foreign_id"),
        connection=call.connection,
        account=call.account.id,
        country=leads_to.country_code,
        mccmnc=leads_to.mccmnc,
        reports=_reports(message, recipient),
        fields=message.fields,
    )


def _reports(message: Message, recipient: str) -> tuple[tuple[float, str], ...]:
    ordinary = magic_numbers.reports(recipient)
    if not message.reports:
        return ordinary
    named = [(after_s, message.reports.get(name, name)) for after_s, name in ordinary]
    # WhatsApp has one word for the first two stages, and reports it once.
    before = [None, *(name for _, name in named)]
    return tuple(report for report, last in zip(named, before, strict=False) if report[1] != last)


def due(call: Call) -> float:
    """Return when a message leaves: `delay` if that lies ahead, otherwise now."""
    text = call.params.text("delay")
    moment = parse_moment(text) if text else None
    return call.now if moment is None else max(call.now, moment)


def text_refusal(call: Call, text: str, longest: int) -> int:
    """Return 301 without a recipient, 305 without a text, 401 for one that is too long, else 0."""
    if not any(part.strip() for part in call.params.text("to").split(",")):
        return 301
    if not text:
        return 305
    return 401 if len(text) > longest else 0


def tag_refusal(call: Call) -> int:
    """Return 802 for a label, 308 for a foreign id outside of the published rules, else 0."""
    label, foreign_id = call.params.text("label"), call.params.text("foreign_id")
    if len(label) > LONGEST_LABEL or (label and not _TAG.fullmatch(label)):
        return 802
    if len(foreign_id) > LONGEST_FOREIGN_ID or (foreign_id and not _TAG.fullmatch(foreign_id)):
        return 308
    return 0


def overall_code(outcomes: list[Outcome]) -> int:
    """Return 100 if all were accepted, 101 if some, the first refusal's code if none."""
    refused = [outcome.code for outcome in outcomes if outcome.code]
    if not refused:
        return 100
    return 101 if len(refused) < len(outcomes) else refused[0]


def total_price(outcomes: list[Outcome]) -> float:
    """Add up the price of all that was accepted."""
    return money(sum([outcome.price for outcome in outcomes], NOTHING))


def error_fields(outcome: Outcome) -> dict[str, object]:
    """Build the last three fields of a `messages[]` entry."""
    if not outcome.code:
        return {"success": True, "error": None, "error_text": None}
    return {"success": False, "error": outcome.code, "error_text": error_text(outcome.code)}


def message_row(
    call: Call, message: Message, outcome: Outcome, **more: object
) -> dict[str, object]:
    """Build one `messages[]` entry of an SMS, RCS or WhatsApp answer; ids are text here."""
    return {
        "id": outcome.entry.id if outcome.entry else None,
        "sender": message.from_,
        "recipient": outcome.recipient,
        "text": message.text,
        "encoding": message.encoding,
        "label": call.params.optional("label"),
        "parts": message.parts,
        "udh": call.params.optional("udh"),
        # A user data header and hex for a text make a binary message (messaging-facts 6).
        "is_binary": call.params.flag("is_binary") or _is_hex(call),
        "price": money(outcome.price),
        **more,
        **error_fields(outcome),
    }


def _is_hex(call: Call) -> bool:
    texts = call.params.text("udh"), call.params.text("text")
    return bool(texts[0]) and all(_HEX.fullmatch(text) for text in texts)


def receipt(
    call: Call, outcomes: list[Outcome], messages: list[dict[str, object]], **more: object
) -> Answer:
    """Build the answer of a send: `success` is a code as text, and so is `debug`."""
    return json_answer(
        {
            "success": str(overall_code(outcomes)),
            "total_price": total_price(outcomes),
            "balance": money(call.account.balance),
            "debug": "true" if call.is_test else "false",
            "sms_type": "direct",
            **more,
            "messages": messages,
        }
    )
