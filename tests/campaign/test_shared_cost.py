"""The limit of cost where one process sends, and workers have messages of the same campaign."""

from __future__ import annotations

import contextlib
import json
import threading
from decimal import Decimal
from typing import Self

import anyio
import pytest
from anyio import to_thread

from seven_async import SendSms
from seven_async.campaign import Campaign, CampaignJournal, PausedError, Reason, work_chunk
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number, texts
from tests.campaign.machines import RANGE, load, read, wait_until
from tests.campaign.test_worker_limits import COMMITTED, DEAR, cost

pytest.importorskip("psycopg", reason="the extra postgres is not installed")
statements = pytest.importorskip("seven_async.campaign.journal.postgres.statements")

IN_FLIGHT = "SELECT count(*) FROM seven.message WHERE state = 'intent'"
LONG_S = 5.0
"""Less than a client waits; no test does."""

CLAIMED = 5
"""What a worker of one connection claims while its first request is in flight."""


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


class Gate:
    """Answers that take long wait until it is opened."""

    def __init__(self) -> None:
        self.opened = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait for what takes long; nothing else takes time."""
        if seconds >= LONG_S:
            await self.opened.wait()


class BusyWorker:
    """A worker that has messages in flight from the beginning of a block on."""

    def __init__(self, sandbox: Sandbox, address: str, gate: Gate) -> None:
        self._sandbox, self._address, self._gate = sandbox, address, gate
        self._tasks = anyio.create_task_group()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        with self._sandbox.fault("POST /sms", delay_s=LONG_S):
            self._tasks.start_soon(self._work)
            await wait_until(lambda: read(self._address, IN_FLIGHT) == [(CLAIMED,)])
            await wait_until(lambda: self._sandbox.ledger)
        return self

    async def __aexit__(self, *failure) -> None:
        self._gate.opened.set()
        await self._tasks.__aexit__(*failure)

    async def _work(self) -> None:
        ((_, low, high),) = read(self._address, RANGE)
        async with awaiting(self._sandbox, concurrency=1) as seven:
            with contextlib.suppress(PausedError):  # of the campaign, for all
                await work_chunk(self._address, "spring", low, high, client=seven)


async def send(sandbox: Sandbox, address: str, messages, max_cost: str, **options) -> object:
    """What sending in this process comes to: the reason of its pause, or None."""
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(
            seven, "spring", journal=address, max_cost=max_cost, batch=1, **options
        ) as campaign,
    ):
        try:
            async for _ in campaign.send(messages):
                pass
        except PausedError as pause:
            return pause.reason
    return None


async def test_what_workers_have_in_flight_is_spent_when_a_sender_begins(postgres: str):
    """Their reservations count; together they do not cross the line."""
    gate = Gate()
    sandbox = Sandbox(sleep=gate.sleep)
    await load(sandbox, postgres, 30, batch=1, max_cost="0.75")
    async with BusyWorker(sandbox, postgres, gate):
        others = list(texts(30, "Hi"))[CLAIMED:]
        assert Reason.COST is await send(sandbox, postgres, others, "0.75")

    assert 10 == accepted_once(sandbox)
    assert Decimal("0.75") == CampaignJournal.open(postgres).report().cost == cost(sandbox)


async def test_a_worker_that_knows_no_limit_claims_nothing_once_there_is_one(
    postgres: str, monkeypatch: pytest.MonkeyPatch
):
    """Its settings are those of before; it need not have looked at them yet."""
    monkeypatch.setattr("seven_async.campaign.workers.desk._LOOK_S", 3600.0)
    gate = Gate()
    sandbox = Sandbox(sleep=gate.sleep)
    await load(sandbox, postgres, 30, batch=1)
    async with BusyWorker(sandbox, postgres, gate):
        others = list(texts(30, "Hi"))[20:23]
        assert None is await send(sandbox, postgres, others, "0.75")

    assert CLAIMED + 3 == accepted_once(sandbox)


async def test_a_claim_that_is_being_written_is_waited_for(
    postgres: str, monkeypatch: pytest.MonkeyPatch
):
    """A sender counts what a worker was about to claim, without a limit, when it began."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 30, batch=6)
    wrote, go_on = threading.Event(), threading.Event()
    hold_up_first_claim(monkeypatch, wrote, go_on)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    ((_, low, _),) = read(postgres, RANGE)
    async with awaiting(sandbox) as seven, anyio.create_task_group() as tasks:

        async def work() -> None:
            await work_chunk(postgres, "spring", low, low + 5, client=seven)

        async def send_others() -> None:
            others = list(texts(30, "Hi"))[6:]
            assert Reason.COST is await send(sandbox, postgres, others, "0.75")
            go_on.set()

        tasks.start_soon(work)
        await to_thread.run_sync(wrote.wait)
        tasks.start_soon(send_others)
        await wait_until(lambda: go_on.is_set() or read(postgres, waiting) == [(1,)])
        go_on.set()

    assert 10 == accepted_once(sandbox)


