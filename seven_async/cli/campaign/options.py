"""What the campaign commands can be told, each option written once.

In: the words of a command. Out: messages of a file, keywords of `Campaign`. I/O: reads the file and
the suppression list.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
import typer

from seven_async.campaign import (
    CsvError,
    CsvMessages,
    MessageTemplate,
    QuietHours,
    StoreTexts,
    Suppression,
    read_csv,
)
from seven_async.cli.campaign.forms import ChannelChoice, Words, any_form
from seven_async.cli.campaign.parsing import (
    parse_hours,
    parse_moment,
    parse_seconds,
    read_days,
)
from seven_async.cli.json_lines import AsJson
from seven_async.errors import InvalidRequestError

File = Annotated[Path, typer.Argument(help="A CSV file with a header row.")]
Country = Annotated[
    str | None,
    typer.Option(
        "--country",
        help="The country of numbers without +, such as DE; international if they begin with "
        "their calling code.",
    ),
]
_OF_THEN: Final = ("then_text", "then_from", "on_failed_delivery", "undelivered_after")
_OF_WHATSAPP: Final = ("template", "language", "body", "header", "button")
_TABS: Final = ("tab", "\\t")


@attrs.frozen(kw_only=True)
class TableOptions:
    """How a CSV file is read."""

    channel: Annotated[
        ChannelChoice,
        typer.Option("--channel", help="What the messages go out by; calls reach landlines, too."),
    ] = ChannelChoice.SMS
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

    def read(self, file: Path) -> CsvMessages:
        """Return messages for the recipients of a file, whatever they say."""
        return read_csv(file, message=any_form(self.channel), **self.csv_keywords())

    def csv_keywords(self) -> dict[str, Any]:
        """Return the keywords of `read_csv` that say how the file is read."""
        return {
            "recipient": self.recipient,
            "default_country": self.country,
            "encoding": self.encoding,
            "delimiter": "\t" if self.delimiter in _TABS else self.delimiter,
        }


@attrs.frozen(kw_only=True)
class MessageOptions(TableOptions):
    """What is sent, to which rows of a file."""

    text: Annotated[
        str | None,
        typer.Option(
            "--text",
            help="The message; {column} is filled in from the row, {column|default} has a default "
            "for an empty cell. With --then in all its forms but a WhatsApp template.",
        ),
    ] = None
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="The sender: for an SMS 11 letters and digits or 16 digits, for WhatsApp your "
            "number, for RCS an agent, for a call its caller.",
        ),
    ] = None
    label: Annotated[
        str | None, typer.Option("--label", help="A label for the gateway's statistics.")
    ] = None
    template: Annotated[
        str | None, typer.Option("--template", help="The approved WhatsApp template's name.")
    ] = None
    language: Annotated[
        str | None, typer.Option("--language", help="The language of the template: de, en_US.")
    ] = None
    body: Annotated[
        list[str] | None,
        typer.Option(
            "--body",
            help="What a variable of the template's body is filled with, such as '{first_name}'; "
            "once for each of them, in their order.",
        ),
    ] = None
    header: Annotated[
        list[str] | None,
        typer.Option("--header", help="The same for its header; of a picture its address."),
    ] = None
    button: Annotated[
        list[str] | None,
        typer.Option("--button", help="The same for its buttons, one for each."),
    ] = None
    then: Annotated[
        ChannelChoice | None,
        typer.Option("--then", help="What goes out instead where the first form is refused."),
    ] = None
    then_text: Annotated[
        str | None,
        typer.Option("--then-text", help="What that says, if it is not the same as --text."),
    ] = None
    then_from: Annotated[
        str | None,
        typer.Option("--then-from", help="Its sender; the account's own unless given."),
    ] = None
    on_failed_delivery: Annotated[
        bool,
        typer.Option(
            "--on-failed-delivery",
            help="For --then: the next run sends it also where the delivery of the first form was "
            "reported to have failed.",
        ),
    ] = False
    undelivered_after: Annotated[
        str | None,
        typer.Option(
            "--undelivered-after",
            help="The same, and also where no report came for so long, such as 2h, if reports "
            "arrive at all.",
        ),
    ] = None
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
        first, then = self._build_forms()
        if then is None:
            return read_csv(file, message=first, **self.csv_keywords())
        after = self.undelivered_after
        return read_csv(
            file,
            message=first,
            then=[then],
            on_failed_delivery=self.on_failed_delivery or after is not None,
            undelivered_after_s=None
            if after is None
            else parse_seconds("--undelivered-after", after),
            **self.csv_keywords(),
        )

    def _build_forms(self) -> tuple[MessageTemplate, MessageTemplate[Any] | None]:
        """Return the forms of the messages: the first, and the one after it."""
        self._check_options()
        words = Words(
            channel=self.channel,
            text=self.text,
            from_=self.from_,
            label=self.label,
            template=self.template,
            language=self.language,
            header=self.header,
            body=self.body,
            button=self.button,
        )
        first = words.build()
        if self.then is None:
            return first, None
        text = self.text if self.then_text is None else self.then_text
        next_words = attrs.evolve(
            words, channel=self.then, text=text, from_=self.then_from, is_fallback=True
        )
        return first, next_words.build()

    def _check_options(self) -> None:
        """Refuse options that would have no effect: something else was meant."""
        if self.then is None:
            self._check_without("--then", _OF_THEN)
        elif self.then is self.channel:
            raise InvalidRequestError(f"--then takes another channel than --channel {self.then}")
        if ChannelChoice.WHATSAPP not in (self.channel, self.then):
            self._check_without(f"--channel {ChannelChoice.WHATSAPP}", _OF_WHATSAPP)
        if {self.channel, self.then} <= {ChannelChoice.WHATSAPP, None} and self.text is not None:
            raise InvalidRequestError(
                "--text: a WhatsApp template has a text of its own, whose variables --body fills; "
                "--then sms sends --text where WhatsApp refuses"
            )

    def _check_without(self, needed: str, names: tuple[str, ...]) -> None:
        given = [name for name in names if getattr(self, name)]
        if given:
            raise InvalidRequestError(f"--{given[0].replace('_', '-')} needs {needed}")

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

    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing before sending.")] = False
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Show the plan and the cost; send nothing.")
    ] = False
    as_json: AsJson = False
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
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            help="Nothing leaves before: '2026-12-01 09:00 Europe/Berlin'; it is waited for.",
        ),
    ] = None
    not_after: Annotated[
        str | None,
        typer.Option(
            "--not-after", help="Nothing leaves after that; the rest is skipped as too late."
        ),
    ] = None
    quiet_hours: Annotated[
        str | None,
        typer.Option(
            "--quiet-hours", help="Hours by the recipient's clock without messages: 20-8."
        ),
    ] = None
    weekdays: Annotated[
        str | None,
        typer.Option(
            "--weekdays",
            help="The days by the recipient's clock on which messages go out: mon-fri, mon,wed.",
        ),
    ] = None
    holidays: Annotated[
        Path | None,
        typer.Option(
            "--holidays",
            help="A file of days without messages, such as 2026-12-25, one a line; # begins a "
            "comment.",
        ),
    ] = None
    zone: Annotated[
        str | None,
        typer.Option(
            "--zone",
            help="For --quiet-hours, --weekdays and --holidays: the time zone of numbers whose own "
            "is unknown.",
        ),
    ] = None
    store_texts: Annotated[
        str,
        typer.Option(
            "--store-texts",
            metavar="[until-served|always|never]",
            help="How long the journal keeps texts. With never, resume needs the file.",
        ),
    ] = StoreTexts.UNTIL_SERVED.value
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
            "quiet_hours": self._build_quiet_hours(),
            **self._build_window(),
            "store_texts": _check_word("--store-texts", self.store_texts, StoreTexts),
            "resend_unknown": self.resend_unknown,
            "resend_changed": self.resend_changed,
        }

    def _build_window(self) -> dict[str, datetime | None]:
        """Return when the campaign may send."""
        start = None if self.start is None else parse_moment("--start", self.start)
        limit = None if self.not_after is None else parse_moment("--not-after", self.not_after)
        if limit is not None and limit <= datetime.now(UTC):
            raise InvalidRequestError(f"--not-after {self.not_after} has passed; give a later one")
        if start is not None and limit is not None and limit <= start:
            raise InvalidRequestError("--not-after must be later than --start")
        return {"start": start, "not_after": limit}

    def _build_quiet_hours(self) -> QuietHours | None:
        if self.quiet_hours is None and self.weekdays is None and self.holidays is None:
            if self.zone is not None:
                raise InvalidRequestError(
                    "--zone needs --quiet-hours, --weekdays or --holidays; numbers without + need "
                    "--country"
                )
            return None
        # Days alone have no quiet hours.
        begin, end = parse_hours("--quiet-hours", self.quiet_hours or "0-0")
        return QuietHours(
            begin=begin,
            end=end,
            weekdays=self.weekdays,
            holidays=() if self.holidays is None else read_days("--holidays", self.holidays),
            zone=self.zone,
        )


def _check_word(option: str, word: str, words: type[StrEnum]) -> str:
    if word not in tuple(words):
        raise InvalidRequestError(f"{option} takes {', '.join(words)}, not {word!r}")
    return word


def _read_suppression(file: Path, country: str | None) -> Suppression:
    """Return a suppression list; an error says that it is the list's."""
    try:
        return Suppression.read(file, default_country=country)
    except CsvError as error:
        raise InvalidRequestError(f"--suppress {file}: {error}") from None
