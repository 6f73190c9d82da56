"""The events that hooks are notified of, in the shapes the reference shows."""

from __future__ import annotations

from typing import Final

from seven_async.sandbox.core.accounts import Inbound
from seven_async.sandbox.core.agenda import Event
from seven_async.sandbox.core.clock import local_text, to_berlin
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.tariff import VOICE_PER_MINUTE
from seven_async.sandbox.core.wire import Json

_WHATSAPP_STATES: Final = {"ACCEPTED": "sent", "TRANSMITTED": "sent"}
"""The help centre names four states for WhatsApp: sent, delivered, read, failed."""


def report_event(entry: LedgerEntry, status: str, moment: float) -> Event:
    """Build the event of a status report, by channel."""
    if entry.channel == "VOICE":
        return Event("voice_status", _call_status(entry, status, moment), moment)
    if entry.channel == "RCS":
        content: Json = {
            "agent_id": entry.from_,
            "sender": entry.to,
            "status": status,
            "foreign_id": entry.foreign_id,
            "msg_id": entry.id,
            "timestamp": local_text(moment),
        }
        return Event("rcs", content, moment, entry.from_)
    stamp = to_berlin(moment).strftime("%Y-%m-%d %H:%M:%S.%f")
    if entry.channel == "WA":
        status = _WHATSAPP_STATES.get(status, status.lower())
    return Event("dlr", _report(entry, status, stamp), moment)


def _report(entry: LedgerEntry, status: str, stamp: str) -> Json:
    known: Json = {"msg_id": entry.id, "status": status, "timestamp": stamp}
    return {**known, "foreign_id": entry.foreign_id} if entry.foreign_id else known


def _call_status(entry: LedgerEntry, status: str, moment: float) -> Json:
    known: Json = {
        "callerId": entry.from_,
        "duration": str(int(moment - entry.due)),
        "id": entry.id,
        "pricePerMinute": float(VOICE_PER_MINUTE),
        "recipient": entry.to,
        "status": status,
        "timestamp": int(moment),
    }
    return {**known, "foreign_id": entry.foreign_id} if entry.foreign_id else known


def sms_event(inbound: Inbound) -> Event:
    """Build the event of an inbound SMS; ids and times are text."""
    content: Json = {
        "id": inbound.id,
        "sender": inbound.from_,
        "system": inbound.to,
        "text": inbound.text,
        "time": str(int(inbound.time)),
        "message_type": "SMS",
    }
    return Event("sms_mo", content, inbound.time, inbound.to)


def rcs_event(inbound: Inbound, content: Json) -> Event:
    """Build the event of an inbound RCS message; `content` has `content_type` and fields."""
    known: Json = {
        "id": int(inbound.id),
        "sender": inbound.from_,
        "time": int(inbound.time),
        "message_type": "RCS",
        "agent_id": inbound.to,
        "content_type": "text",
    }
    return Event("rcs", {**known, **content}, inbound.time, inbound.to)


def whatsapp_event(inbound: Inbound, message: Json) -> Event:
    """Build the event of an inbound WhatsApp message."""
    content: Json = {
        "event": "wa_mo",
        "from": inbound.from_,
        "to": inbound.to,
        "timestamp": to_berlin(inbound.time).isoformat(timespec="seconds"),
        "message": {"type": "text", **message},
    }
    return Event("wa_mo", content, inbound.time, inbound.to)


def call_event(call_id: int, caller: str, system: str, now: float) -> Event:
    """Build the event of an inbound call."""
    content: Json = {"id": call_id, "caller": caller, "time": int(now), "system": system}
    return Event("voice_call", content, now, system)


def key_event(entry: LedgerEntry, key: str, now: float) -> Event:
    """Build the event of a key pressed in a call; digits are numbers, `*` and `#` are text."""
    minutes = max(1, int(now - entry.due + 59) // 60)
    content: Json = {
        "id": int(entry.id),
        "callerId": entry.from_,
        "recipient": entry.to,
        "system": entry.from_,
        "status": "in-progress",
        "dtmf_digit": int(key) if key.isdecimal() else key,
        "duration": int(now - entry.due),
        "pricePerMinute": float(VOICE_PER_MINUTE),
        "total_price": float(VOICE_PER_MINUTE * minutes),
        "timestamp": int(now),
    }
    return Event("voice_dtmf", content, now)


def click_event(entry: LedgerEntry, kind: str, target: str, now: float) -> Event:
    """Build the event of a click on (or a view of) a shortened link."""
    content: Json = {
        "type": kind,
        "tracking_url": "https://svn.me/abc",
        "final_url": target,
        "sms_id": entry.id,
        "sms_label": entry.label,
        "total_clicks": entry.clicks,
        "total_views": entry.views,
    }
    return Event("tracking", content, now)
