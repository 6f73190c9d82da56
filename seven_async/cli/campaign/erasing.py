"""Commands for people who want nothing any more: out of a journal, on to a suppression list."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from seven_async.campaign import OptOutError, OptOutList, Suppression
from seven_async.cli.campaign.journals import ExistingJournal, NamedJournal, open_journal
from seven_async.cli.campaign.options import Country
from seven_async.cli.screen import complain, say
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError

_SQLITE_MARK: Final = b"SQLite format 3\0"


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
    place: Annotated[
        str,
        typer.Argument(
            metavar="LIST",
            help="The list, made if there is none: one number a line; a list of opt-outs, or the "
            "one in a database: postgresql://…",
        ),
    ],
    numbers: Annotated[list[str], typer.Argument(help="Numbers that must not be written to.")],
    *,
    country: Country = None,
) -> None:
    """Add numbers to a suppression list; it is given to plan and send.

    A campaign in a database asks the list there at each message.

    For example: seven campaign suppress stop.txt +491711234567
    """
    NamedJournal(place).check_scheme()
    if NamedJournal(place).is_address or _is_database(Path(place)):
        added = _opt_out(place, numbers, country)
    else:
        added = Suppression.add_to_file(place, numbers, default_country=country)
    shown = "the database" if NamedJournal(place).is_address else place
    say(f"{shown}: {added} added, {len(numbers) - added} listed before")


def _is_database(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE_MARK)) == _SQLITE_MARK


def _opt_out(place: str, numbers: list[str], country: str | None) -> int:
    """Add numbers to a list of opt-outs; raises before any is added if one is no number."""
    try:
        opened = OptOutList(place, default_country=country)
    except OptOutError as error:
        if NamedJournal(place).is_address:  # the database may be there later
            raise
        raise InvalidRequestError(str(error)) from None
    with closing(opened) as opt_outs:
        for number in numbers:
            opt_outs.history(number)
        return sum(opt_outs.add(number, reason="seven campaign suppress") for number in numbers)
