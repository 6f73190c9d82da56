"""Webhooks of the gateway in a Starlette application, with an inbox on disk.

pip install seven-async starlette uvicorn
SEVEN_SIGNING_SECRET=… WEBHOOK_URL=https://app.example/hooks/seven uvicorn webhooks_starlette:app
Runs until Ctrl-C.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from seven_async.receivers import WebhookApp
from seven_async.webhooks import DeliveryReport, WebhookEvent, WebhookVerifier

verifier = WebhookVerifier(os.environ["SEVEN_SIGNING_SECRET"], url=os.environ["WEBHOOK_URL"])
receiver = WebhookApp(verifier, inbox=os.environ.get("WEBHOOK_INBOX", "webhooks.db"))


@receiver.on(WebhookEvent)
async def show(event: WebhookEvent) -> None:
    """Show every event; numbers and texts are masked."""
    print(event, flush=True)


@receiver.on(DeliveryReport)
async def note(report: DeliveryReport) -> None:
    """Show whether a message has reached its end."""
    print(report.message_id, report.state, report.state.is_final, flush=True)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncGenerator[None]:
    """Hand out first what a crash left in the inbox."""
    await receiver.redeliver()
    yield


# A Route, no Mount: that would answer the path without a slash with a redirection, which counts as
# success for the gateway.
app = Starlette(
    routes=[Route("/hooks/seven", receiver, methods=["GET", "POST"])], lifespan=lifespan
)
