"""A gateway on a port, and the interpreters that talk to it from processes of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from seven_async.sandbox import Sandbox
from tests.blocking.interpreters import VERSIONS, Interpreter, found


class Gateway:
    """A served sandbox whose answers can be held back."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url

    def slow(self, route: str, delay_s: float):
        """A rule: calls are processed at once and answered late."""
        return self.sandbox.fault(route, delay_s=delay_s)

    @staticmethod
    def wait_for(fault, hits: int = 1) -> None:
        """Return when so many calls are in flight."""
        limit = time.monotonic() + 20
        while fault.hits < hits:
            assert time.monotonic() < limit, "the call never came"
            time.sleep(0.01)  # real threads and sockets


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway of its own for each test."""
    sandbox = Sandbox(api_key="sandbox-key")
    with sandbox.serve() as server:
        yield Gateway(sandbox, server.url)


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> Interpreter:
    """Each supported interpreter that is here."""
    interpreter = found(request.param)
    if isinstance(interpreter, str):
        pytest.skip(interpreter)
    return interpreter


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend_name(request: pytest.FixtureRequest) -> str:
    """The name of each event loop, for tests that run it themselves."""
    return request.param
