"""A Django project served by WSGI that sends from a view, with one client for all threads.

pip install seven-async django gunicorn
gunicorn --threads 8 django_wsgi_app
Runs until Ctrl-C. It sends to a sandbox within the process, with SEVEN_API_KEY to the gateway.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from seven_async import ApiError, InvalidRequestError, OutcomeUnknownError, Seven
from seven_async.sandbox import Sandbox

# Of a project: os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="an example")

# Threads share it. It starts nothing before its first call, so workers may be forked after this.
is_real = "SEVEN_API_KEY" in os.environ
seven = Seven() if is_real else Seven(**Sandbox().options)


@csrf_exempt
def announce(request: HttpRequest, parcel: str) -> JsonResponse:
    """Tell a customer that a parcel has arrived."""
    text = f"Parcel {parcel} has arrived."
    try:
        receipt = seven.sms.send(
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
application = get_wsgi_application()
