"""Numbers without `+`: whose they are, or what they could be; no I/O."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from seven_async.recipients.e164 import calling_code_of, keeps_zero, to_current, to_key
from seven_async.recipients.recipient import _LONGER_THAN_00, RecipientError, recipient_of

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
HAVE_MOBILES = sorted({*REGIONS} - {"TA"})  # Tristan da Cunha has landlines only


def read(text: str, country: str, channel: str = "sms") -> str | None:
    """The number that a text in a file of a country is read as; None for a refusal."""
    try:
        return recipient_of(text, country, in_file=True, channel=channel).to
    except RecipientError:
        return None


@pytest.mark.parametrize(
    ("text", "country", "to"),
    [
        ("0171 1234567", "DE", "+491711234567"),
        ("(0171) 1234567", "49", "+491711234567"),
        ("(0)171 1234567", "+49", "+491711234567"),
        ("1511234567", "DE", "+491511234567"),
        ("491711234567", "DE", "+491711234567"),
        ("491711234567.00", "DE", "+491711234567"),
        ("0664 1234567", " at ", "+436641234567"),
        ("7700900127", "GB", "+447700900127"),
        ("447700900127", "GB", "+447700900127"),
        ("131 2345 6789", "CN", "+8613123456789"),
        ("98765 43210", "IN", "+919876543210"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "IR", "+989123456789"),
        ("470123456", "BE", "+32470123456"),
        ("0475/12/34/56", "BE", "+32475123456"),
        ("+43 664 1234567", "DE", "+436641234567"),
        ("0043 664 1234567", "DE", "+436641234567"),
        ("612 345 678", "ES", "+34612345678"),
        ("391 123 4567", "IT", "+393911234567"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("79123456789", "RU", "+79123456789"),
        ("06 20 123 4567", "HU", "+36201234567"),
        ("(212) 555-2345", "US", "+12125552345"),
        ("1 212 555 2345", "CA", "+12125552345"),
        ("011 15 6123-4567", "AR", "+5491161234567"),
        ("044 55 1234 5678", "MX", "+525512345678"),
        ("0 15 11 98123 4567", "BR", "+5511981234567"),
        ("11 8123 4567", "BR", "+5511981234567"),
        ("07 12 34 56", "CI", "+2250707123456"),
        ("97 12 34 56", "BJ", "+2290197123456"),
    ],
)
def test_number_of_the_country(text: str, country: str, to: str):
    """A mobile of the file's own country is found, with its zero and without."""
    assert to == read(text, country)


@pytest.mark.parametrize(
    ("text", "country", "to"),
    [
        ("009 31 6 23107707", "NG", "+31623107707"),
        ("000 31 6 23107707", "KE", "+31623107707"),
        ("0011 49 171 3920011", "AU", "+491713920011"),
        # Of the numbers for drama, which no plan assigns.
        ("011 44 7700 900127", "US", "+447700900127"),
        ("8~10 49 171 3920011", "RU", "+491713920011"),
        ("810 49 171 3920011", "KZ", "+491713920011"),
        ("011 49 171 3920011", "US", "+491713920011"),
        ("010 49 171 3920011", "JP", "+491713920011"),
        ("002 49 171 3920011", "TW", "+491713920011"),
        ("0049 171 3920011", "SG", "+491713920011"),
        ("0041 79 123 45 67", "BR", "+41791234567"),
    ],
)
def test_dialled_abroad_from_the_country(text: str, country: str, to: str):
    """Each country has its own prefix to dial abroad, and understands 00 in tables."""
    assert to == read(text, country)


@pytest.mark.parametrize(
    ("text", "country", "offered"),
    [
        ("436641234567", "DE", ["a landline of DE (+49)", "a mobile of AT (+43)"]),
        ("16502530000", "DE", ["a mobile of US (+1)"]),
        ("030 1234567", "DE", ["a landline of DE (+49)", "gets no message"]),
        ("4930123456", "DE", ["a landline of DE (+49)"]),
        ("444123456", "SK", ["a landline of SK (+421)"]),
        ("0900 1234567", "DE", ["a service number of DE (+49)"]),
        ("444123456", "BE", ["no number of its country"]),
        ("0171 12", "DE", ["no number of its country"]),
        ("1 55 1234 5678", "MX", ["a mobile of US (+1)"]),
        ("001 65 8234 5678", "SG", ["a mobile of SG (+65)", "a mobile of JM (+1)"]),
        ("841992000", "VN", ["a mobile of VN (+84)", "a landline of VN (+84)"]),
    ],
)
def test_number_that_could_be_somebody_elses(text: str, country: str, offered: list[str]):
    """What is no mobile of the country is refused, and the reason says what it could be."""
    with pytest.raises(RecipientError) as refused:
        recipient_of(text, country)

    assert [] == [words for words in offered if words not in refused.value.reason]
    assert not re.search("[0-9]{5}", refused.value.reason)


@pytest.mark.parametrize(
    ("text", "country", "to"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("04366 41234567", "DE", "+49436641234567"),
        ("912 345 678", "ES", "+34912345678"),
        ("4930123456", "DE", "+4930123456"),
        ("436641234567", "DE", None),
        ("0900 1234567", "DE", None),
    ],
)
def test_call(text: str, country: str, to: str | None):
    """A call reaches landlines; what could be a mobile abroad would ring a stranger."""
    assert to == read(text, country, "voice")


def test_calling_codes_are_those_of_the_library():
    """The codes that `+` numbers are read by are the assigned ones."""
    theirs = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    numbers = (f"{begin}0000000" for begin in range(1, 1000))
    ours = {calling_code_of(number) for number in numbers} - {None}

    assert theirs == ours


def test_longer_prefixes_are_those_of_the_library():
    """Where 00 may begin a longer prefix, the library is asked; elsewhere 00 is enough."""

    def is_longer(region: str) -> bool:
        prefix = PhoneMetadata.metadata_for_region(region).international_prefix or "(?!)"
        matches = (re.match(prefix, f"00{more:02}99") for more in range(100))
        return any(match and match.end() > 2 for match in matches)

    longer = {region for region in REGIONS if is_longer(region)}
    longer |= {str(phonenumbers.country_code_for_region(region)) for region in longer}
    asked = {*REGIONS, *map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE)}

    assert longer == {name for name in asked if _LONGER_THAN_00.fullmatch(name)}


def test_zeros_that_stay_are_those_of_the_library():
    """Where mobiles or landlines have a leading zero, `+39 0…` and `+39 (0)…` keep it."""
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    examples = (phonenumbers.example_number_for_type(r, kind) for r in REGIONS for kind in kinds)
    theirs = {str(each.country_code) for each in examples if each and each.italian_leading_zero}
    country_codes = {str(phonenumbers.country_code_for_region(region)) for region in REGIONS}

    assert theirs == {code for code in country_codes if keeps_zero(code)}


def examples(region: str) -> Iterator[PhoneNumber]:
    """The library's example numbers of a region, one for each type that it has."""
    for kind in PhoneNumberType.values():
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            yield number


def spellings(number: PhoneNumber) -> Iterator[str]:
    """How a number is written in its country: with and without trunk prefix and separators."""
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    significant = phonenumbers.national_significant_number(number)
    digits = re.sub("[^0-9]", "", national)
    yield from (national, digits, significant, " ".join(significant), f"{digits}.00")
    yield from (national.replace(" ", "-"), f"{digits[:4]}/{digits[4:]}")
    yield f"{number.country_code}{significant}"
    yield phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    yield phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)


@pytest.mark.parametrize("region", REGIONS)
def test_example_of_every_region(region: str):
    """The example numbers of all countries come out as themselves or refused, never as another."""
    for number in examples(region):
        own = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        outcomes = {
            read(text, region, channel)
            for text in spellings(number)
            for channel in ("sms", "voice")
        }

        assert outcomes <= {own, None}
        # Not all are numbers from abroad: Canada's 310 1234 has no area code.
        assert read(own, region) in (own, None)


@pytest.mark.parametrize("region", HAVE_MOBILES)
def test_mobile_of_every_region_is_found(region: str):
    """A mobile as it is written in its country is read, not only never misread."""
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)

    assert phonenumbers.format_number(number, PhoneNumberFormat.E164) == read(national, region)


def mobiles(region: str, count: int, seed: int) -> Iterator[str]:
    """Random mobiles of a region without their trunk prefix."""
    general = PhoneMetadata.metadata_for_region(region)
    mobile = general.mobile
    pattern = re.compile(mobile.national_number_pattern or "(?!)")
    rng = random.Random(seed)
    # The example's digits, changed from the right: few random digits begin like a mobile.
    example = mobile.example_number or ""
    while count:
        length = rng.choice(mobile.possible_length or general.general_desc.possible_length)
        kept = example[: rng.randint(1, 4)]
        digits = kept + "".join(rng.choices("0123456789", k=length - len(kept)))
        if pattern.fullmatch(digits):
            count -= 1
            yield digits


def misread(region: str, count: int, seed: int) -> list[str]:
    """Those of random mobiles without their zero that come out as another number."""
    code = phonenumbers.country_code_for_region(region)
    return [
        digits
        for digits in mobiles(region, count, seed)
        if read(digits, region) not in (f"+{code}{digits}", None)
    ]


@pytest.mark.parametrize("region", ["DE", "GB", "IN", "CN", "BR"])
def test_mobiles_whose_zero_a_spreadsheet_dropped(region: str):
    """None of them goes to a stranger."""
    assert [] == misread(region, 20_000, seed=1)


@pytest.mark.parametrize("region", HAVE_MOBILES)
def test_mobiles_by_their_pattern(region: str):
    """What a country's pattern of mobiles has is a mobile to the library, nothing dearer."""
    kinds = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    code = phonenumbers.country_code_for_region(region)
    numbers = (phonenumbers.parse(f"+{code}{digits}") for digits in mobiles(region, 30, seed=4))

    assert {phonenumbers.number_type(number) for number in numbers} <= kinds


def test_mobiles_without_their_zero_are_found():
    """Nearly all are found: a refusal is for what could be two numbers."""
    texts = list(mobiles("GB", 300, seed=3))

    assert 290 < sum(read(text, "GB") is not None for text in texts)


@pytest.mark.parametrize("region", REGIONS)
def test_numbers_of_today_stay(region: str):
    """No rule for old numbers takes a valid number for an old one."""
    for number in examples(region):
        digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]

        assert digits == to_current(digits)
        assert to_key(digits) in (digits, digits.replace("549", "54", 1))
