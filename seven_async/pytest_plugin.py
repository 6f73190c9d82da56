"""Fixtures for testing an application against the sandbox, without a network or an account.

`seven_sandbox` is the gateway, `seven` and `seven_blocking` are clients whose requests it answers:

    async def test_welcome(seven_sandbox, seven):
        await welcome(seven, "+491711234567")

        assert "Welcome!" == seven_sandbox.sent(to="0171 1234567")[0].text

The clients are opened when first used; each test has its own sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # At run time they are imported by the fixtures: the plugin is loaded in every pytest run,
    # also in those that never ask for it.
    from seven_async import AsyncSeven, Seven
    from seven_async.sandbox import Sandbox

__all__ = ["seven", "seven_blocking", "seven_sandbox"]


@pytest.fixture
def seven_sandbox() -> Sandbox:
    """A gateway of its own for this test: empty, with credit, its clock on real time."""
    from seven_async.sandbox import Sandbox  # noqa: PLC0415 - see above

    return Sandbox()


@pytest.fixture
def seven(seven_sandbox: Sandbox) -> AsyncSeven:
    """An `AsyncSeven` whose requests `seven_sandbox` answers, on asyncio and trio."""
    from seven_async import AsyncSeven  # noqa: PLC0415 - see above

    return AsyncSeven(**seven_sandbox.options)


@pytest.fixture
def seven_blocking(seven_sandbox: Sandbox) -> Iterator[Seven]:
    """A `Seven` whose requests `seven_sandbox` answers; closed after the test."""
    from seven_async import Seven  # noqa: PLC0415 - see above

    with Seven(**seven_sandbox.options) as client:
        yield client
