"""`/subaccounts/…` and `/subaccounts?action=…`: accounts below the main one."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from seven_async.sandbox.core.accounts import Account
from seven_async.sandbox.core.call import Call, RefusedError
from seven_async.sandbox.core.routes import legacy, operation, register_choice
from seven_async.sandbox.core.wire import Answer, Json, json_answer

FIRST_ID: Final = 123_456_789


def _answer(error: str | None = None) -> Answer:
    return json_answer({"success": error is None, "error": error})


def _subaccounts(call: Call) -> list[Account]:
    accounts = call.state.accounts.values()
    return [account for account in accounts if account.parent == call.account.id]


def _find(call: Call) -> Account:
    wanted = call.params.text_if_set("id")
    for account in _subaccounts(call):
        if account.id == wanted:
            return account
    raise RefusedError(_answer("Subaccount not found"))


@legacy("GET", "/subaccounts/read")
@operation("GET", "/subaccounts/list")
def list_subaccounts(call: Call) -> Answer:
    """Answer with a bare list of all, or of the one of `id`; money is text."""
    wanted = call.params.text_if_set("id")
    accounts = _subaccounts(call)
    return json_answer([_to_json(each) for each in accounts if wanted in ("", each.id)])


def _to_json(account: Account) -> Json:
    return {
        "id": account.id,
        "username": account.username,
        "company": account.company,
        "balance": f"{account.balance:.4f}",
        "total_usage": f"{account.usage:.4f}",
        "auto_topup": {
            "threshold": _amount_text(account.topup_threshold),
            "amount": _amount_text(account.topup_amount),
        },
        "contact": {"name": account.name, "email": account.email},
    }


def _amount_text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


@operation("POST", "/subaccounts/create")
def create(call: Call) -> Answer:
    """Create a subaccount; its money is numbers in this answer."""
    name, email = call.params.text("name").strip(), call.params.text("email").strip()
    before, at, after = email.partition("@")
    if not (before and at and "." in after):
        return _answer("Please enter a valid email address for the subaccount.")
    if not name:
        return _answer("Please enter a name for the subaccount.")
    account_id = str(call.state.next_id("subaccount", FIRST_ID))
    account = Account(account_id, Decimal(0), name, email, parent=call.account.id)
    call.state.accounts[account_id] = account
    fresh: Json = {
        **_to_json(account),
        "balance": 0,
        "total_usage": 0,
        "auto_topup": {"threshold": 0, "amount": 0},
    }
    return json_answer({"success": True, "error": None, "subaccount": fresh})


@operation("POST", "/subaccounts/update")
def update(call: Call) -> Answer:
    """Set automatic top-up: below `threshold`, `amount` comes from the main account."""
    account = _find(call)
    threshold, amount = call.params.amount("threshold"), call.params.amount("amount")
    if amount is None or amount < 0 or threshold is None or threshold < 0:
        return _answer("Invalid amount")
    account.topup_threshold = threshold if amount else None
    account.topup_amount = amount or None
    return _answer()


@operation("POST", "/subaccounts/transfer_credits")
def transfer_credits(call: Call) -> Answer:
    """Move credit from the main account, each time it is called."""
    account = _find(call)
    amount = call.params.amount("amount")
    if amount is None or amount <= 0:
        return _answer("Invalid amount")
    if amount > call.account.balance:
        return _answer("Not enough credit")
    call.account.balance -= amount
    account.balance += amount
    return _answer()


@operation("POST", "/subaccounts/delete")
def delete(call: Call) -> Answer:
    """Delete a subaccount; what credit it had goes back to the main account."""
    account = _find(call)
    del call.state.accounts[account.id]
    call.account.balance += account.balance
    return _answer()


# The form that the documentation shows.
register_choice(
    ["GET /subaccounts", "POST /subaccounts"],
    "action",
    {
        "read": list_subaccounts,
        "create": create,
        "write": create,  # one copy of the documentation calls it that
        "update": update,
        "transfer_credits": transfer_credits,
        "delete": delete,
    },
    default="read",
)
