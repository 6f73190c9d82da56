"""What is written into the tables of PostgreSQL, one function for each thing that happens.

In: a transaction, and values. Out: rows. I/O: the database.

Several processes may write to a campaign. So an intent is a compare-and-set: it is written only
while the lease of its process holds, where the row is as this process has seen it (`attempt`), and
where the campaign may go on. What is not returned must not leave. Each statement has a range of
`n`, without which the planner reads the whole table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.postgres.row_tables import in_chunks
from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.rows import (
    KEPT,
    STORED,
    Intent,
    Plain,
    Result,
    to_stored,
)
from seven_async.campaign.journal.statements.runs import SETTINGS

LEASE_HOLDS: Final = f"""EXISTS (SELECT 1 FROM seven.lease WHERE id = %(lease)s
    AND ended_at IS NULL AND expires_at > {NOW})"""
_GOES_ON: Final = """EXISTS (SELECT 1 FROM seven.campaign
    WHERE id = %(campaign)s AND state = 'running')"""
# Of a campaign that is being deleted no row is written any more; see the schema.
_GOES_ON_AND_STAYS: Final = _GOES_ON.replace("'running'", "'running' FOR KEY SHARE")

IS_AT_WORK: Final = f"""(message.state = 'intent' AND EXISTS (SELECT 1 FROM seven.lease
    WHERE id = message.lease AND id <> %(lease)s AND ended_at IS NULL
    AND expires_at > {NOW} - %(grace_s)s))"""
"""Whether another process may still be sending a message, or may be about to say so."""

_IS_UNPROVEN: Final = """(message.state = 'intent' AND EXISTS (SELECT 1 FROM seven.lease
    WHERE id = message.lease AND id <> %(lease)s AND ended_at IS NULL))"""
"""Whether nobody knows that a process is dead, which may send a message when it wakes up."""

_LONGEST_WAIT_S: Final = 3_600
"""Between two looks of workers at the same message."""

# A quarter of the age: of what is decided after a grace the decision comes no later than that. When
# it is due, or its process is known to be dead, the next look may say something new.
LOOK_IS_DUE: Final = f"""NOT EXISTS (
    SELECT 1 FROM seven.run AS look WHERE look.id = message.looked_run AND look.kind = 'look'
    AND {NOW} < least(
        CASE WHEN message.due_at > look.started_at THEN message.due_at END,
        look.started_at + least({_LONGEST_WAIT_S}, (look.started_at - greatest(
            coalesce(message.result_at, message.intent_at, 0),
            CASE WHEN message.due_at <= look.started_at THEN message.due_at END)) / 4))
    AND NOT EXISTS (SELECT 1 FROM seven.lease AS ended
        WHERE ended.id = message.lease AND ended.ended_at > look.started_at))"""
"""Whether a worker looks a message in doubt up again: the rarer the longer nothing was found."""

_PLAIN: Final = "regexp_replace(message.recipient, '[[:space:]/.()-]', '', 'g')"
DIGITS: Final = f"regexp_replace({_PLAIN}, '^[+]?(00)?', '')"
"""A number as it is written without signs, `+` and `00`."""

_HAS_NOT_OPTED_OUT: Final = f"""(new.state <> 'intent' OR NOT EXISTS (
    SELECT 1 FROM seven.opt_out AS listed WHERE listed.recipient = '+' || {DIGITS}))"""

_HAS_NO_LIMIT: Final = f"""NOT EXISTS (SELECT 1 FROM seven.note AS note
    WHERE note.campaign = %(campaign)s AND note.name = '{SETTINGS}'
    AND note.value::json->>'max_cost' IS NOT NULL)"""

AMOUNT: Final = """CASE WHEN message.state = 'accepted'
        THEN coalesce(message.price_micro_eur, message.reserved_micro_eur, 0)
    WHEN message.state IN ('intent', 'unknown', 'forgotten')
        THEN coalesce(message.reserved_micro_eur, 0) ELSE 0 END"""
"""What a message may have cost, in millionths of a euro."""

PLACE: Final = ("n", "attempt")
"""What tells a row, and in which attempt it is: they follow the values of an `Intent`."""

CLAIM: Final = (*Intent._fields, "reserved_micro_eur")
"""What is written of a message that is about to leave: what it may cost is kept here alone."""

INTENT: Final = (*CLAIM, *PLACE)
_N: Final = INTENT.index("n")
RESERVED: Final = INTENT.index("reserved_micro_eur")
RESULT: Final = (*Result._fields, *PLACE)


class ClaimTerms(NamedTuple):
    """What a claim needs beside its messages.

    `asks_opt_outs` if nobody listed is claimed, `knows_no_limit` if nothing is as soon as the
    campaign has a limit of cost: then this process has its settings of before.
    """

    lease: int
    grace_s: float
    asks_opt_outs: bool = False
    knows_no_limit: bool = False


class Claimed(NamedTuple):
    """What a claim gives: the row, and what the journal had before; None if it may leave now."""

    n: int
    attempt: int
    stored: StoredMessage | None


_SET: Final = tuple(name for name in Intent._fields if name not in ("key", "content", "intent_at"))
_CLAIMED: Final = (*_SET, "reserved_micro_eur")
_LEAVES: Final = f"CASE WHEN new.state = 'intent' THEN {NOW} END"

_INSERT: Final = """
INSERT INTO seven.message AS message (campaign, {columns}, intent_at, lease, attempt)
SELECT %(campaign)s, {values}, {leaves}, %(lease)s, 1 FROM {table} AS new
WHERE {holds} AND {goes_on}
ON CONFLICT (campaign, key) DO UPDATE SET {changes}, intent_at = excluded.intent_at,
    lease = excluded.lease, attempt = message.attempt + 1,
    content = CASE WHEN excluded.state = 'skipped' THEN excluded.content
                   ELSE coalesce(excluded.content, message.content) END
