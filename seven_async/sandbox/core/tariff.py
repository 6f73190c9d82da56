"""Which network a number belongs to and what a part, a call or a lookup costs."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from seven_async.sandbox.core.countries import COUNTRIES, Country, Network

ELSEWHERE_PRICE: Final = Decimal("0.09")
"""One SMS part to a country that the sandbox's list does not have."""
VOICE_PER_MINUTE: Final = Decimal("0.045")
WHATSAPP_TEMPLATE: Final = Decimal("0.0735")
WHATSAPP_REPLY: Final = Decimal("0.01")
"""A message inside the open conversation."""
LOOKUP_PRICES: Final = {"mnp": Decimal("0.005"), "hlr": Decimal("0.01"), "cnam": Decimal("0.01")}
FREE: Final = Decimal(0)

_BY_PREFIX: Final = {country.prefix: country for country in COUNTRIES.values()}


@frozen
class Destination:
    """Where a number leads; `country` is None outside of the list."""

    country: Country | None
    network: Network | None
    national: str = field(repr=False)
    """The digits after the country prefix."""

    @property
    def price(self) -> Decimal:
        """One SMS part to this network."""
        return self.network.price if self.network else ELSEWHERE_PRICE

    @property
    def country_code(self) -> str:
        """ISO alpha-2, empty where unknown."""
        return self.country.code if self.country else ""

    @property
    def mccmnc(self) -> str | None:
        """The network's code, None where unknown."""
        return self.network.mccmnc if self.network else None


@lru_cache(maxsize=4096)
def _network(country: Country, start: str) -> Network:
    for network in country.networks:
        if start.startswith(network.prefixes or ("-",)):
            return network
    return country.networks[0]


def destination(digits: str) -> Destination:
    """The country and network of a normalised number."""
    for length in (2, 3, 1):
        country = _BY_PREFIX.get(digits[:length])
        if country:
            national = digits[length:]
            return Destination(country, _network(country, national[:3]), national)
    return Destination(None, None, digits)


def international(digits: str) -> str:
    """`+49 171 6992343`, as lookups format a number."""
    found = destination(digits)
    if found.country is None:
        return f"+{digits}"
    area = found.country.area_digits
    return f"+{found.country.prefix} {found.national[:area]} {found.national[area:]}".rstrip()


def national(digits: str) -> str:
    """`0171 6992343`, the same number as dialled inside its country."""
    found = destination(digits)
    if found.country is None:
        return digits
    area = found.country.area_digits
    return f"{found.country.trunk}{found.national[:area]} {found.national[area:]}".rstrip()
