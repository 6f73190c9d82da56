"""Why a webhook is not accepted, and what a receiver answers. No I/O.

```
SevenError
└── WebhookError                .http_status: what a receiver should answer
    ├── MissingSignatureError   401: one of the three headers is missing
    ├── InvalidSignatureError   401: the signature does not fit method, URL, body, time and nonce
    ├── StaleWebhookError       401: signed too long ago, or in the future
    ├── ReplayedWebhookError    200: taken before; nothing is dispatched
    └── MalformedWebhookError   400: the signature may be right, but the body cannot be read
```
"""

from __future__ import annotations

from seven_async.errors import SevenError


class WebhookError(SevenError):
    """A webhook that is not accepted. `http_status` is what a receiver should answer.

    The gateway repeats a delivery only after 429, 500, 502, 503, 504 or no answer; every other
    status from 400 on is final (webhooks.md section 1).
    """

    http_status: int = 400


class MissingSignatureError(WebhookError):
    """The request carries no complete signature: it was not signed, or it is not the gateway's."""

    http_status = 401


class InvalidSignatureError(WebhookError):
    """The signature does not belong to this method, URL, body, time and nonce, or to no secret."""

    http_status = 401


class StaleWebhookError(WebhookError):
    """The signature is right, but older than allowed, or made in the future."""

    http_status = 401


class ReplayedWebhookError(WebhookError):
    """The same signed request was accepted before: answer 200 and dispatch nothing.

    401 would be final for the gateway, whose retries may carry the nonce of the first attempt.
    """

    http_status = 200


class MalformedWebhookError(WebhookError):
    """The body or query cannot be read: no JSON, no form, too large, too deep."""
