"""The sandbox in the foreground, as `seven sandbox` runs it: until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final
from urllib.parse import unquote

from seven_async.sandbox.core.clock import local_text
from seven_async.sandbox.core.recipients import mask_number, number_or_text
from seven_async.sandbox.core.wire import Delivery
from seven_async.sandbox.sandbox import Sandbox
from seven_async.sandbox.server.connection import Exchange
from seven_async.sandbox.server.rules import add_rule
from seven_async.sandbox.server.serving import Listener, base_url, page_url

DEFAULT_PORT: Final = 7077
_NUMBER = re.compile(r"\+?\d{8,}")
Echo = Callable[[str], None]


def run(
    sandbox: Sandbox,
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    faults: Sequence[str] = (),
    state_file: Path | None = None,
    echo: Echo = print,
) -> None:
    """Serve a sandbox until SIGTERM or SIGINT; show URLs, variables, a line per request.

    Args:
        host: the address to listen on; other machines reach it only if this is theirs to reach.
        port: 0 takes a free one.
        faults: rules such as `POST /sms status=503 probability=0.1`.
        state_file: read at the start if it is there, written at the end.
        echo: takes each line.

    Raises:
        OSError: the port is taken, or the state file cannot be used.
        ValueError: there is no such port.
        RuleError: a fault rule cannot be understood.
        SnapshotError: the state file is none.
    """
    if state_file and not state_file.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no directory for {state_file}")
    if state_file and state_file.exists():
        sandbox.restore(state_file.read_bytes())
        if sandbox.api_key not in sandbox.gateway.state.keys:
            sandbox.add_key(sandbox.api_key)  # the state is of a run with another one
    for rule in faults:
        add_rule(sandbox.fault, rule)
    try:
        asyncio.run(serve(sandbox, host, port, echo))
    finally:
        if state_file:
            write_state(state_file, sandbox.snapshot())


async def serve(sandbox: Sandbox, host: str, port: int, echo: Echo) -> None:
    """Serve on asyncio until SIGTERM or SIGINT."""
    listener = Listener(sandbox, lambda exchange: echo(format_line(exchange, sandbox.clock())))
    await listener.open(host, port)
    ended = asyncio.Event()
    try:
        for line in format_head(sandbox, host, listener.port):
            echo(line)
        end_on_signals(asyncio.get_running_loop(), ended.set)
        await ended.wait()
    finally:
        await listener.close()


def format_head(sandbox: Sandbox, host: str, port: int) -> list[str]:
    """Write where a sandbox is, and the lines that point any client of a shell at it."""
    variables = {
        "SEVEN_BASE_URL": base_url(host, port),
        "SEVEN_API_KEY": sandbox.api_key,
        "SEVEN_SIGNING_SECRET": sandbox.signing_secret,
    }
    return [
        f"sandbox on {variables['SEVEN_BASE_URL']}",
        f"inbox on {page_url(host, port)}",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items() if value),
    ]


def end_on_signals(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Have SIGTERM and SIGINT call `end` on the loop."""

    def end_soon(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interface
        loop.call_soon_threadsafe(end)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, end)
        except NotImplementedError:  # the loops of Windows
            signal.signal(number, end_soon)


def format_line(exchange: Exchange, now: float) -> str:
    """Write one request in one line: time, method, path, recipients (masked), status."""
    request, answer = exchange.request, exchange.answer
    params = request.params()
    given = params.text("to") or params.text("number")
    parts = [part for part in given.split(",")[:3] if part]
    recipients = ", ".join(mask_number(number_or_text(part)) for part in parts)
    asked = _remove_controls(f"{request.method} {unquote(request.path)}")
    shown = _NUMBER.sub(lambda match: mask_number(match[0]), asked)
    delivery = answer.delivery
    broken = "" if delivery is Delivery.COMPLETE else f" ({delivery.value})"
    told = f" {recipients}" if recipients else ""
    return f"{local_text(now)[11:]} {shown}{told} → {answer.status}{broken}"


def _remove_controls(text: str) -> str:
    """Replace what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def write_state(path: Path, state: bytes) -> None:
    """Replace the file in one step, readable by its owner alone: it holds keys and texts."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(state)
        os.replace(temporary, path)  # noqa: PTH105 - beside mkstemp's plain names
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
