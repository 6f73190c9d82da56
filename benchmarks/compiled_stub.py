"""A gateway for benchmarks that is not the limit: nginx, which Debian has with an echo module.

    apt-get install nginx-light libnginx-mod-http-echo

It answers every request with the receipt of an accepted message, at once or after a delay. Where
nginx or the module is missing, `delayed_gateway` serves in a process of its own, on uvloop if that
is installed; it is written in Python and can be the limit, so what serves is always told.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from delayed_gateway import RECEIPT, delayed_gateway

MODULES = (Path("/usr/lib/nginx/modules/ngx_http_echo_module.so"),)

CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
load_module {module};
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600;
  default_type application/json;
  client_body_temp_path {folder}/body;
  server {{
    listen 127.0.0.1:{port} backlog=8192;
    location /0/ {{ return 200 '{receipt}'; }}
    {delays}
  }}
}}
"""
DELAY = "location /{ms}/ {{ echo_sleep {seconds}; echo_duplicate 1 '{receipt}'; }}"


class Stub(NamedTuple):
    """What answers: a URL for each delay in milliseconds, and the words for a report."""

    urls: dict[int, str]
    name: str


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)  # nothing tells that another process has begun to listen
    raise RuntimeError("nginx did not begin to listen")


@contextlib.contextmanager
def _nginx(module: Path, delays_ms: tuple[int, ...]) -> Iterator[Stub]:
    receipt, port = RECEIPT.decode(), _free_port()
    delays = "\n".join(
        DELAY.format(ms=ms, seconds=ms / 1000, receipt=receipt) for ms in delays_ms if ms
    )
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder, module=module, port=port, receipt=receipt, delays=delays
            )
        )
        nginx = subprocess.Popen(
            ["nginx", "-p", folder, "-c", str(configuration)],
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port)
            urls = {ms: f"http://127.0.0.1:{port}/{ms}/api" for ms in delays_ms}
            yield Stub(urls, "nginx (compiled, one process)")
        finally:
            nginx.terminate()
            nginx.wait()


@contextlib.contextmanager
def stub_gateway(delays_ms: tuple[int, ...]) -> Iterator[Stub]:
    """Serve on loopback, with the fastest stub that is installed."""
    module = next((path for path in MODULES if path.exists()), None)
    if module is not None and shutil.which("nginx"):
        with _nginx(module, delays_ms) as stub:
            yield stub
        return
    with contextlib.ExitStack() as gateways:
        urls = {ms: gateways.enter_context(delayed_gateway(ms)) for ms in delays_ms}
        yield Stub(urls, "a stub in Python, in a process of its own, which may be the limit")
