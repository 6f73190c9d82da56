"""Delivery reports of webhooks into the journals of campaigns (an `EventSink` of a receiver)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from seven_async.campaign.sinks.report_file import DeliveryNews, ReportFile
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
        journals: The journals of campaigns. A report of none of them changes nothing.
        now: Unix seconds; for tests.

    Raises:
        ConfigurationError: No journal was given.
    """

    def __init__(
        self, *journals: str | os.PathLike[str], now: Callable[[], float] = time.time
    ) -> None:
        if not journals:
            raise ConfigurationError("JournalSink takes the path of one journal or more")
        self._files: Final = [ReportFile(Path(journal), now) for journal in journals]
        self._commits: Final = [GroupCommit(file.write) for file in self._files]

    def __repr__(self) -> str:
        return f"<JournalSink for {len(self._files)} journals>"

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
        for file in self._files:
            file.close()


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
