"""What the campaign commands can be told, each option written once.

In: the words of a command. Out: messages of a file, keywords of `Campaign`. I/O: reads the file and
the suppression list.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import attrs
import typer

from seven_async import SendSms
from seven_async.campaign import (
    CsvError,
    CsvMessages,
    MessageTemplate,
    QuietHours,
    Suppression,
    read_csv,
)
from seven_async.errors import InvalidRequestError

File = Annotated[Path, typer.Argument(help="A CSV file with a header row.")]
ExistingJournal = Annotated[Path, typer.Argument(help="The journal of a campaign.")]
Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        help="The country of numbers without +, such as DE; international if they begin with "
        "their calling code.",
    ),
]
_TABS: Final = ("tab", "\\t")


@attrs.frozen(kw_only=True)
class TableOptions:
    """How a CSV file is read."""

    recipient: Annotated[
        str | None,
        typer.Option("--recipient", help="The column with the numbers, if not found by its name."),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", help="The file's encoding, if it cannot be told: cp1250, utf-16-le."
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(
            "--delimiter", help="What separates the file's columns, if not found: ':', tab."
        ),
    ] = None
    country: Country = None

    def read(self, file: Path, *, text: str = ".", **fields: Any) -> CsvMessages:
        """Return the messages of a file; `fields` are those of the request."""
        return read_csv(
            file,
            message=MessageTemplate(SendSms, text=text, **fields),
            recipient=self.recipient,
            default_country=self.country,
            encoding=self.encoding,
            delimiter="\t" if self.delimiter in _TABS else self.delimiter,
        )


@attrs.frozen(kw_only=True)
class MessageOptions(TableOptions):
    """What is sent, to which rows of a file."""

    text: Annotated[
        str,
        typer.Option(
            help="The message; {column} is filled in from the row, {column|default} has a default "
            "for an empty cell."
        ),
    ]
    from_: Annotated[
        str | None, typer.Option("--from", help="The sender: 11 letters and digits, or 16 digits.")
    ] = None
    label: Annotated[str | None, typer.Option(help="A label for the gateway's statistics.")] = None
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="The file that remembers who was served; made if missing."),
    ] = None
    suppress: Annotated[
        Path | None,
        typer.Option("--suppress", help="A list of numbers that must not be written to."),
    ] = None

    def read_messages(self, file: Path) -> CsvMessages:
        """Return the messages of a file."""
        return self.read(file, text=self.text, from_=self.from_, label=self.label)

    def settings(self) -> dict[str, Any]:
        """Return the keywords of `Campaign` that were given; reads the suppression list."""
        given = {
            "default_country": self.country,
            "journal": self.journal,
            "suppress": self.suppress and _read_suppression(self.suppress, self.country),
            **self._further_settings(),
        }
        return {name: value for name, value in given.items() if value is not None}

    def _further_settings(self) -> dict[str, Any]:
        return {}


@attrs.frozen(kw_only=True)
class SendOptions(MessageOptions):
    """How it is sent."""

    concurrency: Annotated[int, typer.Option(help="Requests in flight at once.", min=1)] = 64
    batch: Annotated[
        int | None, typer.Option(help="Recipients of the same text that share a request.", min=1)
    ] = None
    rate: Annotated[
        float | None, typer.Option("--rate", help="Messages per second of the account.")
    ] = None
    max_cost: Annotated[
        str | None, typer.Option("--max-cost", help="EUR that the whole campaign may cost.")
    ] = None
    quiet: Annotated[
        str | None,
        typer.Option("--quiet", help="Hours by the recipient's clock without messages: 20-8."),
    ] = None
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="For --quiet: the time zone of numbers whose own is unknown."),
    ] = None
    store_texts: Annotated[
        bool, typer.Option("--store-texts", help="Keep the texts in the journal, too.")
    ] = False
    resend_unknown: Annotated[
        bool,
        typer.Option(
            "--resend-unknown", help="Send again what may have been sent; it may come twice."
        ),
    ] = False
    resend_changed: Annotated[
        bool,
        typer.Option("--resend-changed", help="Send a changed text to those served before."),
    ] = False

    def _further_settings(self) -> dict[str, Any]:
        return {
            "batch": self.batch,
            "rate": self.rate,
            "max_cost": self.max_cost,
            "quiet_hours": _parse_quiet_hours(self.quiet, self.zone),
            "store_texts": self.store_texts,
            "resend_unknown": self.resend_unknown,
            "resend_changed": self.resend_changed,
        }


def spread_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each field of the class of its parameter `options`.

    typer reads the signature of a function: it becomes one without `options`, and with the fields
    in its place. What has no default comes first in `--help`.
    """
    options_class = get_type_hints(command)["options"]
    types = get_type_hints(options_class, include_extras=True)
    fields = attrs.fields(options_class)

    @functools.wraps(command)
    def run(**given: Any) -> None:
        options = options_class(**{field.name: given.pop(field.name) for field in fields})
        command(options=options, **given)

    spread = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is attrs.NOTHING else field.default,
            annotation=types[field.name],
        )
        for field in fields
    ]
    own = dict(inspect.signature(command, eval_str=True).parameters)
    del own["options"]
    # Sorting keeps the order of equals, so the commands of one class list its options alike.
    parameters = sorted(
        [*spread, *own.values()],
        key=lambda each: (each.kind, each.default is not inspect.Parameter.empty),
    )
    run.__dict__["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _parse_quiet_hours(text: str | None, zone: str | None) -> QuietHours | None:
    """Return hours such as `20-8` or `21:30-7`."""
    if text is None:
        return None
    begin, _, end = text.partition("-")
    try:
        return QuietHours(begin=_parse_hour(begin), end=_parse_hour(end), zone=zone)
    except ValueError:
        raise InvalidRequestError(f"--quiet takes hours such as 20-8, not {text!r}") from None


def _parse_hour(text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    return time(int(hour), int(minute or 0))


def _read_suppression(file: Path, country: str | None) -> Suppression:
    """Return a suppression list; an error says that it is the list's."""
    try:
        return Suppression.read(file, default_country=country)
    except CsvError as error:
        raise InvalidRequestError(f"--suppress {file}: {error}") from None
