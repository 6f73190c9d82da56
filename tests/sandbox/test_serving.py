"""The sandbox over TCP: parsing, keep-alive and the ways a connection dies; I/O: loopback."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.wire import text_answer
from seven_async.sandbox.server.http1 import BadRequestError, BodyBudget, HttpStream
from tests.sandbox.caller import ACCEPTS_JSON

SMS = {"to": "+491716992343", "text": "hi"}
REQUEST = b"POST /api/sms?a=b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na=1"
CHUNKED = (
    b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;note=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
)


@pytest.fixture(scope="module")
def sandbox():
    """A sandbox that is served for the whole module."""
    return Sandbox()


@pytest.fixture(scope="module")
def url(sandbox):
    """Its base URL."""
    with sandbox.serve() as serving:
        yield serving.url


def raw(url: str, sent: bytes) -> bytes:
    """What comes back for bytes on a connection of its own, until it closes."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port), timeout=5) as connected:
        connected.sendall(sent)
        connected.shutdown(socket.SHUT_WR)
        received = b""
        while part := connected.recv(65536):
            received += part
    return received


def test_serves_what_the_core_answers(sandbox, url):
    """A send over HTTP is in the ledger of the same sandbox."""
    with httpx.Client(base_url=url, headers=ACCEPTS_JSON) as client:
        answer = client.post("/sms", data=SMS)

    assert ("100", 1) == (answer.json()["success"], len(sandbox.sent(to=SMS["to"], text="hi")))
    assert "application/json" == answer.headers["content-type"]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"drop": "before"}, httpx.RemoteProtocolError),
        ({"drop": "within"}, httpx.RemoteProtocolError),
        ({"drop": "after"}, httpx.RemoteProtocolError),
        ({"reset": True}, httpx.ReadError),
    ],
)
def test_broken_connections_give_the_same_errors_as_in_process(sandbox, url, how, error):
    """The transport's table of errors is the one that real sockets produce."""
    with sandbox.fault(**how), pytest.raises(error):
        httpx.get(url + "/balance", headers=ACCEPTS_JSON, trust_env=False)

    assert 200 == httpx.get(url + "/balance", headers=ACCEPTS_JSON, trust_env=False).status_code


def test_latency_does_not_hold_other_calls_up():
    """Twenty calls at once with 0.2 s latency take less than twenty times that."""
    with Sandbox(latency_s=0.2).serve() as serving, httpx.Client(trust_env=False) as client:
        start = time.monotonic()
        threads = [
            threading.Thread(target=client.get, args=(serving.url + "/balance",)) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took_s = time.monotonic() - start

    assert 0.2 <= took_s < 20 * 0.2


def test_pipelined_requests_are_answered_in_order(url):
    """Two requests in one packet get two answers, the second closes."""
    first = b"GET /api/balance?p=sandbox-key HTTP/1.1\r\nHost: h\r\n\r\n"
    second = b"GET /api/nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    received = raw(url, first + second)

    assert received.index(b"200 OK") < received.index(b"404 Not Found")
    assert b"Connection: close" in received


def test_pipelining_waits_for_the_answer_before():
    """A second request that comes while the first is being answered is answered after it."""
    request = b"GET /api/balance?p=sandbox-key HTTP/1.1\r\nHost: h\r\n\r\n"
    with Sandbox(latency_s=0.1).serve() as serving:
        address = httpx.URL(serving.url)
        with socket.create_connection((address.host, address.port), timeout=5) as connected:
            connected.sendall(request)
            time.sleep(0.02)
            connected.sendall(request)
            start, received = time.monotonic(), b""
            while received.count(b"200 OK") < 2:
                received += connected.recv(65536)
            took_s = time.monotonic() - start

    assert took_s > 0.15


def test_the_block_ends_though_clients_are_connected():
    """Idle and waiting connections are closed; an answer that comes too late is dropped."""
    with Sandbox(latency_s=20).serve() as serving:
        address = httpx.URL(serving.url)
        waiting = socket.create_connection((address.host, address.port), timeout=5)
        waiting.sendall(b"GET /api/balance HTTP/1.1\r\nHost: h\r\n\r\n")
        time.sleep(0.05)
    with waiting, suppress(ConnectionResetError):
        assert b"" == waiting.recv(1000)


def test_a_client_that_leaves_before_the_answer_disturbs_no_other():
    """A client that gave up costs the others nothing."""
    sandbox = Sandbox()
    sandbox.fault("GET /balance", delay_s=0.1)
    hasty = httpx.Timeout(20, read=0.03)
    with sandbox.serve() as serving:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(serving.url + "/balance", timeout=hasty, trust_env=False)
        time.sleep(0.15)
        answer = httpx.get(serving.url + "/pricing?country=de", headers=ACCEPTS_JSON)

    assert 200 == answer.status_code


def test_reports_are_delivered_though_no_call_comes_in():
    """A served sandbox works its agenda off by itself."""
    told = []
    sandbox = Sandbox(post_webhook=lambda request: told.append(request) or 200)
    with sandbox.serve() as serving, httpx.Client(base_url=serving.url) as client:
        client.headers.update(ACCEPTS_JSON)
        client.post("/hooks", data={"target_url": "http://a.test/", "event_type": "dlr"})
        client.post("/sms", data=SMS)
        sandbox.clock.advance(1)
        deadline = time.monotonic() + 30
        while len(told) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)

    assert 2 == len(told)


