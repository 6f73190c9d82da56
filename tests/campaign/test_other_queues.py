"""Queues that a project has already: the programs of docs/many-machines.md, brokers in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import anyio
import pytest

from seven_async.campaign import CampaignJournal
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once
from tests.campaign.machines import load
from tests.structure.documents import blocks
from tests.structure.imports import ROOT

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

COUNT = 2_100
"""Three ranges."""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The files that the page shows, where Python finds them."""
    for block in blocks((ROOT / "docs" / "many-machines.md").read_text("utf-8")):
        if block.word.endswith(".py"):
            (tmp_path / block.word).write_text(block.text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(file.stem, None)


@pytest.fixture
def loaded(postgres: str, monkeypatch: pytest.MonkeyPatch):
    """A gateway that the environment leads to, and a campaign that is loaded for it."""
    sandbox = Sandbox()
    anyio.run(lambda: load(sandbox, postgres, COUNT, batch=100))
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", "sandbox-key")
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        monkeypatch.setenv("SEVEN_JOURNAL", postgres)
        yield sandbox


def is_sent(sandbox: Sandbox) -> bool:
    """Whether everybody was served once, and the journal says so."""
    report = CampaignJournal.open(os.environ["SEVEN_JOURNAL"]).report()
    return COUNT == report.accepted == accepted_once(sandbox)


def test_celery(loaded: Sandbox, programs: Path):
    """Its tasks run where they are called; two deliveries of all send once."""
    celery_ranges = import_module("celery_ranges")
    celery_ranges.app.conf.task_always_eager = True
    celery_ranges.send_campaign("spring")
    celery_ranges.send_campaign("spring")

    assert is_sent(loaded)


def test_taskiq(loaded: Sandbox, programs: Path):
    """Its broker in memory runs tasks on the event loop."""
    pytest.importorskip("taskiq", reason="taskiq is not installed")
    taskiq_ranges = import_module("taskiq_ranges")

    async def send() -> None:
        await taskiq_ranges.broker.startup()
        await taskiq_ranges.send_campaign("spring")
        await taskiq_ranges.send_campaign("spring")
        await taskiq_ranges.broker.wait_all()
        await taskiq_ranges.broker.shutdown()

    anyio.run(send)
    assert is_sent(loaded)


def test_dramatiq(loaded: Sandbox, programs: Path):
    """Its broker for tests hands tasks to a worker's threads."""
    dramatiq = pytest.importorskip("dramatiq", reason="dramatiq is not installed")
    dramatiq_ranges = import_module("dramatiq_ranges")
    broker = dramatiq.get_broker()
    worker = dramatiq.Worker(broker, worker_timeout=100)
    worker.start()
    try:
        dramatiq_ranges.send_campaign("spring")
        dramatiq_ranges.send_campaign("spring")
        broker.join(dramatiq_ranges.send_range.queue_name)
        worker.join()
    finally:
        worker.stop()

    assert is_sent(loaded)


def test_job_of_kubernetes(loaded: Sandbox, programs: Path):
    """Two pods share the ranges by their index."""
    command = [sys.executable, "send_index.py", "spring", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pods = [
        subprocess.Popen(
            command, cwd=programs, env={**environment, "JOB_COMPLETION_INDEX": str(index)}
        )
        for index in range(2)
    ]

    assert [0, 0] == [pod.wait(60) for pod in pods]
    assert is_sent(loaded)