def hold_up_first_claim(
    monkeypatch: pytest.MonkeyPatch, wrote: threading.Event, go_on: threading.Event
) -> None:
    """Let the transaction of a worker's first claim stay open until it may go on."""
    original = statements.update_renewals

    def update(tables, renewals, terms):
        written = original(tables, renewals, terms)
        if renewals and not wrote.is_set():
            wrote.set()
            go_on.wait(60)
        return written

    monkeypatch.setattr(statements, "update_renewals", update)


async def test_what_was_claimed_before_there_was_a_limit_is_estimated(postgres: str):
    """What is in doubt counts with its text as it is stored."""
    sandbox = Sandbox()
    long = "a" * 320  # three segments
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=postgres, batch=1, store_texts=True) as campaign,
    ):
        await campaign.load([SendSms(number(place), long) for place in range(2)])
    ((_, low, high),) = read(postgres, RANGE)
    with (
        sandbox.fault("GET /journal/outbound", status=503),
        sandbox.fault("POST /sms", drop="after"),
    ):
        async with awaiting(sandbox) as seven:
            await work_chunk(postgres, "spring", low, high, client=seven)
    with sandbox.fault("GET /journal/outbound", status=503):
        others = list(texts(30, "Hi"))[6:]
        assert Reason.COST is await send(sandbox, postgres, others, "0.75")

    assert 2 + 4 == accepted_once(sandbox)
    assert Decimal("0.75") == cost(sandbox)


async def test_content_that_cannot_be_read_counts_as_one_segment(postgres: str):
    """One such row in doubt, of a later version, say, keeps nobody from sending the others."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 2, batch=1)
    read(
        postgres,
        """UPDATE seven.message SET state = 'unknown', intent_at = 1, content =
           CASE n % 2 WHEN 0 THEN '{"forms":7}' ELSE 'no JSON' END RETURNING 1""",
    )
    others = list(texts(30, "Hi"))[2:]
    with sandbox.fault("GET /journal/outbound", status=503):
        assert Reason.COST is await send(sandbox, postgres, others, "0.75")

    assert Decimal("0.60") == cost(sandbox)


async def test_what_turned_out_cheaper_is_there_for_the_sender(postgres: str):
    """Before it pauses it counts anew what workers had in flight."""
    gate = Gate()
    sandbox = Sandbox(sleep=gate.sleep)
    sandbox.fault("GET /pricing", body=json.dumps(DEAR))
    await load(sandbox, postgres, 40, batch=1, max_cost="1.50")
    worker = BusyWorker(sandbox, postgres, gate)

    async def others():
        yield list(texts(40, "Hi"))[CLAIMED]
        gate.opened.set()
        await wait_until(lambda: CampaignJournal.open(postgres).report().accepted >= CLAIMED)
        for message in list(texts(40, "Hi"))[CLAIMED + 1 :]:
            yield message

    async with worker:
        assert Reason.COST is await send(sandbox, postgres, others(), "1.50")

    # 0.15 each are reserved, and 0.075 are spent: the last one needs 0.15 that are left.
    assert 19 == accepted_once(sandbox)


async def test_what_a_sender_left_in_doubt_is_spent_for_workers(postgres: str):
    """They count anew, and what it had reserved is in the rows."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 30, batch=1, max_cost="0.75")
    with (
        sandbox.fault("GET /journal/outbound", status=503),
        sandbox.fault("POST /sms", drop="after"),
    ):
        assert None is await send(sandbox, postgres, texts(6, "Hi"), "0.75")
    assert 6 == len(sandbox.ledger)
    ((_, low, high),) = read(postgres, RANGE)
    async with awaiting(sandbox) as seven:
        with pytest.raises(PausedError) as pause:
            await work_chunk(postgres, "spring", low, high, client=seven)

    assert Reason.COST is pause.value.reason
    assert 10 == accepted_once(sandbox)
    assert [(750_000,)] == read(postgres, COMMITTED)


async def test_what_a_sender_left_in_doubt_is_spent_for_the_next_one(postgres: str):
    """Whatever it sends first."""
    sandbox = Sandbox()
    with (
        sandbox.fault("GET /journal/outbound", status=503),
        sandbox.fault("POST /sms", drop="after"),
    ):
        assert None is await send(sandbox, postgres, texts(6, "Hi"), "0.75")
    with sandbox.fault("GET /journal/outbound", status=503):
        others = list(texts(30, "Hi"))[6:]
        assert Reason.COST is await send(sandbox, postgres, others, "0.75")

    assert 10 == accepted_once(sandbox)


async def test_a_message_in_doubt_that_is_sent_again_is_spent_once(postgres: str):
    """Its row has one reservation, which the second attempt takes over."""
    sandbox = Sandbox()
    with (
        sandbox.fault("GET /journal/outbound", status=503),
        sandbox.fault("POST /sms", drop="before"),
    ):
        assert None is await send(sandbox, postgres, texts(5, "Hi"), "0.75")
    sandbox.clear_faults()
    with sandbox.fault("GET /journal/outbound", status=503):
        again = await send(sandbox, postgres, texts(30, "Hi"), "0.75", resend_unknown=True)

    assert Reason.COST is again
    assert 10 == accepted_once(sandbox)
