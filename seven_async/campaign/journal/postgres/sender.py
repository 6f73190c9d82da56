"""Which process sends a campaign with an input of its own: one at a time; and what all are asked.

In: a transaction. Out: the right to send, or `JournalLockedError`. I/O: the database.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from seven_async.campaign.journal.errors import JournalError, JournalLockedError
from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.campaign.journal.statements.runs import (
    SETTINGS,
    ask,
    cancel,
    is_cancelled,
    note_pause,
    reopen,
    take_back,
    write_notes,
)
from seven_async.flow.window import to_rate

_HOLDER: Final = f"""
SELECT lease.host, lease.pid, lease.opened_at, lease.id FROM seven.campaign
JOIN seven.lease ON lease.id = campaign.sender
WHERE campaign.id = %s AND lease.ended_at IS NULL AND lease.expires_at > {NOW}
"""


def is_sending(tables: CampaignTables) -> bool:
    """Tell whether a process has the right to send, and its lease holds."""
    row = tables.connection.execute(_HOLDER.encode(), (tables.campaign,)).fetchone()
    return row is not None


def is_running(tables: CampaignTables) -> bool:
    """Tell whether a campaign is neither paused nor cancelled."""
    row = tables.connection.execute(
        "SELECT state FROM seven.campaign WHERE id = %s", (tables.campaign,)
    ).fetchone()
    return row is not None and row[0] == "running"


def has_workers(tables: CampaignTables) -> bool:
    """Tell whether a worker has the campaign open, and its lease holds."""
    row = tables.connection.execute(
        f"""SELECT EXISTS (SELECT 1 FROM seven.run AS run JOIN seven.lease ON lease.id = run.lease
            WHERE run.campaign = %s AND run.kind = 'work' AND run.ended_at IS NULL
            AND lease.ended_at IS NULL AND lease.expires_at > {NOW})""".encode(),
        (tables.campaign,),
    ).fetchone()
    return row is not None and bool(row[0])


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
        # It keeps a limit of cost by itself; workers count anew what it has spent.
        "UPDATE seven.campaign SET sender = %s, committed_micro_eur = NULL WHERE id = %s",
        (lease, tables.campaign),
    )
    # It may have quiet hours or a beginning of its own.
    connection.execute("DELETE FROM seven.later WHERE campaign = %s", (tables.campaign,))


_STATES: Final = {
    "pause": ("paused", None),
    "stop": ("paused", "stopped"),
    "unpause": ("running", None),
    "cancel": ("cancelled", None),
    "reopen": ("running", None),
}
"""The state of a campaign that is asked for, and its reason."""


def steer(tables: CampaignTables, what: str, value: float | None, now_s: float) -> bool:
    """Ask those who send for something (see `JournalPlace.steer`); return whether that changed it.

    The campaign's state holds for workers, also for later ones, and at each claim. The process that
    sends an input of its own is asked, too: it waits where workers leave messages for later.
    """
    was_cancelled = is_cancelled(tables)
    if was_cancelled and what in ("pause", "stop", "unpause"):
        raise JournalError("the campaign was cancelled; reopen it to send it again")
    if what == "reopen" and not reopen(tables):
        return False
    if what == "cancel":
        cancel(tables)
    changed = _write_state(tables, *_STATES[what]) if what in _STATES else False
    if what in _STATES:
        note_pause(tables, {"pause": "paused", "stop": "stopped"}.get(what))
    if value is not None:
        changed = _write_rate(tables, value)
    if what in ("unpause", "reopen"):
        return take_back(tables, "pause") or changed
    if is_sending(tables):
        ask(tables, "stop" if what == "cancel" else what, value, now_s)
        changed = True
    return changed


def _write_state(tables: CampaignTables, state: str, reason: str | None) -> bool:
    return bool(
        tables.connection.execute(
            """UPDATE seven.campaign SET state = %(state)s, reason = %(reason)s, outcomes = ''
               WHERE id = %(campaign)s AND state <> %(state)s""",
            {"state": state, "reason": reason, "campaign": tables.campaign},
        ).rowcount
    )


def _write_rate(tables: CampaignTables, per_s: float) -> bool:
    """Note a rate where workers read it."""
    row = tables.execute("SELECT value FROM note WHERE name = ?", (SETTINGS,)).fetchone()
    if row is None:
        return False
    rate = to_rate(per_s)
    settings = {**json.loads(row[0]), "rate": rate and [rate.n, rate.per_s]}
    write_notes(tables, {SETTINGS: settings})
    return True
