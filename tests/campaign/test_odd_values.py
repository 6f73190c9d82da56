"""Values that JSON can spell and no database can hold end no campaign: the others go on.

In: what a gateway or a caller can produce. Out: an entry for each message, and a whole journal.
"""

from __future__ import annotations

import json
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from seven_async import AsyncSeven, InvalidRequestError, SendRcs, SendSms, SendText, Seven
from seven_async.campaign import Campaign, Fallback
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.rows import micro
from seven_async.sandbox import Sandbox
from seven_async.texts import to_encodable

TEXT = "Your code is Qx7Rz"
NUMBERS = [f"+4917112345{place:02}" for place in range(6)]
ODD_NUMBER = NUMBERS[2]

#: One odd value in the message of one recipient, as it stands in the bytes of the reply.
ODD = {
    "half an emoji in the id": '"id": "\\ud83d"',
    "half an emoji in the reason": '"error_text": "\\ud83d", "success": false, "error": 202',
    "half an emoji as error": '"error": "\\ude00", "success": false',
    "half an emoji in the text": '"text": "\\ud83d"',
    "price 1e13": '"price": 1e13',
    "price 1e12": '"price": 999999999999',
    "price 1e999999": '"price": 1e999999',
    "price NaN": '"price": NaN',
    "price as text": '"price": "1e13"',
    "price -1e13": '"price": -1e13',
    "parts 2**63": f'"parts": {2**63}',
    "parts 2**62": f'"parts": {2**62}',
    "parts -1": '"parts": -1',
    "a list as code": '"error": [202], "success": false',
    "an object as error": '"error": {}, "success": false',
    "a code of twelve digits": '"error": 123456789012, "success": false',
    "full-width success": '"success": "１"',
    "a list as success": '"success": []',
    "no success": '"succes": true',
    "the text as reason": f'"error_text": "{TEXT} is spam", "success": false, "error": 305',
    "the text as error 600": f'"error_text": "{TEXT}", "success": false, "error": 600',
}

#: What stands in the place of the whole code.
CODES = ['"１００"', "[100]", "NaN", "1e2", str(2**70), '"\\ud83d"', "null", "{}"]


def gateway(odd: str | None, code: str = '"100"') -> tuple[httpx.MockTransport, Counter[str]]:
    """A gateway that accepts all, with one odd message or code; and how often it was asked."""
    asked: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=[])
        form = dict(httpx.QueryParams(request.content.decode()))
        messages = []
        for number in form["to"].split(","):
            asked[number] += 1
            digits = number.removeprefix("+")
            whole = f'"id": "7{digits}", "recipient": "{digits}", "success": true, "price": 0.075'
            is_odd = odd is not None and f"+{digits}" == ODD_NUMBER
            messages.append("{" + whole + (f", {odd}" if is_odd else "") + "}")
        is_odd = any(ODD_NUMBER.endswith(to.removeprefix("+")) for to in form["to"].split(","))
        said = code if is_odd else '"100"'
        text = f'{{"success": {said}, "messages": [{", ".join(messages)}]}}'
        return httpx.Response(200, content=text.encode())

    return httpx.MockTransport(answer), asked


def rows_of(journal: Path) -> dict[str, Any]:
    """The states in a journal by recipient."""
    with closing(sqlite3.connect(journal)) as database:
        return dict(database.execute("SELECT recipient, state FROM message").fetchall())


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_message_among_others(odd: str, batch: int, tmp_path: Path) -> None:
    """Each message has its entry, nobody is asked for twice, and the journal says the same."""
    transport, asked = gateway(ODD[odd])
    journal = tmp_path / "odd.db"
    with (
        Seven(api_key="k", transport=transport) as seven,
        Campaign(seven, "odd", journal=journal, batch=batch) as campaign,
    ):
        entries = list(campaign.send([SendSms(number, TEXT) for number in NUMBERS]))
        report = campaign.report()
    states = {entry.recipient: str(entry.state) for entry in entries}
    written = {to: state for to, state in rows_of(journal).items() if state != "intent"}

    assert set(NUMBERS) == set(states)
    assert {1} == set(asked.values())
    assert {to: state for to, state in states.items() if state != "unknown"} == {
        to: state for to, state in written.items() if state != "unknown"
    }
    assert report.given == report.accepted + report.rejected + report.unknown + (
        report.skipped + report.refused
    )
    if batch == 1:
        others = {state for to, state in states.items() if to != ODD_NUMBER}
        assert {"accepted"} == others
    for entry in entries:
        assert TEXT not in str(entry.error)
        str(entry.error).encode()


@pytest.mark.parametrize("code", CODES)
def test_an_odd_code_of_a_reply(code: str, tmp_path: Path) -> None:
    """Whose code is none, his message is unknown; the others are accepted."""
    transport, asked = gateway(None, code)
    with (
        Seven(api_key="k", transport=transport) as seven,
        Campaign(seven, "odd", journal=tmp_path / "odd.db", batch=1) as campaign,
    ):
        entries = list(campaign.send([SendSms(number, TEXT) for number in NUMBERS]))
    states = {entry.recipient: str(entry.state) for entry in entries}

    assert dict.fromkeys(NUMBERS, "accepted") | {ODD_NUMBER: "unknown"} == states
    assert {1} == set(asked.values())


