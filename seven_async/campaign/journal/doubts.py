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
from seven_async.campaign.journal.sqlite.store import Record
from seven_async.campaign.journal.sqlite.writer import Writer
from seven_async.campaign.results import FATAL, State
from seven_async.errors import SevenError
from seven_async.finder import Doubt, Finder, Finding, Sight, digits_of
from seven_async.flow.clock import ClockReading
from seven_async.flow.values.gateway_time import GatewayTime, proven_ages_s


async def look_up_doubts(writer: Writer, finder: Finder, gateway: GatewayTime) -> dict[str, Looked]:
    """Record what the gateway's journal has; return what is known of the rest, by key.

    A message that is not in the result was not looked up, since the journal could not be read.
    """
    standings: list[StoredMessage] = await writer.do(rows.find_doubts)
    if not standings:
        return {}
    references = sorted({one.foreign_id for one in standings if one.foreign_id})
    pairs: list[tuple[str, str]] = await writer.do(
        partial(rows.find_neighbours, references=references)
    )
    # Read before the journal is: a message that is young then does not get older by slow pages.
    begun = gateway.clock.read()
    try:
        findings = await finder.find(_doubts(standings, pairs))
    except FATAL:
        raise
    except SevenError:
        return {}
    await writer.do(Record(_accepted(standings, findings, begun.now_s)))
    await _note_absences(writer, findings, gateway.latest_s(gateway.clock.read()))
    return {
        one.key: _looked(one, findings[one.key], begun, gateway)
        for one in standings
        if findings[one.key].sight is not Sight.PRESENT
    }


def _doubts(standings: Sequence[StoredMessage], pairs: Sequence[tuple[str, str]]) -> list[Doubt]:
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for reference, recipient in pairs:
        beside[reference].add(digits_of(recipient) or "")
    frozen = {reference: frozenset(numbers) for reference, numbers in beside.items()}
    return [
        Doubt(
            key=one.key,
            to=one.recipient,
            channel=one.channel,
            reference=one.foreign_id,
            is_own_reference=bool(one.is_own_reference),
            text_mark=one.text_mark,
            claimed_s=one.intent_at,
            departure=one.departure,
            beside=frozen.get(one.foreign_id or "", frozenset()),
        )
        for one in standings
    ]


def _looked(
    one: StoredMessage, finding: Finding, begun: ClockReading, gateway: GatewayTime
) -> Looked:
    ages_s = proven_ages_s(one.departure, begun, gateway)
    there_s = gateway.earliest_s(begun)
    age_s = min(ages_s) if ages_s else None
    if age_s is None and there_s is not None and one.absent_at is not None:
        age_s = there_s - one.absent_at  # an earlier run saw that it had left
    # The gateway's clock alone decides when a scheduled message leaves.
    due_s = None if there_s is None or one.due_at is None else there_s - one.due_at
    return Looked(is_absent=finding.sight is Sight.ABSENT, age_s=age_s, due_s=due_s)


def _accepted(
    standings: Sequence[StoredMessage], findings: dict[str, Finding], now_s: float
) -> list[Result]:
    return [
        _result(one, findings[one.key], now_s)
        for one in standings
        if findings[one.key].sight is Sight.PRESENT
    ]


def _result(one: StoredMessage, finding: Finding, now_s: float) -> Result:
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
        foreign_id=one.foreign_id,
        gateway_at=None,
        key=one.key,
    )


async def _note_absences(
    writer: Writer, findings: dict[str, Finding], gateway_at: float | None
) -> None:
    """Keep when a message was first missed: from then on its age is proven, if by nothing else."""
    absent = [key for key, finding in findings.items() if finding.sight is Sight.ABSENT]
    if absent and gateway_at is not None:
        await writer.do(partial(rows.note_absence, keys=absent, gateway_at=gateway_at))
