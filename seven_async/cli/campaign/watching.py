"""Commands that watch a campaign that is being sent, and steer it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextlib import suppress as ignoring
from typing import Annotated

import typer

from seven_async.campaign import CampaignJournal, JournalError
from seven_async.cli.campaign.journals import (
    ExistingJournal,
    NamedJournal,
    open_journal,
    resume_command,
)
from seven_async.cli.campaign.status import show_status, watch_status
from seven_async.cli.json_lines import AsJson
from seven_async.cli.screen import say, write_line
from seven_async.errors import InvalidRequestError


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
    with ignoring(KeyboardInterrupt), open_journal(journal) as opened:
        if as_json:
            write_line(opened.status().to_json())
        elif watch:
            watch_status(opened)
        else:
            show_status(opened)


def pause(journal: ExistingJournal) -> None:
    """Let a running campaign send no more, until `seven campaign resume`.

    For example: seven campaign pause people.seven.db
    """
    with _steer(journal) as opened:
        opened.pause()
    say(f"{opened.name} pauses within a second; go on with: {resume_command(journal)}")


def stop(journal: ExistingJournal) -> None:
    """Let a running campaign end; what is in flight finishes.

    For example: seven campaign stop people.seven.db
    """
    with _steer(journal) as opened:
        opened.stop()
    say(f"{opened.name} stops within a second; go on with: {resume_command(journal)}")


def cancel(journal: ExistingJournal) -> None:
    """Let nobody send more of a campaign, now or later, until `seven campaign resume --reopen`.

    For example: seven campaign cancel people.seven.db
    """
    with open_journal(journal) as opened:
        is_new = opened.cancel()
    say(
        f"{opened.name} is cancelled: what is in flight finishes, nothing more is sent"
        if is_new
        else f"{opened.name} was cancelled before"
    )


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


@contextmanager
def _steer(journal: NamedJournal) -> Generator[CampaignJournal]:
    """Open a journal whose campaign is being sent; that it is not is wrong usage."""
    with open_journal(journal) as opened:
        try:
            yield opened
        except JournalError as error:
            raise InvalidRequestError(str(error)) from None
