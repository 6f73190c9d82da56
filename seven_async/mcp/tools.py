"""Which methods of the route table are tools, and what each may do.

In: what is allowed. Out: tools, by their names. No I/O.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import attrs

from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.documentation import parse_docstring
from seven_async.api.routes.endpoint import Endpoint
from seven_async.api.table import endpoints
from seven_async.errors import ConfigurationError
from seven_async.flow.row import Repeat
from seven_async.mcp.schemas import Schema, build_schema

PLAN: Final = "plan_"
RUN_PLAN: Final = "run_plan"


class Allowed(StrEnum):
    """What a server may do beyond free reads."""

    SEND = "send"
    """Send messages and calls, each after a plan and the confirmation of a human."""

    WRITE = "write"
    """Change the account (contacts, hooks, numbers, credit), in the same way."""

    BILLED = "billed"
    """Look numbers up where that costs money; without asking a human."""


@attrs.frozen(slots=False)
class ApiTool:
    """A method of the client as a tool: `journal_outbound`, `plan_sms_send`."""

    endpoint: Endpoint
    needs: Allowed | None

    @property
    def is_planned(self) -> bool:
        """True if it has an effect, so that it is planned first."""
        return self.needs in (Allowed.SEND, Allowed.WRITE)

    @property
    def name(self) -> str:
        """The name of the tool."""
        word = self.endpoint.row.name.replace(".", "_")
        return f"{PLAN}{word}" if self.is_planned else word

    @property
    def description(self) -> str:
        """What the method does, and for what has an effect how to go on."""
        text = parse_docstring(self.endpoint.request.__doc__ or "")[""]
        if self.is_planned:
            return (
                f"Plan this, and do nothing yet: {text}\n\nReturns a plan_id. {RUN_PLAN} asks a "
                "human to confirm the plan, and carries it out once."
            )
        if self.needs is Allowed.BILLED:
            return f"{text}\n\nEach call costs money."
        return text

    @cached_property
    def schema(self) -> Schema:
        """The arguments of the method."""
        return build_schema(self.endpoint.request)


def to_allowed(words: Collection[str]) -> frozenset[Allowed]:
    """Return what is allowed; raises `ConfigurationError` for a word that is none."""
    known = {each.value for each in Allowed}
    unknown = [word for word in words if word not in known]
    if unknown or isinstance(words, str):
        raise ConfigurationError(
            f"allow takes {', '.join(sorted(known))}, several in a list, not {words!r}"
        )
    return frozenset(map(Allowed, words))


def build_tools(allowed: Collection[Allowed]) -> Mapping[str, ApiTool]:
    """Return the tools of a server by their names, in the order of the route table."""
    every = [ApiTool(endpoint, _needs_of(endpoint)) for endpoint in endpoints()]
    return {tool.name: tool for tool in every if tool.needs is None or tool.needs in allowed}


def _needs_of(endpoint: Endpoint) -> Allowed | None:
    row = endpoint.row
    reply: Any = row.reply
    if isinstance(reply, type) and issubclass(reply, Receipt):
        return Allowed.SEND
    if row.repeat is Repeat.BILLED:
        return Allowed.BILLED
    return None if row.method == "GET" and row.repeat is Repeat.SAFE else Allowed.WRITE
