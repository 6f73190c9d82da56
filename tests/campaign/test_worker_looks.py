"""How often workers look up what is in doubt: the rarer the longer nothing was found."""

from __future__ import annotations

from contextlib import closing

import pytest

from seven_async import SendText
from seven_async.campaign import Campaign, work_chunk
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, number
from tests.campaign.machines import RANGE, read, wait_until, workers

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.journal.postgres.duty import has_doubts  # noqa: E402

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
GRACE_S = 600
LOOKED = "SELECT n, looked_run FROM seven.message WHERE looked_run IS NOT NULL ORDER BY n"
AGE = "UPDATE seven.message SET result_at = result_at - {seconds} WHERE {which} RETURNING 1"
PASSED = (
    "UPDATE seven.message SET result_at = result_at - {} RETURNING 1",
    "UPDATE seven.run SET started_at = started_at - {} RETURNING 1",
    "UPDATE seven.lease SET ended_at = ended_at - {} RETURNING 1",
)


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


async def load(sandbox: Sandbox, address: str, count: int, **options) -> None:
    """Write messages down of which the gateway's journal will know nothing."""
    messages = [SendText(number(place), text="Hi", from_="4915100000000") for place in range(count)]
    settings = {"store_texts": "until-served", "grace_s": GRACE_S, **options}
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=address, **settings) as campaign,
    ):
        await campaign.load(messages)


async def leave_in_doubt(sandbox: Sandbox, address: str, count: int) -> None:
    """Have messages that a worker does not know to be sent or not."""
    await load(sandbox, address, count)
    async with awaiting(sandbox) as seven:
        ((_, low, high),) = read(address, RANGE)
        with sandbox.fault("POST /waba/messages", drop="before"):
            await work_chunk(address, "spring", low, high, client=seven)
    assert [(count,)] == read(address, "SELECT count(*) FROM seven.message WHERE state = 'unknown'")


def age(address: str, seconds: float, which: str = "true") -> None:
    """Let results be so much older."""
    assert read(address, AGE.format(seconds=seconds, which=which))


def let_pass(address: str, seconds: float) -> None:
    """Let all that happened be so much longer ago."""
    for statement in PASSED:
        assert read(address, statement.format(seconds))


async def look(sandbox: Sandbox, address: str, count: int = 1) -> None:
    """Have a worker look up what is due, until so many were looked up."""
    async with workers(sandbox, address):
        await wait_until(lambda: len(read(address, LOOKED)) == count)
        ended = "SELECT count(*) FROM seven.run WHERE kind = 'look' AND ended_at IS NULL"
        await wait_until(lambda: read(address, ended) == [(0,)])


def is_due(address: str) -> bool:
    """Whether the next round of a worker looks something up."""
    ((campaign, _, _),) = read(address, RANGE)
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        return has_doubts(connection, campaign)


@pytest.mark.parametrize(
    ("age_s", "wait_s"),
    [(GRACE_S + 200, 200), (2 * HOUR_S, HOUR_S / 2), (DAY_S, HOUR_S), (30 * DAY_S, HOUR_S)],
)
async def test_what_stays_in_doubt_is_looked_up_ever_more_rarely(
    postgres: str, age_s: float, wait_s: float
):
    """After a quarter of its age, and after an hour at most."""
    sandbox = Sandbox()
    await leave_in_doubt(sandbox, postgres, 1)
    assert is_due(postgres)
    age(postgres, age_s)
    await look(sandbox, postgres)
    assert not is_due(postgres)

    for passed_s, expected in ((wait_s * 0.9, False), (wait_s * 0.2, True)):
        let_pass(postgres, passed_s)
        assert expected is is_due(postgres)


async def test_what_is_new_in_doubt_is_looked_up_alone(postgres: str):
    """At once, and without what was looked up in vain just now."""
    sandbox = Sandbox()
    await leave_in_doubt(sandbox, postgres, 2)
    ((_, low, _),) = read(postgres, RANGE)
    age(postgres, DAY_S, which=f"n = {low}")
    await look(sandbox, postgres)
    before = read(postgres, LOOKED)
    age(postgres, 2 * GRACE_S, which=f"n > {low}")
    assert is_due(postgres)
    await look(sandbox, postgres, 2)

    after = read(postgres, LOOKED)
    assert before == after[:1]
    assert before[0][1] < after[1][1]


async def test_a_scheduled_message_is_looked_up_when_it_is_due(postgres: str):
    """Then its being absent says something new, whenever the last look was."""
    sandbox = Sandbox()
    await leave_in_doubt(sandbox, postgres, 1)
    age(postgres, 30 * DAY_S)
    await look(sandbox, postgres)
    assert not is_due(postgres)
    now = "extract(epoch FROM clock_timestamp())"
    read(postgres, f"UPDATE seven.message SET due_at = {now} RETURNING 1")

    assert is_due(postgres)


async def test_a_process_that_is_known_to_be_dead_by_now_is_reason_to_look(postgres: str):
    """Before that the absence of its messages proved nothing."""
    sandbox = Sandbox()
    await leave_in_doubt(sandbox, postgres, 1)
    age(postgres, 30 * DAY_S)
    await look(sandbox, postgres)
    assert not is_due(postgres)
    now = "extract(epoch FROM clock_timestamp())"
    read(postgres, f"UPDATE seven.lease SET ended_at = {now} RETURNING 1")

    assert is_due(postgres)


async def test_what_is_sent_again_whatever_a_look_says_does_not_wait(postgres: str):
    """Who asks for that by loading the campaign again need not wait for an hour."""
    sandbox = Sandbox()
    await leave_in_doubt(sandbox, postgres, 1)
    age(postgres, 30 * DAY_S)
    await look(sandbox, postgres)
    assert not is_due(postgres)
    await load(sandbox, postgres, 1, resend_unknown=True)
    async with workers(sandbox, postgres):
        states = "SELECT state FROM seven.message"
        # The gateway wants a template: nobody has written to this sender before.
        await wait_until(lambda: read(postgres, states) == [("rejected",)])

    assert not is_due(postgres)
