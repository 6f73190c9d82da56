"""Which functions want which events. No I/O.

In: classes of events, or unions of them, and functions. Out: for an event its functions, in the
order in which they were registered.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from types import UnionType
from typing import Any, Final, TypeAlias, TypeVar, get_args

from seven_async.errors import ConfigurationError
from seven_async.webhooks.events import WebhookEvent

E = TypeVar("E", bound=WebhookEvent)
Handler: TypeAlias = Callable[[E], Awaitable[None] | None]
AnyHandler: TypeAlias = Callable[[Any], Awaitable[None] | None]


class Handlers:
    """The handlers of a receiver. A base class stands for all its subclasses."""

    def __init__(self, *, may_await: bool) -> None:
        self._may_await = may_await
        self._rows: Final[list[tuple[tuple[type[WebhookEvent], ...], AnyHandler]]] = []

    def add(self, wanted: type[WebhookEvent] | UnionType, handler: AnyHandler) -> None:
        """Register a handler; raises `ConfigurationError` for what is no class of events."""
        if not self._may_await and inspect.iscoroutinefunction(handler):
            raise ConfigurationError(
                f"{handler.__name__} is an async function, and a WSGI receiver cannot await it: "
                f"give a plain function, or use WebhookApp"
            )
        self._rows.append((_classes(wanted), handler))

    def find(self, event: WebhookEvent) -> list[AnyHandler]:
        """Return the handlers that want an event."""
        return [handler for classes, handler in self._rows if isinstance(event, classes)]


def _classes(wanted: Any) -> tuple[type[WebhookEvent], ...]:
    members = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
    for member in members:
        if not (isinstance(member, type) and issubclass(member, WebhookEvent)):
            raise ConfigurationError(
                f"on() takes a class of seven_async.webhooks events or a union of them, "
                f"not {member!r}"
            )
    return members
