"""How a plan is made: reads all messages, asks prices and credit, sends nothing.

In: an input that can be read again. Out: a `Plan`. I/O: prices and credit from the gateway, the
journal if there is one.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from functools import partial
from typing import Any

from anyio import to_thread

from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.statements.queries import find_forgotten, find_messages
from seven_async.campaign.planning.plan import Plan
from seven_async.campaign.planning.survey import Survey
from seven_async.campaign.prices import Tariff
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import AsyncMessages, Messages, items
from seven_async.client import AsyncSeven
from seven_async.errors import InvalidRequestError

THROUGHPUT_PER_S = 10.0
"""Messages per second that an account delivers unless agreed otherwise (errors.md section 5)."""


def check_readable_twice(messages: Any) -> None:
    """Refuse what would be used up by reading it once."""
    is_once = (hasattr(messages, "__next__") and iter(messages) is messages) or (
        hasattr(messages, "__anext__") and aiter(messages) is messages
    )
    if is_once:
        raise InvalidRequestError(
            f"plan() reads all messages, and this {type(messages).__name__} would be empty "
            f"afterwards; give a list, what read_csv gives, or an object whose __iter__ starts "
            f"from the beginning each time"
        )


async def fetch_tariff(client: AsyncSeven) -> Tariff:
    """Return today's prices."""
    return Tariff(await client.pricing.get())


async def build_plan(
    client: AsyncSeven,
    settings: Settings,
    journal: JournalPlace | None,
    messages: Messages | AsyncMessages,
    per_s: float,
) -> Plan:
    """Return the plan for messages, which are read on this event loop, or a file in a thread."""
    check_readable_twice(messages)
    survey = build_survey(settings, await fetch_tariff(client), journal)
    if isinstance(messages, AsyncIterable):
        async for item in messages:
            survey.add(item)
    elif isinstance(messages, CsvMessages):
        await to_thread.run_sync(survey_messages, survey, messages)
    else:
        survey_messages(survey, messages)
    balance = await client.balance.get()
    return survey.plan(balance, per_s, client.gateway_time.own_clock_ahead_s)


def build_survey(settings: Settings, tariff: Tariff, journal: JournalPlace | None) -> Survey:
    """Return a survey that knows what the journal has."""
    is_there = journal is not None and journal.exists()
    return Survey(settings, tariff, partial(_find_served, journal) if is_there else None)


def survey_messages(survey: Survey, messages: Messages) -> Survey:
    """Count all messages; return the survey."""
    if isinstance(messages, CsvMessages):
        survey.empty_values.columns = messages.placeholders
        # A file refuses its duplicates itself, by the keys that messages usually have.
        for refused in messages.survey(partial(survey.add, is_unique=not survey.has_own_keys)):
            survey.add(refused)
        return survey
    for item in items(messages):
        survey.add(item)
    return survey


def _find_served(
    journal: JournalPlace | None, asked: Sequence[OutgoingMessage]
) -> dict[str, str | None]:
    """Return what would not be sent (again), by its keys, and what of each has changed."""
    if journal is None:
        return {}
    with journal.open_snapshot() as database:
        known = find_messages(database, [message.key for message in asked])
        forgotten = find_forgotten(database)
    served = {
        message.key: message.change_since(known[message.key].digest)
        for message in asked
        if message.key in known and known[message.key].state not in ("planned", "skipped")
    }
    if forgotten is not None:
        served |= {each.key: None for each in asked if each.digits in forgotten}
    return served
