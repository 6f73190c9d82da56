"""One spelling for every recipient: texts in, digits or a reason out; no I/O."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.campaign import QuietHours, RecipientError
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.recipients.e164 import calling_code_of
from seven_async.recipients.recipient import Recipient, normalise, recipient_of

separators = st.text(alphabet=" .-()\u00a0\u202f–", max_size=2)


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
        "+491711234567.000",
        "\ufeff+49171\u200b1234567\n",
        "+49\u2003171\u30001234567",
        "＋４９（０）１７１－１２３４５６７",
        "+٤٩ ١٧١ ١٢٣٤٥٦٧",
        "+۴۹۱۷۱۱۲۳۴۵۶۷",
        "tel:+49-171-1234567",
        "TEL:+49(171)1234567",
        "whatsapp:+491711234567",
        "https://wa.me/491711234567?text=Hi",
        "whatsapp://send?phone=491711234567",
    ],
)
def test_spellings_of_one_number(text: str):
    """All usual spellings of an international number have one key."""
    assert "491711234567" == normalise(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [("+39 (0)6 12345678", "390612345678"), ("+39 06 12345678", "390612345678")],
)
def test_italian_zero_belongs_to_the_number(text: str, key: str):
    """The zero after +39 is dialled from abroad, too, so it is never left out."""
    assert key == normalise(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+48 (0)22 123 45 67", "48221234567"),
        ("+48 022 123 45 67", "48221234567"),
        ("+36 06 20 123 4567", "36201234567"),
    ],
)
def test_trunk_prefix_after_the_calling_code(text: str, key: str):
    """It is not dialled from abroad, whatever the country."""
    assert key == normalise(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [("+49 171 (0)123456", "491710123456"), ("0171 (0) 123456", "491710123456")],
)
def test_bracketed_zero_within_a_number_is_a_digit(text: str, key: str):
    """Only right after the calling code is it the zero that is not dialled from abroad."""
    assert key == normalise(text, "DE")


@pytest.mark.parametrize(
    ("text", "to"),
    [("0171 / 123 45 67", "01711234567"), ("49 171 1234567", "491711234567")],
)
def test_message_without_a_country(text: str, to: str):
    """Only the gateway knows the account's country: the number is cleaned and left to it."""
    assert Recipient(to, to) == recipient_of(text)


@pytest.mark.parametrize(
    ("texts", "to"),
    [
        (["+52 1 55 1234 5678", "+52 55 1234 5678", "+52 01 55 1234 5678"], "+525512345678"),
        (["+55 11 8123 4567", "+55 11 98123 4567"], "+5511981234567"),
        (["+54 9 11 6123 4567", "+54 11 15 6123 4567"], "+5491161234567"),
        (["+54 9 2966 12 3456", "+54 2966 15 12 3456"], "+5492966123456"),
        (["+54 9 351 123 4567", "+54 351 15 123 4567"], "+5493511234567"),
        (["+225 07 12 34 56", "+225 07 07 12 34 56"], "+2250707123456"),
        (["+225 05 12 34 56", "+225 05 05 12 34 56"], "+2250505123456"),
        (["+225 02 12 34 56", "+225 01 02 12 34 56"], "+2250102123456"),
        (["+225 20 21 34 56", "+225 27 20 21 34 56"], "+2252720213456"),
        (["+225 20 81 34 56", "+225 21 20 81 34 56"], "+2252120813456"),
        (["+225 20 01 34 56", "+225 25 20 01 34 56"], "+2252520013456"),
        (["+229 97 12 34 56", "+229 01 97 12 34 56"], "+2290197123456"),
    ],
)
def test_old_numbers_are_those_of_today(texts: list[str], to: str):
    """After a change of the plan, both spellings are one number, and the new one is dialled."""
    assert {to} == {recipient_of(text).to for text in texts}
    assert 1 == len({normalise(text) for text in texts})


