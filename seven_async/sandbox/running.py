"""The sandbox in the foreground, as `seven sandbox` runs it: until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from seven_async.sandbox.clock import local_text
from seven_async.sandbox.connection import Handled
from seven_async.sandbox.gateway import split_url
from seven_async.sandbox.params import Params
from seven_async.sandbox.recipients import comparable, masked
from seven_async.sandbox.rules import add_rule
from seven_async.sandbox.sandbox import DEFAULT_BALANCE, DEFAULT_KEY, Sandbox
from seven_async.sandbox.serving import Listener, base_url
from seven_async.sandbox.wire import read_params

DEFAULT_PORT: Final = 7077
_NUMBER = re.compile(r"(?<=/)\+?\d{8,}(?=/|$)")
Echo = Callable[[str], None]


def run(
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    api_key: str = DEFAULT_KEY,
    balance: Decimal | int | str = DEFAULT_BALANCE,
    latency_s: float = 0.0,
    seed: int = 0,
    faults: Sequence[str] = (),
    state_file: Path | None = None,
    remote_control: bool = False,
    echo: Echo = print,
) -> None:
    """Serves a sandbox until SIGTERM or SIGINT; tells its URL and key, and a line per request.

    Args:
        host: the address to listen on; other machines reach it only if this is theirs to reach.
        port: 0 takes a free one.
        latency_s: every answer comes this much later.
        seed: of everything random.
        faults: rules such as `POST /sms status=503 probability=0.1`.
        state_file: read at the start if it is there, written at the end.
        remote_control: `/_sandbox` answers other machines too.
        echo: takes each line.

    Raises:
        OSError: the port is taken, or the state file cannot be used.
        RuleError: a fault rule cannot be understood.
        SnapshotError: the state file is none.
    """
    sandbox = Sandbox(
        api_key, balance=balance, latency_s=latency_s, seed=seed, remote_control=remote_control
    )
    if state_file and state_file.exists():
        sandbox.restore(state_file.read_bytes())
    for rule in faults:
        add_rule(sandbox, rule)
    asyncio.run(serve(sandbox, host, port, echo))
    if state_file:
        write_state(state_file, sandbox.snapshot())


async def serve(sandbox: Sandbox, host: str, port: int, echo: Echo) -> None:
    """Serves on asyncio until SIGTERM or SIGINT."""
    listener = Listener(sandbox, lambda handled: echo(line(handled, sandbox.clock())))
    await listener.open(host, port)
    echo(f"sandbox on {base_url(host, listener.port)}")
    echo(f"api key   {sandbox.api_key}")
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        await ended.wait()
    finally:
        await listener.close()


def line(handled: Handled, now: float) -> str:
    """One request in one line: time, method, path, recipients (masked), status."""
    request, answer = handled.request, handled.answer
    path, query = split_url(request.url)
    params = Params(read_params(query, request.headers.get("content-type", ""), request.body))
    given = params.text("to") or params.text("number")
    recipients = ", ".join(masked(comparable(part)) for part in given.split(",")[:3] if part)
    shown = _NUMBER.sub(lambda found: masked(found[0]), path)
    fate = "" if answer.fate.value == "answered" else f" ({answer.fate.value})"
    told = f" {recipients}" if recipients else ""
    return f"{local_text(now)[11:]} {request.method} {shown}{told} → {answer.status}{fate}"


def write_state(path: Path, state: bytes) -> None:
    """Replaces the file in one step, readable by its owner alone: it holds keys and texts."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(state)
        os.replace(temporary, path)  # noqa: PTH105 - beside mkstemp's plain names
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
