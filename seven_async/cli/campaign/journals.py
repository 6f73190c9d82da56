"""Which journal a campaign has: the one that was named, or one beside its file.

In: the file of a campaign and its options. Out: a path. I/O: journals beside the file are read, so
that the same people are not written to twice because their file has another name.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from seven_async.campaign import CampaignJournal, JournalError
from seven_async.cli.screen import complain
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from seven_async.campaign import CsvMessages
    from seven_async.cli.campaign.begin_options import BeginOptions

SUFFIX: Final = ".seven.db"
ADDRESS_VARIABLE: Final = "SEVEN_JOURNAL"


@attrs.frozen
class NamedJournal:
    """A journal as a command names it: a path, or `postgresql://…#CAMPAIGN`."""

    word: str

    @property
    def is_address(self) -> bool:
        """True if it is in a database."""
        return self.word.startswith(("postgresql://", "postgres://"))

    def __str__(self) -> str:
        """The path; of an address its campaign, since a password may be anywhere in the rest."""
        return f"postgresql://…{self._fragment}" if self.is_address else self.word

    @property
    def _fragment(self) -> str:
        """The campaign of an address, with the `#` before it; nothing if it names none."""
        return "".join(self.word.partition("#")[1:])

    @property
    def command_word(self) -> str:
        """What a command takes for it in a shell."""
        variable = os.environ.get(ADDRESS_VARIABLE)
        if not self.is_address or self.word.partition("#")[0] != variable:
            return shlex.quote(str(self))
        if re.fullmatch(r"[#\w.-]*", self._fragment):
            return f'"${ADDRESS_VARIABLE}{self._fragment}"'
        return f'"${ADDRESS_VARIABLE}"{shlex.quote(self._fragment)}'

    def check_scheme(self) -> None:
        """Refuse the address of something else than a database of campaigns.

        Raises:
            InvalidRequestError: It is one. It may have a password, so it is not shown.
        """
        if "://" in self.word and not self.is_address:
            raise InvalidRequestError(
                "the journal is the path of a file, or an address that begins with postgresql://"
            )


ExistingJournal = Annotated[
    NamedJournal,
    typer.Argument(
        parser=NamedJournal,
        metavar="JOURNAL",
        help="The journal of a campaign; in a database 'postgresql://…#NAME'.",
    ),
]


def choose_journal(
    file: Path, messages: CsvMessages, options: BeginOptions, *, sandbox: bool
) -> Path | None:
    """Return the journal of a campaign; None if it shall have none.

    Raises:
        InvalidRequestError: A journal beside the file has the same recipients, or the name.
    """
    if options.no_journal:
        if options.journal is not None:
            raise InvalidRequestError("--journal and --no-journal exclude each other")
        return None
    if options.journal is not None or sandbox:
        return options.journal
    if options.name in ("", "..") or Path(options.name or "").name != (options.name or ""):
        raise InvalidRequestError(
            f"--name {options.name!r} is no name of a file, and the journal is called by it; "
            f"give one without slashes"
        )
    journal = file.with_name(f"{options.name or file.stem}{SUFFIX}")
    if options.name is None:
        _refuse_known_recipients(file, messages)
    if journal.exists():
        raise InvalidRequestError(
            f"{journal.name} is the journal of another campaign. To go on with that: "
            f"{resume_command(journal)}. For this one give another name: --name NAME"
        )
    return journal


def _refuse_known_recipients(file: Path, messages: CsvMessages) -> None:
    for journal in _journals_beside(file):
        overlap = journal.count_known(messages)
        if overlap.is_same_campaign:
            rows = "row" if overlap.looked_at == 1 else "rows"
            raise InvalidRequestError(
                f"{journal.path.name} has {overlap.known:,} of the recipients in "
                f"{overlap.looked_at:,} {rows} of this file; it {_describe_ending(journal)}. "
                f"To go on with it: {resume_command(journal.path)}. "
                f"For a new campaign to the same people: --name NAME"
            )


def _journals_beside(file: Path) -> Iterator[CampaignJournal]:
    for path in sorted(file.parent.glob(f"*{SUFFIX}")):
        try:
            journal = CampaignJournal.open(path)
        except JournalError as error:
            complain(f"{path.name} was not compared with this file: {error}")
        else:
            yield journal


def _describe_ending(journal: CampaignJournal) -> str:
    if journal.is_running:
        return "is being sent just now"
    status = journal.status()
    left = f", with {count_of(status.planned, 'message')} to go" if status.planned else ""
    return f"ended: {status.ending or 'cut off'}{left}"


def resume_command(journal: Path | NamedJournal) -> str:
    """Return the words that go on with a campaign."""
    word = journal.command_word if isinstance(journal, NamedJournal) else shlex.quote(str(journal))
    return f"seven campaign resume {word}"


def open_journal(named: NamedJournal) -> CampaignJournal:
    """Open the journal that was named.

    Raises:
        InvalidRequestError: It is none. That is wrong usage, unlike a journal that breaks later.
    """
    named.check_scheme()
    if named.is_address:
        try:
            return CampaignJournal.open(named.word)
        except JournalError as error:
            if error.__cause__ is not None:  # what the server said: it may be there later
                raise
            raise InvalidRequestError(str(error)) from None
    journal = Path(named.word)
    try:
        return CampaignJournal.open(journal)
    except JournalError as error:
        beside = journal.with_name(f"{journal.stem}{SUFFIX}")
        hint = f"; its journal may be {beside}" if beside.exists() and beside != journal else ""
        raise InvalidRequestError(f"{error}{hint}") from None
