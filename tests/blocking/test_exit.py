"""The end of a program never waits for a client, and never tears one apart (field: 2.18)."""

from __future__ import annotations

from tests.blocking.interpreters import Ended

UNCLOSED = """
from seven_async import Seven

print(Seven().balance.get().currency)
"""

IN_FLIGHT = """
import threading
from seven_async import Seven

seven = Seven()
threading.Thread(target=lambda: print(seven.balance.get().currency), daemon={daemon}).start()
input()
"""

AFTER_MAIN = """
import threading
from seven_async import ConfigurationError, Seven

seven = Seven()
if {is_open}:
    seven.balance.get()

def late():
    threading.main_thread().join()
    try:
        print(seven.with_options(concurrency=1).balance.get().currency)
    except ConfigurationError as error:
        print(type(error).__name__, "ending" in str(error))

threading.Thread(target=late).start()
"""

AT_EXIT = """
import atexit
from seven_async import ConfigurationError, Seven

seven = Seven()
if {is_open}:
    seven.balance.get()

@atexit.register
def last():
    try:
        print(seven.with_options(concurrency=1).balance.get().currency)
    except ConfigurationError as error:
        print(type(error).__name__, "ending" in str(error))
"""

AFTER_EXIT = """
import atexit

@atexit.register
def last():
    try:
        seven.balance.get()
    except ConfigurationError as error:
        print(type(error).__name__)

from seven_async import ConfigurationError, Seven

seven = Seven()
seven.balance.get()
"""


def test_client_that_is_never_closed_does_not_hold_up_the_end(python, gateway):
    """Forgetting `close()` costs nothing: the program ends, and silently."""
    assert Ended(0, "EUR\n", "") == python.run(UNCLOSED, gateway.url)


def test_call_in_flight_on_a_daemon_thread_does_not_hold_up_the_end(python, gateway):
    """A daemon thread's call is given up when the program ends, and nothing is torn apart."""
    fault = gateway.slow("GET /balance", 60)

    with python.started(IN_FLIGHT.format(daemon=True), gateway.url) as running:
        gateway.wait_for(fault)
        running.go_on()

        assert Ended(0, "", "") == running.end()


def test_call_in_flight_on_another_thread_is_finished_before_the_end(python, gateway):
    """A thread that the interpreter waits for gets its answer, though the main thread has ended."""
    fault = gateway.slow("GET /balance", 1)

    with python.started(IN_FLIGHT.format(daemon=False), gateway.url) as running:
        gateway.wait_for(fault)
        running.go_on()

        assert Ended(0, "EUR\n", "") == running.end()


def test_thread_that_outlives_the_main_thread_can_call_a_named_host(python, gateway):
    """Name lookups work when the interpreter refuses work to thread pools already."""
    url = gateway.url.replace("127.0.0.1", "localhost")

    assert Ended(0, "EUR\n", "") == python.run(AFTER_MAIN.format(is_open=True), url)


def test_first_call_after_the_main_thread_works_or_says_why_not(python, gateway):
    """Python 3.12.1 starts no threads from then on; later ones do, and there it works."""
    url = gateway.url.replace("127.0.0.1", "localhost")
    ended = python.run(AFTER_MAIN.format(is_open=False), url)

    assert (0, "") == (ended.code, ended.err)
    assert ended.out in {"EUR\n", "ConfigurationError True\n"}


def test_open_client_can_be_used_at_exit(python, gateway):
    """A last message from an exit handler goes out, by a new connection to a named host, too."""
    url = gateway.url.replace("127.0.0.1", "localhost")

    assert Ended(0, "EUR\n", "") == python.run(AT_EXIT.format(is_open=True), url)


def test_first_call_at_exit_works_or_says_why_not(python, gateway):
    """Where the interpreter starts no threads any more, a call says that the program is ending."""
    ended = python.run(AT_EXIT.format(is_open=False), gateway.url)

    assert (0, "") == (ended.code, ended.err)
    assert ended.out in {"EUR\n", "ConfigurationError True\n"}


def test_call_after_the_end_is_refused(python, gateway):
    """Behind the exit handler that ends the event loops a call is an error, and does not hang."""
    assert Ended(0, "ConfigurationError\n", "") == python.run(AFTER_EXIT, gateway.url)
