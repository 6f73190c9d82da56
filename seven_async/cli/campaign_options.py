"""What the campaign commands can be told, once for all of them."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from seven_async.campaign import CsvError, CsvMessages, QuietHours, Suppression, read_csv
from seven_async.errors import InvalidRequestError

File = Annotated[Path, typer.Argument(help="A CSV file with a header row.")]
Text = Annotated[str, typer.Option(help="The message; {column} is filled in from the row.")]
Sender = Annotated[
    str | None, typer.Option("--from", help="The sender: 11 letters and digits, or 16 digits.")
]
Column = Annotated[
    str | None,
    typer.Option("--recipient", help="The column with the numbers, if not found by its name."),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding", help="The file's encoding, if it cannot be told: cp1250, utf-16-le."
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option("--delimiter", help="What separates the file's columns, if not found: ':', tab."),
]
Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        help="The country of numbers without +, such as DE; international if they begin with "
        "their calling code.",
    ),
]
Label = Annotated[str | None, typer.Option(help="A label for the gateway's statistics.")]
JournalFile = Annotated[
    Path | None,
    typer.Option("--journal", help="The file that remembers who was served; made if missing."),
]
ExistingJournal = Annotated[Path, typer.Argument(help="The journal of a campaign.")]
Suppressed = Annotated[
    Path | None,
    typer.Option("--suppress", help="A list of numbers that must not be written to."),
]
Concurrency = Annotated[int, typer.Option(help="Requests in flight at once.", min=1)]
Batch = Annotated[
    int | None, typer.Option(help="Recipients of the same text that share a request.", min=1)
]
PerSecond = Annotated[
    float | None, typer.Option("--rate", help="Messages per second of the account.")
]
MaxCost = Annotated[
    str | None, typer.Option("--max-cost", help="EUR that the whole campaign may cost.")
]
Quiet = Annotated[
    str | None,
    typer.Option("--quiet", help="Hours by the recipient's clock without messages: 20-8."),
]
QuietZone = Annotated[
    str | None,
    typer.Option("--zone", help="For --quiet: the time zone of numbers whose own is unknown."),
]
StoreTexts = Annotated[
    bool, typer.Option("--store-texts", help="Keep the texts in the journal, too.")
]
ResendUnknown = Annotated[
    bool,
    typer.Option("--resend-unknown", help="Send again what may have been sent; it may come twice."),
]
ResendChanged = Annotated[
    bool, typer.Option("--resend-changed", help="Send a changed text to those served before.")
]


def quiet_hours(text: str | None, zone: str | None) -> QuietHours | None:
    """`20-8` or `21:30-7` as hours."""
    if text is None:
        return None
    begin, _, end = text.partition("-")
    try:
        return QuietHours(begin=_hour(begin), end=_hour(end), zone=zone)
    except ValueError:
        raise InvalidRequestError(f"--quiet takes hours such as 20-8, not {text!r}") from None


def _hour(text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    return time(int(hour), int(minute or 0))


def delimiter_of(text: str | None) -> str | None:
    """Return a delimiter; a tab is hard to type."""
    return "\t" if text in ("tab", "\\t") else text


def read_suppression(file: Path, country: str | None) -> Suppression:
    """Return a suppression list; an error says that it is the list's."""
    try:
        return Suppression.read(file, default_country=country)
    except CsvError as error:
        raise InvalidRequestError(f"--suppress {file}: {error}") from None


@attrs.frozen(kw_only=True)
class Job:
    """One campaign as the command line describes it."""

    messages: CsvMessages
    concurrency: int
    settings: dict[str, Any]
    """Keywords of `Campaign`."""

    @classmethod
    def of(
        cls,
        file: Path,
        *,
        text: str,
        from_: str | None,
        recipient: str | None,
        country: str | None,
        encoding: str | None,
        delimiter: str | None,
        label: str | None,
        suppress: Path | None = None,
        concurrency: int = 64,
        **settings: Any,
    ) -> Job:
        """The job; everything that can be refused without sending is refused here."""
        messages = read_csv(
            file,
            text=text,
            from_=from_,
            label=label,
            recipient=recipient,
            default_country=country,
            encoding=encoding,
            delimiter=delimiter_of(delimiter),
        )
        listed = suppress and read_suppression(suppress, country)
        given = {"default_country": country, "suppress": listed, **settings}
        return cls(
            messages=messages,
            concurrency=concurrency,
            settings={name: value for name, value in given.items() if value is not None},
        )
