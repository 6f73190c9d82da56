"""Which process sends a campaign with an input of its own: one at a time.

In: a transaction. Out: the right to send, or `JournalLockedError`. I/O: the database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from seven_async.campaign.journal.errors import JournalLockedError
from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.postgres.schema import NOW

_HOLDER: Final = f"""
SELECT lease.host, lease.pid, lease.opened_at, lease.id FROM seven.campaign
JOIN seven.lease ON lease.id = campaign.sender
WHERE campaign.id = %s AND lease.ended_at IS NULL AND lease.expires_at > {NOW}
"""


def is_sending(tables: CampaignTables) -> bool:
    """Tell whether a process has the right to send, and its lease holds."""
    row = tables.connection.execute(_HOLDER.encode(), (tables.campaign,)).fetchone()
    return row is not None


def take_sending(tables: CampaignTables, lease: int) -> None:
    """Take the right to send for a lease; raises `JournalLockedError` if another one has it."""
    connection = tables.connection
    # The row's lock first: of two that ask at once the second one sees the first.
    connection.execute("SELECT 1 FROM seven.campaign WHERE id = %s FOR UPDATE", (tables.campaign,))
    row = connection.execute(_HOLDER.encode(), (tables.campaign,)).fetchone()
    if row is not None and row[3] != lease:
        since = datetime.fromtimestamp(row[2], UTC)
        raise JournalLockedError(
            f"process {row[1]} on {row[0]} has been sending this campaign since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC; wait for it, or end it. A process that was killed is "
            f"noticed within a minute"
        )
    connection.execute(
        "UPDATE seven.campaign SET sender = %s WHERE id = %s", (lease, tables.campaign)
    )
