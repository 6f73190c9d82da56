"""Nonces in Redis: against a real server where there is one, else against fakeredis."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.errors import ConfigurationError
from seven_async.receivers import WebhookWsgiApp
from seven_async.webhooks import (
    NonceState,
    NonceStore,
    NonceStoreError,
    RedisNonceStore,
    ReplayedWebhookError,
    WebhookVerifier,
)
from tests.webhooks.signing import SECRET, URL, sign

redis = pytest.importorskip("redis", reason="the package redis is not installed")

NOW_S = 1_634_641_200.0


def free_port() -> int:
    """Return a port that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A client of a real server; of fakeredis where redis-server is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        fakeredis = pytest.importorskip(
            "fakeredis", reason="neither redis-server nor the package fakeredis is installed"
        )
        yield fakeredis.FakeRedis()
        return
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    try:
        wait_for(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait()


def wait_for(client: redis.Redis) -> None:
    """Return once a server answers."""
    for _ in range(600):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)  # a real process that starts
        else:
            return
    pytest.fail("redis-server does not answer")


@pytest.fixture
def store(server) -> RedisNonceStore:
    """An empty store."""
    server.flushall()
    return RedisNonceStore(server, now=lambda: NOW_S)


def test_nonce_goes_from_new_to_open_to_done(store: NonceStore):
    """The states of the memory store, in one step each."""
    first = store.reserve("n", now_s=NOW_S, expires_at=NOW_S + 60)
    second = store.reserve("n", now_s=NOW_S, expires_at=NOW_S + 60)
    store.finish("n", expires_at=NOW_S + 60)

    assert (NonceState.NEW, NonceState.OPEN) == (first, second)
    assert NonceState.DONE is store.reserve("n", now_s=NOW_S, expires_at=NOW_S + 60)
    assert NonceState.DONE is store.find("n", now_s=NOW_S)
    assert NonceState.NEW is store.find("other", now_s=NOW_S)


def test_nonce_expires(store: NonceStore, server):
    """A key has the time of its nonce, and memory stays bounded."""
    store.reserve("n", now_s=NOW_S, expires_at=NOW_S + 60)
    open_ms = server.pttl("seven:nonce:n")
    store.finish("n", expires_at=NOW_S + 3600)
    done_ms = server.pttl("seven:nonce:n")
    store.finish("late", expires_at=NOW_S - 1)

    assert 55_000 < open_ms <= 60_000
    assert 3_595_000 < done_ms <= 3_600_000


def test_one_of_many_at_once_is_new(store: NonceStore):
    """Two machines that get the same delivery at once cannot both take it for new."""

    def reserve(_: int) -> NonceState:
        return store.reserve("n", now_s=NOW_S, expires_at=NOW_S + 60)

    with ThreadPoolExecutor(8) as threads:
        states = list(threads.map(reserve, range(64)))

    assert 1 == states.count(NonceState.NEW)


def test_replay_on_another_machine_is_a_replay(server):
    """Verifiers that share a server share their memory."""
    server.flushall()
    stores = [RedisNonceStore(server, now=lambda: NOW_S) for _ in range(2)]
    verifiers = [
        WebhookVerifier(SECRET, url=URL, nonces=store, clock=lambda: NOW_S) for store in stores
    ]
    verifiers[0].verify(*sign())

    with pytest.raises(ReplayedWebhookError):
        verifiers[1].verify(*sign())


def test_address_of_a_server_that_is_away(caplog):
    """The error is a `SevenError`, so that a receiver answers 503 and the gateway comes again."""
    store = RedisNonceStore(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(NonceStoreError):
        store.find("n", now_s=NOW_S)

    verifier = WebhookVerifier(SECRET, url=URL, nonces=store, clock=lambda: NOW_S)
    app, lines, signed = WebhookWsgiApp(verifier), [], sign()
    environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in signed.headers.items()}
    environ |= {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(signed.body)),
        "wsgi.input": io.BytesIO(signed.body),
    }
    app(environ, lambda status, _: lines.append(status))

    assert ["503 Service Unavailable"] == lines


def test_wrong_address_is_a_configuration_error():
    """It is told at the start."""
    with pytest.raises(ConfigurationError, match="redis"):
        RedisNonceStore("localhost")


def test_asynchronous_client_is_refused():
    """Its calls would be coroutines that nobody awaits, and every nonce would be known."""
    from redis import asyncio

    with pytest.raises(ConfigurationError, match="asyncio"):
        RedisNonceStore(asyncio.Redis())


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    """The package is imported only where it is used."""
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ConfigurationError, match=r"seven-async\[redis\]"):
        RedisNonceStore("redis://localhost")


def test_package_is_not_imported_with_the_others():
    """`seven_async.webhooks` needs no redis."""
    code = "import sys, seven_async.webhooks; sys.exit('redis' in sys.modules)"
    root = Path(__file__).parents[2]

    assert 0 == subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode
