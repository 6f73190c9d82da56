"""The secret that makes fingerprints of forgotten recipients; it lies outside the journals.

In: recipients. Out: fingerprints. I/O: a file in the user's folder, or the one that the environment
variable SEVEN_FORGET_KEY names; made when somebody is forgotten for the first time.

Numbers are few enough that a fingerprint without a secret could be undone by trying them all.
Whoever has a journal alone cannot tell who was forgotten.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.results import FORGOTTEN
from seven_async.recipients.e164 import to_current, to_key

_VARIABLE: Final = "SEVEN_FORGET_KEY"
_OWNER_ONLY: Final = 0o600
_BYTES: Final = 32
_LEAST_DIGITS: Final = 6
_NO_DIGIT: Final = re.compile(r"\(0\)|[^0-9]")


def key_path() -> Path:
    """Return where the secret lies."""
    named = os.environ.get(_VARIABLE)
    return Path(named) if named else Path.home() / ".config" / "seven-async" / "forget.key"


def make_key() -> bytes:
    """Return the secret, which is made if there is none."""
    path = key_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY)
    except FileExistsError:
        return read_key()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return read_key()


def read_key() -> bytes:
    """Return the secret.

    Raises:
        JournalError: It is not there: then it cannot be told who must not be written to again.
    """
    path = key_path()
    try:
        key = path.read_bytes()
    except OSError as error:
        raise JournalError(
            f"the journal has forgotten recipients, and the key by which they are told again "
            f"cannot be read ({path}: {error.strerror}); bring it here from the machine that "
            f"forgot them, or name it by {_VARIABLE}"
        ) from error
    if len(key) != _BYTES:
        raise JournalError(f"{path} is no key of forgotten recipients: it has {len(key)} bytes")
    return key


def fingerprint_of(key: bytes, recipient: str) -> bytes:
    """Return the fingerprint of a recipient, by its digits (`491711234567`) or its name."""
    return hmac.digest(key, canonical(recipient).encode(), "sha256")


def canonical(recipient: str) -> str:
    """Return the one spelling that keys of messages have: numbers of Mexico had another once."""
    is_number = recipient.isascii() and recipient.isdecimal()
    return to_key(to_current(recipient)) if is_number else recipient


def digits_of(recipient: str) -> str:
    """Return the digits of a number in the one spelling that keys have."""
    return canonical(recipient.removeprefix("+"))


def may_be(recipient: str, digits: str) -> bool:
    """Tell whether a number in any spelling, also without its country, may be that of a recipient.

    Better one too many: of a refused row nothing else is needed.
    """
    if digits_of(recipient) == digits:
        return True
    bare = _NO_DIGIT.sub("", recipient).lstrip("0")
    return digits.isdecimal() and len(bare) >= _LEAST_DIGITS and digits.endswith(canonical(bare))


class Forgotten:
    """Who was forgotten: `recipient in forgotten`."""

    def __init__(self, fingerprints: frozenset[bytes], key: bytes) -> None:
        self._fingerprints = fingerprints
        self._key = key
        #: What a journal says of such a message.
        self.stored: StoredMessage = StoredMessage(
            key="",
            recipient="",
            channel="",
            state=FORGOTTEN,
            foreign_id=None,
            digest="",
            step=0,
            run=0,
            intent_at=None,
            due_at=None,
            is_own_reference=None,
            text_mark=None,
            attempts=1,
            boot_id=None,
            boot_s=None,
            gateway_at=None,
        )

    def __contains__(self, digits: str) -> bool:
        return fingerprint_of(self._key, digits) in self._fingerprints
