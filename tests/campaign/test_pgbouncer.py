"""A pooler before the database: the journal goes by transactions, workers by sessions."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import pytest

from seven_async.campaign import Campaign, CampaignJournal, work_chunk
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, texts
from tests.campaign.machines import RANGE, load, read, wait_until_sent, workers

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that another user may read, unlike those of pytest."""
    with TemporaryDirectory(prefix="seven-pooler-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(params=["transaction", "session"])
def pooled(request: pytest.FixtureRequest, postgres: str, readable: Path) -> Iterator[str]:
    """The address of a pooler with three connections to the database."""
    if PROGRAM is None:
        pytest.skip("PgBouncer is not installed")
    database = urlsplit(postgres)
    folder = parse_qs(database.query).get("host", [""])[0]
    if not folder:
        pytest.skip("the database is not on this machine")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = database.path[1:]
    size = 3 if request.param == "transaction" else 30
    (readable / "pooler.ini").write_text(
        f"""[databases]
{name} = host={folder} user={database.username} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {request.param}
default_pool_size = {size}
""",
        "utf-8",
    )
    owner = pwd.getpwuid(Path(folder).stat().st_uid).pw_name
    command = [PROGRAM, "-q", str(readable / "pooler.ini")]
    if os.getuid() == 0:  # it does not run as root
        command = ["setpriv", f"--reuid={owner}", "--clear-groups", *command]
    with subprocess.Popen(command) as pooler:
        try:
            wait_for(port)
            yield f"postgresql://{database.username}@127.0.0.1:{port}/{name}"
        finally:
            pooler.terminate()


def wait_for(port: int) -> None:
    """Return when something listens at a port."""
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)  # a process that starts
    raise TimeoutError


async def test_campaign_is_sent_through_a_pooler(pooled: str):
    """Whatever connection of the pooler a transaction gets."""
    sandbox = Sandbox()
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=pooled, batch=10) as campaign,
    ):
        async for entry in campaign.send(texts(300)):
            assert "accepted" == entry.state
    assert accepted_once(sandbox) == 300
    assert 300 == CampaignJournal.open(pooled).status().done


async def test_range_is_sent_through_a_pooler(pooled: str, postgres: str):
    """As the job of another queue."""
    sandbox = Sandbox()
    number = await load(sandbox, pooled, 200)
    ((_, low, high),) = read(postgres, RANGE)
    async with awaiting(sandbox) as seven:
        assert 200 == await work_chunk(pooled, number, low, high, client=seven)
    assert accepted_once(sandbox) == 200


async def test_workers_take_jobs_through_a_pooler(pooled: str, request: pytest.FixtureRequest):
    """The queue listens in a session of its own."""
    if request.node.callspec.params["pooled"] != "session":
        pytest.skip("LISTEN needs a session")
    sandbox = Sandbox()
    await load(sandbox, pooled, 200)
    async with workers(sandbox, pooled, 2):
        await wait_until_sent(pooled, 200)
    assert accepted_once(sandbox) == 200
