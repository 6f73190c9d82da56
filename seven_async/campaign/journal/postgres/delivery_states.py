"""Delivery states in PostgreSQL: they only go forward, whatever order reports come in.

In: a transaction and reports. Out: how many messages they changed. I/O: the database.

There is no index by message id, which would be written with each result. So all reports that there
are at a time are joined with the messages in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seven_async.campaign.journal.delivery_order import DeliveryChange, advance
from seven_async.campaign.journal.postgres.connection import CampaignTables

_FIND: Final = """
SELECT n, message_id, delivery FROM seven.message
WHERE campaign = %s AND message_id = ANY(%s)
"""
_UPDATE: Final = """
UPDATE seven.message AS message SET delivery = new.state, delivery_at = new.at_s,
    price_micro_eur = coalesce(price_micro_eur, new.price)
FROM unnest(%(n)s::bigint[], %(before)s::text[], %(state)s::text[], %(at_s)s::float8[],
            %(price)s::bigint[]) AS new (n, before, state, at_s, price)
WHERE campaign = %(campaign)s AND message.n = new.n
    AND message.delivery IS NOT DISTINCT FROM new.before
"""


def update_deliveries(tables: CampaignTables, deliveries: Iterable[DeliveryChange]) -> int:
    """Write states to the messages that have them; return how many messages changed."""
    latest: dict[str, DeliveryChange] = {}
    for change in deliveries:
        before = latest.get(change.message_id)
        if before is None or advance(before.state, change.state) != before.state:
            latest[change.message_id] = change
    rows = tables.connection.execute(_FIND, (tables.campaign, list(latest))).fetchall()
    changes = [
        (n, before, latest[message_id])
        for n, message_id, before in rows
        if advance(before, latest[message_id].state) != before
    ]
    if not changes:
        return 0
    return tables.connection.execute(
        _UPDATE,
        {
            "campaign": tables.campaign,
            "n": [n for n, _, _ in changes],
            "before": [before for _, before, _ in changes],
            "state": [change.state for _, _, change in changes],
            "at_s": [change.at_s for _, _, change in changes],
            "price": [change.price_micro_eur for _, _, change in changes],
        },
    ).rowcount
