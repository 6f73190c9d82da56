"""The colours of one-time passwords: each client has its own."""

from __future__ import annotations

from typing import assert_type

import redis

from seven_async import AsyncSeven, SendRcs, SendSms, Seven
from seven_async.campaign import Fallback
from seven_async.otp import (
    MemoryOtpStore,
    OneTimePasswords,
    OtpStore,
    RedisOtpStore,
    SentCode,
    SqliteOtpStore,
)


def build(to: str, code: str) -> Fallback:
    """Build a message in two forms."""
    return Fallback(SendRcs(to, code), SendSms(to, code))


async def awaited() -> None:
    """Right and wrong calls with an awaiting client."""
    otp = OneTimePasswords(AsyncSeven(), secret="", message=build)
    assert_type(await otp.send("+49", purpose="login"), SentCode)
    assert_type(await otp.verify("+49", "123456", purpose="login"), str)
    await otp.revoke("+49", purpose="login")
    await otp.send("+49")  # type: ignore[call-arg]


def blocked() -> None:
    """Right and wrong calls with a blocking client."""
    otp = OneTimePasswords(Seven(), secret=b"", message="{code}")
    assert_type(otp.send("+49", purpose="login"), SentCode)
    assert_type(otp.verify("+49", "123456", purpose="login"), str)
    OneTimePasswords(Seven(), secret="", message=build("+49", "1"))  # type: ignore[arg-type]


def stores() -> list[OtpStore]:
    """Every store keeps the protocol."""
    stores: list[OtpStore] = [MemoryOtpStore(), SqliteOtpStore("otp.db")]
    return [*stores, RedisOtpStore("redis://localhost/0"), RedisOtpStore(redis.Redis())]