def test_argentinian_mobile_without_its_nine():
    """The 9 does not make it another line: one key, but what was written is dialled."""
    with_nine, without = recipient_of("+54 9 11 6123 4567"), recipient_of("+54 11 6123 4567")

    assert with_nine.key == without.key
    assert ("+5491161234567", "+541161234567") == (with_nine.to, without.to)
    assert "5491161234567" == with_nine.digits  # what the gateway answers


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the number is empty"),
        (" \t", "the number is empty"),
        ("+", "the number is empty"),
        ("Anna", "letters in the number"),
        ("O171 1234567", "letters in the number"),
        ("0171 12345 ext. 6", "an extension"),
        ("+1-608-271-9000-x11", "an extension"),
        ("608-271-9000x11", "an extension"),
        ("608-271-9000 ext 11", "an extension"),
        ("+1 608 271 9001,,11", "an extension"),
        ("+16082719002;ext=5", "an extension"),
        ("tel:+16082719002;ext=5", "an extension"),
        ("+1 608 271 9001#11", "an extension"),
        ("4.91711E+11", "a spreadsheet has rounded the number"),
        ("4,9E11", "a spreadsheet has rounded the number"),
        ("491713920011.5", "decimals"),
        ("+49 171 39200.00", "decimals"),
        ("491713920011,50", "decimals"),
        ("491,713,920,011", "an amount"),
        ("491,713,920,011.00", "an amount"),
        ("4.917.139 €", "an amount"),
        ("$491713920011", "an amount"),
        ("2026-11-25", "a date"),
        ("25.11.2026", "a date"),
        ("11/25/2026", "a date"),
        ("2026-11-25 10:00:00", "a date"),
        ("+212522940770/74", "a slash with another ending"),
        ("0171 3920019/20", "a slash with another ending"),
        ("030 1234/030 1235", "more than one recipient in the field"),
        ("030 1234 - 030 1235", "more than one recipient in the field"),
        ("030 1234567\n030 1234568", "more than one recipient in the field"),
        ("0171 1234567, 0172 1234567", "more than one recipient in the field"),
        ("+491711234567+491721234567", "more than one recipient in the field"),
        ("#NV!?", "letters in the number"),
        ("####", "a character that no number has"),
        ("²³¹²³²³²³²", "a character that no number has"),
        ("+49171", "the number is too short"),
        ("017112", "the number is too short"),
        ("+49 171 1234567 89012", "the number is too long"),
        ("+210 171 1234567", "no country has this calling code"),
        ("+0171 1234567", "no country has this calling code"),
        ("+49 00171 1234567", "two zeros after the calling code"),
        ("1711234567", "no North American number (+1); has a spreadsheet dropped a 0?"),
        ("15112345678", "no North American number (+1); has a spreadsheet dropped a 0?"),
        ("+1 911 555 2345", "no North American number (+1); has a spreadsheet dropped a 0?"),
        ("7700900127", "no Russian or Kazakh number (+7); has a spreadsheet dropped a 0?"),
    ],
)
def test_what_is_no_recipient(text: str, reason: str):
    """Whatever cannot be a number is refused with a reason that a person can act on."""
    with pytest.raises(RecipientError) as refused:
        recipient_of(text)

    assert refused.value.reason.startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        "+49 171/1234567",
        "0049 34298/12345",
        "0171/39 20 011",
        "+49 (0)171/39200-11",
        "+32 475/12/34/56",
        "+34 612.345.678",
        "+33 6.12.34.56.00",
    ],
)
def test_separators_that_are_separators(text: str):
    """Behind an area code, and between pairs, signs only make a number easier to read."""
    digits = "".join(character for character in text.replace("(0)", "") if character.isdigit())

    assert digits.removeprefix("00") == normalise(text)


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
    """A country that is none is refused, with the ways to write one."""
    with pytest.raises(InvalidRequestError, match=r"no country 'XX'.*'DE'.*'49'.*'international'"):
        recipient_of("0171 1234567", "xx")


def test_repr_masks_the_number():
    """The repr shows enough of a number to recognise it, not enough to call it."""
    shown = repr(recipient_of("+491711234567"))

    assert "Recipient(to=+49171…567, key=49171…567)" == shown


@given(st.from_regex(r"49(15|16|17)[0-9]{8,9}", fullmatch=True), st.data())
def test_separators_do_not_matter(digits: str, data: st.DataObject):
    """Separators anywhere, and any way to write the calling code, give the same key or none."""
    prefix = data.draw(st.sampled_from(["+49", "0049", "+49 (0)"]))
    spelled = prefix + "".join(digit + data.draw(separators) for digit in digits[2:])
    try:
        key = normalise(spelled)
    except RecipientError as refused:
        is_doubted = refused.reason.startswith(("decimals", "more than one"))
        key = digits if is_doubted else refused.reason

    assert digits == key


@given(st.from_regex(r"[+]?[0-9 ()/.-]{1,20}", fullmatch=True))
def test_what_goes_out_has_the_same_key(text: str):
    """The spelling for the gateway reads as the same number again, without a country."""
    try:
        recipient = recipient_of(text, "DE")
    except RecipientError:
        recipient = recipient_of("+491711234567")

    assert recipient == recipient_of(recipient.to)


@given(st.text(max_size=30), st.sampled_from([None, "DE", "ES", "RU", "US", "IT", "SG"]))
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


@pytest.fixture
def no_library(monkeypatch):
    """An installation without the extra `phone`."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)


@pytest.mark.usefixtures("no_library")
def test_national_number_without_the_library(people):
    """Without the library, `+` and `00` are read, and national numbers name the extra."""
    table = "phone\n0171 1234567\n+49 171 7654321\n0049 171 1111111\n"
    messages = people(table, default_country="DE")

    assert ["+491717654321", "+491711111111"] == [message.to for message in messages]
    assert "pip install 'seven-async[phone]'" in messages.refused[0].reason


@pytest.mark.usefixtures("no_library")
def test_prefix_that_may_be_longer_than_00_without_the_library():
    """`001 65 8…` is dialled from Singapore to Singapore, not to Jamaica."""
    with pytest.raises(RecipientError, match="phonenumbers"):
        recipient_of("001 65 8234 5678", "SG")


@pytest.mark.usefixtures("no_library")
def test_quiet_hours_without_the_library():
    """Without the library no zone is known: one has to be given."""
    with pytest.raises(ConfigurationError, match=r"seven-async\[phone\].*zone="):
        QuietHours()

    assert ("Europe/Vienna",) == QuietHours(zone="Europe/Vienna").zones_of("436641234567")


def test_international_numbers_do_not_import_the_library():
    """Whoever writes `+` or `00` pays nothing for national numbers."""
    code = (
        "import sys; from seven_async.recipients.recipient import recipient_of;"
        "recipient_of('+49 171 1234567', 'DE'); recipient_of('0049 171 1234567', 'DE');"
        "recipient_of('+52 1 55 1234 5678'); assert 'phonenumbers' not in sys.modules"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)

    assert 0 == ended.returncode
