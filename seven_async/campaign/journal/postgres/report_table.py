"""Delivery reports of webhooks for the campaigns of a database.

In: reports, in whatever order and as often as they come. Out: delivery states of messages. I/O: the
database.

There is no index by message id, which would be written with each result. So a report is kept in a
table of its own first. Before a report of the campaign, an export, a page or a run, all that are
kept are joined with the messages in one pass.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Sequence
from typing import Final

import psycopg

from seven_async.campaign.journal.delivery_order import DeliveryChange, DeliveryNews, advance
from seven_async.campaign.journal.postgres.connection import (
    CampaignTables,
    connect,
    explain_failures,
    leave_if_read_only,
)
from seven_async.campaign.journal.postgres.delivery_states import update_deliveries
from seven_async.campaign.journal.postgres.schema import NOW, migrate, read_version
from seven_async.campaign.journal.postgres.spending import forget_committed
from seven_async.campaign.journal.postgres.statements import IS_AT_WORK
from seven_async.campaign.journal.rows import KEPT
from seven_async.option_checks import check_address
from seven_async.texts import without_nul

_KEEP_S: Final = 7 * 86_400
"""The gateway repeats a delivery for three and a half days. Reports of what no campaign has sent
are kept so long, too: nobody knows whose they are."""

_PRUNE_S: Final = 600.0
_TOGETHER: Final = 50_000
"""Reports that are joined in one pass over the messages."""

# One process at a time, or of two reports that come at once the earlier state could be the last.
_LOCK: Final = "SELECT pg_advisory_xact_lock(7707005)"
_STATES: Final = "SELECT message_id, state FROM seven.report WHERE message_id = ANY(%s)"
_KEEP: Final = f"""
INSERT INTO seven.report (message_id, state, at, reference, received_at)
SELECT message_id, state, at, reference, {NOW}
FROM unnest(%s::text[], %s::text[], %s::float8[], %s::text[])
    AS new (message_id, state, at, reference)
ORDER BY message_id
ON CONFLICT (message_id) DO UPDATE SET state = excluded.state, at = excluded.at
"""
_PRUNE: Final = f"DELETE FROM seven.report WHERE received_at < {NOW} - {_KEEP_S}"

# Who may only read, and a replica, see what was joined before.
_MAY_JOIN: Final = """
SELECT EXISTS (SELECT 1 FROM seven.report) AND current_setting('transaction_read_only') = 'off'
    AND has_table_privilege('seven.report', 'DELETE')
    AND has_table_privilege('seven.message', 'UPDATE')
"""
# In the order in which they are kept, or two that lock the same rows wait for each other.
_LISTED: Final = """
SELECT message_id, state, at FROM seven.report AS report WHERE EXISTS (
    SELECT 1 FROM seven.message WHERE campaign = %s AND message_id = report.message_id)
ORDER BY message_id LIMIT %s FOR UPDATE OF report
"""

# A reference that was made here is on one request. So a report that carries it proves that the
# gateway took the message, if one member of the request alone is still without an id. Who claims
# it at the same time sees another `attempt` then; what a living process is sending is left to it.
_CLAIM_BY_REFERENCE: Final = f"""
WITH reported AS (
    SELECT reference, min(message_id) AS message_id FROM seven.report
    WHERE reference IS NOT NULL GROUP BY 1 HAVING count(*) = 1
), alone AS (
    SELECT min(n) AS n, reported.message_id FROM seven.message AS message
    JOIN reported ON reported.reference = message.foreign_id
    WHERE campaign = %(campaign)s AND message.message_id IS NULL
    GROUP BY reported.message_id HAVING count(*) = 1
)
UPDATE seven.message AS message SET message_id = alone.message_id, attempt = attempt + 1,
    result_at = coalesce(result_at, {NOW}),
    state = CASE WHEN state IN ('intent', 'unknown', 'planned') THEN 'accepted' ELSE state END,
    content = CASE WHEN state IN ('intent', 'unknown', 'planned') THEN {KEPT.replace("%", "%%")}
        ELSE content END