def test_expect_continue_is_answered(url):
    """A client that asks first gets `100 Continue`, then its answer."""
    address = httpx.URL(url)
    head = b"POST /api/sms HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
    with socket.create_connection((address.host, address.port), timeout=5) as connected:
        connected.sendall(head + b"Connection: close\r\n\r\n")
        assert b"HTTP/1.1 100 \r\n\r\n" == connected.recv(1000)
        connected.sendall(b"p=abc")
        assert b"HTTP/1.1 200 OK" == connected.recv(1000)[:15]
        assert b"" == connected.recv(1000)


HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
IN_CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        (b"GET /\xc3\xbc HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (HEAD + b"no colon\r\n\r\n", 400),
        (HEAD + b"X\x00Y: a\r\n\r\n", 400),
        (HEAD + b"X : a\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: +1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (IN_CHUNKS + b"zz\r\n\r\n", 400),
        (IN_CHUNKS + b"-1\r\n\r\n", 400),
        (IN_CHUNKS + b"0x5\r\nabcde\r\n0\r\n\r\n", 400),
        (IN_CHUNKS + b"+5\r\nabcde\r\n0\r\n\r\n", 400),
        (b"x" * 70_000, 431),
        (HEAD + b"X: " + b"x" * 70_000, 431),
    ],
)
def test_what_is_not_http_is_refused_and_closed(url, sent, status):
    """Malformed requests are refused as any server refuses them, and the server goes on."""
    assert b"HTTP/1.1 %d " % status == raw(url, sent)[:13]


def test_a_refusal_shows_nothing_of_what_was_sent(url):
    """A header that cannot be read may be a key: the refusal does not quote it."""
    assert b"secret" not in raw(url, HEAD + b"X-Api-Key: secret\x00\r\n\r\n")


def test_a_header_of_a_fault_may_break_http(sandbox, url):
    """What a rule breaks on purpose goes out as it is, and the connection closes."""
    with sandbox.fault(status=503, headers={"Content-Length": "999"}):
        received = raw(url, b"GET /api/balance HTTP/1.1\r\nHost: h\r\n\r\n")

    assert 2 == received.count(b"Content-Length: ")
    assert b"Connection: close" in received


