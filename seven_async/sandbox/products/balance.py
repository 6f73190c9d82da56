"""`/balance`: what is left."""

from __future__ import annotations

from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.wire import Answer, json_answer, money, text_answer


@legacy("POST", "/balance")
@operation("GET", "/balance")
def get(call: Call) -> Answer:
    """Answer with an object, or the bare number where JSON was not asked for."""
    amount = money(call.account.balance)
    if call.wants_json:
        return json_answer({"amount": amount, "currency": "EUR"})
    return text_answer(str(amount))
