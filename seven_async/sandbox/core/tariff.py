"""Countries, their networks, and what a part, a call or a lookup costs in EUR.

Prices and networks are made up in the published form; only the published samples (Germany,
Austria) are matched, so that recorded replies and the sandbox's agree.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from attrs import define, field, frozen

FULL: Final = ("alpha", "numeric", "dlr", "sc")


@frozen(eq=False)
class Network:
    """One mobile network: `mccmnc` is its mcc and first mnc joined."""

    mcc: str
    mncs: tuple[str, ...]
    name: str
    price: Decimal
    features: tuple[str, ...] = FULL
    prefixes: tuple[str, ...] = ()
    """National prefixes (without the trunk 0) whose numbers belong here."""
    short: str = "int"
    """What the legacy text answer of an MNP lookup calls it."""

    @property
    def mccmnc(self) -> str:
        """The network's code as journals and lookups show it."""
        return self.mcc + self.mncs[0]


@frozen(eq=False)
class Country:
    """One destination. The first network takes the numbers that no prefix claims."""

    code: str
    iso3: str
    name: str
    prefix: str
    networks: tuple[Network, ...] = field(repr=False)
    trunk: str = "0"
    area_digits: int = 3
    """Digits after the prefix that are set apart when a number is formatted."""


_GERMANY: Final = (
    Network("262", ("01", "06"), "Telekom Deutschland GmbH", Decimal("0.075"), FULL,
            ("151", "160", "170", "171", "175"), "d1"),
    Network("262", ("02", "04", "09"), "Vodafone GmbH", Decimal("0.075"), FULL,
            ("152", "162", "172", "173", "174"), "d2"),
    Network("262", ("03", "07", "11"), "Telefónica Germany GmbH & Co. oHG (O2)", Decimal("0.075"),
            FULL, ("155", "157", "159", "163", "176", "177", "178", "179"), "o2"),
    Network("262", ("10",), "DB Netz AG", Decimal("0.075"), (), (), "N/A"),
    Network("262", ("23",), "Drillisch Online AG", Decimal("0.075"), (), (), "N/A"),
)  # fmt: skip

_AUSTRIA: Final = (
    Network("232", ("02",), "A1 Telekom Austria", Decimal("0.075"), ()),
    Network("232", ("01",), "A1 Telekom Austria (A1.net)", Decimal("0.075")),
    Network("232", ("11",), "A1 Telekom Austria (bob)", Decimal("0.075"), ()),
    Network("232", ("09",), "A1 Telekom Austria (Tele2Mobil)", Decimal("0.075"), ()),
)