FROM alone WHERE campaign = %(campaign)s AND message.n = alone.n
    AND message.message_id IS NULL AND (is_own_reference = 1 OR state = 'accepted')
    AND NOT {IS_AT_WORK}
"""


class ReportTable:
    """Takes reports for whatever campaigns a database has. One thread at a time calls `write`.

    Raises `ConfigurationError` for an address that cannot be read.
    """

    def __init__(self, address: str) -> None:
        self._address = address.partition("#")[0]
        check_address(self._address)
        self._connection: psycopg.Connection | None = None
        self._pruned_at = float("-inf")

    def write(self, news: Sequence[DeliveryNews]) -> Sequence[bool]:
        """Keep reports; return for each whether it says more than those before it.

        Raises `JournalError`. A database without campaigns has no message to report on.
        """
        with explain_failures(self._address):
            connection = self._open()
            if connection is None:
                return [False] * len(news)
            try:
                return self._write(connection, news)
            except psycopg.Error as error:
                leave_if_read_only(connection, error)
                raise

    def _write(
        self, connection: psycopg.Connection, news: Sequence[DeliveryNews]
    ) -> Sequence[bool]:
        with connection.transaction():
            results = _keep(connection, [_without_nul(each) for each in news])
            if time.monotonic() - self._pruned_at > _PRUNE_S:
                self._pruned_at = time.monotonic()
                connection.execute(_PRUNE.encode())
        return results

    def close(self) -> None:
        """Close the connection; the next report opens one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _open(self) -> psycopg.Connection | None:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        connection = connect(self._address)
        if not read_version(connection):
            connection.close()
            return None
        migrate(connection)
        weakref.finalize(self, connection.close)
        self._connection = connection
        return connection


def _without_nul(news: DeliveryNews) -> DeliveryNews:
    """Return a report that can be kept: one that is refused would come again and again."""
    return news._replace(
        message_id=without_nul(news.message_id),
        state=without_nul(news.state),
        foreign_id=news.foreign_id and without_nul(news.foreign_id),
    )


def _keep(connection: psycopg.Connection, news: Sequence[DeliveryNews]) -> list[bool]:
    connection.execute(_LOCK)
    ids = list({each.message_id for each in news})
    states: dict[str, str] = dict(connection.execute(_STATES, (ids,)).fetchall())
    latest: dict[str, DeliveryNews] = {}
    results: list[bool] = []
    for each in news:
        before = states.get(each.message_id)
        is_later = before is None or advance(before, each.state) != before
        if is_later:
            states[each.message_id], latest[each.message_id] = each.state, each
        results.append(is_later)
    if latest:
        by_column = zip(*latest.values(), strict=True)
        connection.execute(_KEEP.encode(), [list(values) for values in by_column])
    return results


def join_reports(tables: CampaignTables) -> int:
    """Write what is kept to the messages of a campaign; return how many messages changed."""
    may_join = tables.connection.execute(_MAY_JOIN).fetchone()
    if not (may_join and may_join[0]):
        return 0
    changed = _join_listed(tables)
    values = {"campaign": tables.campaign, "lease": 0, "grace_s": 0.0}
    if tables.connection.execute(_CLAIM_BY_REFERENCE.encode(), values).rowcount:
        forget_committed(tables)
        changed += _join_listed(tables)
    return changed


def _join_listed(tables: CampaignTables) -> int:
    changed = 0
    while True:
        rows = tables.connection.execute(_LISTED, (tables.campaign, _TOGETHER)).fetchall()
        if not rows:
            return changed
        changes = [DeliveryChange(state, at_s, None, number) for number, state, at_s in rows]
        changed += update_deliveries(tables, changes)
        ids = [number for number, _, _ in rows]
        tables.connection.execute("DELETE FROM seven.report WHERE message_id = ANY(%s)", (ids,))
