"""What a campaign may cost, over all processes that send it: reserved with the claim.

In: a transaction, and estimates. Out: which messages were claimed. I/O: the database. Amounts are
in millionths of a euro.

`seven.campaign.committed_micro_eur` is what the campaign may have cost so far: the price of what
was accepted, the estimate of what is in flight or in doubt. Its row is locked before anything else
is, so that processes take turns. NULL there means that it has to be counted anew.

A process that sends by itself keeps the limit in its memory. It writes what it reserves into the
rows as well, counts those of all when it begins, and workers claim nothing as long as it may send.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from seven_async.campaign.journal.postgres.connection import CLAIMS, CampaignTables
from seven_async.campaign.journal.postgres.row_tables import in_chunks
from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.campaign.journal.postgres.statements import (
    AMOUNT,
    RESERVED,
    ClaimTerms,
    update_intents,
)
from seven_async.campaign.journal.rows import Plain

_LOCK: Final = f"""
SELECT committed_micro_eur, state, EXISTS (SELECT 1 FROM seven.lease WHERE id = campaign.sender
    AND ended_at IS NULL AND expires_at > {NOW})
FROM seven.campaign AS campaign WHERE id = %(campaign)s FOR UPDATE OF campaign
"""
_COUNT: Final = f"""
SELECT coalesce(sum({AMOUNT}), 0)::bigint FROM seven.message AS message
WHERE campaign = %(campaign)s
"""
_COMMIT: Final = """
UPDATE seven.campaign SET committed_micro_eur = %(committed)s WHERE id = %(campaign)s
"""
_RESERVE: Final = """
UPDATE seven.lease SET reserved_micro_eur = reserved_micro_eur + %(cost)s WHERE id = %(lease)s
"""
_OPEN: Final = """message.campaign = %(campaign)s AND message.state IN ('intent', 'unknown')
    AND message.reserved_micro_eur IS NULL"""
_UNRESERVED: Final = f"SELECT n, recipient, content FROM seven.message AS message WHERE {_OPEN}"
_RESERVE_OPEN: Final = f"""
UPDATE seven.message AS message SET reserved_micro_eur = new.reserved_micro_eur
FROM {{table}} AS new WHERE {_OPEN} AND message.n = new.n
    AND message.n BETWEEN %(low)s AND %(high)s
"""
_IN_FLIGHT: Final = f"""
SELECT coalesce(sum(reserved_micro_eur), 0) > 0 FROM seven.lease
WHERE ended_at IS NULL AND expires_at > {NOW} AND id IN (
    SELECT lease FROM seven.run WHERE campaign = %(campaign)s AND ended_at IS NULL)
"""


Estimate = Callable[[str, str | None], int]
"""What a message may cost at most, in millionths of a euro, by its recipient and its content."""


class CostClaim(NamedTuple):
    """What a claim within a limit gave: the rows, and how many messages of it could be paid for.

    `waits` says that what is in flight may turn out cheaper, so that nothing was claimed yet.
    """

    written: set[int]
    fitting: int
    waits: bool


def claim_within_limit(
    tables: CampaignTables,
    intents: Sequence[Plain],
    terms: ClaimTerms,
    *,
    limit_micro_eur: int,
    may_wait: bool,
) -> CostClaim:
    """Write intents for the first messages that can be paid for in any case, and reserve that.

    The intents say what each may cost at most. Nothing is claimed, and nothing held back, while
    requests of any process are in flight that may turn out cheaper.
    """
    values: dict[str, object] = {"campaign": tables.campaign, "lease": terms.lease}
    row = tables.connection.execute(_LOCK.encode(), values).fetchone()
    if row is None or row[1] != "running":
        return CostClaim(set(), len(intents), waits=False)
    if row[2]:  # `Campaign.send` keeps the limit by itself, and alone
        forget_committed(tables)
        return CostClaim(set(), len(intents), waits=False)
    committed = count_committed(tables) if row[0] is None else int(row[0])
    costs = [intent[RESERVED] for intent in intents]
    fitting = _count_fitting(costs, limit_micro_eur - committed)
    if fitting < len(intents) and may_wait and _is_in_flight(tables):
        return CostClaim(set(), fitting, waits=True)
    places = {intent[-2]: cost for intent, cost in zip(intents, costs, strict=True)}
    written = update_intents(tables, intents[:fitting], terms) if fitting else set[int]()
    cost = sum(places[n] for n in written)
    tables.connection.execute(_COMMIT, values | {"committed": committed + cost})
    tables.connection.execute(_RESERVE, values | {"cost": cost})
    return CostClaim(written, fitting, waits=False)


def wait_for_claims(tables: CampaignTables) -> None:
    """Return when no worker is writing a claim that does not know who sends, and with what limit.

    For a process that has the right to send, and has written its settings: claims that begin from
    now on see both.
    """
    # A transaction of a worker has this lock in its shared mode, from before its first statement.
    tables.connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (CLAIMS, tables.campaign))
    forget_committed(tables)  # of such a claim


def reserve_open(tables: CampaignTables, estimate: Estimate) -> None:
    """Reserve what was claimed without: before the campaign had a limit, and is still open."""
    connection, values = tables.connection, {"campaign": tables.campaign}
    rows = connection.execute(_UNRESERVED.encode(), values).fetchall()
    reserved = [(n, estimate(recipient, content)) for n, recipient, content in rows]
    for table, places in in_chunks(reserved, ("n", "reserved_micro_eur")):
        connection.execute(_RESERVE_OPEN.format(table=table).encode(), places | values)
    if reserved:
        forget_committed(tables)


def count_committed(tables: CampaignTables) -> int:
    """Return what the campaign may have cost so far, in millionths of a euro, by its messages."""
    row = tables.connection.execute(_COUNT.encode(), {"campaign": tables.campaign}).fetchone()
    return 0 if row is None else int(row[0])


def _is_in_flight(tables: CampaignTables) -> bool:
    row = tables.connection.execute(_IN_FLIGHT.encode(), {"campaign": tables.campaign}).fetchone()
    return row is not None and bool(row[0])


def _count_fitting(costs: Sequence[int], left: int) -> int:
    for place, cost in enumerate(costs):
        left -= cost
        if left < 0:
            return place
    return len(costs)


def forget_committed(tables: CampaignTables) -> None:
    """Have it counted anew before the next claim: what messages cost has changed elsewhere."""
    tables.connection.execute(
        """UPDATE seven.campaign SET committed_micro_eur = NULL
           WHERE id = %s AND committed_micro_eur IS NOT NULL""",
        (tables.campaign,),
    )
