"""A blocking client from its opening to its end."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import warnings

import pytest

from seven_async import ConfigurationError, Seven, TransportError
from seven_async.loop_thread import _Handover


def client_of(gateway, **options) -> Seven:
    """A client that nobody has used."""
    return Seven(api_key="sandbox-key", base_url=gateway.url, **options)


def loop_threads() -> list[threading.Thread]:
    """The threads that run the event loop of a client."""
    return [thread for thread in threading.enumerate() if thread.name == "seven_async"]


def test_nothing_is_started_before_the_first_call(gateway):
    """Making a client costs no thread, so that one may be made when a module is imported."""
    seven = client_of(gateway)

    assert ([], f"<Seven {gateway.url} over httpx engine, new>") == (loop_threads(), repr(seven))


def test_closing_ends_the_thread(gateway):
    """After `close()` nothing of the client is left, and a second time does nothing."""
    seven = client_of(gateway)
    seven.balance.get()
    seven.close()
    seven.close()

    assert ([], f"<Seven {gateway.url}, closed>") == (loop_threads(), repr(seven))


@pytest.mark.parametrize("was_open", [False, True])
def test_closed_client_refuses_calls(gateway, was_open):
    """A call, a clone's call and a `with` block after closing raise an error that says so."""
    seven = client_of(gateway)
    clones = [seven.with_options(timeout_s=20), seven.with_options(concurrency=1)]
    if was_open:
        seven.balance.get()
    seven.close()

    for client in (seven, *clones):
        with pytest.raises(ConfigurationError, match="closed"):
            client.balance.get()
        with pytest.raises(ConfigurationError, match="closed"):
            client.__enter__()


def test_closing_a_clone_leaves_its_origin_open(gateway):
    """Clones share the connections, so only the first client gives them back."""
    with client_of(gateway) as seven:
        with seven.with_options(timeout_s=20) as clone:
            clone.balance.get()
        with seven.with_options(concurrency=1) as clone:
            clone.balance.get()

        assert "EUR" == seven.balance.get().currency


def test_closing_waits_for_calls_in_flight(gateway):
    """Whoever has a message in flight learns what became of it."""
    fault = gateway.slow("POST /sms", 0.5)
    seven = client_of(gateway)
    receipts = []
    thread = threading.Thread(
        target=lambda: receipts.append(seven.sms.send("491711234567", text="Hi"))
    )
    thread.start()
    gateway.wait_for(fault)
    seven.close()
    thread.join()

    assert [100] == [receipt.code for receipt in receipts]


def test_interrupted_block_does_not_wait(gateway):
    """After Ctrl-C the end of `with` cuts off what other threads have in flight, as unknown."""
    fault = gateway.slow("POST /sms", 60)
    errors = []

    def send(seven: Seven) -> None:
        try:
            seven.sms.send("491711234567", text="Hi")
        except TransportError as error:
            errors.append(error.outcome)

    def block() -> None:
        with client_of(gateway) as seven:
            threads.append(threading.Thread(target=send, args=(seven,)))
            threads[0].start()
            gateway.wait_for(fault)
            raise KeyboardInterrupt

    threads: list[threading.Thread] = []
    with pytest.raises(KeyboardInterrupt):
        block()
    threads[0].join(10)

    assert (["unknown"], []) == (errors, loop_threads())


def test_call_that_the_end_of_the_loop_cuts_off_is_unknown(gateway):
    """A call whose loop is ended under it raises a SevenError, and does not wait for ever."""
    fault = gateway.slow("POST /sms", 60)
    seven = client_of(gateway)
    errors = []

    def send() -> None:
        try:
            seven.sms.send("491711234567", text="Hi")
        except TransportError as error:
            errors.append(error.outcome)

    thread = threading.Thread(target=send)
    thread.start()
    gateway.wait_for(fault)
    seven._client._engine._is_closed = True  # nobody is to be warned of what is done on purpose
    running = seven._loop._take()
    running.stop()
    running.join()
    thread.join(10)

    assert (["unknown"], []) == (errors, loop_threads())


def test_forgotten_client_ends_its_thread_and_warns(gateway):
    """Collecting a client that nobody closed warns, and leaves no thread behind."""
    clients = [client_of(gateway)]
    clients[0].balance.get()

    def forget() -> None:
        clients.clear()
        gc.collect()
        limit = time.monotonic() + 10
        while loop_threads() and time.monotonic() < limit:
            time.sleep(0.01)  # a real thread ends when it does
        gc.collect()

    with pytest.warns(ResourceWarning) as warned:
        forget()

    ours = [str(one.message) for one in warned if "unclosed client" in str(one.message)]
    assert ([], 1) == (loop_threads(), len(ours))
    # A warning holds the client that it is about, whose connection warns when it is collected.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        warned.clear()
        gc.collect()


def test_calls_while_closing_are_answered_or_refused(gateway):
    """A client that is closed under 16 busy threads gives each call an answer or an error."""
    seven = client_of(gateway)
    seven.balance.get()
    ends = []

    def call() -> None:
        try:
            while True:
                seven.balance.get()
        except ConfigurationError as error:
            ends.append("closed" in str(error))

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)  # real threads, to be closed in the midst of their calls
    seven.close()
    for thread in threads:
        thread.join(10)

    assert [True] * 16 == ends


def test_answer_is_not_lost_between_the_end_of_the_call_and_that_of_the_loop():
    """A caller that wakes up late, after the loop has ended, still gets what its call gave."""

    async def answer() -> str:
        return "answer"

    handover = _Handover(answer, ())

    async def main() -> None:
        handover.begin()
        await handover._task

    asyncio.run(main())
    handover.abandon()
    handover.wait()

    assert "answer" == handover.result()
