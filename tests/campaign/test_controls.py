"""A campaign holds back: by cost, by quiet hours, and when too much fails."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import (
    Clock,
    ConfigurationError,
    InvalidRequestError,
    Pricing,
    Rate,
    SendRcs,
    SendSms,
)
from seven_async.api.pricing import CountryPrices, NetworkPrice
from seven_async.campaign import Campaign, PausedError, QuietHours, Reason, State
from seven_async.campaign.prices import Tariff
from seven_async.campaign.sending.limits import Speedometer
from seven_async.campaign.sending.quiet_hours import NO_ZONE
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number, texts


class Watch:
    """A clock whose sleeps pass at once."""

    def __init__(self, now_s: float = 1_750_000_000.0) -> None:
        self.now_s = now_s
        self.clock = Clock(monotonic=self.now, now=self.now, sleep=self.sleep)

    def now(self) -> float:
        """Seconds."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.now_s += seconds
        await anyio.lowlevel.checkpoint()


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


async def paused(campaign, messages) -> PausedError:
    """The pause that a campaign runs into."""
    async with campaign:
        with pytest.raises(PausedError) as raised:
            await everything(campaign, messages)
    return raised.value


async def everything(campaign, messages):
    """All entries of a campaign."""
    return [entry async for entry in campaign.send(messages)]


def test_speedometer_forgets():
    """The rate is that of the last ten seconds."""
    speed = Speedometer()
    for second in range(20):
        for _ in range(5):
            speed.count(float(second), 1)

    assert 5.0 == speed.per_s(19.5)
    assert 0.0 == speed.per_s(60.0)


async def test_cost_stops_before_the_line(sandbox):
    """`max_cost` is never crossed, and what fits is sent."""
    async with awaiting(sandbox) as seven:
        campaign = Campaign(seven, max_cost=1)
        pause = await paused(campaign, texts(1000, "Hi"))

    assert Reason.COST is pause.reason
    cost = sum(entry.price for entry in sandbox.ledger)
    assert Decimal(1) - Decimal("0.1") <= cost <= Decimal(1)
    assert campaign.report().cost == cost


async def test_cost_counts_earlier_runs(sandbox, tmp_path):
    """The line is for the whole campaign, not for each run."""
    settings = {"journal": tmp_path / "c.db", "max_cost": "0.80"}
    async with awaiting(sandbox) as seven:
        await paused(Campaign(seven, **settings), texts(100))
        await paused(Campaign(seven, **settings), texts(100))
        pause_at = accepted_once(sandbox)
        async with Campaign(seven, journal=tmp_path / "c.db", max_cost=100) as campaign:
            await everything(campaign, texts(100))

    assert 10 == pause_at
    assert 100 == accepted_once(sandbox) == campaign.report().accepted


async def test_failures_pause(sandbox):
    """When too many of the last messages fail, the campaign waits for somebody to look."""
    sandbox.fault("POST /sms", status=200, body='"202"')
    async with awaiting(sandbox) as seven:
        campaign = Campaign(seven, max_error_rate=0.5, error_window=50)
        pause = await paused(campaign, texts(10_000))

    assert Reason.ERRORS is pause.reason
    assert "50 of the last 50" in str(pause)
    assert campaign.report().given < 300


async def test_failures_below_the_rate_do_not_pause(sandbox):
    """A few wrong numbers are ordinary."""
    wrong = SendSms("+4915550000202", "Hi")
    messages = [wrong if place % 3 else message for place, message in enumerate(texts(150))]
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, max_error_rate=0.9, error_window=30, batch=1) as campaign,
    ):
        await everything(campaign, messages)

    assert 150 == campaign.report().given
    assert 100 == campaign.report().rejected


async def test_what_was_in_doubt_before_is_no_failure(sandbox, tmp_path):
    """Messages that stay unknown are told in every run; they do not pause it."""
    messages = [SendRcs(number(place), "Hi") for place in range(60)]
    settings = {"journal": tmp_path / "c.db", "error_window": 20}
    async with awaiting(sandbox) as seven:
        with sandbox.fault("POST", drop="before"):
            async with Campaign(seven, max_error_rate=None, **settings) as campaign:
                await everything(campaign, messages)
        async with Campaign(seven, max_error_rate=0.1, **settings) as campaign:
            entries = await everything(campaign, [*messages, SendSms(number(1), "Hi")])

    assert 61 == len(entries)
    assert 60 == campaign.report().unknown


