"""What a number plan says about writing numbers: calling codes, trunk prefixes, national lengths.

In: a country's name or digits. Out: rows of the table below (ITU-T E.164 assignments). No I/O.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from seven_async.errors import InvalidRequestError

#: Trunk prefix 0: a national number starts with it, an international one leaves it out.
_ZERO: Final = (
    "AE971 AF93 AL355 AM374 AR54 AT43 AU61 AX358 AZ994 BA387 BD880 BE32 BG359 BL590 BO591 BR55 "
    "CC61 CD243 CH41 CN86 CO57 CU53 CX61 DE49 DZ213 EC593 EG20 EH212 ER291 ET251 FI358 FR33 GB44 "
    "GE995 GF594 GG44 GH233 GP590 HR385 ID62 IE353 IL972 IM44 IN91 IQ964 IR98 JE44 JO962 JP81 "
    "KE254 KG996 KH855 KI686 KP850 KR82 LA856 LB961 LI423 LK94 LR231 LT370 LY218 MA212 MC377 "
    "MD373 ME382 MF590 MG261 MK389 MM95 MN976 MQ596 MW265 MY60 NA264 NG234 NL31 NP977 NZ64 PE51 "
    "PH63 PK92 PM508 PS970 PY595 RE262 RO40 RS381 RW250 SA966 SD249 SE46 SI386 SK421 SL232 SO252 "
    "SS211 SY963 TH66 TR90 TW886 TZ255 UA380 UG256 UY598 VE58 VN84 XK383 YE967 YT262 ZA27 ZM260 "
    "ZW263"
)

#: No trunk prefix: a national number can only be told by its length (after the slash, mobiles).
_NONE: Final = (
    "AC247/5 AD376/9 AO244/9 AW297/7 BF226/8 BH973/8 BI257/8 BJ229/10 BN673/7 BQ599/7 BT975/8 "
    "BW267/8 BZ501/7 CF236/8 CG242/9 CI225/10 CK682/5 CL56/9 CM237/9 CR506/8 CV238/7 CW599/8 "
    "CY357/8 CZ420/9 DJ253/8 DK45/8 EE372/8 ES34/9 FJ679/7 FK500/5 FM691/7 FO298/6 GA241/8 "
    "GI350/8 GL299/6 GM220/9 GN224/9 GQ240/9 GR30/10 GT502/8 GW245/9 GY592/7 HK852/8 HN504/8 "
    "HT509/8 IO246/7 IS354/9 IT39/10 KM269/7 KW965/8 LS266/8 LU352/9 LV371/8 ML223/8 MO853/8 "
    "MR222/8 MT356/8 MU230/8 MV960/7 MX52/10 MZ258/9 NC687/6 NE227/8 NF672/6 NI505/8 NO47/8 "
    "NR674/7 NU683/7 OM968/8 PA507/8 PF689/8 PG675/8 PL48/9 PT351/9 PW680/7 QA974/8 SB677/7 "
    "SC248/7 SG65/8 SH290/5 SJ47/8 SM378/8 SN221/9 SR597/7 ST239/7 SV503/8 SZ268/8 TA290/4 "
    "TD235/8 TG228/8 TJ992/9 TK690/7 TL670/8 TN216/8 TO676/7 TV688/7 UZ998/9 VA39/10 VU678/7 "
    "WF681/6 WS685/10"
)

#: The North American plan: ten digits at home, the optional trunk prefix is the calling code.
_NORTH_AMERICA: Final = "AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MP MS PR SX TC TT US VC VG VI"

#: Other trunk prefixes, before the slash, and the length of a mobile number without it.
_OTHER: Final = "RU7:8/10 KZ7:8/10 BY375:80/9 TM993:8/8 HU36:06/9 MH692:1/7"

#: Codes of no country: freephone, shared cost, satellite, global networks.
_GLOBAL: Final = "800 808 870 878 881 882 883 888 979"


class Country(NamedTuple):
    """How a country writes numbers.

    `trunk` is what a national number starts with (may be empty), `national_length` the digits of a
    mobile number without it (0 where the trunk prefix tells national numbers well enough).
    """

    calling_code: str
    trunk: str
    national_length: int


def _countries() -> dict[str, Country]:
    countries = {row[:2]: Country(row[2:], "0", 0) for row in _ZERO.split()}
    for row in _NONE.split():
        code, _, length = row[2:].partition("/")
        countries[row[:2]] = Country(code, "", int(length))
    for name in _NORTH_AMERICA.split():
        countries[name] = Country("1", "", 10)
    for row in _OTHER.split():
        code, _, rest = row[2:].partition(":")
        trunk, _, length = rest.partition("/")
        countries[row[:2]] = Country(code, trunk, int(length))
    return countries


_COUNTRIES: Final = _countries()
_BY_CODE: Final = {country.calling_code: country for country in _COUNTRIES.values()}
_CODES: Final = _BY_CODE.keys() | set(_GLOBAL.split())


@lru_cache(maxsize=8)
def country_of(name: str) -> Country:
    """The country by ISO name (`DE`, `de`) or calling code (`49`, `+49`).

    Raises `InvalidRequestError` if there is none.
    """
    name = name.strip().upper()
    country = _COUNTRIES.get(name) or _BY_CODE.get(name.removeprefix("+").removeprefix("00"))
    if country is None:
        raise InvalidRequestError(
            f"there is no country {name!r}: default_country takes an ISO name like 'DE' "
            "or a calling code like '49'"
        )
    return country


def calling_code_of(digits: str) -> str | None:
    """The calling code that international digits start with; none is the start of another."""
    for length in (2, 3, 1):
        if digits[:length] in _CODES:
            return digits[:length]
    return None


def trunk_of(calling_code: str) -> str:
    """The trunk prefix of the countries with a calling code; empty for global codes."""
    country = _BY_CODE.get(calling_code)
    return country.trunk if country else ""
