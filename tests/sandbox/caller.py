"""A caller of the sandbox without any client: what the wire carries, and nothing on top.

In: method, path, parameters. Out: status and decoded body. I/O: none.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from seven_async.sandbox import Answer, Sandbox

KEY = "sandbox-key"
ACCEPTS_JSON = {"x-api-key": KEY, "accept": "application/json"}
ACCEPTS_ANYTHING = {"x-api-key": KEY, "accept": "*/*"}
FORM = "application/x-www-form-urlencoded"
NOON = 1_700_000_000.0


class Caller:
    """Calls one sandbox whose time stands still unless it is advanced."""

    def __init__(self, **options: Any) -> None:
        standing = {"now": lambda: NOON, "signing_time": lambda: NOON}
        self.sandbox = Sandbox(**{**standing, **options})

    def ask(self, line: str, headers: dict[str, str] | None = None, **body: Any) -> Answer:
        """The raw answer; `form=` or `json=` is the body, `query=` the query."""
        method, path = line.split(" ")
        query = urlencode(body["query"]) if "query" in body else ""
        sent, kind = encoded(body)
        return self.sandbox.handle(
            method,
            f"http://sandbox.test/api{path}" + (f"?{query}" if query else ""),
            {"content-type": kind, **(ACCEPTS_JSON if headers is None else headers)},
            sent,
        )

    def json(self, line: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        """The decoded body of a JSON answer."""
        answer = self.ask(line, headers, **body)
        assert answer.content_type == "application/json"
        return json.loads(answer.body)

    def text(self, line: str, **body: Any) -> str:
        """The body of an answer given to a caller who did not ask for JSON."""
        answer = self.ask(line, ACCEPTS_ANYTHING, **body)
        assert answer.content_type.startswith("text/plain")
        return answer.body.decode()

    def send(self, to: str = "+491716992343", text: str = "hi", **more: Any) -> Any:
        """The answer to `POST /sms` as a form."""
        return self.json("POST /sms", form={"to": to, "text": text, **more})


def encoded(body: dict[str, Any]) -> tuple[bytes, str]:
    """A body and its content type."""
    if "json" in body:
        return json.dumps(body["json"]).encode(), "application/json"
    return urlencode(body.get("form", {})).encode(), FORM
