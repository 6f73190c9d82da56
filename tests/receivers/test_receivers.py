"""What both receivers do with a request: the same tests for ASGI and WSGI."""

from __future__ import annotations

import io
import json
import logging
import random
import stat
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from seven_async import DeliveryState, Receipt
from seven_async.api.replies.receipt import Message
from seven_async.errors import ConfigurationError
from seven_async.receivers import Inbox, InboxError, WebhookApp, WebhookWsgiApp
from seven_async.receivers.inbox import StoredWebhook
from seven_async.webhooks import (
    DeliveryReport,
    Event,
    InboundSms,
    RcsStatus,
    WebhookEvent,
    WebhookVerifier,
)
from tests.webhooks.signing import BODY, NOW_S, SECRET, URL, Signed, sign
from tests.webhooks.test_parse import PUBLISHED, envelope

SMS = b'{"data":{"id":"1","sender":"491711234567","text":"STOP"},"webhook_event":"sms_mo"}'


class BrokenError(Exception):
    """What a handler or sink raises in these tests."""


def verifier() -> WebhookVerifier:
    """Return a verifier at the time when `sign` signs."""
    return WebhookVerifier(SECRET, url=URL, clock=lambda: float(NOW_S))


class Asgi:
    """An ASGI receiver, called as a server calls it."""

    def __init__(self, **options) -> None:
        self.app = WebhookApp(verifier(), **options)

    async def post(self, signed: Signed) -> int:
        """Return the status of the answer to a request; its body comes in two pieces."""
        half = len(signed.body) // 2
        pieces = [(signed.body[:half], True), (signed.body[half:], False)]
        statuses: list[int] = []

        async def receive() -> dict:
            await anyio.lowlevel.checkpoint()
            body, has_more = pieces.pop(0)
            return {"type": "http.request", "body": body, "more_body": has_more}

        async def send(message: dict) -> None:
            await anyio.lowlevel.checkpoint()
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        headers = [(name.lower().encode(), each.encode()) for name, each in signed.headers.items()]
        scope = {
            "type": "http",
            "method": signed.method,
            "path": "/hooks/seven",
            "query_string": signed.url.partition("?")[2].encode(),
            "headers": [(b"host", b"internal"), *headers],
        }
        await self.app(scope, receive, send)
        return statuses[0]

    async def redeliver(self) -> int:
        """Hand out what waits."""
        return await self.app.redeliver()


class Wsgi:
    """A WSGI receiver, called as a server calls it."""

    def __init__(self, **options) -> None:
        self.app = WebhookWsgiApp(verifier(), **options)

    async def post(self, signed: Signed) -> int:
        """Return the status of the answer to a request."""
        environ = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in signed.headers.items()
        }
        environ |= {
            "REQUEST_METHOD": signed.method,
            "PATH_INFO": "/hooks/seven",
            "QUERY_STRING": signed.url.partition("?")[2],
            "CONTENT_LENGTH": str(len(signed.body)),
            "wsgi.input": io.BytesIO(signed.body),
        }
        lines: list[str] = []
        answer = self.app(environ, lambda status, _: lines.append(status))
        assert isinstance(b"".join(answer), bytes)
        return int(lines[0].split()[0])

    async def redeliver(self) -> int:
        """Hand out what waits."""
        return self.app.redeliver()


Receiver = Asgi | Wsgi


@pytest.fixture(params=[Asgi, Wsgi])
def kind(request: pytest.FixtureRequest) -> type[Receiver]:
    """Each kind of receiver in turn."""
    return request.param


async def test_event_reaches_its_handlers(kind: type[Receiver]):
    """A handler gets the events of its class, of subclasses and of unions."""
    receiver = kind()
    seen: list[tuple[str, Event]] = []
    for name, wanted in (
        ("class", DeliveryReport),
        ("union", DeliveryReport | RcsStatus),
        ("base", WebhookEvent),
        ("other", InboundSms),
    ):
        receiver.app.on(wanted)(lambda event, name=name: seen.append((name, event)))

    assert 204 == await receiver.post(sign())
    assert ["class", "union", "base"] == [name for name, _ in seen]


async def test_refused_request_reaches_no_handler(kind: type[Receiver]):
    """What is not signed is answered with 401, what cannot be read with 400."""
    receiver = kind()
    seen: list[Event] = []
    receiver.app.on(WebhookEvent)(seen.append)

    assert 401 == await receiver.post(sign()._replace(headers={}))
    assert 401 == await receiver.post(sign(secret="another"))
    assert 401 == await receiver.post(sign(timestamp=NOW_S - 301))
    assert 400 == await receiver.post(sign(body=b"\xff"))
    assert 405 == await receiver.post(sign("DELETE"))
    assert [] == seen


