"""What became of a message whose answer was lost: the gateway's journal knows.

In: the error of a send. Out: a `Reconciliation`. I/O: reads `journal.outbound`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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
    calls, which it keeps without reference, and for WhatsApp when nothing is found.
    """

    state: ReconciledState
    entries: tuple[OutboundMessage, ...] = ()


async def reconciled(journal: Journal[Async], error: SevenError, now_s: float) -> Reconciliation:
    """What the journal has under the error's `foreign_id`."""
    if error.outcome is Outcome.NOT_SENT:
        return Reconciliation(state=ReconciledState.NOT_FOUND)
    if error.foreign_id is None:
        return Reconciliation(state=ReconciledState.UNKNOWN)
    since = (datetime.fromtimestamp(now_s, UTC).astimezone(berlin()) - _MARGIN).date()
    entries = await _entries(journal, error.foreign_id, _recipients(error.request), since)
    if entries:
        return Reconciliation(state=ReconciledState.ACCEPTED, entries=entries)
    # Only these two are sure to be in this journal when they were accepted (design section 6).
    is_told = isinstance(error.request, (SendSms, SendRcs))
    return Reconciliation(state=ReconciledState.NOT_FOUND if is_told else ReconciledState.UNKNOWN)


def _recipients(request: object) -> tuple[str, ...]:
    to: object = getattr(request, "to", ())
    if isinstance(to, str):
        return tuple(one.strip() for one in to.split(","))
    return tuple(str(one) for one in to) if is_sequence(to) else ()


async def _entries(
    journal: Journal[Async], foreign_id: str, recipients: tuple[str, ...], since: date
) -> tuple[OutboundMessage, ...]:
    """The journal's entries with this reference; read no further than needed."""
    found: list[OutboundMessage] = []
    is_number = len(recipients) == 1 and recipients[0].lstrip("+").isdecimal()
    to = recipients[0] if is_number else None
    async for entry in journal.outbound(date_from=since, to=to):
        if entry.foreign_id == foreign_id:
            found.append(entry)
            if is_number:
                break
    return tuple(found)
