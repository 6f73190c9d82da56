"""No clock doubles a message, and none keeps one back for ever."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.campaign.clocks import ACCOUNTS, DAY_S, FAULTS, MINUTE_S, Account, Fault, World

RESUMED_AFTER_S = (20.0, 2 * MINUTE_S, 3 * MINUTE_S, 8 * MINUTE_S, 40 * MINUTE_S, 2 * DAY_S)
"""From one run to the next; within the lock, after it, within the grace period, and after it."""

SEEDS = 6
RIGHT = FAULTS[0]


async def check_all_are_served_once(
    world: World, channel: str, count: int, pauses_s: Sequence[float]
) -> None:
    """Send with losses and a crash, go on until all is done, and look at who was served."""
    await world.send(channel, count)
    world.crash()
    world.is_lossy = False
    world.off_s += world.fault.between_s
    for pause_s in pauses_s:
        await world.pass_time(pause_s)
        await world.send(channel, count)
        assert {1} >= set(world.served().values()), f"twice after {pause_s:g} s more"
    assert count == len(world.served()), "somebody was left out"


@pytest.mark.parametrize("channel", ["sms", "rcs"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("account", [ACCOUNTS[0], ACCOUNTS[3]], ids=["no-lock", "no-boot-time"])
async def test_each_message_arrives_once(
    tmp_path: Path, account: Account, fault: Fault, channel: str
):
    """Whatever the clock shows, with the lock on or off, a journal that lags, and requests late."""
    world = World(fault, account, tmp_path / "campaign.db", seed=1)

    await check_all_are_served_once(world, channel, 12, RESUMED_AFTER_S)


@pytest.mark.soak
@pytest.mark.parametrize("channel", ["sms", "rcs"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_each_of_many_messages_arrives_once(tmp_path: Path, fault: Fault, channel: str):
    """The same for every kind of account, with other losses and pauses each time."""
    for seed in range(SEEDS):
        chance = random.Random(seed)
        pauses_s = [*(chance.uniform(1.0, 300.0) for _ in range(8)), *RESUMED_AFTER_S]
        for place, account in enumerate(ACCOUNTS):
            world = World(fault, account, tmp_path / f"{seed}-{place}.db", seed)
            await check_all_are_served_once(world, channel, 40, pauses_s)


async def test_grace_period_counts_from_the_last_attempt(tmp_path: Path):
    """A repetition under the lock may be what the gateway's journal does not list yet."""
    account = Account(has_lock=True, declares_lock=True, journal_lag_s=550.0, has_boot_time=True)
    world = World(RIGHT, account, tmp_path / "campaign.db", seed=0)
    world.fates = ["request lost"]
    states = [*await world.send("sms", 1)]
    world.is_lossy = False
    # The repetition after 90 s is accepted; the first attempt is 610 s old when it is looked for.
    for pause_s, world.fates in ((90.0, ["answer lost", "request lost"]), (520.0, []), (60.0, [])):
        await world.pass_time(pause_s)
        states += await world.send("sms", 1)

    assert ["unknown", "unknown", "unknown", "skipped"] == states
    assert [1] == list(world.served().values())


async def test_message_that_left_before_any_reply_waits_for_two_looks(tmp_path: Path):
    """Where nothing tells how old an intent is, its age counts from when it was first missed."""
    account = Account(has_lock=False, declares_lock=None, journal_lag_s=90.0, has_boot_time=False)
    world = World(RIGHT, account, tmp_path / "campaign.db", seed=0)
    world.fates = ["request lost"]
    await world.send("sms", 1)
    with closing(sqlite3.connect(world.journal)) as database:
        database.execute("UPDATE message SET state = 'intent', gateway_at = NULL")
        database.commit()
    world.is_lossy = False
    states: list[str] = []
    for pause_s in (DAY_S, 300.0, 310.0):
        await world.pass_time(pause_s)
        states += await world.send("sms", 1)

    assert ["unknown", "unknown", "accepted"] == states
    assert [1] == list(world.served().values())