async def test_replay_is_answered_with_success(kind: type[Receiver]):
    """The second time nothing is dispatched."""
    receiver = kind()
    seen: list[Event] = []
    receiver.app.on(WebhookEvent)(seen.append)

    assert 204 == await receiver.post(sign())
    assert 200 == await receiver.post(sign())
    assert 1 == len(seen)


async def test_get_delivery_is_typed(kind: type[Receiver]):
    """The fields of a GET delivery are read from the signed query."""
    receiver = kind()
    seen: list[Event] = []
    receiver.app.on(DeliveryReport)(seen.append)

    assert 204 == await receiver.post(sign("GET", f"{URL}?msg_id=7&status=DELIVERED", b""))
    assert ["7"] == [event.message_id for event in seen]


GARBAGE = {
    "empty": b"",
    "invalid UTF-8": b"\xff\xfe\x00",
    "cut JSON": b'{"data":',
    "nested": b'{"a":' * 100_000,
    "list": b"[" * 100_000,
    "no object": b'"900"',
    "not a number": b'{"a":NaN}',
    "form in Latin-1": b"text=Gr%FC%DFe",
    "many fields": b"&".join(b"a%d=1" % place for place in range(2_000)),
    "more than 1 MiB": b"x" * (1 << 20),
}


@pytest.mark.parametrize("what", GARBAGE)
async def test_signed_garbage_is_answered_with_400(kind: type[Receiver], what: str, tmp_path):
    """Whatever a signed body is, the answer is final, and nothing is kept."""
    inbox = Inbox(tmp_path / "inbox.db")
    receiver = kind(inbox=inbox)

    assert 400 == await receiver.post(sign(body=GARBAGE[what]))
    assert [] == inbox.find_waiting()


@pytest.mark.parametrize(
    ("body", "status"), [(b"\xff", 401), (b"[" * 100_000, 401), (b"x" * 10_000_000, 413)]
)
async def test_unsigned_garbage_is_never_read(kind: type[Receiver], body: bytes, status: int):
    """What is not signed, or too long to be, is refused before its body is looked at."""
    assert status == await kind().post(sign(body=body)._replace(headers={"X-Nonce": "n"}))


