"""Messages and calls as the JSON API shows them, and which of them are looked for; no I/O."""

from __future__ import annotations

import re
from typing import Final, cast

from attrs import asdict, frozen

from seven_async.sandbox.core.accounts import Inbound
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.params import Params, as_text
from seven_async.sandbox.core.recipients import number_or_text
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.inbox.choices import find_choices, parse_content

SCHEDULED: Final = "scheduled"
CANCELLED: Final = "cancelled"
PENDING: Final = "pending"
"""The state of what has left and has no report yet."""
_SHOWN: Final = (
    "id", "channel", "to", "text", "time", "due", "segments", "encoding", "label", "foreign_id",
    "account",
)  # fmt: skip
_MORE: Final = ("country", "mccmnc", "connection", "cancelled", "clicks", "views", "keys")


class FilterError(ValueError):
    """A filter that cannot be understood; its text says why."""


@frozen
class MessageFilter:
    """Which messages are looked for; what is empty or None fits all."""

    channel: str = ""
    label: str = ""
    state: str = ""
    contains: str = ""
    """Part of a text, a sender, a recipient or a foreign id, in lower case."""
    matches: re.Pattern[str] | None = None

    @property
    def is_empty(self) -> bool:
        """True if everything fits."""
        return self == MessageFilter()

    def fits(self, entry: LedgerEntry, now: float) -> bool:
        """Return True if a message of the account is one of those."""
        return (
            self.channel in ("", entry.channel)
            and self.label in ("", entry.label)
            and (not self.contains or self.contains in _search_text(entry))
            and (self.matches is None or self.matches.search(entry.text) is not None)
            and self.state in ("", state_of(entry, now)[0])
        )

    def fits_inbound(self, inbound: Inbound) -> bool:
        """Return True if a message that came in is one of those; it has no label and no state."""
        return (
            not (self.label or self.state)
            and self.channel in ("", inbound.channel)
            and (not self.contains or self.contains in f"{inbound.text}\n{inbound.from_}".lower())
            and (self.matches is None or self.matches.search(inbound.text) is not None)
        )


def _search_text(entry: LedgerEntry) -> str:
    return f"{entry.text}\n{entry.from_}\n{entry.to}\n{entry.foreign_id or ''}".lower()


def read_filter(params: Params) -> MessageFilter:
    """Read a filter from `channel`, `label`, `state`, `contains` and `matches`.

    Raises:
        FilterError: `matches` is no regular expression.
    """
    pattern = params.text("matches")
    try:
        matches = re.compile(pattern) if pattern else None
    except (re.error, RecursionError, OverflowError) as error:
        raise FilterError(f"`matches` is no regular expression: {error}") from error
    return MessageFilter(
        params.text("channel").upper(),
        params.text("label"),
        params.text("state").lower(),
        params.text("contains").strip().lower(),
        matches,
    )


def read_recipient(params: Params) -> str | None:
    """Read `to` in any spelling; None where it is not given."""
    given = params.text("to").strip()
    return number_or_text(given) if given else None


def state_of(entry: LedgerEntry, now: float) -> tuple[str, float]:
    """Return the state in lower case, and since when."""
    if entry.cancelled:
        return CANCELLED, entry.time
    report = entry.report(now)
    if report:
        return report[0].lower(), report[1]
    return (SCHEDULED, entry.time) if entry.due > now else (PENDING, entry.due)


def entry_json(entry: LedgerEntry) -> Json:
    """Build an entry as `/_sandbox/ledger` shows it; times in epoch seconds, prices as text."""
    fields: Json = {name: getattr(entry, name) for name in _SHOWN}
    return {**fields, "fields": entry.fields, "from": entry.from_, "price": str(entry.price)}


def outbound_json(entry: LedgerEntry, now: float) -> Json:
    """Build a message that the application sent, with its state and what can be chosen in it."""
    state, since = state_of(entry, now)
    return {
        **entry_json(entry),
        **{name: getattr(entry, name) for name in _MORE},
        "fields": _without_contents(entry.fields),
        "direction": "out",
        "state": state,
        "state_since": since,
        "state_changes": entry.next_change(now),
        "content": parse_content(entry.text) if entry.channel == "RCS" else None,
        "choices": [asdict(choice) for choice in find_choices(entry)],
    }


def _without_contents(fields: Json) -> Json:
    """Leave the bytes of files out, which may be megabytes; their length stays."""
    files = fields.get("files")
    if not isinstance(files, list):
        return fields
    known = [cast("Json", file) for file in cast("list[object]", files) if isinstance(file, dict)]
    shown = [
        {**file, "contents": None, "length": len(as_text(file.get("contents")))} for file in known
    ]
    return {**fields, "files": shown}


def inbound_json(inbound: Inbound, account: str) -> Json:
    """Build a message or call that came in."""
    return {
        "direction": "in",
        "id": inbound.id,
        "channel": inbound.channel,
        "from": inbound.from_,
        "to": inbound.to,
        "text": inbound.text,
        "time": inbound.time,
        "reply_to": inbound.reply_to,
        "content": inbound.content or None,
        "account": account,
    }
