"""What one process at a time does for all: it is taken for some seconds, and goes to the next.

In: a connection. Out: whether this process has the duty now, and what there is to do. I/O: the
database.
"""

from __future__ import annotations

from typing import Final

import psycopg

from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.campaign.journal.postgres.statements import LOOK_IS_DUE
from seven_async.campaign.journal.statements.runs import SETTINGS

_LONGEST_S: Final = 3_600
"""Nothing is put off for so long: the clock of the database was ahead, and nobody would do it."""

_TAKE: Final = f"""
INSERT INTO seven.duty AS duty VALUES (%(name)s, {NOW} + %(for_s)s)
ON CONFLICT (name) DO UPDATE SET until = excluded.until
    WHERE duty.until <= {NOW} OR duty.until > {NOW} + {_LONGEST_S}
"""

_PUT_OFF: Final = f"UPDATE seven.duty SET until = {NOW} + %s WHERE name = %s AND until < {NOW} + %s"

# A look reads the journal of the gateway, which takes long; one at a time is enough.
_HAS_DOUBTS: Final = f"""
SELECT NOT EXISTS (
    SELECT 1 FROM seven.run AS run JOIN seven.lease AS lease ON lease.id = run.lease
    WHERE run.campaign = %(campaign)s AND run.kind = 'look' AND run.ended_at IS NULL
        AND lease.ended_at IS NULL AND lease.expires_at > {NOW}
) AND EXISTS (
    SELECT 1 FROM seven.tally WHERE campaign = %(campaign)s AND state IN ('intent', 'unknown')
    HAVING sum(n) > 0
) AND EXISTS (
    SELECT 1 FROM seven.message AS message
    LEFT JOIN seven.lease AS lease ON lease.id = message.lease
    WHERE campaign = %(campaign)s AND (state = 'unknown' OR (state = 'intent' AND
        (lease.id IS NULL OR lease.ended_at IS NOT NULL OR lease.expires_at < {NOW})))
        AND ({LOOK_IS_DUE} OR EXISTS (SELECT 1 FROM seven.note AS note
            WHERE note.campaign = %(campaign)s AND note.name = '{SETTINGS}'
            AND note.value::json->'rules'->>'resend_unknown' = 'true')))
"""


def take_duty(connection: psycopg.Connection, name: str, for_s: float) -> bool:
    """Take a duty for some seconds; return whether nobody else has it."""
    taken = connection.execute(_TAKE.encode(), {"name": name, "for_s": for_s})
    return taken.rowcount == 1


def put_off_duty(connection: psycopg.Connection, name: str, for_s: float) -> None:
    """Let nobody take a duty again for some seconds."""
    for_s = min(for_s, _LONGEST_S)
    connection.execute(_PUT_OFF.encode(), (for_s, name, for_s))


def has_doubts(connection: psycopg.Connection, campaign: int) -> bool:
    """Tell whether processes that are gone have left something in doubt, and none looks it up.

    What was looked up lately does not count, unless it is sent again whatever a look says.
    """
    row = connection.execute(_HAS_DOUBTS.encode(), {"campaign": campaign}).fetchone()
    return row is not None and bool(row[0])
