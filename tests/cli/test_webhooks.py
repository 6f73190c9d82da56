"""`seven webhooks` and `seven hooks`, as typed."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import platformdirs
import pytest

from seven_async.cli.recorded_requests import examine, read_request
from seven_async.sandbox import Sandbox
from tests.webhooks.signing import BODY, SECRET, URL, Signed, sign


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No secret of the machine, and no profile of its user."""
    monkeypatch.delenv("SEVEN_SIGNING_SECRET", raising=False)
    monkeypatch.delenv("SEVEN_PROFILE", raising=False)
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")


# verify


def as_http(signed: Signed, host: str = "app.example", **changes: str) -> bytes:
    """Return a request as it goes over a wire."""
    parts = urlsplit(signed.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": host, **signed.headers, **changes}
    lines = [f"{signed.method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + signed.body


def now() -> int:
    """Return the present, by which the command judges."""
    return int(time.time())


def test_valid_request_is_right_in_all_parts(seven, tmp_path: Path):
    """Time, method, URL, body and secret are named, and the status is 0."""
    file = tmp_path / "request"
    file.write_bytes(as_http(sign(timestamp=now())))
    status, out, err = seven("webhooks", "verify", file, "--secret", SECRET)

    assert (0, "") == (status, err)
    assert ["right"] * 5 == [line.split()[0] for line in out.splitlines()]
    assert SECRET not in out + err


def test_request_may_be_json(seven, tmp_path: Path):
    """What a framework logged is a recorded request, too."""
    signed = sign(timestamp=now())
    file = tmp_path / "request.json"
    fields = {"method": "POST", "url": URL, "headers": signed.headers, "body": BODY.decode()}
    file.write_text(json.dumps(fields))

    assert 0 == seven("webhooks", "verify", file, "--secret", SECRET)[0]


def write(change: Callable[[Signed], Signed], **headers: str) -> bytes:
    """Return a signed request of now, changed after it was signed."""
    return as_http(change(sign(timestamp=now())), **headers)


JSON_WITH_BLANKS = b'{"data": {"msg_id": "1", "status": "SENT"}, "webhook_event": "dlr"}'
DIFFERENT: dict[str, tuple[Callable[[], bytes], str]] = {
    "path": (lambda: write(lambda s: s._replace(url=URL + "/")), "URL"),
    "scheme": (
        lambda: as_http(sign(url="http://app.example/hooks/seven", timestamp=now())),
        "URL",
    ),
    "query": (lambda: write(lambda s: s._replace(url=URL + "?utm=1")), "URL"),
    "port": (lambda: write(lambda s: s, host="app.example:8443"), "URL"),
    "method": (lambda: write(lambda s: s._replace(method="GET")), "method"),
    "line break": (lambda: write(lambda s: s._replace(body=BODY + b"\n")), "body"),
    "JSON written anew": (
        lambda: as_http(
            sign(body=json.dumps(json.loads(JSON_WITH_BLANKS)).encode(), timestamp=now())._replace(
                body=json.dumps(json.loads(JSON_WITH_BLANKS), separators=(",", ":")).encode()
            )
        ),
        "body",
    ),
    "stale": (lambda: as_http(sign(timestamp=now() - 3600)), "time"),
    "future": (lambda: as_http(sign(timestamp=now() + 3600)), "time"),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_difference_is_found(seven, tmp_path: Path, what: str):
    """The one part that differs is named, and no other."""
    build, part = DIFFERENT[what]
    file = tmp_path / "request"
    file.write_bytes(build())
    status, out, _ = seven("webhooks", "verify", file, "--secret", SECRET)
    marks = {line.split()[1]: line.split()[0] for line in out.splitlines()}

    assert 1 == status
    assert [part] == [name for name, mark in marks.items() if mark != "right"]
    assert "different" == marks[part]


def test_secret_with_blanks_is_found(tmp_path: Path):
    """A secret that was pasted with a line break is a common mistake."""
    file = tmp_path / "request"
    file.write_bytes(as_http(sign()))
    verdicts = examine(read_request(file, None), [f"{SECRET}\n"], 1_634_641_200)

    assert ["secret"] == [verdict.part for verdict in verdicts if not verdict.is_right]


def test_wrong_secret_cannot_be_told_from_a_forgery(seven, tmp_path: Path):
    """Then each part is shown as it was read, and none is blamed."""
    file = tmp_path / "request"
    file.write_bytes(as_http(sign(secret="another", timestamp=now())))
    status, out, _ = seven("webhooks", "verify", file, "--secret", SECRET)

    assert 1 == status
    assert ["right", *["unknown"] * 4] == [line.split()[0] for line in out.splitlines()]
    assert URL in out
    assert SECRET not in out


def test_missing_header_is_named(seven, tmp_path: Path):
    """A request that is not signed says which header it lacks."""
    file = tmp_path / "request"
    file.write_bytes(as_http(sign()._replace(headers={"X-Nonce": "n"})))
    status, out, _ = seven("webhooks", "verify", file, "--secret", SECRET)

    assert 1 == status
    assert "x-signature, x-timestamp" in out


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b'{"url": 1', b"\xff\xfe\x00", b"[1]"])
def test_file_that_is_no_request_is_refused(seven, tmp_path: Path, content: bytes):
    """What a recorded request looks like is said."""
    file = tmp_path / "request"
    file.write_bytes(content)
    status, _, err = seven("webhooks", "verify", file, "--secret", SECRET)

    assert 2 == status
    assert "no recorded request" in err


def test_secret_comes_from_the_environment(seven, tmp_path: Path, monkeypatch):
    """It need not be typed, where others could read it."""
    file = tmp_path / "request"
    file.write_bytes(as_http(sign(timestamp=now())))
    without, _, err = seven("webhooks", "verify", file)
    monkeypatch.setenv("SEVEN_SIGNING_SECRET", SECRET)

    assert 2 == without
    assert "SEVEN_SIGNING_SECRET" in err
    assert 0 == seven("webhooks", "verify", file)[0]


def test_secret_comes_from_a_profile(seven, tmp_path: Path, monkeypatch):
    """`seven login` keeps it beside the key."""
    monkeypatch.setenv("SEVEN_SIGNING_SECRET", SECRET)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "key")
    seven("--profile", "shop", "login", "--key")
    monkeypatch.delenv("SEVEN_SIGNING_SECRET")
    file = tmp_path / "request"
    file.write_bytes(as_http(sign(timestamp=now())))

    assert 2 == seven("webhooks", "verify", file)[0]
    assert 0 == seven("--profile", "shop", "webhooks", "verify", file)[0]


