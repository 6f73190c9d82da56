"""All groups of the route table, under the names that both clients have.

`Table[Async]` is what `AsyncSeven` inherits, `Table[Blocking]` what `Seven` does. No I/O.
"""

from collections.abc import Iterator
from typing import Generic

from seven_async.api.balance import Credit
from seven_async.api.endpoint import GROUPS, Caller, M
from seven_async.api.journal import Journal
from seven_async.api.pricing import Prices
from seven_async.api.sms import Sms
from seven_async.api.status import Status
from seven_async.flow.row import Row


class Table(Generic[M]):
    """The groups of the gateway's API, named after the first segment of their paths."""

    def __init__(self, caller: Caller) -> None:
        self.balance: Credit[M] = Credit(caller)
        self.journal: Journal[M] = Journal(caller)
        self.pricing: Prices[M] = Prices(caller)
        self.sms: Sms[M] = Sms(caller)
        self.status: Status[M] = Status(caller)


def rows() -> Iterator[Row]:
    """Every row of the table."""
    for group in GROUPS:
        yield from group
