"""`seven webhooks`: verified events as they come, and why a recorded request is valid or not."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Annotated, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import typer

from seven_async.cli import profiles
from seven_async.cli.exit_status import EXIT_DONE, EXIT_FAILED
from seven_async.cli.recorded_requests import Verdict, examine, read_request
from seven_async.cli.screen import complain, say, write_line
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.receivers import WebhookWsgiApp
from seven_async.webhooks import WebhookEvent, WebhookVerifier

app: typer.Typer = typer.Typer(help="What the gateway tells your URL.", no_args_is_help=True)

Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        help="The account's signing secret; SEVEN_SIGNING_SECRET or the profile's unless given. "
        "Twice while one replaces the other.",
    ),
]
Url = Annotated[
    str | None, typer.Option("--url", help="The URL as it is registered with the gateway.")
]

_PATIENCE_S: Final = 5.0
"""A sender that says nothing for so long is let go."""


@app.command()
def listen(
    *,
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    url: Url = None,
    secret: Secrets = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A line of JSON for each event, with all its fields.")
    ] = False,
    count: Annotated[
        int | None, typer.Option("--count", help="End after so many events.", min=1)
    ] = None,
) -> None:
    """Print verified events as they come, until Ctrl-C.

    Without --url the address that the request was sent to counts, which a proxy has to pass on.

    For example: seven webhooks listen --count 10 --json
    """
    receiver = WebhookWsgiApp(WebhookVerifier(_secrets(secret), url=url))
    try:
        server = make_server(host, port, _watch(receiver), _PatientServer, _QuietHandler)
    except (OSError, OverflowError) as error:
        raise InvalidRequestError(f"cannot listen on {host}:{port}: {error}") from None
    numbers = itertools.count(1)

    @receiver.on(WebhookEvent)
    def show(event: WebhookEvent) -> None:
        if as_json:
            write_line(_to_json(event))
        else:
            say(_to_line(event))
        if next(numbers) == count:
            # By another thread: it waits for the loop, which waits for nothing in here.
            Thread(target=server.shutdown).start()

    with server:
        complain(f"listening on http://{host}:{server.server_port}/, Ctrl-C ends it")
        server.serve_forever(poll_interval=0.1)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A recorded request: HTTP as it came, or JSON.")],
    *,
    url: Url = None,
    secret: Secrets = None,
) -> None:
    """Say of a recorded request why it is valid or not: URL, time, body, secret.

    Ends with 0 if a receiver would take it, with 1 if not. The secret is never shown.

    For example: seven webhooks verify request.http
    """
    verdicts = examine(read_request(file, url), _secrets(secret), time.time())
    for verdict in verdicts:
        say(f"{_mark(verdict):<10} {verdict.part:<8} {verdict.detail}")
    is_valid = all(verdict.is_right for verdict in verdicts)
    raise typer.Exit(EXIT_DONE if is_valid else EXIT_FAILED)


def _mark(verdict: Verdict) -> str:
    return {True: "right", False: "different", None: "unknown"}[verdict.is_right]


def _secrets(given: list[str] | None) -> list[str]:
    secrets = given or [secret for secret in [profiles.find_signing_secret()] if secret]
    if not secrets:
        raise ConfigurationError(
            "there is no signing secret: set SEVEN_SIGNING_SECRET, keep it in a profile "
            "(`seven login` with SEVEN_SIGNING_SECRET set), or give --secret"
        )
    return secrets


def _to_line(event: WebhookEvent) -> str:
    moment = event.occurred_at or event.reported_at
    stamp = "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} "
    return f"{stamp}{event!r}"


def _to_json(event: WebhookEvent) -> str:
    fields: dict[str, Any] = {
        "event": type(event).__name__,
        "occurred_at": None if event.occurred_at is None else event.occurred_at.isoformat(),
        "raw": event.raw,
    }
    return json.dumps(fields, default=str)


Wsgi = Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]


def _watch(receiver: WebhookWsgiApp) -> Wsgi:
    """Return the receiver, with the address that a proxy passes on, and a line for refusals."""

    def serve(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        # Believed, since they are signed: with a wrong address no signature fits.
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "")
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        environ["HTTP_HOST"] = environ.get("HTTP_X_FORWARDED_HOST") or environ.get("HTTP_HOST", "")
        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]]) -> object:
            statuses.append(status)
            return start_response(status, headers)

        body = list(receiver(environ, start))
        if statuses[0] >= "4":
            complain(f"refused with {statuses[0]}: {b''.join(body).decode()}")
        return body

    return serve


class _PatientServer(ThreadingMixIn, WSGIServer):
    """A server that a silent connection does not stop; at the end it waits for its answers."""


class _QuietHandler(WSGIRequestHandler):
    """Requests without a line in a log, which would have the fields of GET deliveries."""

    timeout = _PATIENCE_S

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
