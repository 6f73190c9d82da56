"""What an error report shows that records the variables of every frame: nothing private.

Error reporters do what `traceback.TracebackException(capture_locals=True)` does, for an error and
for all that it came from.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import anyio.abc
import httpx
import httpx2
import pytest

from seven_async import (
    AsyncSeven,
    AuthenticationError,
    BearerToken,
    ConfigurationError,
    InvalidParameterError,
    InvalidRequestError,
    MalformedReplyError,
    NotSentError,
    OutcomeUnknownError,
    Seven,
    SevenError,
    TransportError,
)
from seven_async.flow.network.sockets import Wire
from seven_async.flow.transport import Attempt
from tests.flow.test_fault_matrix import cutting_the_request, refusing
from tests.flow.test_transport import answering

KEY = "key-7d83aa01c9"
TOKEN = "token-5511fe20"
SIGNING = "signing-90ab12cd"
NUMBER = "+491711234567"
TEXT = "Your code is Qx7Rz, dear Ada"
SECRETS = (KEY, TOKEN, SIGNING, NUMBER, NUMBER[1:], "1711234567", TEXT, "Qx7Rz", "Ada")

Call = Callable[[Any], Any]
CALLS: dict[str, Call] = {
    "sms": lambda seven: seven.sms.send(NUMBER, TEXT),
    "sms to many": lambda seven: seven.sms.send(to=[NUMBER, NUMBER], text=TEXT, from_=NUMBER),
    "rcs": lambda seven: seven.rcs.send(NUMBER, {"text": TEXT}),
    "voice": lambda seven: seven.voice.send(NUMBER, TEXT),
    "whatsapp": lambda seven: seven.waba.send_text(NUMBER, TEXT, from_=NUMBER),
    "buttons": lambda seven: seven.waba.send_buttons(
        NUMBER, TEXT, [{"id": "1", "title": "Yes"}, {"id": "2", "title": "No"}], from_=NUMBER
    ),
    "contact": lambda seven: seven.contacts.create(
        firstname="Grace", mobile_number=NUMBER, notes=TEXT
    ),
    "lookup": lambda seven: seven.lookup.hlr(NUMBER),
    "lookups": lambda seven: seven.lookup.mnp([NUMBER, NUMBER]),
    "number": lambda seven: seven.numbers.order(NUMBER),
    "raw form": lambda seven: seven.raw("POST", "/sms", form={"to": NUMBER, "text": TEXT}),
    "raw json": lambda seven: seven.raw("POST", "/sms", json={"to": [NUMBER], "text": TEXT}),
    "raw query": lambda seven: seven.raw("GET", f"/lookup/hlr?number={NUMBER[1:]}"),
    "raw path": lambda seven: seven.raw("GET", f"/numbers/active/{NUMBER[1:]}"),
}
WITHOUT_TEXT = ("lookup", "lookups", "number", "raw query", "raw path")

REFUSED: dict[str, Call] = {
    "sms": lambda seven: seven.sms.send(NUMBER, TEXT, from_="a sender that is too long"),
    "keyword": lambda seven: seven.sms.send(NUMBER, TEXT, unknown=TEXT),
    "lookup": lambda seven: seven.lookup.hlr([NUMBER, ""]),
    "contact": lambda seven: seven.contacts.update(".", mobile_number=NUMBER, notes=TEXT),
    "half an emoji": lambda seven: seven.sms.send(NUMBER, f"{TEXT}\ud83d"),
    "listing": lambda seven: seven.journal.outbound(to=NUMBER, limit=0),
    "raw": lambda seven: seven.raw("POST", "no slash", form={"text": TEXT}, json={"to": NUMBER}),
}


def shown(error: BaseException) -> Iterator[str]:
    """Every line that a report has of an error: texts, code and variables of all frames."""
    waiting = [traceback.TracebackException.from_exception(error, capture_locals=True)]
    while waiting:
        report = waiting.pop()
        yield str(report)
        for frame in report.stack:
            yield frame.name
            if frame.filename != __file__ or frame.name == "handle_async_request":
                yield from (f"{frame.name}: {name} = {text}" for name, text in frame.locals.items())
        waiting += [one for one in (report.__cause__, report.__context__) if one is not None]
        waiting += report.exceptions or []


def private(error: BaseException) -> list[str]:
    """The lines of a report that show something private."""
    lines = list(shown(error))
    assert len(lines) > 5, "a report has frames, and variables in them"
    return [line for line in lines if any(secret in line for secret in SECRETS)]


def failing(client: type, call: Call, options: dict[str, Any]) -> BaseException:
    """What a call of either client ends with."""

    async def work() -> None:
        async with AsyncSeven(**options) as seven:
            await call(seven)

    try:
        if client is AsyncSeven:
            anyio.run(work)
        else:
            with Seven(**options) as seven:
                call(seven)
    except (SevenError, TypeError, ArithmeticError) as error:
        return error
    raise AssertionError("the call was to fail")


def options(url: str, **changes: Any) -> dict[str, Any]:
    """A client that makes one attempt."""
    return {
        "api_key": KEY,
        "signing_secret": SIGNING,
        "base_url": url,
        "retry": None,
        "timeout_s": 0.3,
        **changes,
    }


def answer(body: str, status: str = "200 OK") -> bytes:
    """The bytes of a reply."""
    content = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


CLIENTS = pytest.mark.parametrize("client", [AsyncSeven, Seven])


@CLIENTS
@pytest.mark.parametrize("call", CALLS)
def test_a_connection_that_was_refused(client: type, call: str) -> None:
    """Nothing private is in any frame of a call that did not leave."""
    with refusing() as stage:
        error = failing(client, CALLS[call], options(stage.url))

    assert isinstance(error, NotSentError)
    assert [] == private(error)


@CLIENTS
@pytest.mark.parametrize("call", CALLS)
def test_a_reply_that_cannot_be_read(client: type, call: str) -> None:
    """Nor of one whose answer makes no sense, whatever it repeats."""
    with answering(answer(f"<html>{TEXT} {NUMBER} {KEY}</html>", "500 Oops")) as (url, _, __):
        error = failing(client, CALLS[call], options(url))
    with answering(answer(f'{{"success": "{TEXT}", "messages": 1, "to": "{NUMBER}"')) as (
        url,
        _,
        __,
    ):
        # A raw reply is not read, so it cannot be malformed.
        other = error if call.startswith("raw") else failing(client, CALLS[call], options(url))

    assert [] == private(error)
    assert [] == private(other)


@CLIENTS
@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_that_repeats_everything(client: type, call: str) -> None:
    """The gateway's own words are told without key, number and text."""
    said = "this" if call in WITHOUT_TEXT else TEXT
    words = f"Invalid: {KEY} may not send “{said}” to {NUMBER}"
    body = f'{{"success": false, "code": 202, "error": "{words}"}}'
    with answering(answer(body, "400 Bad Request")) as (url, _, __):
        error = failing(client, CALLS[call], options(url))

    assert isinstance(error, InvalidParameterError)
    assert [] == private(error)
    assert words == error.message


