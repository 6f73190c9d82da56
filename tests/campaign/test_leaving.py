"""Whoever leaves early stops the reading; what is in flight finishes."""

from __future__ import annotations

import contextlib

import anyio
import pytest

from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, blocking, texts


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway that takes a moment."""
    return Sandbox(latency_s=0.02)


class Counted:
    """An endless input that counts what was read of it."""

    def __init__(self) -> None:
        self.read = 0

    def __iter__(self):
        for message in texts(1_000_000):
            self.read += 1
            yield message


async def fail_in_the_loop(campaign, messages):
    """Raises from the body of the loop over a campaign's entries."""
    async with campaign:
        async for _ in campaign.send(messages):
            raise LookupError


async def test_leaving_the_loop_stops_reading(sandbox):
    """After `break` nothing is read, and what had been read is served."""
    messages = Counted()
    async with awaiting(sandbox, concurrency=8) as seven, Campaign(seven, batch=1) as campaign:
        async for _ in campaign.send(messages):
            break

    assert messages.read < 200
    assert messages.read == campaign.report().given == accepted_once(sandbox)


async def test_error_in_the_loop_lets_what_is_in_flight_finish(sandbox):
    """The caller's own error comes out as it is, and nothing in flight is lost."""
    messages = Counted()
    campaign = Campaign(awaiting(sandbox, concurrency=8), batch=1)
    with pytest.raises(LookupError):
        await fail_in_the_loop(campaign, messages)

    assert messages.read == campaign.report().given == accepted_once(sandbox)


async def test_cancelled_campaign_lets_what_is_in_flight_finish(sandbox):
    """A cancelled caller waits for what is in flight, not for the rest of the input."""
    messages = Counted()
    async with awaiting(sandbox, concurrency=8) as seven:
        with anyio.move_on_after(0.07) as scope:
            async with Campaign(seven, batch=1) as campaign:
                async for _ in campaign.send(messages):
                    pass

    assert scope.cancelled_caught
    assert 0 < campaign.report().given < 1_000
    assert campaign.report().given == campaign.report().accepted == accepted_once(sandbox)


async def test_cancelled_campaign_does_not_wait_for_ever():
    """What does not finish within `finish_s` is told as unknown."""
    sandbox = Sandbox(latency_s=30)
    async with awaiting(sandbox, concurrency=2) as seven:
        with anyio.fail_after(5), anyio.move_on_after(0.05):
            async with Campaign(seven, batch=1, finish_s=0.1) as campaign:
                async for _ in campaign.send(texts(100)):
                    pass

    assert 2 == campaign.report().unknown == campaign.report().given


async def test_stop_ends_the_entries(sandbox):
    """After `stop` the entries of what is in flight still come, then the loop ends."""
    messages = Counted()
    got = 0
    async with awaiting(sandbox, concurrency=8) as seven, Campaign(seven, batch=1) as campaign:
        async for _ in campaign.send(messages):
            got += 1
            campaign.stop()

    assert got == messages.read == accepted_once(sandbox) < 200


async def test_second_send_waits_for_the_first(sandbox):
    """One campaign sends one input at a time; one that was left early ends first."""
    async with awaiting(sandbox, concurrency=8) as seven, Campaign(seven, batch=1) as campaign:
        async for _ in campaign.send(texts(10_000)):
            break
        first = len(sandbox.ledger)
        entries = [entry async for entry in campaign.send(texts(5, "Other {}"))]

    assert 5 == len(entries)
    assert first + 5 <= len(sandbox.ledger) <= first + 5 + 8


def leave(how, campaign, messages):
    """Leaves the blocking loop over a campaign's entries in one of three ways."""
    with campaign:
        for _ in campaign.send(messages):
            if how == "break":
                break
            if how == "raise":
                raise LookupError
            campaign.stop()


@pytest.mark.parametrize("how", ["break", "raise", "stop"])
def test_blocking_loop_is_left(sandbox, how):
    """The blocking loop is left in the same ways, and nothing in flight is lost."""
    messages = Counted()
    with blocking(sandbox, concurrency=8) as seven:
        campaign = Campaign(seven, batch=1)
        with contextlib.suppress(LookupError):
            leave(how, campaign, messages)

    assert messages.read < 1_000
    assert campaign.report().given == accepted_once(sandbox) > 0
