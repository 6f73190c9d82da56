"""The engine `fast`: how it is asked for, told of, and what it does on a connection."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from seven_async import (
    AsyncSeven,
    ConfigurationError,
    NotSentError,
    Seven,
    TransportError,
)
from seven_async.api.sms import SendSms
from seven_async.flow.limit import Ticket
from seven_async.flow.network import addresses
from seven_async.flow.network.addresses import connect_first, find_addresses
from seven_async.sandbox import Sandbox
from tests.flow.replies import ROWS
from tests.flow.test_fault_matrix import ENGINES
from tests.flow.test_large_replies import streaming
from tests.flow.test_transport import BALANCE, answering

WITHOUT = """
import sys
sys.modules["httptools"] = None
from seven_async import AsyncSeven, ConfigurationError
try:
    AsyncSeven(api_key="k", transport="fast")
except ConfigurationError as error:
    print(error)
AsyncSeven(api_key="k")
"""


def test_without_its_extra_it_is_refused_at_once() -> None:
    """The error names what to install, before anything is sent."""
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True
    )

    assert "pip install 'seven-async[fast]'" in ran.stdout


def test_another_name_is_refused_at_once() -> None:
    """The error says which names there are."""
    with pytest.raises(ConfigurationError, match="takes “fast”"):
        AsyncSeven(api_key="k", transport="quick")  # type: ignore[arg-type]


def test_which_engine_carries_is_told() -> None:
    """At a prompt, of both clients."""
    with Seven(api_key="k", transport="fast") as seven:
        assert repr(seven).endswith(" over fast engine, new>")
        assert repr(AsyncSeven(api_key="k")).endswith(" over httpx engine, new>")
        clone = seven.with_options(transport=None)
        assert repr(clone).endswith(" over httpx engine, new>")


def test_it_loads_no_other_engine() -> None:
    """A program that uses it does not wait for httpcore, and not for trio."""
    program = (
        "import sys, anyio; from seven_async import AsyncSeven, NotSentError\n"
        "async def main():\n"
        "    try:\n"
        "        async with AsyncSeven(api_key='k', base_url='http://127.0.0.1:9',"
        " transport='fast', retry=None) as seven:\n"
        "            await seven.balance.get()\n"
        "    except NotSentError:\n"
        "        print(*{'httpcore', 'trio'} & sys.modules.keys())\n"
        "anyio.run(main)"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert b"" == ran.stdout.strip()


async def test_nothing_leaves_in_a_scope_that_is_cancelled() -> None:
    """A message whose sender has given up is not sent, also on a connection that is open."""
    sandbox = Sandbox()
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, transport="fast"
        ) as seven:
            await seven.balance.get()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await seven.sms.send("+491711234567", "Hi")

    assert scope.cancelled_caught
    assert [] == sandbox.sent()


@pytest.mark.parametrize("engine", ENGINES)
async def test_nothing_leaves_after_the_last_wait_where_its_sender_gave_up(engine: Any) -> None:
    """A scope that is cancelled between the limiter and the socket holds the message back."""
    sandbox = Sandbox()
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, transport=engine
        ) as seven:
            await seven.balance.get()
            with anyio.CancelScope() as scope:

                async def give_up() -> None:
                    scope.cancel()

                value = SendSms(to="+491711234567", text="Hi")
                row = ROWS["sms.send"]
                await seven.call(row, value, ticket=Ticket(before_leaving=give_up))

    assert scope.cancelled_caught
    assert [] == sandbox.sent()


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_end_that_the_loop_has_not_seen_yet_is_seen(engine: Any) -> None:
    """The socket itself is asked: a busy program may not have had a turn since the end came."""
    with answering(BALANCE, close=True) as (url, _, accepted):
        async with AsyncSeven(api_key="k", base_url=url, transport=engine, retry=None) as seven:
            await seven.balance.get()
            (idle,) = seven._engine.transport._idle.values()
            limit = time.monotonic() + 10
            while not idle[0]._link._watcher.is_readable and time.monotonic() < limit:
                time.sleep(0.001)  # noqa: ASYNC251 - the loop must not have its turn
            await seven.balance.get()

    assert 2 == len(accepted)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_time_out_is_called_one(engine: Any) -> None:
    """Neither a reply without an end nor one that never begins is taken for one that broke off."""

    def trickle() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            time.sleep(0.02)
            yield b" "

    with streaming(trickle) as (url, _):
        async with AsyncSeven(
            api_key="k", base_url=url, transport=engine, retry=None, timeout_s=0.3
        ) as seven:
            with pytest.raises(TransportError, match=r"no complete answer from .* in 0\.3 s"):
                await seven.balance.get()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_timer_serves_many_requests() -> None:
    """Each request has its whole time-out, and the timer of one that is over harms no other."""
    sandbox = Sandbox(latency_s=0.03)
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key,
            base_url=server.url,
            transport="fast",
            timeout_s=0.5,
            retry=None,
        ) as seven:
            begun_s = anyio.current_time()
            while anyio.current_time() - begun_s < 0.7:
                await seven.balance.get()
            patient = seven.with_options(timeout_s=5)
            sandbox.fault("GET /balance", delay_s=0.6)
            balance = await patient.balance.get()
            handles = getattr(asyncio.get_running_loop(), "_scheduled", [])

    assert 1_000_000 == balance.amount
    assert len(handles) < 20


@pytest.mark.parametrize("value", ["kéy", "a\nb"])
async def test_a_header_that_none_can_carry_never_leaves(value: str) -> None:
    """What slipped past all checks does not become a header of its own."""
    with answering(BALANCE) as (url, heads, _):
        async with AsyncSeven(api_key="k", base_url=url, transport="fast", retry=None) as seven:
            object.__setattr__(seven.options, "sent_with", value)
            with pytest.raises(NotSentError, match="character"):
                await seven.balance.get()

    assert [] == heads


async def test_a_host_with_several_addresses_is_reached_by_the_first_that_answers() -> None:
    """A dead address costs a quarter of a second, and the other connections are closed."""
    closed: list[str] = []

    async def connect(address: str) -> str:
        if address == "refused":
            raise ConnectionRefusedError
        if address == "dead":
            await anyio.sleep_forever()
        return address

    async def close(connection: str) -> None:
        closed.append(connection)

    with anyio.fail_after(5):
        assert "good" == await connect_first(["dead", "refused", "good"], connect, close)
        with pytest.raises(OSError, match="no address") as caught:
            await connect_first(["refused", "refused"], connect, close)
    group: Any = caught.value.__cause__
    assert 2 == len(group.exceptions)
    assert [] == closed


async def test_a_race_that_is_cancelled_closes_what_it_won() -> None:
    """No socket is left behind where nobody waits for it any more."""
    closed: list[str] = []
    with anyio.CancelScope() as scope:

        async def connect(address: str) -> str:
            scope.cancel()
            return address

        async def close(connection: str) -> None:
            closed.append(connection)

        await connect_first(["a", "b"], connect, close)

    assert scope.cancelled_caught
    assert ["a"] == closed[:1]


async def test_addresses_of_both_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPv6 first, then IPv4; an address is not looked up."""
    rows = [(2, 1, 6, "", ("192.0.2.1", 80)), (2, 1, 6, "", ("192.0.2.2", 80))]
    rows += [(10, 1, 6, "", ("2001:db8::1", 80, 0, 0)), (10, 1, 6, "", ("2001:db8::2", 80, 0, 0))]

    async def look_up(*_: object, **__: object) -> object:
        return rows

    monkeypatch.setattr(addresses, "getaddrinfo", look_up)

    assert ["::1"] == await find_addresses("::1", 80)
    assert ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"] == await find_addresses(
        "gateway.test", 80
    )
