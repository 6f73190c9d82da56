"""A Django project served by ASGI that sends from an async view, with one client for all requests.

pip install seven-async django uvicorn
uvicorn django_asgi_app:application
Runs until Ctrl-C. It sends to a sandbox within the process, with SEVEN_API_KEY to the gateway.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from seven_async import ApiError, AsyncSeven, InvalidRequestError, OutcomeUnknownError
from seven_async.sandbox import Sandbox

# Of a project: os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="an example")

# It belongs to the event loop of its first request, which is the server's.
is_real = "SEVEN_API_KEY" in os.environ
seven = AsyncSeven() if is_real else AsyncSeven(**Sandbox().options)


@csrf_exempt
async def announce(request: HttpRequest, parcel: str) -> JsonResponse:
    """Tell a customer that a parcel has arrived."""
    text = f"Parcel {parcel} has arrived."
    try:
        receipt = await seven.sms.send(
            request.POST["number"], text, from_="Shop", foreign_id=f"parcel-{parcel}"
        )
        receipt.raise_for_failures()
    except OutcomeUnknownError as error:
        # It may have been sent. A caller who repeats the request would send it twice.
        return JsonResponse({"state": "unknown", "foreign_id": error.foreign_id}, status=202)
    except (ApiError, InvalidRequestError) as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"state": "accepted", "id": receipt.messages[0].id})


urlpatterns = [path("parcels/<slug:parcel>/arrived", announce)]
django_application = get_asgi_application()

Message = MutableMapping[str, Any]


async def application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Serve with Django, and close the client when the server ends, which Django is not told."""
    if scope["type"] != "lifespan":
        await django_application(scope, receive, send)
        return
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await seven.aclose()  # what is in flight finishes
    await send({"type": "lifespan.shutdown.complete"})
