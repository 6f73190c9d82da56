"""What becomes of 1,000 messages on a bad day: httpx with the usual retry, beside this package.

    python benchmarks/plain_httpx_bench.py

Both send the same messages to gateways that fail alike, in this process: of a hundred answers two
are lost on their way back, two requests are refused with HTTP 503 before they are looked at, and
one recipient of a hundred is wrong, which the gateway tells at HTTP 200. The gateways accept the
same SMS twice: the lock of 180 seconds can be off, and other channels than SMS have none. Numbers
are counts by seed, not times: they are the same on every machine.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import NamedTuple

import httpx

from seven_async import AsyncSeven, Clock, NotSentError, OutcomeUnknownError, Retry, SevenError
from seven_async.sandbox import Sandbox

PEOPLE = 1_000
WRONG = 100
"""Every so-manieth recipient is wrong."""


class Count(NamedTuple):
    """What a run left behind."""

    twice: int
    not_served: int
    believed_sent: int
    unknown: int


def numbers() -> list[str]:
    """Return the recipients; those of three digits are no numbers, which the gateway says."""
    return [
        f"{100 + place // WRONG}" if place % WRONG == 0 else f"+49171{place:07}"
        for place in range(PEOPLE)
    ]


def build_gateway() -> Sandbox:
    """Return a gateway on a bad day, always the same one."""
    sandbox = Sandbox(reload_lock=False, seed=7)
    sandbox.fault("POST /sms", probability=0.02, drop="after")
    sandbox.fault("POST /sms", probability=0.02, status=503)
    return sandbox


def count_served(sandbox: Sandbox) -> Counter[str]:
    """Return how often each number was really sent to."""
    return Counter(f"+{entry.to}" for entry in sandbox.ledger)


async def send_plainly(client: httpx.AsyncClient, sandbox: Sandbox, number: str) -> bool:
    """Send as most programs do: three attempts, and HTTP 200 means that it was sent."""
    form = {"to": number, "text": "Doors open at 8", "from": "Acme"}
    headers = {"X-Api-Key": sandbox.api_key, "Accept": "application/json"}
    for _ in range(3):
        try:
            reply = await client.post(f"{sandbox.base_url}/sms", data=form, headers=headers)
            reply.raise_for_status()
        except httpx.HTTPError:
            continue
        return True
    return False


async def run_plain() -> Count:
    """Count what httpx with three attempts leaves behind."""
    sandbox = build_gateway()
    async with httpx.AsyncClient(transport=sandbox.transport) as client:
        believed = {number: await send_plainly(client, sandbox, number) for number in numbers()}
    served = count_served(sandbox)
    return Count(
        twice=sum(times > 1 for times in served.values()),
        not_served=sum(not served[number] for number in believed),
        believed_sent=sum(is_sent and not served[number] for number, is_sent in believed.items()),
        unknown=0,
    )


async def send_with_seven(seven: AsyncSeven, number: str) -> str:
    """Send once; where the answer was lost, ask the gateway's journal."""
    try:
        receipt = await seven.sms.send(number, "Doors open at 8", from_="Acme")
    except OutcomeUnknownError as error:
        return (await seven.reconcile(error)).state
    except NotSentError:
        return "not_sent"
    except SevenError:
        return "refused"
    return "refused" if receipt.failed else "accepted"


async def run_seven() -> Count:
    """Count what this package leaves behind: HTTP 503 proves nothing, so it asks the journal."""
    sandbox = build_gateway()
    clock = Clock(sleep=lambda _: asyncio.sleep(0))
    async with AsyncSeven(**sandbox.options, clock=clock, retry=Retry()) as seven:
        states: dict[str, str] = {}
        for number in numbers():
            state = await send_with_seven(seven, number)
            if state == "not_found":  # the journal was asked: it never arrived
                state = await send_with_seven(seven, number)
            states[number] = state
    served = count_served(sandbox)
    return Count(
        twice=sum(times > 1 for times in served.values()),
        not_served=sum(not served[number] for number in states),
        believed_sent=sum(
            state == "accepted" and not served[number] for number, state in states.items()
        ),
        unknown=sum(state == "unknown" for state in states.values()),
    )


async def main() -> None:
    """Print both, and whether what the README says of them holds."""
    plain, seven = await run_plain(), await run_seven()
    print(f"{PEOPLE} recipients, of which {PEOPLE // WRONG} are no numbers")
    print(f"{'':<28}{'twice':>8}{'not served':>12}{'believed sent':>15}{'unknown':>9}")
    for name, count in (("httpx, three attempts", plain), ("seven_async", seven)):
        print(
            f"{name:<28}{count.twice:>8}{count.not_served:>12}"
            f"{count.believed_sent:>15}{count.unknown:>9}"
        )
    assert (seven.twice, seven.believed_sent) == (0, 0)


if __name__ == "__main__":
    asyncio.run(main())
