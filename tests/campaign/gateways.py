"""A sandbox in this process and the clients that talk to it, for the tests of campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seven_async import AsyncSeven, SendSms, Seven
from seven_async.campaign import CampaignJournal, Limit
from seven_async.sandbox import Sandbox


def awaiting(sandbox: Sandbox, **options: Any) -> AsyncSeven:
    """An awaiting client of a sandbox."""
    return AsyncSeven(**{**sandbox.options, **options})


def blocking(sandbox: Sandbox, **options: Any) -> Seven:
    """A blocking client of a sandbox."""
    return Seven(**{**sandbox.options, **options})


def number(place: int) -> str:
    """One of a hundred million German mobile numbers."""
    return f"+4917{place:08d}"


def texts(count: int, text: str = "Hi {}") -> Iterator[SendSms]:
    """As many messages, each with a text of its own if the text has a place for it."""
    for place in range(count):
        yield SendSms(number(place), text.format(place))


def accepted_once(sandbox: Sandbox) -> int:
    """How many recipients the sandbox has served, each exactly once; fails if one was twice."""
    recipients = [entry.to for entry in sandbox.ledger]
    assert len(set(recipients)) == len(recipients)
    return len(recipients)


def is_paused(journal: CampaignJournal) -> bool:
    """Whether the process that sends has told that it is paused, with nothing in flight."""
    status = journal.status()
    moment = status.moment
    return moment is not None and moment.limit is Limit.PAUSED and not moment.in_flight
