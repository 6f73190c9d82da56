"""Messages in doubt, looked up at the beginning of a run.

In: the rows that may have left without a result. Out: what a look into the gateway's journal says
of those that it does not show; the others are recorded as accepted. I/O: both journals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from seven_async.campaign.journal.protocol import Looked, StoredMessage
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.statements import Result
from seven_async.campaign.journal.sqlite.writer import Record, Writer
from seven_async.campaign.results import FATAL, State
from seven_async.errors import SevenError
from seven_async.finder import Doubt, Finder, Finding, Sight, digits_of
from seven_async.flow.clock import ClockReading
from seven_async.flow.values.gateway_time import GatewayTime, proven_ages_s


async def look_up_doubts(
    doubts: Sequence[StoredMessage], writer: Writer, finder: Finder, gateway: GatewayTime
) -> dict[str, Looked]:
    """Record what the gateway's journal has; return what is known of the rest, by key.

    A message that is not in the result was not looked up, since the journal could not be read.
    """
    references = sorted({stored.foreign_id for stored in doubts if stored.foreign_id})
    pairs: list[tuple[str, str]] = await writer.do(
        partial(rows.find_neighbours, references=references)
    )
    # Read before the journal is: a message that is young then does not get older by slow pages.
    begun = gateway.clock.read()
    try:
        findings = await finder.find(_build_doubts(doubts, pairs))
    except FATAL:
        raise
    except SevenError:
        return {}
    present = [stored for stored in doubts if findings[stored.key].sight is Sight.PRESENT]
    await writer.do(
        Record([_build_result(stored, findings[stored.key], begun.now_s) for stored in present])
    )
    absent = [key for key, finding in findings.items() if finding.sight is Sight.ABSENT]
    gateway_at = gateway.latest_s(gateway.clock.read())
    if absent and gateway_at is not None:
        # From now on the age of these is proven, if by nothing else.
        await writer.do(partial(rows.note_absence, keys=absent, gateway_at=gateway_at))
    return {
        stored.key: _build_looked(stored, findings[stored.key], begun, gateway)
        for stored in doubts
        if findings[stored.key].sight is not Sight.PRESENT
    }


def _build_doubts(doubts: Sequence[StoredMessage], pairs: Sequence[tuple[str, str]]) -> list[Doubt]:
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for reference, recipient in pairs:
        beside[reference].add(digits_of(recipient) or "")
    frozen = {reference: frozenset(numbers) for reference, numbers in beside.items()}
    return [
        Doubt(
            key=stored.key,
            to=stored.recipient,
            channel=stored.channel,
            reference=stored.foreign_id,
            is_own_reference=bool(stored.is_own_reference),
            text_mark=stored.text_mark,
            claimed_s=stored.intent_at,
            departure=stored.departure,
            beside=frozen.get(stored.foreign_id or "", frozenset()),
        )
        for stored in doubts
    ]


def _build_looked(
    stored: StoredMessage, finding: Finding, begun: ClockReading, gateway: GatewayTime
) -> Looked:
    ages_s = proven_ages_s(stored.departure, begun, gateway)
    there_s = gateway.earliest_s(begun)
    age_s = min(ages_s) if ages_s else None
    if age_s is None and there_s is not None and stored.absent_at is not None:
        age_s = there_s - stored.absent_at  # an earlier run saw that it had left
    # The gateway's clock alone decides when a scheduled message leaves.
    due_s = None if there_s is None or stored.due_at is None else there_s - stored.due_at
    return Looked(is_absent=finding.sight is Sight.ABSENT, age_s=age_s, due_s=due_s)


def _build_result(stored: StoredMessage, finding: Finding, now_s: float) -> Result:
    entry = finding.entries[0]
    return Result(
        state=State.ACCEPTED.value,
        result_at=now_s,
        message_id=entry.id,
        segments=None,
        price_micro_eur=rows.micro(entry.price),
        code=None,
        reason=None,
        error=None,
        foreign_id=stored.foreign_id,
        gateway_at=None,
        key=stored.key,
    )
