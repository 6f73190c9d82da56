"""Webhooks as type checkers read them: a match is exhaustive, a handler fits its events."""

from __future__ import annotations

from typing import assert_never, assert_type

from seven_async.campaign import JournalSink, OptOutList, OptOutSink
from seven_async.receivers import EventSink, WebhookApp, WebhookWsgiApp
from seven_async.webhooks import (
    CallerIdValidation,
    DeliveryReport,
    DtmfInput,
    Event,
    InboundCall,
    InboundSms,
    InboundWhatsApp,
    LinkTracking,
    RcsFile,
    RcsLocation,
    RcsStatus,
    RcsSuggestion,
    RcsText,
    UnknownEvent,
    VoiceStatus,
    WebhookVerifier,
    WhatsAppReport,
)


def name(event: Event) -> str:
    """Name an event; a kind that is left out is an error of the type checker."""
    match event:
        case InboundSms() | InboundWhatsApp() | RcsText():
            return "text"
        case DeliveryReport() | RcsStatus() | WhatsAppReport() | VoiceStatus():
            return "report"
        case InboundCall() | DtmfInput() | CallerIdValidation():
            return "call"
        case RcsSuggestion() | RcsFile() | RcsLocation() | LinkTracking():
            return "other"
        case UnknownEvent():
            return "unknown"
        case _:
            assert_never(event)


def register(app: WebhookApp, twin: WebhookWsgiApp) -> None:
    """Register handlers: of a class, of a union, awaited and not."""

    @app.on(DeliveryReport)
    async def note(report: DeliveryReport) -> None:
        assert_type(report.message_id, str)

    @twin.on(InboundSms)
    def keep(message: InboundSms) -> None:
        assert_type(message.text, str)

    @app.on(DeliveryReport | RcsStatus)
    async def both(report: DeliveryReport | RcsStatus) -> None: ...

    @app.on(DeliveryReport)  # type: ignore[arg-type]
    async def wrong(message: InboundSms) -> None: ...


def build_sinks(opt_outs: OptOutList) -> list[EventSink]:
    """Return what receivers take as sinks."""
    return [JournalSink("spring.db"), OptOutSink(opt_outs)]


def verify(verifier: WebhookVerifier, headers: dict[str, str], body: bytes) -> Event:
    """Return the event of a request."""
    return verifier.verify("POST", "https://app.example/", headers, body)
