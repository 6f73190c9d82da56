"""Workers of tests: campaigns that are loaded, workers that run meanwhile, what the tables have."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing

import anyio

from seven_async.campaign import Campaign, CampaignJournal, Worker
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, texts

try:
    import psycopg
except ImportError:
    psycopg = None

QUICK_S = 0.2


async def load(sandbox: Sandbox, address: str, count: int, **options) -> int:
    """Write a campaign down; the number that it has."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven, "spring", journal=address, **{"store_texts": "until-served", **options}
        ) as campaign,
    ):
        await campaign.load(texts(count, "Hi"))
    ((number, _, _),) = read(address, RANGE)
    return number


RANGE = "SELECT campaign, min(n), max(n) FROM seven.message GROUP BY 1"


def read(address: str, query: str) -> list[tuple]:
    """What a query finds."""
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        return connection.execute(query).fetchall()


@asynccontextmanager
async def workers(sandbox: Sandbox, address: str, count: int = 1):
    """Some workers that run meanwhile, and finish what they have at the end."""
    async with awaiting(sandbox) as seven, anyio.create_task_group() as tasks:
        running = [Worker(seven, address, reap_s=QUICK_S) for _ in range(count)]
        for worker in running:
            tasks.start_soon(worker.run)
        yield running
        for worker in running:
            worker.stop()


@asynccontextmanager
async def open_desk(seven, address: str):
    """A campaign as a worker has it open, without the worker."""
    from seven_async.campaign.workers.desk import Desk

    desk = Desk(seven, address, "spring")
    async with anyio.create_task_group() as tasks:
        await desk.open(tasks)
        try:
            yield desk
        finally:
            await desk.close()


async def wait_until_sent(address: str, count: int) -> None:
    """Return when so many were accepted, as reports say it."""
    await wait_until(lambda: CampaignJournal.open(address).report().accepted >= count)


async def wait_until(is_so) -> None:
    """Return when something is so; real workers get there at their own pace."""
    for _ in range(600):
        if is_so():
            return
        await anyio.sleep(0.1)
    raise TimeoutError
