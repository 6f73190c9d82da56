"""Erasing a person from a journal, under the lock of those who send.

In: the path of a journal and a recipient. Out: how many messages it had there. I/O: the journal and
the copies beside it, the file of the key.
"""

from __future__ import annotations

import time
from pathlib import Path

from seven_async.campaign.inputs.numbers import recipient_of
from seven_async.campaign.journal.forget_key import fingerprint_of, make_key
from seven_async.campaign.journal.sqlite.forgetting import forget_recipient
from seven_async.campaign.journal.sqlite.lock import SendingLock


def erase_recipient(path: Path, recipient: str, default_country: str | None) -> int:
    """Erase a recipient in any notation; return how many messages it had.

    Raises:
        JournalLockedError: A process is sending the campaign.
        InvalidRequestError: This is no recipient.
    """
    digits = recipient_of(recipient, default_country, allow_names=True).key
    lock = SendingLock(path)
    lock.acquire(time.time())
    try:
        return forget_recipient(path, digits, fingerprint_of(make_key(), digits), time.time())
    finally:
        lock.release()