async def test_paused_campaign_goes_on(sandbox, tmp_path):
    """After a pause the same messages with the same journal serve whoever was left out, once."""
    fault = sandbox.fault("POST /sms", status=200, body='"500"')
    async with awaiting(sandbox) as seven:
        await paused(Campaign(seven, journal=tmp_path / "c.db"), texts(300))
        fault.remove()
        async with Campaign(seven, journal=tmp_path / "c.db") as campaign:
            await everything(campaign, texts(300))
            report = campaign.report()

    assert 300 == accepted_once(sandbox) == report.accepted == report.given


async def test_progress_tells_how_far(sandbox):
    """Whoever watches sees what is done of how many, what it cost, and what failed."""
    messages = [*texts(9), SendSms("+4915550000202", "Hi")]
    async with awaiting(sandbox) as seven, Campaign(seven) as campaign:
        before = campaign.progress()
        await everything(campaign, messages)
        progress = campaign.progress()

    assert (0, None) == (before.done, before.eta_s)
    assert (10, 10, 0) == (progress.done, progress.total, progress.eta_s)
    assert {"InvalidParameterError 202": 1} == progress.failures
    assert sum(entry.price for entry in sandbox.ledger) == progress.cost


def at(hour: int, minute: int = 0, zone: str = "Europe/Berlin", day: int = 15) -> float:
    """A moment of June 2026 in some zone."""
    return datetime(2026, 6, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()


GERMAN, AMERICAN, JAPANESE = "491711234567", "12125550123", "819012345678"
AUSTRALIAN = "61491570006"


@pytest.mark.parametrize(
    ("now_s", "expected"),
    [
        (at(12), None),
        (at(19, 59), None),
        (at(20), at(8, day=16)),
        (at(3), at(8)),
        (at(8), None),
    ],
)
def test_quiet_hours_lie_around_midnight(now_s, expected):
    """From eight in the evening to eight in the morning, by the recipient's clock."""
    assert expected == QuietHours().opens_at(GERMAN, now_s)


def test_number_with_several_zones_is_awake_when_all_are():
    """An Australian mobile does not tell where it is: Perth has to be awake, too."""
    quiet = QuietHours()
    assert at(8, zone="Australia/Perth") <= quiet.opens_at(
        AUSTRALIAN, at(9, zone="Australia/Sydney")
    )
    assert None is quiet.opens_at(AUSTRALIAN, at(14, zone="Australia/Sydney"))
    own = QuietHours(zones={"6149": ("Australia/Sydney",)})
    assert None is own.opens_at(AUSTRALIAN, at(9, zone="Australia/Sydney"))


@pytest.mark.parametrize(
    ("digits", "zone"),
    [
        (AMERICAN, "America/New_York"),
        ("13105550123", "America/Los_Angeles"),
        (JAPANESE, "Asia/Tokyo"),
        ("919876543210", "Asia/Calcutta"),
        ("447700900127", "Europe/London"),
        (AUSTRALIAN, "Australia/Perth"),
    ],
)
def test_zones_are_those_of_the_number(digits, zone):
    """The zone of a number is never that of the sender."""
    assert zone in QuietHours().zones_of(digits)
    assert "Europe/Berlin" not in QuietHours(zone="Europe/Berlin").zones_of(digits)


@pytest.mark.parametrize("digits", ["0171123", "Group 1", "881612345678"])
def test_recipient_whose_zone_nobody_knows(digits):
    """Nobody's hours are guessed: a zone has to be given."""
    with pytest.raises(InvalidRequestError, match="zone="):
        QuietHours().opens_at(digits, at(12))

    assert ("Asia/Tokyo",) == QuietHours(zone="Asia/Tokyo").zones_of(digits)


async def test_message_without_a_zone_is_planned_and_skipped(sandbox):
    """What quiet hours cannot decide is in the plan with its line, and is not sent."""
    messages = [SendSms("Group 1", "Hi"), SendSms(number(1), "Hi")]
    awake = QuietHours(begin=time(1), end=time(1))
    async with awaiting(sandbox) as seven, Campaign(seven, quiet_hours=awake) as campaign:
        plan = await campaign.plan(messages)
        entries = await everything(campaign, messages)

    assert (1, 1) == (plan.to_send, plan.suppressed)
    assert [(1, NO_ZONE)] == [(problem.line, problem.reason) for problem in plan.problems]
    assert {"Group 1": NO_ZONE} == {
        entry.recipient: entry.reason for entry in entries if entry.state is State.SKIPPED
    }
    assert 1 == len(sandbox.ledger)


@given(
    st.sampled_from([GERMAN, AMERICAN, JAPANESE, AUSTRALIAN, "0171123"]),
    st.integers(0, 365 * 24 * 60),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_opening_is_awake(digits, minute, begin, end):
    """When a recipient may be written to, it is nowhere quiet, summer time or not."""
    quiet = QuietHours(begin=time(begin), end=time(end), zone="Europe/Vienna")
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    opening = quiet.opens_at(digits, start.timestamp())

    if opening is not None and opening - start.timestamp() < 48 * 3600:
        assert opening > start.timestamp()
        assert None is quiet.opens_at(digits, opening)


def test_unknown_zone_is_refused():
    """A zone that does not exist is a mistake, told at once."""
    with pytest.raises(ConfigurationError, match="Europe/Berlin"):
        QuietHours(zone="Europe/Atlantis")
    with pytest.raises(ConfigurationError, match="Europe/Berlin"):
        QuietHours(zones={"49": ("Europe/Atlantis",)})


async def test_quiet_recipients_wait_while_others_go(monkeypatch):
    """Who sleeps is written to later; who is awake is not kept waiting."""
    watch = Watch(at(21))  # evening in Berlin, noon in America
    monkeypatch.setattr("seven_async.campaign.sending.batcher._LOOK_S", 0.01)
    sandbox = Sandbox(now=watch.now)
    messages = [SendSms(number(1), "Hi"), SendSms("+" + AMERICAN, "Hi")]
    async with (
        awaiting(sandbox, clock=watch.clock) as seven,
        Campaign(seven, quiet_hours=QuietHours()) as campaign,
    ):
        entries = campaign.send(messages)
        first = await anext(entries)
        with anyio.move_on_after(0.05) as waiting:
            await anext(entries)
        watch.now_s = at(13, day=16)  # Berlin is awake; the message left when it was
        second = await anext(entries)

    assert ("+" + AMERICAN, number(1)) == (first.recipient, second.recipient)
    assert waiting.cancelled_caught


async def test_quiet_hours_are_asked_again_before_a_message_leaves(monkeypatch):
    """A message that waited for the rate until evening waits on until morning."""
    watch = Watch(at(18))
    monkeypatch.setattr("seven_async.campaign.sending.batcher._LOOK_S", 0.01)
    sandbox = Sandbox(now=watch.now)
    messages = list(texts(4))
    async with (
        awaiting(sandbox, clock=watch.clock) as seven,
        Campaign(seven, quiet_hours=QuietHours(), rate=Rate(1, per_s=3600)) as campaign,
    ):
        entries = campaign.send(messages)
        before = [await anext(entries) for _ in range(2)]  # at 18:00 and 19:00
        with anyio.move_on_after(0.05) as waiting:
            await anext(entries)
        watch.now_s = at(9, day=16)
        after = [await anext(entries) for _ in range(2)]

    assert waiting.cancelled_caught
    assert [State.ACCEPTED] * 4 == [entry.state for entry in before + after]
    hours = [
        datetime.fromtimestamp(entry.time, ZoneInfo("Europe/Berlin")).hour
        for entry in sandbox.ledger
    ]
    assert [18, 19] == hours[:2]
    assert all(8 <= hour < 20 for hour in hours)


def test_prices_go_by_the_longest_prefix():
    """A country inside another's prefix has its own price; unknown ones count as the dearest."""
    prices = Tariff(
        Pricing(
            countries=(
                country("US", "1", "0.01", "0.02"),
                country("CA", "1", "0.03"),
                country("JM", "1876", "0.50"),
            )
        )
    )

    assert ("US/CA", Decimal("0.01"), Decimal("0.03")) == prices.price("12125550123")
    assert Decimal("0.50") == prices.price("18765550123").highest
    assert Decimal("0.50") == prices.price("99999").highest


def country(code: str, prefix: str, *prices: str) -> CountryPrices:
    """A country with a network for each price."""
    networks = tuple(NetworkPrice(price=Decimal(price)) for price in prices)
    return CountryPrices(country_code=code, country_prefix=prefix, networks=networks)
