"""`seven campaign`: a CSV file goes out, is watched, taken up again and accounted for."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextlib import suppress as ignoring
from pathlib import Path
from typing import Annotated

import anyio
import typer

from seven_async.campaign import Campaign, CampaignJournal, JournalError, Plan, Suppression
from seven_async.cli.campaign.begin import begin, go_on, is_given
from seven_async.cli.campaign.begin_options import BeginOptions, ResumeOptions
from seven_async.cli.campaign.journals import SUFFIX, resume_command
from seven_async.cli.campaign.option_classes import spread_options
from seven_async.cli.campaign.options import (
    Country,
    ExistingJournal,
    File,
    MessageOptions,
    TableOptions,
)
from seven_async.cli.campaign.status import show_status, watch_status
from seven_async.cli.campaign.summary import show_refused, show_report
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.json_lines import AsJson, keep_output_for_json
from seven_async.cli.screen import complain, say, write_line
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError

app = typer.Typer(help="Bulk sending from a CSV file.", no_args_is_help=True)


@app.command()
@spread_options
def plan(
    file: File, *, options: MessageOptions, sandbox: UseSandbox = False, as_json: AsJson = False
) -> None:
    """Show what sending would do and cost: segments, countries, credit. Sends nothing.

    For example: seven campaign plan people.csv --text 'Hi {first_name}'
    """
    messages, settings = options.read_messages(file), options.settings()

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            campaign = Campaign(seven, file.stem, **settings)
            show(await campaign.plan(messages))

    def show(plan: Plan) -> None:
        if as_json:
            write_line(plan.to_json())
            return
        for line in str(plan).splitlines():
            say(line)

    if not as_json:
        show_refused(file, messages)
    anyio.run(work)


@app.command()
@spread_options
def send(file: File, *, options: BeginOptions, sandbox: UseSandbox = False) -> None:
    """Send a message to every row of a CSV file.

    A journal beside the file (people.seven.db) remembers who was served. On a terminal the plan
    and its cost are shown first, and asked for.

    For example: seven campaign send people.csv --text 'Hi {first_name}' --from Acme
    """
    begin(file, options, sandbox=sandbox)


@app.command()
@spread_options
def resume(
    journal: ExistingJournal,
    file: Annotated[
        Path | None, typer.Argument(help="The file again, if rows were added to it.")
    ] = None,
    *,
    options: ResumeOptions,
    context: typer.Context,
) -> None:
    """Go on with a campaign, by its journal alone.

    It remembers text, sender and all options. Options that are given now and differ are told, and
    asked for. A campaign that was paused in another terminal goes on there.

    For example: seven campaign resume people.seven.db
    """
    names = [name for name in context.params if is_given(context, name)]
    with _open(journal) as opened:
        go_on(opened, file, options, names)


@app.command()
def pause(journal: ExistingJournal) -> None:
    """Let a running campaign send no more, until `seven campaign resume`.

    For example: seven campaign pause people.seven.db
    """
    with _steer(journal) as opened:
        opened.pause()
    say(f"{opened.name} pauses within a second; go on with: {resume_command(journal)}")


@app.command()
def stop(journal: ExistingJournal) -> None:
    """Let a running campaign end; what is in flight finishes.

    For example: seven campaign stop people.seven.db
    """
    with _steer(journal) as opened:
        opened.stop()
    say(f"{opened.name} stops within a second; go on with: {resume_command(journal)}")


@app.command()
def rate(
    journal: ExistingJournal,
    per_s: Annotated[float, typer.Argument(help="Messages per second.", min=0.001)],
) -> None:
    """Let a running campaign go at another rate.

    For example: seven campaign rate people.seven.db 20
    """
    with _steer(journal) as opened:
        opened.set_rate(per_s)
    say(f"{opened.name} sends at most {per_s:g} messages a second within a second")


@app.command()
def status(
    journal: ExistingJournal,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it until the campaign ends.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far a campaign is, from its journal; also while it runs in another terminal.

    For example: seven campaign status people.seven.db --watch
    """
    with ignoring(KeyboardInterrupt), _open(journal) as opened:
        if as_json:
            write_line(opened.status().to_json())
        elif watch:
            watch_status(opened)
        else:
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
    as_json: AsJson = False,
) -> None:
    """Show what a campaign came to: counts that add up, reasons, cost, deliveries.

    For example: seven campaign report people.seven.db --html report.html
    """
    with _open(journal) as opened:
        with keep_output_for_json(is_wanted=as_json):
            if refresh:
                say(f"{anyio.run(_refresh, opened):,} delivery states are new")
            if not as_json:
                show_report(opened)
            if html is not None:
                opened.write_html(html, zone=zone)
                say(f"wrote {html}")
        if as_json:
            write_line(opened.report().to_json())


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
    """Write who has a state to a CSV file: who was missed, for example.

    For example: seven campaign export people.seven.db --to missed.csv --file people.csv
    """
    with _open(journal) as opened:
        count = opened.export(state, to, None if file is None else options.read(file))
    say(f"wrote {count:,} rows to {to}")


@app.command()
def forget(
    journal: ExistingJournal,
    number: Annotated[str, typer.Argument(help="The recipient to erase.")],
    *,
    country: Country = None,
) -> None:
    """Erase a recipient from a journal; the campaign never writes to it again.

    Counts and cost stay. Exports are not changed. The key of what stays lies in your own folder,
    not in the journal: without it the campaign cannot be sent any more.

    For example: seven campaign forget people.seven.db +491711234567
    """
    with _open(journal) as opened:
        country = country or opened.notes.get("options", {}).get("country")
        count = opened.forget(number, default_country=country)
    say(f"{journal}: {count_of(count, 'message')} erased")
    if not count:
        complain("the journal had no message for this recipient; none will be sent to it")
        if country is None and not number.strip().startswith(("+", "00")):
            complain(
                "the number has no calling code: if the campaign sends to it with one, write + and "
                "the calling code, or give --country"
            )


@app.command()
def suppress(
    file: Annotated[Path, typer.Argument(help="The list; made if there is none.")],
    numbers: Annotated[list[str], typer.Argument(help="Numbers that must not be written to.")],
    *,
    country: Country = None,
) -> None:
    """Add numbers to a suppression list, one a line; it is given to plan and send.

    For example: seven campaign suppress stop.txt +491711234567
    """
    added = Suppression.add_to_file(file, numbers, default_country=country)
    say(f"{file}: {added} added, {len(numbers) - added} listed before")


@contextmanager
def _steer(journal: Path) -> Generator[CampaignJournal]:
    """Open a journal whose campaign is being sent; that it is not is wrong usage."""
    with _open(journal) as opened:
        try:
            yield opened
        except JournalError as error:
            raise InvalidRequestError(str(error)) from None


def _open(journal: Path) -> CampaignJournal:
    try:
        return CampaignJournal.open(journal)
    except JournalError as error:
        # The wrong file was named: that is wrong usage, unlike a journal that breaks later.
        beside = journal.with_name(f"{journal.stem}{SUFFIX}")
        hint = f"; its journal may be {beside}" if beside.exists() and beside != journal else ""
        raise InvalidRequestError(f"{error}{hint}") from None
