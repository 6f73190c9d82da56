"""Webhooks of the gateway beside a Django project that is served by WSGI: its wsgi.py.

pip install seven-async django gunicorn
SEVEN_SIGNING_SECRET=… WEBHOOK_URL=https://app.example/hooks/seven gunicorn webhooks_django_wsgi
Runs until Ctrl-C.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from seven_async.receivers import WebhookWsgiApp
from seven_async.webhooks import WebhookEvent, WebhookVerifier

# Of a project: os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=(), SECRET_KEY="an example")
django_application = get_wsgi_application()

verifier = WebhookVerifier(os.environ["SEVEN_SIGNING_SECRET"], url=os.environ["WEBHOOK_URL"])
receiver = WebhookWsgiApp(verifier, inbox=os.environ.get("WEBHOOK_INBOX", "webhooks.db"))


@receiver.on(WebhookEvent)
def show(event: WebhookEvent) -> None:
    """Show every event; numbers and texts are masked."""
    print(event, flush=True)


receiver.redeliver()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve webhooks, and whatever else with Django, which would take their body apart."""
    is_webhook = environ["PATH_INFO"] == "/hooks/seven"
    return (receiver if is_webhook else django_application)(environ, start_response)
