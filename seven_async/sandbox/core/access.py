"""Who calls, and whether he may: keys (900), signatures (901), scopes (902), addresses (903)."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seven_async.sandbox.core.accounts import Key
    from seven_async.sandbox.core.params import Params
    from seven_async.sandbox.core.state import State

OLDEST_SIGNATURE_S: Final = 30.0
NONCES_KEPT: Final = 100_000
_SCOPES: Final = {"prices": "pricing"}
"""Scopes of paths that do not start with their scope's name."""
_SCHEMES: Final = ("basic ", "bearer ")


@frozen
class Arrived:
    """The parts of a request that a signature covers, as they came over the wire."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    client: str


def key_of(arrived: Arrived, params: Params, state: State) -> Key | None:
    """The key of `X-Api-Key`, `Authorization: basic|bearer <key>` or the parameter `p`."""
    given = arrived.headers.get("x-api-key") or _authorization(arrived.headers) or params.text("p")
    return state.keys.get(given)


def _authorization(headers: Mapping[str, str]) -> str:
    value = headers.get("authorization", "")
    # The gateway's "basic" carries the raw key: no base64, no colon.
    for scheme in _SCHEMES:
        if value[: len(scheme)].lower() == scheme:
            return value[len(scheme) :].strip()
    return ""


def refusal(key: Key, scope: str, arrived: Arrived, signatures: Signatures, now: float) -> int:
    """The code that refuses the call, 0 where nothing does."""
    if key.ips is not None and arrived.client not in key.ips:
        return 903
    if key.scopes is not None and _SCOPES.get(scope, scope) not in key.scopes:
        return 902
    if "x-signature" in arrived.headers or key.signing_required:
        return 0 if signatures.is_valid(arrived, now) else 901
    return 0


class Signatures:
    """Checks request signatures; a nonce is good for one request."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.strip().encode()
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def is_valid(self, arrived: Arrived, now: float) -> bool:
        """Whether signature, age (at most 30 s) and nonce are all right."""
        headers = arrived.headers
        timestamp, nonce = headers.get("x-timestamp", ""), headers.get("x-nonce", "")
        if not (timestamp.isascii() and timestamp.isdecimal()) or not nonce or len(timestamp) > 15:
            return False
        if not -OLDEST_SIGNATURE_S <= now - int(timestamp) <= OLDEST_SIGNATURE_S:
            return False
        expected = self.sign(timestamp, nonce, arrived.method, arrived.url, arrived.body)
        given = headers.get("x-signature", "").lower()
        return hmac.compare_digest(expected.encode(), given.encode()) and self._is_first(nonce)

    def sign(self, timestamp: str, nonce: str, method: str, url: str, body: bytes) -> str:
        """The signature the gateway's rule gives: HMAC-SHA256 over five lines, in hex."""
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        lines = f"{timestamp}\n{nonce}\n{method.upper()}\n{url}\n{digest}"
        return hmac.new(self._secret, lines.encode(), hashlib.sha256).hexdigest()

    def forget(self) -> None:
        """Lets every nonce be used once more."""
        self._nonces.clear()

    def _is_first(self, nonce: str) -> bool:
        if nonce in self._nonces:
            return False
        self._nonces[nonce] = None
        if len(self._nonces) > NONCES_KEPT:
            self._nonces.popitem(last=False)
        return True