@pytest.mark.parametrize(
    "headers", [{"Connection": "close"}, {"transfer-encoding": "chunked"}, {"CONNECTION": "Close"}]
)
def test_a_header_of_a_fault_may_end_the_connection(sandbox, url, headers):
    """The connection closes where the answer says so, or where its end can be seen no other way."""
    with sandbox.fault(status=503, body=b"gone", headers=headers):
        received = raw(url, b"GET /api/balance HTTP/1.1\r\nHost: h\r\n\r\n" * 2)

    assert 1 == received.count(b"503")
    assert received.endswith(b"\r\n\r\ngone")


@pytest.mark.parametrize(
    ("version", "header", "answered"),
    [
        (b"1.1", b"X-A: b", 2),
        (b"1.1", b"Connection: close", 1),
        (b"1.0", b"X-A: b", 1),
        (b"1.1", b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings", 2),
        (b"1.1", b"Upgrade: h2c\r\nConnection: Upgrade, close", 1),
    ],
)
def test_a_connection_is_kept_as_the_client_wishes(url, version, header, answered):
    """A request to switch protocols is answered as if it were none; the next one follows it."""
    request = b"GET /api/nothing HTTP/%s\r\nHost: h\r\n%s\r\n\r\n" % (version, header)

    assert answered == raw(url, request * 2).count(b"404 Not Found")


def test_head_has_no_body(url):
    """HEAD answers with the length but without the bytes."""
    received = raw(url, b"HEAD /api/nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")

    assert received.endswith(b"\r\n\r\n")


def test_port_in_use_is_an_error_at_the_with(url):
    """The block is not entered when the port is taken."""
    with pytest.raises(OSError, match="in use"):  # noqa: SIM117 - the inner one must not start
        with Sandbox().serve(port=httpx.URL(url).port):
            pass


def test_ledger_is_shown_to_other_languages(url, sandbox):
    """`GET /_sandbox/ledger` tells what was accepted."""
    root = url.removesuffix("/api")
    httpx.post(url + "/sms", data={**SMS, "text": "seen"}, headers=ACCEPTS_JSON)
    shown = httpx.get(root + "/_sandbox/ledger", params={"to": SMS["to"]}).json()

    assert ("491716992343", "seen") == (
        shown["entries"][-1]["to"],
        shown["entries"][-1]["text"],
    )
    assert sandbox.ledger.accepted == shown["accepted"]


def test_controls_answer_on_loopback_only():
    """Another machine's `/_sandbox` call finds nothing, unless the sandbox allows it."""
    path = ("GET", "http://h/_sandbox/ledger", {}, b"", "192.0.2.1")

    assert 404 == Sandbox().handle(*path).status
    assert 200 == Sandbox(remote_control=True).handle(*path).status


def read_pieces(stream: bytes, cuts: list[int]) -> list[tuple[str, bytes]]:
    """Target and body of the requests in a stream that arrives in pieces."""
    http, requests, at = HttpStream(BodyBudget()), [], 0
    for cut in [*sorted(cut % len(stream) for cut in cuts), len(stream)]:
        if cut > at:
            http.feed(stream[at:cut])
        at = cut
        while request := http.next():
            requests.append((f"{request.path}?{request.query}".rstrip("?"), request.body))
            http.encode(text_answer(""))
            assert http.start_next()
    return requests


@given(cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_packets_may_be_cut_anywhere(cuts: list[int]):
    """However the bytes are split, the same requests come out."""
    expected = [("/api/sms?a=b", b"a=1"), ("/x", b"abc0123456789")] * 2

    assert expected == read_pieces((REQUEST + CHUNKED) * 2, cuts)


@given(st.binary(max_size=400))
def test_reader_refuses_or_reads_any_bytes(sent: bytes):
    """No bytes make it fail other than by BadRequestError."""
    stream = HttpStream(BodyBudget())
    stream.feed(sent + b"\r\n\r\n")
    with suppress(BadRequestError):
        while request := stream.next():
            assert request.method
            stream.encode(text_answer(""))
            if not stream.start_next():
                break