@CLIENTS
@pytest.mark.parametrize(
    "carrier", [httpx.AsyncHTTPTransport, httpx2.AsyncHTTPTransport, None, lambda: "fast"]
)
def test_an_exchange_that_broke_off(client: type, carrier: Callable[[], Any] | None) -> None:
    """The libraries below had it all in their frames, and have left them behind."""
    for call in ("sms", "lookup", "raw query"):
        with cutting_the_request() as stage:
            transport = carrier and carrier()
            error = failing(client, CALLS[call], options(stage.url, transport=transport))

        assert isinstance(error, (OutcomeUnknownError, TransportError))
        assert [] == private(error)


@CLIENTS
@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("name", ["ConnectError", "ReadTimeout", "RemoteProtocolError"])
def test_an_httpx_error_does_not_keep_its_request(client: type, library: Any, name: str) -> None:
    """It has the key among its headers, and an error may be pickled."""

    def fail(request: Any) -> Any:
        raise getattr(library, name)("staged", request=request)

    transport = library.MockTransport(fail)
    error = failing(client, CALLS["lookup"], options("http://a.test", transport=transport))

    assert [] == private(error)
    cause = error.__cause__
    while isinstance(cause, SevenError):
        cause = cause.__cause__
    assert isinstance(cause, library.HTTPError)
    assert None is cause._request


