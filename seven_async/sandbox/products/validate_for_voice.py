"""`/validate_for_voice`: a number becomes a voice sender once its owner typed a code."""

from __future__ import annotations

from typing import Final

from seven_async.sandbox import magic_numbers
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.recipients import parse_number
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.tariff import international
from seven_async.sandbox.core.wire import Answer, json_answer

FIRST_CODE: Final = 100_003
_STEP: Final = 7_919
"""A prime number, so that no code repeats before all six-digit numbers were used."""


@legacy("GET", "/validate_for_voice")
@operation("POST", "/validate_for_voice")
def start(call: Call) -> Answer:
    """Answer with the code to type, or that the number is invalid or saved already."""
    given = call.params.text("number")
    number = parse_number(given)
    if number is None or magic_numbers.failure(number):
        return json_answer(
            {
                "id": None,
                "sender": given,
                "formatted_output": None,
                "success": False,
                "error": "Reception number invalid",
                "voice": False,
            }
        )
    if number in call.account.callers:
        return json_answer(saved_caller(call.account.callers[number], number))
    code = FIRST_CODE + call.state.next_id("code", 0) * _STEP % 899_000
    callback = call.params.text_if_set("callback")
    call.state.pending[number] = {
        "account": call.account.id,
        "code": str(code),
        "callback": callback,
    }
    return json_answer({"success": True, "code": str(code), "error": None})


def saved_caller(caller_id: int, number: str) -> dict[str, object]:
    """Build the answer about a number that is validated: success with an error text."""
    return {
        "id": caller_id,
        "sender": number,
        "formatted_output": international(number),
        "success": True,
        "error": "The sender ID is already saved.",
        "voice": True,
    }