async def test_mutated_payloads_are_events_or_refused(kind: type[Receiver]):
    """2,000 published payloads with changed bytes, signed: each is answered with 204 or 400."""
    dice, receiver = random.Random(5), kind()
    bodies = [json.dumps(envelope(name, fields)).encode() for name, fields, _ in PUBLISHED.values()]
    statuses: Counter[int] = Counter()
    for place in range(2_000):
        body = bytearray(dice.choice(bodies))
        for _ in range(dice.randrange(1, 4)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        statuses[await receiver.post(sign(body=bytes(body), nonce=f"n{place}"))] += 1

    assert {204, 400} == set(statuses)
    assert min(statuses.values()) > 100


async def test_query_of_the_registered_url_is_no_field(tmp_path):
    """The gateway adds an event's fields behind it."""
    inbox, seen = Inbox(tmp_path / "inbox.db"), []
    url = f"{URL}?tenant=7"
    app = WebhookWsgiApp(WebhookVerifier(SECRET, url=url, clock=lambda: float(NOW_S)), inbox=inbox)
    receiver = Wsgi()
    receiver.app = app
    app.on(WebhookEvent)(seen.append)
    await receiver.post(sign("GET", f"{url}&msg_id=7&status=DELIVERED", b""))
    again = app._intake._verifier.query_of_event(f"{url}&msg_id=7")

    assert [{}] == [event.extra for event in seen]
    assert "msg_id=7" == again


async def test_event_that_no_handler_finished_outlives_its_nonce(tmp_path):
    """The gateway was told that it had arrived, so it is not forgotten with the nonce."""
    inbox = Inbox(tmp_path / "inbox.db")
    waiting = StoredWebhook("POST", "application/json", "", BODY, nonce="old", expires_at=10.0)
    inbox.add([waiting], now_s=5.0)
    inbox.add([waiting._replace(nonce="new", expires_at=100.0)], now_s=50.0)

    assert ["old", "new"] == [each.nonce for each in inbox.find_waiting()]


async def test_many_at_once_are_all_noted_as_handled(tmp_path):
    """One request writes for the others; none is forgotten."""
    inbox = Inbox(tmp_path / "inbox.db")
    receiver, seen = Asgi(inbox=inbox), []
    receiver.app.on(DeliveryReport)(seen.append)
    async with anyio.create_task_group() as tasks:
        for place in range(100):
            tasks.start_soon(receiver.post, sign(nonce=f"n{place}"))

    assert 100 == len(seen)
    assert [] == inbox.find_waiting()


async def test_long_body_is_refused(kind: type[Receiver]):
    """Memory is bounded before anything is verified."""
    receiver = kind(max_body_bytes=10)

    assert 413 == await receiver.post(sign())


async def test_failed_handler_makes_the_gateway_come_again(kind: type[Receiver], caplog):
    """Without an inbox a failure is answered with 500, and the retry is dispatched."""
    receiver = kind()
    failures = [BrokenError()]

    def handle(_: Event) -> None:
        if failures:
            raise failures.pop()

    receiver.app.on(DeliveryReport)(handle)
    with caplog.at_level(logging.CRITICAL):
        statuses = [await receiver.post(sign()) for _ in range(3)]

    assert [500, 204, 200] == statuses


async def test_one_failed_handler_does_not_stop_the_others(kind: type[Receiver], caplog):
    """Each handler gets the event."""
    receiver = kind()
    seen: list[Event] = []

    def fail(_: Event) -> None:
        raise BrokenError

    receiver.app.on(DeliveryReport)(fail)
    receiver.app.on(DeliveryReport)(seen.append)
    with caplog.at_level(logging.CRITICAL):
        await receiver.post(sign())

    assert 1 == len(seen)


async def test_event_is_on_disk_before_its_handler_runs(kind: type[Receiver], tmp_path):
    """With an inbox a crash in a handler loses nothing: the next start hands the event out."""
    path = str(tmp_path / "inbox.db")
    receiver = kind(inbox=path)
    waiting: list[int] = []
    receiver.app.on(DeliveryReport)(lambda _: waiting.append(len(Inbox(path).find_waiting())))

    assert 204 == await receiver.post(sign())
    assert [1] == waiting
    assert [] == Inbox(path).find_waiting()


async def test_unfinished_event_is_handed_out_again(kind: type[Receiver], tmp_path, caplog):
    """What a handler failed at waits in the inbox, though the gateway was answered."""
    path = str(tmp_path / "inbox.db")
    first, second = kind(inbox=path), kind(inbox=path)
    seen: list[Event] = []

    def fail(_: Event) -> None:
        raise BrokenError

    first.app.on(InboundSms)(fail)
    second.app.on(InboundSms)(seen.append)
    with caplog.at_level(logging.CRITICAL):
        assert 204 == await first.post(sign(body=SMS))

    assert 1 == await second.redeliver()
    assert 0 == await second.redeliver()
    assert ["STOP"] == [event.text for event in seen]


async def test_replay_is_known_after_a_restart(kind: type[Receiver], tmp_path):
    """The nonce is on disk with the event."""
    path = str(tmp_path / "inbox.db")

    assert 204 == await kind(inbox=path).post(sign())
    assert 200 == await kind(inbox=path).post(sign())


async def test_handled_event_leaves_no_text_on_disk(kind: type[Receiver], tmp_path):
    """What was said is erased once it is handled; the file is its owner's only."""
    path = tmp_path / "inbox.db"
    await kind(inbox=str(path)).post(sign(body=SMS))
    inbox = Inbox(path)
    inbox._handling.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert b"491711234567" not in path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


class Sink:
    """A sink that fails as often as asked."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.stored: list[Event] = []

    def store(self, event: Event) -> None:
        """Keep the event, or fail."""
        if self.failures:
            self.failures -= 1
            raise InboxError("the disk is full")
        self.stored.append(event)


async def test_sink_is_written_before_the_answer(kind: type[Receiver], caplog):
    """Where a sink fails the gateway comes again, and no handler runs before it has succeeded."""
    sink, seen = Sink(failures=1), []
    receiver = kind(sinks=[sink])
    receiver.app.on(DeliveryReport)(seen.append)
    with caplog.at_level(logging.CRITICAL):
        first = await receiver.post(sign())
    after_first = len(seen)

    assert (503, 0) == (first, after_first)
    assert 204 == await receiver.post(sign())
    assert (1, 1) == (len(sink.stored), len(seen))


async def test_inbox_may_be_a_path(kind: type[Receiver], tmp_path):
    """A `Path` names a file as a text does."""
    receiver = kind(inbox=tmp_path / "inbox.db")

    assert 204 == await receiver.post(sign())
    assert (tmp_path / "inbox.db").exists()


def test_file_of_something_else_is_no_inbox(tmp_path):
    """A campaign's journal is not written to by mistake."""
    import sqlite3
    from contextlib import closing

    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE message (key TEXT)")
    before = path.read_bytes()

    with pytest.raises(InboxError, match="no inbox"):
        Inbox(path)
    assert before == path.read_bytes()


@pytest.mark.parametrize("wanted", [str, int | str, "DeliveryReport", None])
def test_handler_of_no_event_is_refused(kind: type[Receiver], wanted: object):
    """A typing mistake is found at start, not by silence."""
    with pytest.raises(ConfigurationError, match="on\\(\\) takes a class"):
        kind().app.on(wanted)(print)


def test_wsgi_refuses_an_async_handler():
    """A coroutine that nobody awaits would be an event that is lost."""

    async def handle(event: DeliveryReport) -> None:
        raise NotImplementedError

    with pytest.raises(ConfigurationError, match="async"):
        Wsgi().app.on(DeliveryReport)(handle)


async def test_asgi_awaits_an_async_handler():
    """Async handlers run on the server's loop."""
    receiver, seen = Asgi(), []

    @receiver.app.on(DeliveryReport)
    async def handle(event: DeliveryReport) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(event.message_id)

    await receiver.post(sign())

    assert ["77149843739"] == seen


async def test_same_webhook_twice_at_once_is_dispatched_once():
    """The gateway's early retry is told to come later, while the first is still handled."""
    receiver, seen, statuses = Asgi(), [], []
    may_end = anyio.Event()

    @receiver.app.on(DeliveryReport)
    async def handle(event: DeliveryReport) -> None:
        seen.append(event)
        await may_end.wait()

    async def post() -> None:
        statuses.append(await receiver.post(sign()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(post)
        while not seen:
            await anyio.lowlevel.checkpoint()
        await post()
        may_end.set()

    assert ([503, 204], 1) == (statuses, len(seen))


def test_threads_share_commits_and_lose_nothing(tmp_path):
    """Two hundred requests from sixteen threads are two hundred events."""
    app = WebhookWsgiApp(verifier(), inbox=str(tmp_path / "inbox.db"))
    seen: list[str] = []
    lock = threading.Lock()

    @app.on(DeliveryReport)
    def handle(event: DeliveryReport) -> None:
        with lock:
            seen.append(event.message_id)

    def post(number: int) -> None:
        signed = sign(body=BODY.replace(b"77149843739", str(number).encode()), nonce=f"n{number}")
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(signed.body)),
            "wsgi.input": io.BytesIO(signed.body),
            "HTTP_X_SIGNATURE": signed.headers["X-Signature"],
            "HTTP_X_TIMESTAMP": signed.headers["X-Timestamp"],
            "HTTP_X_NONCE": signed.headers["X-Nonce"],
        }
        app(environ, lambda *_: None)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(post, range(200)))

    assert sorted(map(str, range(200))) == sorted(seen)


