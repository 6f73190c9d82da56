"""What waits on a served sandbox: for a message, and for news; I/O: loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import httpx
import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.wire import Answer
from seven_async.sandbox.inbox.messages import MessageFilter
from seven_async.sandbox.inbox.waiting import MessageSearch
from seven_async.sandbox.server.live import ALIVE_S, STREAM_GAP_S, ChangeStream, Hub, MessageWait
from seven_async.sandbox.server.serving import Listener
from tests.sandbox.caller import Caller
from tests.waiting import until

PERSON = "491716992343"


def wait_for(caller: Caller, deadline_s: float = 5.0) -> tuple[MessageWait, list[Answer]]:
    """A wait for a message to a person, and the answers it gave."""
    answers: list[Answer] = []
    search = MessageSearch(MessageFilter(), PERSON, "")
    return MessageWait(caller.sandbox, search, deadline_s, answers.append), answers


def test_waiting_ends_at_its_deadline():
    """The clock is passed in: nobody waits here."""
    wait, answers = wait_for(Caller())
    wait.look(0.0, is_changed=True)
    wait.look(4.9, is_changed=False)
    assert [] == answers
    wait.look(5.0, is_changed=False)

    assert [404] == [answer.status for answer in answers]


def test_waiting_looks_at_each_message_once():
    """What came since the last look is enough; a message to another number is not the one."""
    caller = Caller()
    wait, answers = wait_for(caller)
    wait.look(0.0, is_changed=True)
    caller.send(to="41798072355", text="no")
    wait.look(1.0, is_changed=True)
    assert [] == answers
    caller.send(text="yes")
    wait.look(2.0, is_changed=True)

    assert [200] == [answer.status for answer in answers]
    assert b'"text":"yes"' in answers[0].body


def test_a_stream_tells_of_changes_and_that_it_is_alive():
    """At once, then as often as people can read, and a comment after a long silence."""
    written: list[bytes] = []
    stream = ChangeStream(Caller().sandbox, lambda event: written.append(event) is None)
    for now_s in (0.0, STREAM_GAP_S / 2, STREAM_GAP_S):
        stream.look(now_s, is_changed=True)
    stream.look(STREAM_GAP_S + ALIVE_S, is_changed=False)

    assert [b"event: change", b"event: change", b": alive"] == [
        event.splitlines()[0] for event in written
    ]


def test_a_page_that_does_not_read_gets_its_news_later():
    """Events are not piled up: one says it all."""
    written: list[bytes] = []
    is_read = [False]

    def write(event: bytes) -> bool:
        if is_read[0]:
            written.append(event)
        return is_read[0]

    stream = ChangeStream(Caller().sandbox, write)
    for now_s in range(10):
        stream.look(float(now_s), is_changed=True)
    is_read[0] = True
    stream.look(10.0, is_changed=False)

    assert 1 == len(written)


def test_everything_to_see_is_a_change():
    """Messages, what comes in, states, clicks, the clock, faults, deliveries, a reset."""
    caller = Caller(post_webhook=lambda request: 200)
    sandbox = caller.sandbox
    caller.json("POST /hooks", form={"target_url": "http://a.test/", "event_type": "sms_mo"})
    seen = [sandbox.inbox.revision()]
    steps = (
        caller.send,
        lambda: sandbox.simulate.sms(PERSON, "hi"),
        lambda: sandbox.simulate.report(77000000001, "FAILED"),
        lambda: sandbox.simulate.click(77000000001, "http://b.test/"),
        lambda: sandbox.advance(1),
        lambda: sandbox.fault("GET /balance", status=503),
        lambda: caller.ask("GET /balance"),
        sandbox.inbox.clear,
        sandbox.reset,
    )
    for step in steps:
        step()
        assert sandbox.settle()
        seen.append(sandbox.inbox.revision())

    assert [] == [index for index in range(1, len(seen)) if seen[index] == seen[index - 1]]
    assert sandbox.inbox.revision() == seen[-1]


@asynccontextmanager
async def listening(sandbox: Sandbox) -> AsyncIterator[tuple[httpx.AsyncClient, Listener]]:
    """A client of a sandbox that is served on this loop."""
    listener = Listener(sandbox)
    await listener.open("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.port}"
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            yield client, listener
    finally:
        await listener.close()


SMS = {"to": PERSON, "text": "Your code is 123456", "p": "sandbox-key"}


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # the server is an asyncio one
async def test_a_message_that_comes_ends_the_wait():
    """Whoever waits is answered as soon as it is accepted; other calls go on meanwhile."""
    shown: list[httpx.Response] = []

    async def wait(client: httpx.AsyncClient) -> None:
        query = {"to": f"+{PERSON}", "matches": r"(\d{6})", "timeout_s": "20"}
        shown.append(await client.get("/_sandbox/messages/wait", params=query))

    async with listening(Sandbox()) as (client, listener), anyio.create_task_group() as group:
        group.start_soon(wait, client)
        await until(lambda: listener.hub.is_needed)
        await client.post("/api/sms", data=SMS)

    assert (200, ["123456"]) == (shown[0].status_code, shown[0].json()["groups"])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_waiting_in_vain_says_so():
    """HTTP 404 at the deadline; nonsense is refused at once."""
    async with listening(Sandbox()) as (client, _):
        late = await client.get("/_sandbox/messages/wait", params={"timeout_s": 0})
        wrong = await client.get("/_sandbox/messages/wait", params={"matches": "("})

    assert (404, 400) == (late.status_code, wrong.status_code)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_stream_goes_on_until_the_page_leaves():
    """Each change is told, also one of another thread; then nobody is waited for any more."""
    sandbox = Sandbox()
    async with listening(sandbox) as (client, listener):
        async with client.stream("GET", "/_sandbox/stream") as answer:
            lines = answer.aiter_lines()
            assert "event: change" == await anext(lines)
            await anyio.to_thread.run_sync(sandbox.simulate.sms, PERSON, "hi")
            told = [line async for line in _until(lines, "event: change")]
            assert "text/event-stream" == answer.headers["content-type"]
        await until(lambda: not listener.hub.is_needed)

    assert told


async def _until(lines: AsyncIterator[str], wanted: str) -> AsyncIterator[str]:
    """The lines up to a wanted one, which is waited for."""
    with anyio.fail_after(20):
        async for line in lines:
            yield line
            if line == wanted:
                return


def test_a_hub_without_waiting_looks_at_nothing():
    """The gateway's calls pay nothing for pages that are not there."""
    hub = Hub(Caller().sandbox, lambda: 0.0)
    hub.look()

    assert not hub.is_needed
