"""What became of accepted messages later: delivery states, written from any process.

In: the gateway's journal, or single delivery reports. Out: states in the campaign's journal. I/O:
both. A state that is final is never left, in whatever order reports come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from anyio import to_thread

from seven_async.api.journal import OutboundMessage, VoiceCall
from seven_async.api.status import DeliveryState
from seven_async.campaign.journal.delivery_order import DeliveryChange
from seven_async.campaign.journal.gateway import gateway_of, refuse_other_gateway
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.rows import micro
from seven_async.client import AsyncSeven
from seven_async.finder import day_of

_FINAL: Final = ", ".join(f"'{state.value}'" for state in DeliveryState if state.is_final)
_MARGIN_S: Final = 3 * 86_400.0


async def refresh_deliveries(client: AsyncSeven, journal: JournalPlace) -> int:
    """Fill in the states that the gateway's journals have now; return how many messages changed.

    Raises `JournalError` if the client leads to another gateway than the messages were sent to.
    """
    begin_s, channels, gateway = await to_thread.run_sync(_read_span, journal)
    if begin_s is None:
        return 0
    refuse_other_gateway(journal, gateway, await gateway_of(client))
    # Days of margin, since clocks differ; what is read in vain changes nothing.
    begin_s = min(begin_s, client.options.clock.now())
    day, changed = day_of(begin_s - _MARGIN_S), 0
    if channels - {"voice"}:
        async for page in client.journal.outbound(date_from=day).pages():
            changed += await to_thread.run_sync(journal.record_deliveries, _of_messages(page))
    if "voice" in channels:
        async for calls in client.journal.voice(date_from=day).pages():
            changed += await to_thread.run_sync(journal.record_deliveries, _of_calls(calls))
    return changed


def _read_span(journal: JournalPlace) -> tuple[float | None, set[str], str]:
    """Return when the first message left that may still change, the channels, and the gateway."""
    query = f"""SELECT min(intent_at), channel FROM message
                WHERE state = 'accepted' AND (delivery IS NULL OR delivery NOT IN ({_FINAL}))
                GROUP BY channel"""  # noqa: S608 - our own names
    with journal.open_snapshot() as database:
        spans: list[tuple[float, str]] = database.execute(query).fetchall()
        (gateway,) = database.execute("SELECT gateway FROM campaign").fetchone() or ("",)
    begin_s = min((begin for begin, _ in spans), default=None)
    return begin_s, {channel for _, channel in spans}, gateway


def _of_messages(page: Sequence[OutboundMessage]) -> list[DeliveryChange]:
    return [
        DeliveryChange(
            message.dlr.value, _seconds(message.dlr_timestamp), micro(message.price), message.id
        )
        for message in page
        if message.id is not None and message.dlr is not None
    ]


def _of_calls(page: Sequence[VoiceCall]) -> list[DeliveryChange]:
    return [
        DeliveryChange(call.status, _seconds(call.timestamp), micro(call.price), call.id)
        for call in page
        if call.id is not None and call.status
    ]


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
