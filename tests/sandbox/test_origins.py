"""Who may use the page, the controls and the gateway over HTTP; I/O: loopback, raw sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.server.origins import refuse_call, refuse_control
from seven_async.sandbox.server.serving import Serving

OWN = "127.0.0.1:7077"
PAGE = "https://page.example"


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A served sandbox with a message in it."""
    with Sandbox().serve() as serving:
        ask(serving, "POST /api/sms?p=sandbox-key&to=491716992343&text=secret", Host="localhost")
        yield serving


def ask(serving: Serving, line: str, **headers: str) -> tuple[int, str]:
    """Status and everything else of the answer to a request that is written by hand."""
    sent = f"{line} HTTP/1.1\r\n" + "".join(
        f"{name.replace('_', '-')}: {value}\r\n"
        for name, value in {**headers, "Connection": "close", "Content-Length": "0"}.items()
    )
    with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as connection:
        connection.sendall(f"{sent}\r\n".encode())
        received = b""
        while more := connection.recv(65_536):
            received += more
    head, _, body = received.decode().partition("\r\n\r\n")
    return int(head.split()[1]), head + body


READS = ("GET /", "GET /_sandbox/ledger", "GET /_sandbox/messages", "GET /_sandbox/page/app.js")
DOES = ("POST /_sandbox/reset", "DELETE /_sandbox/messages", "POST /_sandbox/keys?key=evil")


@pytest.mark.parametrize("line", [*READS, *DOES, "GET /_sandbox/stream", "GET /_sandbox/snapshot"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example:7077"},
        {"Host": "localhost.example"},
        {"Host": "["},
        {"Host": OWN, "Origin": PAGE},
        {"Host": OWN, "Origin": "null"},
        {"Host": OWN, "Origin": "http://127.0.0.1:3000"},
        {"Host": OWN, "Sec_Fetch_Site": "cross-site"},
        {"Host": OWN, "Sec_Fetch_Site": "same-site"},
    ],
)
def test_no_page_from_elsewhere_reads_or_steers(
    serving: Serving, line: str, headers: dict[str, str]
):
    """Under its own name (DNS rebinding), with its origin, or as a mere image: it is refused."""
    status, answer = ask(serving, line, **headers)

    assert 403 == status
    assert "secret" not in answer
    assert "The sandbox refuses" in answer
    assert 1 == len(serving.sandbox.ledger)


@pytest.mark.parametrize("line", READS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:7077"},
        {"Host": "sandbox.localhost"},
        {"Host": "[::1]:7077"},
        {"Host": OWN, "Origin": f"http://{OWN}"},
        {"Host": OWN, "Sec_Fetch_Site": "same-origin"},
        {"Host": OWN, "Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"},
    ],
)
def test_the_page_itself_and_programs_go_on(serving: Serving, line: str, headers: dict[str, str]):
    """The page's own requests, an address typed by hand, and clients that are no browser."""
    assert 200 == ask(serving, line, **headers)[0]


VISIT = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}


@pytest.mark.parametrize(
    ("line", "place", "status"),
    [
        ("GET /", "document", 200),
        ("GET /", "iframe", 403),
        ("POST /", "document", 403),
        ("POST /_sandbox/reset", "document", 403),
        ("GET /_sandbox/snapshot", "document", 403),
    ],
)
def test_a_link_leads_to_the_page_and_no_further(
    serving: Serving, line: str, place: str, status: int
):
    """Following a link from elsewhere opens the page; a form, a frame or a link to more do not."""
    assert status == ask(serving, line, Host=OWN, Sec_Fetch_Dest=place, **VISIT)[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": OWN}, 200),
        ({"Host": "sandbox:7077"}, 200),
        ({"Host": "192.0.2.7:7077"}, 200),
        ({"Host": "[2001:db8::7]:7077"}, 200),
        ({"Host": "host.docker.internal:7077"}, 200),
        ({"Host": "gateway.seven.io"}, 200),
        ({"Host": "shop.test"}, 200),
        ({"Host": OWN, "Origin": "http://localhost:3000"}, 200),
        ({"Host": OWN, "Origin": "http://127.0.0.1:3000", "Sec_Fetch_Site": "cross-site"}, 200),
        ({"Host": OWN, "Sec_Fetch_Mode": "cors", "Accept_Language": "*"}, 200),
        ({"Host": "rebound.example:7077"}, 403),
        ({"Host": "["}, 403),
        ({"Host": OWN, "Origin": PAGE}, 403),
        ({"Host": OWN, "Origin": "null"}, 403),
        ({"Host": OWN, "Sec_Fetch_Site": "cross-site"}, 403),
    ],
)
def test_the_gateway_takes_applications_and_no_pages(
    serving: Serving, headers: dict[str, str], status: int
):
    """Any client under any local name, as containers and proxies have them; no page of the web."""
    line = "GET /api/balance?p=sandbox-key"

    assert status == ask(serving, line, **headers)[0]


def test_other_machines_call_the_gateway_by_any_name():
    """Who bound it elsewhere has names of his own; rebinding leads to this machine only."""
    assert refuse_call({"host": "sms.example"}, "192.0.2.9") is None
    assert refuse_call({"host": "sms.example"}, "127.0.0.1") is not None


def test_remote_control_is_for_any_name_and_still_for_no_other_page():
    """Names are free then; the origin has to be the page's own."""
    own = {"host": "sandbox.example:7077", "origin": "http://sandbox.example:7077"}

    assert refuse_control(own, any_host=True) is None
    assert refuse_control({**own, "origin": PAGE}, any_host=True) is not None


def test_bound_to_loopback_unless_told_otherwise(serving: Serving):
    """No other machine reaches it."""
    assert "127.0.0.1" == serving.host


def test_the_page_is_not_for_other_machines():
    """As the controls: only with `remote_control`."""
    closed, opened = Sandbox(), Sandbox(remote_control=True)

    assert 404 == closed.handle("GET", "/", {}, client="192.0.2.9").status
    assert 200 == opened.handle("GET", "/", {}, client="192.0.2.9").status


def test_the_page_loads_nothing_from_elsewhere(serving: Serving):
    """A strict policy: no inline scripts or styles, no frames, nothing but its own files."""
    _, answer = ask(serving, "GET /", Host=OWN)

    assert "Content-Security-Policy: default-src 'none'; script-src 'self'" in answer
    assert "frame-ancestors 'none'" in answer
    assert "unsafe" not in answer


@pytest.mark.parametrize("name", ["../sandbox.py", "%2e%2e/sandbox.py", "x.js", "__init__.py", ""])
def test_only_files_of_the_page_are_served(serving: Serving, name: str):
    """A name is looked up among them, and never becomes a path."""
    assert 404 == ask(serving, f"GET /_sandbox/page/{name}", Host=OWN)[0]
