"""Webhooks of the gateway in a Flask application.

pip install seven-async flask
SEVEN_SIGNING_SECRET=… WEBHOOK_URL=https://app.example/hooks/seven flask --app webhooks_flask run
Runs until Ctrl-C.
"""

import os

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from seven_async.receivers import WebhookWsgiApp
from seven_async.webhooks import WebhookEvent, WebhookVerifier

verifier = WebhookVerifier(os.environ["SEVEN_SIGNING_SECRET"], url=os.environ["WEBHOOK_URL"])
receiver = WebhookWsgiApp(verifier, inbox=os.environ.get("WEBHOOK_INBOX", "webhooks.db"))


@receiver.on(WebhookEvent)
def show(event: WebhookEvent) -> None:
    """Show every event; numbers and texts are masked."""
    print(event, flush=True)


receiver.redeliver()

app = Flask(__name__)
# Before Flask, which would take the body apart that is signed.
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/hooks/seven": receiver})
