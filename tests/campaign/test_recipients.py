"""One spelling for every recipient: texts in, digits or a reason out; no I/O."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seven_async.campaign.calling_codes import calling_code_of, country_of, trunk_of
from seven_async.campaign.recipients import Recipient, RecipientError, normalise, recipient_of
from seven_async.errors import InvalidRequestError

separators = st.text(alphabet=" /.-()\u00a0\u202f–", max_size=2)


@pytest.mark.parametrize(
    "text",
    [
        "+49 171 1234567",
        "0049171 1234567",
        "49171-1234567",
        "+49 (0)171/123 45 67",
        "0049 (0) 171 1234567",
        "49 (0)171 1234567",
        "+49 0171 1234567",
        "(+49) 171.123.45.67",
        "\u202a+49\u00a0171\u20111234567\u202c",
        "'+491711234567",
        '="491711234567"',
        "491711234567.0",
        "\ufeff+49171\u200b1234567\n",
    ],
)
def test_spellings_of_one_number(text: str):
    """All usual spellings of an international number have one key."""
    assert "491711234567" == normalise(text)


@pytest.mark.parametrize(
    ("text", "country", "key"),
    [
        ("0171 1234567", "DE", "491711234567"),
        ("(0171) 1234567", "49", "491711234567"),
        ("(0)171 1234567", "+49", "491711234567"),
        ("0664 1234567", " at ", "436641234567"),
        ("079 123 45 67", "CH", "41791234567"),
        ("+43 664 1234567", "DE", "436641234567"),
        ("436641234567", "DE", "436641234567"),
        ("612 345 678", "ES", "34612345678"),
        ("34612345678", "ES", "34612345678"),
        ("391 123 4567", "IT", "393911234567"),
        ("06 12345678", "IT", "390612345678"),
        ("393911234567", "IT", "393911234567"),
        ("47 12 34 56", "NO", "4747123456"),
        ("8 (912) 345-67-89", "RU", "79123456789"),
        ("79123456789", "RU", "79123456789"),
        ("06 20 123 4567", "HU", "36201234567"),
        ("36201234567", "HU", "36201234567"),
        ("(212) 555-2345", "US", "12125552345"),
        ("1 212 555 2345", "CA", "12125552345"),
        ("491711234567", "US", "491711234567"),
    ],
)
def test_national_number_of_a_country(text: str, country: str, key: str):
    """A number written as at home gets the country's calling code, any other keeps its own."""
    assert key == normalise(text, country)


@pytest.mark.parametrize(
    ("text", "key"),
    [("+39 (0)6 12345678", "390612345678"), ("+39 06 12345678", "390612345678")],
)
def test_italian_zero_belongs_to_the_number(text: str, key: str):
    """The zero after +39 is dialled from abroad, too, so it is never left out."""
    assert key == normalise(text)


def test_optional_zero_is_left_out_where_there_is_no_trunk_prefix():
    """Brackets say that the zero is not dialled from abroad, whatever the country."""
    assert "48221234567" == normalise("+48 (0)22 123 45 67")


@pytest.mark.parametrize(
    ("text", "key"),
    [("+49 171 (0)123456", "491710123456"), ("0171 (0) 123456", "491710123456")],
)
def test_bracketed_zero_within_a_number_is_a_digit(text: str, key: str):
    """Only right after the calling code is it the zero that is not dialled from abroad."""
    assert key == normalise(text, "DE")


def test_national_number_without_a_country():
    """Only the gateway knows the account's country: the number is cleaned and stays national."""
    assert Recipient("01711234567", "01711234567") == recipient_of("0171 / 123 45 67")


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("+49 171 1234567", "+491711234567"),
        ("0049 171 1234567", "+491711234567"),
        ("49 171 1234567", "491711234567"),
        ("0171 1234567", "+491711234567"),
    ],
)
def test_spelling_for_the_gateway(text: str, to: str):
    """The gateway gets a plus wherever the number is international for certain."""
    assert to == recipient_of(text, "DE").to


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the number is empty"),
        (" \t", "the number is empty"),
        ("+", "the number is empty"),
        ("Anna", "letters in the number"),
        ("0171 12345 ext. 6", "letters in the number"),
        ("O171 1234567", "letters in the number"),
        ("4.91711E+11", "a spreadsheet has rounded the number (1.23E+11); format it as text"),
        ("4,9E11", "a spreadsheet has rounded the number (1.23E+11); format it as text"),
        ("0171 1234567, 0172 1234567", "more than one recipient in the field"),
        ("+491711234567+491721234567", "more than one recipient in the field"),
        ("#NV!?", "letters in the number"),
        ("####", "a character that no number has"),
        ("٠١٧١١٢٣٤٥٦٧", "a character that no number has"),
        ("+49171", "the number is too short"),
        ("017112", "the number is too short"),
        ("+49 171 1234567 89012", "the number is too long"),
        ("+210 171 1234567", "no country has this calling code"),
        ("+49 00171 1234567", "two zeros after the calling code"),
        ("1711234567", "no North American number (+1); has a spreadsheet dropped a 0?"),
        ("15112345678", "no North American number (+1); has a spreadsheet dropped a 0?"),
        ("+1 911 555 2345", "no North American number (+1); has a spreadsheet dropped a 0?"),
    ],
)
def test_what_is_no_recipient(text: str, reason: str):
    """Whatever cannot be a number is refused with a reason that a person can act on."""
    with pytest.raises(RecipientError) as refused:
        recipient_of(text)

    assert reason == refused.value.reason


