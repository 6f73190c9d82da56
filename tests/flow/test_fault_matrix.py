"""Every way a call can break, for every way a row may be repeated, against the real HTTP sandbox.

The sandbox's own records say what really happened; the SDK must not claim anything else.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email.utils import formatdate
from typing import Any

import attrs
import pytest

from seven_async import (
    ApiError,
    AsyncSeven,
    AuthenticationError,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    SevenError,
)
from seven_async.sandbox import Fault, Sandbox
from tests.flow.skipping_clock import SkippingClock

RECIPIENT = "+491711234567"


@attrs.frozen
class Stage:
    """Where a faulty call goes: the sandbox that keeps the books, and the URL to call."""

    sandbox: Sandbox
    url: str
    contact_id: int = 1
    fault: Fault | None = None


@contextmanager
def served(**fault: Any) -> Iterator[Stage]:
    """A sandbox over HTTP whose calls all meet this fault."""
    sandbox = Sandbox()
    contact_id = contact_in(sandbox)
    rule = sandbox.fault(**fault) if fault else None
    with sandbox.serve() as server:
        yield Stage(sandbox, server.url, contact_id, rule)


def contact_in(sandbox: Sandbox) -> int:
    """The id of a contact to update."""
    headers = {"x-api-key": sandbox.api_key, "accept": "application/json"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = sandbox.handle("POST", "/api/contacts", headers | form, b"firstname=Ada")
    return int(json.loads(answer.body)["id"])


@contextmanager
def elsewhere(url: str) -> Iterator[Stage]:
    """An address where no gateway is."""
    yield Stage(Sandbox(), url)


@contextmanager
def refusing() -> Iterator[Stage]:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with elsewhere(f"http://127.0.0.1:{taken.getsockname()[1]}/api") as stage:
            yield stage


@contextmanager
def deaf() -> Iterator[Stage]:
    """A port whose queue is full: connecting never ends."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with elsewhere(f"http://127.0.0.1:{full.getsockname()[1]}/api") as stage:
            yield stage
        for one in waiting:
            one.close()


@contextmanager
def speaking_no_tls() -> Iterator[Stage]:
    """A plain HTTP server under an https URL."""
    with served() as stage:
        yield attrs.evolve(stage, url=stage.url.replace("http://", "https://"))


@contextmanager
def cutting_the_request() -> Iterator[Stage]:
    """A server that resets each connection after the first bytes of a request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def cut() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.recv(10)
                # Linger of zero: closing resets.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()

        thread = threading.Thread(target=cut)
        thread.start()
        with elsewhere(f"http://127.0.0.1:{server.getsockname()[1]}/api") as stage:
            yield stage
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


FAULTS: dict[str, Callable[[], AbstractContextManager[Stage]]] = {
    "connect refused": refusing,
    "no such host": lambda: elsewhere("http://gateway.invalid/api"),
    "no TLS": speaking_no_tls,
    "connect time-out": deaf,
    "request cut": cutting_the_request,
    "drop before processing": lambda: served(drop="before"),
    "drop after processing": lambda: served(drop="after"),
    "answer cut": lambda: served(drop="within"),
    "read time-out": lambda: served(delay_s=5),
    "reset": lambda: served(drop="after", reset=True),
    "429 in seconds": lambda: served(status=429, retry_after="3"),
    "429 as float": lambda: served(status=429, retry_after="0.5"),
    "429 as date": lambda: served(status=429, retry_after=formatdate(4_000_000_000, usegmt=True)),
    "429 without": lambda: served(status=429),
    "500": lambda: served(status=500),
    "500 after processing": lambda: served(status=500, processed=True),
    "502 after processing": lambda: served(status=502, processed=True),
    "503": lambda: served(status=503),
    "truncated JSON": lambda: served(truncate=True),
    "HTML body": lambda: served(body=b"<html><body>Welcome</body></html>", processed=True),
    "bare 900": lambda: served(body=b'"900"'),
    "empty 200": lambda: served(body=b"", processed=True),
}

NEVER_LEFT = {"connect refused", "no such host", "no TLS", "connect time-out"}
HANGING = {"no TLS", "connect time-out", "read time-out"}
REFUSED = {name for name in FAULTS if name.startswith("429")} | {"bare 900"}

REPEATED_READS = {
    "drop after processing",
    "reset",
    "429 in seconds",
    "500",
    "503",
    "truncated JSON",
}

Call = Callable[[AsyncSeven, Stage], Any]
CALLS: dict[str, Call] = {
    "balance": lambda seven, _: seven.balance.get(),
    "hlr": lambda seven, _: seven.lookup.hlr(RECIPIENT),
    "sms": lambda seven, _: seven.sms.send(RECIPIENT, "Hi"),
    "contact create": lambda seven, _: seven.contacts.create(firstname="Grace"),
    "contact update": lambda seven, stage: seven.contacts.update(
        stage.contact_id, firstname="Grace"
    ),
}
COSTLY = {"hlr", "sms", "contact create"}


ENGINES = [None, "fast"]


async def found(
    stage: Stage, call: Call, fault: str = "", engine: Any = None
) -> tuple[object, SevenError | None]:
    """What a call gives, or the error it ends with; only what hangs is given up soon."""
    async with AsyncSeven(
        api_key=stage.sandbox.api_key,
        base_url=stage.url,
        connect_timeout_s=0.15 if fault in HANGING else 20,
        timeout_s=0.3 if fault in HANGING else 20,
        clock=SkippingClock().clock,
        transport=engine,
    ) as seven:
        try:
            return await call(seven, stage), None
        except SevenError as error:
            return None, error


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_the_sdk_says_agrees_with_the_gateways_books(
    fault: str, call: str, engine: Any
) -> None:
    """No message twice; nothing accepted that was not; nothing called unsent that was sent."""
    with FAULTS[fault]() as stage:
        result, error = await found(stage, CALLS[call], fault, engine)
        booked = len(stage.sandbox.sent(RECIPIENT))
        arrived = stage.fault.calls if stage.fault else 0

    assert booked <= 1
    assert error is not None, "every fault here is one that no repetition cures"
    assert result is None
    expected = expected_outcome(fault)
    assert expected == error.outcome
    if call == "sms":
        assert booked == 0 or error.outcome is Outcome.UNKNOWN
        assert error.foreign_id is not None
    if call in COSTLY and expected is Outcome.UNKNOWN:
        assert isinstance(error, OutcomeUnknownError)
        assert arrived <= 1
    if fault == "bare 900":
        assert isinstance(error, AuthenticationError)
        assert arrived == 1
    if call == "balance" and fault in REPEATED_READS:
        assert arrived == 3
    if fault.startswith("429"):
        assert isinstance(error, RateLimitError)
    assert not isinstance(error, ApiError) or error.request_line


def expected_outcome(fault: str) -> Outcome:
    """What really can be known after a fault."""
    if fault in NEVER_LEFT:
        return Outcome.NOT_SENT
    return Outcome.REJECTED if fault in REFUSED else Outcome.UNKNOWN


@pytest.mark.parametrize("engine", ENGINES)
async def test_without_a_fault_each_call_of_the_matrix_works(engine: Any) -> None:
    """The matrix tests faults, not broken calls."""
    for call in CALLS.values():
        with served() as stage:
            _, error = await found(stage, call, engine=engine)

        assert error is None
