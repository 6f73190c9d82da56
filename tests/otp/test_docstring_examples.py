"""The examples in the documentation of one-time passwords run as they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from seven_async import AsyncSeven
from seven_async import otp as public
from seven_async.otp import OneTimePasswords, OtpLimits
from seven_async.sandbox import Sandbox
from tests.api.method_examples import example_code, run_example
from tests.otp.phones import SECRET

METHODS = (OneTimePasswords.send, OneTimePasswords.verify, OneTimePasswords.revoke)


@pytest.mark.parametrize("shown", [OneTimePasswords, OtpLimits, *METHODS])
async def test_example_runs(shown, sandbox: Sandbox, tmp_path: Path, monkeypatch):
    """Whoever pastes an example gets what it says."""
    monkeypatch.chdir(tmp_path)
    codes = iter(["000000", "123456"])
    monkeypatch.setattr("seven_async.otp.service.draw_code", lambda _: next(codes))
    async with AsyncSeven(**sandbox.options) as seven:
        otp = OneTimePasswords(seven, secret=SECRET, limits=OtpLimits(cool_down_s=0))
        await otp.send("+491711234567", purpose="login")
        names = {name: getattr(public, name) for name in public.__all__}
        names |= {"otp": otp, "secret": SECRET, "typed": "000000"}
        await run_example(example_code(shown), seven, **names)
