"""Commands for people who want nothing any more: out of a journal, on to a suppression list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seven_async.campaign import Suppression
from seven_async.cli.campaign.journals import ExistingJournal, open_journal
from seven_async.cli.campaign.options import Country
from seven_async.cli.screen import complain, say
from seven_async.cli.wording import count_of


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
    with open_journal(journal) as opened:
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
