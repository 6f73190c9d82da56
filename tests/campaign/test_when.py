"""When a campaign may send: days, holidays, its start and its end; clocks in, departures out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import Clock, Rate, SendRcs, SendSms
from seven_async.campaign import Campaign, Entry, Fallback, QuietHours, State
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number, texts

BERLIN = ZoneInfo("Europe/Berlin")
GERMAN, AUSTRALIAN = "491711234567", "61491570006"
ALL_DAY = {"begin": time(0), "end": time(0)}


def at(day: int, hour: int = 12, minute: int = 0, zone: str = "Europe/Berlin") -> float:
    """A moment of June 2026, whose first is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()


class Watch:
    """A clock whose sleeps pass at once."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s
        self.clock = Clock(monotonic=self.now, now=self.now, sleep=self.sleep)

    def now(self) -> float:
        """Seconds."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Pass the time; of several that sleep each wakes when its own is over."""
        until_s = self.now_s + seconds
        await anyio.lowlevel.checkpoint()
        self.now_s = max(self.now_s, until_s)


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a test is looked at often, since it does not tick."""
    monkeypatch.setattr("seven_async.campaign.sending.batcher._LOOK_S", 0.01)


async def run(watch: Watch, sandbox: Sandbox, messages: Any, **options: Any) -> list[Entry]:
    """The entries of one run."""
    async with (
        awaiting(sandbox, clock=watch.clock) as seven,
        Campaign(seven, **options) as campaign,
    ):
        return [entry async for entry in campaign.send(messages)]


def reasons(entries: list[Entry]) -> list[str]:
    """State or reason of each entry, by the recipient's number."""
    ordered = sorted(entries, key=lambda entry: entry.recipient)
    return [entry.reason or entry.state.value for entry in ordered]


# Days


@pytest.mark.parametrize(
    ("options", "now_s", "opening_s"),
    [
        ({"weekdays": "mon-fri"}, at(5), None),
        ({"weekdays": "mon-fri"}, at(5, 21), at(8, 8)),  # from Friday evening to Monday
        ({"weekdays": "mon-fri"}, at(6), at(8, 8)),
        ({"weekdays": "mon-fri"}, at(7, 23, 59), at(8, 8)),
        ({"weekdays": "MON, wed"}, at(2), at(3, 8)),
        ({"weekdays": "fri-mon"}, at(7), None),
        ({"weekdays": "fri-mon"}, at(2), at(5, 8)),
        ({"weekdays": "sun"}, at(1), at(7, 8)),
        ({"weekdays": "mon-fri", **ALL_DAY}, at(5, 23), None),
        ({"weekdays": "mon-fri", **ALL_DAY}, at(6), at(8, 0)),
        ({"holidays": [date(2026, 6, 4)]}, at(3, 20), at(5, 8)),
        ({"holidays": [date(2026, 6, 4)]}, at(3, 19, 59), None),
        ({"holidays": [date(2026, 6, 5)], "weekdays": "mon-fri"}, at(5), at(8, 8)),
        (
            {"holidays": [date(2026, 6, day) for day in range(1, 30)], **ALL_DAY},
            at(1),
            at(30, 0),
        ),
    ],
)
def test_days(options: dict[str, Any], now_s: float, opening_s: float | None) -> None:
    """Messages wait for a day on which they may go out, and for its quiet hours to end."""
    assert opening_s == QuietHours(
        zone="Europe/Berlin", zones={"49": ["Europe/Berlin"]}, **options
    ).opens_at(GERMAN, now_s)


def test_days_are_those_of_the_recipient() -> None:
    """A Sunday evening in Germany is a Monday in Japan."""
    quiet = QuietHours(weekdays="mon-fri", zones={"81": ["Asia/Tokyo"], "49": ["Europe/Berlin"]})

    assert None is quiet.opens_at("819012345678", at(8, 2))
    assert at(8, 8) == quiet.opens_at(GERMAN, at(8, 2))


