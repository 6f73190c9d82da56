"""Nonsense is refused before anything is sent, by the argument's name and without its value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, cast

import attrs
import httpx
import pytest

from seven_async import AsyncSeven, File, InvalidRequestError, RcsFallback, SendSms, Seven
from seven_async.masking import brief
from tests.api.exchange import Recorder, client

NUMBER = "+491711234567"
FROM = "4915112345678"
NAIVE = datetime(2026, 1, 31, 9)  # noqa: DTZ001 - what is refused


def send(**values: Any) -> Callable[[AsyncSeven], Any]:
    """An SMS with some arguments."""
    return lambda seven: seven.sms.send(**{"to": NUMBER, "text": "Hi", **values})


def call(group: str, method: str, *args: Any, **kwargs: Any) -> Callable[[AsyncSeven], Any]:
    """Any method."""
    return lambda seven: getattr(getattr(seven, group), method)(*args, **kwargs)


def raw(*args: Any, **kwargs: Any) -> Callable[[AsyncSeven], Any]:
    """A raw request."""
    return lambda seven: seven.raw(*args, **kwargs)


NO_AMOUNTS = (
    *("1_000", "٥", "５", " 5 ", "5\n", "1e3", "+5", "1,50", ".5", "5.", "0x10", "", "inf", "sNaN"),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), -(10**5000)),
)
NO_DAYS = (
    *("20260101", "2026-W01-1", "2026-1-1", "٢٠٢٦-٠١-٠١", "2026-02-30", "2026-01-01 ", "today"),
    *("0000-00-00", 20260101, b"2026-01-01"),
)
ENDLESS: dict[str, Any] = {}
ENDLESS["card"] = [ENDLESS]
REFUSED = {
    "empty text": (send(text=""), "text: is empty"),
    "text too long": (send(text="x" * 1521), "text: has 1521 characters, at most 1520"),
    "text of bytes": (send(text=b"Hi"), "text: must be a text"),
    "no recipient": (send(to=[]), "to: there is no recipient"),
    "empty recipient": (send(to=""), "to: a recipient is empty"),
    "empty recipient among others": (send(to=[NUMBER, " "]), "to, number 2: a recipient is empty"),
    "comma in a listed recipient": (send(to=["Peter,Paul", NUMBER]), "to, number 1: .*comma"),
    "recipient of a number": (send(to=[491711234567]), "a recipient is a text"),
    "line break in a recipient": (send(to="+4917\n1"), "control character"),
    "sender with an umlaut": (send(from_="Rückruf"), "from: .*A-Z a-z .*'ü' .character 2"),
    "sender with an apostrophe": (send(from_="O'Neil"), '"\'" .character 2. is none of these'),
    "sender with an emoji": (send(from_="Shop 🎁"), "'🎁' .character 6. is none of these"),
    "sender with half an emoji": (send(from_="Shop\ud83c"), "'.ud83c' .character 5"),
    "sender with an invisible blank": (send(from_="My\u200bShop"), "'.u200b' .character 3"),
    "sender with a line break": (send(from_="Acme\n"), "'.n' .character 5. is none"),
    "sender with digits of another script": (send(from_="٤٩١٧١"), "'٤' .character 1"),
    "number with blanks as a sender": (
        send(from_="+49 171 1234567"),
        "a blank .character 4. cannot stand in a number",
    ),
    "number with a dash as a sender": (send(from_="0171-12345678"), "'-' .character 5. cannot"),
    "blank sender": (send(from_="   "), "nothing but blanks. Leave it out"),
    "empty sender": (send(from_=""), "this is empty. Leave it out"),
    "sender of a number": (send(from_=491711234567), "must be a text, not int"),
    "sender of a flag": (send(from_=True), "must be a text, not bool"),
    "caller with blanks": (
        call("voice", "send", NUMBER, "Hi", from_="+49 171"),
        "from: a caller is a number .* a blank .character 4",
    ),
    "caller in another script": (call("voice", "send", NUMBER, "Hi", from_="٤٩"), "'٤' .char"),
    "caller with too many digits": (
        call("voice", "send", NUMBER, "Hi", from_="1" * 17),
        "this has 17 digits",
    ),
    "agent of blanks": (call("rcs", "send", NUMBER, "Hi", from_=" "), "from: takes the id of an"),
    "agent with a line break": (call("lookup", "rcs", NUMBER, from_="a\nb"), "no control char"),
    "long name of a sender": (send(from_="twelve chars"), "from: a sender has at most 11"),
    "long number of a sender": (send(from_="1" * 17), "from: a sender has at most 11"),
    "naive delay": (send(delay=NAIVE), "delay: the time has no time zone"),
    "delay in milliseconds": (send(delay=1_700_000_000_000), "milliseconds"),
    "delay from now": (
        send(delay=60),
        r"that was in 1970; Unix seconds .* int\(time.time\(\)\) \+ 60",
    ),
    "delay before 1970": (send(delay=-1), "delay: that is negative; Unix seconds are wanted"),
    "huge delay": (send(delay=10**5000), "delay: .* milliseconds"),
    "delay of a fraction": (send(delay=2e9), "aware datetime, Unix seconds, or .*, not float"),
    "delay of a flag": (send(delay=True), "Unix seconds, or .*, not bool"),
    "delay in words": (send(delay="tomorrow"), "aware datetime, Unix seconds, or .* none of them"),
    "delay with a T": (send(delay="2040-01-31T09:00:00"), "delay: takes .* none of them"),
    "delay without a day": (send(delay="2040-02-30 09:00:00"), "there is no such time as"),
    "delay of other digits": (send(delay="٢٠٤٠-01-31 09:00:00"), "delay: takes .* none of them"),
    "first text of all": (send(delay="0001-01-01 00:00:00"), "that was in 1; give a time"),
    "first time of all": (
        send(delay=datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        "that was in 1; give a time",
    ),
    "text of milliseconds": (send(delay="2000000000000"), "milliseconds"),
    "text of a past second": (send(delay="60"), "that was in 1970"),
    "delay in the past": (send(delay=1_700_000_000), "2023-11-14 22:13:20 UTC has passed"),
    "text in the past": (send(delay="2023-11-14 23:13:20"), "2023-11-14 22:13:20 UTC has passed"),
    "past of WhatsApp": (
        call("waba", "send_text", NUMBER, "Hi", from_=NUMBER, delay=1_700_000_000),
        "2023-11-14 22:13:20 UTC has passed",
    ),
    "past of RCS": (call("rcs", "send", NUMBER, "Hi", delay=1_700_000_000), "has passed"),
    "ttl of a huge number": (send(ttl=10**5000), "ttl: takes a whole number .* of 16610 bits"),
    "ttl of none": (send(ttl=0), "ttl: takes a whole number of at least 1 minutes"),
    "ttl of a flag": (send(ttl=True), "ttl: takes a whole number"),
    "label too long": (send(label="x" * 101), "label: takes 1 to 100"),
    "label with a space": (send(label="spring sale"), "label: takes 1 to 100 .* and others"),
    "foreign_id too long": (send(foreign_id="x" * 65), "foreign_id: takes 1 to 64"),
    "empty foreign_id": (send(foreign_id=""), "foreign_id: takes 1 to 64"),
    "file without contents": (send(files=[{"name": "a"}]), "files: file 1 needs"),
    "file that is none": (send(files=["a.pdf"]), "files: file 1 needs"),
    "files of a number": (send(files=5), "files: takes a list of files, not int"),
    "file of bytes": (
        send(files=[File(name="a", contents=cast("str", b"aGk="))]),
        "files: file 1 has a contents that must be a text, not bytes",
    ),
    "file with an unknown key": (
        send(files=[{"name": "a", "contents": "aGk=", "days": 3}]),
        "files: file 1 has .*validity.*, not 'days'",
    ),
    "file for a huge number of days": (
        send(files=[File(name="a", contents="aGk=", validity_days=10**5000)]),
        "files: file 1 is there for a whole number of days",
    ),
    "file with a password of None": (
        send(files=[{"name": "a", "contents": "aGk=", "password": 5}]),
        "files: file 1 has a password that must be",
    ),
    "fallback with an unknown key": (
        call("rcs", "send", NUMBER, "Hi", fallback={"typ": "sms"}),
        "fallback: has type, text and from, not 'typ'",
    ),
    "fallback of another type": (
        call("rcs", "send", NUMBER, "Hi", fallback=RcsFallback(type="fax")),
        "fallback: its type is sms or webview",
    ),
    "fallback with a long text": (
        call("rcs", "send", NUMBER, "Hi", fallback={"text": "x" * 1521}),
        "fallback: text: has 1521 characters",
    ),
    "fallback with a wrong sender": (
        call("rcs", "send", NUMBER, "Hi", fallback={"from": "Rückruf"}),
        "fallback: from: a sender has at most",
    ),
    "rich content in itself": (call("rcs", "send", NUMBER, ENDLESS), "holds itself, or is nested"),
    "rich content with a huge number": (
        call("rcs", "send", NUMBER, {"a": 10**5000}),
        "cannot stand in JSON",
    ),
    "name of a number": (call("contacts", "create", firstname=5), "firstname: must be a text"),
    "custom of NaN": (
        call("contacts", "create", custom={"x": float("nan")}),
        "custom: x takes a finite number",
    ),
    "custom of a NaN in Decimal": (
        call("contacts", "create", custom={"x": Decimal("NaN")}),
        "custom: x takes a finite number",
    ),
    "custom of a huge number": (
        call("contacts", "create", custom={"x": 10**5000}),
        "custom: x takes a finite number",
    ),
    "journal's id of a flag": (call("journal", "voice", id=True), "id: takes an id"),
    "journal's recipient of a number": (call("journal", "voice", to=49171), "to: must be a text"),
    "forward of a number": (
        call("numbers", "update", "4917", sms_forward=["4917", 5]),
        "sms_forward: must be a text, not int",
    ),
    "headers of a list": (
        call("hooks", "create", "https://a.b", "all", headers=["A: b"]),
        "headers: takes a mapping",
    ),
    "header with a line break": (
        call("hooks", "create", "https://a.b", "all", headers={"A": "b\nC: d"}),
        "headers: has a name or value that is no text of one line",
    ),
    "raw bytes": (raw("POST", "/x", form={"a": b"b"}), "a: bytes cannot be written|bytes cannot"),
    "raw object": (raw("GET", "/x", query={"a": object()}), "object cannot be written"),
    "raw huge number": (raw("POST", "/x", form={"a": 10**5000}), "a number has more digits"),
    "raw NaN": (raw("POST", "/x", form={"a": float("nan")}), "a number is not finite"),
    "raw list": (raw("POST", "/x", form=[("a", 1)]), "raw: form takes a mapping"),
    "raw in itself": (raw("POST", "/x", json=ENDLESS), "holds itself, or is nested"),
    "raw without a method": (raw(None, "/x"), "raw: None is no HTTP method"),
    "raw without a path": (raw("GET", None), "raw: the path begins with a slash"),
    "number as a recipient": (send(to=491711234567), "to: a recipient is a text"),
    "nobody as a recipient": (send(to=None), "to: a recipient is a text"),
    "flag as text": (send(flash="yes"), "flash: takes True or False, not str"),
    "header of letters": (send(udh="xyz"), "udh: takes hex digits"),
    # As a text, "false" would count as true, and what it asks for cannot be undone.
    "deletion by text": (
        call("numbers", "delete", "4917", delete_immediately="false"),
        "delete_immediately: takes True or False",
    ),
    "deletion of contacts by text": (
        call("groups", "delete", 1, delete_contacts="false"),
        "delete_contacts: takes True or False",
    ),
    "None as a group": (call("contacts", "create", groups=[None]), "groups: takes ids"),
    "None for ids": (call("sms", "delete", None), "ids: there is no id"),
    "None among ids": (call("sms", "delete", ["1", None]), "ids: there is no id"),
    "no id": (call("sms", "delete", []), "ids: there is no id"),
    "empty id among others": (call("sms", "delete", ["1", ""]), "ids: there is no id"),
    "voice text too long": (call("voice", "send", NUMBER, "x" * 10_001), "at most 10000"),
    "ringtime too short": (call("voice", "send", NUMBER, "Hi", ringtime=4), "from 5 to 60 seconds"),
    "ringtime too long": (call("voice", "send", NUMBER, "Hi", ringtime=61), "from 5 to 60 seconds"),
    "caller with letters": (call("voice", "send", NUMBER, "Hi", from_="Acme"), "a caller is"),
    "several recipients of RCS": (call("rcs", "send", "Peter,Paul", "Hi"), "one recipient"),
    "empty rich content": (call("rcs", "send", NUMBER, {}), "text: must be a text"),
    "unknown fallback": (call("rcs", "send", NUMBER, "Hi", fallback="fax"), "fallback: takes sms"),
    "id of None": (call("contacts", "get", None), "id: takes an id"),
    "negative id": (call("contacts", "get", -1), "id: takes an id"),
    "huge id": (call("contacts", "get", 10**5000), "id: takes an id"),
    "huge id among others": (call("sms", "delete", [1, 10**5000]), "ids: there is no id"),
    "empty id": (call("contacts", "delete", " "), "id: takes an id"),
    "id that leads elsewhere": (call("contacts", "delete", ".."), "cannot be part of a path"),
    "birthday": (call("contacts", "create", birthday="1.1.2000"), "birthday: takes a date"),
    "custom with a standard name": (
        call("contacts", "create", custom={"email": "a"}),
        "custom: email is an argument of its own",
    ),
    "custom with an object": (
        call("contacts", "create", custom={"x": {}}),
        "custom: x takes a text, number or date, not dict",
    ),
    "custom with a naive time": (
        call("contacts", "create", custom={"x": NAIVE}),
        "custom: the time has no time zone",
    ),
    "reaction of nothing": (call("waba", "react", 1, None), "emoji: takes an emoji"),
    "custom without a name": (call("contacts", "create", custom={"": 1}), "no name"),
    "custom that is no mapping": (call("contacts", "create", custom=[1]), "takes a mapping"),
    "unnamed group": (call("groups", "create", ""), "name: is empty"),
    "hook without an address": (call("hooks", "create", "", "all"), "target_url: is empty"),
    "deletion of no hook": (call("hooks", "delete"), "give the hook's id, or instead"),
    "deletion of half a hook": (call("hooks", "delete", target_url="https://a.b"), "instead"),
    "deletion of two hooks": (
        call("hooks", "delete", 1, target_url="https://a.b", event_type="all"),
        "instead",
    ),
    "comma in a number": (call("lookup", "hlr", "491,492"), "give several as a list"),
    "no numbers": (call("lookup", "hlr", []), "there is no number"),
    "comma in a listed number": (
        call("lookup", "hlr", ["491", "492,493"]),
        "number, place 2: a comma",
    ),
    "number of a number": (call("lookup", "format", [49171]), "a number is a text"),
    "number without digits": (call("numbers", "get", "abc"), "has no digit"),
    "payment interval": (
        call("numbers", "order", "4917", payment_interval="weekly"),
        "takes monthly or annually",
    ),
    "country in another script": (call("pricing", "get", country="ДЕ"), "ISO country code"),
    "number in another script": (
        call("numbers", "delete", "49١٧١"),
        "number: a number has digits .0 to 9.",
    ),
    "number with an extension": (call("numbers", "get", "49171 ext 5"), "and this has more"),
    "country": (call("pricing", "get", country="Germany"), "ISO country code"),
    "amount of a float": (
        call("subaccounts", "transfer_credits", 1, 0.1),
        "an amount is a Decimal, an int or a text such as “1.50”, not float",
    ),
    "amount of nothing": (call("subaccounts", "transfer_credits", 1, 0), "more than 0"),
    "amount below nothing": (call("subaccounts", "transfer_credits", 1, "-5"), "more than 0"),
    "amount that is none": (call("subaccounts", "transfer_credits", 1, "NaN"), "more than 0"),
    **{
        f"amount of {brief(amount)}": (
            call("subaccounts", "transfer_credits", 1, amount),
            "amount: takes an amount in EUR of more than 0 in digits",
        )
        for amount in NO_AMOUNTS
    },
    **{
        f"amount of {str(amount)[:9]}": (
            call("subaccounts", "update", 1, amount, 1),
            "threshold: takes an amount of at most a billion EUR with at most 4 decimal places",
        )
        for amount in (Decimal("1E+999999"), Decimal("1E-999999"), "0.00001", "1000000000.1")
    },
    "amount of a huge number": (call("subaccounts", "update", 1, 10**5000, 1), "of 16610 bits"),
    "amount of words": (call("subaccounts", "update", 1, 1, "much"), "amount: takes an amount"),
    "threshold of a flag": (call("subaccounts", "update", 1, True, 1), "threshold: an amount is"),
    "subaccount without a name": (call("subaccounts", "create", "", "a@b.c"), "name: is empty"),
    "callback": (
        call("validate_for_voice", "start", NUMBER, callback="me"),
        "callback: takes a public",
    ),
    "analytics that end before they start": (
        call("analytics", "by_date", start=date(2026, 2, 1), end="2026-01-01"),
        "end: lies before start",
    ),
    "day with a time": (call("journal", "outbound", date_from=NAIVE), "takes a date"),
    **{
        f"day as {day!r}": (
            call("journal", "outbound", date_to=day),
            "date_to: takes a date or YYYY",
        )
        for day in NO_DAYS
    },
    "day of analytics": (call("analytics", "by_date", start="01.02.2026"), "start: takes a date"),
    "page too long": (call("journal", "voice", limit=101), "from 1 to 100 per page"),
    "order": (call("contacts", "list", order_direction="up"), "asc or desc"),
    "address of a picture": (
        call("waba", "send_image", NUMBER, "photo.jpg", from_=FROM),
        "url: takes a public URL",
    ),
    "several recipients of WhatsApp": (
        call("waba", "send_text", f"{NUMBER},{NUMBER}", "Hi", from_=FROM),
        "one recipient",
    ),
    "WhatsApp without a sender": (
        call("waba", "send_text", NUMBER, "Hi", from_=""),
        "from: is empty",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(name: str):
    """The error names the argument and what to do, and no request leaves."""
    calling, message = REFUSED[name]
    transport = Recorder(lambda _: httpx.Response(200, json={}))
    async with client(transport) as seven:
        with pytest.raises(InvalidRequestError, match=message) as caught:
            await calling(seven)

    assert [] == transport.requests
    assert [] == [part for part in ("1711234567", "5112345678") if part in str(caught.value)]


ALLOWED = {
    "names": send(to=["Peter", "My group", NUMBER]),
    "names in one text": send(to="Peter,My group"),
    "longest text": send(text="ü" * 1520),
    "longest label": send(label="x" * 100, foreign_id="y" * 64),
    "longest senders": send(from_="Elevenchars"),
    "number as a sender": send(from_="+4917112345678901"),
    "seconds": send(delay=2_500_000_000),
    "aware time": send(delay=datetime(2040, 1, 1, tzinfo=UTC)),
    "gateway's own time": send(delay="2040-01-31 09:00:00"),
    "gateway's own time without seconds": send(delay="2040-01-31 09:00"),
    "seconds as a text": send(delay="2500000000"),
    "no files": send(files=[]),
    "cleared birthday": call("contacts", "update", 1, birthday="", groups=[]),
    "messages without a label": call("analytics", "by_date", label=""),
    "amounts": call("subaccounts", "update", "1", Decimal("0.5"), 0),
    "flags of digits": send(flash=1, get_replies=0),
    "header of binary messages": send(udh="050003CC0201", is_binary=True),
    "removed reaction": call("waba", "react", 1, ""),
}


@pytest.mark.parametrize("name", ALLOWED)
async def test_allowed(name: str):
    """What stands at the limit, or only looks odd, goes out."""
    body = {"success": True, "id": 1, "data": []}
    transport = Recorder(lambda _: httpx.Response(200, json=body))
    async with client(transport) as seven:
        await ALLOWED[name](seven)

    assert 1 == len(transport.requests)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "missing a required argument: 'to'"),
        ((NUMBER, "Hi", "Acme"), {}, "too many positional arguments"),
        ((NUMBER, "Hi"), {"sender": "Acme"}, "unexpected keyword argument 'sender'"),
    ],
)
def test_wrong_arguments(args: tuple[Any, ...], kwargs: dict[str, Any], message: str):
    """A wrong call is a TypeError that names the method and what it takes."""
    with pytest.raises(TypeError, match=message) as caught:
        Seven(api_key="key").sms.send(*args, **kwargs)

    assert str(caught.value).startswith("sms.send(): ")
    assert "performance_tracking" in str(caught.value)
    assert "-> None" not in str(caught.value)


def test_requests_cannot_be_changed():
    """A request that was checked stays as it was checked."""
    request = attrs.evolve(SendSms("+49171", "Hi"), label="a")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.text = ""
