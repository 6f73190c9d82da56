"""`/subaccounts/…` and `/subaccounts?action=…`: accounts below the main one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from seven_async.sandbox.core.accounts import Account
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.wire import Answer, Json, json_answer

if TYPE_CHECKING:
    from seven_async.sandbox.core.call import Call

FIRST_ID: Final = 123_456_789
NOT_FOUND: Final = "Subaccount not found"


def _done(error: str | None = None) -> Answer:
    return json_answer({"success": error is None, "error": error})


def _below(call: Call) -> list[Account]:
    return [one for one in call.state.accounts.values() if one.parent == call.account.id]


def _named(call: Call) -> Account | None:
    wanted = call.params.given("id")
    return next((one for one in _below(call) if one.id == wanted), None)


@legacy("GET", "/subaccounts/read")
@operation("GET", "/subaccounts/list")
def list_subaccounts(call: Call) -> Answer:
    """A bare list of all, or of the one of `id`; money is text with four decimals."""
    wanted = call.params.given("id")
    return json_answer([_shown(one) for one in _below(call) if wanted in ("", one.id)])


def _shown(account: Account) -> Json:
    return {
        "id": account.id,
        "username": account.username,
        "company": account.company,
        "balance": f"{account.balance:.4f}",
        "total_usage": f"{account.usage:.4f}",
        "auto_topup": {
            "threshold": _plain(account.topup_threshold),
            "amount": _plain(account.topup_amount),
        },
        "contact": {"name": account.name, "email": account.email},
    }


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


@operation("POST", "/subaccounts/create")
def create(call: Call) -> Answer:
    """The new subaccount, whose money is numbers here."""
    name, email = call.params.text("name").strip(), call.params.text("email").strip()
    before, at, after = email.partition("@")
    if not (before and at and "." in after):
        return _done("Please enter a valid email address for the subaccount.")
    if not name:
        return _done("Please enter a name for the subaccount.")
    account_id = str(call.state.next_id("subaccount", FIRST_ID))
    account = Account(account_id, Decimal(0), name, email, parent=call.account.id)
    call.state.accounts[account_id] = account
    fresh: Json = {
        **_shown(account),
        "balance": 0,
        "total_usage": 0,
        "auto_topup": {"threshold": 0, "amount": 0},
    }
    return json_answer({"success": True, "error": None, "subaccount": fresh})


@operation("POST", "/subaccounts/update")
def update(call: Call) -> Answer:
    """Automatic top-up: below `threshold`, `amount` comes from the main account; 0 is off."""
    account = _named(call)
    if account is None:
        return _done(NOT_FOUND)
    threshold, amount = call.params.amount("threshold"), call.params.amount("amount")
    if amount is None or amount < 0 or threshold is None or threshold < 0:
        return _done("Invalid amount")
    account.topup_threshold = threshold if amount else None
    account.topup_amount = amount or None
    return _done()


@operation("POST", "/subaccounts/transfer_credits")
def transfer_credits(call: Call) -> Answer:
    """Moves credit from the main account, each time it is called."""
    account = _named(call)
    if account is None:
        return _done(NOT_FOUND)
    amount = call.params.amount("amount")
    if amount is None or amount <= 0:
        return _done("Invalid amount")
    if amount > call.account.balance:
        return _done("Not enough credit")
    call.account.balance -= amount
    account.balance += amount
    return _done()


@operation("POST", "/subaccounts/delete")
def delete(call: Call) -> Answer:
    """Deletes it; what credit it had goes back to the main account."""
    account = _named(call)
    if account is None:
        return _done(NOT_FOUND)
    del call.state.accounts[account.id]
    call.account.balance += account.balance
    return _done()


_ACTIONS: Final = {
    "read": list_subaccounts,
    "create": create,
    "write": create,  # one copy of the documentation calls it that
    "update": update,
    "transfer_credits": transfer_credits,
    "delete": delete,
}


@legacy("GET", "/subaccounts")
@legacy("POST", "/subaccounts")
def by_action(call: Call) -> Answer:
    """The form the documentation shows: `action=` in query or body."""
    action = _ACTIONS.get(call.params.text("action") or "read")
    return action(call) if action else call.code(400)