# listen


def free_port() -> int:
    """Return a port that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def deliver(port: int, form: str) -> threading.Thread:
    """Have a forged request and an SMS from a sandbox arrive once something listens."""

    def work() -> None:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        target = f"http://127.0.0.1:{port}/hook"
        forged = Request(target, b"{}", {"X-Signature": "0" * 64})
        with suppress(OSError):
            urlopen(forged, timeout=10).close()
        sandbox = Sandbox(signing_secret=SECRET)
        body = f"target_url={target}&event_type=all&request_method={form}".encode()
        content_type = "application/x-www-form-urlencoded"
        headers = {"x-api-key": sandbox.api_key, "content-type": content_type}
        sandbox.handle("POST", f"{sandbox.base_url}/hooks", headers, body)
        sandbox.simulate.sms("+491711234567", "Grüße")
        sandbox.settle()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("form", ["JSON", "POST", "GET"])
def test_listen_prints_verified_events(seven, form: str):
    """A forged request is told of on standard error, an event is a line of JSON."""
    port = free_port()
    sender = deliver(port, form)
    status, out, err = seven(
        "webhooks", "listen", "--port", port, "--secret", SECRET, "--json", "--count", 1
    )
    sender.join()
    (line,) = out.splitlines()
    event = json.loads(line)

    assert 0 == status
    assert "InboundSms" == event["event"]
    assert "Grüße" in json.dumps(event["raw"], ensure_ascii=False)
    assert "refused with 401" in err


def test_listen_shows_no_number_or_text_unless_asked(seven):
    """Without --json a line is what may be shown to others."""
    port = free_port()
    sender = deliver(port, "JSON")
    _, out, err = seven("webhooks", "listen", "--port", port, "--secret", SECRET, "--count", 1)
    sender.join()

    assert "InboundSms(" in out
    assert "491711234567" not in out + err
    assert "Grüße" not in out + err


def test_listen_on_a_port_in_use(seven):
    """It is a usage error with the port."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, _, err = seven("webhooks", "listen", "--port", port, "--secret", SECRET)

    assert 2 == status
    assert str(port) in err


# hooks sync


def hooks_of(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    """Return URL, event and form of each hook."""
    (account,) = sandbox.gateway.state.accounts.values()
    return [
        (hook.target_url, hook.event_type, hook.request_method) for hook in account.hooks.values()
    ]


def test_sync_makes_the_hooks(seven, gateway):
    """What is missing is made; a second run changes nothing."""
    seven_sync = ("hooks", "sync", "--url", URL, "--events", "dlr, sms_mo")
    first = seven(*seven_sync)
    second = seven(*seven_sync)

    assert [(URL, "dlr", "JSON"), (URL, "sms_mo", "JSON")] == hooks_of(gateway)
    assert (0, 2) == (first[0], first[1].count("create"))
    assert (0, "nothing to change\n", "") == second


def test_dry_run_changes_nothing(seven, gateway):
    """It says what it would do."""
    status, out, _ = seven("hooks", "sync", "--url", URL, "--events", "dlr", "--dry-run")

    assert (0, []) == (status, hooks_of(gateway))
    assert f"would create dlr → {URL} (JSON)\n" == out


@pytest.mark.parametrize("events", ["", ",", "all,dlr"])
def test_events_that_make_no_sense_are_a_usage_error(seven, gateway, events: str):
    """`all` and another would deliver the same event twice."""
    status, _, err = seven("hooks", "sync", "--url", URL, "--events", events)

    assert (2, []) == (status, hooks_of(gateway))
    assert err