WHERE message.state = 'planned' AND message.intent_at IS NULL
RETURNING key, n, attempt
"""


def _claim_new(
    tables: CampaignTables, intents: Sequence[Plain], lease: int
) -> dict[str, tuple[int, int]]:
    """Write intents for what is new, or was only loaded; return place and attempt by key."""
    columns = [name for name in CLAIM if name != "intent_at"]
    claimed: dict[str, tuple[int, int]] = {}
    for table, values in in_chunks(intents, CLAIM):
        query = _INSERT.format(
            columns=", ".join(columns),
            values=", ".join(f"new.{name}" for name in columns),
            leaves=_LEAVES,
            table=table,
            holds=LEASE_HOLDS,
            goes_on=_GOES_ON_AND_STAYS,
            changes=", ".join(f"{name} = excluded.{name}" for name in _CLAIMED),
        )
        values |= {"campaign": tables.campaign, "lease": lease}
        for key, n, attempt in tables.connection.execute(query.encode(), values):
            claimed[key] = (n, attempt)
    return claimed


def claim_messages(
    tables: CampaignTables, intents: Sequence[Plain], lease: int
) -> list[Claimed | None]:
    """Write intents for new messages; return the rows, with what they were before if not new.

    None stands for what could not be claimed at all: the lease is over, or the campaign is paused.
    Of a key that comes twice only the first is new. Messages that were there are marked as seen.
    """
    unique = {values[0]: values for values in intents}
    if len(unique) < len(intents):
        unique = {values[0]: values for values in reversed(intents)}  # the first of each counts
    claimed = _claim_new(tables, list(unique.values()), lease)
    if len(claimed) == len(intents):  # as it mostly is
        return [Claimed(*claimed[values[0]], None) for values in intents]
    before = _find_rows(tables, [key for key in unique if key not in claimed], lease)
    results: list[Claimed | None] = []
    used: set[str] = set()
    for values in intents:
        key, run = values[0], values[Intent._fields.index("run")]
        place = claimed.get(key)
        if place is not None:
            stored = to_stored(_to_intent(values)) if key in used else None
            results.append(Claimed(*place, stored))
            used.add(key)
        else:
            known = before.get(key)
            if known is not None and known.stored is not None and known.stored.was_loaded:
                known = None  # it was free, and was not given
            results.append(known)
            if known is not None and known.stored is not None:
                before[key] = known._replace(stored=known.stored._replace(run=run))
    _mark_seen(tables, intents, results)
    return results


def _to_intent(values: Plain) -> Intent:
    return Intent(*values[: len(Intent._fields)])


def _find_rows(tables: CampaignTables, keys: Sequence[str], lease: int) -> dict[str, Claimed]:
    """Return the rows of some keys.

    What another process may be sending counts as not looked up, whatever its row says of a look:
    its absence proves nothing.
    """
    columns = STORED.replace(
        "looked_run", f"CASE WHEN {_IS_UNPROVEN} THEN NULL ELSE looked_run END"
    )
    query = f"""SELECT {columns}, n, attempt FROM seven.message AS message
                WHERE campaign = %(campaign)s AND key = ANY(%(keys)s)"""
    values = {"campaign": tables.campaign, "keys": list(keys), "lease": lease}
    rows = tables.connection.execute(query.encode(), values)
    return {row[0]: Claimed(row[-2], row[-1], StoredMessage(*row[:-2])) for row in rows}


def _mark_seen(
    tables: CampaignTables, intents: Sequence[Plain], claims: Sequence[Claimed | None]
) -> None:
    seen: list[Plain] = []
    duplicates: Counter[int] = Counter()
    for values, claim in zip(intents, claims, strict=True):
        intent = _to_intent(values)
        if claim is None or claim.stored is None:
            continue
        if claim.stored.run == intent.run:
            duplicates[intent.run] += 1
        else:
            seen.append((intent.run, intent.line, claim.n))
    for table, parameters in in_chunks(seen, ("run", "line", "n")):
        tables.connection.execute(
            f"""UPDATE seven.message AS message SET run = new.run, line = new.line
                FROM {table} AS new WHERE campaign = %(campaign)s AND message.n = new.n
                AND message.n BETWEEN %(low)s AND %(high)s""".encode(),
            parameters | {"campaign": tables.campaign},
        )
    for run, count in duplicates.items():
        tables.execute("UPDATE run SET duplicates = duplicates + ? WHERE id = ?", (count, run))


_SAME: Final = "message.step = new.step AND message.digest = new.digest"

_RENEW: Final = f"""
UPDATE seven.message AS message SET {", ".join(f"{name} = new.{name}" for name in _SET)},
    intent_at = {_LEAVES}, lease = %(lease)s, attempt = message.attempt + 1,
    reserved_micro_eur = coalesce(new.reserved_micro_eur, message.reserved_micro_eur),
    absent_at = NULL, looked_run = NULL, result_at = NULL, code = NULL, error = NULL,
    content = CASE WHEN new.state = 'skipped' THEN new.content
                   ELSE coalesce(new.content, message.content) END,
    message_id = CASE WHEN {_SAME} THEN message.message_id END,
    delivery = CASE WHEN {_SAME} THEN message.delivery END
