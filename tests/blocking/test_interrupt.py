"""Ctrl-C cancels the request in flight, at once, and the client lives on (field: 2.18)."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from seven_async.loop_thread import _Handover

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows sends no signals to processes")

SENDING = """
from seven_async import Seven

def note(event):
    print("event", event.route, event.cause, event.outcome)

seven = Seven(on_event=note)
try:
    seven.sms.send("+491711234567", text="Hi")
except KeyboardInterrupt:
    print("interrupted")
print(seven.balance.get().currency)
"""

WITHIN = """
from seven_async import Seven

with Seven() as seven:
    seven.balance.get()
"""

ALARM = """
import signal
from seven_async import Seven

class Alarm(Exception):
    pass

def ring(*_):
    raise Alarm

signal.signal(signal.SIGALRM, ring)
seven = Seven(on_event=lambda event: print(event.cause))
try:
    seven.balance.get()
except Alarm:
    print("rang")
"""


def test_interrupt_cancels_the_request_and_tells_of_it(python, gateway):
    """The event comes before KeyboardInterrupt goes on, nothing is repeated, and calls work on."""
    fault = gateway.slow("POST /sms", 60)

    with python.started(SENDING, gateway.url) as running:
        gateway.wait_for(fault)
        begun = time.monotonic()
        running.interrupt(signal.SIGINT)
        ended = running.end()
        took_s = time.monotonic() - begun

    told = ["event sms.send Cancelled unknown", "interrupted", "event balance.get None None", "EUR"]
    assert (told, 0) == (ended.out.splitlines(), ended.code)
    assert 1 == len(gateway.sandbox.ledger)
    assert took_s < 30


def test_interrupt_within_a_with_block_ends_the_program(python, gateway):
    """Closing on the way out does not wait for what was just cancelled."""
    fault = gateway.slow("GET /balance", 60)

    with python.started(WITHIN, gateway.url) as running:
        gateway.wait_for(fault)
        begun = time.monotonic()
        running.interrupt(signal.SIGINT)
        ended = running.end()
        took_s = time.monotonic() - begun

    assert (-signal.SIGINT, "KeyboardInterrupt") == (ended.code, ended.err.splitlines()[-1])
    assert took_s < 30


def test_exception_of_a_signal_handler_cancels_too(python, gateway):
    """Whatever a signal's handler raises in a waiting call cancels the request."""
    fault = gateway.slow("GET /balance", 60)

    with python.started(ALARM, gateway.url) as running:
        gateway.wait_for(fault)
        running.interrupt(signal.SIGALRM)

        assert "Cancelled\nrang\n" == running.end().out


def test_call_that_is_cancelled_before_it_began_never_begins():
    """Ctrl-C between handing a call over and its first step: nothing is sent afterwards."""
    begun = []

    async def call() -> None:
        begun.append(1)

    async def loop() -> None:
        handover = _Handover(call, ())
        handover.begin()
        handover.cancel()
        await asyncio.sleep(0.01)
        handover.wait()

    asyncio.run(loop())

    assert [] == begun
