"""A million messages in bounded memory; takes about a minute; I/O: none."""

from __future__ import annotations

import sys

import pytest

from tests.sandbox.caller import ACCEPTS_JSON, FORM, Caller

resource = pytest.importorskip("resource", reason="tells the memory of a process, on Unix only")

MESSAGES = 1_000_000
KEPT = 20_000


def send(caller: Caller, numbers: range) -> None:
    """One message to each of so many recipients."""
    headers = {**ACCEPTS_JSON, "content-type": FORM}
    for number in numbers:
        body = b"to=49171%07d&text=hello&label=l%d" % (number, number % 50)
        answer = caller.sandbox.handle("POST", "/api/sms", headers, body)
        assert b'{"success":"100"' == answer.body[:16]


def peak_kib() -> int:
    """The most memory this process ever had."""
    unit = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


@pytest.mark.soak
def test_memory_stays_bounded():
    """From half a million on, no more is needed than tables take to be rebuilt; all are counted."""
    caller = Caller(keep=KEPT)
    send(caller, range(MESSAGES // 2))
    before = peak_kib()
    send(caller, range(MESSAGES // 2, MESSAGES))

    assert peak_kib() - before < 32 * 1024  # 500,000 messages kept would need ten times as much
    assert (MESSAGES, KEPT) == (caller.sandbox.ledger.accepted, len(caller.sandbox.ledger))
    assert MESSAGES == caller.json("GET /analytics/country")[0]["sms"]
    (oldest, *_) = caller.sandbox.ledger
    assert f"49171{MESSAGES - KEPT:07d}" == oldest.to
