"""Captive portals, proxies and servers that close at the wrong moment: a message never goes twice.

A raw server counts what arrives; every message has a reference of its own.
"""

from __future__ import annotations

import gzip
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import httpx2
import pytest

from seven_async import AsyncSeven, Outcome, SevenError
from tests.flow.skipping_clock import SkippingClock
from tests.flow.test_transport_replies import RECEIPT, reply

TO = "+491711234567"
HTML = b"<!DOCTYPE html><html><body>Welcome to our Wi-Fi</body></html>"
NOTICE = b"<br />\n<b>Notice</b>: Undefined index: foo in <b>/srv/api.php</b> on line <b>7</b>\n"
REFUSAL = b'{"success":"202","messages":[]}'

#: What comes back for a send, and what can be known then.
ANSWERS: dict[str, tuple[bytes, object]] = {
    "HTML under 200": (reply(HTML, b"Content-Type: text/html"), Outcome.UNKNOWN),
    "302": (reply(b"", b"Location: /login", status=b"302 Found"), Outcome.UNKNOWN),
    "307": (reply(b"", b"Location: /api/sms", status=b"307 Temporary Redirect"), Outcome.UNKNOWN),
    "308": (reply(b"", b"Location: /sms", status=b"308 Permanent Redirect"), Outcome.UNKNOWN),
    "BOM": (reply(b"\xef\xbb\xbf" + RECEIPT), 100),
    "BOM before a refusal": (reply(b"\xef\xbb\xbf" + REFUSAL), Outcome.REJECTED),
    "PHP notice": (reply(NOTICE + RECEIPT), Outcome.UNKNOWN),
    "PHP notice after": (reply(RECEIPT + NOTICE), Outcome.UNKNOWN),
    "gzip": (reply(gzip.compress(RECEIPT), b"Content-Encoding: gzip"), 100),
    "gzip that is none": (reply(RECEIPT, b"Content-Encoding: gzip"), Outcome.UNKNOWN),
    "zstd": (reply(RECEIPT, b"Content-Encoding: zstd"), Outcome.UNKNOWN),
    "cut": (reply(RECEIPT)[:-10], Outcome.UNKNOWN),
    "cut JSON": (reply(RECEIPT[:-10]), Outcome.UNKNOWN),
    "empty": (reply(b""), Outcome.UNKNOWN),
    "502": (reply(HTML, status=b"502 Bad Gateway"), Outcome.UNKNOWN),
    "503": (reply(HTML, b"Retry-After: 1", status=b"503 Unavailable"), Outcome.UNKNOWN),
    "504": (reply(b"", status=b"504 Gateway Timeout"), Outcome.UNKNOWN),
    "511": (reply(HTML, status=b"511 Network Authentication Required"), Outcome.UNKNOWN),
    "404 of a portal": (reply(HTML, status=b"404 Not Found"), Outcome.REJECTED),
    "407": (reply(b"", status=b"407 Proxy Authentication Required"), Outcome.REJECTED),
}
CARRIERS: dict[str, Callable[[], Any]] = {
    "own": lambda: None,
    "fast": lambda: "fast",
    "httpx": httpx.AsyncClient,
    "httpx2": httpx2.AsyncClient,
}


async def sent(url: str, carrier: Any, times: int) -> list[object]:
    """What so many sends, each with time for all its attempts, give or end with."""
    outcomes: list[object] = []
    async with AsyncSeven(
        api_key="k",
        base_url=url,
        transport=carrier,
        timeout_s=20,
        clock=SkippingClock().clock,
    ) as seven:
        for number in range(times):
            try:
                receipt = await seven.sms.send(TO, f"Hi {number}", foreign_id=f"number-{number}")
                outcomes.append(receipt.code)
            except SevenError as error:
                outcomes.append(error.outcome)
    if carrier not in (None, "fast"):
        await carrier.aclose()
    return outcomes


class Server:
    """A server that answers each connection once, then closes it in some way.

    `seen` counts the messages by their references.
    """

    def __init__(self, answer: bytes, how: str) -> None:
        self.seen: Counter[str] = Counter()
        self._answer = answer
        self._how = how
        self._threads: list[threading.Thread] = []

    def read(self, connection: socket.socket) -> bool:
        """Read a request to the end of its form; False where the client has closed."""
        request = b""
        while not (found := re.search(rb"foreign_id=([a-z]+-\d+)", request)):
            piece = connection.recv(65536)
            if not piece:
                return False
            request += piece
        self.seen[found[1].decode()] += 1
        return True

    def talk(self, connection: socket.socket) -> None:
        """Answer one request, and close."""
        with connection, suppress(OSError):
            if not self.read(connection):
                return
            connection.sendall(self._answer)
            if self._how == "after the next request":
                self.read(connection)
            elif self._how == "in the middle of the next request":
                connection.recv(1)
            if self._how != "politely":  # linger of zero: closing resets
                linger = b"\1\0\0\0\0\0\0\0"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def accept(self, server: socket.socket) -> None:
        """Accept until the server is shut down."""
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                connection.settimeout(5)
                self._threads.append(threading.Thread(target=self.talk, args=(connection,)))
                self._threads[-1].start()

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Listen; gives the base URL."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            accepting = threading.Thread(target=self.accept, args=(server,))
            accepting.start()
            try:
                yield f"http://127.0.0.1:{server.getsockname()[1]}/api"
            finally:
                server.shutdown(socket.SHUT_RDWR)
                accepting.join()
                for thread in self._threads:
                    thread.join()


# httpcore leaves its iterator over a request's body behind where the connection breaks.
BEHIND = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@BEHIND
@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_strange_answer_is_believed_as_far_as_it_goes(answer: str, carrier: str) -> None:
    """The send is asked for once, and what cannot be known is called unknown."""
    content, expected = ANSWERS[answer]
    server = Server(content, "politely")
    with server.listening() as url:
        outcomes = await sent(url, CARRIERS[carrier](), times=1)

    assert [expected] == outcomes
    assert {"number-0": 1} == server.seen


@BEHIND
@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    "how",
    ["politely", "with a reset", "after the next request", "in the middle of the next request"],
)
async def test_an_idle_connection_that_is_closed_doubles_nothing(how: str, carrier: str) -> None:
    """A message is sent on a new connection, or is unknown where the two met on the way."""
    server = Server(reply(RECEIPT), how)
    with server.listening() as url:
        outcomes = await sent(url, CARRIERS[carrier](), times=6)

    assert [] == [message for message, times in server.seen.items() if times > 1]
    assert {100, Outcome.UNKNOWN} >= set(outcomes)
    assert outcomes.count(100) <= len(server.seen)
    if how == "after the next request":
        assert [100, Outcome.UNKNOWN] * 3 == outcomes
