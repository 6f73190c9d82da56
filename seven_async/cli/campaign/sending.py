"""Commands that plan a campaign, send it and go on with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import anyio
import attrs
import typer

from seven_async.campaign import Campaign, CampaignJournal, Plan
from seven_async.cli.campaign.begin import begin, begin_in_database, go_on, is_given
from seven_async.cli.campaign.begin_options import BeginOptions, ResumeOptions
from seven_async.cli.campaign.journals import (
    ExistingJournal,
    NamedJournal,
    open_journal,
    resume_command,
)
from seven_async.cli.campaign.option_classes import spread_options
from seven_async.cli.campaign.options import File, MessageOptions
from seven_async.cli.campaign.summary import show_refused
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.json_lines import AsJson
from seven_async.cli.screen import say, write_line
from seven_async.errors import InvalidRequestError


@spread_options
def plan(
    file: File, *, options: MessageOptions, sandbox: UseSandbox = False, as_json: AsJson = False
) -> None:
    """Show what sending would do and cost: segments, countries, credit. Sends nothing.

    For example: seven campaign plan people.csv --text 'Hi {first_name}'
    """
    messages, settings = options.read_messages(file), options.settings()

    async def work() -> Plan:
        async with client(sandbox=sandbox) as (seven, _):
            return await Campaign(seven, file.stem, **settings).plan(messages)

    if as_json:
        write_line(anyio.run(work).to_json())
        return
    try:
        planned = anyio.run(work)  # reads the file once, and finds the rows that are refused
    finally:
        show_refused(file, messages)
    for line in str(planned).splitlines():
        say(line)


@spread_options
def send(
    file: File,
    *,
    options: BeginOptions,
    sandbox: UseSandbox = False,
    journal: Annotated[
        str | None,
        typer.Option(
            help="The file that remembers who was served, made if missing; or postgresql://…, then "
            "workers send it here.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that send, with a journal in a database; 1 if not.", min=1),
    ] = None,
) -> None:
    """Send a message to every row of a CSV file.

    A journal beside the file (people.seven.db) remembers who was served. On a terminal the plan
    and its cost are shown first, and asked for.

    For example: seven campaign send people.csv --text 'Hi {first_name}' --from Acme
    """
    if journal is not None:
        NamedJournal(journal).check_scheme()
    if journal is not None and NamedJournal(journal).is_address:
        if sandbox:
            raise InvalidRequestError("--sandbox: workers do not reach a sandbox in this process")
        begin_in_database(file, options, journal, workers or 1)
    if workers is not None:
        raise InvalidRequestError(
            "--workers needs a journal in a database: --journal postgresql://…"
        )
    given = None if journal is None else Path(journal)
    begin(file, attrs.evolve(options, journal=given), sandbox=sandbox)


def _check_cancelled(opened: CampaignJournal, journal: NamedJournal, *, reopen: bool) -> None:
    if reopen:
        opened.reopen()
    elif opened.is_cancelled:
        raise InvalidRequestError(
            f"{opened.name} was cancelled; to send it all the same: {resume_command(journal)} "
            f"--reopen"
        )


def _check_nothing_given(context: typer.Context, names: Sequence[str]) -> None:
    """Refuse what workers would not keep to, a limit of cost above all."""
    given = [
        param.opts[0]
        for param in context.command.params
        if param.name in names and param.name not in {"journal", "reopen"}
    ]
    if given:
        raise InvalidRequestError(
            f"{', '.join(given)}: workers keep to what the campaign was loaded with; load the file "
            f"again with that (seven campaign load FILE --journal …), then resume it"
        )


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
    with open_journal(journal) as opened:
        _check_cancelled(opened, journal, reopen=options.reopen)
        if journal.is_address:
            _check_nothing_given(context, names)
            opened.unpause()
            say(f"{opened.name} goes on; workers send it: seven worker --journal …")
            return
        go_on(opened, file, options, names)
