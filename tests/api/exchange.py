"""One recorded exchange: the example file, the call of ours that makes it, and what it must give.

In: files of `examples/`. Out: exchanges that a test plays over a transport that records. I/O: reads
those files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import httpx

from seven_async import AsyncSeven, Page
from tests.api.php import fields_of

EXAMPLES = Path(__file__).parent / "examples"


@attrs.frozen(kw_only=True)
class Exchange:
    """How an example is played.

    `expected` is a model, a list of models, or the class of an error. `asks_otherwise` names why
    our request is another one than the recorded (a legacy form of the same operation).
    """

    call: Callable[[AsyncSeven], Any]
    expected: Any
    cause: type[BaseException] | None = None
    asks_otherwise: str | None = None
    options: Mapping[str, Any] = attrs.field(factory=dict)


def example(name: str) -> Any:
    """The content of an example file."""
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def reply_to(recorded: Mapping[str, Any]) -> httpx.Response:
    """The recorded reply as bytes."""
    body = recorded["body"]
    if "raw" in recorded:
        text = recorded["raw"]
    elif recorded.get("content_type", "").startswith("text/plain") and isinstance(body, str):
        text = body
    else:
        text = json.dumps(body)
    kind = recorded.get("content_type", "application/json")
    return httpx.Response(recorded["status"], text=text, headers={"content-type": kind})


class Recorder(httpx.MockTransport):
    """Answers every request with one reply, and keeps the requests."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer
        super().__init__(self._kept)

    def _kept(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


def client(transport: httpx.MockTransport, **options: Any) -> AsyncSeven:
    """A client of a transport that makes one attempt a call."""
    return AsyncSeven(
        api_key="key",
        base_url="https://gateway.test/api",
        transport=transport,
        **{"retry": None, **options},
    )


def sent(request: httpx.Request) -> tuple[str, str, dict[str, Any]]:
    """Method, path below the base URL, and all parameters of a request, wherever they stand."""
    path = request.url.path.removeprefix("/api")
    query = fields_of(request.url.query.decode())
    kind = request.headers.get("content-type", "")
    text = request.content.decode()
    body = json.loads(text) if "json" in kind else fields_of(text)
    return request.method, path, {**query, **body}


def asked(recorded: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The same of the recorded request. Empty texts and the retired `json=1` say nothing."""
    request = recorded["request"]
    parts = (request.get(part, {}) for part in ("query", "form", "json"))
    merged = {key: value for part in parts for key, value in part.items()}
    return request["method"], request["path"], merged


def comparable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as texts: forms have no other kind; what is empty or made up is left out."""
    return {
        key: as_text(value)
        for key, value in fields.items()
        if value != "" and key not in {"json", "foreign_id"}
    }


def as_text(value: Any) -> Any:
    """Numbers as texts, at every depth."""
    if isinstance(value, dict):
        return {key: as_text(member) for key, member in value.items()}
    if isinstance(value, list):
        return [as_text(member) for member in value]
    return str(value)


def told(value: Any) -> Any:
    """A reply with all it keeps, `extra` included, which equality leaves out."""
    if isinstance(value, Page | list):
        return [told(one) for one in value]
    if attrs.has(type(value)):
        return {"": type(value).__name__, **attrs.asdict(value, value_serializer=told_within)}
    return value


def told_within(_: object, __: object, value: Any) -> Any:
    """Enums are equal to their texts, so their class is said too."""
    return (type(value).__name__, value)
