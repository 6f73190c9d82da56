"""What became of a message whose answer was lost: the gateway's journal knows.

In: the error of a send. Out: a `Reconciliation`. I/O: reads `journal.outbound`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import chain

import attrs

from seven_async.api.journal import Journal, OutboundMessage, VoiceCall
from seven_async.api.rcs import SendRcs
from seven_async.api.routes.endpoint import Async
from seven_async.api.sms import SendSms
from seven_async.api.voice import SendVoice
from seven_async.errors import Outcome, SevenError
from seven_async.finder import Doubt, Finder, Sight, digits_of
from seven_async.flow.values.gateway_time import GatewayTime
from seven_async.flow.values.shapes import is_sequence
from seven_async.texts import text_mark


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
    found, and where `entries` have your reference and another text.
    """

    state: ReconciledState
    entries: tuple[OutboundMessage, ...] = ()


async def find_outcome(
    journal: Journal[Async], gateway_time: GatewayTime, error: SevenError
) -> Reconciliation:
    """Return what the journal has of the send that ended with an error."""
    request = error.request
    if error.outcome is Outcome.NOT_SENT:
        return Reconciliation(state=ReconciledState.NOT_FOUND)
    if error.foreign_id is None or isinstance(request, SendVoice):
        return Reconciliation(state=ReconciledState.UNKNOWN)
    finder = Finder(journal, gateway_time)
    findings = (await finder.find(_doubts(error, error.foreign_id))).values()
    present = _entries(finding.entries for finding in findings if finding.sight is Sight.PRESENT)
    if present:
        return Reconciliation(state=ReconciledState.ACCEPTED, entries=present)
    # Only these two are sure to be in this journal when they were accepted (design section 6), and
    # nobody says when a delayed one is entered.
    is_told = isinstance(request, (SendSms, SendRcs)) and request.delay is None
    is_absent = is_told and all(finding.sight is Sight.ABSENT for finding in findings)
    return Reconciliation(
        state=ReconciledState.NOT_FOUND if is_absent else ReconciledState.UNKNOWN,
        entries=_entries(finding.entries for finding in findings),
    )


def _doubts(error: SevenError, reference: str) -> list[Doubt]:
    """Return what to look for: the message to each recipient of the request."""
    request = error.request
    recipients = _recipients(request)
    numbers = [digits_of(recipient) for recipient in recipients]
    beside = frozenset(number for number in numbers if number is not None)
    # Where the caller gave none, one was made for this request alone.
    is_own = request is not None and getattr(request, "foreign_id", None) is None
    mark = text_mark(getattr(request, "text", None))
    return [
        Doubt(
            key=str(place),
            to=recipient,
            channel="",
            reference=reference,
            is_own_reference=is_own,
            text_mark=mark,
            beside=beside,
        )
        for place, recipient in enumerate(recipients)
    ]


def _recipients(request: object) -> Sequence[str]:
    to: object = getattr(request, "to", "")
    if isinstance(to, str):
        return [part.strip() for part in to.split(",")]
    return [str(part) for part in to] if is_sequence(to) else [""]


def _entries(
    groups: Iterable[tuple[OutboundMessage | VoiceCall, ...]],
) -> tuple[OutboundMessage, ...]:
    """Return the entries of all recipients, each once."""
    entries: dict[str | int, OutboundMessage] = {}
    for entry in chain.from_iterable(groups):
        if isinstance(entry, OutboundMessage):
            entries.setdefault(entry.id or id(entry), entry)
    return tuple(entries.values())
