"""Messages in doubt, looked up at the beginning of a run, a page of them at a time.

In: the rows that may have left without a result. Out: those that the gateway's journal has are
recorded as accepted; what a look into it says of the others is noted in their rows, for this run.
I/O: both journals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from seven_async.api.journal import OutboundMessage
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.protocol import DoubtTable, Look, Looked, StoredMessage
from seven_async.campaign.results import FATAL
from seven_async.errors import SevenError
from seven_async.finder import Doubt, Finder, Finding, Sight, compare, digits_of
from seven_async.flow.values.gateway_time import GatewayTime, proven_ages_s


async def look_up_doubts(table: DoubtTable, finder: Finder, gateway: GatewayTime) -> None:
    """Record what the gateway's journal has; note what is known of the rest.

    Where the gateway's journal cannot be read, what is left was not looked up, and is not sent in
    this run. Raises `JournalError`, and errors that every call would meet.
    """
    try:
        await finder.search(JournalDoubts(table, gateway))
    except (*FATAL, JournalError):
        raise
    except SevenError:
        return


class JournalDoubts:
    """Messages in doubt in the journal of a campaign (`Doubts`)."""

    def __init__(self, table: DoubtTable, gateway: GatewayTime) -> None:
        self._table = table
        self._gateway = gateway
        # Read before the journal is: a message that is young then does not get older by slow pages.
        self._begun = gateway.clock.read()
        self._page: dict[str, StoredMessage] = {}

    async def page(self, after: str | None) -> Sequence[Doubt]:
        """Return the next messages that are still in doubt; none at the end."""
        stored = await self._table.page(after)
        self._page = {message.key: message for message in stored}
        return await self._build_doubts(stored)

    async def compare(self, entries: Sequence[OutboundMessage]) -> Collection[Doubt]:
        """Note what entries of the gateway's journal say; return what was accepted."""
        sent = {
            (entry.foreign_id, digits_of(entry.to or "")) for entry in entries if entry.foreign_id
        }
        present: list[Doubt] = []
        after: str | None = None
        while sent and (stored := await self._table.candidates(sent, after)):
            after = stored[-1].key
            doubts = await self._build_doubts(stored)
            findings = compare(entries, doubts)
            await self._write({message.key: message for message in stored}, findings)
            present += [each for each in doubts if _is_present(findings.get(each.key))]
        return present

    async def note(self, findings: Mapping[str, Finding]) -> None:
        """Note what is known of messages of the latest page."""
        await self._write(self._page, findings)

    async def _write(
        self, stored: Mapping[str, StoredMessage], findings: Mapping[str, Finding]
    ) -> None:
        present = [
            (stored[key], finding.entries[0])
            for key, finding in findings.items()
            if _is_present(finding)
        ]
        if present:
            await self._table.accept(present, self._begun.now_s)
        looks = [
            Look(key, self._build_looked(stored[key], finding), stored[key].intent_at)
            for key, finding in findings.items()
            if not _is_present(finding)
        ]
        if looks:
            # From now on the age of what is absent is proven, if by nothing else.
            gateway_at = self._gateway.latest_s(self._gateway.clock.read())
            await self._table.note_looks(looks, gateway_at)

    async def _build_doubts(self, stored: Sequence[StoredMessage]) -> list[Doubt]:
        own = {each.foreign_id for each in stored if each.foreign_id and each.is_own_reference}
        beside: defaultdict[str | None, set[str]] = defaultdict(set)
        for reference, recipient in await self._table.neighbours(own) if own else ():
            beside[reference].add(digits_of(recipient) or "")
        frozen = {reference: frozenset(numbers) for reference, numbers in beside.items()}
        return [
            Doubt(
                key=each.key,
                to=each.recipient,
                channel=each.channel,
                reference=each.foreign_id,
                is_own_reference=bool(each.is_own_reference),
                text_mark=each.text_mark,
                claimed_s=each.intent_at,
                departure=each.departure,
                beside=frozen.get(each.foreign_id, frozenset()),
            )
            for each in stored
        ]

    def _build_looked(self, stored: StoredMessage, finding: Finding) -> Looked:
        if finding.sight is not Sight.ABSENT:
            return Looked(is_absent=False)
        ages_s = proven_ages_s(stored.departure, self._begun, self._gateway)
        there_s = self._gateway.earliest_s(self._begun)
        age_s = min(ages_s) if ages_s else None
        if age_s is None and there_s is not None and stored.absent_at is not None:
            age_s = there_s - stored.absent_at  # an earlier run saw that it had left
        # The gateway's clock alone decides when a scheduled message leaves.
        due_s = None if there_s is None or stored.due_at is None else there_s - stored.due_at
        return Looked(is_absent=True, age_s=age_s, due_s=due_s)


def _is_present(finding: Finding | None) -> bool:
    return finding is not None and finding.sight is Sight.PRESENT
