"""What both receivers have: their options, and how handlers are registered. No I/O of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from types import UnionType
from typing import Any, ClassVar, Final, TypeVar, overload

from seven_async.receivers.handlers import AnyHandler, Handler, Handlers
from seven_async.receivers.inbox import Inbox
from seven_async.receivers.intake import EventSink, Intake
from seven_async.webhooks.events import WebhookEvent
from seven_async.webhooks.parse import MAX_BODY_BYTES
from seven_async.webhooks.verifier import WebhookVerifier

E = TypeVar("E", bound=WebhookEvent)
H = TypeVar("H", bound=AnyHandler)

METHODS: Final = ("GET", "POST")
"""How a hook may deliver (webhooks.md section 1)."""


class Receiver:
    """An application that takes webhooks."""

    _may_await: ClassVar[bool]
    """True if handlers may be async functions."""

    def __init__(
        self,
        verifier: WebhookVerifier,
        *,
        inbox: Inbox | str | os.PathLike[str] | None = None,
        sinks: Sequence[EventSink] = (),
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        opened = inbox if inbox is None or isinstance(inbox, Inbox) else Inbox(inbox)
        self._intake = Intake(verifier, opened, sinks)
        self._max_body_bytes = max_body_bytes
        self._handlers = Handlers(may_await=self._may_await)
        self._prepare()

    def _prepare(self) -> None:
        """Make what a kind of receiver has of its own."""

    @overload
    def on(self, wanted: type[E], /) -> Callable[[Handler[E]], Handler[E]]: ...
    @overload
    def on(self, wanted: UnionType, /) -> Callable[[H], H]: ...
    def on(self, wanted: Any, /) -> Any:
        """Register a handler for a class of events, its subclasses, or a union.

        ```python
        @app.on(DeliveryReport | RcsStatus)
        async def note(report: DeliveryReport | RcsStatus) -> None: ...
        ```
        """

        def register(handler: AnyHandler) -> AnyHandler:
            self._handlers.add(wanted, handler)
            return handler

        return register
