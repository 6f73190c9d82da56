"""`seven campaign`: a CSV file goes out, is watched, taken up again and accounted for."""

from __future__ import annotations

import functools
import time
from contextlib import suppress as ignoring
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from seven_async.campaign import Campaign, read_csv
from seven_async.campaign.inputs.suppression_file import add_to_list
from seven_async.campaign.journal.sqlite.lock import is_held
from seven_async.campaign.reports.html import write_page
from seven_async.campaign.reports.journal_report import read_report
from seven_async.cli import campaign_options as options
from seven_async.cli.campaign_run import run
from seven_async.cli.campaign_summary import (
    how_it_stands,
    show_refused,
    show_report,
    show_sum,
)
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import say
from seven_async.client import AsyncSeven
from seven_async.errors import InvalidRequestError

app = typer.Typer(help="Bulk sending from a CSV file.", no_args_is_help=True)


@app.command()
def plan(
    file: options.File,
    *,
    text: options.Text,
    from_: options.Sender = None,
    recipient: options.Column = None,
    encoding: options.Encoding = None,
    delimiter: options.Delimiter = None,
    country: options.Country = None,
    label: options.Label = None,
    journal: options.JournalFile = None,
    suppress: options.Suppressed = None,
    sandbox: UseSandbox = False,
) -> None:
    """What sending would do and cost: segments, countries, credit, duplicates. Sends nothing."""
    job = options.Job.of(
        file,
        text=text,
        from_=from_,
        recipient=recipient,
        encoding=encoding,
        delimiter=delimiter,
        country=country,
        label=label,
        suppress=suppress,
        journal=journal,
    )

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            campaign = Campaign(seven, file.stem, **job.settings)
            for line in str(await campaign.plan(job.messages)).splitlines():
                say(line)

    show_refused(file, job.messages)
    anyio.run(work)


@app.command()
def send(
    file: options.File,
    *,
    text: options.Text,
    from_: options.Sender = None,
    recipient: options.Column = None,
    encoding: options.Encoding = None,
    delimiter: options.Delimiter = None,
    country: options.Country = None,
    label: options.Label = None,
    journal: options.JournalFile = None,
    suppress: options.Suppressed = None,
    concurrency: options.Concurrency = 64,
    batch: options.Batch = None,
    rate: options.PerSecond = None,
    max_cost: options.MaxCost = None,
    quiet: options.Quiet = None,
    zone: options.QuietZone = None,
    store_texts: options.StoreTexts = False,
    resend_unknown: options.ResendUnknown = False,
    resend_changed: options.ResendChanged = False,
    sandbox: UseSandbox = False,
) -> None:
    """Send a message to every row of a CSV file."""
    job = options.Job.of(
        file,
        text=text,
        from_=from_,
        recipient=recipient,
        encoding=encoding,
        delimiter=delimiter,
        country=country,
        label=label,
        suppress=suppress,
        concurrency=concurrency,
        journal=journal,
        batch=batch,
        rate=rate,
        max_cost=max_cost,
        quiet_hours=options.quiet_hours(quiet, zone),
        store_texts=store_texts,
        resend_unknown=resend_unknown,
        resend_changed=resend_changed,
    )
    show_refused(file, job.messages)
    ended = anyio.run(run, job, file, sandbox)
    show_sum(ended)
    raise typer.Exit(ended.status)


@app.command("resume", help="Go on with a campaign that ended early: its file, text and journal.")
@functools.wraps(send)
def resume(**given: Any) -> None:
    """Send once more what `send` was told, if there is a journal of it."""
    journal: Path | None = given["journal"]
    if journal is None or not journal.exists():
        raise InvalidRequestError(
            "resume needs the journal of the campaign: --journal FILE (there is none "
            f"{'given' if journal is None else 'at ' + str(journal)})"
        )
    send(**given)


@app.command()
def status(
    journal: options.ExistingJournal,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again every two seconds, until it ends.")
    ] = False,
) -> None:
    """How far a campaign is, from its journal; also while it runs in another terminal."""
    with ignoring(KeyboardInterrupt):
        _show_status(journal)
        while watch and is_held(journal):
            # The pace of the command itself; what it shows is written by another process.
            time.sleep(2)
            _show_status(journal)


def _show_status(journal: Path) -> None:
    found = read_report(_existing(journal))
    of = f" of {found.total:,}" if found.total is not None else ""
    say(
        f"{found.name}: {found.given:,}{of} done, {found.cost} EUR, {how_it_stands(found, journal)}"
    )


@app.command()
def report(
    journal: options.ExistingJournal,
    *,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with curves to this file.")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="First ask the gateway for delivery states.")
    ] = False,
) -> None:
    """What a campaign came to: counts that add up, reasons, cost, deliveries."""
    _existing(journal)
    if refresh:
        say(f"{anyio.run(_refreshed, journal):,} delivery states are new")
    show_report(read_report(journal), journal)
    if html is not None:
        write_page(journal, html)
        say(f"wrote {html}")


async def _refreshed(journal: Path) -> int:
    async with client(sandbox=False) as (seven, _):
        return await Campaign(seven, journal=journal).refresh()


@app.command()
def export(
    journal: options.ExistingJournal,
    *,
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
    recipient: options.Column = None,
    encoding: options.Encoding = None,
    delimiter: options.Delimiter = None,
    country: options.Country = None,
) -> None:
    """Write who has a state to a CSV file: who was missed, for example."""
    messages = None
    if file is not None:
        messages = read_csv(
            file,
            text=".",
            recipient=recipient,
            encoding=encoding,
            delimiter=options.delimiter_of(delimiter),
            default_country=country,
        )
    # An export reads the journal alone; the client is never opened.
    campaign = Campaign(
        AsyncSeven(api_key="unused"), journal=_existing(journal), default_country=country
    )
    count = campaign.export(state, to, messages)
    say(f"wrote {count:,} rows to {to}")


@app.command()
def suppress(
    file: Annotated[Path, typer.Argument(help="The list; made if there is none.")],
    numbers: Annotated[list[str], typer.Argument(help="Numbers that must not be written to.")],
    *,
    country: options.Country = None,
) -> None:
    """Add numbers to a suppression list, one a line; it is given to plan and send."""
    added = add_to_list(file, numbers, default_country=country)
    say(f"{file}: {added} added, {len(numbers) - added} listed before")


def _existing(journal: Path) -> Path:
    if not journal.is_file():
        raise InvalidRequestError(f"there is no journal {journal}")
    return journal
