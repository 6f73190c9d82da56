"""What became of a message whose answer was lost: the gateway's journal knows.

In: the error of a send. Out: a `Reconciliation`. I/O: reads `journal.outbound`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from seven_async.api.endpoint import Async
from seven_async.api.journal import Journal, OutboundMessage
from seven_async.api.rcs import SendRcs
from seven_async.api.sms import SendSms
from seven_async.errors import Outcome, SevenError
from seven_async.flow.moment import berlin
from seven_async.flow.shapes import is_sequence

# A send around midnight, on clocks that differ, may be booked on the day before.
_MARGIN: Final = timedelta(days=1)
# One recipient's messages are few, so errors that lay in a queue over holidays find theirs, too.
_MARGIN_OF_ONE: Final = timedelta(days=30)


class ReconciledState(StrEnum):
    """What the journal says about a send."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Reconciliation:
    """What became of a send whose outcome was unknown.

    `accepted`: the journal has it, do not send it again. `not_found`: the journal does not have it
    (yet: entries can appear some seconds late). `unknown`: the journal cannot tell, as for voice
    calls, which it keeps without reference, for WhatsApp and delayed messages when nothing is
    found, and where `entries` have the reference and another text.
    """

    state: ReconciledState
    entries: tuple[OutboundMessage, ...] = ()


async def reconciled(journal: Journal[Async], error: SevenError, now_s: float) -> Reconciliation:
    """What the journal has under the error's `foreign_id`."""
    if error.outcome is Outcome.NOT_SENT:
        return Reconciliation(state=ReconciledState.NOT_FOUND)
    if error.foreign_id is None:
        return Reconciliation(state=ReconciledState.UNKNOWN)
    recipients = _recipients(error.request)
    entries = await _entries(journal, error.foreign_id, recipients, now_s)
    same = tuple(entry for entry in entries if _may_be(entry, error.request))
    if same:
        return Reconciliation(state=ReconciledState.ACCEPTED, entries=same)
    # Only these two are sure to be in this journal when they were accepted (design section 6);
    # nobody says when a delayed one is entered, and a text that differs may have been rewritten.
    is_told = isinstance(error.request, (SendSms, SendRcs)) and error.request.delay is None
    is_sure = is_told and not entries
    return Reconciliation(
        state=ReconciledState.NOT_FOUND if is_sure else ReconciledState.UNKNOWN, entries=entries
    )


def _may_be(entry: OutboundMessage, request: object) -> bool:
    """Whether an entry with the reference of a request is that request.

    A reference that was made here is, a caller's may stand on several messages (an order's number
    on its confirmation and on its invoice): then the text has to be the same.
    """
    if getattr(request, "foreign_id", None) is None:
        return True
    text: object = getattr(request, "text", None)
    return text is None or entry.text is None or text == entry.text


def _recipients(request: object) -> tuple[str, ...]:
    to: object = getattr(request, "to", ())
    if isinstance(to, str):
        return tuple(one.strip() for one in to.split(","))
    return tuple(str(one) for one in to) if is_sequence(to) else ()


async def _entries(
    journal: Journal[Async], foreign_id: str, recipients: tuple[str, ...], now_s: float
) -> tuple[OutboundMessage, ...]:
    """The journal's entries with this reference; read no further than needed."""
    is_number = len(recipients) == 1 and recipients[0].lstrip("+").isdecimal()
    to = recipients[0] if is_number else None
    today = datetime.fromtimestamp(now_s, UTC).astimezone(berlin())
    since = (today - (_MARGIN_OF_ONE if is_number else _MARGIN)).date()
    listed = journal.outbound(date_from=since, to=to)
    return tuple([entry async for entry in listed if entry.foreign_id == foreign_id])
