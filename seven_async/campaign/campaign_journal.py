"""The journal of a campaign by itself: read, exported and brought up to date from any process.

In: the path of a journal. Out: counts, files, delivery states. I/O: these files, and the gateway's
journal for the delivery states.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from seven_async.campaign.journal.place import JournalPlace, to_place
from seven_async.campaign.journal.statements.runs import has_part_of_input, is_cancelled, read_notes
from seven_async.campaign.reports.journal_report import read_name, read_report
from seven_async.campaign.reports.status import read_status
from seven_async.campaign.results import CampaignStatus, Report, State
from seven_async.errors import ConfigurationError
from seven_async.flow.window import to_rate
from seven_async.start.awaited import Awaited
from seven_async.start.first_use import load

if TYPE_CHECKING:
    from seven_async.api.sms import SendSms
    from seven_async.blocking import Seven
    from seven_async.campaign.inputs.csv_file import CsvMessages
    from seven_async.campaign.reports.overlap import Overlap
    from seven_async.client import AsyncSeven


class CampaignJournal:
    """The journal of a campaign, for programs that do not send it: monitors, reports, exports.

    Any process may use it, also while another one sends. It needs no client and no key, except for
    `refresh`. A journal of an earlier version is read as it is. Between two calls no file is open.

    Example:
        with CampaignJournal.open("spring.db") as journal:
            print(journal.name, journal.is_running, journal.report())
    """

    def __init__(self, place: JournalPlace) -> None:
        self._place = place
        self._name = read_name(place)
        self._is_closed = False

    @classmethod
    def open(cls, journal: str | os.PathLike[str], campaign: str | None = None) -> Self:
        """Return the journal in a file, or of a campaign in a database; neither is changed.

        Example:
            journal = CampaignJournal.open("spring.db")

        Args:
            journal: What `Campaign(…, journal=…)` was given: a file, or `postgresql://…`.
            campaign: The name of the campaign, where a database has several; it may also stand
                behind the address: `postgresql://db/sms#spring`.

        Raises:
            JournalError: There is no such journal or campaign, or a later version wrote it.
            ConfigurationError: This is neither a path nor an address, or `campaign` is missing.
        """
        return cls(to_place(journal, campaign))

    def __repr__(self) -> str:
        return f"<CampaignJournal {self._name!r}{', closed' if self._is_closed else ''}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the journal: later calls raise `ConfigurationError`. Closing twice does nothing."""
        self._is_closed = True

    @property
    def name(self) -> str:
        """The name of the campaign, by which several journals are told apart."""
        return self._name

    @property
    def notes(self) -> dict[str, Any]:
        """What `Campaign(…, notes=…)` was given, over all its runs."""
        with self._open_place().open_snapshot() as database:
            return read_notes(database)

    @property
    def needs_input(self) -> bool:
        """True if the reading of its input was cut off, so that the journal has a part of it only.

        Then `Campaign.resume` raises `JournalError`: `load` or `send` go on, with the input.
        """
        with self._open_place().open_snapshot() as database:
            return has_part_of_input(database)

    def count_known(self, messages: CsvMessages) -> Overlap:
        """Return how many recipients of a file the campaign was for, whatever it said to them.

        Of a file with more than some thousand rows it looks at every second, third … only.

        Example:
            known = journal.count_known(read_csv("people.csv", text="Hi"))
            print(known.known, known.looked_at)
        """
        count = load("seven_async.campaign.reports.overlap:count_known")
        known: Overlap = count(self._open_place(), messages)
        return known

    def count_changed(self, messages: CsvMessages) -> int:
        """Return how many recipients of a file were served with another text or sender.

        Example:
            print(journal.count_changed(read_csv("people.csv", text="Hello")))
        """
        count = load("seven_async.campaign.reports.overlap:count_changed")
        changed: int = count(self._open_place(), messages)
        return changed

    @property
    def path(self) -> Path:
        """The file. Raises `ConfigurationError` for a journal in a database, which has none."""
        for path in self._open_place().files:
            return path
        raise ConfigurationError("this journal is in a database; it has no path")

    @property
    def is_running(self) -> bool:
        """True while a process is sending the campaign.

        After a crash it is False, and `report().ending` is None: the campaign can be resumed.
        """
        return self._open_place().is_held()

    @property
    def is_paused(self) -> bool:
        """True if a campaign in a database was paused or stopped: its workers send nothing."""
        return self._open_place().is_paused()

    @property
    def is_cancelled(self) -> bool:
        """True if nobody may send it: see `cancel`."""
        with self._open_place().open_snapshot() as database:
            return is_cancelled(database)

    def status(self) -> CampaignStatus:
        """Return how far the campaign is, and what holds it back just now.

        Example:
            status = journal.status()
            print(status.planned, status.done, status.moment)
        """
        return read_status(self._open_place(), is_running=self.is_running)

    def pause(self) -> None:
        """Let the process that sends take no more messages; what is in flight finishes.

        It looks about once a second. `unpause` lets it go on. In a database that holds for all
        workers, also for those that start later; so do `set_rate`, for all together, and `stop`.

        Example:
            journal.pause()

        Raises:
            JournalError: No process is sending the campaign.
        """
        self._steer("pause")

    def unpause(self) -> bool:
        """Let the process that sends go on; return whether it was asked to pause (or to stop).

        Example:
            journal.unpause()

        Raises:
            JournalError: No process is sending the campaign.
        """
        return self._steer("unpause")

    def set_rate(self, per_s: float) -> None:
        """Let the process that sends go at another rate, in messages per second.

        Example:
            journal.set_rate(20)

        Raises:
            JournalError: No process is sending the campaign.
            ConfigurationError: This is no rate.
        """
        to_rate(per_s)
        self._steer("rate", per_s)

    def cancel(self) -> bool:
        """Let nobody send more of the campaign, now or later; return whether it was not cancelled.

        What is in flight finishes. It holds until `reopen`: for `send`, `resume` and `load`, and
        for workers, also for those that start later. What was not sent stays as it is.

        Example:
            journal.cancel()
        """
        return self._steer("cancel")

    def reopen(self) -> bool:
        """Let a cancelled campaign be sent again; return whether it was cancelled.

        Example:
            journal.reopen()
        """
        return self._steer("reopen")

    def stop(self) -> None:
        """Let the process that sends end its run; what is in flight finishes.

        `resume` goes on with it. In a database its workers send no more until `unpause`.

        Example:
            journal.stop()

        Raises:
            JournalError: No process is sending the campaign.
        """
        self._steer("stop")

    def forget(self, recipient: str, *, default_country: str | None = None) -> int:
        """Erase a recipient from the journal; return how many messages it had there.

        Number, texts, references and errors are overwritten, also in the copies that migrations
        left beside the journal; counts, cost and delivery states stay. A keyed fingerprint stays,
        too: no run of this campaign writes to the recipient again, and a message in doubt is never
        sent again. The key lies in `~/.config/seven-async/forget.key` (SEVEN_FORGET_KEY names
        another file). Exports are files of yours, and are not changed.

        Example:
            erased = journal.forget("+491711234567")

        Raises:
            JournalLockedError: A process is sending the campaign; stop it first.
            InvalidRequestError: This is no recipient.
        """
        erase = load("seven_async.campaign.journal.erasing:erase_recipient")
        erased: int = erase(self._open_place(), recipient, default_country)
        return erased

    def _steer(self, what: str, value: float | None = None) -> bool:
        return self._open_place().steer(what, value, time.time())

    def report(self) -> Report:
        """Return the counts of the campaign over all its runs, at one moment.

        Example:
            report = journal.report()
            print(report.accepted, report.ending)
        """
        return read_report(self._open_place())

    def export(
        self,
        state: State | str,
        path: str | os.PathLike[str],
        messages: CsvMessages | None = None,
        *,
        key: Callable[[SendSms], str] | None = None,
    ) -> int:
        """Write the messages of a state to a CSV file; return how many there are.

        Example:
            journal.export("missed", "missed.csv", read_csv("people.csv", text="Hi"))

        Args:
            state: A `State`, or `missed` for all that were not accepted.
            path: The file to write, readable by its owner only. An older export is replaced, a
                journal or the file that was sent is not.
            messages: What `read_csv` returned for the file that was sent: then rows have their
                original columns, and `missed` includes those that were never reached.
            key: What `Campaign(…, key=…)` was given, if it was.

        Raises:
            ValueError: There is no such state.
            InvalidRequestError: The file must not be replaced.
            OSError: The file cannot be written.
        """
        export = load("seven_async.campaign.reports.export:export_csv")
        count: int = export(self._open_place(), Path(path), state, messages, key_of=key)
        return count

    def write_html(self, path: str | os.PathLike[str], *, zone: str | None = None) -> None:
        """Write a report as a page: one file for any browser, without links and phone numbers.

        Readable by its owner only. A journal, or the file that was sent, is not replaced.

        Example:
            journal.write_html("report.html", zone="Europe/Berlin")

        Args:
            path: The file to write.
            zone: The time zone of what it shows, that of this machine unless given.

        Raises:
            InvalidRequestError: There is no such time zone, or the file must not be replaced.
            OSError: The file cannot be written.
        """
        write = load("seven_async.campaign.reports.html:write_page")
        write(self._open_place(), Path(path), zone=zone)

    @overload
    def refresh(self, client: AsyncSeven) -> Awaited[int]: ...
    @overload
    def refresh(self, client: Seven) -> int: ...
    def refresh(self, client: AsyncSeven | Seven) -> Awaited[int] | int:
        """Fetch delivery states from the gateway's journal; return how many messages changed.

        With an `AsyncSeven` it is awaited, with a `Seven` it blocks. Another process may be sending
        meanwhile.

        Example:
            with Seven() as seven:
                changed = journal.refresh(seven)
            async with AsyncSeven() as seven:
                changed = await journal.refresh(seven)

        Raises:
            JournalError: The client leads to another gateway than the campaign was sent through.
        """
        refresh = load("seven_async.campaign.reports.delivery_reports:refresh_deliveries")
        path = self._open_place()
        face = load("seven_async.campaign.faces:build_face")(client)
        changed: Awaited[int] | int = face.run(refresh, face.client, path)
        return changed

    def _open_place(self) -> JournalPlace:
        if self._is_closed:
            raise ConfigurationError("this CampaignJournal is closed; open it again")
        return self._place
