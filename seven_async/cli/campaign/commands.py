"""`seven campaign`: a CSV file goes out, is watched, taken up again and accounted for."""

from __future__ import annotations

import time
from contextlib import suppress as ignoring
from pathlib import Path
from typing import Annotated

import anyio
import typer

from seven_async.campaign import Campaign, CampaignJournal, JournalError, Suppression
from seven_async.cli.campaign.option_classes import spread_options
from seven_async.cli.campaign.options import (
    Country,
    ExistingJournal,
    File,
    MessageOptions,
    SendOptions,
    TableOptions,
)
from seven_async.cli.campaign.run import Job, run
from seven_async.cli.campaign.summary import show_refused, show_report, show_status, show_sum
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import say
from seven_async.errors import InvalidRequestError

_WATCHING_S = 2.0

app = typer.Typer(help="Bulk sending from a CSV file.", no_args_is_help=True)


@app.command()
@spread_options
def plan(file: File, *, options: MessageOptions, sandbox: UseSandbox = False) -> None:
    """Show what sending would do and cost: segments, countries, credit. Sends nothing."""
    messages, settings = options.read_messages(file), options.settings()

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            campaign = Campaign(seven, file.stem, **settings)
            for line in str(await campaign.plan(messages)).splitlines():
                say(line)

    show_refused(file, messages)
    anyio.run(work)


@app.command()
@spread_options
def send(file: File, *, options: SendOptions, sandbox: UseSandbox = False) -> None:
    """Send a message to every row of a CSV file."""
    _send(file, options, sandbox=sandbox)


@app.command()
@spread_options
def resume(file: File, *, options: SendOptions, sandbox: UseSandbox = False) -> None:
    """Go on with a campaign that ended early: its file, text and journal."""
    if options.journal is None or not options.journal.exists():
        there_is_none = "given" if options.journal is None else f"at {options.journal}"
        raise InvalidRequestError(
            f"resume needs the journal of the campaign: --journal FILE (there is none "
            f"{there_is_none})"
        )
    _send(file, options, sandbox=sandbox)


def _send(file: File, options: SendOptions, *, sandbox: bool) -> None:
    job = Job.of(file, options, sandbox=sandbox)
    show_refused(file, job.messages)
    if options.start is not None:
        say(f"nothing leaves before {options.start}")
    result = anyio.run(run, job)
    show_sum(result)
    raise typer.Exit(result.status)


@app.command()
def status(
    journal: ExistingJournal,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again every two seconds, until it ends.")
    ] = False,
) -> None:
    """Show how far a campaign is, from its journal; also while it runs in another terminal."""
    with ignoring(KeyboardInterrupt), _open(journal) as opened:
        show_status(opened)
        while watch and opened.is_running:
            time.sleep(_WATCHING_S)  # the pace of the command; another process writes what it shows
            show_status(opened)


@app.command()
def report(
    journal: ExistingJournal,
    *,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with curves to this file.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="For --html: the time zone of the page: Europe/Berlin."),
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="First ask the gateway for delivery states.")
    ] = False,
) -> None:
    """Show what a campaign came to: counts that add up, reasons, cost, deliveries."""
    with _open(journal) as opened:
        if refresh:
            say(f"{anyio.run(_refresh, opened):,} delivery states are new")
        show_report(opened)
        if html is not None:
            opened.write_html(html, zone=zone)
            say(f"wrote {html}")


async def _refresh(journal: CampaignJournal) -> int:
    async with client(sandbox=False) as (seven, _):
        return await journal.refresh(seven)


@app.command()
@spread_options
def export(
    journal: ExistingJournal,
    *,
    options: TableOptions,
    to: Annotated[Path, typer.Option(help="The CSV file to write.")],
    state: Annotated[
        str,
        typer.Option(
            help="accepted, rejected, unknown, skipped, refused; or missed for all "
            "who were not accepted."
        ),
    ] = "missed",
    file: Annotated[
        Path | None, typer.Option(help="The file that was sent, for its columns.")
    ] = None,
) -> None:
    """Write who has a state to a CSV file: who was missed, for example."""
    with _open(journal) as opened:
        count = opened.export(state, to, None if file is None else options.read(file))
    say(f"wrote {count:,} rows to {to}")


@app.command()
def suppress(
    file: Annotated[Path, typer.Argument(help="The list; made if there is none.")],
    numbers: Annotated[list[str], typer.Argument(help="Numbers that must not be written to.")],
    *,
    country: Country = None,
) -> None:
    """Add numbers to a suppression list, one a line; it is given to plan and send."""
    added = Suppression.add_to_file(file, numbers, default_country=country)
    say(f"{file}: {added} added, {len(numbers) - added} listed before")


def _open(journal: Path) -> CampaignJournal:
    try:
        return CampaignJournal.open(journal)
    except JournalError as error:
        # The wrong file was named: that is wrong usage, unlike a journal that breaks later.
        raise InvalidRequestError(str(error)) from None