def test_all_zones_of_a_number_need_the_same_day() -> None:
    """On Monday morning in Sydney it is still too early in Perth, and Friday ends in Sydney."""
    zones = {"614": ["Australia/Perth", "Australia/Sydney"]}
    quiet = QuietHours(weekdays="mon-fri", zones=zones)

    assert at(8, 8, zone="Australia/Perth") == quiet.opens_at(
        AUSTRALIAN, at(5, 21, zone="Australia/Sydney")
    )


def test_zones_without_a_common_hour() -> None:
    """Where no hour suits all zones the message waits, and the question has an end."""
    zones = {"1": ["Pacific/Kiritimati", "Pacific/Honolulu", "Europe/London"]}
    quiet = QuietHours(begin=time(9), end=time(8), weekdays="mon", zones=zones)
    opening_s = quiet.opens_at("12125550123", at(1))

    assert opening_s is not None
    assert opening_s > at(1)


def test_hour_that_comes_twice() -> None:
    """Quiet hours that end in the repeated hour of autumn end in the same one of the two."""
    quiet = QuietHours(
        begin=time(20), end=time(2, 30), zone="Europe/Berlin", zones={"0": ["Europe/Berlin"]}
    )
    second = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=BERLIN)

    assert second.timestamp() + 15 * 60 == quiet.opens_at("0171123", second.timestamp())


@given(
    st.sampled_from([GERMAN, AUSTRALIAN, "0171123"]),
    st.integers(0, 365 * 24 * 60),
    st.sampled_from(["mon-fri", "sat-sun", "wed", "thu-tue", None]),
    st.frozensets(st.dates(date(2026, 1, 1), date(2027, 1, 31)), max_size=40),
    st.tuples(st.integers(0, 23), st.integers(0, 23)),
)
def test_opening_is_allowed(digits, minute, weekdays, holidays, hours) -> None:
    """A moment at which a recipient may be written to stays one when it is asked about again."""
    zones = {"49": ["Europe/Berlin"], "614": ["Australia/Perth", "Australia/Sydney"]}
    quiet = QuietHours(
        begin=time(hours[0]),
        end=time(hours[1]),
        weekdays=weekdays,
        holidays=holidays,
        zone="Europe/Vienna",
        zones=zones,
    )
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    opening = quiet.opens_at(digits, start.timestamp())
    moment = start.timestamp() if opening is None else opening

    assert moment >= start.timestamp()
    # Zones whose open hours never meet have no such moment.
    if digits != AUSTRALIAN:
        assert None is quiet.opens_at(digits, moment)
        day = datetime.fromtimestamp(moment, ZoneInfo(quiet.zones_of(digits)[0])).date()
        assert day not in holidays


# The start


async def test_nothing_leaves_before_the_start() -> None:
    """`send` waits for the start, without an intent in the journal that could be in doubt."""
    watch = Watch(at(1))
    sandbox = Sandbox(now=watch.now)
    async with (
        awaiting(sandbox, clock=watch.clock) as seven,
        Campaign(seven, start=datetime.fromtimestamp(at(1, 15), BERLIN)) as campaign,
    ):
        entries = campaign.send(texts(3))
        with anyio.move_on_after(0.05) as waiting:
            await anext(entries)
        before = len(sandbox.ledger)
        watch.now_s = at(1, 15)
        rest = [entry async for entry in entries]

    assert (True, 0, 3) == (waiting.cancelled_caught, before, len(rest))


async def test_start_that_has_passed() -> None:
    """The same command the day after goes on at once."""
    watch = Watch(at(2))
    sandbox = Sandbox(now=watch.now)
    await run(watch, sandbox, texts(3), start=datetime.fromtimestamp(at(1), UTC))

    assert 3 == accepted_once(sandbox)


