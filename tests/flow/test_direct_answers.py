"""The sandbox in the process answers without objects of httpx, and fails as it does with them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from seven_async import AsyncSeven, SevenError
from seven_async.flow.request import RawReply
from seven_async.flow.transport import HttpxTransport
from seven_async.sandbox import Sandbox

NUMBER, TEXT = "+491711234567", "an unmistakable text"

FAULTS: list[dict[str, Any]] = [
    {"drop": "before"},
    {"drop": "after"},
    {"drop": "within"},
    {"drop": "connect"},
    {"reset": True},
    {"truncate": True},
    {"garble": True},
    {"status": 503, "retry_after": 1},
    {"status": 429, "headers": {"X-Cause": "a", "x-cause": "b"}},
    {"code": 500},
    {"body": ""},
    {"delay_s": 31},
    {"body": "x" * 2000},
]


class ThroughHttpx(httpx.AsyncBaseTransport):
    """The same sandbox, behind requests and responses of httpx."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on."""
        return await self._inner.handle_async_request(request)


async def no_sleep(seconds: float) -> None:
    """Let no time go by."""


def told(error: BaseException | None) -> list[object]:
    """Return what an error and its causes tell, but for the reference that is made up."""
    facts: list[object] = []
    while isinstance(error, SevenError):
        text = str(error).partition(" (foreign_id")[0]
        facts.append((type(error).__name__, error.outcome, text))
        error = error.__cause__
    return facts


async def send(fault: dict[str, Any], *, directly: bool) -> tuple[object, int]:
    """Send once to a sandbox with a fault; return what came of it, and what was accepted."""
    sandbox = Sandbox(sleep=no_sleep)
    carrier = sandbox.transport if directly else ThroughHttpx(sandbox.transport)
    options: dict[str, Any] = {**sandbox.options, "transport": carrier}
    async with AsyncSeven(**options, retry=None, max_reply_bytes=1500) as seven:
        with sandbox.fault("POST /sms", **fault):
            try:
                receipt = await seven.sms.send(NUMBER, TEXT)
            except SevenError as error:
                return told(error), len(sandbox.ledger)
            return receipt.code, len(sandbox.ledger)


@pytest.mark.parametrize("fault", FAULTS, ids="-".join)
async def test_failures_are_those_that_httpx_would_tell(fault: dict[str, Any]) -> None:
    """Whether a message may have left, and every word of the error."""
    directly, through = [await send(fault, directly=is_direct) for is_direct in (True, False)]
    if "delay_s" in fault:  # a sleep that takes no time, so that httpx tells of its own time-out
        assert "OutcomeUnknownError" == directly[0][0][0] == through[0][0][0]
    else:
        assert through == directly


async def test_a_reply_has_the_headers_that_httpx_would_give() -> None:
    """By lower-case names, several values of one name joined."""
    replies: list[RawReply] = []
    sandbox = Sandbox(now=lambda: 1_800_000_000.0)
    for carrier in (sandbox.transport, ThroughHttpx(sandbox.transport)):
        options: dict[str, Any] = {**sandbox.options, "transport": carrier}
        async with AsyncSeven(**options) as seven:
            replies.append(await seven.raw("GET", "/balance"))

    direct, through = replies
    assert dict(through.headers) == dict(direct.headers)
    assert (through.status, through.body) == (direct.status, direct.body)


async def test_no_object_of_httpx_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is what it is for: they took a quarter of a send."""
    monkeypatch.setattr(HttpxTransport, "_build_httpx_request", None)
    sandbox = Sandbox()
    async with AsyncSeven(**sandbox.options) as seven:
        await seven.sms.send(NUMBER, TEXT)

    assert 1 == len(sandbox.ledger)
