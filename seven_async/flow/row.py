"""One line of the route table as the flow needs it: where it goes, and how it may be repeated.

In: nothing. Out: values that the steps of a call share. No I/O.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

import attrs

from seven_async.flow.wire import RequestEncoder
from seven_async.masking import without_numbers


class Repeat(Enum):
    """What happens when a request is sent again, and so when the client may do it."""

    SAFE = "safe"
    """A free read: repeated after anything that may pass."""

    IDEMPOTENT = "idempotent"
    """The same end state: repeated after a lost answer or a server error."""

    BILLED = "billed"
    """A read that costs: repeated only when it never left, or was refused with HTTP 429."""

    NEVER = "never"
    """Sends, orders, transfers, creations: repeated only like `BILLED`."""


SAFE: Final = Repeat.SAFE
IDEMPOTENT: Final = Repeat.IDEMPOTENT
BILLED: Final = Repeat.BILLED
NEVER: Final = Repeat.NEVER


class Body(Enum):
    """How parameters stand in a request body."""

    FORM = "application/x-www-form-urlencoded"
    JSON = "application/json"


class UrlStyle(Enum):
    """How the operations of a product are told apart, where the gateway takes two ways."""

    PATHS = "paths"
    """`/subaccounts/create`: the published specification."""

    ACTIONS = "actions"
    """`/subaccounts?action=create`: the documentation pages and the older clients."""


@attrs.frozen(kw_only=True, eq=False)
class Row:
    """A line of the table: the HTTP line, the encoder of its parameters, the type of its reply."""

    name: str
    method: str
    path: str = attrs.field(repr=lambda path: without_numbers(str(path).partition("?")[0]))
    encoder: RequestEncoder
    reply: Any
    repeat: Repeat
    body: Body = Body.FORM
    unwrap: str | None = None
    action_path: str | None = None
    """The path in `UrlStyle.ACTIONS`, if it is another one."""

    paged: bool = False
    """One page of a list: the reply is its items and its paging block."""

    many: bool = False
    """A plural lookup: one object stands for a list of one, and items never raise."""

    @property
    def line(self) -> str:
        """The HTTP line as written in the table, `POST /sms`; never with a query."""
        return f"{self.method} {self.path.partition('?')[0]}"

    def path_in(self, style: UrlStyle) -> str:
        """The path in a style of URLs."""
        other = self.action_path
        return other if other is not None and style is UrlStyle.ACTIONS else self.path

    @property
    def may_cost(self) -> bool:
        """True if a repetition could send or bill a second time."""
        return self.repeat in (Repeat.NEVER, Repeat.BILLED)
