"""All groups of the route table, under the names that both clients have.

`Table[Async]` is what `AsyncSeven` inherits, `Table[Blocking]` what `Seven` does. No I/O.
"""

from collections.abc import Iterator
from typing import Any, Generic, cast

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
from seven_async.api.routes.endpoint import Async, Caller, M
from seven_async.api.sms import Sms
from seven_async.api.status import Status
from seven_async.api.subaccounts import Subaccounts
from seven_async.api.validate_for_voice import ValidateForVoice
from seven_async.api.voice import Voice
from seven_async.api.waba.rows import Waba
from seven_async.flow.row import Row


class Table(Generic[M]):
    """The groups of the gateway's API, named after the first segment of their paths."""

    def __init__(self, caller: Caller) -> None:
        self.analytics: Analytics[M] = Analytics(caller)
        self.balance: Credit[M] = Credit(caller)
        self.contacts: Contacts[M] = Contacts(caller)
        self.groups: Groups[M] = Groups(caller)
        self.hooks: Hooks[M] = Hooks(caller)
        self.journal: Journal[M] = Journal(caller)
        self.lookup: Lookup[M] = Lookup(caller)
        self.numbers: Numbers[M] = Numbers(caller)
        self.pricing: Prices[M] = Prices(caller)
        self.rcs: Rcs[M] = Rcs(caller)
        self.sms: Sms[M] = Sms(caller)
        self.status: Status[M] = Status(caller)
        self.subaccounts: Subaccounts[M] = Subaccounts(caller)
        self.validate_for_voice: ValidateForVoice[M] = ValidateForVoice(caller)
        self.voice: Voice[M] = Voice(caller)
        self.waba: Waba[M] = Waba(caller)


def rows() -> Iterator[Row]:
    """Every row of the table, group by group."""
    # Nobody calls: the table is only read.
    groups: dict[str, Any] = vars(Table[Async](cast("Caller", None)))
    for group in groups.values():
        # `Table[Async]()` notes its own origin among the attributes.
        yield from getattr(group, "rows", ())
