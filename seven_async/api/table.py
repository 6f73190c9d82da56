"""All groups of the route table, under the names that both clients have: one line each.

`Table[Async]` is what `AsyncSeven` inherits, `Table[Blocking]` what `Seven` does. A group is loaded
when it is used for the first time: its classes take longer to make than all the rest of an import.
No I/O but that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeGuard, TypeVar, cast, overload

from seven_async.api.routes.endpoint import Caller, Endpoint, Endpoints, M
from seven_async.flow.row import Row
from seven_async.start.first_use import load

if TYPE_CHECKING:
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
    from seven_async.api.sms import Sms
    from seven_async.api.status import Status
    from seven_async.api.subaccounts import Subaccounts
    from seven_async.api.validate_for_voice import ValidateForVoice
    from seven_async.api.voice import Voice
    from seven_async.api.waba.rows import Waba

Group: TypeAlias = Endpoints[Any]
G = TypeVar("G", bound=Group)


class LateGroup(Generic[G]):
    """A group of a client, made when it is first asked for, and then kept in the client.

    It has no `__set__`: once the client has an attribute of the name, Python asks that one first.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def load(self) -> type[Group]:
        """Return the class of the group; a wrong row raises here."""
        return cast("type[Group]", load(self.place))

    @overload
    def __get__(self, client: None, owner: type) -> type[Group]: ...
    @overload
    def __get__(self, client: Caller, owner: type) -> G: ...
    def __get__(self, client: Caller | None, owner: type) -> Any:
        """Return the group of a client, or its class from the client's class."""
        group = self.load()
        # Of threads that come at once all get the same one.
        return group if client is None else vars(client).setdefault(self._name, group(client))


class Table(Generic[M]):
    """The groups of the gateway's API, named after the first segment of their paths."""

    analytics: Final = LateGroup["Analytics[M]"]("seven_async.api.analytics:Analytics")
    balance: Final = LateGroup["Credit[M]"]("seven_async.api.balance:Credit")
    contacts: Final = LateGroup["Contacts[M]"]("seven_async.api.contacts:Contacts")
    groups: Final = LateGroup["Groups[M]"]("seven_async.api.groups:Groups")
    hooks: Final = LateGroup["Hooks[M]"]("seven_async.api.hooks:Hooks")
    journal: Final = LateGroup["Journal[M]"]("seven_async.api.journal:Journal")
    lookup: Final = LateGroup["Lookup[M]"]("seven_async.api.lookup:Lookup")
    numbers: Final = LateGroup["Numbers[M]"]("seven_async.api.numbers:Numbers")
    pricing: Final = LateGroup["Prices[M]"]("seven_async.api.pricing:Prices")
    rcs: Final = LateGroup["Rcs[M]"]("seven_async.api.rcs:Rcs")
    sms: Final = LateGroup["Sms[M]"]("seven_async.api.sms:Sms")
    status: Final = LateGroup["Status[M]"]("seven_async.api.status:Status")
    subaccounts: Final = LateGroup["Subaccounts[M]"]("seven_async.api.subaccounts:Subaccounts")
    validate_for_voice: Final = LateGroup["ValidateForVoice[M]"](
        "seven_async.api.validate_for_voice:ValidateForVoice"
    )
    voice: Final = LateGroup["Voice[M]"]("seven_async.api.voice:Voice")
    waba: Final = LateGroup["Waba[M]"]("seven_async.api.waba.rows:Waba")


def _is_group(member: object) -> TypeGuard[LateGroup[Any]]:
    return isinstance(member, LateGroup)


GROUPS: Final[Mapping[str, LateGroup[Any]]] = {
    name: group for name, group in vars(Table).items() if _is_group(group)
}
"""The groups by their names; none of them is loaded yet."""


def groups() -> Iterator[type[Group]]:
    """Yield the class of every group, in the order of the names."""
    for group in GROUPS.values():
        yield group.load()


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of the table, group by group."""
    for group in groups():
        yield from group.endpoints


def endpoints_beside(request: type) -> Iterator[Endpoint]:
    """Yield the endpoints of the group whose module, or folder, has a request class.

    None if it is of another package. No other group is loaded.
    """
    product = request.__module__.split(".")[:3]
    for group in GROUPS.values():
        if group.place.partition(":")[0].split(".")[:3] == product:
            yield from group.load().endpoints


def rows() -> Iterator[Row]:
    """Yield every row of the table, group by group."""
    for endpoint in endpoints():
        yield endpoint.row
