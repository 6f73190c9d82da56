"""Web applications that take the gateway's webhooks: ASGI and WSGI, without a framework.

```python
app = WebhookApp(WebhookVerifier("secret", url="https://app.example/hooks/seven"))


@app.on(DeliveryReport)
async def note(report: DeliveryReport) -> None: ...
```

Mount `app` in Starlette, FastAPI, Litestar or Django, or serve it as it is. With `inbox=` events
are on disk before the gateway gets its answer, and handlers may take their time.
"""

from __future__ import annotations

from seven_async.receivers.asgi import WebhookApp
from seven_async.receivers.inbox import Inbox, InboxError
from seven_async.receivers.intake import EventSink
from seven_async.receivers.wsgi import WebhookWsgiApp

__all__ = ["EventSink", "Inbox", "InboxError", "WebhookApp", "WebhookWsgiApp"]
