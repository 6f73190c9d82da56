"""Commands that account for a campaign: its report, exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from seven_async.campaign import CampaignJournal
from seven_async.cli.campaign.journals import ExistingJournal, open_journal
from seven_async.cli.campaign.option_classes import spread_options
from seven_async.cli.campaign.options import TableOptions
from seven_async.cli.campaign.summary import is_in_database, show_report
from seven_async.cli.gateway import client
from seven_async.cli.json_lines import AsJson, keep_output_for_json
from seven_async.cli.screen import complain, say, write_line


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
    with open_journal(journal) as opened:
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
    with open_journal(journal) as opened:
        count = opened.export(state, to, None if file is None else options.read(file))
        may_lack = file is None and state in ("missed", "refused") and is_in_database(opened)
    say(f"wrote {count:,} rows to {to}")
    if may_lack:
        complain("rows that were refused when a file was loaded are in that alone: --file FILE")