def test_refusal_hides_the_number():
    """The error's text shows nothing of what was given."""
    with pytest.raises(InvalidRequestError) as refused:
        recipient_of("+49 171 1234567 89012")

    assert "this is no recipient: the number is too long" == str(refused.value)


def test_names_on_request():
    """Contact and group names are recipients when they are allowed, and stay as they are."""
    assert Recipient("Gruppe 1", "Gruppe 1") == recipient_of(" Gruppe 1 ", allow_names=True)


@pytest.mark.parametrize("text", ["Anna,Ben", "4.9E+11", "?!"])
def test_names_have_no_commas_and_some_letters(text: str):
    """A comma would make two recipients of one name, and a rounded number is none."""
    with pytest.raises(RecipientError):
        recipient_of(text, allow_names=True)


def test_unknown_country():
    """A country that is none is refused, with the two ways to write one."""
    with pytest.raises(InvalidRequestError, match=r"no country 'XX'.*'DE'.*'49'"):
        recipient_of("0171 1234567", "xx")


def test_repr_masks_the_number():
    """The repr shows enough of a number to recognise it, not enough to call it."""
    shown = repr(recipient_of("+491711234567"))

    assert "Recipient(to=+49171…567, key=49171…567)" == shown


@given(st.from_regex(r"49(15|16|17)[0-9]{8,9}", fullmatch=True), st.data())
def test_separators_do_not_matter(digits: str, data: st.DataObject):
    """Separators anywhere, and any way to write the calling code, give the same key."""
    prefix = data.draw(st.sampled_from(["+49", "0049", "49", "+49 (0)", "0"]))
    spelled = prefix + "".join(digit + data.draw(separators) for digit in digits[2:])
    assume(not spelled.endswith(".0"))  # which spreadsheets add to a number

    assert digits == normalise(spelled, "DE")


@given(st.from_regex(r"[+]?[0-9 ()/.-]{1,20}", fullmatch=True))
def test_what_goes_out_has_the_same_key(text: str):
    """The spelling for the gateway reads as the same number again, without a country."""
    try:
        found = recipient_of(text, "DE")
    except RecipientError:
        found = recipient_of("+491711234567")

    assert found == recipient_of(found.to)


@given(st.text(max_size=30), st.sampled_from([None, "DE", "ES", "RU", "US", "IT"]))
def test_any_text_is_a_number_or_refused(text: str, country: str | None):
    """No text makes anything but ASCII digits of E.164's length, or a RecipientError."""
    try:
        key = normalise(text, country)
    except RecipientError as refused:
        key = "4917112" if refused.reason else ""

    assert (True, True, True) == (key.isascii(), key.isdecimal(), 7 <= len(key) <= 15)


@pytest.mark.parametrize(
    ("digits", "code"), [("491711", "49"), ("12125", "1"), ("423123", "423"), ("42012", "420")]
)
def test_calling_code(digits: str, code: str):
    """A calling code is found whatever its length."""
    assert code == calling_code_of(digits)


def test_trunk_prefix_of_global_codes():
    """Codes of no country have no trunk prefix."""
    assert ("", "0") == (trunk_of("883"), trunk_of("49"))


def test_table_agrees_with_the_plans():
    """Every country's calling code and trunk prefix are those of the phonenumbers package."""
    phonenumbers = pytest.importorskip("phonenumbers", reason="the extra `phone`")
    metadata = phonenumbers.PhoneMetadata.metadata_for_region
    # +1 is not dialled at home in a way that matters, and Belarus dials 80, as 8 and 0.
    ours = {
        region: (country_of(region).calling_code, country_of(region).trunk or None)
        for region in phonenumbers.SUPPORTED_REGIONS
        if metadata(region).country_code != 1 and region != "BY"
    }
    theirs = {
        region: (str(metadata(region).country_code), metadata(region).national_prefix)
        for region in ours
    }

    assert theirs == ours
