"""A recipient is erased from a campaign in PostgreSQL; a fingerprint stays.

In: a transaction, and a recipient. Out: how many messages were erased. I/O: the database.

Counts, cost and delivery states stay, so that reports add up. What was erased lives on in dead rows
until they are vacuumed, in the log that is written ahead, and in backups.
"""

from __future__ import annotations

import secrets
from typing import Final

from seven_async.campaign.journal.errors import JournalLockedError
from seven_async.campaign.journal.forget_key import digits_of, fingerprint_of, make_key, may_be
from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.campaign.journal.postgres.sender import is_sending
from seven_async.campaign.results import FORGOTTEN

_HOLD: Final = "SELECT 1 FROM seven.campaign WHERE id = %s FOR KEY SHARE"
_FIND: Final = """
SELECT n, recipient, starts_with(key, %(digits)s || '/') FROM seven.message
WHERE campaign = %(campaign)s
    AND (starts_with(key, %(digits)s || '/') OR right(recipient, 6) = right(%(digits)s, 6))
"""
_ERASE: Final = """
UPDATE seven.message SET key = %(name)s || n, recipient = '', foreign_id = NULL, digest = '',
    line = NULL, message_id = NULL, error = NULL, text = NULL, content = NULL, text_mark = NULL,
    attempt = attempt + 1,
    reason = CASE WHEN state IN ('accepted', 'rejected', 'refused') THEN reason ELSE %(reason)s END,
    state = CASE WHEN state IN ('intent', 'unknown') THEN 'forgotten'
                 WHEN state = 'planned' THEN 'skipped' ELSE state END
WHERE campaign = %(campaign)s AND n = ANY(%(places)s)
"""
_ERASE_REFUSED: Final = """
UPDATE seven.refused SET recipient = '', line = NULL
WHERE campaign = %(campaign)s AND recipient = ANY(%(spellings)s)
"""
_REMEMBER: Final = f"""
INSERT INTO seven.forgotten VALUES (%(campaign)s, %(fingerprint)s, {NOW}) ON CONFLICT DO NOTHING
"""


def forget_recipient(tables: CampaignTables, digits: str) -> int:
    """Erase a recipient; return how many messages it had. Raises `JournalLockedError`."""
    # Who begins to send or to load meanwhile waits, and knows then who was forgotten.
    tables.connection.execute(_HOLD.encode(), (tables.campaign,))
    if is_sending(tables):
        raise JournalLockedError("a process is sending this campaign; stop it, then forget")
    connection, campaign = tables.connection, {"campaign": tables.campaign}
    rows = connection.execute(_FIND, campaign | {"digits": digits}).fetchall()
    places = [n for n, recipient, is_key in rows if is_key or digits_of(recipient) == digits]
    refused = tables.execute("SELECT DISTINCT recipient FROM refused").fetchall()
    spellings = [recipient for (recipient,) in refused if recipient and may_be(recipient, digits)]
    # A name that says nothing, and that no other message has.
    name = f"{FORGOTTEN}:{secrets.token_hex(4)}:"
    connection.execute(_ERASE, campaign | {"name": name, "reason": FORGOTTEN, "places": places})
    connection.execute(_ERASE_REFUSED, campaign | {"spellings": spellings})
    connection.execute(
        _REMEMBER.encode(), campaign | {"fingerprint": fingerprint_of(make_key(), digits)}
    )
    return len(places)
