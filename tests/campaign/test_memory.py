"""Memory stays flat, whatever the number of recipients."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTE = 1 << 20

SEND = """
import json, resource, sys, anyio
from pathlib import Path
from seven_async import AsyncSeven, SendSms
from seven_async.campaign import Campaign

class Instant:
    '''A transport that accepts everything at once, so that memory is the campaign's own.'''

    async def send(self, request, attempt):
        from seven_async import RawReply
        to = request.value.to if isinstance(request.value.to, tuple) else (request.value.to,)
        messages = [{"id": "1", "recipient": one[1:], "parts": 1, "price": 0.075, "success": True}
                    for one in to]
        body = json.dumps({"success": "100", "messages": messages}).encode()
        return RawReply(status=200, headers={}, body=body)

    async def aclose(self):
        pass

def texts(count):
    for place in range(count):
        yield SendSms(f"+4917{place:08d}", "Hi")

def peak():
    # Linux hands the highest memory of a parent on to its children, in getrusage alone.
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

async def main(count, journal):
    peaks = []
    async with (
        AsyncSeven(api_key="key", transport=Instant()) as seven,
        Campaign(seven, journal=journal or None, batch=100) as campaign,
    ):
        done = 0
        async for _ in campaign.send(texts(count)):
            done += 1
            if done % (count // 10) == 0:
                peaks.append(peak())
        assert campaign.report().accepted == count
    print(json.dumps(peaks))

anyio.run(main, int(sys.argv[1]), sys.argv[2])
"""


def peaks(count: int, journal: Path | str) -> list[int]:
    """Peak memory of a process of its own at each tenth of a campaign, in bytes."""
    command = [sys.executable, "-c", SEND, str(count), str(journal)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("has_journal", [False, True])
def test_memory_does_not_grow(tmp_path, has_journal):
    """From a tenth of the way on, memory is what it will be."""
    found = peaks(50_000, tmp_path / "c.db" if has_journal else "")

    assert found[-1] - found[2] < 12 * MEGABYTE


@pytest.mark.soak
@pytest.mark.parametrize("has_journal", [False, True])
def test_a_million_recipients(tmp_path, has_journal):
    """A million from a generator stay below 150 MB, and flat from 100,000 on."""
    found = peaks(1_000_000, tmp_path / "c.db" if has_journal else "")

    assert found[-1] < 150 * MEGABYTE
    assert found[-1] - found[0] < 16 * MEGABYTE
