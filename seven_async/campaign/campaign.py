"""Sending to any number of recipients, with a client of either colour."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NoReturn, cast, overload

from seven_async.api.routes.endpoint import Async, Blocking, M
from seven_async.api.table import Table
from seven_async.blocking import Seven
from seven_async.campaign.blocking import BlockingRunner
from seven_async.campaign.entries import AsyncEntries, Entries, OnLoop
from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.inputs.message import Message
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.campaign.interrupts import is_second
from seven_async.campaign.journal.session import JournalSession
from seven_async.campaign.planning.plan import Plan
from seven_async.campaign.planning.planner import (
    THROUGHPUT_PER_S,
    build_plan,
    build_survey,
    check_readable_twice,
    fetch_tariff,
    survey_messages,
)
from seven_async.campaign.reports.delivery_reports import refresh_deliveries
from seven_async.campaign.reports.export import export_csv
from seven_async.campaign.reports.html import write_page
from seven_async.campaign.reports.journal_report import read_report
from seven_async.campaign.results import Progress, Report, State, Tally
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.sending.settings import DEFAULT_BATCH, Settings, build_rules, to_path
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError
from seven_async.flow.window import Rate
from seven_async.option_checks import build_refusal


class Campaign(Generic[M]):
    """Messages to any number of recipients, and one `Entry` for each of them.

    `async with Campaign(AsyncSeven()) as campaign`, or `with Campaign(Seven()) as campaign`; the
    client stays the caller's to close. Memory stays flat, whatever the number of messages.

    Args:
        client: The client to send with.
        name: What the campaign is called in reports.
        journal: The file that remembers what was sent, so that nobody is served twice, whatever
            happens; made if there is none. Without one nothing is remembered.
        concurrency: Requests in flight at once; the client's own number unless given.
        batch: Recipients of the same text and options that share a request, each still with an
            outcome of its own. The gateway publishes no maximum.
        rate: Messages per second of the account, as a number or as `Rate(50, per_s=1)`. As long as
            the campaign is open it holds for all that the process sends for the account, beside the
            `rate` of its clients. Batches are cut to what it lets through at once.
        default_country: The country of numbers without `+` (`DE` or `49`), needs the extra
            `phone`; `international` if they begin with their calling code. Without it they go out
            as the gateway reads them.
        key: What tells a message from others, instead of its recipient and channel.
        suppress: Recipients that must not be written to.
        max_cost: EUR that the whole campaign may cost; it pauses before the line is crossed.
        max_error_rate: The share of the last `error_window` messages that may fail before the
            campaign pauses; None to go on whatever happens.
        error_window: How many messages that share is taken of.
        quiet_hours: Hours in which nobody is written to, by the recipient's clock; messages wait.
            Without a zone for a recipient, nothing is sent to it.
        store_texts: Keep the texts in the journal, too; only fingerprints unless asked.
        resend_unknown: Send again what may have been sent and cannot be looked up. It may arrive
            twice.
        resend_changed: Send a text that has changed to those who got the one before.
        reload_lock: True if you know that the account refuses the same SMS within 180 s; an SMS
            whose answer was lost can then be sent again at once. Accounts can have that switched
            off, so unless given it is not relied on.
        grace_s: Seconds after which what is not in the gateway's journal was not sent.
        finish_s: Seconds for what is in flight to finish when the caller fails or is cancelled.
    """

    def __init__(
        self,
        client: Table[M],
        name: str = "campaign",
        *,
        journal: str | os.PathLike[str] | None = None,
        concurrency: int | None = None,
        batch: int = DEFAULT_BATCH,
        rate: Rate | float | None = None,
        default_country: str | None = None,
        key: Callable[[Any], str] | None = None,
        suppress: Suppression | Iterable[str] | None = None,
        max_cost: Decimal | int | str | None = None,
        max_error_rate: float | None = 0.8,
        error_window: int = 200,
        quiet_hours: QuietHours | None = None,
        store_texts: bool = False,
        resend_unknown: bool = False,
        resend_changed: bool = False,
        reload_lock: bool | None = None,
        grace_s: float = 600.0,
        finish_s: float = 30.0,
    ) -> None:
        self._client, self._loop = _sides(client)
        self._journal = to_path(journal)
        options = self._client.options
        self._settings = Settings(
            name=name,
            concurrency=options.concurrency if concurrency is None else concurrency,
            batch=batch,
            rate=rate,
            default_country=default_country,
            key=key,
            finish_s=finish_s,
            suppress=_suppression(suppress, default_country),
            max_cost=max_cost,
            max_error_rate=max_error_rate,
            error_window=error_window,
            quiet_hours=quiet_hours,
            store_texts=store_texts,
            rules=build_rules(
                options.deadline_s,
                reload_lock=reload_lock,
                grace_s=grace_s,
                resend_unknown=resend_unknown,
                resend_changed=resend_changed,
            ),
        )
        self._inputs: set[Path] = set()
        self._host: CampaignRunner | None = None
        self._hosting: BlockingRunner | None = None

    def __repr__(self) -> str:
        return f"<Campaign {self._settings.name!r}>"

    @property
    def name(self) -> str:
        """What the campaign is called."""
        return self._settings.name

    async def __aenter__(self: Campaign[Async]) -> Campaign[Async]:
        if self._loop is not None:
            _refuse_colour("with")
        self._host = await self._new_host().__aenter__()
        return self

    async def __aexit__(
        self: Campaign[Async],
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened().__aexit__(kind, error, trace)

    def __enter__(self: Campaign[Blocking]) -> Campaign[Blocking]:
        if self._loop is None:
            _refuse_colour("async with")
        host, hosting = self._new_host(), BlockingRunner(self._loop)
        hosting.start(host)
        self._host, self._hosting = host, hosting
        return self

    def __exit__(
        self: Campaign[Blocking],
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hosting is not None:
            if is_second(error):
                self.abort()
            self._hosting.end(self._opened(), in_a_hurry=error is not None)

    @overload
    def send(
        self: Campaign[Async], messages: Iterable[Message] | AsyncIterable[Message]
    ) -> AsyncEntries: ...
    @overload
    def send(self: Campaign[Blocking], messages: Iterable[Message]) -> Entries: ...
    def send(self, messages: Any) -> Any:
        """The entries of all messages, in the order in which they are known.

        Args:
            messages: `SendSms`, `SendRcs`, `SendTemplate`, … or `Fallback` of them, from any
                iterable, with an `AsyncSeven` also an async one; or what `read_csv` gives, whose
                refused rows are the first entries. A message to several recipients becomes one
                entry for each.

        Raises:
            PausedError: After the last entry: the account is out of credit, for example.
            AuthenticationError: After the last entry; so are other errors that every message
                would meet.
        """
        self._note_input(messages)
        if self._loop is None:
            return AsyncEntries(self._opened, messages)
        return Entries(self._opened, self._loop, messages)

    @overload
    def plan(
        self: Campaign[Async],
        messages: Iterable[Message] | AsyncIterable[Message],
        *,
        per_s: float = THROUGHPUT_PER_S,
    ) -> Coroutine[Any, Any, Plan]: ...
    @overload
    def plan(
        self: Campaign[Blocking],
        messages: Iterable[Message],
        *,
        per_s: float = THROUGHPUT_PER_S,
    ) -> Plan: ...
    def plan(self, messages: Any, *, per_s: float = THROUGHPUT_PER_S) -> Any:
        """What sending these messages now would do and cost. Sends nothing.

        Args:
            messages: As for `send`, but not an iterator that is empty after it was read once.
            per_s: Messages per second that the account delivers.

        Raises:
            InvalidRequestError: The messages could be read only once; the text names the fix.
        """
        settings, journal = self._settings, self._journal
        self._note_input(messages)
        if self._loop is None:
            return build_plan(self._client, settings, journal, messages, per_s)
        check_readable_twice(messages)
        tariff = self._loop.run(fetch_tariff, self._client)
        survey = survey_messages(build_survey(settings, tariff, journal), messages)
        balance = self._loop.run(self._client.balance.get)
        return survey.plan(balance, per_s, self._client.gateway_time.own_clock_ahead_s)

    @overload
    def refresh(self: Campaign[Async]) -> Coroutine[Any, Any, int]: ...
    @overload
    def refresh(self: Campaign[Blocking]) -> int: ...
    def refresh(self) -> Any:
        """How many messages have a new delivery state, now filled in from the gateway's journal."""
        journal = self._kept("refresh")
        if self._loop is None:
            return refresh_deliveries(self._client, journal)
        return self._loop.run(refresh_deliveries, self._client, journal)

    def export(
        self,
        state: State | str,
        path: str | os.PathLike[str],
        messages: CsvMessages | None = None,
    ) -> int:
        """How many messages of a state were written to a CSV file.

        Args:
            state: A `State`, or `missed` for all who were not accepted.
            path: The file to write, readable by its owner only. An old one is replaced, but not a
                journal, or a file that this campaign has read.
            messages: What `read_csv` gave: then rows have their original columns, and `missed` has
                those that were never reached.
        """
        journal = self._kept("export")
        return export_csv(journal, Path(path), state, self._settings, messages, inputs=self._inputs)

    def write_html(self, path: str | os.PathLike[str]) -> None:
        """Write a report with curves, one file without links, for any browser.

        Readable by its owner only. A journal, or a file that this campaign has read, is not
        replaced.
        """
        write_page(self._kept("write_html"), Path(path), self._inputs)

    def _note_input(self, messages: object) -> None:
        if isinstance(messages, CsvMessages):
            self._inputs.add(messages.path)

    def _kept(self, what: str) -> Path:
        if self._journal is None:
            raise ConfigurationError(f"{what}() needs a journal: give Campaign(…, journal=…)")
        return self._journal

    @property
    def is_sending(self) -> bool:
        """Whether a `send` is under way."""
        run = None if self._host is None else self._host.run
        return run is not None and not run.ended.is_set()

    def stop(self) -> None:
        """Read no more of the input; what is in flight finishes, then the entries end."""
        run = self._opened().run
        if run is not None:
            self._on_loop(run.stop)

    def abort(self) -> None:
        """End at once: requests in flight are cut off, then the entries end.

        What had left is `unknown`: it may have been sent. With a journal the next run looks it up.

        Example:
            `signal.signal(signal.SIGTERM, lambda *_: campaign.abort())`
        """
        self._on_loop(self._opened().abort)

    def _on_loop(self, change: Callable[[], None]) -> None:
        if self._loop is None:
            change()
        else:
            self._loop.run(_call, change)

    def progress(self) -> Progress:
        """How far the latest `send` is."""
        return self._opened().progress()

    def report(self) -> Report:
        """The counts of the campaign, which add up to what was given."""
        if self._journal is not None and self._journal.exists():
            return read_report(self._journal)
        return Report.of(self.name, self._opened().tally() if self._host else Tally())

    def _new_host(self) -> CampaignRunner:
        settings, journal = self._settings, None
        if self._journal is not None:
            journal = JournalSession(
                self._client, self._journal, settings.name, store_texts=settings.store_texts
            )
        return CampaignRunner(self._client, settings, journal)

    def _opened(self) -> CampaignRunner:
        if self._host is None:
            raise ConfigurationError(
                f"open the campaign first: `{'async ' if self._loop is None else ''}with "
                "Campaign(…) as campaign:`"
            )
        return self._host


def _sides(client: object) -> tuple[AsyncSeven, OnLoop | None]:
    """The awaiting client, and for a blocking one the loop that it runs on."""
    if isinstance(client, AsyncSeven):
        return client, None
    if isinstance(client, Seven):
        return client._client, client._loop  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    raise ConfigurationError(f"a Campaign takes AsyncSeven or Seven, not {type(client).__name__}")


def _refuse_colour(right: str) -> NoReturn:
    client = "Seven" if right == "with" else "AsyncSeven"
    raise ConfigurationError(f"this campaign has a {client}: open it with `{right} Campaign(…)`")


def _suppression(
    suppress: Suppression | Iterable[str] | None, default_country: str | None
) -> Suppression | None:
    if suppress is None or isinstance(suppress, Suppression):
        return suppress
    given = cast("object", suppress)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise build_refusal(
            "suppress",
            f"must be a Suppression or a list of recipients, not {type(given).__name__}; "
            f"Suppression.read(path) reads a file",
        )
    return Suppression(suppress, default_country=default_country)


async def _call(change: Callable[[], None]) -> None:
    change()
