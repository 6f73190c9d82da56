"""Erasing a person from a journal, under the lock of those who send.

In: a journal and a recipient. Out: how many messages it had there. I/O: the journal and the copies
beside it, the file of the key.
"""

from __future__ import annotations

import time

from seven_async.campaign.journal.place import JournalPlace
from seven_async.recipients.recipient import recipient_of


def erase_recipient(journal: JournalPlace, recipient: str, default_country: str | None) -> int:
    """Erase a recipient in any notation; return how many messages it had.

    Raises:
        JournalLockedError: A process is sending the campaign.
        InvalidRequestError: This is no recipient.
    """
    digits = recipient_of(recipient, default_country, allow_names=True).key
    return journal.forget(digits, time.time())
