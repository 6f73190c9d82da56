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

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seven_async.webhooks.errors import (
        InvalidSignatureError as InvalidSignatureError,
        MalformedWebhookError as MalformedWebhookError,
        MissingSignatureError as MissingSignatureError,
        ReplayedWebhookError as ReplayedWebhookError,
        StaleWebhookError as StaleWebhookError,
        WebhookError as WebhookError,
    )
    from seven_async.webhooks.events import (
        CallerIdValidation as CallerIdValidation,
        CallState as CallState,
        DeliveryReport as DeliveryReport,
        DtmfInput as DtmfInput,
        Event as Event,
        InboundCall as InboundCall,
        InboundSms as InboundSms,
        InboundWhatsApp as InboundWhatsApp,
        LinkTracking as LinkTracking,
        RcsFile as RcsFile,
        RcsFilePart as RcsFilePart,
        RcsLocation as RcsLocation,
        RcsState as RcsState,
        RcsStatus as RcsStatus,
        RcsSuggestion as RcsSuggestion,
        RcsText as RcsText,
        UnknownEvent as UnknownEvent,
        VoiceStatus as VoiceStatus,
        WebhookEvent as WebhookEvent,
        WhatsAppReport as WhatsAppReport,
        WhatsAppState as WhatsAppState,
    )
    from seven_async.webhooks.nonces import (
        MemoryNonceStore as MemoryNonceStore,
        NonceState as NonceState,
        NonceStore as NonceStore,
    )
    from seven_async.webhooks.parse import parse_event as parse_event
    from seven_async.webhooks.redis_nonces import (
        NonceStoreError as NonceStoreError,
        RedisNonceStore as RedisNonceStore,
    )
    from seven_async.webhooks.tracker import DeliveryTracker as DeliveryTracker
    from seven_async.webhooks.verifier import (
        VerifiedWebhook as VerifiedWebhook,
        WebhookVerifier as WebhookVerifier,
    )
else:
    from seven_async.start.first_use import names_on_first_use as _names_on_first_use

    __getattr__, __dir__, __all__ = _names_on_first_use(
        __name__,
        {
            "seven_async.webhooks.errors": (
                "InvalidSignatureError",
                "MalformedWebhookError",
                "MissingSignatureError",
                "ReplayedWebhookError",
                "StaleWebhookError",
                "WebhookError",
            ),
            "seven_async.webhooks.events": (
                "CallState",
                "CallerIdValidation",
                "DeliveryReport",
                "DtmfInput",
                "Event",
                "InboundCall",
                "InboundSms",
                "InboundWhatsApp",
                "LinkTracking",
                "RcsFile",
                "RcsFilePart",
                "RcsLocation",
                "RcsState",
                "RcsStatus",
                "RcsSuggestion",
                "RcsText",
                "UnknownEvent",
                "VoiceStatus",
                "WebhookEvent",
                "WhatsAppReport",
                "WhatsAppState",
            ),
            "seven_async.webhooks.nonces": (
                "MemoryNonceStore",
                "NonceState",
                "NonceStore",
            ),
            "seven_async.webhooks.parse": ("parse_event",),
            "seven_async.webhooks.redis_nonces": (
                "NonceStoreError",
                "RedisNonceStore",
            ),
            "seven_async.webhooks.tracker": ("DeliveryTracker",),
            "seven_async.webhooks.verifier": (
                "VerifiedWebhook",
                "WebhookVerifier",
            ),
        },
    )
