"""A machine with a wrong clock, a gateway with the right one, and a wire that loses things.

In: how far off the machine's clock is, and when it is set. Out: campaigns whose journal goes from
run to run. I/O: the journal's file. No time passes but what the tests let pass.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
from attrs import define, field, frozen

from seven_async import AsyncSeven, BootTime, Clock, SendRcs, SendSms
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox

MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0
IN_2026: Final = 1_780_000_000.0
SUMMER_TIME_ENDS: Final = 1_792_890_000.0
"""2026-10-25 01:00 UTC: in Berlin it is 3 in the morning, and then 2 again."""


@frozen
class Fault:
    """What is wrong with a machine's clock. `off_s` seconds are ahead of the right time.

    `between_s` is by how much it is set after the first run, `within_s` while that is under way.
    """

    name: str
    off_s: float = 0.0
    between_s: float = 0.0
    within_s: float = 0.0
    begins_at: float = IN_2026


FAULTS: Final = (
    Fault("right"),
    Fault("minutes ahead", off_s=4 * MINUTE_S),
    Fault("hours ahead", off_s=2 * HOUR_S),
    Fault("days ahead", off_s=40 * DAY_S),
    Fault("minutes behind", off_s=-4 * MINUTE_S),
    Fault("hours behind", off_s=-2 * HOUR_S),
    Fault("in 1970", off_s=-IN_2026),
    Fault("minutes ahead, then right", off_s=4 * MINUTE_S, between_s=-4 * MINUTE_S),
    Fault("in 1970, then right", off_s=-IN_2026, between_s=IN_2026),
    Fault("set forward while it sends", within_s=2 * HOUR_S),
    Fault("set back while it sends", within_s=-2 * HOUR_S),
    Fault("the hour that comes twice", within_s=-HOUR_S, begins_at=SUMMER_TIME_ENDS - 30.0),
)


FATES: Final = ("arrives", "arrives late", "answer lost", "request lost")


@frozen
class Account:
    """What differs between accounts, machines and callers."""

    has_lock: bool
    declares_lock: bool | None
    journal_lag_s: float
    has_boot_time: bool


ACCOUNTS: Final = (
    Account(has_lock=False, declares_lock=None, journal_lag_s=90.0, has_boot_time=True),
    Account(has_lock=False, declares_lock=None, journal_lag_s=500.0, has_boot_time=False),
    Account(has_lock=True, declares_lock=True, journal_lag_s=400.0, has_boot_time=True),
    Account(has_lock=True, declares_lock=True, journal_lag_s=400.0, has_boot_time=False),
)


@define
class World:
    """The right time, and the machine and the gateway that live in it."""

    fault: Fault
    account: Account
    journal: Path
    seed: int
    now_s: float = field(init=False)
    off_s: float = field(init=False)
    sandbox: Sandbox = field(init=False)
    is_lossy: bool = True
    fates: list[str] = field(factory=list[str])
    """What becomes of the next requests; drawn where none is left."""
    _late: list[tuple[float, httpx.Request]] = field(factory=list[tuple[float, httpx.Request]])

    def __attrs_post_init__(self) -> None:
        self.now_s, self.off_s = self.fault.begins_at, self.fault.off_s
        account = self.account
        self.sandbox = Sandbox(
            now=lambda: self.now_s,
            reload_lock=account.has_lock,
            journal_lag_s=account.journal_lag_s,
        )

    @property
    def clock(self) -> Clock:
        """The clocks of the machine: its Unix time is off, the others cannot be set."""
        has_boot_time = self.account.has_boot_time
        return Clock(
            now=lambda: self.now_s + self.off_s,
            monotonic=lambda: self.now_s,
            sleep=lambda _: anyio.lowlevel.checkpoint(),
            boot_time=lambda: BootTime("this start", self.now_s) if has_boot_time else None,
        )

    async def pass_time(self, seconds: float) -> None:
        """Let time pass; what was held up on its way arrives meanwhile."""
        end_s = self.now_s + seconds
        while due := [late for late in self._late if late[0] <= end_s]:
            arrival = min(due, key=lambda late: late[0])
            self._late.remove(arrival)
            self.now_s = arrival[0]
            await self.sandbox.transport.handle_async_request(arrival[1])
        self.now_s = end_s

    def hold_up(self, request: httpx.Request, seconds: float) -> None:
        """Have a request arrive later."""
        self._late.append((self.now_s + seconds, request))

    async def send(self, channel: str, count: int) -> Counter[str]:
        """Send the messages with the journal of all runs; their states."""
        transport = Wire(self)
        async with (
            AsyncSeven(
                **{**self.sandbox.options, "transport": transport},
                clock=self.clock,
                concurrency=2,
            ) as seven,
            Campaign(
                seven, journal=self.journal, batch=3, reload_lock=self.account.declares_lock
            ) as campaign,
        ):
            return Counter(
                [entry.state.value async for entry in campaign.send(messages(channel, count))]
            )

    def crash(self) -> None:
        """Leave the journal as it is when the process was killed before it knew any result."""
        with closing(sqlite3.connect(self.journal)) as database:
            database.execute(
                """UPDATE message SET state = 'intent', result_at = NULL, gateway_at = NULL
                   WHERE state = 'unknown' AND rowid % 2 = ?""",
                (self.seed % 2,),
            )
            database.commit()

    def served(self) -> Counter[str]:
        """How often the gateway has accepted a message for each recipient."""
        return Counter(entry.to for entry in self.sandbox.ledger)


class Wire(httpx.AsyncBaseTransport):
    """Leads to the sandbox; while the world is lossy, few requests and answers get through."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = random.Random(world.seed)
        self._sends = 0
        self.gateway_id = world.sandbox.transport.gateway_id

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the sandbox, or a connection that broke before or after it had worked."""
        world = self._world
        trace = request.extensions.get("trace")
        await request.aread()
        is_send = request.method == "POST"
        if not (world.is_lossy or (is_send and world.fates)):
            return await world.sandbox.transport.handle_async_request(request)
        if trace is not None:
            await trace("http11.send_request_headers.started", {})
        if not is_send:
            raise httpx.ReadError("lost")
        return await self._lossy(request)

    async def _lossy(self, request: httpx.Request) -> httpx.Response:
        world = self._world
        self._sends += 1
        if self._sends == 2:
            world.off_s += world.fault.within_s
        fate = world.fates.pop(0) if world.fates else self._chance.choice(FATES)
        await world.pass_time(self._chance.uniform(0.0, 4.0))
        if fate == "arrives late":
            world.hold_up(request, self._chance.uniform(1.0, 60.0))
        elif fate != "request lost":
            response = await world.sandbox.transport.handle_async_request(request)
            if fate == "arrives":
                return response
        raise httpx.ReadError("lost")


def messages(channel: str, count: int) -> Iterator[Any]:
    """Messages with one text for all, so that they share requests, or with texts of their own."""
    kind = SendSms if channel == "sms" else SendRcs
    for place in range(count):
        yield kind(f"+4917{place:08d}", "Hi" if place % 2 else f"Hi {place}")
