"""What a segment costs by the recipient's number, from the gateway's price list. No I/O.

Which network a number belongs to cannot be told from it, so each country has a lowest and a highest
price; what must not be exceeded is reckoned with the highest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from seven_async.api.pricing import Pricing

_LONGEST_PREFIX: Final = 7
NOTHING: Final = Decimal(0)


class Price(NamedTuple):
    """EUR per segment in a country: the cheapest and the dearest network."""

    country: str
    lowest: Decimal
    highest: Decimal


UNKNOWN_COUNTRY: Final = "?"


class Tariff:
    """Prices by the digits that numbers begin with."""

    def __init__(self, pricing: Pricing) -> None:
        self._prices: dict[str, Price] = {}
        for country in pricing.countries:
            prices = [one.price for one in country.networks if one.price is not None]
            prefix = (country.country_prefix or "").lstrip("+0")
            if prices and prefix:
                found = Price(country.country_code or prefix, min(prices), max(prices))
                self._prices[prefix] = _wider(self._prices.get(prefix), found)
        self.dearest = max((price.highest for price in self._prices.values()), default=NOTHING)

    def price(self, digits: str) -> Price:
        """The price for an international number; the dearest for one of no known country."""
        for length in range(_LONGEST_PREFIX, 0, -1):
            found = self._prices.get(digits[:length])
            if found is not None:
                return found
        return Price(UNKNOWN_COUNTRY, self.dearest, self.dearest)


def _wider(known: Price | None, found: Price) -> Price:
    """Countries that share a prefix (the United States and Canada) share a range of prices."""
    if known is None:
        return found
    return Price(
        f"{known.country}/{found.country}",
        min(known.lowest, found.lowest),
        max(known.highest, found.highest),
    )
