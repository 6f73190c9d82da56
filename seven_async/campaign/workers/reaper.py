"""What workers leave behind is found and given to others: one process at a time does it.

In: the database. Out: jobs for what is planned, decisions about what is in doubt. I/O: the
database, the gateway's journal.
"""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import Final

import psycopg
from anyio import to_thread
from procrastinate import App

from seven_async.campaign.journal.postgres.chunks import (
    MOST_RANGES,
    OpenCampaign,
    find_open_campaigns,
    find_put_off,
    find_ranges,
    forget_put_off,
)
from seven_async.campaign.journal.postgres.connection import connect, explain_failures
from seven_async.campaign.journal.postgres.duty import has_doubts, put_off_duty, take_duty
from seven_async.campaign.journal.postgres.lease import end_dead_leases
from seven_async.campaign.workers.queue import add_jobs, find_covered, retry_stalled

_DUTY: Final = "reaper"
_RESTS: Final = 20
"""So many times as long as a look has taken is none taken again."""


def find_work(
    address: str, every_s: float
) -> list[tuple[OpenCampaign, list[tuple[int, int]], bool]] | None:
    """Return the open campaigns, with ranges that no job covers, and whether there are doubts.

    None if another process has this duty now. Ends the leases of processes that are dead.
    """
    with closing(connect(address)) as connection, explain_failures(address):
        if not take_duty(connection, _DUTY, every_s):
            return None
        end_dead_leases(connection)
        forget_put_off(connection)
        begun_s = time.monotonic()
        work = [_look_at(connection, campaign) for campaign in find_open_campaigns(connection)]
        # Of many millions of rows a look takes seconds, and the database has better things to do.
        rest_s = _RESTS * (time.monotonic() - begun_s)
        has_all = all(len(ranges) < MOST_RANGES for _, ranges, _ in work)
        if has_all and rest_s > every_s:
            put_off_duty(connection, _DUTY, rest_s)
        return work


def _look_at(
    connection: psycopg.Connection, campaign: OpenCampaign
) -> tuple[OpenCampaign, list[tuple[int, int]], bool]:
    number = campaign.number
    covered = [*find_covered(connection, number), *find_put_off(connection, number)]
    ranges = find_ranges(connection, number, covered)
    return campaign, ranges, has_doubts(connection, campaign.number)


async def reap(queue: App, address: str, every_s: float) -> list[int]:
    """Retry stalled jobs, add jobs for what none covers; return campaigns with something in doubt.

    Raises `JournalError`, and what procrastinate raises where the database is away.
    """
    work = await to_thread.run_sync(partial(find_work, address, every_s))
    if work is None:
        return []
    await retry_stalled(queue)
    for campaign, ranges, _ in work:
        await add_jobs(queue, campaign.number, ranges)
    return [campaign.number for campaign, _, is_in_doubt in work if is_in_doubt]
