"""Opt-outs: who replies STOP gets nothing more, also of a campaign that is under way."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seven_async import CallEvent, ConfigurationError, SendRcs, SendSms
from seven_async.campaign import (
    Campaign,
    Fallback,
    OptOutError,
    OptOutList,
    OptOutSink,
    State,
    Suppression,
)
from seven_async.campaign.sending.suppressing import (
    INCOMPARABLE,
    CurrentSuppression,
    to_suppression,
)
from seven_async.campaign.sending.unpack import OutgoingBuilder
from seven_async.errors import InvalidRequestError
from seven_async.receivers import EventSink
from seven_async.sandbox import Sandbox
from seven_async.webhooks import (
    DeliveryReport,
    InboundSms,
    InboundWhatsApp,
    RcsSuggestion,
    RcsText,
)
from seven_async.webhooks import WebhookEvent as AnyEvent
from tests.campaign.gateways import awaiting, number, texts

try:
    import psycopg
except ImportError:
    psycopg = None

ANN = "+491711234567"


@pytest.fixture(params=["file", "postgres"])
def opt_outs(request: pytest.FixtureRequest, tmp_path: Path):
    """A list of each kind whose clock stands at the second 2,000,000,000."""
    in_file = request.param == "file"
    place = tmp_path / "opt-outs.db" if in_file else request.getfixturevalue("postgres")
    opt_outs = OptOutList(place, now=lambda: 2e9)
    yield opt_outs
    opt_outs.close()


def opened_elsewhere(opt_outs: OptOutList) -> OptOutList:
    """The same list, as another process has it open."""
    return OptOutList(opt_outs.address or opt_outs.path)


def take_away(opt_outs: OptOutList, folder: Path) -> None:
    """Let a list be read no more."""
    for file in folder.glob("opt-outs.db*"):
        file.unlink()
    if opt_outs.address is not None:
        with closing(psycopg.connect(opt_outs.address, autocommit=True)) as database:
            database.execute("ALTER TABLE seven.opt_out_change RENAME COLUMN id TO gone")


def give_back(opt_outs: OptOutList) -> None:
    """Let a list in a database be read again."""
    if opt_outs.address is not None:
        with closing(psycopg.connect(opt_outs.address, autocommit=True)) as database:
            database.execute("ALTER TABLE seven.opt_out_change RENAME COLUMN gone TO id")


def at(second: int) -> datetime:
    """Return a moment."""
    return datetime.fromtimestamp(1_900_000_000 + second, UTC)


def reply(text: str, second: int = 0, message_id: str | None = None) -> InboundSms:
    """Return an SMS of Ann."""
    return InboundSms(
        sender=ANN[1:], text=text, occurred_at=at(second), message_id=message_id, system="49171"
    )


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop! ",
            "»Stopp«.",
            "Abmelden",
            "UNSUBSCRIBE",
            "opt-out",
            "arret",
            "𝐒𝐓𝐎𝐏",
        ),
        *("ARRÊT", "Désabonner", "baja", "Dar de baja.", "FERMA", "afmelden", "rezygnuję"),
        "REZYGNUJE",
    ],
)
def test_stop_is_a_stop(opt_outs: OptOutList, text: str):
    """Case, accents and punctuation make no difference."""
    sink: EventSink = OptOutSink(opt_outs)
    sink.store(reply(text))

    assert ANN in opt_outs


@pytest.mark.parametrize(
    "text", ["", "...", "Stop by on Friday", "Bitte nicht stoppen", "Yes", "no", "stop stop", "👍"]
)
def test_other_replies_are_none(opt_outs: OptOutList, text: str):
    """The whole message has to be the word."""
    OptOutSink(opt_outs).store(reply(text))

    assert ANN not in opt_outs
    assert [] == opt_outs.history(ANN)


@pytest.mark.parametrize(
    "event",
    [
        RcsText(sender=ANN[1:], text="Stop"),
        RcsSuggestion(sender=ANN[1:], postback_data="stop", text="No more messages"),
        RcsSuggestion(sender=ANN[1:], postback_data="x=1", text="Stop"),
        InboundWhatsApp(sender=ANN[1:], text="Stop"),
    ],
)
def test_any_channel_counts(opt_outs: OptOutList, event: AnyEvent):
    """A person who opts out by RCS or WhatsApp gets no SMS either."""
    OptOutSink(opt_outs).store(event)

    assert ANN in opt_outs


def test_other_events_pass(opt_outs: OptOutList):
    """A report, a reply without a text and one of no number change nothing."""
    sink = OptOutSink(opt_outs)
    sink.store(DeliveryReport(message_id="1", state="DELIVERED"))
    sink.store(InboundWhatsApp(sender=ANN[1:], text=None))
    sink.store(InboundSms(sender="SMS", text="STOP"))

    assert 0 == len(opt_outs)


def test_start_takes_off(opt_outs: OptOutList):
    """Each change is recorded with when and why."""
    sink = OptOutSink(opt_outs)
    sink.store(reply("STOP!", 0))
    sink.store(reply("Start", 60))

    assert ANN not in opt_outs
    assert [
        (True, at(0), "replied stop by SMS"),
        (False, at(60), "replied start by SMS"),
    ] == [(each.is_listed, each.at, each.reason) for each in opt_outs.history("0049 171 1234567")]


def test_latest_word_counts(opt_outs: OptOutList):
    """A late STOP does not undo a START that was said after it, nor the other way round."""
    sink = OptOutSink(opt_outs)
    sink.store(reply("Start", 60))
    sink.store(reply("Stop", 0))
    was_listed = ANN in opt_outs
    sink.store(reply("Stop", 120))
    sink.store(reply("Start", 90))

    assert not was_listed
    assert ANN in opt_outs
    assert 4 == len(opt_outs.history(ANN))


def test_stop_wins_a_tie(opt_outs: OptOutList):
    """Times have no fraction: of two words in one second the opt-out counts."""
    sink = OptOutSink(opt_outs)
    sink.store(reply("Stop", 0))
    sink.store(reply("Start", 0))

    assert ANN in opt_outs


def test_same_event_is_recorded_once(opt_outs: OptOutList):
    """The gateway may deliver a reply twice."""
    sink = OptOutSink(opt_outs)
    for _ in range(3):
        sink.store(reply("Stop", 0, "681590"))

    assert 1 == len(opt_outs.history(ANN))


def test_character_that_no_database_takes_does_not_lose_a_stop(opt_outs: OptOutList):
    """PostgreSQL has no U+0000 in texts, and the gateway would deliver the reply for days."""
    sink = OptOutSink(opt_outs)
    for _ in range(2):
        sink.store(reply("Stop\0", 0, "68\0"))

    assert (True, 1) == (ANN in opt_outs, len(opt_outs.history(ANN)))


def test_time_in_the_future_is_now(opt_outs: OptOutList):
    """A wrong clock must not outlast every later word."""
    opt_outs.add(ANN, reason="by phone", at=datetime(2999, 1, 1, tzinfo=UTC))

    assert [datetime.fromtimestamp(2e9, UTC)] == [each.at for each in opt_outs.history(ANN)]


def test_words_are_configurable(opt_outs: OptOutList):
    """Own words replace the others."""
    sink = OptOutSink(opt_outs, stop_words=["Nein danke"], start_words=[])
    sink.store(reply("STOP"))
    before = ANN in opt_outs
    sink.store(reply("nein, danke!"))

    assert (False, True) == (before, ANN in opt_outs)


@pytest.mark.parametrize("words", ["stop", ["..."], ["Start"]])
def test_useless_words_are_refused(opt_outs: OptOutList, words: object):
    """A text is no list of words, a word has letters, and none means both."""
    with pytest.raises(ConfigurationError, match="stop_words"):
        OptOutSink(opt_outs, stop_words=words)


def test_list_is_its_owners_and_any_process_reads_it(tmp_path: Path):
    """It is a table that `Suppression.read` knows, too."""
    opt_outs = OptOutList(tmp_path / "opt-outs.db")
    opt_outs.add(ANN, reason="by phone")

    assert 0o600 == stat.S_IMODE(opt_outs.path.stat().st_mode)
    assert "0171 1234567" in Suppression.read(opt_outs.path, default_country="DE")
    opt_outs.close()


def test_list_in_a_database_tells_no_password(postgres: str):
    """What is shown of it may stand in a log; it has no path."""
    opt_outs = OptOutList(postgres.replace("postgres@", "postgres:secret@"))

    assert "secret" not in repr(opt_outs)
    with pytest.raises(ConfigurationError, match="no path"):
        _ = opt_outs.path
    opt_outs.close()


def test_database_that_is_away_is_an_error_of_the_list(tmp_path: Path):
    """As a file that cannot be used; the error tells no password."""
    with pytest.raises(OptOutError, match="cannot be used") as raised:
        OptOutList(f"postgresql://a:secret@/db?host={tmp_path}")

    assert "secret" not in str(raised.value)


def test_spellings_are_one_number(tmp_path: Path):
    """A national number needs the country."""
    opt_outs = OptOutList(tmp_path / "own.db", default_country="DE")
    added = [opt_outs.add(each, reason="r") for each in ("0171 1234567", ANN, "0049171/1234567")]

    assert [True, False, False] == added
    assert opt_outs.remove(ANN, reason="asked")
    assert 0 == len(opt_outs)
    opt_outs.close()


@pytest.mark.parametrize("bad", ["friends", "0171", "12"])
def test_what_is_no_number_is_refused(opt_outs: OptOutList, bad: str):
    """An opt-out that could not be compared would be ignored."""
    with pytest.raises(InvalidRequestError):
        opt_outs.add(bad, reason="r")


def test_file_of_something_else_is_refused(tmp_path: Path):
    """No byte of it is changed."""
    path = tmp_path / "else.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE message (key TEXT)")
    before = path.read_bytes()

    with pytest.raises(OptOutError, match="no opt-out list"):
        OptOutList(path)
    assert before == path.read_bytes()


# A campaign under way


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


async def test_stop_during_a_run_counts_at_once(sandbox, opt_outs, tmp_path):
    """The row was read before the reply came, and another process recorded it."""
    other_process = OptOutSink(opened_elsewhere(opt_outs))
    messages = [next(texts(1)), *list(texts(40))[1:]]

    def read():
        # All of the window is read before the first leaves; then one of its rows opts out.
        yield from messages[:30]
        other_process.store(InboundSms(sender=number(29)[1:], text="STOP"))
        yield from messages[30:]

    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven,
            "spring",
            journal=tmp_path / "spring.db",
            suppress=opt_outs,
            concurrency=1,
            batch=10,
        ) as campaign,
    ):
        entries = {entry.recipient: entry async for entry in campaign.send(read())}

    assert (State.SKIPPED, "suppressed") == (
        entries[number(29)].state,
        entries[number(29)].reason,
    )
    assert 39 == len(sandbox.ledger)
    assert number(29)[1:] not in {entry.to for entry in sandbox.ledger}


async def test_stop_between_two_forms_counts_at_once(sandbox, opt_outs, tmp_path):
    """The first form was refused; the next one does not leave to who has opted out meanwhile."""
    other_process = OptOutSink(opened_elsewhere(opt_outs))
    sandbox.fault("POST /rcs/messages", code=202)

    def opt_out(event: CallEvent) -> None:
        if event.route == "rcs.send":
            other_process.store(InboundSms(sender=number(1)[1:], text="STOP"))

    message = Fallback(SendRcs(number(1), "Hi"), SendSms(number(1), "Hi"))
    async with (
        awaiting(sandbox, on_event=opt_out) as seven,
        Campaign(seven, journal=tmp_path / "spring.db", suppress=opt_outs) as campaign,
    ):
        states = [entry.state async for entry in campaign.send([message])]

    assert [State.REJECTED] == states
    assert 0 == len(sandbox.ledger)


async def test_file_that_changes_is_read_again(sandbox, tmp_path):
    """A list with one number a line is asked as it is now, too."""
    path = tmp_path / "list.txt"
    path.write_text(f"{number(1)}\n")

    def read():
        yield from list(texts(20))
        path.write_text(f"{number(1)}\n{number(12)}\n")

    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven,
            journal=tmp_path / "spring.db",
            suppress=Suppression.read(path),
            concurrency=1,
            batch=10,
        ) as campaign,
    ):
        skipped = [e.recipient async for e in campaign.send(read()) if e.state is State.SKIPPED]

    assert [number(1), number(12)] == sorted(skipped)


async def test_several_lists_are_asked_together(sandbox, opt_outs, tmp_path):
    """Numbers, a block list and opt-outs: each counts, also what is new in one of them."""
    path = tmp_path / "stop.txt"
    path.write_text(f"{number(1)}\n")

    def read():
        yield from list(texts(20))
        path.write_text(f"{number(1)}\n{number(12)}\n")
        opt_outs.add(number(13), reason="by phone")

    lists = iter((number(0), Suppression.read(path), opt_outs))
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, journal=tmp_path / "s.db", suppress=lists, concurrency=1) as campaign,
    ):
        skipped = [e.recipient async for e in campaign.send(read()) if e.state is State.SKIPPED]

    assert [number(place) for place in (0, 1, 12, 13)] == sorted(skipped)


def test_number_that_one_list_cannot_compare_may_be_on_another():
    """It is listed where one of them knows it; else that it cannot be compared is told."""
    german = Suppression(["0171 1234567"], default_country="DE")
    lists = to_suppression([Suppression(["+436641234567"]), german], None)

    assert "0171 1234567" in lists
    with pytest.raises(InvalidRequestError):
        assert "0171 7654321" in lists


async def test_list_that_cannot_be_read_stops_the_campaign(sandbox, opt_outs, tmp_path):
    """Rather nobody is written to than somebody who opted out."""

    def read():
        yield from list(texts(20))
        take_away(opt_outs, tmp_path)

    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven, journal=tmp_path / "spring.db", suppress=opt_outs, concurrency=1, batch=10
        ) as campaign,
    ):
        with pytest.raises(OptOutError):
            async for _ in campaign.send(read()):
                pass
        report = campaign.report()
    give_back(opt_outs)

    assert 0 == len(sandbox.ledger)
    assert (0, 0) == (report.accepted, report.unknown)


async def test_opt_in_is_served_by_the_next_run(sandbox, opt_outs, tmp_path):
    """Who was held back and has opted in again gets the message."""
    opt_outs.add(number(0), reason="r", at=at(0))

    async def run() -> list[State]:
        async with (
            awaiting(sandbox) as seven,
            Campaign(seven, journal=tmp_path / "spring.db", suppress=opt_outs) as campaign,
        ):
            return [entry.state async for entry in campaign.send(texts(1))]

    first = await run()
    opt_outs.remove(number(0), reason="r", at=at(1))

    assert [[State.SKIPPED], [State.ACCEPTED]] == [first, await run()]


async def test_national_number_is_held_back_once_the_list_has_entries(opt_outs):
    """It may be the one that opted out."""
    (message,) = OutgoingBuilder().build(SendSms("0171 7654321", "Hi"))
    current = CurrentSuppression(opt_outs)
    await current.hold_back([message])
    before = message.hold
    opt_outs.add(ANN, reason="r")
    await current.hold_back([message])

    assert (None, INCOMPARABLE) == (before, message.hold)
