"""The journal of a campaign by itself: read, exported and brought up to date from any process.

In: the path of a journal. Out: counts, files, delivery states. I/O: these files, and the gateway's
journal for the delivery states.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, overload

from seven_async.api.sms import SendSms
from seven_async.blocking import Seven
from seven_async.campaign.faces import build_face
from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.journal.sqlite.lock import is_held
from seven_async.campaign.reports.delivery_reports import refresh_deliveries
from seven_async.campaign.reports.export import export_csv
from seven_async.campaign.reports.html import write_page
from seven_async.campaign.reports.journal_report import read_name, read_report
from seven_async.campaign.results import Report, State
from seven_async.campaign.sending.settings import to_path
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError


class CampaignJournal:
    """The journal of a campaign, for programs that do not send it: monitors, reports, exports.

    Any process may use it, also while another one sends. It needs no client and no key, except for
    `refresh`. A journal of an earlier version is read as it is. Between two calls no file is open.

    Example:
        with CampaignJournal.open("spring.db") as journal:
            print(journal.name, journal.is_running, journal.report())
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = read_name(path)
        self._is_closed = False

    @classmethod
    def open(cls, journal: str | os.PathLike[str]) -> Self:
        """Return the journal in a file, which is not changed.

        Example:
            journal = CampaignJournal.open("spring.db")

        Args:
            journal: The file that `Campaign(…, journal=…)` wrote. A `postgresql://…` address is
                not supported yet.

        Raises:
            JournalError: There is no such file, it is no journal, or a later version wrote it.
            ConfigurationError: This is not the path of a file.
        """
        return cls(to_path(journal))

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
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def is_running(self) -> bool:
        """True while a process is sending the campaign.

        After a crash it is False, and `report().ending` is None: the campaign can be resumed.
        """
        return is_held(self._open_path())

    def report(self) -> Report:
        """Return the counts of the campaign over all its runs, at one moment.

        Example:
            report = journal.report()
            print(report.accepted, report.ending)
        """
        return read_report(self._open_path())

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
        return export_csv(self._open_path(), Path(path), state, messages, key_of=key)

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
        write_page(self._open_path(), Path(path), zone=zone)

    @overload
    def refresh(self, client: AsyncSeven) -> Coroutine[Any, Any, int]: ...
    @overload
    def refresh(self, client: Seven) -> int: ...
    def refresh(self, client: AsyncSeven | Seven) -> Coroutine[Any, Any, int] | int:
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
        path, face = self._open_path(), build_face(client)
        return face.run(refresh_deliveries, face.client, path)

    def _open_path(self) -> Path:
        if self._is_closed:
            raise ConfigurationError("this CampaignJournal is closed; open it again")
        return self._path