@pytest.mark.parametrize(
    "odd", ["no success", "a list as success", "full-width success", "the text as error 600"]
)
def test_what_may_have_been_sent_is_not_called_refused(odd: str) -> None:
    """Where nobody can read whether a message was taken, it is unknown."""
    transport, _ = gateway(ODD[odd].replace('"succes": true', '"success": false'))
    with Seven(api_key="k", transport=transport) as seven, Campaign(seven, batch=1) as campaign:
        entries = list(campaign.send([SendSms(ODD_NUMBER, TEXT)]))

    assert ["unknown"] == [str(entry.state) for entry in entries]


HALF = "half an emoji: \ud83d"


@pytest.mark.parametrize("store_texts", [True, False])
@pytest.mark.parametrize("has_journal", [True, False])
def test_half_an_emoji_of_the_callers(has_journal: bool, store_texts: bool, tmp_path: Path) -> None:
    """A text, a name or a key that nothing can carry is refused, and the others go on."""
    sandbox = Sandbox()
    messages = [
        SendSms(NUMBERS[0], TEXT),
        SendSms(NUMBERS[1], HALF),
        SendSms(f"Ada {HALF}", TEXT),
        SendRcs(NUMBERS[2], {"text": HALF}),
        SendSms(NUMBERS[3], TEXT, foreign_id="key"),
        SendSms(NUMBERS[4], TEXT),
    ]

    def key(message: Any) -> str:
        return HALF if message.foreign_id == "key" else f"{message.to!r}"

    journal = tmp_path / "half.db" if has_journal else None
    with (
        Seven(**sandbox.options) as seven,
        Campaign(seven, "half", journal=journal, key=key, store_texts=store_texts) as campaign,
    ):
        entries = list(campaign.send(messages))
    states = Counter(str(entry.state) for entry in entries)

    assert {"accepted": 2, "refused": 4} == states
    assert 2 == len(sandbox.sent())
    assert [] == [entry for entry in entries if HALF in str(entry.error)]


CIRCLE: dict[str, Any] = {}
CIRCLE["again"] = CIRCLE
UNFIT: dict[str, Callable[[], SendSms | SendRcs]] = {
    "half an emoji in a card": lambda: SendRcs(NUMBERS[0], {"text": HALF}),
    "half an emoji as a key": lambda: SendRcs(NUMBERS[0], {HALF: "x"}),
    "huge number": lambda: SendRcs(NUMBERS[0], {"n": 10**5000}),
    "no number": lambda: SendRcs(NUMBERS[0], {"n": float("nan")}),
    "circle": lambda: SendRcs(NUMBERS[0], CIRCLE),
    "time that has passed": lambda: SendSms(NUMBERS[0], TEXT, delay=1_700_000_000),
    "time long ago": lambda: SendSms(NUMBERS[0], TEXT, delay="2001-01-01 00:00:00"),
}


@pytest.mark.parametrize("has_journal", [True, False])
@pytest.mark.parametrize("unfit", UNFIT)
def test_what_no_request_can_carry(unfit: str, has_journal: bool, tmp_path: Path) -> None:
    """It is refused, the others go on, and report, page and export count it as refused."""
    sandbox = Sandbox()
    journal = tmp_path / "unfit.db" if has_journal else None
    with (
        Seven(**sandbox.options) as seven,
        Campaign(seven, "unfit", journal=journal) as campaign,
    ):
        entries = list(campaign.send([UNFIT[unfit](), SendSms(NUMBERS[1], TEXT)]))
        if has_journal:
            campaign.write_html(tmp_path / "page.html")
            assert 1 == campaign.export("refused", tmp_path / "refused.csv")
            assert 1 == campaign.export("accepted", tmp_path / "accepted.csv")

    assert ["accepted", "refused"] == sorted(str(entry.state) for entry in entries)
    assert (1, 1) == (campaign.report().accepted, campaign.report().refused)
    assert 1 == len(sandbox.sent())


def test_a_refused_time_is_sent_once_it_is_right(tmp_path: Path) -> None:
    """The journal keeps nobody from being served whose message was refused before it left."""
    sandbox = Sandbox()
    for delay in (1_700_000_000, "2040-01-31 09:00:00", "2040-01-31 09:00:00"):
        with (
            Seven(**sandbox.options) as seven,
            Campaign(seven, "again", journal=tmp_path / "again.db") as campaign,
        ):
            list(campaign.send([SendSms(NUMBERS[0], TEXT, delay=delay)]))

    assert 1 == len(sandbox.ledger)
    assert (1, 0) == (campaign.report().accepted, campaign.report().refused)


ENDLESS: dict[str, Any] = {}
ENDLESS["card"] = [ENDLESS]
DEEP: dict[str, Any] = {}
for _ in range(5_000):
    DEEP = {"card": DEEP}
