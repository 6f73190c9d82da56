"""A function for AWS Lambda, or anything like it, that sends for each record of a queue.

pip install seven-async
python lambda_handler.py
Ends by itself: it calls the handler twice, as the service would, with a sandbox for the gateway.
"""

import json
import os
from typing import Any

from seven_async import NotSentError, OutcomeUnknownError, RateLimitError, Seven, SevenError
from seven_async.sandbox import Sandbox

# Outside of the handler: warm calls use its connections again. A function that was frozen finds
# them closed by then, which the client notices before anything is sent.
is_real = "SEVEN_API_KEY" in os.environ
DEADLINE_S = 20  # less than the function's own time-out, so that it ends by itself
seven = (
    Seven(deadline_s=DEADLINE_S) if is_real else Seven(deadline_s=DEADLINE_S, **Sandbox().options)
)


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Send for each record; give those back to the queue that provably did not leave."""
    again = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        try:
            receipt = seven.sms.send(order["number"], order["text"], foreign_id=order["id"])
            receipt.raise_for_failures()
        except (NotSentError, RateLimitError):
            again.append({"itemIdentifier": record["messageId"]})
        except OutcomeUnknownError as error:
            print("answer lost:", error.foreign_id, look_up(error))
        except SevenError as error:
            print("refused:", order["id"], error)
        else:
            print("sent:", order["id"], receipt.messages[0].id)
    return {"batchItemFailures": again}


def look_up(error: OutcomeUnknownError) -> str:
    """Return what the gateway's journal says; entries can be there some seconds late."""
    try:
        return seven.reconcile(error).state
    except SevenError as failure:
        return f"the journal cannot be read: {failure}"


def build_record(id_: str, number: str) -> dict[str, str]:
    """Return a record as a queue hands it over."""
    body = json.dumps({"id": id_, "number": number, "text": "Your parcel has arrived."})
    return {"messageId": f"record-{id_}", "body": body}


if __name__ == "__main__":
    print(handler({"Records": [build_record("p-1", "+491711234567")]}, None))
    # Numbers of the sandbox: an answer is lost, a recipient is wrong, the gateway wants a pause.
    numbers = {"p-2": "+4915550003002", "p-3": "+4915550000202", "p-4": "+4915550009429"}
    print(handler({"Records": [build_record(*order) for order in numbers.items()]}, None))
