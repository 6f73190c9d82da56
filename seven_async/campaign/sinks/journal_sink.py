"""Delivery reports of webhooks into the journals of campaigns (an `EventSink` of a receiver)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, cast

from seven_async.campaign.journal.delivery_order import DeliveryNews
from seven_async.campaign.journal.place import is_address, load_extra
from seven_async.campaign.sinks.report_file import ReportFile
from seven_async.errors import ConfigurationError
from seven_async.receivers.group_commit import GroupCommit
from seven_async.webhooks.events import (
    DeliveryReport,
    Event,
    RcsStatus,
    VoiceStatus,
    WhatsAppReport,
)
from seven_async.webhooks.tracker import delivery_state


class ReportStore(Protocol):
    """What keeps reports for the messages of campaigns."""

    def write(self, news: Sequence[DeliveryNews]) -> Sequence[bool]:
        """Write reports down; return for each whether it says something new."""
        ...

    def close(self) -> None:
        """Close it; the next report opens it again."""
        ...


class JournalSink:
    """Writes delivery reports into the journals of campaigns, before the gateway is answered.

    ```python
    app = WebhookApp(verifier, inbox="webhooks.db", sinks=[JournalSink("spring.db")])
    ```

    Any process may do that while another one sends. A report is matched by message id, or by the
    reference of its request. One that comes before the send call has returned is kept, and joined
    when the result is recorded. States only go forward: late, repeated and out-of-order reports
    change nothing. A journal that is not there yet is looked for with every report.

    Args:
        journals: The journals of campaigns: files, or the address of a database for all campaigns
            in it. A report of none of them changes nothing. In a database a report is joined with
            its message when a report, an export, a page or a run is asked for.
        now: Unix seconds; for tests.

    Raises:
        ConfigurationError: No journal was given, or an address cannot be read.
    """

    def __init__(
        self, *journals: str | os.PathLike[str], now: Callable[[], float] = time.time
    ) -> None:
        if not journals:
            raise ConfigurationError("JournalSink takes the path of one journal or more")
        self._stores: Final = [_build_store(journal, now) for journal in journals]
        self._commits: Final = [GroupCommit(store.write) for store in self._stores]

    def __repr__(self) -> str:
        return f"<JournalSink for {len(self._stores)} journals>"

    def store(self, event: Event) -> None:
        """Write a report down; other events pass. Raises `JournalError`: then it has to come again.

        Threads may call it; those that wait for the disk share a commit.
        """
        news = read_news(event)
        if news is not None:
            for commit in self._commits:
                commit.write(news)

    def close(self) -> None:
        """Close the journals."""
        for store in self._stores:
            store.close()


def _build_store(journal: str | os.PathLike[str], now: Callable[[], float]) -> ReportStore:
    if not is_address(journal):
        return ReportFile(Path(journal), now)
    table = load_extra("seven_async.campaign.journal.postgres.report_table:ReportTable")
    return cast("ReportStore", table(journal))


def read_news(event: Event) -> DeliveryNews | None:
    """Return what an event says of a message's delivery; None if that is nothing."""
    at_s = None if event.occurred_at is None else event.occurred_at.timestamp()
    if isinstance(event, VoiceStatus):
        return DeliveryNews(event.call_id, str(event.state), at_s, event.foreign_id)
    if not isinstance(event, (DeliveryReport, RcsStatus, WhatsAppReport)):
        return None
    state = delivery_state(event)
    if state is None or event.message_id is None:
        return None
    return DeliveryNews(event.message_id, state.value, at_s, event.foreign_id)
