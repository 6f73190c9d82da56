"""A sandbox, a clock, and a store of each kind, for tests of one-time passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seven_async import AsyncSeven
from seven_async.otp import (
    MemoryOtpStore,
    OneTimePasswords,
    OtpStore,
    RedisOtpStore,
    SqliteOtpStore,
)
from seven_async.sandbox import Sandbox
from tests.otp.phones import SECRET, JumpingClock


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture
def hands() -> JumpingClock:
    """The clock of store and client."""
    return JumpingClock()


def build_redis(hands: JumpingClock) -> RedisOtpStore:
    """Return a store in a Redis of this process, whose own clock is the one of the test."""
    fakeredis = pytest.importorskip("fakeredis", reason="the package fakeredis is not installed")
    client = fakeredis.FakeRedis()
    build = client.pipeline

    def pipeline(*arguments: object, **options: object) -> object:
        pipe = build(*arguments, **options)
        pipe.time = lambda: (int(hands.unix_s), int(hands.unix_s % 1 * 1e6))
        return pipe

    client.pipeline = pipeline
    return RedisOtpStore(client)


@pytest.fixture
def store(request, hands: JumpingClock, tmp_path: Path) -> Iterator[OtpStore]:
    """An empty store; in memory, unless a test asks for `EVERY_STORE`."""
    kind = getattr(request, "param", "memory")
    if kind == "sqlite":
        opened = SqliteOtpStore(tmp_path / "otp.db", clock=hands.clock)
        yield opened
        opened.close()
    else:
        yield build_redis(hands) if kind == "redis" else MemoryOtpStore(clock=hands.clock)


@pytest.fixture
def build_otp(sandbox: Sandbox, hands: JumpingClock, store: OtpStore):
    """Make one-time passwords on the sandbox, with options of the test."""

    def build(**options: object) -> OneTimePasswords:
        seven = AsyncSeven(**sandbox.options, clock=hands.clock)
        return OneTimePasswords(seven, **{"secret": SECRET, "store": store, **options})

    return build