FROM {{table}} AS new WHERE campaign = %(campaign)s AND message.n = new.n
    AND message.n BETWEEN %(low)s AND %(high)s AND message.attempt = new.attempt AND {LEASE_HOLDS}
    AND (message.lease = %(lease)s OR ({_GOES_ON} AND NOT {IS_AT_WORK} AND {{rules}}))
RETURNING message.n
"""


def update_intents(tables: CampaignTables, intents: Sequence[Plain], terms: ClaimTerms) -> set[int]:
    """Note that messages are about to leave again, or in another form; return the `n` of those.

    What is known of a delivery stays only where it is the same form of the same content. What was
    reserved stays where nothing is reserved now.
    """
    rules = _HAS_NOT_OPTED_OUT if terms.asks_opt_outs else "true"
    if terms.knows_no_limit:
        rules += f" AND {_HAS_NO_LIMIT}"
    written: set[int] = set()
    for table, values in in_chunks(intents, INTENT):
        values |= {"campaign": tables.campaign, "lease": terms.lease, "grace_s": terms.grace_s}
        query = _RENEW.format(table=table, rules=rules).encode()
        written.update(n for (n,) in tables.connection.execute(query, values))
    return written


def update_renewals(
    tables: CampaignTables, renewals: Sequence[Sequence[Plain]], terms: ClaimTerms
) -> list[set[int]]:
    """Do the same for several at once; return the `n` of each.

    One that has a message of an earlier one, as when a job was delivered twice, comes after it by
    itself: so only one of them gets it.
    """
    together: list[Plain] = []
    places: list[set[int]] = []
    wanted: set[int] = set()
    for intents in renewals:
        own = {row[_N] for row in intents}
        places.append(set() if own & wanted else own)
        if places[-1]:
            together += intents
            wanted |= own
    written = update_intents(tables, together, terms)
    return [
        own & written if own else update_intents(tables, intents, terms)
        for own, intents in zip(places, renewals, strict=True)
    ]


# Only a report can have accepted it: its intent, written before, has taken that state away.
_KNOWN: Final = "new.state = 'unknown' AND message.state = 'accepted'"

# With another `attempt`: who has read the row before, and decided by that, does not get it any
# more. And a result that is written once more, since nobody knew whether it was, counts once.
_RECORD: Final = f"""
UPDATE seven.message AS message SET result_at = {NOW}, attempt = message.attempt + 1,
    state = CASE WHEN {_KNOWN} THEN message.state ELSE new.state END,
    content = CASE WHEN new.state = 'accepted' THEN {KEPT.replace("%", "%%")}
                   ELSE message.content END,
    message_id = coalesce(new.message_id, message.message_id),
    segments = coalesce(new.segments, message.segments),
    price_micro_eur = coalesce(new.price_micro_eur, message.price_micro_eur),
    code = new.code, error = new.error,
    reason = CASE WHEN {_KNOWN} THEN message.reason ELSE new.reason END,
    foreign_id = new.foreign_id, gateway_at = coalesce(new.gateway_at, message.gateway_at)
