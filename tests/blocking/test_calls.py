"""Calls of one blocking client from threads, event loops and its own callbacks."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import anyio
import pytest

from seven_async import ConfigurationError, InvalidParameterError, Seven

THREADS = 32
CALLS_EACH = 10


@pytest.fixture
def seven(gateway):
    """A client of the gateway."""
    with Seven(api_key="sandbox-key", base_url=gateway.url) as client:
        yield client


def loop_threads() -> int:
    """How many threads run the event loop of a client."""
    return sum(thread.name == "seven_async" for thread in threading.enumerate())


def test_threads_share_one_client(seven, gateway):
    """Every call of every thread is answered with its own answer, over one event loop."""
    start = threading.Barrier(THREADS)

    def send(number: int) -> list[str]:
        start.wait()
        numbers = [f"49171{number:03}{call:04}" for call in range(CALLS_EACH)]
        return [seven.sms.send(to, text="Hi").messages[0].recipient == to for to in numbers]

    with ThreadPoolExecutor(THREADS) as pool:
        answered = Counter(right for one in pool.map(send, range(THREADS)) for right in one)

    assert {True: THREADS * CALLS_EACH} == answered
    assert THREADS * CALLS_EACH == len(gateway.sandbox.ledger)
    assert 1 == loop_threads()


def test_first_calls_of_many_threads_start_one_loop(gateway):
    """However many threads come first at the same moment, one of them opens the client."""
    start = threading.Barrier(THREADS)

    with Seven(api_key="sandbox-key", base_url=gateway.url) as seven:

        def get(_: int) -> str:
            start.wait()
            return seven.balance.get().currency

        with ThreadPoolExecutor(THREADS) as pool:
            answers = set(pool.map(get, range(THREADS)))

        assert ({"EUR"}, 1) == (answers, loop_threads())


def test_call_within_a_running_event_loop(seven, anyio_backend_name):
    """In a notebook, or in any async function, a call works; it holds up that event loop."""

    async def main() -> str:
        return seven.balance.get().currency

    assert "EUR" == anyio.run(main, backend=anyio_backend_name)


def test_client_made_within_a_running_event_loop(gateway, anyio_backend_name):
    """A client and a clone may be made, used and closed inside any event loop."""

    async def main() -> set[str]:
        with Seven(api_key="sandbox-key", base_url=gateway.url) as seven:
            clones = [seven.with_options(timeout_s=5), seven.with_options(concurrency=1)]
            return {client.balance.get().currency for client in (seven, *clones)}

    assert {"EUR"} == anyio.run(main, backend=anyio_backend_name)


def test_call_from_its_own_loop_is_refused(gateway):
    """A call in `on_event` would wait for itself, so it is an error that says so."""
    refused = []

    def ask(_: object) -> None:
        try:
            seven.balance.get()
        except ConfigurationError as error:
            refused.append(str(error))

    with Seven(api_key="sandbox-key", base_url=gateway.url, on_event=ask) as seven:
        seven.balance.get()

    assert 1 == len(refused)
    assert "Hand it to another thread" in refused[0]


def test_closing_from_its_own_loop_is_refused(gateway):
    """Closing in `on_event` would wait for itself, too; the client stays open."""
    refused = []

    def close(_: object) -> None:
        try:
            seven.close()
        except ConfigurationError as error:
            refused.append(str(error))

    with Seven(api_key="sandbox-key", base_url=gateway.url, on_event=close) as seven:
        seven.balance.get()
        currency = seven.with_options(on_event=None).balance.get().currency

    assert (1, "EUR") == (len(refused), currency)


def test_error_of_a_call_is_the_error_that_was_raised(seven, gateway):
    """Errors cross the threads as they are, with the request and without a chain of their own."""
    gateway.sandbox.fault("POST /sms", code=202)

    with pytest.raises(InvalidParameterError) as caught:
        seven.sms.send("+491711234567", text="Hi")

    assert (202, None) == (caught.value.code, caught.value.__context__)


def test_observer_sees_the_context_of_the_caller(gateway):
    """Context variables reach `on_event`, which is how a trace finds the span it is part of."""
    place: ContextVar[str] = ContextVar("place", default="nowhere")
    seen = []

    def note(_: object) -> None:
        seen.append(place.get())

    with Seven(api_key="sandbox-key", base_url=gateway.url, on_event=note) as seven:
        place.set("here")
        seven.balance.get()

    assert ["here"] == seen


def test_pages_and_raw_requests_and_warmup(seven):
    """What is no method of a group works from a thread, too."""
    seven.warmup()
    sent = {seven.sms.send(f"4917100000{number}", text="Hi").messages[0].id for number in (1, 2, 3)}

    listed = {entry.id for entry in seven.journal.outbound(limit=2)}

    assert sent == listed
    assert 200 == seven.raw("GET", "/balance").status