@CLIENTS
def test_a_transport_with_a_bug_of_its_own(client: type) -> None:
    """An error that nobody maps keeps its frames, in which a request shows no number."""

    class Buggy(httpx.AsyncBaseTransport):
        """Divides by zero."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """Nothing."""
            return httpx.Response(1 // 0)

    for call in CALLS.values():
        error = failing(client, call, options("http://a.test", transport=Buggy()))

        assert isinstance(error, ZeroDivisionError)
        assert "handle_async_request" in "".join(shown(error))
        assert [] == private(error)


@CLIENTS
@pytest.mark.parametrize("call", REFUSED)
def test_arguments_that_are_refused(client: type, call: str) -> None:
    """What is refused before any I/O is not shown by the frames that refused it."""
    with refusing() as stage:
        error = failing(client, REFUSED[call], options(stage.url))

    assert isinstance(error, (InvalidRequestError, TypeError))
    assert [] == private(error)


class Broken:
    """A source of tokens that has lost its file."""

    async def access_token(self) -> str:
        """Nothing."""
        return {}["token"]


@CLIENTS
@pytest.mark.parametrize("auth", [BearerToken(TOKEN), BearerToken(f"{TOKEN}\n{TOKEN}")])
def test_a_token(client: type, auth: Any) -> None:
    """A token is as secret as a key, also one that no header can carry."""
    refused = answer(f'{{"code": 900, "message": "unknown token {TOKEN}"}}')
    with answering(refused) as (url, _, __):
        error = failing(client, CALLS["lookup"], options(url, api_key=None, auth=auth))

    assert isinstance(error, (AuthenticationError, ConfigurationError))
    assert [] == private(error)


@CLIENTS
@pytest.mark.parametrize(
    "wrong", [{"base_url": "nowhere"}, {"timeout_s": -1}, {"api_key": f"{KEY}ä"}, {"transport": 7}]
)
def test_options_that_are_refused(client: type, wrong: dict[str, Any]) -> None:
    """The key is given with the other options, and is not shown when one of them is wrong."""
    error = failing(client, CALLS["sms"], options("http://a.test", **wrong))
    del wrong

    assert isinstance(error, ConfigurationError)
    assert [] == private(error)


def test_a_clone_with_a_wrong_option() -> None:
    """So with a clone, whose origin has the key."""
    seven = Seven(**options("http://a.test"))
    with pytest.raises(ConfigurationError) as caught:
        seven.with_options(timeout_s=-1, signing_secret=SIGNING)

    assert [] == private(caught.value)
    seven.close()


async def test_bytes_on_their_way_show_nothing() -> None:
    """Frames below hold the bytes of a request while a network is slow."""
    kept: list[bytes] = []

    class Recording:
        """A link that keeps what is sent, and has nothing to say."""

        async def receive(self) -> bytes:
            """Nothing."""
            return b""

        async def send(self, payload: bytes, attempt: Attempt) -> None:
            """Keep it."""
            kept.append(payload)

    class Carrier:
        """Carries one attempt."""

        attempt = Attempt((), 1, 1)

    wire = Wire(Recording(), Carrier())
    await wire.write(f"X-Api-Key: {KEY}".encode())
    await wire.read(1)

    assert [f"X-Api-Key: {KEY}".encode()] == kept
    assert KEY not in repr(kept)


@CLIENTS
@pytest.mark.parametrize("to", [NUMBER, [NUMBER, "+491711234568"]])
def test_a_lookup_of_a_lost_message(client: type, to: Any) -> None:
    """Who asks what became of a message, and cannot, shows neither number nor text."""
    with cutting_the_request() as stage:
        lost = failing(Seven, lambda seven: seven.sms.send(to, TEXT), options(stage.url))
    assert isinstance(lost, OutcomeUnknownError)
    with refusing() as stage:
        error = failing(client, lambda seven: seven.reconcile(lost), options(stage.url))

    assert isinstance(error, NotSentError)
    assert [] == private(error)


def test_the_frames_of_a_caller_stay() -> None:
    """An error that is being handled while a call fails is the caller's, and keeps its frames."""

    def mine() -> None:
        raise LookupError("mine")

    with refusing() as stage, Seven(**options(stage.url)) as seven:
        try:
            mine()
        except LookupError as error:
            with pytest.raises(NotSentError):
                CALLS["sms"](seven)
            frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]

    assert "mine" in frames


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (f"“{TEXT}” is spam", "“<hidden>” is spam"),
        (f"{TEXT[:14]}… is spam", "<hidden>… is spam"),
        ("Your+code+is+Qx7Rz%2C+dear+Ada", "<hidden>"),
        ("text Hi refused", "text Hi refused"),
    ],
)
def test_words_that_repeat_a_text(words: str, expected: str) -> None:
    """In whole, in part, or quoted for a URL."""
    with answering(answer(f'{{"success": "305", "error": "{words}"}}')) as (url, _, __):
        error = failing(Seven, CALLS["sms"], options(url))

    assert str(error).endswith(f"“{expected}”")


def test_words_that_repeat_a_short_text() -> None:
    """A short text is hidden as a word, not within others."""
    with answering(answer('{"success": "305", "error": "This “Hi” is no Hit"}')) as (url, _, __):
        error = failing(Seven, lambda seven: seven.sms.send(NUMBER, "Hi"), options(url))

    assert str(error).endswith("“This “<hidden>” is no Hit”")


def test_a_malformed_reply_tells_no_words() -> None:
    """Of what cannot be read it is told where, not what."""
    with answering(answer(f'{{"amount": "{TEXT}"}}')) as (url, _, __):
        error = failing(Seven, lambda seven: seven.balance.get(), options(url))

    assert isinstance(error, MalformedReplyError)
    assert "GET /balance: amount cannot be read: expected an amount, found a text" == str(error)
