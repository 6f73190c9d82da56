"""A Flask application that sends from a view, with one client for all threads.

pip install seven-async flask
flask --app flask_app run
Runs until Ctrl-C. It sends to a sandbox within the process, with SEVEN_API_KEY to the gateway.
"""

import os

from flask import Flask, request
from werkzeug.exceptions import UnprocessableEntity

from seven_async import ApiError, InvalidRequestError, OutcomeUnknownError, Seven
from seven_async.sandbox import Sandbox

app = Flask(__name__)
# Threads share it. It starts nothing before its first call, so workers may be forked after this.
is_real = "SEVEN_API_KEY" in os.environ
seven = Seven() if is_real else Seven(**Sandbox().options)


@app.post("/parcels/<parcel>/arrived")
def announce(parcel: str) -> tuple[dict[str, str | None], int]:
    """Tell a customer that a parcel has arrived."""
    text = f"Parcel {parcel} has arrived."
    try:
        receipt = seven.sms.send(
            request.form["number"], text, from_="Shop", foreign_id=f"parcel-{parcel}"
        )
        receipt.raise_for_failures()
    except OutcomeUnknownError as error:
        # It may have been sent. A caller who repeats the request would send it twice.
        return {"state": "unknown", "foreign_id": error.foreign_id}, 202
    except (ApiError, InvalidRequestError) as error:
        raise UnprocessableEntity(str(error)) from None
    return {"state": "accepted", "id": receipt.messages[0].id}, 200
