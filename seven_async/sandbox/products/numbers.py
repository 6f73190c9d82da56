"""`/numbers/…`: inbound numbers on offer and booked."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from attrs import frozen

from seven_async.sandbox.core.accounts import OwnNumber
from seven_async.sandbox.core.call import Call, RefusedError
from seven_async.sandbox.core.clock import local_text
from seven_async.sandbox.core.recipients import number_or_text
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.tariff import COUNTRIES, international
from seven_async.sandbox.core.wire import Answer, Json, json_answer, page_not_found

DAY_S: Final = 86_400.0
PERIOD_S: Final = {"monthly": 30 * DAY_S, "annually": 365 * DAY_S}
FEATURES: Final = ("sms", "a2p_sms", "voice")
_PER_COUNTRY: Final = 3


@frozen
class Fee:
    """What a number costs in one payment interval."""

    basic_charge: float
    setup: float


FEES: Final = {"monthly": Fee(29.9, 19.9), "annually": Fee(238.8, 9.9)}
SMS_MO: Final = 0
VOICE_MO: Final = 0.01


def _build_offer() -> dict[str, str]:
    """List numbers and their countries; the first Danish one is the published sample."""
    offered = {"4523854818": "DK"}
    for country in COUNTRIES.values():
        for index in range(_PER_COUNTRY):
            offered[f"{country.prefix}157359812{index:02d}"] = country.code
    return offered


OFFERED: Final = _build_offer()


def _features(number: str) -> dict[str, bool]:
    # Every third number lacks one feature, so that the filters have something to leave out.
    lacking = {"1": "a2p_sms", "2": "voice"}.get(number[-1])
    return {name: name != lacking for name in FEATURES}


@operation("GET", "/numbers/available")
def available(call: Call) -> Answer:
    """Answer with what can be ordered, narrowed by country and features."""
    params = call.params
    country = params.text_if_set("country").upper()
    wanted = [name for name in FEATURES if params.flag(f"features_{name}")]
    taken = _booked_numbers(call)
    rows = [
        _offer(number, code)
        for number, code in OFFERED.items()
        if number not in taken
        and country in ("", code)
        and all(_features(number)[name] for name in wanted)
    ]
    return json_answer({"availableNumbers": rows})


def _booked_numbers(call: Call) -> set[str]:
    """Return the numbers that some account has, and whose time has not run out."""
    return {
        own.number
        for account in call.state.accounts.values()
        for own in account.numbers.values()
        if (own.expires or call.now) >= call.now
    }


def _offer(number: str, country: str) -> Json:
    intervals: Json = {
        name: {"basic_charge": fee.basic_charge, "setup": fee.setup} for name, fee in FEES.items()
    }
    return {
        "country": country,
        "number": number,
        "number_parsed": international(number),
        "fees": {**intervals, "sms_mo": SMS_MO, "voice_mo": VOICE_MO},
        "features": _features(number),
    }


@operation("POST", "/numbers/order")
def order(call: Call) -> Answer:
    """Book a number; charge set-up and first period: a year unless `monthly` is asked for."""
    number = number_or_text(call.params.text("number"))
    interval = call.params.text_if_set("payment_interval") or "annually"
    if number not in OFFERED or number in _booked_numbers(call):
        return json_answer({"error": "Number not available", "success": False})
    if interval not in FEES:
        return json_answer({"error": "Invalid payment interval", "success": False})
    fee = FEES[interval]
    price = Decimal(str(fee.basic_charge)) + Decimal(str(fee.setup))
    if price > call.account.balance:
        return json_answer({"error": "Not enough credit", "success": False})
    if not call.is_test:
        call.state.charge(call.account, price)
        call.account.numbers[number] = build_number(number, interval, call.now)
    return json_answer({"error": None, "success": True})


def build_number(number: str, interval: str, now: float) -> OwnNumber:
    """Build a number as it is after ordering."""
    fee = FEES[interval]
    fees = {
        "setup": fee.setup,
        "basic_charge": fee.basic_charge,
        "sms_mo": SMS_MO,
        "voice_mo": VOICE_MO,
    }
    country = OFFERED.get(number, "DE")
    return OwnNumber(number, country, now, interval, fees, _features(number))


def _current_numbers(call: Call) -> dict[str, OwnNumber]:
    """Return the account's numbers, and remove those whose time has run out."""
    numbers = call.account.numbers
    for number in [key for key, own in numbers.items() if (own.expires or call.now) < call.now]:
        del numbers[number]
    return numbers


@operation("GET", "/numbers/active")
def active(call: Call) -> Answer:
    """Answer with all booked numbers."""
    owned = _current_numbers(call).values()
    return json_answer({"activeNumbers": [_to_json(own) for own in owned]})


def _find(call: Call) -> OwnNumber:
    own = _current_numbers(call).get(call.path[0])
    if own is None:
        raise RefusedError(page_not_found())
    return own


def _fees_json(own: OwnNumber) -> Json:
    """Write whole amounts without a point, as recorded: 0, and not 0.0."""
    return {name: int(fee) if fee == int(fee) else fee for name, fee in own.fees.items()}


def _to_json(own: OwnNumber) -> Json:
    forward: Json = {
        "sms": {"number": own.sms_forward, "enabled": bool(own.sms_forward)},
        "email": {"address": own.email_forward, "enabled": bool(own.email_forward)},
    }
    if own.slack_forward:
        forward["slack"] = {"uri": own.slack_forward, "enabled": True}
    return {
        "country": own.country,
        "number": own.number,
        "friendly_name": own.friendly_name,
        "billing": {"fees": _fees_json(own), "payment_interval": own.payment_interval},
        "features": own.features,
        "forward_sms_mo": forward,
        "expires": None if own.expires is None else local_text(own.expires),
        "created": local_text(own.created),
    }


@operation("GET", "/numbers/active/{number}")
def get(call: Call) -> Answer:
    """Answer with one booked number, bare."""
    return json_answer(_to_json(_find(call)))


@operation("PATCH", "/numbers/active/{number}")
def update(call: Call) -> Answer:
    """Change a number; an empty forward switches that forwarding off."""
    own, params = _find(call), call.params
    if params.has("friendly_name"):
        own.friendly_name = params.text("friendly_name")
    if params.has("sms_forward"):
        own.sms_forward = [number_or_text(text) for text in params.texts("sms_forward") if text]
    if params.has("email_forward"):
        own.email_forward = [text for text in params.texts("email_forward") if text]
    if params.has("slack_forward"):
        own.slack_forward = params.text("slack_forward")
    return json_answer(_to_json(own))


@operation("DELETE", "/numbers/active/{number}")
def delete(call: Call) -> Answer:
    """End a number with its paid period, at once with `delete_immediately` (query or body)."""
    own = _current_numbers(call).get(call.path[0])
    if own is None:
        return json_answer({"success": False})
    if call.params.flag("delete_immediately"):
        del call.account.numbers[own.number]
    else:
        own.expires = own.created + PERIOD_S[own.payment_interval]
    return json_answer({"success": True})
