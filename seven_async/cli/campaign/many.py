"""Commands for campaigns whose journal is in a database, which any number of workers send."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, NoReturn

import anyio
import typer

from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    CampaignStatus,
    CsvMessages,
    OptOutList,
    Worker,
)
from seven_async.cli.campaign.begin_options import LoadOptions
from seven_async.cli.campaign.journals import ADDRESS_VARIABLE, NamedJournal
from seven_async.cli.campaign.memory import to_notes
from seven_async.cli.campaign.option_classes import spread_options
from seven_async.cli.campaign.options import File, SendOptions
from seven_async.cli.campaign.run import Job
from seven_async.cli.campaign.summary import show_refused, show_report
from seven_async.cli.exit_status import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NOT_SENT,
    EXIT_UNKNOWN,
)
from seven_async.cli.gateway import client
from seven_async.cli.screen import complain, say
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError, SevenError

_LOOK_EVERY_S: Final = 1.0
# So long the thread of the journal waits, after each answer of the database, for the event loop to
# let it go on. It is 5 ms otherwise, some ten times a commit.
_SWITCH_S: Final = 0.0005

Address = Annotated[
    str,
    typer.Option(
        "--journal",
        envvar=ADDRESS_VARIABLE,
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

    The text is stored until a message is served. It ends with 1 if rows were refused, or differ
    from what was sent before, also when all others were loaded.

    For example: seven campaign load people.csv --text 'Hi {first_name}' --journal postgresql://db/sms
    """
    _check_address(journal)
    check_served_once(options)
    messages, name = options.read_messages(file), options.name or file.stem
    given = options.settings()
    settings: dict[str, Any] = {
        **(_add_opt_outs(given, journal) if options.opt_outs else given),
        "journal": journal,
        "store_texts": "until-served",
        "notes": to_notes(file, options),
    }
    show_refused(file, messages)
    end = _load_and_tell(name, messages, settings)
    if workers:
        _send_with(workers, journal, name, end)
    say("workers send it: seven worker --journal …, on each machine")
    raise typer.Exit(end)


def _check_address(journal: str) -> None:
    """Refuse a file, and the address of one campaign; what may be a password is not shown."""
    if not NamedJournal(journal).is_address:
        raise InvalidRequestError("--journal is the address of a database: postgresql://…")
    if "#" in journal:
        raise InvalidRequestError(
            "--journal is the address of a database, without # and a campaign (--name of load has "
            "that); a # in user or password is %23"
        )


def load_and_send(job: Job, messages: CsvMessages, journal: str, workers: int) -> NoReturn:
    """Write a campaign into a database, and send it with some processes here."""
    _check_address(journal)
    end = _load_and_tell(job.name, messages, _add_opt_outs(job.settings, journal))
    _send_with(workers, journal, job.name, end)


def check_served_once(options: SendOptions) -> None:
    """Refuse to send to those who were served: what is loaded is for the others."""
    if options.resend_changed:
        raise InvalidRequestError(
            "--resend-changed is not for a database: who was served gets nothing more of the "
            "campaign; --name NAME begins another one"
        )


def _load_and_tell(name: str, messages: CsvMessages, settings: Mapping[str, Any]) -> int:
    """Load a file; return the exit status if all of it that can be sent is sent."""
    begun = time.monotonic()
    count = anyio.run(_load, messages, name, settings)
    took_s = max(time.monotonic() - begun, 0.001)
    say(f"{name}: {count_of(count, 'message')} loaded, {count / took_s:,.0f} a second")
    if before := messages.sendable - count:
        say(
            f"  {before:,} were there before; those not begun with take their text from this file, "
            f"and nobody is served twice"
        )
    if messages.refused:
        word = NamedJournal(f"{settings['journal']}#{name}").command_word
        say(
            f"  the database has no refused rows; for all of them: seven campaign export {word} "
            f"--state refused --file {shlex.quote(str(messages.path))} --to refused.csv"
        )
    changed = _count_changed(name, messages, settings) if before else 0
    if changed:
        complain(
            f"{count_of(changed, 'message')} with another text or sender than was sent before: not "
            f"sent; --name NAME begins another campaign"
        )
    return EXIT_FAILED if messages.refused or changed else EXIT_DONE


def _count_changed(name: str, messages: CsvMessages, settings: Mapping[str, Any]) -> int:
    with CampaignJournal.open(settings["journal"], name) as journal:
        return journal.count_changed(messages)


def _add_opt_outs(settings: Mapping[str, Any], journal: str) -> dict[str, Any]:
    """Return the keywords of a campaign that asks the database's list of opt-outs, too."""
    opt_outs = OptOutList(journal, default_country=settings.get("default_country"))
    given = settings.get("suppress")
    return {**settings, "suppress": opt_outs if given is None else [given, opt_outs]}


async def _load(messages: CsvMessages, name: str, settings: Mapping[str, Any]) -> int:
    async with client(sandbox=False) as (seven, _), Campaign(seven, name, **settings) as campaign:
        return await campaign.load(messages)


