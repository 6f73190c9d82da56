"""A request that its caller has given up is not carried out later by a server that was slow."""

from __future__ import annotations

import socket

import anyio
import pytest
from anyio import to_thread

from seven_async import AsyncSeven, SevenError

TEXT = "x" * 60_000
LITTLE = 4_096


class SlowServer:
    """Accepts, has little room for what arrives, and reads only when it is told to."""

    def __init__(self) -> None:
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/api"

    def read_all(self) -> tuple[int, str]:
        """Read the first connection to its end; return how many bytes, and how it ended."""
        self._listening.settimeout(10)
        connection, _ = self._listening.accept()
        connection.settimeout(10)
        size = 0
        try:
            while piece := connection.recv(65_536):
                size += len(piece)
        except ConnectionResetError:
            return size, "reset"
        finally:
            connection.close()
        return size, "end"

    def close(self) -> None:
        """Listen no longer."""
        self._listening.close()


@pytest.fixture(params=["asyncio", "uvloop", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Each loop closes sockets in its own way."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
        return "asyncio", {"use_uvloop": True}
    return request.param


async def send(seven: AsyncSeven) -> None:
    """Send a message that does not fit into what the server receives ahead."""
    await seven.raw("POST", "/sms", form={"to": "491711234567", "text": TEXT})


@pytest.mark.parametrize("engine", [None, "fast"])
async def test_request_that_timed_out_is_reset(engine: str | None):
    """What had not arrived by then does not arrive any more."""
    server = SlowServer()
    async with AsyncSeven(
        api_key="key", base_url=server.url, transport=engine, timeout_s=0.3, retry=None
    ) as seven:
        with pytest.raises(SevenError):
            await send(seven)
        size, end = await to_thread.run_sync(server.read_all)
    server.close()
    assert "reset" == end
    assert size < len(TEXT)


@pytest.mark.parametrize("engine", [None, "fast"])
async def test_request_that_was_cancelled_is_reset(engine: str | None):
    """As one that a second Ctrl-C cuts off."""
    server = SlowServer()
    async with AsyncSeven(
        api_key="key", base_url=server.url, transport=engine, retry=None
    ) as seven:
        with anyio.move_on_after(0.3):
            await send(seven)
        size, end = await to_thread.run_sync(server.read_all)
    server.close()
    assert "reset" == end
    assert size < len(TEXT)
