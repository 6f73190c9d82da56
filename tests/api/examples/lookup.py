"""What the examples of lookups must become."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from seven_async import (
    Carrier,
    CnamLookup,
    FormatLookup,
    GatewayError,
    HlrLookup,
    MalformedReplyError,
    MnpLookup,
    MnpNumber,
    NetworkType,
    NumberValidity,
    OutcomeUnknownError,
    Ported,
    RcsCapability,
    RcsLookup,
    Reachability,
    Roaming,
    RoamingState,
)
from tests.api.exchange import Exchange

LEGACY = "the retired /lookup?type= by POST"


def carrier(code: str, name: str) -> Carrier:
    """A German mobile network."""
    return Carrier(network_code=code, name=name, country="DE", network_type=NetworkType.MOBILE)


FOUND: dict[str, Any] = {
    "status": True,
    "status_message": "success",
    "country_code": "DE",
    "country_name": "Germany",
    "country_prefix": "49",
    "valid_number": NumberValidity.VALID,
    "reachable": Reachability.REACHABLE,
    "ported": Ported.ASSUMED_NOT_PORTED,
    "roaming": Roaming(status=RoamingState.NOT_ROAMING),
    "gsm_code": "0",
}
TELEKOM = carrier("26201", "Telekom Deutschland GmbH")
O2 = carrier("26203", "Telefónica Germany GmbH & Co. oHG (O2)")
MOBILE = {
    "success": True,
    "country_name": "Germany",
    "country_code": "49",
    "country_iso": "DE",
    "carrier": "O2",
    "network_type": NetworkType.MOBILE,
}

EXCHANGES = {
    "lookup.cnam": Exchange(
        call=lambda seven: seven.lookup.cnam("491716992343"),
        expected=CnamLookup(success=True, code=100, number="+491716992343", name="GERMANY"),
        asks_otherwise=LEGACY,
    ),
    "lookup.cnam.miss": Exchange(
        call=lambda seven: seven.lookup.cnam("000"),
        expected=GatewayError,
    ),
    "lookup.format": Exchange(
        call=lambda seven: seven.lookup.format("4917612345678"),
        expected=FormatLookup(
            national="0176 12345678",
            international="+4917612345678",
            international_formatted="+49 176 12345678",
            **MOBILE,
        ),
    ),
    "lookup.format.invalid": Exchange(
        call=lambda seven: seven.lookup.format("000"),
        expected=FormatLookup(
            success=False, national="", international="+", international_formatted=""
        ),
    ),
    "lookup.hlr": Exchange(
        call=lambda seven: seven.lookup.hlr("491716992343"),
        expected=HlrLookup(
            lookup_outcome=True,
            lookup_outcome_message="success",
            international_format_number="491716992343",
            international_formatted="+49 171 6992343",
            national_format_number="0171 6992343",
            current_carrier=TELEKOM,
            original_carrier=TELEKOM,
            gsm_message="No error",
            **FOUND,
        ),
        asks_otherwise=LEGACY,
    ),
    "lookup.hlr.js-old": Exchange(
        call=lambda seven: seven.lookup.hlr("491632429751"),
        expected=HlrLookup(
            lookup_outcome=0,
            lookup_outcome_message="Success",
            international_format_number="491632429751",
            international_formatted="+49 163 2429751",
            national_format_number="0163 2429751",
            country_code_iso3="DEU",
            current_carrier=O2,
            original_carrier=O2,
            gsm_message="",
            **FOUND,
        ),
        asks_otherwise="the parameters were not recorded",
    ),
    "lookup.mnp": Exchange(
        call=lambda seven: seven.lookup.mnp("491716992343"),
        expected=MnpLookup(
            success=True,
            code=100,
            price=Decimal("0.005"),
            mnp=MnpNumber(
                country="DE",
                number="+491716992343",
                national_format="0171 6992343",
                international_formatted="+49 171 6992343",
                network="Telekom Deutschland GmbH",
                mccmnc="26201",
                is_ported=False,
                network_type=NetworkType.MOBILE,
            ),
        ),
        asks_otherwise=LEGACY,
    ),
    "lookup.mnp.text-legacy": Exchange(
        call=lambda seven: seven.lookup.mnp("491716992343"),
        expected=OutcomeUnknownError,
        cause=MalformedReplyError,
        asks_otherwise=LEGACY,
    ),
    "lookup.rcs": Exchange(
        call=lambda seven: seven.lookup.rcs("4917612345678"),
        expected=RcsLookup(
            national="0176 12345679",
            international="+49176123456789",
            international_formatted="+49 179 123456789",
            rcs_capabilities=(
                RcsCapability.ACTION_CREATE_CALENDAR_EVENT,
                RcsCapability.ACTION_DIAL,
                RcsCapability.ACTION_OPEN_URL,
                RcsCapability.ACTION_SHARE_LOCATION,
                RcsCapability.ACTION_VIEW_LOCATION,
                RcsCapability.RICHCARD_CAROUSEL,
                RcsCapability.RICHCARD_STANDALONE,
            ),
            **MOBILE,
        ),
    ),
}