FROM {{table}} AS new WHERE campaign = %(campaign)s AND message.n = new.n
    AND message.n BETWEEN %(low)s AND %(high)s AND message.lease = %(lease)s
    AND message.attempt = new.attempt
"""


# In the row of the campaign, and in that of the process: what it has reserved is in flight no more.
_SETTLE: Final = f"""
WITH recorded AS ({_RECORD}
    RETURNING {AMOUNT} AS amount, coalesce(message.reserved_micro_eur, 0) AS reserved
), total AS (
    SELECT coalesce(sum(amount - reserved), 0) AS change, coalesce(sum(reserved), 0) AS reserved
    FROM recorded
), settled AS (
    UPDATE seven.campaign SET committed_micro_eur = committed_micro_eur + total.change
    FROM total WHERE id = %(campaign)s
)
UPDATE seven.lease SET reserved_micro_eur = greatest(0, reserved_micro_eur - total.reserved)
FROM total WHERE id = %(lease)s
"""


def write_results(
    tables: CampaignTables, results: Sequence[Plain], lease: int, *, keeps_cost: bool = False
) -> None:
    """Note what became of messages that this process has sent, and nobody has taken over.

    A result that says nothing of price or segments leaves what an earlier one said. With
    `keeps_cost` it replaces what was reserved.
    """
    query = _SETTLE if keeps_cost else _RECORD
    for table, values in in_chunks(results, RESULT):
        values |= {"campaign": tables.campaign, "lease": lease}
        tables.connection.execute(query.replace("{table}", table).encode(), values)
