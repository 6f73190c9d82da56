"""All groups of the route table, under the names that both clients have: one line each.

`Table[Async]` is what `AsyncSeven` inherits, `Table[Blocking]` what `Seven` does. No I/O.
"""

from collections.abc import Iterator
from typing import Any, Final, Generic

from seven_async.api.analytics import Analytics
from seven_async.api.balance import Credit
from seven_async.api.contacts import Contacts
from seven_async.api.groups import Groups
from seven_async.api.hooks import Hooks
from seven_async.api.journal import Journal
from seven_async.api.lookup import Lookup
from seven_async.api.numbers import Numbers
from seven_async.api.pricing import Prices
from seven_async.api.rcs import Rcs
from seven_async.api.routes.endpoint import Caller, Endpoint, Endpoints, M
from seven_async.api.sms import Sms
from seven_async.api.status import Status
from seven_async.api.subaccounts import Subaccounts
from seven_async.api.validate_for_voice import ValidateForVoice
from seven_async.api.voice import Voice
from seven_async.api.waba.rows import Waba
from seven_async.flow.row import Row


class Table(Generic[M]):
    """The groups of the gateway's API, named after the first segment of their paths."""

    analytics: Analytics[M]
    balance: Credit[M]
    contacts: Contacts[M]
    groups: Groups[M]
    hooks: Hooks[M]
    journal: Journal[M]
    lookup: Lookup[M]
    numbers: Numbers[M]
    pricing: Prices[M]
    rcs: Rcs[M]
    sms: Sms[M]
    status: Status[M]
    subaccounts: Subaccounts[M]
    validate_for_voice: ValidateForVoice[M]
    voice: Voice[M]
    waba: Waba[M]

    def __init__(self, caller: Caller) -> None:
        for name, group in GROUPS.items():
            setattr(self, name, group(caller))


GROUPS: Final[dict[str, type[Endpoints[Any]]]] = {
    name: group.__origin__ for name, group in Table.__annotations__.items()
}
"""The class of each group by its name."""


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of the table, group by group."""
    for group in GROUPS.values():
        yield from group.endpoints


def rows() -> Iterator[Row]:
    """Yield every row of the table, group by group."""
    for endpoint in endpoints():
        yield endpoint.row
