"""Access to the gateway: keys (900), signatures (901), scopes (902), addresses (903)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field

from seven_async.sandbox.core.accounts import Key
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.state import State
from seven_async.sandbox.core.wire import parse_params, split_url

OLDEST_SIGNATURE_S: Final = 30.0
NONCES_KEPT: Final = 100_000
NONCE_BYTES: Final = 16
_SCOPES: Final = {"prices": "pricing"}
"""Scopes of paths that do not start with their scope's name."""
_SCHEMES: Final = ("basic ", "bearer ")


@define(eq=False)
class IncomingRequest:
    """One complete request, as it came over the wire."""

    method: str
    url: str = field(repr=False)
    """Complete, as the client meant it, because signatures cover it; or a path with its query."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""
    body: bytes = field(default=b"", repr=False)
    client: str = "127.0.0.1"
    """The caller's address."""
    path: str = field(init=False, repr=False)
    query: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.path, self.query = split_url(self.url)

    def params(self) -> Params:
        """Read the parameters of query and body."""
        content_type = self.headers.get("content-type", "")
        return Params(parse_params(self.query, content_type, self.body))


def find_key(request: IncomingRequest, params: Params, state: State) -> Key | None:
    """Find the key of `X-Api-Key`, `Authorization: basic|bearer <key>` or the parameter `p`."""
    headers = request.headers
    given = headers.get("x-api-key") or _authorization(headers) or params.text("p")
    return state.keys.get(given)


def _authorization(headers: Mapping[str, str]) -> str:
    value = headers.get("authorization", "")
    # The gateway's "basic" carries the raw key: no base64, no colon.
    for scheme in _SCHEMES:
        if value[: len(scheme)].lower() == scheme:
            return value[len(scheme) :].strip()
    return ""


def refusal_code(key: Key, scope: str, request: IncomingRequest, signatures: Signatures) -> int:
    """Return the code that refuses the call, 0 where it may go on."""
    if key.ips is not None and request.client not in key.ips:
        return 903
    if key.scopes is not None and _SCOPES.get(scope, scope) not in key.scopes:
        return 902
    if "x-signature" in request.headers or key.signing_required:
        return 0 if signatures.accept(request) else 901
    return 0


class Signatures:
    """Signs and checks requests; a nonce is good for one request.

    The time of a signature is real time, however far the sandbox's own clock was moved: the other
    side, a client or a verifier, signs and checks by its own clock.
    """

    def __init__(self, secret: str, now: Callable[[], float]) -> None:
        self._secret = secret.strip().encode()
        self._now = now
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def accept(self, request: IncomingRequest) -> bool:
        """Check signature, age (at most 30 s) and nonce; the nonce of a good request is used up."""
        headers = request.headers
        timestamp, nonce = headers.get("x-timestamp", ""), headers.get("x-nonce", "")
        if not (timestamp.isascii() and timestamp.isdecimal()) or not nonce or len(timestamp) > 15:
            return False
        if abs(self._now() - int(timestamp)) > OLDEST_SIGNATURE_S:
            return False
        expected = self.sign(timestamp, nonce, request.method, request.url, request.body)
        given = headers.get("x-signature", "").lower()
        return hmac.compare_digest(expected.encode(), given.encode()) and self._use_up(nonce)

    def sign(self, timestamp: str, nonce: str, method: str, url: str, body: bytes) -> str:
        """Sign by the gateway's rule: HMAC-SHA256 over five lines, in hex."""
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        lines = f"{timestamp}\n{nonce}\n{method.upper()}\n{url}\n{digest}"
        return hmac.new(self._secret, lines.encode(), hashlib.sha256).hexdigest()

    def headers(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """Build the three headers of a request that leaves now, with a nonce of its own."""
        # Chance and not the sandbox's seed: receivers must not take the requests of a second
        # sandbox for replays of the first one's.
        timestamp, nonce = str(int(self._now())), secrets.token_hex(NONCE_BYTES)
        signature = self.sign(timestamp, nonce, method, url, body)
        return {"X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": signature}

    def forget_nonces(self) -> None:
        """Let every nonce be used once more."""
        self._nonces.clear()

    def _use_up(self, nonce: str) -> bool:
        if nonce in self._nonces:
            return False
        self._nonces[nonce] = None
        if len(self._nonces) > NONCES_KEPT:
            self._nonces.popitem(last=False)
        return True