def _send_with(workers: int, journal: str, name: str, end: int) -> NoReturn:
    """Start workers, wait until they have nothing left to send, let them end, and end as they did.

    `end` is the exit status where all is sent.

    The first Ctrl-C, or SIGTERM, lets them finish what is in flight, a second one cuts it off.
    """
    environment = {**os.environ, ADDRESS_VARIABLE: journal}
    # What all of them do is told here, once.
    command = [sys.executable, "-m", "seven_async", "worker", "--health", "0"]
    # Not in the group of the terminal: a Ctrl-C would reach them twice.
    processes = [
        subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603
        for _ in range(workers)
    ]
    before, is_interrupted = signal.signal(signal.SIGTERM, signal.default_int_handler), False
    with CampaignJournal.open(journal, name) as opened:
        try:
            while _is_under_way(opened) and any(each.poll() is None for each in processes):
                time.sleep(_LOOK_EVERY_S)  # other processes send
        except KeyboardInterrupt:
            is_interrupted = True
            complain("finishing what is in flight; Ctrl-C again to stop at once")
        finally:
            _end_all(processes)
            signal.signal(signal.SIGTERM, before)
        show_report(opened)
        raise typer.Exit(
            EXIT_INTERRUPTED if is_interrupted else _find_exit_status(opened.status(), end)
        )


def _find_exit_status(status: CampaignStatus, end: int) -> int:
    if status.in_doubt:
        return EXIT_UNKNOWN
    if status.planned or status.failed:
        return EXIT_FAILED if status.done else EXIT_NOT_SENT
    return end


def _end_all(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Let processes end; at the next Ctrl-C they end at once."""
    try:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    except KeyboardInterrupt:
        _end_all(processes)


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
    health: Annotated[
        float,
        typer.Option(
            help="Seconds between two lines that say what it does; with 0 it speaks of failures "
            "only.",
            min=0,
        ),
    ] = 30.0,
    metrics: Annotated[
        bool,
        typer.Option(
            "--metrics",
            help="Give OpenTelemetry its numbers (extra otel); opentelemetry-instrument -- seven "
            "worker --metrics sets up where they go.",
        ),
    ] = False,
) -> None:
    """Send what was loaded into a database, with any number of other workers, until SIGTERM.

    What is in flight finishes then, and other workers send the rest; a second SIGTERM cuts it off.
    One command on each machine is enough.

    For example: seven worker --journal postgresql://db/sms
    """
    _check_address(journal)
    _say_warnings()
    sys.setswitchinterval(_SWITCH_S)
    sent = anyio.run(_work, journal, concurrency, chunks, health, metrics)
    if health:
        say(f"{count_of(sent, 'message')} worked at here")


class _ToScreen(logging.Handler):
    """Says what a worker warns of; once in a row, since each of its ranges meets the same."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._latest = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one line."""
        line = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            line += f" ({record.exc_info[0].__name__})"
        if line != self._latest:
            complain(line)
        self._latest = line


def _say_warnings() -> None:
    """Say what the worker itself warns of, and not the same as tracebacks of its queue, too."""
    logging.getLogger("seven_async").addHandler(_ToScreen())
    if logging.lastResort is not None:  # where nothing else was set up for logs
        logging.lastResort.addFilter(_is_not_the_database)


def _is_not_the_database(record: logging.LogRecord) -> bool:
    """Tell whether a record is of something else than a database that is away, or was."""
    error = record.exc_info[1] if record.exc_info else None
    is_queue = type(error).__module__.startswith("procrastinate")
    return not (is_queue or record.name.startswith("psycopg.pool"))


async def _work(
    journal: str, concurrency: int, chunks: int, health_s: float, has_metrics: bool
) -> int:
    failure: SevenError | None = None
    async with client(sandbox=False, concurrency=concurrency) as (seven, _):
        running = Worker(seven, journal, concurrency=chunks)
        if has_metrics:
            _measure(running)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_drain, running, health_s > 0)
            if health_s:
                tasks.start_soon(_tell_health, running, health_s)
            try:
                await running.run()
            except SevenError as error:  # raised below, since the group would wrap it
                failure = error
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return running.status().sent


async def _drain(running: Worker, is_told: bool) -> None:
    """Let the worker finish at the first signal, and end at once at the second one."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        is_first = True
        async for _ in signals:
            if is_told:
                complain("finishing what is in flight" if is_first else "stopping at once")
            (running.stop if is_first else running.abort)()
            is_first = False


async def _tell_health(running: Worker, every_s: float) -> None:
    before = 0
    while True:
        await anyio.sleep(every_s)
        status = running.status()
        complain(
            f"worker: {count_of(status.campaigns, 'campaign')}, {count_of(status.ranges, 'range')} "
            f"under way, {count_of(status.sent, 'message')} so far, "
            f"{(status.sent - before) / every_s:.1f} a second; "
            f"the database is {'there' if status.is_connected else 'away'}"
        )
        before = status.sent


def _measure(running: Worker) -> None:
    try:
        from seven_async.otel import measure_worker  # noqa: PLC0415 (an extra)
    except ImportError:
        raise InvalidRequestError(
            "--metrics needs the extra otel: pip install 'seven-async[otel]'"
        ) from None
    if "opentelemetry.sdk.metrics" not in sys.modules:
        complain(
            "--metrics: no SDK of OpenTelemetry is set up, so that nobody reads the numbers; begin "
            "it as opentelemetry-instrument -- seven worker --metrics"
        )
    measure_worker(running)
