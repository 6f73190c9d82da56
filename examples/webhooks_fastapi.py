"""Webhooks of the gateway in a FastAPI application, with opt-outs and an inbox on disk.

pip install seven-async fastapi uvicorn
SEVEN_SIGNING_SECRET=… WEBHOOK_URL=https://app.example/hooks/seven uvicorn webhooks_fastapi:app
Runs until Ctrl-C.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Route

from seven_async.campaign import OptOutList, OptOutSink
from seven_async.receivers import WebhookApp
from seven_async.webhooks import WebhookEvent, WebhookVerifier

verifier = WebhookVerifier(os.environ["SEVEN_SIGNING_SECRET"], url=os.environ["WEBHOOK_URL"])
opt_outs = OptOutList(os.environ.get("OPT_OUTS", "opt-outs.db"))
receiver = WebhookApp(
    verifier, inbox=os.environ.get("WEBHOOK_INBOX", "webhooks.db"), sinks=[OptOutSink(opt_outs)]
)


@receiver.on(WebhookEvent)
async def show(event: WebhookEvent) -> None:
    """Show every event; numbers and texts are masked."""
    print(event, flush=True)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    """Hand out first what a crash left in the inbox."""
    await receiver.redeliver()
    yield


app = FastAPI(lifespan=lifespan)
# No app.mount(): that would answer the path without a slash with a redirection, which counts as
# success for the gateway.
app.routes.append(Route("/hooks/seven", receiver, methods=["GET", "POST"]))


@app.get("/opt-outs/{number}")
def is_listed(number: str) -> bool:
    """Tell whether somebody has opted out; `number` with its plus, as `%2B49…`."""
    return number in opt_outs
