"""Messages in doubt in PostgreSQL, read in pages and marked.

In: keys, references and looks. Out: rows. I/O: the database; what a search needs beside the
messages stands in tables under the number of its run, until it ends.

What another process may be sending is none of them: see `IS_AT_WORK`. The lease that is given is
that of this process, as long as it sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from seven_async.api.journal import OutboundMessage, VoiceCall
from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.campaign.journal.postgres.spending import forget_committed
from seven_async.campaign.journal.postgres.statements import DIGITS, IS_AT_WORK, LOOK_IS_DUE
from seven_async.campaign.journal.protocol import Look, StoredMessage
from seven_async.campaign.journal.rows import STORED, micro
from seven_async.campaign.journal.writer import Writer

_PAGE: Final = 200
_IN_DOUBT: Final = f"""campaign = %(campaign)s AND message.state IN ('intent', 'unknown')
    AND coalesce(message.result_at, message.intent_at, 0) <= {NOW} - %(quiet_s)s
    AND NOT {IS_AT_WORK}"""

# As `digits_of` (finder.py): '' for what is no number with its calling code.
_NUMBER: Final = f"CASE WHEN {DIGITS} ~ '^[1-9][0-9]*$' THEN {DIGITS} ELSE '' END"

# What an entry of the gateway's journal is compared with is found by its reference. A reference of
# the caller may be on a whole mailing, so there the number decides, too; '' is for messages that
# have to be compared whatever number an entry has.
_PREPARE: Final = (
    f"""INSERT INTO seven.doubt
        SELECT %(run)s, CASE WHEN channel = 'voice' THEN '' ELSE coalesce(foreign_id, '') END,
            CASE WHEN is_own_reference = 1 THEN '' ELSE {_NUMBER} END, n
        FROM seven.message AS message WHERE {_IN_DOUBT}
            AND (%(has_all)s OR {LOOK_IS_DUE})""",
    """INSERT INTO seven.beside
       SELECT DISTINCT %(run)s::bigint, foreign_id, recipient FROM seven.message
       WHERE campaign = %(campaign)s AND is_own_reference = 1
       AND foreign_id IN (SELECT reference FROM seven.doubt WHERE run = %(run)s)""",
)

# Those of the beginning alone: what has come into doubt meanwhile was compared with no entry, and
# would count as absent.
_PAGE_QUERY: Final = f"""
SELECT {STORED} FROM seven.message AS message WHERE {_IN_DOUBT}
AND n IN (SELECT n FROM seven.doubt WHERE run = %(run)s)
AND n > coalesce((SELECT n FROM seven.message WHERE campaign = %(campaign)s AND key = %(after)s), 0)
ORDER BY n LIMIT {_PAGE}
"""

_CANDIDATES: Final = f"""
WITH entry AS (
    SELECT * FROM unnest(%(references)s::text[], %(numbers)s::text[]) AS e (reference, number)
)
SELECT {STORED} FROM seven.message AS message WHERE {_IN_DOUBT} AND key > %(after)s AND n IN (
    SELECT doubt.n FROM entry JOIN seven.doubt AS doubt USING (reference, number)
    WHERE doubt.run = %(run)s
    UNION SELECT doubt.n FROM entry JOIN seven.doubt AS doubt USING (reference)
    WHERE doubt.run = %(run)s AND entry.number IS NULL
) ORDER BY key LIMIT {_PAGE}
"""

_NEIGHBOURS: Final = """
SELECT reference, recipient FROM seven.beside
WHERE run = %(run)s AND reference = ANY(%(references)s)
"""

# Another process may have sent it again meanwhile: of that the look knows nothing.
_SEEN: Final = "(looked_run IS NOT DISTINCT FROM %(run)s AND looked_absent = 0)"
_LOOK: Final = f"""
UPDATE seven.message AS message SET looked_run = %(run)s,
    looked_absent = CASE WHEN new.is_absent AND NOT {_SEEN} THEN 1 ELSE 0 END,
    looked_age_s = new.age_s, looked_due_s = new.due_s,
    absent_at = CASE WHEN new.is_absent AND NOT {_SEEN}
                     THEN coalesce(absent_at, %(gateway_at)s) ELSE absent_at END
FROM unnest(%(keys)s::text[], %(absent)s::bool[], %(ages_s)s::float8[], %(dues_s)s::float8[],
    %(intents)s::float8[]) AS new (key, is_absent, age_s, due_s, intent_at)