@pytest.mark.parametrize("as_stream", [False, True])
async def test_campaign_that_is_stopped_before_its_start(tmp_path: Path, as_stream: bool) -> None:
    """Nothing has left, and the next run has everything to send."""
    watch = Watch(at(1))
    sandbox = Sandbox(now=watch.now)
    options: dict[str, Any] = {"journal": tmp_path / "c.db"}

    async def stream():
        for message in texts(500):
            yield message

    async with (
        awaiting(sandbox, clock=watch.clock) as seven,
        Campaign(seven, start=datetime.fromtimestamp(at(2), UTC), **options) as campaign,
    ):
        entries = campaign.send(stream() if as_stream else list(texts(500)))
        rest: list[Entry] = []

        async def take() -> None:
            rest.extend([entry async for entry in entries])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            while not campaign.is_sending:  # noqa: ASYNC110 - the journal is opened in a thread
                await anyio.sleep(0.01)
            campaign.stop()
    later = await run(watch, sandbox, texts(500), **options)

    assert ([], 500) == (rest, accepted_once(sandbox))
    assert {State.ACCEPTED} == {entry.state for entry in later}


# The end


async def test_rest_is_too_late() -> None:
    """What waited for the rate beyond the end is skipped; the rest does not wait at all."""
    watch = Watch(at(1, 18))
    sandbox = Sandbox(now=watch.now)
    not_after = datetime.fromtimestamp(at(1, 19, 30), BERLIN)
    rate = Rate(1, per_s=3600)
    entries = await run(
        watch, sandbox, texts(50), rate=rate, not_after=not_after, concurrency=1, batch=1
    )

    assert ["accepted"] * 2 + ["too late"] * 48 == reasons(entries)
    assert 2 == accepted_once(sandbox)
    assert watch.now_s < at(1, 20, 1)
    assert not any(entry.is_done for entry in entries if entry.reason == "too late")


async def test_later_end_goes_on(tmp_path: Path) -> None:
    """What was too late goes out with another end; who was served is served no more."""
    watch = Watch(at(1, 18))
    sandbox = Sandbox(now=watch.now)
    options: dict[str, Any] = {"journal": tmp_path / "c.db"}
    not_after = datetime.fromtimestamp(at(1, 19), BERLIN)

    def pass_time(_: Any) -> None:
        watch.now_s += 1200

    async with (
        awaiting(sandbox, clock=watch.clock, on_event=pass_time) as seven,
        Campaign(seven, not_after=not_after, concurrency=1, batch=1, **options) as campaign,
    ):
        first = [entry async for entry in campaign.send(texts(50))]
    sent = len(sandbox.ledger)
    again = await run(watch, sandbox, texts(50), not_after=not_after, **options)
    later = await run(watch, sandbox, texts(50), not_after=not_after + timedelta(days=2), **options)
    states = [Counter(reasons(entries)) for entries in (first, again, later)]

    assert {"accepted": sent, "too late": 50 - sent} == states[0]
    assert {"served before": sent, "too late": 50 - sent} == states[1]
    assert {"served before": sent, "accepted": 50 - sent} == states[2]
    assert (True, 50) == (0 < sent < 50, accepted_once(sandbox))


async def test_report_adds_up(tmp_path: Path) -> None:
    """What was too late is counted as skipped, in the journal as well."""
    watch = Watch(at(1))
    journal = tmp_path / "c.db"
    await run(
        watch,
        Sandbox(now=watch.now),
        texts(20),
        journal=journal,
        not_after=datetime.fromtimestamp(at(1, 11), UTC) - timedelta(hours=3),
    )
    with closing(sqlite3.connect(journal)) as database:
        rows = database.execute("SELECT state, reason, count(*) FROM message").fetchall()

    assert [("skipped", "too late", 20)] == rows


