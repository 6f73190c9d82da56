"""One row, or one campaign, that cannot be read ends no worker, and holds up no other message."""

from __future__ import annotations

from contextlib import closing

import pytest

from seven_async import SendSms
from seven_async.campaign import Campaign, work_chunk
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number
from tests.campaign.machines import RANGE, load, read, wait_until, wait_until_sent, workers

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

STATES = "SELECT state, count(*) FROM seven.message GROUP BY 1 ORDER BY 1"
UNREADABLE = [
    "{",
    "null",
    '{"forms":["sms"]}',
    '{"forms":[{"row":"fax.send"}]}',
    '{"forms":[]}',
    '{"forms":[{"row":"sms.send","text":"Hi","colour":"red"}]}',
    '{"rule":{},"forms":[{"row":"rcs.send","text":"Hi"},{"row":"sms.send","text":"Hi"}]}',
    "[" * 100_000,
]


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


def write(address: str, command: str, *values: object) -> None:
    """Change what the tables have."""
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.execute(command, values)


@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: content[:25])
async def test_content_that_cannot_be_read_is_refused_alone(postgres: str, content: str):
    """It may be of a later version, or damaged; all others of its range are sent."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 10)
    ((_, low, high),) = read(postgres, RANGE)
    write(postgres, "UPDATE seven.message SET content = %s WHERE n = %s", content, low + 3)
    async with awaiting(sandbox) as seven:
        await work_chunk(postgres, "spring", low, high, client=seven)

    assert [("accepted", 9), ("refused", 1)] == read(postgres, STATES)
    assert 9 == accepted_once(sandbox)


async def test_doubt_whose_content_cannot_be_read_ends_no_worker(postgres: str):
    """It stays in doubt, and what was planned is sent."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 10, reload_lock=True)
    ((_, low, _),) = read(postgres, RANGE)
    write(
        postgres,
        "UPDATE seven.message SET content = '{', state = 'unknown', intent_at = 1 WHERE n = %s",
        low,
    )
    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 9)
        await wait_until(lambda: read(postgres, "SELECT 1 FROM seven.run WHERE kind = 'look'"))
        await load_another(sandbox, postgres)
        await wait_until(lambda: len(sandbox.ledger) == 10)


async def test_settings_that_cannot_be_read_end_no_worker(postgres: str):
    """Another version of the package has loaded the campaign; the others are sent."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 10)
    write(postgres, "UPDATE seven.note SET value = '{\"batch\":1}' WHERE name = '(settings)'")
    write(postgres, "UPDATE seven.message SET state = 'unknown', intent_at = 1")
    async with workers(sandbox, postgres):
        await load_another(sandbox, postgres)
        await wait_until(lambda: len(sandbox.ledger) == 1)


async def test_campaign_that_is_deleted_meanwhile_ends_no_worker(postgres: str):
    """What is left of it is not sent, and the next campaign is."""
    sandbox = Sandbox(latency_s=0.05)
    await load(sandbox, postgres, 500, batch=1, rate=100)
    async with workers(sandbox, postgres):
        await wait_until(lambda: len(sandbox.ledger) > 5)
        write(postgres, "DELETE FROM seven.campaign")
        await load_another(sandbox, postgres)
        await wait_until(lambda: sandbox.ledger[-1].text == "another")


async def load_another(sandbox: Sandbox, address: str) -> None:
    """Write down a campaign of one message."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "summer", journal=address, store_texts="until-served") as campaign,
    ):
        await campaign.load([SendSms(number(99), "another")])