_OTHERS: Final = """
CH CHE   41  0.08 228 Switzerland: 01 Swisscom, 02 Sunrise, 03 Salt
GB GBR   44 0.045 234 United Kingdom: 10 O2, 15 Vodafone, 30 EE
FR FRA   33 0.065 208 France: 01 Orange, 10 SFR, 20 Bouygues
IT ITA   39 0.072 222 Italy: 01 TIM, 10 Vodafone, 88 Wind Tre
ES ESP   34  0.07 214 Spain: 01 Vodafone, 03 Orange, 07 Movistar
PT PRT  351 0.042 268 Portugal: 01 Vodafone, 03 NOS, 06 MEO
NL NLD   31 0.091 204 Netherlands: 04 Vodafone, 08 KPN, 16 Odido
BE BEL   32 0.092 206 Belgium: 01 Proximus, 10 Orange, 20 Base
LU LUX  352  0.09 270 Luxembourg: 01 POST, 77 Tango
IE IRL  353 0.067 272 Ireland: 01 Vodafone, 02 Three
DK DNK   45 0.049 238 Denmark: 01 TDC, 02 Telenor, 06 Three
SE SWE   46 0.061 240 Sweden: 01 Telia, 02 Three, 07 Tele2
NO NOR   47 0.068 242 Norway: 01 Telenor, 02 Telia
FI FIN  358 0.075 244 Finland: 05 Elisa, 12 DNA, 91 Telia
PL POL   48 0.039 260 Poland: 01 Plus, 02 T-Mobile, 03 Orange
CZ CZE  420 0.062 230 Czech Republic: 01 T-Mobile, 02 O2
SK SVK  421 0.068 231 Slovakia: 01 Orange, 02 Telekom
HU HUN   36 0.081 216 Hungary: 01 Yettel, 30 Telekom
RO ROU   40 0.059 226 Romania: 01 Vodafone, 10 Orange
BG BGR  359 0.089 284 Bulgaria: 01 A1, 05 Yettel
GR GRC   30 0.065 202 Greece: 01 Cosmote, 05 Vodafone
HR HRV  385 0.072 219 Croatia: 01 HT, 10 A1
SI SVN  386 0.069 293 Slovenia: 40 A1, 41 Telekom Slovenije
RS SRB  381 0.065 220 Serbia: 01 Yettel, 03 mts
TR TUR   90 0.021 286 Turkey: 01 Turkcell, 02 Vodafone
UA UKR  380 0.099 255 Ukraine: 01 Vodafone, 03 Kyivstar
US USA    1 0.012 310 United States: 410 AT&T, 260 T-Mobile
MX MEX   52 0.039 334 Mexico: 020 Telcel, 030 Movistar
BR BRA   55 0.035 724 Brazil: 05 Claro, 06 Vivo
AR ARG   54 0.068 722 Argentina: 310 Claro, 340 Personal
IN IND   91 0.022 404 India: 10 Airtel, 20 Vi
JP JPN   81 0.069 440 Japan: 10 NTT Docomo, 20 SoftBank
CN CHN   86 0.031 460 China: 00 China Mobile, 01 China Unicom
SG SGP   65 0.038 525 Singapore: 01 Singtel, 03 M1
AU AUS   61 0.049 505 Australia: 01 Telstra, 02 Optus
NZ NZL   64 0.095 530 New Zealand: 01 One NZ, 05 Spark
ZA ZAF   27 0.023 655 South Africa: 01 Vodacom, 10 MTN
IL ISR  972 0.095 425 Israel: 01 Partner, 03 Pelephone
AE ARE  971 0.033 424 United Arab Emirates: 02 Etisalat, 03 du
"""
"""ISO codes, prefix, price, mcc, and the name of a country; mnc and name of its networks."""


def _parse_country(line: str) -> Country:
    head, _, named = line.partition(": ")
    code, iso3, prefix, price, mcc, name = head.split(maxsplit=5)
    networks = (network.split(" ", 1) for network in named.split(", "))
    return Country(
        code, iso3, name, prefix,
        tuple(Network(mcc, (mnc,), title, Decimal(price)) for mnc, title in networks),
    )  # fmt: skip


COUNTRIES: Final = {
    country.code: country
    for country in (
        Country("DE", "DEU", "Germany", "49", _GERMANY),
        Country("AT", "AUT", "Austria", "43", _AUSTRIA),
        *map(_parse_country, _OTHERS.strip().splitlines()),
    )
}
"""By ISO 3166 alpha-2 code, in the order a price list shows them."""

ELSEWHERE_PRICE: Final = Decimal("0.09")
"""One SMS part to a country that the sandbox's list does not have."""
VOICE_PER_MINUTE: Final = Decimal("0.045")
WHATSAPP_TEMPLATE: Final = Decimal("0.0735")
WHATSAPP_REPLY: Final = Decimal("0.01")
"""A message inside the open conversation."""
LOOKUP_PRICES: Final = {"mnp": Decimal("0.005"), "hlr": Decimal("0.01"), "cnam": Decimal("0.01")}
FREE: Final = Decimal(0)

_BY_PREFIX: Final = {country.prefix: country for country in COUNTRIES.values()}


@define(eq=False)
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
    """Find the country and network of a normalised number."""
    for length in (2, 3, 1):
        country = _BY_PREFIX.get(digits[:length])
        if country:
            national = digits[length:]
            return Destination(country, _network(country, national[:3]), national)
    return Destination(None, None, digits)


def international(digits: str) -> str:
    """Write a number as lookups format it: `+49 171 6992343`."""
    place = destination(digits)
    if place.country is None:
        return f"+{digits}"
    area = place.country.area_digits
    return f"+{place.country.prefix} {place.national[:area]} {place.national[area:]}".rstrip()


def national(digits: str) -> str:
    """Write a number as it is dialled inside its country: `0171 6992343`."""
    place = destination(digits)
    if place.country is None:
        return digits
    area = place.country.area_digits
    return f"{place.country.trunk}{place.national[:area]} {place.national[area:]}".rstrip()
