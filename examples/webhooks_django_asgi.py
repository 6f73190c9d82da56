"""Webhooks of the gateway beside a Django project that is served by ASGI: its asgi.py.

pip install seven-async django uvicorn
SEVEN_SIGNING_SECRET=… WEBHOOK_URL=https://app.example/hooks/seven uvicorn webhooks_django_asgi:app
Runs until Ctrl-C.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from seven_async.receivers import WebhookApp
from seven_async.webhooks import WebhookEvent, WebhookVerifier

# Of a project: os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=(), SECRET_KEY="an example")
django_application = get_asgi_application()

verifier = WebhookVerifier(os.environ["SEVEN_SIGNING_SECRET"], url=os.environ["WEBHOOK_URL"])
receiver = WebhookApp(verifier, inbox=os.environ.get("WEBHOOK_INBOX", "webhooks.db"))


@receiver.on(WebhookEvent)
async def show(event: WebhookEvent) -> None:
    """Show every event; numbers and texts are masked."""
    print(event, flush=True)


Channel = Callable[..., Awaitable[Any]]


async def app(scope: dict[str, Any], receive: Channel, send: Channel) -> None:
    """Serve webhooks, and whatever else with Django, which would take their body apart."""
    # Start and end of the server, which Django does not know, hand out what a crash left.
    is_webhook = scope["type"] == "lifespan" or scope.get("path") == "/hooks/seven"
    await (receiver if is_webhook else django_application)(scope, receive, send)