WHERE {_IN_DOUBT} AND message.key = new.key
    AND message.intent_at IS NOT DISTINCT FROM new.intent_at
"""

_ACCEPT: Final = f"""
UPDATE seven.message AS message SET state = 'accepted', result_at = %(now_s)s,
    content = CASE WHEN starts_with(content, '{{"rule":') THEN content END,
    message_id = coalesce(new.id, message_id),
    price_micro_eur = coalesce(new.price, price_micro_eur),
    code = NULL, error = NULL, reason = NULL, attempt = attempt + 1
FROM unnest(%(keys)s::text[], %(ids)s::text[], %(prices)s::bigint[]) AS new (key, id, price)
WHERE {_IN_DOUBT} AND message.key = new.key
"""


class PostgresDoubtTable:
    """The messages in doubt of a campaign (`DoubtTable`), between `open` and `close`.

    Those of which nothing new is known for `quiet_s` seconds; unless it `has_all`, without what was
    looked up lately.
    """

    def __init__(
        self,
        writer: Writer,
        run: int,
        lease: int,
        grace_s: float,
        *,
        quiet_s: float = 0.0,
        has_all: bool = True,
    ) -> None:
        self._writer = writer
        self._values: dict[str, Any] = {
            "run": run,
            "lease": lease,
            "grace_s": grace_s,
            "quiet_s": quiet_s,
            "has_all": has_all,
        }

    async def open(self) -> None:
        """Prepare the search, with two passes through the messages."""
        await self.close()
        for statement in _PREPARE:
            await self._execute(statement)

    async def close(self) -> None:
        """Forget what the search needed; what it brought to light stays."""
        for table in ("doubt", "beside"):
            await self._execute(f"DELETE FROM seven.{table} WHERE run = %(run)s")

    async def page(self, after: str | None) -> Sequence[StoredMessage]:
        """Return the next messages in doubt, in the order in which they came to the journal."""
        return [StoredMessage(*row) for row in await self._fetch(_PAGE_QUERY, after=after)]

    async def candidates(
        self, sent: Collection[tuple[str, str | None]], after: str | None
    ) -> Sequence[StoredMessage]:
        """Return the next messages in doubt that entries with these references may be."""
        # An entry without a number is compared with all that have its reference.
        pairs = sorted({*sent, *((reference, "") for reference, _ in sent)}, key=repr)
        rows = await self._fetch(
            _CANDIDATES,
            references=[reference for reference, _ in pairs],
            numbers=[number for _, number in pairs],
            after=after or "",
        )
        return [StoredMessage(*row) for row in rows]

    async def neighbours(self, references: Collection[str]) -> Sequence[tuple[str, str]]:
        """Return reference and recipient of every message that has one of some references."""
        rows = await self._fetch(_NEIGHBOURS, references=list(references))
        return [(reference, recipient) for reference, recipient in rows]

    async def accept(
        self,
        present: Sequence[tuple[StoredMessage, OutboundMessage | VoiceCall]],
        now_s: float,
    ) -> None:
        """Record messages as accepted, with id and price of their entries."""
        await self._execute(
            _ACCEPT,
            keys=[stored.key for stored, _ in present],
            ids=[entry.id for _, entry in present],
            prices=[micro(entry.price) for _, entry in present],
            now_s=now_s,
        )
        await self._writer.do(forget_committed)

    async def note_looks(self, looks: Sequence[Look], gateway_at: float | None) -> None:
        """Note what a look says of messages that it did not show, for this run."""
        await self._execute(
            _LOOK,
            keys=[look.key for look in looks],
            absent=[look.looked.is_absent for look in looks],
            ages_s=[look.looked.age_s for look in looks],
            dues_s=[look.looked.due_s for look in looks],
            intents=[look.intent_at for look in looks],
            gateway_at=gateway_at,
        )

    async def _execute(self, query: str, **values: object) -> None:
        await self._writer.do(self._operation(query, values, lambda _: None))

    async def _fetch(self, query: str, **values: object) -> list[Any]:
        rows: list[Any] = await self._writer.do(
            self._operation(query, values, lambda cursor: cursor.fetchall())
        )
        return rows

    def _operation(
        self, query: str, values: dict[str, object], read: Callable[[Any], Any]
    ) -> Callable[[CampaignTables], Any]:
        def operate(tables: CampaignTables) -> Any:
            given = {"campaign": tables.campaign, **self._values, **values}
            return read(tables.connection.execute(query.encode(), given))

        return operate
