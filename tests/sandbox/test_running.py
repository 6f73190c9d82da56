"""`seven sandbox` in the foreground; I/O: a process of its own, loopback, files in tmp_path."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.server.connection import Exchange
from seven_async.sandbox.server.running import end_on_signals, format_line, run, write_state
from seven_async.sandbox.server.serving import page_url
from tests.sandbox.caller import ACCEPTS_JSON, FORM, NOON

PROGRAM = """
import sys
from collections.abc import Callable
from pathlib import Path
from seven_async.sandbox import Sandbox, run
run(Sandbox(), port=0, state_file=Path(sys.argv[1]), faults=["GET /pricing status=503"],
    echo=lambda text: print(text, flush=True))
"""


def test_runs_until_sigterm_and_keeps_its_state(tmp_path: Path):
    """Prints URLs, variables, a masked line per request; ends cleanly, and keeps the state."""
    state = tmp_path / "state.json"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(state)], stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().split()[-1]
        page = process.stdout.readline().split()[-1]
        exports = [process.stdout.readline().strip() for _ in range(3)]
        with httpx.Client(base_url=url, headers=ACCEPTS_JSON, trust_env=False) as client:
            client.post("/sms", data={"to": "+491716992343", "text": "secret text"})
            assert 503 == client.get("/pricing").status_code
    finally:
        process.send_signal(signal.SIGTERM)
    shown = process.communicate(timeout=10)[0]

    assert 0 == process.returncode
    assert [
        f"export SEVEN_BASE_URL={url}",
        "export SEVEN_API_KEY=sandbox-key",
        "export SEVEN_SIGNING_SECRET=sandbox-signing-secret",
    ] == exports
    assert url.removesuffix("api") == page
    assert "POST /api/sms +49171…343 → 200" in shown
    assert "secret" not in shown
    assert "491716992343" not in shown
    assert 0o600 == state.stat().st_mode & 0o777
    assert ["secret text"] == [entry["text"] for entry in json.loads(state.read_bytes())["entries"]]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:7077/"),
        ("0.0.0.0", "http://127.0.0.1:7077/"),
        ("::1", "http://[::1]:7077/"),
    ],
)
def test_the_page_is_named_as_a_browser_here_reaches_it(host: str, url: str):
    """An address that means all interfaces is none to visit."""
    assert url == page_url(host, 7077)


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        (IncomingRequest("GET", "/api/balance?p=secret-key", {}), "GET /api/balance → 200"),
        (
            IncomingRequest("GET", "/api/numbers/active/4917612345678", {}),
            "GET /api/numbers/active/+49176…678 → 200",
        ),
        (
            IncomingRequest("GET", "/api/numbers/active/%2B4917612345678", {}),
            "GET /api/numbers/active/+49176…678 → 200",
        ),
        (IncomingRequest("GE\x1bT", "/api/%1b[31m\x07", {}), "GE?T /api/?[31m? → 200"),
        (
            IncomingRequest("POST", "/api/sms", {"content-type": FORM}, b"to=0171+6992343,Ada"),
            "POST /api/sms +49171…343, … → 200",
        ),
    ],
)
def test_lines_show_no_key_and_no_number(request_: IncomingRequest, shown: str):
    """Queries are left out, numbers in path and recipients are masked."""
    answer = Sandbox().handle("GET", "/api/balance", {"x-api-key": "sandbox-key"})

    assert f"23:13:20 {shown}" == format_line(Exchange(request_, answer), NOON)


def test_lines_tell_a_broken_connection():
    """What the client never saw is in the line."""
    sandbox = Sandbox()
    sandbox.fault(drop="after")
    answer = sandbox.handle("GET", "/api/balance", {"x-api-key": "sandbox-key"})

    assert format_line(Exchange(IncomingRequest("GET", "/api/balance", {}), answer), NOON).endswith(
        "→ 200 (dropped)"
    )


def test_a_taken_port_is_an_error(tmp_path: Path):
    """The command says so instead of running."""
    with Sandbox().serve() as serving, pytest.raises(OSError, match="in use"):
        run(Sandbox(), port=serving.port)


def test_a_state_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path):
    """The temporary file goes when it cannot take the old one's place."""
    (tmp_path / "state").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_state(tmp_path / "state", b"{}")

    assert ["state"] == [path.name for path in tmp_path.iterdir()]


def test_a_state_file_without_a_directory_is_noticed_before_serving(tmp_path: Path):
    """Nobody works for an hour and loses it at the end."""
    with pytest.raises(FileNotFoundError, match="no directory"):
        run(Sandbox(), port=0, state_file=tmp_path / "none" / "state")


def test_the_printed_key_opens_also_a_state_with_another_one(tmp_path: Path):
    """A state that was kept with another key takes this run's key, too; an output that breaks
    off keeps the state.
    """
    state = tmp_path / "state"
    state.write_bytes(Sandbox("first").snapshot())

    def echo(text: str) -> None:
        raise BrokenPipeError(text)

    with pytest.raises(BrokenPipeError):
        run(Sandbox("second"), port=0, state_file=state, echo=echo)

    assert {"first", "second"} == set(json.loads(state.read_bytes())["keys"])


def test_signals_end_it_where_loops_know_none():
    """On Windows an event loop has no signal handlers; the process has."""
    ended: list[str] = []

    class Loop:
        def add_signal_handler(self, *_: object) -> None:
            raise NotImplementedError

        def call_soon_threadsafe(self, end: Callable[[], None]) -> None:
            end()

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        end_on_signals(Loop(), lambda: ended.append("end"))
        for number in before:
            signal.raise_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert ["end", "end"] == ended
