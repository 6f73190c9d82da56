"""A rehearsal is not a send: a journal belongs to the gateway that was really used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from seven_async import AsyncSeven, Seven
from seven_async.campaign import Campaign, JournalError
from seven_async.campaign.journal.gateway import gateway_of
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import texts

REAL_URL = "https://gateway.seven.io/api"


async def served(seven: AsyncSeven, journal: Path) -> int:
    """Send three messages; how many the gateway took."""
    async with seven, Campaign(seven, journal=journal) as campaign:
        return len([entry async for entry in campaign.send(texts(3)) if entry.receipt])


def recorded(journal: Path) -> str:
    """The gateway that a journal names."""
    with closing(sqlite3.connect(journal)) as database:
        (gateway,) = database.execute("SELECT gateway FROM campaign").fetchone()
    return str(gateway)


def answer(_: httpx.Request) -> httpx.Response:
    """Take whatever comes."""
    return httpx.Response(200, json={"success": "100"})


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a campaign is remembered."""
    return tmp_path / "campaign.db"


class Wrapper(httpx.AsyncBaseTransport):
    """A transport of a test around another one."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on."""
        return await self._inner.handle_async_request(request)


def rehearsals(sandbox: Sandbox) -> dict[str, AsyncSeven]:
    """Clients of a sandbox, wired in every way that was ever shown."""
    key, transport = sandbox.api_key, sandbox.transport
    return {
        "options": AsyncSeven(**sandbox.options),
        "transport alone": AsyncSeven(api_key=key, transport=transport, base_url=REAL_URL),
        "wrapper": AsyncSeven(api_key=key, transport=Wrapper(transport), base_url=REAL_URL),
        "httpx client": AsyncSeven(
            api_key=key, transport=httpx.AsyncClient(transport=transport), base_url=REAL_URL
        ),
    }


@pytest.mark.parametrize("wiring", ["options", "transport alone", "wrapper", "httpx client"])
async def test_rehearsal_is_recorded_as_one(journal, wiring):
    """A sandbox in this process is named, whatever the base URL says; the real send is refused."""
    sandbox = Sandbox()
    await served(rehearsals(sandbox)[wiring], journal)

    assert f"a local gateway (sandbox {sandbox.id})" == recorded(journal)
    with pytest.raises(JournalError, match="a local gateway"):
        await served(AsyncSeven(api_key="real", base_url=REAL_URL), journal)


async def test_transport_of_a_test_is_not_the_network(journal):
    """What a plugged-in transport answered was not sent through the gateway."""
    seven = AsyncSeven(api_key="key", base_url=REAL_URL, transport=httpx.MockTransport(answer))
    await served(seven, journal)

    assert "gateway.seven.io through MockTransport" == recorded(journal)


class Counting(httpx.AsyncHTTPTransport):
    """A transport of one's own that leads to the network."""


def transports() -> list[object]:
    """Transports that lead to the network."""
    return [None, "fast", httpx.AsyncHTTPTransport(), Counting(), httpx.AsyncClient()]


@pytest.mark.parametrize("place", range(5))
async def test_network_is_recorded_by_its_host(place):
    """Production is named by its host and asked nothing: the guard would refuse a connection."""
    async with AsyncSeven(api_key="key", base_url=REAL_URL, transport=transports()[place]) as seven:
        assert "gateway.seven.io" == await gateway_of(seven)


async def test_two_sandboxes_on_one_port_are_two_gateways(journal):
    """A served sandbox says which it is; another one in its place is refused."""
    first, second = Sandbox(), Sandbox()
    with first.serve() as server:
        port = server.port
        await served(AsyncSeven(api_key=first.api_key, base_url=server.url), journal)
    with second.serve(port=port) as server, pytest.raises(JournalError, match=first.id):
        await served(AsyncSeven(api_key=second.api_key, base_url=server.url), journal)

    assert 0 == len(second.ledger)


async def test_sandbox_is_the_same_in_process_and_served(journal):
    """One sandbox has one name, however it is reached, and when it is restored."""
    sandbox, restored = Sandbox(), Sandbox()
    await served(AsyncSeven(**sandbox.options), journal)
    restored.restore(sandbox.snapshot())
    with restored.serve() as server:
        seven = AsyncSeven(api_key=sandbox.api_key, base_url=server.url)
        assert 0 == await served(seven, journal)

    assert 3 == len(restored.ledger)


async def test_journal_that_names_no_sandbox_learns_which(journal):
    """A journal of before, which says `a local gateway` only, goes on with a local one."""
    sandbox = Sandbox()
    await served(AsyncSeven(**sandbox.options), journal)
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE campaign SET gateway = 'a local gateway'")

    assert 0 == await served(AsyncSeven(**sandbox.options), journal)
    assert f"a local gateway (sandbox {sandbox.id})" == recorded(journal)


async def test_local_gateway_that_is_no_sandbox():
    """Something else on loopback is asked without a key, and named as what it is."""
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404)

    async with AsyncSeven(
        api_key="secret",
        signing_secret="secret",
        base_url="http://127.0.0.1:7077/api",
        transport=httpx.MockTransport(refuse),
    ) as seven:
        assert "a local gateway" == await gateway_of(seven)
    assert ["/_sandbox/identity"] == [request.url.path for request in asked]
    assert "secret" not in str(asked[0].headers.raw)


def test_blocking_client_takes_the_options_of_a_sandbox():
    """`Seven(**sandbox.options)` and other options beside them."""
    sandbox = Sandbox(api_key="other-key")
    with Seven(**sandbox.options, timeout_s=20) as seven:
        seven.sms.send("+491711234567", "Hi")

    assert 1 == len(sandbox.ledger)
