"""The examples run on their servers: each verifies and types every event, in every form.

In: the files of examples/, a sandbox. Out: what they print. I/O: loopback, a process for each.
"""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from seven_async.webhooks import CallerIdValidation, Event, UnknownEvent
from tests.examples.servers import free_port, run_server
from tests.sandbox.caller import Caller
from tests.webhooks.test_sandbox_deliveries import let_everything_happen

SECRET = "s3cret"
WSGI = (
    "from wsgiref.simple_server import make_server; import {module} as module;"
    "make_server('127.0.0.1', {port}, module.{name}).serve_forever()"
)
SERVERS = {
    "starlette": ["-m", "uvicorn", "webhooks_starlette:app", "--port", "{port}"],
    "fastapi": ["-m", "uvicorn", "webhooks_fastapi:app", "--port", "{port}"],
    "django_asgi": ["-m", "uvicorn", "webhooks_django_asgi:app", "--port", "{port}"],
    "django_wsgi": [
        "-c",
        WSGI.format(module="webhooks_django_wsgi", name="application", port="{port}"),
    ],
    "flask": ["-m", "flask", "--app", "webhooks_flask", "run", "--port", "{port}"],
}


def missing(name: str) -> list[str]:
    """Return what an example needs and is not installed here."""
    needed = {"starlette": ["starlette", "uvicorn"], "fastapi": ["fastapi", "uvicorn"]}
    modules = needed.get(name, [name.partition("_")[0]])
    return [module for module in modules if importlib.util.find_spec(module) is None]


@contextmanager
def serving(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Run an example's server; give its URL, and the file with what it prints."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks/seven"
    environment = {"SEVEN_SIGNING_SECRET": SECRET, "WEBHOOK_URL": url}
    with run_server(SERVERS[name], port, folder, environment) as printed:
        yield url, printed


def status_of(request: Request) -> int:
    """Return the status of an answer, of errors too; a redirection is not followed."""
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize("name", SERVERS)
def test_example_takes_every_event(name: str, tmp_path: Path):
    """Deliveries are answered with success and typed, in three forms; forgeries are refused."""
    if missing(name):
        pytest.skip(f"not installed here: {', '.join(missing(name))}")
    with serving(name, tmp_path) as (url, printed):
        caller = Caller(signing_secret=SECRET, signing_time=time.time)
        for form in ("JSON", "POST", "GET"):
            hook = {"target_url": url, "event_type": "all", "request_method": form}
            caller.json("POST /hooks", form=hook)
        let_everything_happen(caller)
        forged = status_of(Request(url, b'{"data":{}}', {"Content-Type": "application/json"}))
        elsewhere = status_of(Request(url.replace("/hooks/seven", "/elsewhere")))
    # Not by lines: threads print at once.
    shown = re.findall(r"([A-Z]\w+)\(occurred_at=", printed.read_text())
    statuses = {attempt.status for attempt in caller.sandbox.attempts}

    assert {204} == statuses, printed.read_text()
    assert {kind.__name__ for kind in get_args(Event)} - {
        UnknownEvent.__name__,
        CallerIdValidation.__name__,
    } == set(shown)
    assert len(caller.sandbox.attempts) == len(shown)
    assert (401, 404) == (forged, elsewhere)
