"""`/lookup/…`: what is known about numbers; one number gives an object, several a list."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from attrs import field, frozen

from seven_async.sandbox import magic_numbers
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_date
from seven_async.sandbox.core.recipients import parse_number
from seven_async.sandbox.core.routes import operation, register_choice
from seven_async.sandbox.core.tariff import (
    LOOKUP_PRICES,
    Destination,
    destination,
    international,
    national,
)
from seven_async.sandbox.core.wire import Answer, Json, json_answer, money, text_answer

CAPABILITIES: Final = (
    "ACTION_CREATE_CALENDAR_EVENT",
    "ACTION_DIAL",
    "ACTION_OPEN_URL",
    "ACTION_SHARE_LOCATION",
    "ACTION_VIEW_LOCATION",
    "REVOCATION",
    "RICHCARD_CAROUSEL",
    "RICHCARD_STANDALONE",
)


@frozen
class NumberLookup:
    """One number of a lookup: its digits (None if it is none) and why it fails (0 if not)."""

    digits: str | None = field(repr=False)
    code: int
    leads_to: Destination = field(repr=False)

    @property
    def result(self) -> tuple[str, Destination] | None:
        """Digits and destination where the lookup has a result."""
        return (self.digits, self.leads_to) if self.digits and not self.code else None


ToJson = Callable[[NumberLookup], Json]


def _answer_lookup(call: Call, kind: str, to_json: ToJson) -> Answer:
    asked = call.params.texts("number") or [""]
    rows = [to_json(_look_up(call, kind, number)) for number in asked]
    return json_answer(rows[0] if len(rows) == 1 else rows)


def _look_up(call: Call, kind: str, number: str) -> NumberLookup:
    digits = parse_number(number)
    if digits is None:
        return NumberLookup(None, 202, Destination(None, None, ""))
    leads_to = destination(digits)
    code = magic_numbers.failure(digits) or (600 if leads_to.country is None else 0)
    price = LOOKUP_PRICES.get(kind, Decimal(0))
    if not code and price > call.account.balance:
        code = 500
    if not code and not call.is_test:
        place = (call.account.id, local_date(call.now), leads_to.country_code, "")
        call.state.look_up(call.account, kind, place, price)
    return NumberLookup(digits, code, leads_to)


@operation("GET", "/lookup/format")
def number_format(call: Call) -> Answer:
    """Answer how a number is written; an invalid one is a full object of nothing."""
    return _answer_lookup(call, "format", _format)


def _format(asked: NumberLookup) -> Json:
    # Writing a number needs no network: a magic failure is still a number.
    if not asked.digits or not asked.leads_to.country:
        return {
            "carrier": None,
            "country_code": False,
            "country_iso": None,
            "country_name": None,
            "international": "+",
            "international_formatted": "",
            "national": "",
            "network_type": None,
            "success": False,
        }
    country, network = asked.leads_to.country, asked.leads_to.network
    return {
        "success": True,
        "national": national(asked.digits),
        "international": f"+{asked.digits}",
        "international_formatted": international(asked.digits),
        "country_name": country.name,
        "country_code": country.prefix,
        "country_iso": country.code,
        "carrier": network.name if network else None,
        "network_type": "mobile",
    }


@operation("GET", "/lookup/rcs")
def rcs(call: Call) -> Answer:
    """Answer with the format object and what the handset can show over RCS."""
    return _answer_lookup(call, "rcs", _rcs)


def _rcs(asked: NumberLookup) -> Json:
    return {**_format(asked), "rcs_capabilities": list(CAPABILITIES) if asked.result else []}


@operation("GET", "/lookup/mnp")
def mnp(call: Call) -> Answer:
    """Answer with the network of a number; a short name where JSON was not asked for."""
    if call.wants_json:
        return _answer_lookup(call, "mnp", _mnp)
    asked = _look_up(call, "mnp", call.params.text("number").partition(",")[0])
    if asked.code:
        return text_answer(str(asked.code))
    return text_answer(asked.leads_to.network.short if asked.leads_to.network else "N/A")


def _mnp(asked: NumberLookup) -> Json:
    price = 0.0 if asked.code else money(LOOKUP_PRICES["mnp"])
    digits, network = asked.digits, asked.leads_to.network
    has_result = digits is not None and not asked.code
    network_type = "mobile" if has_result else None
    return {
        "success": has_result,
        "code": asked.code or 100,
        "price": price,
        "mnp": {
            "country": asked.leads_to.country_code,
            "number": f"+{digits or ''}",
            "national_format": national(digits) if digits else "",
            "international_formatted": international(digits) if digits else "",
            "network": network.name if network and has_result else None,
            "mccmnc": network.mccmnc if network and has_result else "",
            "isPorted": False if has_result else None,
            # Recordings and OpenAPI have the first, the JavaScript client's tests the second.
            "network_type": network_type,
            "networkType": network_type,
        },
    }


@operation("GET", "/lookup/hlr")
def hlr(call: Call) -> Answer:
    """Answer what the home network says; a miss is a full object with `status` false."""
    return _answer_lookup(call, "hlr", _hlr)


def _hlr(asked: NumberLookup) -> Json:
    country = asked.leads_to.country
    is_found = asked.result is not None
    carrier = _carrier(asked)
    return {
        "status": is_found,
        "status_message": "success" if is_found else "error",
        "lookup_outcome": is_found,
        "lookup_outcome_message": "success" if is_found else "error",
        "international_format_number": asked.digits or "",
        "international_formatted": international(asked.digits) if asked.digits else "",
        "national_format_number": national(asked.digits) if asked.digits else "",
        "country_code": asked.leads_to.country_code,
        "country_code_iso3": country.iso3 if country else "",
        "country_name": country.name if country else None,
        "country_prefix": country.prefix if country else False,
        "current_carrier": carrier,
        "original_carrier": carrier,
        "valid_number": "valid" if is_found else "not_valid",
        "reachable": "reachable" if is_found else "bad_number",
        "ported": "assumed_not_ported" if is_found else "unknown",
        "roaming": "not_roaming",
        "gsm_code": "0" if is_found else None,
        "gsm_message": "No error" if is_found else None,
    }


def _carrier(asked: NumberLookup) -> Json:
    network = asked.leads_to.network if asked.result else None
    return {
        "network_code": network.mccmnc if network else "",
        "name": network.name if network else None,
        "country": asked.leads_to.country_code,
        "network_type": "mobile" if network else None,
    }


@operation("GET", "/lookup/cnam")
def cnam(call: Call) -> Answer:
    """Answer with the name of a number's owner; codes and success are text."""
    return _answer_lookup(call, "cnam", _cnam)


def _cnam(asked: NumberLookup) -> Json:
    if asked.result is None or asked.leads_to.country is None:
        return {"code": 500 if asked.code == 500 else 600}
    return {
        "success": "true",
        "code": "100",
        "number": f"+{asked.digits}",
        "name": asked.leads_to.country.name.upper(),
    }


register_choice(
    ["GET /lookup", "POST /lookup"],
    "type",
    {"format": number_format, "rcs": rcs, "mnp": mnp, "hlr": hlr, "cnam": cnam},
)