def receipt(*ids: str) -> Receipt:
    """Return a receipt for messages."""
    return Receipt(code=100, messages=[Message(id=each, success=True) for each in ids])


async def test_delivered_waits_for_the_final_state():
    """A caller learns what became of its message, where the receiver runs in the same process."""
    receiver, states = Asgi(), []

    async def wait() -> None:
        states.append(await receiver.app.delivered(receipt("77149843739"), timeout_s=60))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await receiver.post(sign(body=BODY.replace(b"DELIVERED", b"BUFFERED"), nonce="first"))
        await receiver.post(sign())

    assert [{"77149843739": DeliveryState.DELIVERED}] == states


async def test_delivered_times_out():
    """Silence is no state."""
    with pytest.raises(TimeoutError):
        await Asgi().app.delivered(receipt("1"), timeout_s=0)


async def test_lifespan_hands_out_what_waits(tmp_path):
    """A server's start finishes what a crash left."""
    path = str(tmp_path / "inbox.db")
    inbox = Inbox(path)
    signed = sign(body=SMS)
    first = WebhookApp(verifier(), inbox=inbox)
    accepted = first._intake.accept
    receiver, seen, sent = Asgi(inbox=path), [], []
    from seven_async.receivers.intake import ReceivedRequest

    accepted(
        ReceivedRequest(
            method="POST",
            url=URL,
            headers=tuple(signed.headers.items()),
            body=signed.body,
        )
    )
    receiver.app.on(InboundSms)(seen.append)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict:
        await anyio.lowlevel.checkpoint()
        return next(messages)

    async def send(message: dict) -> None:
        await anyio.lowlevel.checkpoint()
        sent.append(message["type"])

    await receiver.app({"type": "lifespan"}, receive, send)

    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == sent
    assert 1 == len(seen)
