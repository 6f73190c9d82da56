"""A sandbox in this process, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seven_async.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A gateway of its own for each test."""
    return Sandbox(api_key="sandbox-key")


@pytest.fixture
def options(sandbox: Sandbox) -> dict[str, object]:
    """The options that lead a client to the sandbox."""
    return {**sandbox.options}
