"""Commands for campaigns whose journal is in a database, which any number of workers send."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any, Final

import anyio
import typer

from seven_async.campaign import Campaign, CampaignJournal, CsvMessages, OptOutList, Worker
from seven_async.cli.campaign.begin_options import LoadOptions
from seven_async.cli.campaign.memory import to_notes
from seven_async.cli.campaign.option_classes import spread_options
from seven_async.cli.campaign.options import File
from seven_async.cli.campaign.summary import show_refused, show_report
from seven_async.cli.gateway import client
from seven_async.cli.screen import say
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError

_VARIABLE: Final = "SEVEN_JOURNAL"
_LOOK_EVERY_S: Final = 1.0

Address = Annotated[
    str,
    typer.Option(
        "--journal",
        envvar=_VARIABLE,
        metavar="postgresql://…",
        help="The database of the campaigns. In SEVEN_JOURNAL its password is seen by nobody.",
    ),
]


@spread_options
def load(
    file: File,
    *,
    journal: Address,
    options: LoadOptions,
    workers: Annotated[
        int, typer.Option(help="Also send, with so many processes here, until all is sent.", min=0)
    ] = 0,
) -> None:
    """Write a CSV file into a database, from which workers send it.

    The text is stored until a message is served.

    For example: seven campaign load people.csv --text 'Hi {first_name}' --journal postgresql://db/sms
    """
    messages, name = options.read_messages(file), options.name or file.stem
    settings: dict[str, Any] = {
        **options.settings(),
        **_list_of(options, journal),
        "journal": journal,
        "store_texts": "until-served",
        "notes": to_notes(file, options),
    }
    begun = time.monotonic()
    count = anyio.run(_load, messages, name, settings)
    show_refused(file, messages)
    took_s = max(time.monotonic() - begun, 0.001)
    say(f"{name}: {count_of(count, 'message')} loaded, {count / took_s:,.0f} a second")
    if workers:
        _send_with(workers, journal, name)
    else:
        say("workers send it: seven worker --journal …, on each machine")


def _list_of(options: LoadOptions, journal: str) -> dict[str, OptOutList]:
    """Return the list that a campaign asks, unless it shall ask none, or was given another."""
    if not options.opt_outs:
        return {}
    if options.suppress is not None:
        raise InvalidRequestError(
            "--suppress: give --no-opt-outs, too, for this list instead of the database's; or put "
            "its numbers there: seven campaign suppress postgresql://… NUMBER"
        )
    return {"suppress": OptOutList(journal, default_country=options.country)}


async def _load(messages: CsvMessages, name: str, settings: Mapping[str, Any]) -> int:
    async with client(sandbox=False) as (seven, _), Campaign(seven, name, **settings) as campaign:
        return await campaign.load(messages)


def _send_with(workers: int, journal: str, name: str) -> None:
    """Start workers, wait until they have nothing left to send, and let them end."""
    environment = {**os.environ, _VARIABLE: journal}
    command = [sys.executable, "-m", "seven_async", "worker"]
    processes = [subprocess.Popen(command, env=environment) for _ in range(workers)]  # noqa: S603
    with CampaignJournal.open(journal, name) as opened:
        try:
            while _is_under_way(opened) and any(each.poll() is None for each in processes):
                time.sleep(_LOOK_EVERY_S)  # other processes send
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
        show_report(opened)


def _is_under_way(journal: CampaignJournal) -> bool:
    status = journal.status()
    return bool(status.planned or status.in_flight) and not journal.is_paused


def worker(
    *,
    journal: Address,
    concurrency: Annotated[int, typer.Option(help="Requests in flight at once.", min=1)] = 64,
    chunks: Annotated[
        int, typer.Option(help="Ranges of up to 1,000 messages under way at once.", min=1)
    ] = 8,
) -> None:
    """Send what was loaded into a database, with any number of other workers, until SIGTERM.

    What is under way is finished then. One command on each machine is enough.

    For example: seven worker --journal postgresql://db/sms
    """
    if not journal.startswith(("postgresql://", "postgres://")):
        raise InvalidRequestError("--journal is the address of a database: postgresql://…")
    sent = anyio.run(_work, journal, concurrency, chunks)
    say(f"{count_of(sent, 'message')} worked at here")


async def _work(journal: str, concurrency: int, chunks: int) -> int:
    async with client(sandbox=False, concurrency=concurrency) as (seven, _):
        running = Worker(seven, journal, concurrency=chunks)
        async with anyio.create_task_group() as tasks:

            async def drain() -> None:
                with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                    async for _ in signals:
                        running.stop()

            tasks.start_soon(drain)
            await running.run()
            tasks.cancel_scope.cancel()
        return running.sent
