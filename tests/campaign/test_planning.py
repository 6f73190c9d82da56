"""A plan says what sending would do and cost, and sends nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seven_async import Clock, InvalidRequestError, SendRcs, SendSms
from seven_async.campaign import Campaign, Fallback, read_csv
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, blocking, number, texts


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


async def build_plan(sandbox, messages, **settings):
    """The plan for some messages."""
    async with awaiting(sandbox) as seven, Campaign(seven, **settings) as campaign:
        return await campaign.plan(messages)


async def price(sandbox, country: str) -> tuple[Decimal, Decimal]:
    """The cheapest and the dearest network of a country."""
    async with awaiting(sandbox) as seven:
        (found,) = (await seven.pricing.get(country=country)).countries
        prices = [network.price for network in found.networks]
        return min(prices), max(prices)


async def test_plan_sends_nothing(sandbox):
    """Reading, counting and asking prices is all there is to it."""
    plan = await build_plan(sandbox, list(texts(25)))

    assert (25, 25) == (plan.given, plan.to_send)
    assert 0 == len(sandbox.ledger)


async def test_cost_goes_by_country_and_segments(sandbox):
    """Each country's segments times its price, and the total beside the credit."""
    messages = [*texts(10, "Hi"), *texts(0), SendSms("+43664123456", "x" * 161)]
    plan = await build_plan(sandbox, messages)
    costs = {one.country: one for one in plan.countries}
    cheap, dear = await price(sandbox, "AT")

    assert (1, 2) == (costs["AT"].messages, costs["AT"].segments)
    assert (2 * cheap, 2 * dear) == (costs["AT"].lowest, costs["AT"].highest)
    assert (10, 10) == (costs["DE"].messages, costs["DE"].segments)
    assert plan.highest_cost == sum(one.highest for one in plan.countries)
    assert (12, {1: 10, 2: 1}) == (plan.segments, plan.by_segments)
    assert (Decimal(1_000_000), True) == (plan.balance, plan.is_affordable)


async def test_balance_that_does_not_suffice_is_told():
    """A campaign that the account cannot pay for is seen before it begins."""
    plan = await build_plan(Sandbox(balance="0.10"), list(texts(10)))

    assert not plan.is_affordable
    assert "NOT ENOUGH" in str(plan)


async def test_delivery_takes_its_time(sandbox):
    """Ten messages a second, unless the account has more."""
    async with awaiting(sandbox) as seven, Campaign(seven) as campaign:
        ordinary = await campaign.plan(list(texts(100)))
        faster = await campaign.plan(list(texts(100)), per_s=50)

    assert (10.0, 2.0) == (ordinary.duration_s, faster.duration_s)


async def test_characters_that_cost_are_named(sandbox):
    """One typographic quote makes two segments of one; the plan says which and what it costs."""
    text = "It’s time – " + "x" * 80
    plan = await build_plan(sandbox, [SendSms(number(place), text) for place in range(3)])
    (finding,) = plan.findings

    assert {"’": 3, "–": 3} == plan.characters
    assert (3, 3) == (plan.ucs2, plan.saved_segments)
    assert (2, 1, "’–") == (finding.segments, finding.segments_then, finding.characters)
    assert "It's time - " + "x" * 80 == finding.suggestion
    assert plan.saved_cost == 3 * (await price(sandbox, "DE"))[1]
    assert "time" not in repr(plan)


async def test_who_gets_nothing_is_counted(sandbox, tmp_path):
    """Duplicates, suppressed, refused and served ones are told apart, with line and reason."""
    journal = tmp_path / "c.db"
    settings = {"journal": journal, "suppress": [number(3)]}
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        async for _ in campaign.send(texts(2)):
            pass
    messages = [*texts(6), SendSms("0049" + number(5)[3:], "Hi"), SendSms("12", "Hi")]
    plan = await build_plan(sandbox, messages, **settings)

    assert 8 == plan.given
    assert (3, 2, 1, 1, 1) == (
        plan.to_send,
        plan.served,
        plan.suppressed,
        plan.duplicates,
        plan.refused,
    )
    assert [(7, "duplicate of line 6"), (8, "the number is too short")] == [
        (one.line, one.reason) for one in plan.problems
    ]
    assert number(5)[3:] not in repr(plan)


async def test_plan_of_a_file_names_its_lines(sandbox, tmp_path):
    """Rows that cannot be sent are in the plan with the file's lines."""
    file = tmp_path / "people.csv"
    file.write_text("phone\n+491701111111\nletters\n+491701111111\n")
    plan = await build_plan(sandbox, read_csv(file, text="Hi"))

    assert (3, 1, 2) == (plan.given, plan.to_send, plan.refused)
    assert [3, 4] == [one.line for one in plan.problems]


