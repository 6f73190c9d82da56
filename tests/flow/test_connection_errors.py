"""What is said when no connection comes about: host, port, and what is to be mended."""

from __future__ import annotations

import errno
import pickle
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trustme

from seven_async import AsyncSeven, ConfigurationError, NotSentError, OutcomeUnknownError, Seven
from seven_async.flow.network.reasons import reason_of
from seven_async.flow.transport import tls_context
from tests.flow.test_fault_matrix import cutting_the_request, refusing
from tests.flow.test_transport import answering

TO = "+491711234567"
CARRIERS: dict[str, Callable[[], Any]] = {
    "own": lambda: None,
    "fast": lambda: "fast",
    "httpx": httpx.AsyncHTTPTransport,
    "httpx2": httpx2.AsyncHTTPTransport,
}


@contextmanager
def speaking_tls(certificate: trustme.LeafCert) -> Iterator[str]:
    """A TLS server that shows a certificate and says nothing; its host and port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with suppress(OSError), context.wrap_socket(connection, server_side=True):
                    pass
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


async def not_sent(url: str, carrier: Any = None, **options: Any) -> NotSentError:
    """What a send ends with that never left."""
    async with AsyncSeven(
        api_key="k", base_url=url, transport=carrier, retry=None, **options
    ) as seven:
        with pytest.raises(NotSentError) as caught:
            await seven.sms.send(TO, "Hi")
    return caught.value


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the certificates of these tests."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is trusted by all clients of a test."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_refused(carrier: str) -> None:
    """Nobody listens there: host, port and reason, and the address for programs."""
    with refusing() as stage:
        error = await not_sent(stage.url, CARRIERS[carrier]())
    address = stage.url.removeprefix("http://").removesuffix("/api")

    assert f"POST /sms: not sent, no connection to {address}: the connection was refused" == str(
        error
    )
    assert address == error.address == pickle.loads(pickle.dumps(error)).address


async def test_refused_by_an_address_that_is_as_long_as_a_number() -> None:
    """Digits of an address are no phone number, and stay."""
    error = NotSentError(
        "no connection to 192.168.100.255:44300: …", address="192.168.100.255:44300"
    )

    assert "192.168.100.255:44300" in str(error)
    assert "192.168.100.255" not in str(NotSentError("to 192.168.100.255"))


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_name_not_found(carrier: str) -> None:
    """A misspelt host is named."""
    error = await not_sent("https://gateway.invalid/api", CARRIERS[carrier]())

    assert str(error).endswith("to gateway.invalid:443: the name was not found")


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_certificate_expired(trusted: None, authority: trustme.CA, carrier: str) -> None:
    """An old certificate is told from a wrong one."""
    past = datetime(2020, 1, 1, tzinfo=UTC)
    with speaking_tls(authority.issue_cert("127.0.0.1", not_after=past)) as address:
        error = await not_sent(f"https://{address}/api", CARRIERS[carrier]())

    assert f"to {address}: its certificate has expired" in str(error)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_certificate_of_another_host(
    trusted: None, authority: trustme.CA, carrier: str
) -> None:
    """A certificate for another name is told as such."""
    with speaking_tls(authority.issue_cert("elsewhere.test")) as address:
        error = await not_sent(f"https://{address}/api", CARRIERS[carrier]())

    assert f"to {address}: its certificate is for another host" in str(error)


async def test_certificate_of_nobody(authority: trustme.CA) -> None:
    """So is one whose signer is not known here."""
    with speaking_tls(authority.issue_cert("127.0.0.1")) as address:
        error = await not_sent(f"https://{address}/api")

    assert f"to {address}: its certificate is signed by nobody who is trusted here" in str(error)


@contextmanager
def speaking_plainly() -> Iterator[str]:
    """A server that knows no TLS and says so to whoever begins with it; its host and port."""

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_no_tls(carrier: str) -> None:
    """A plain server under an https URL."""
    with speaking_plainly() as address:
        error = await not_sent(f"https://{address}/api", CARRIERS[carrier]())

    assert "the TLS handshake failed (" in str(error)


async def test_broken_off_after_it_left() -> None:
    """Also of what may have arrived it is said who broke off, and how."""
    with cutting_the_request() as stage:
        async with AsyncSeven(api_key="k", base_url=stage.url) as seven:
            with pytest.raises(OutcomeUnknownError, match=r"127\.0\.0\.1:\d+ broke off: the conn"):
                await seven.sms.send(TO, "Hi")


async def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the proxy that is named, not the gateway behind it."""
    monkeypatch.setenv("http_proxy", "http://ada:secret@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    error = await not_sent("http://gateway.invalid/api")

    assert "to the proxy 127.0.0.1:9: the connection was refused" in str(error)


async def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the proxy says is told."""
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with answering(refusal, close=True) as (url, _, __):
        monkeypatch.setenv("https_proxy", url.removesuffix("/api"))
        error = await not_sent("https://gateway.invalid/api")

    assert "the proxy refused (407 Proxy Authentication Required)" in str(error)


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (OSError(errno.ENETUNREACH, "x"), "the network cannot be reached"),
        (OSError(errno.EMFILE, "x"), "this process has too many open files"),
        (OSError(errno.ENOSPC, "x"), "no space left on device"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "the name cannot be looked up now"),
        (ExceptionGroup("x", [ValueError(), ConnectionRefusedError(errno.ECONNREFUSED, "x")]),
         "the connection was refused"),
        (ssl.SSLError(), "the TLS handshake failed (broken off)"),
        (LookupError("a secret"), "LookupError"),
    ],
)  # fmt: skip
def test_reason(cause: BaseException, expected: str) -> None:
    """The first reason that is known on the way down, or the name of the class."""
    above = RuntimeError()
    above.__cause__ = cause
    known = expected != "LookupError"

    assert expected == reason_of(cause)
    assert (expected if known else "RuntimeError") == reason_of(above)


def broken_file(folder: Path) -> str:
    """A file without a certificate."""
    file = folder / "broken.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    return str(file)


CERTIFICATES: dict[str, tuple[str, Callable[[Path], str]]] = {
    "file gone": ("SSL_CERT_FILE", lambda folder: str(folder / "gone-20261125-00815" / "ca.pem")),
    "file broken": ("SSL_CERT_FILE", broken_file),
    "file a folder": ("SSL_CERT_FILE", str),
    "folder gone": ("SSL_CERT_DIR", lambda folder: str(folder / "gone")),
    "folder a file": ("SSL_CERT_DIR", broken_file),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_certificates_that_cannot_be_loaded(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the variable and the path, digits and all, before anything is sent."""
    variable, path_in = CERTIFICATES[case]
    path = path_in(tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, path)

    with (
        Seven(api_key="k", base_url="https://127.0.0.1:9/api") as seven,
        pytest.raises(ConfigurationError, match=re.escape(f"{variable} names {path} (")),
    ):
        seven.sms.send(TO, "Hi")
    with (
        Seven(api_key="k", base_url="https://127.0.0.1:9/api") as seven,
        pytest.raises(ConfigurationError, match=variable),
    ):
        seven.warmup()


def test_a_folder_of_certificates_may_stand_among_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL takes several folders, and one of them is enough."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'gone'}:{tmp_path}")

    assert isinstance(tls_context(), ssl.SSLContext)


def test_plain_http_needs_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway on loopback is reached whatever the variable names."""
    monkeypatch.setenv("SSL_CERT_FILE", "/gone/cacert.pem")
    body = b'{"amount": 1, "currency": "EUR"}'
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with answering(whole) as (url, _, __), Seven(api_key="k", base_url=url) as seven:
        seven.warmup()

        assert 1 == seven.balance.get().amount
