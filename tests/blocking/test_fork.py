"""A forked process gets an event loop of its own, and its parent notices nothing (field: 2.18)."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing forks on Windows")

FORKED = """
import os, sys, threading, warnings
from seven_async import Seven

warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: fork() with threads

def note(event):
    print(who, event.request_line, event.attempt, event.cause)

who = "parent"
seven = Seven(on_event=note)
clone = seven.with_options(timeout_s=5)
seven.balance.get()
pid = os.fork()
if not pid:
    who = "child"
    seven.balance.get()
    clone.balance.get()
    {leave}
assert os.waitpid(pid, 0)[1] == 0
seven.balance.get()
"""

IN_FLIGHT = """
import os, sys, threading, warnings
from seven_async import Seven

warnings.simplefilter("ignore", DeprecationWarning)

seven = Seven()
thread = threading.Thread(target=lambda: print("parent", seven.balance.get().currency))
thread.start()
input()
pid = os.fork()
if not pid:
    print("child", seven.pricing.get(country="de") is not None)
    sys.exit()
assert os.waitpid(pid, 0)[1] == 0
thread.join()
"""

AWAITING = """
import asyncio, os, sys
from seven_async import AsyncSeven

seven = AsyncSeven()

async def main(who):
    print(who, (await seven.balance.get()).currency)

asyncio.run(main("parent"))
pid = os.fork()
if not pid:
    asyncio.run(main("child"))
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""


def calls(who: str, count: int) -> list[str]:
    """The lines of calls that succeeded with their first attempt."""
    return [f"{who} GET /balance 1 None"] * count


def test_child_and_parent_call_after_a_fork(python, gateway):
    """All calls of both succeed at once: the child uses no connection of its parent."""
    ended = python.run(FORKED.format(leave="os._exit(0)"), gateway.url)

    told = calls("parent", 1) + calls("child", 2) + calls("parent", 1)
    assert (told, 0, "") == (ended.out.splitlines(), ended.code, ended.err)


def test_end_of_the_child_leaves_the_parent_alone(python, gateway):
    """A child that ends as programs do, exit handlers included, closes nothing of its parent."""
    ended = python.run(FORKED.format(leave="sys.exit()"), gateway.url)

    told = calls("parent", 1) + calls("child", 2) + calls("parent", 1)
    assert (told, 0, "") == (ended.out.splitlines(), ended.code, ended.err)


def test_fork_during_a_call(python, gateway):
    """What another thread has in flight stays the parent's, and gets its answer there."""
    fault = gateway.slow("GET /balance", 1.5)

    with python.started(IN_FLIGHT, gateway.url) as running:
        gateway.wait_for(fault)
        running.go_on()
        ended = running.end()

    assert (["child True", "parent EUR"], 0) == (sorted(ended.out.splitlines()), ended.code)
    assert "" == ended.err


def test_awaiting_client_is_new_in_a_child(python, gateway):
    """A client of the parent's event loop can be used on the loop of a forked process."""
    ended = python.run(AWAITING, gateway.url)

    assert (["parent EUR", "child EUR"], 0) == (ended.out.splitlines(), ended.code)
