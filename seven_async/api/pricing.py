"""Prices of messages, by country and network. Source: seven-api.md section 9."""

from decimal import Decimal
from typing import Final

import attrs

from seven_async.api.fields.validators import country_code
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.values.model import Model

__all__ = [
    "CountryPrices",
    "GetPricing",
    "NetworkPrice",
    "Pricing",
]


@attrs.frozen(kw_only=True, slots=False)
class NetworkPrice(Model):
    """The price of one segment in one network, in EUR. `mcc` may name several (`424, 430`)."""

    mcc: str | None = None
    mncs: tuple[str, ...] = ()
    network_name: str | None = None
    price: Decimal | None = None
    features: tuple[str, ...] = ()
    comment: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class CountryPrices(Model):
    """One country's networks; `country_code` is ISO alpha-2, `country_prefix` the dial code."""

    country_code: str | None = None
    country_name: str | None = None
    country_prefix: str | None = None
    networks: tuple[NetworkPrice, ...] = ()


@attrs.frozen(kw_only=True, slots=False)
class Pricing(Model):
    """The price list, or the part for one country."""

    count_countries: int | None = None
    count_networks: int | None = None
    countries: tuple[CountryPrices, ...] = ()


@attrs.frozen(kw_only=True)
class GetPricing:
    """Get the price list: all countries (some 230, a large answer), or one.

    Example:
        prices = await seven.pricing.get(country="DE")
        for network in prices.countries[0].networks:
            print(network.network_name, network.price)

    Args:
        country: ISO code such as `DE`.
    """

    country: str | None = attrs.field(default=None, validator=country_code)


class Prices(Endpoints[M], group="pricing"):
    """Prices of messages."""

    get: Final = Route("GET", "/pricing", GetPricing, Pricing)