@pytest.mark.parametrize("has_journal", [True, False])
async def test_request_that_has_to_wait_again(tmp_path: Path, has_journal: bool) -> None:
    """A request whose repetition would leave after the end does not leave."""
    watch = Watch(at(1))
    sandbox = Sandbox(now=watch.now)
    sandbox.fault("POST /sms", status=429, retry_after=10, times=1)
    options: dict[str, Any] = {"journal": tmp_path / "c.db"} if has_journal else {}
    not_after = datetime.fromtimestamp(at(1) + 5, UTC)
    first = await run(watch, sandbox, texts(1), not_after=not_after, **options)
    sent = len(sandbox.ledger)
    later = await run(watch, sandbox, texts(1), **options)

    assert (["too late"], 0) == (reasons(first), sent)
    assert (["accepted"], 1) == (reasons(later), accepted_once(sandbox))


async def test_other_form_after_the_end(tmp_path: Path) -> None:
    """The SMS of a refused RCS does not leave after the end; a later run sends it alone."""
    watch = Watch(at(1))
    sandbox = Sandbox(now=watch.now)
    sandbox.fault("POST /rcs/messages", code=202)
    forms = [Fallback(SendRcs(number(1), "Hi"), SendSms(number(1), "Hi"))]

    def pass_time(event: Any) -> None:
        watch.now_s += 3600

    async with (
        awaiting(sandbox, clock=watch.clock, on_event=pass_time) as seven,
        Campaign(
            seven,
            journal=tmp_path / "c.db",
            not_after=datetime.fromtimestamp(at(1) + 1800, UTC),
        ) as campaign,
    ):
        first = [entry async for entry in campaign.send(forms)]
    sent = len(sandbox.ledger)
    sandbox.clear_faults()
    later = await run(watch, sandbox, forms, journal=tmp_path / "c.db")

    assert (["too late"], 0) == (reasons(first), sent)
    assert ["accepted"] == reasons(later)
    assert ["SMS"] == [entry.channel for entry in sandbox.ledger]


async def test_who_would_be_quiet_until_the_end() -> None:
    """Nobody waits for a morning that comes too late."""
    watch = Watch(at(1, 21))
    sandbox = Sandbox(now=watch.now)
    quiet = QuietHours(zone="Europe/Berlin", zones={"49": ["Europe/Berlin"]})
    not_after = datetime.fromtimestamp(at(1, 23), BERLIN)
    with anyio.fail_after(30):
        entries = await run(watch, sandbox, texts(20), quiet_hours=quiet, not_after=not_after)

    assert ["too late"] * 20 == reasons(entries)
    assert (at(1, 21), 0) == (watch.now_s, len(sandbox.ledger))


async def test_message_in_doubt_after_the_end(tmp_path: Path) -> None:
    """What may have been sent stays unknown, and is not called unsent."""
    watch = Watch(at(1))
    sandbox = Sandbox(now=watch.now)
    with sandbox.fault("POST /sms", drop="before"):
        first = await run(watch, sandbox, texts(1), journal=tmp_path / "c.db")
    watch.now_s += 3600
    not_after = datetime.fromtimestamp(at(1), UTC)
    second = await run(watch, sandbox, texts(1), journal=tmp_path / "c.db", not_after=not_after)
    later = await run(watch, sandbox, texts(1), journal=tmp_path / "c.db")

    assert [State.UNKNOWN] == [entry.state for entry in first]
    assert [(State.UNKNOWN, "too late")] == [(entry.state, entry.reason) for entry in second]
    assert (["accepted"], 1) == (reasons(later), accepted_once(sandbox))


async def test_limit_of_cost_is_for_what_leaves() -> None:
    """What is too late costs nothing, so it does not pause the campaign."""
    watch = Watch(at(1))
    not_after = datetime.fromtimestamp(at(1) - 1, UTC)
    entries = await run(
        watch, Sandbox(now=watch.now), texts(50), max_cost="0.10", not_after=not_after
    )

    assert ["too late"] * 50 == reasons(entries)
