"""Sending to any number of recipients, with a client of either colour."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, overload

from seven_async.api.routes.endpoint import Async, Blocking, M
from seven_async.api.table import Table
from seven_async.campaign.awaiting import AsyncEntries
from seven_async.campaign.blocking import BlockingFace, Entries
from seven_async.campaign.faces import build_face
from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.inputs.message import Message
from seven_async.campaign.inputs.opt_outs import OptOutList
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.campaign.journal.place import JournalPlace, to_place
from seven_async.campaign.journal.session import JournalSession
from seven_async.campaign.journal.statements.runs import SETTINGS
from seven_async.campaign.planning.plan import Plan
from seven_async.campaign.planning.planner import THROUGHPUT_PER_S
from seven_async.campaign.reports.delivery_reports import refresh_deliveries
from seven_async.campaign.reports.export import export_csv
from seven_async.campaign.reports.html import write_page
from seven_async.campaign.reports.journal_report import read_report
from seven_async.campaign.results import Progress, Report, State
from seven_async.campaign.resumable import ResumableCampaign
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.limits import Tally
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.sending.settings import (
    DEFAULT_BATCH,
    Settings,
    build_rules,
    to_store_texts,
)
from seven_async.campaign.sending.settings_note import write_settings
from seven_async.campaign.sending.suppressing import to_suppression
from seven_async.errors import ConfigurationError
from seven_async.flow.window import Rate
from seven_async.start.awaited import Awaited


class Campaign(ResumableCampaign[M]):
    """Messages to any number of recipients, and one `Entry` for each of them.

    `async with Campaign(AsyncSeven()) as campaign`, or `with Campaign(Seven()) as campaign`; the
    client stays the caller's to close. Memory stays flat, whatever the number of messages.

    Example:
        async with AsyncSeven() as seven, Campaign(seven, "autumn") as campaign:
            async for entry in campaign.send(messages):
                print(entry.state, entry.reason)

    Args:
        client: The client to send with.
        name: What the campaign is called in reports.
        journal: What remembers who was served, so that nobody is served twice, also after a crash:
            a file, or `postgresql://…` (extra `postgres`, asyncio only). Made if there is none.
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
        suppress: Recipients that must not be written to: a list, a `Suppression`, an `OptOutList`,
            or a list with several of these. Each message asks again before it leaves, also a file
            that has changed.
        max_cost: EUR that the whole campaign may cost; it pauses before the line is crossed.
        max_error_rate: The share of the last `error_window` messages that may fail before a pause;
            None to go on whatever happens.
        quiet_hours: Hours and days without messages, by the recipient's clock; messages wait.
            Without a zone for a recipient, nothing is sent to it.
        start: An aware datetime before which nothing leaves; `send` waits for it.
        not_after: An aware datetime after which nothing leaves: the rest is skipped as `too late`.
            With the same journal and a later `not_after` another `send` goes on with it.
        store_texts: How long the journal keeps what messages say: `never` (fingerprints only),
            `until-served` (what `resume` needs to send them) or `always`. True is `always`.
        notes: What the journal keeps for a program that goes on with the campaign, as JSON.
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
        suppress: Suppression | OptOutList | Iterable[str | Suppression | OptOutList] | None = None,
        max_cost: Decimal | int | str | None = None,
        max_error_rate: float | None = 0.8,
        error_window: int = 200,
        quiet_hours: QuietHours | None = None,
        start: datetime | None = None,
        not_after: datetime | None = None,
        store_texts: StoreTexts | Literal["never", "until-served", "always"] | bool = False,
        notes: Mapping[str, Any] | None = None,
        resend_unknown: bool = False,
        resend_changed: bool = False,
        reload_lock: bool | None = None,
        grace_s: float = 600.0,
        finish_s: float = 30.0,
    ) -> None:
        self._face = build_face(client)
        self._journal = None if journal is None else to_place(journal, name)
        options = self._face.client.options
        self._settings = Settings(
            name=name,
            concurrency=options.concurrency if concurrency is None else concurrency,
            batch=batch,
            rate=rate,
            default_country=default_country,
            key=key,
            finish_s=finish_s,
            suppress=to_suppression(suppress, default_country),
            max_cost=max_cost,
            max_error_rate=max_error_rate,
            error_window=error_window,
            quiet_hours=quiet_hours,
            start=start,
            not_after=not_after,
            has_journal=journal is not None,
            store_texts=to_store_texts(store_texts),
            rules=build_rules(
                options.deadline_s,
                reload_lock=reload_lock,
                grace_s=grace_s,
                resend_unknown=resend_unknown,
                resend_changed=resend_changed,
            ),
        )
        self._notes = dict(notes or {})
        self._inputs: set[Path] = set()
        self._runner: CampaignRunner | None = None
        self._is_open = False

    def __repr__(self) -> str:
        return f"<Campaign {self.name!r}>"

    @property
    def name(self) -> str:
        """The name of the campaign."""
        return self._settings.name

    async def __aenter__(self: Campaign[Async]) -> Campaign[Async]:
        if isinstance(self._face, BlockingFace):
            raise ConfigurationError("this campaign has a Seven: open it with `with Campaign(…)`")
        self._runner = await self._build_runner().__aenter__()
        self._is_open = True
        return self

    async def __aexit__(
        self: Campaign[Async],
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open = False
        await self._require_runner().__aexit__(kind, error, trace)

    def __enter__(self: Campaign[Blocking]) -> Campaign[Blocking]:
        face, runner = self._blocking_face(), self._build_runner()
        face.enter(runner)
        self._runner, self._is_open = runner, True
        return self

    def __exit__(
        self: Campaign[Blocking],
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open = False
        self._blocking_face().exit(self._require_runner(), error)

    @overload
    def send(
        self: Campaign[Async], messages: Iterable[Message] | AsyncIterable[Message]
    ) -> AsyncEntries: ...
    @overload
    def send(self: Campaign[Blocking], messages: Iterable[Message]) -> Entries: ...
    def send(self, messages: Any) -> AsyncEntries | Entries:
        """Send messages; return the entries of all of them, in the order in which they are known.

        Example:
            async for entry in campaign.send([SendSms("+491711234567", "Hi")]):
                print(entry.state, entry.reason)

        Args:
            messages: `SendSms`, `SendRcs`, `SendTemplate`, … or `Fallback` of them, from any
                iterable, with an `AsyncSeven` also an async one; or what `read_csv` returns, whose
                refused rows are the first entries. A message to several recipients becomes one
                entry for each.

        Raises:
            ConfigurationError: The campaign is not open.
            PausedError: After the last entry: the account is out of credit, for example.
            AuthenticationError: After the last entry; so are other errors that every message
                would meet.
        """
        if not self._is_open:
            raise self._not_open()
        self._note_input(messages)
        return self._face.send(self._require_runner(), messages)

    @overload
    def plan(
        self: Campaign[Async],
        messages: Iterable[Message] | AsyncIterable[Message],
        *,
        per_s: float = THROUGHPUT_PER_S,
    ) -> Awaited[Plan]: ...
    @overload
    def plan(
        self: Campaign[Blocking],
        messages: Iterable[Message],
        *,
        per_s: float = THROUGHPUT_PER_S,
    ) -> Plan: ...
    def plan(self, messages: Any, *, per_s: float = THROUGHPUT_PER_S) -> Awaited[Plan] | Plan:
        """Return what sending these messages now would do and cost. Sends nothing.

        The campaign need not be open.

        Example:
            plan = await campaign.plan(messages)
            print(plan.segments, plan.highest_cost)

        Args:
            messages: As for `send`, but not an iterator that is empty after it was read once.
            per_s: Messages per second that the account delivers.

        Raises:
            InvalidRequestError: The messages could be read only once; the text names the fix.
        """
        self._note_input(messages)
        return self._face.plan(self._settings, self._journal, messages, per_s)

    @overload
    def refresh(self: Campaign[Async]) -> Awaited[int]: ...
    @overload
    def refresh(self: Campaign[Blocking]) -> int: ...
    def refresh(self) -> Awaited[int] | int:
        """Fetch delivery states from the gateway's journal; return how many messages changed.

        Example:
            changed = await campaign.refresh()
        """
        return self._face.run(
            refresh_deliveries, self._face.client, self._require_journal("refresh")
        )

    def export(
        self,
        state: State | str,
        path: str | os.PathLike[str],
        messages: CsvMessages | None = None,
    ) -> int:
        """Write the messages of a state to a CSV file; return how many there are.

        As `CampaignJournal.export`. A file that this campaign has read is not replaced.

        Example:
            campaign.export("missed", "missed.csv", messages)
        """
        journal, key_of = self._require_journal("export"), self._settings.key
        return export_csv(journal, Path(path), state, messages, key_of=key_of, inputs=self._inputs)

    def write_html(self, path: str | os.PathLike[str], *, zone: str | None = None) -> None:
        """Write a report as a page: one file for any browser, without links and phone numbers.

        As `CampaignJournal.write_html`. A file that this campaign has read is not replaced.

        Example:
            campaign.write_html("report.html", zone="Europe/Berlin")
        """
        write_page(self._require_journal("write_html"), Path(path), self._inputs, zone=zone)

    def _note_input(self, messages: object) -> None:
        if isinstance(messages, CsvMessages):
            self._inputs.add(messages.path)

    def _require_journal(self, what: str) -> JournalPlace:
        if self._journal is None:
            raise ConfigurationError(f"{what}() needs a journal: give Campaign(…, journal=…)")
        return self._journal

    @property
    def is_sending(self) -> bool:
        """True while a `send` is under way."""
        run = None if self._runner is None else self._runner.run
        return run is not None and not run.ended.is_set()

    def stop(self) -> None:
        """Read no more of the input; what is in flight finishes, then the entries end.

        Example:
            async for entry in campaign.send(messages):
                campaign.stop()  # entries of what is in flight still come
        """
        run = self._require_runner().run
        if run is not None:
            self._face.call(run.stop)

    def abort(self) -> None:
        """End at once: requests in flight are cut off, then the entries end.

        What had left is `unknown`: it may have been sent. With a journal the next run looks it up.

        Example:
            signal.signal(signal.SIGTERM, lambda *_: campaign.abort())
        """
        self._face.call(self._require_runner().abort)

    def progress(self) -> Progress:
        """Return how far the latest `send` is.

        Example:
            moment = campaign.progress()
            print(moment.done, moment.total, moment.per_s, moment.eta_s)
        """
        return self._require_runner().progress()

    def report(self) -> Report:
        """Return the counts of the campaign, which add up to what was given.

        With a journal they are those of all its runs.

        Example:
            report = campaign.report()
            print(report.accepted, report.cost)
        """
        if self._journal is not None and self._journal.exists():
            return read_report(self._journal)
        return (self._runner.tally() if self._runner else Tally()).to_report(self.name)

    def _blocking_face(self) -> BlockingFace:
        if isinstance(self._face, BlockingFace):
            return self._face
        raise ConfigurationError(
            "this campaign has an AsyncSeven: open it with `async with Campaign(…)`"
        )

    def _build_runner(self) -> CampaignRunner:
        client, settings, place = self._face.client, self._settings, self._journal
        if place is None:
            return CampaignRunner(client, settings, None)
        session = JournalSession(
            client,
            place.build_backend(settings.rules.grace_s, client.options.deadline_s),
            settings.name,
            store_texts=settings.store_texts,
            default_country=settings.default_country,
            notes={**self._notes, SETTINGS: write_settings(settings, place)},
        )
        return CampaignRunner(client, settings, session)

    def _require_runner(self) -> CampaignRunner:
        """Return the runner, which is there as soon as the campaign was opened once."""
        if self._runner is None:
            raise self._not_open()
        return self._runner

    def _not_open(self) -> ConfigurationError:
        word = self._face.keyword
        return ConfigurationError(f"open the campaign first: `{word} Campaign(…) as campaign:`")
