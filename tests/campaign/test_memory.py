"""Memory stays flat, whatever the number of recipients."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTE = 1 << 20

COMMON = """
import json, resource, sqlite3, sys, anyio
from pathlib import Path
from seven_async import AsyncSeven, RawReply, SendSms
from seven_async.campaign import Campaign

class Instant:
    '''A transport that accepts everything at once, so that memory is the campaign's own.'''

    async def send(self, request, attempt):
        if not hasattr(request.value, "text"):
            body = json.dumps(self.journal(request.value)).encode()
            return RawReply(status=200, headers={}, body=body)
        to = request.value.to if isinstance(request.value.to, tuple) else (request.value.to,)
        messages = [{"id": "1", "recipient": one[1:], "parts": 1, "price": 0.075, "success": True}
                    for one in to]
        body = json.dumps({"success": "100", "messages": messages}).encode()
        return RawReply(status=200, headers={}, body=body)

    def journal(self, query):
        return []

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

"""

SEND = """
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


LOOK_UP = """
class Lost(Instant):
    '''A gateway that has accepted nine of ten messages, in batches of a hundred.'''

    def __init__(self, count):
        self.sent = [place for place in range(count) if place % 10]

    def journal(self, query):
        if query.to is not None:
            return []
        begin = query.offset or 0
        places = self.sent[begin : begin + (query.limit or 100)]
        return [{"id": str(place), "to": f"4917{place:08d}", "foreign_id": f"{place // 100:032x}",
                 "text": "Hi", "timestamp": "2026-01-01 00:00:00", "price": "0.075"}
                for place in places]

INSERT = '''
WITH RECURSIVE number (place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM number LIMIT ?)
INSERT INTO message (key, recipient, channel, state, foreign_id, digest, run, intent_at,
                     is_own_reference)
SELECT printf('4917%08d/sms', place), printf('+4917%08d', place), 'sms', 'intent',
       printf('%032x', place / 100), 'x', 1, 1767225600.0, 1 FROM number
'''

async def main(count, journal):
    async with AsyncSeven(api_key="key", transport=Lost(count)) as seven:
        async with Campaign(seven, journal=journal) as campaign:
            async for _ in campaign.send(texts(1)):
                pass
        database = sqlite3.connect(journal)
        database.execute("DELETE FROM message")
        database.execute(INSERT, (count,))
        database.commit()
        database.close()
        peaks = [peak()]
        async with Campaign(seven, journal=journal) as campaign:
            async for _ in campaign.send(texts(1)):
                peaks.append(peak())
            report = campaign.report()
    assert (report.accepted, report.unknown) == (count * 9 // 10, count // 10), report
    print(json.dumps(peaks))

anyio.run(main, int(sys.argv[1]), sys.argv[2])
"""


def peaks(count: int, journal: Path | str, script: str = SEND) -> list[int]:
    """Peak memory of a process of its own as the script took it, in bytes."""
    command = [sys.executable, "-c", COMMON + script, str(count), str(journal)]
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


def test_memory_does_not_grow_with_messages_in_doubt(tmp_path):
    """What earlier runs left without a result is looked up in pages."""
    before, after = peaks(20_000, tmp_path / "c.db", LOOK_UP)

    assert after - before < 12 * MEGABYTE


@pytest.mark.soak
def test_two_hundred_thousand_messages_in_doubt(tmp_path):
    """Ten times as many take no more memory."""
    before, after = peaks(200_000, tmp_path / "c.db", LOOK_UP)

    assert after - before < 16 * MEGABYTE
