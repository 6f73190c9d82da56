"""A process that has codes sent and guesses, beside others with the same store.

`python -m tests.otp.attacking_process STORE CALLS`: prints a line when it is ready, waits for one,
and prints how many messages left and how many checks of one code succeeded.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from seven_async import Rate, Seven
from seven_async.otp import (
    OneTimePasswords,
    OtpLimits,
    SqliteOtpStore,
    TooManyCodesError,
    WrongCodeError,
)
from seven_async.sandbox import Sandbox
from tests.otp.phones import PHONE, SECRET

LIMITS = OtpLimits(cool_down_s=0, per_number=Rate(7, per_s=86_400))


def run(path: Path, calls: int) -> tuple[int, int]:
    """Return the messages that left, and how often the code of the parent counted."""
    sandbox = Sandbox()
    code = path.with_suffix(".code").read_text()
    with Seven(**sandbox.options) as seven:
        otp = OneTimePasswords(seven, secret=SECRET, store=SqliteOtpStore(path), limits=LIMITS)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        right = 0
        for _ in range(calls):
            with suppress(TooManyCodesError):
                otp.send(PHONE, purpose="payment")
            with suppress(WrongCodeError):
                otp.verify(PHONE, code, purpose="login")
                right += 1
        return len(sandbox.ledger), right


if __name__ == "__main__":
    sys.stdout.write("{} {}\n".format(*run(Path(sys.argv[1]), int(sys.argv[2]))))
