"""What tests of one-time passwords share: phones that read codes, and clocks that jump."""

from __future__ import annotations

import re

import pytest

from seven_async import BootTime, Clock
from seven_async.sandbox import Sandbox

SECRET = "a secret of sixteen bytes or more"
PHONE = "+4915112345678"
EVERY_STORE = pytest.mark.parametrize("store", ["memory", "sqlite", "redis"], indirect=True)
"""The rules are the same in each store."""


def read_codes(sandbox: Sandbox, to: str = PHONE) -> list[str]:
    """Return the codes that a phone has got, oldest first."""
    texts = [message.text for message in sandbox.sent(to=to)]
    return [re.search(r"\b\d{4,10}\b", text)[0] for text in texts]


class JumpingClock:
    """A Unix time that can be set, and a time since the start that only goes on."""

    def __init__(self, *, has_boot_time: bool = True) -> None:
        self.unix_s = 1_800_000_000.0
        self.gone_s = 100.0
        self.boot_id: str | None = "a boot" if has_boot_time else None
        self.slept: list[float] = []

    def pass_by(self, seconds: float) -> None:
        """Let real time pass."""
        self.unix_s += seconds
        self.gone_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the Unix time, forward or back."""
        self.unix_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)
        self.pass_by(seconds)

    @property
    def clock(self) -> Clock:
        """The option `clock`."""
        return Clock(
            monotonic=lambda: self.gone_s,
            now=lambda: self.unix_s,
            sleep=self.sleep,
            boot_time=lambda: None if self.boot_id is None else BootTime(self.boot_id, self.gone_s),
        )
