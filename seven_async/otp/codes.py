"""Codes as a store keeps them: drawn, fingerprinted, compared, used once.

In: an application's secret, a purpose, a number, a code. Out: records, and whether a code counts.
No I/O. A code of six digits is found from a bare hash in a second, so it is kept as an HMAC only.
"""

from __future__ import annotations

import hmac
import json
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Final

import attrs

from seven_async.errors import ConfigurationError
from seven_async.otp.errors import WrongCodeReason
from seven_async.otp.store import OtpRecord, Records

_SHORTEST_SECRET: Final = 16
_SALT_BYTES: Final = 16
_NO_DIGEST: Final = "0" * 64
_SEPARATORS: Final = frozenset(" -\u00a0\u202f\u2009")


class Fingerprints:
    """HMACs under the secret of an application; each kind of value has its own."""

    def __init__(self, secret: object) -> None:
        key = secret.encode() if isinstance(secret, str) else secret
        if not isinstance(key, bytes) or len(key) < _SHORTEST_SECRET:
            raise ConfigurationError(
                f"secret must have at least {_SHORTEST_SECRET} bytes that nobody knows; "
                "secrets.token_urlsafe(32) makes some"
            )
        self._key = key

    def __repr__(self) -> str:
        return "<Fingerprints>"

    def of(self, kind: str, *values: str) -> str:
        """Return the fingerprint of values; JSON keeps `a, bc` and `ab, c` apart."""
        written = json.dumps([kind, *values]).encode()
        return hmac.new(self._key, written, "sha256").hexdigest()


def draw_code(digits: int) -> str:
    """Return a code that cannot be foreseen, zeros in front included."""
    return f"{secrets.randbelow(10**digits):0{digits}}"


def read_code(text: str, digits: int) -> str | None:
    """Return the digits of what a person typed, None if they are too few, too many or none.

    Blanks and dashes between them are left out, digits of other scripts are read.
    """
    code = "".join(_to_digit(character) for character in text if character not in _SEPARATORS)
    return code if len(code) == digits and code.isascii() and code.isdecimal() else None


def _to_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


@attrs.frozen
class StoredCode:
    """One code in a store; its id is the salt of its digest."""

    id: str
    digest: str
    expires_at: float
    misses: int = 0


@attrs.frozen
class CodeBook:
    """The codes for one purpose and number: where they are, and how long and often they count."""

    key: str
    fingerprints: Fingerprints
    valid_s: float
    attempts: int
    valid_codes: int

    def build(self, code: str | None, now_s: float) -> StoredCode:
        """Return a code for the store; None stands for one that nothing matches."""
        code_id = secrets.token_hex(_SALT_BYTES)
        digest = _NO_DIGEST if code is None else self._digest(code_id, code)
        return StoredCode(code_id, digest, now_s + self.valid_s)

    def add(self, records: Records, now_s: float, code: StoredCode) -> None:
        """Keep a code. It is the newest; older ones count again only if it is removed."""
        codes, _ = self._read(records, now_s)
        self._write(records, [*codes, code])

    def remove(self, records: Records, now_s: float, code_id: str) -> None:
        """Remove a code whose message did not leave."""
        codes, _ = self._read(records, now_s)
        self._write(records, [code for code in codes if code.id != code_id])

    def check(self, records: Records, now_s: float, guess: str) -> WrongCodeReason | None:
        """Use a code up, and return None; or count an attempt, and return why it does not count."""
        codes, has_expired = self._read(records, now_s)
        newest = codes[-self.valid_codes :]
        # All are compared, whatever the first ones give, and one where there is none: the time
        # says nothing about what is in the store.
        matches = [
            hmac.compare_digest(self._digest(code.id, guess), code.digest)
            for code in newest or [StoredCode("", _NO_DIGEST, 0.0)]
        ]
        usable = [code.misses < self.attempts for code in newest]
        if any(
            is_match and is_usable for is_match, is_usable in zip(matches, usable, strict=False)
        ):
            records.pop(self.key, None)
            return None
        # Not beyond what counts, so that who goes on guessing writes nothing.
        more = [min(code.misses + 1, self.attempts) for code in codes]
        codes = [attrs.evolve(code, misses=n) for code, n in zip(codes, more, strict=True)]
        self._write(records, codes)
        if not newest:
            return WrongCodeReason.EXPIRED if has_expired else WrongCodeReason.NO_CODE
        return WrongCodeReason.WRONG if any(usable) else WrongCodeReason.USED_UP

    def _digest(self, code_id: str, code: str) -> str:
        # The key names purpose and number: a code of one counts for no other.
        return self.fingerprints.of("code", self.key, code_id, code)

    def _read(self, records: Records, now_s: float) -> tuple[list[StoredCode], bool]:
        """Return the codes that have not expired, oldest first, and whether others have."""
        record = records.get(self.key)
        if record is None:
            return [], False
        codes = [StoredCode(*fields) for fields in json.loads(record.text)]
        live = [code for code in codes if code.expires_at > now_s]
        return live, len(live) < len(codes)

    def _write(self, records: Records, codes: Sequence[StoredCode]) -> None:
        if not codes:
            records.pop(self.key, None)
            return
        text = json.dumps([attrs.astuple(code) for code in codes])
        # Kept for a while longer, so that the reason “expired” can be told.
        expires_at = max(code.expires_at for code in codes) + self.valid_s
        records[self.key] = OtpRecord(text, expires_at)