async def test_number_in_two_files_is_a_duplicate(sandbox, tmp_path):
    """A file knows its own duplicates only; rows of two files are compared all the same."""
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_text("phone\n+491701111111\n")
    plan = await build_plan(
        sandbox, [row for file in files for row in read_csv(file, text="Hi").rows()]
    )

    assert (2, 1, 1) == (plan.given, plan.to_send, plan.duplicates)


async def test_own_keys_of_a_file_are_compared(sandbox, tmp_path):
    """Two rows with one key are one message, whatever their numbers."""
    file = tmp_path / "people.csv"
    file.write_text("phone\n+491701111111\n+491702222222\n")
    plan = await build_plan(sandbox, read_csv(file, text="Hi"), key=lambda _: "same")

    assert (2, 1, 1) == (plan.given, plan.to_send, plan.duplicates)


async def test_channels_without_a_price_are_told(sandbox):
    """The price list has SMS only: others are counted, not guessed."""
    plan = await build_plan(sandbox, [SendRcs(number(1), "Hi"), SendSms(number(2), "Hi")])

    assert ({"rcs": 1, "sms": 1}, 1) == (plan.channels, plan.unpriced)
    assert "cost not known for 1 by RCS: the price list has SMS only" in str(plan)
    assert "enough for the SMS alone" in str(plan)


async def test_other_forms_are_no_part_of_the_cost(sandbox):
    """What a fall-back would cost is told beside the sums, since nobody knows who needs it."""
    forms = [
        Fallback(SendRcs(number(place), "Hi"), SendSms(number(place), "x" * 161))
        for place in range(3)
    ]
    plan = await build_plan(sandbox, forms)
    _, dear = await price(sandbox, "DE")

    assert ({"rcs": 3}, 3, 3) == (plan.channels, plan.unpriced, plan.fallbacks)
    assert (0, 3 * 2 * dear) == (plan.highest_cost, plan.fallback_cost)
    assert (
        f"3 may go out in another form if the first is refused, as SMS for "
        f"{plan.fallback_cost} EUR at most"
    ) in str(plan)
    assert "cost 0" not in str(plan)


@pytest.mark.parametrize("once", [iter, lambda messages: (one for one in messages)])
async def test_iterator_is_refused(sandbox, once):
    """What can be read only once would be empty when it is sent; the error names the fix."""
    with pytest.raises(InvalidRequestError, match="give a list"):
        await build_plan(sandbox, once(list(texts(3))))


async def test_async_iterator_is_refused_too(sandbox):
    """The same for an async generator; an async iterable that starts anew is fine."""

    class Anew:
        async def __aiter__(self):
            for message in texts(3):
                yield message

    async def once():
        yield SendSms(number(1), "Hi")

    with pytest.raises(InvalidRequestError, match="give a list"):
        await build_plan(sandbox, once())
    assert 3 == (await build_plan(sandbox, Anew())).to_send


def test_blocking_plan_is_the_same(sandbox):
    """Without await, with the input read in the caller's thread."""
    with blocking(sandbox) as seven, Campaign(seven) as campaign:
        plan = campaign.plan(list(texts(7)))
        with pytest.raises(InvalidRequestError):
            campaign.plan(texts(1))

    assert (7, 0) == (plan.to_send, len(sandbox.ledger))


@pytest.mark.parametrize(("off_s", "is_told"), [(7200.0, True), (5.0, False)])
async def test_clock_that_is_off_is_told(off_s: float, is_told: bool):
    """A plan says how far the own clock is from the gateway's, if it is far."""
    sandbox = Sandbox(now=lambda: 1_780_000_000.0)
    clock = Clock(now=lambda: 1_780_000_000.0 + off_s)
    async with awaiting(sandbox, clock=clock) as seven, Campaign(seven) as campaign:
        plan = await campaign.plan(list(texts(1)))

    assert off_s == plan.clock_ahead_s
    assert is_told == ("clock of this machine is 7200 s ahead of" in str(plan))


def test_blocking_plan_tells_the_clock_too():
    """The same in the other colour."""
    sandbox = Sandbox(now=lambda: 1_780_000_000.0)
    clock = Clock(now=lambda: 1_780_000_000.0 - 60.0)
    with blocking(sandbox, clock=clock) as seven, Campaign(seven) as campaign:
        assert -60.0 == campaign.plan(list(texts(1))).clock_ahead_s
