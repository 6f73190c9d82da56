"""Lookups of numbers. Source: seven-api.md section 7."""

from decimal import Decimal
from typing import ClassVar, Final

import attrs

from seven_async.api.fields.converters import numbers
from seven_async.api.fields.senders import valid_agent
from seven_async.api.fields.validators import one_number, several_numbers
from seven_async.api.replies.lookup_words import (
    NetworkType,
    NumberValidity,
    Ported,
    RcsCapability,
    Reachability,
    RoamingState,
)
from seven_async.api.routes.endpoint import Endpoints, M
from seven_async.api.routes.one_or_many import OneOrMany
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model, ReplyKind
from seven_async.flow.wire import join_values, on_wire
from seven_async.masking import masked_number, masked_sender, masked_text

__all__ = [
    "Carrier",
    "CnamLookup",
    "FormatLookup",
    "HlrLookup",
    "LookUpCnam",
    "LookUpCnams",
    "LookUpFormat",
    "LookUpFormats",
    "LookUpHlr",
    "LookUpHlrs",
    "LookUpManyRcs",
    "LookUpMnp",
    "LookUpMnps",
    "LookUpRcs",
    "MnpLookup",
    "MnpNumber",
    "RcsLookup",
    "Roaming",
]


@attrs.frozen(kw_only=True, slots=False)
class FormatLookup(Model):
    """The notations of a number, and its country and network; free of charge.

    `success` is false for what is no number. `country_code` is the dial prefix without `+`,
    `country_iso` ISO alpha-2.
    """

    reply_kind: ClassVar[ReplyKind] = ReplyKind.RESULT

    success: bool = False
    national: str | None = attrs.field(default=None, repr=masked_number)
    international: str | None = attrs.field(default=None, repr=masked_number)
    international_formatted: str | None = attrs.field(default=None, repr=masked_number)
    country_name: str | None = None
    country_code: str | None = None
    country_iso: str | None = None
    carrier: str | None = None
    network_type: NetworkType | None = None


@attrs.frozen(kw_only=True, slots=False)
class RcsLookup(FormatLookup):
    """The RCS features of a handset, beside the number's format; empty without RCS."""

    rcs_capabilities: tuple[RcsCapability, ...] = ()


@attrs.frozen(kw_only=True, slots=False)
class Carrier(Model):
    """A network: `network_code` is MCC and MNC together, `country` ISO alpha-2."""

    network_code: str | None = None
    name: str | None = None
    country: str | None = None
    network_type: NetworkType | None = None


@attrs.frozen(kw_only=True, slots=False)
class Roaming(Model):
    """The network abroad that a handset is in; the gateway says `not_roaming`, or the place."""

    scalar: ClassVar[str | None] = "status"

    status: RoamingState | None = None
    roaming_country_code: str | None = None
    roaming_network_code: str | None = None
    roaming_network_name: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class HlrLookup(Model):
    """The home network's record of a number right now; billed each time.

    `country_code` is ISO alpha-2, `country_prefix` the dial code. `lookup_outcome` is a flag today
    and was a number before; `gsm_code` can be hex-like text.
    """

    reply_kind: ClassVar[ReplyKind] = ReplyKind.RESULT

    status: bool = False
    status_message: str | None = None
    lookup_outcome: bool | int | str | None = None
    lookup_outcome_message: str | None = None
    international_format_number: str | None = attrs.field(default=None, repr=masked_number)
    international_formatted: str | None = attrs.field(default=None, repr=masked_number)
    national_format_number: str | None = attrs.field(default=None, repr=masked_number)
    country_code: str | None = None
    country_code_iso3: str | None = None
    country_name: str | None = None
    country_prefix: str | None = None
    current_carrier: Carrier = attrs.field(factory=Carrier)
    original_carrier: Carrier = attrs.field(factory=Carrier)
    valid_number: NumberValidity | None = None
    reachable: Reachability | None = None
    ported: Ported | None = None
    roaming: Roaming = attrs.field(factory=Roaming)
    gsm_code: str | None = None
    gsm_message: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class MnpNumber(Model):
    """A number and the network it is in; `mccmnc` is MCC and MNC together."""

    country: str | None = None
    number: str | None = attrs.field(default=None, repr=masked_number)
    national_format: str | None = attrs.field(default=None, repr=masked_number)
    international_formatted: str | None = attrs.field(default=None, repr=masked_number)
    network: str | None = None
    mccmnc: str | None = None
    is_ported: bool | None = None
    network_type: NetworkType | None = None


@attrs.frozen(kw_only=True, slots=False)
class MnpLookup(Model):
    """The network that a number was ported to; `price` in EUR, `code` 100 where it was found."""

    success: bool = False
    code: int | None = None
    price: Decimal | None = None
    mnp: MnpNumber = attrs.field(factory=MnpNumber)


@attrs.frozen(kw_only=True, slots=False)
class CnamLookup(Model):
    """The name that a number's owner shows on calls; `code` 100 where there is one.

    Useful for the USA and Canada; elsewhere it is the name of a country or carrier.
    """

    success: bool = False
    code: int | None = None
    number: str | None = attrs.field(default=None, repr=masked_number)
    name: str | None = attrs.field(default=None, repr=masked_text)


