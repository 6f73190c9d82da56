"""Webhooks of the gateway: verify the bytes, get a typed event. No I/O but a nonce store's.

```python
verifier = WebhookVerifier("signing secret", url="https://app.example/hooks/seven")
match verifier.verify(method, url, headers, body):
    case DeliveryReport(message_id=message_id, state=state):
        ...
```

`seven_async.receivers` has ASGI and WSGI applications around it.
"""

from __future__ import annotations

from seven_async.webhooks.errors import (
    InvalidSignatureError,
    MalformedWebhookError,
    MissingSignatureError,
    ReplayedWebhookError,
    StaleWebhookError,
    WebhookError,
)
from seven_async.webhooks.events import (
    CallerIdValidation,
    CallState,
    DeliveryReport,
    DtmfInput,
    Event,
    InboundCall,
    InboundSms,
    InboundWhatsApp,
    LinkTracking,
    RcsFile,
    RcsFilePart,
    RcsLocation,
    RcsState,
    RcsStatus,
    RcsSuggestion,
    RcsText,
    UnknownEvent,
    VoiceStatus,
    WebhookEvent,
    WhatsAppReport,
    WhatsAppState,
)
from seven_async.webhooks.nonces import MemoryNonceStore, NonceState, NonceStore
from seven_async.webhooks.parse import parse_event
from seven_async.webhooks.redis_nonces import NonceStoreError, RedisNonceStore
from seven_async.webhooks.tracker import DeliveryTracker
from seven_async.webhooks.verifier import VerifiedWebhook, WebhookVerifier

__all__ = [
    "CallState",
    "CallerIdValidation",
    "DeliveryReport",
    "DeliveryTracker",
    "DtmfInput",
    "Event",
    "InboundCall",
    "InboundSms",
    "InboundWhatsApp",
    "InvalidSignatureError",
    "LinkTracking",
    "MalformedWebhookError",
    "MemoryNonceStore",
    "MissingSignatureError",
    "NonceState",
    "NonceStore",
    "NonceStoreError",
    "RcsFile",
    "RcsFilePart",
    "RcsLocation",
    "RcsState",
    "RcsStatus",
    "RcsSuggestion",
    "RcsText",
    "RedisNonceStore",
    "ReplayedWebhookError",
    "StaleWebhookError",
    "UnknownEvent",
    "VerifiedWebhook",
    "VoiceStatus",
    "WebhookError",
    "WebhookEvent",
    "WebhookVerifier",
    "WhatsAppReport",
    "WhatsAppState",
    "parse_event",
]
