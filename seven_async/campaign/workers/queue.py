"""The queue: which worker looks at which range. It says nothing of who may send.

In: an address. Out: the application of procrastinate, jobs, ranges that jobs cover. I/O: the
database; the tables of the queue are in a schema of their own, `seven_queue`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.schema import SchemaManager

QUEUE: Final = "seven"
TASK: Final = "seven.work_chunk"
_SCHEMA: Final = "seven_queue"
_LOCK: Final = 7_707_002
HEARTBEAT_S: Final = 3.0
_SILENT_S: Final = 12.0
"""A worker without a heartbeat for so long does not work at its jobs any more; if it does all the
same, the ledger makes that harmless."""

_JOBS: Final = f"""
SELECT (args->>'low')::bigint, (args->>'high')::bigint FROM {_SCHEMA}.procrastinate_jobs
WHERE task_name = %s AND status IN ('todo', 'doing') AND args->>'campaign' = %s
"""  # noqa: S608 - our own name

Work = Callable[[int, int, int], Awaitable[None]]


async def _use_schema(connection: psycopg.AsyncConnection) -> None:
    await connection.execute(f"SET search_path = {_SCHEMA}".encode())
    await connection.commit()


def build_queue(address: str, work: Work | None = None) -> App:
    """Return the application whose one task is to work at a range."""
    connector = PsycopgConnector(
        conninfo=address,
        kwargs={"application_name": "seven-async queue"},
        configure=_use_schema,  # a pooler takes no options of a connection
        min_size=1,
        max_size=4,
    )
    queue = App(connector=connector)
    if work is not None:
        queue.task(name=TASK, queue=QUEUE)(work)
    return queue


def make_queue(connection: psycopg.Connection) -> None:
    """Make the tables of the queue, if there are none."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        table = f"{_SCHEMA}.procrastinate_jobs"
        row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
        if row is not None and row[0]:
            return
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}".encode())
        connection.execute(f"SET LOCAL search_path = {_SCHEMA}".encode())
        connection.execute(SchemaManager.get_schema().encode())


def find_covered(connection: psycopg.Connection, campaign: int) -> list[tuple[int, int]]:
    """Return the ranges of a campaign that jobs wait or work for."""
    rows = connection.execute(_JOBS.encode(), (TASK, str(campaign)))
    return [(low, high) for low, high in rows]


async def add_jobs(queue: App, campaign: int, ranges: Sequence[tuple[int, int]]) -> None:
    """Add a job for each range."""
    if ranges:
        task = queue.configure_task(TASK, queue=QUEUE)
        jobs: list[dict[str, Any]] = [
            {"campaign": campaign, "low": low, "high": high} for low, high in ranges
        ]
        await task.batch_defer_async(*jobs)


async def retry_stalled(queue: App) -> int:
    """Let the jobs of workers that are gone be done again; return how many they are."""
    manager = queue.job_manager
    stalled = list(await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=_SILENT_S))
    for job in stalled:
        await manager.retry_job(job)
    return len(stalled)