@attrs.frozen(kw_only=True)
class _One:
    """One number.

    Args:
        number: In nearly any notation; or a list or tuple of numbers, asked in one request.
    """

    number: str = attrs.field(kw_only=False, validator=one_number, repr=masked_number)


@attrs.frozen(kw_only=True)
class _Many:
    number: tuple[str, ...] = attrs.field(
        kw_only=False,
        converter=numbers,
        validator=several_numbers,
        metadata=on_wire(write=join_values),
        repr=masked_number,
    )


@attrs.frozen(kw_only=True)
class LookUpFormat(_One):
    """Look up how a number is written and where it belongs; for a list of numbers, a list.

    A miss is a result with `success` false, never an error. Free of charge.

    Example:
        number = await seven.lookup.format("0171 1234567")
        print(number.international, number.carrier)
    """


@attrs.frozen(kw_only=True)
class LookUpFormats(_Many):
    """Look up how several numbers are written and where they belong."""


@attrs.frozen(kw_only=True)
class LookUpHlr(_One):
    """Ask the home network about a number right now; for a list of numbers, get a list.

    A miss is a result with `status` false, never an error. Each number is billed each time, so
    the request is not repeated after a lost answer.

    Example:
        lookup = await seven.lookup.hlr("+491711234567")
        print(lookup.reachable, lookup.current_carrier.name)

    Raises:
        InsufficientCreditError: The account is out of credit (code 500).
        OutcomeUnknownError: The answer was lost; the lookup may have been billed.
    """


@attrs.frozen(kw_only=True)
class LookUpHlrs(_Many):
    """Ask the home networks about several numbers right now."""


@attrs.frozen(kw_only=True)
class LookUpMnp(_One):
    """Look up the network that a number is in now; for a list of numbers, a list.

    Each number is billed each time, so the request is not repeated after a lost answer. The
    members of a list never raise: what failed has `success` false and its `code`.

    Example:
        lookup = await seven.lookup.mnp("+491711234567")
        for lookup in await seven.lookup.mnp(["+491711234567", "+491721234567"]):
            print(lookup.mnp.number, lookup.mnp.network)

    Raises:
        InvalidParameterError: The one number is none (code 202).
        InsufficientCreditError: The account is out of credit (code 500).
        GatewayError: No result for the one number (code 600).
        OutcomeUnknownError: The answer was lost; the lookup may have been billed.
    """


@attrs.frozen(kw_only=True)
class LookUpMnps(_Many):
    """Look up the networks that several numbers are in now."""


@attrs.frozen(kw_only=True)
class LookUpCnam(_One):
    """Look up the name that a number's owner shows on calls; for a list of numbers, a list.

    Each valid number is billed each time, so the request is not repeated after a lost answer. The
    members of a list never raise: what failed has `success` false and its `code`.

    Example:
        lookup = await seven.lookup.cnam("+12025550123")
        print(lookup.name)

    Raises:
        GatewayError: No result for the one number (code 600).
        OutcomeUnknownError: The answer was lost; the lookup may have been billed.
    """


@attrs.frozen(kw_only=True)
class LookUpCnams(_Many):
    """Look up the names that the owners of several numbers show on calls."""


@attrs.frozen(kw_only=True)
class LookUpRcs(_One):
    """Look up what a handset can show of RCS; for a list of numbers, a list. Keep the answer.

    A miss is a result with `success` false, never an error.

    Example:
        lookup = await seven.lookup.rcs("+491711234567")
        has_rcs = bool(lookup.rcs_capabilities)

    Args:
        from_: The agent that would send; the account's first RCS sender unless given.
    """

    from_: str | None = attrs.field(default=None, validator=valid_agent, repr=masked_sender)


@attrs.frozen(kw_only=True)
class LookUpManyRcs(_Many):
    """Look up what several handsets can show of RCS."""

    from_: str | None = attrs.field(default=None, validator=valid_agent, repr=masked_sender)


class Lookup(Endpoints[M]):
    """Lookups of numbers."""

    cnam: Final = OneOrMany(
        "GET", "/lookup/cnam", LookUpCnam, LookUpCnams, CnamLookup, repeat=Repeat.BILLED
    )
    hlr: Final = OneOrMany(
        "GET", "/lookup/hlr", LookUpHlr, LookUpHlrs, HlrLookup, repeat=Repeat.BILLED
    )
    mnp: Final = OneOrMany(
        "GET", "/lookup/mnp", LookUpMnp, LookUpMnps, MnpLookup, repeat=Repeat.BILLED
    )
    rcs: Final = OneOrMany(
        "GET", "/lookup/rcs", LookUpRcs, LookUpManyRcs, RcsLookup, repeat=Repeat.SAFE
    )
    format: Final = OneOrMany(
        "GET", "/lookup/format", LookUpFormat, LookUpFormats, FormatLookup, repeat=Repeat.SAFE
    )
