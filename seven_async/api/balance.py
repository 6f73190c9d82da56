"""The account's credit. Source: seven-api.md section 2."""

from decimal import Decimal
from typing import ClassVar, Final

import attrs

from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.values.model import Model, ReplyKind

__all__ = [
    "Balance",
    "GetBalance",
]


@attrs.frozen(kw_only=True, slots=False)
class Balance(Model):
    """The credit left: `amount` in `currency`."""

    reply_kind: ClassVar[ReplyKind] = ReplyKind.AMOUNT

    amount: Decimal
    currency: str = "EUR"


@attrs.frozen(kw_only=True)
class GetBalance:
    """Get the credit left on the account.

    Example:
        balance = await seven.balance.get()
        print(balance.amount, balance.currency)

    Raises:
        AuthenticationError: The API key is wrong.
    """


class Credit(Endpoints[M], group="balance"):
    """The account's credit."""

    get: Final = Route("GET", "/balance", GetBalance, Balance)