CARRIED_BY_NOTHING: dict[str, Any] = {
    "half an emoji": {"card": "\ud83d"},
    "half an emoji as a key": {"\ud83d": "card"},
    "itself": ENDLESS,
    "a deep nesting": DEEP,
    "a huge number": {"card": 10**5000},
    "NaN": {"card": float("nan")},
    "a time without a zone": {"card": datetime(2026, 1, 31)},  # noqa: DTZ001 - what is refused
    "bytes": {"card": b"card"},
    "a set": {"card": {1, 2}},
    "an object": {"card": object()},
}


@pytest.mark.parametrize("content", CARRIED_BY_NOTHING)
@pytest.mark.parametrize("has_journal", [True, False])
def test_rich_content_that_no_request_carries(
    content: str, has_journal: bool, tmp_path: Path
) -> None:
    """It is refused before it is fingerprinted or written down, and the others go on."""
    sandbox = Sandbox()
    journal = tmp_path / "rich.db" if has_journal else None
    messages = [
        SendRcs(NUMBERS[0], CARRIED_BY_NOTHING[content]),
        Fallback(SendRcs(NUMBERS[1], "Hi"), SendText(NUMBERS[1], "\ud83d", from_=NUMBERS[5])),
        SendSms(NUMBERS[2], TEXT),
    ]
    with (
        Seven(**sandbox.options) as seven,
        Campaign(seven, "rich", journal=journal, store_texts=True) as campaign,
    ):
        entries = list(campaign.send(messages))

    assert {NUMBERS[0]: "refused", NUMBERS[1]: "refused", NUMBERS[2]: "accepted"} == {
        entry.recipient: str(entry.state) for entry in entries
    }
    assert 1 == len(sandbox.sent())
    assert {InvalidRequestError} == {type(entry.error) for entry in entries if entry.error}


@pytest.mark.parametrize(
    ("price", "expected"), [("0.075", 75_000), ("999999", 999_999_000_000), ("1e6", None)]
)
def test_a_price_in_millionths(price: str, expected: int | None) -> None:
    """No message costs a million, and a sum of prices stays within 64 bits."""
    assert expected == micro(Decimal(price))
    assert None is micro(None)


def test_counts_and_prices_that_no_sum_can_hold(tmp_path: Path) -> None:
    """Each fits 64 bits, all together do not: the report still adds up, and the run goes on."""

    def answer(request: httpx.Request) -> httpx.Response:
        odd = f'"success": true, "parts": {2**62}, "price": 999999999999'
        return httpx.Response(200, content=f'{{"success": 100, "messages": [{{{odd}}}]}}'.encode())

    with (
        Seven(api_key="k", transport=httpx.MockTransport(answer)) as seven,
        Campaign(seven, "sum", journal=tmp_path / "sum.db", batch=1) as campaign,
    ):
        entries = list(campaign.send([SendSms(number, TEXT) for number in NUMBERS]))
        report = campaign.report()
        again = list(campaign.send([SendSms(number, TEXT) for number in NUMBERS]))

    assert {"accepted"} == {str(entry.state) for entry in entries}
    assert 6 == report.accepted
    assert {"skipped"} == {str(entry.state) for entry in again}


def test_what_a_row_can_hold() -> None:
    """Half of a character becomes a question mark."""
    assert ("ä", "a?") == (to_encodable("ä"), to_encodable("a\ud83d"))


def test_a_journal_that_cannot_be_written_shows_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frames of an error of the journal hold rows with numbers and texts: they stay behind."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    sandbox = Sandbox()
    with (
        Seven(**sandbox.options) as seven,
        Campaign(seven, "full", journal=tmp_path / "full.db", store_texts=True) as campaign,
    ):
        monkeypatch.setattr("seven_async.campaign.journal.sqlite.statements._insert", full)
        with pytest.raises(JournalError, match="disk is full") as caught:
            list(campaign.send([SendSms(number, TEXT) for number in NUMBERS]))
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    lines: list[str] = []
    while report is not None:
        frames = [frame for frame in report.stack if frame.filename != __file__]
        lines += [f"{name} = {value}" for frame in frames for name, value in frame.locals.items()]
        report = report.__cause__

    assert [] == [line for line in lines if TEXT in line or "4917112345" in line]


async def test_a_failing_campaign_shows_nothing_private() -> None:
    """An error that every message would meet ends the loop, and its frames show none of them."""
    sandbox = Sandbox()
    wrong = {**sandbox.options, "api_key": "wrong-key-7d83aa"}
    async with AsyncSeven(**wrong) as seven, Campaign(seven) as campaign:
        with pytest.raises(Exception, match="900") as caught:
            async for _ in campaign.send([SendSms(number, TEXT) for number in NUMBERS]):
                pass
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in report.stack if frame.filename != __file__]
    shown = json.dumps([dict(frame.locals or {}) for frame in frames])

    assert [] == [secret for secret in (TEXT, "4917112345", "wrong-key") if secret in shown]
