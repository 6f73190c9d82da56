"""Signed requests as the gateway sends them, built by its documentation alone."""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

SECRET = "my-signing-secret"
URL = "https://app.example/hooks/seven"
NOW_S = 1_634_641_200
NONCE = "fpPRhAd1s8GXacfR39mWqKPynmmXfJnc"
BODY = b'{"data":{"msg_id":"77149843739","status":"DELIVERED"},"webhook_event":"dlr"}'


class Signed(NamedTuple):
    """A request of the gateway: what `WebhookVerifier.verify` takes."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def sign(
    method: str = "POST",
    url: str = URL,
    body: bytes = BODY,
    *,
    secret: str = SECRET,
    timestamp: int | str = NOW_S,
    nonce: str = NONCE,
) -> Signed:
    """Return a signed request (auth.md section 3)."""
    lines = (str(timestamp), nonce, method, url, hashlib.md5(body).hexdigest())
    value = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    headers = {"X-Signature": value, "X-Timestamp": str(timestamp), "X-Nonce": nonce}
    return Signed(method, url, headers, body)
