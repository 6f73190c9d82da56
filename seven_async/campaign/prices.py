"""What a segment costs by the recipient's number, from the gateway's price list. No I/O.

Which network a number belongs to cannot be told from it, so each country has a lowest and a highest
price; a limit of cost is checked with the highest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from seven_async.api.pricing import Pricing

_LONGEST_PREFIX: Final = 7
_MOST_BEGINS: Final = 4096  # numbers that were looked up, by their beginnings
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
        self._by_begin: dict[str, Price] = {}
        for country in pricing.countries:
            prices = [network.price for network in country.networks if network.price is not None]
            prefix = (country.country_prefix or "").lstrip("+0")
            if prices and prefix:
                price = Price(country.country_code or prefix, min(prices), max(prices))
                self._prices[prefix] = _widen(self._prices.get(prefix), price)
        self.dearest: Decimal = max(
            (price.highest for price in self._prices.values()), default=NOTHING
        )

    def price(self, digits: str) -> Price:
        """Return the price for an international number; the dearest if its country is not known."""
        begin = digits[:_LONGEST_PREFIX]
        price = self._by_begin.get(begin)
        if price is None:
            if len(self._by_begin) >= _MOST_BEGINS:
                self._by_begin.clear()
            price = self._by_begin[begin] = self._find(begin)
        return price

    def _find(self, begin: str) -> Price:
        for length in range(_LONGEST_PREFIX, 0, -1):
            price = self._prices.get(begin[:length])
            if price is not None:
                return price
        return Price(UNKNOWN_COUNTRY, self.dearest, self.dearest)


def _widen(known: Price | None, price: Price) -> Price:
    """Return one range for countries that share a prefix (the United States and Canada)."""
    if known is None:
        return price
    return Price(
        f"{known.country}/{price.country}",
        min(known.lowest, price.lowest),
        max(known.highest, price.highest),
    )
