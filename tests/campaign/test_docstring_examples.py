"""The examples in the documentation of campaigns run as they are shown."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from seven_async import AsyncSeven, SendTemplate
from seven_async import campaign as public
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    CsvMessages,
    MessageTemplate,
    Suppression,
    normalise,
    protect_cell,
    read_csv,
    recipient_of,
)
from seven_async.sandbox import Sandbox
from tests.api.method_examples import example_code, run_example

SHOWN = (Campaign, CampaignJournal, CsvMessages, MessageTemplate, Suppression)
AFTERWARDS = {"CampaignJournal.forget"}
WITHOUT = {"Campaign.name", "CampaignJournal.close", "Suppression.refresh"}
"""What needs no example; properties need none."""


def documented() -> Iterator[tuple[str, Any]]:
    """Every public function and method that a user of campaigns calls."""
    yield from ((each.__name__, each) for each in (normalise, protect_cell, read_csv, recipient_of))
    for owner in SHOWN:
        yield owner.__name__, owner
        for name, member in vars(owner).items():
            function = getattr(member, "__func__", member)
            if not name.startswith("_") and inspect.isfunction(function):
                yield f"{owner.__name__}.{name}", function


EXAMPLES = {name: code for name, each in documented() if (code := example_code(each))}


def test_every_public_method_has_an_example():
    """A reader sees at once how a call looks."""
    assert {"CsvMessages"} == {name for name, _ in documented()} - EXAMPLES.keys() - WITHOUT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The files that examples name, in the working directory."""
    monkeypatch.chdir(tmp_path)
    table = "phone,first_name\n+491711234567,Ann\n+491717654321,Ben\n"
    (tmp_path / "people.csv").write_text(table)
    (tmp_path / "stop.txt").write_text("+491700000000\n")
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
async def names(folder: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What examples may name: an open campaign with a journal, its messages, both clients."""
    sandbox = Sandbox()
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", sandbox.api_key)
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        messages = read_csv("people.csv", text="Hi {first_name}")
        async with (
            AsyncSeven() as seven,
            Campaign(seven, "spring", journal="spring.db") as campaign,
        ):
            async for _ in campaign.send(messages):
                pass
            with CampaignJournal.open("spring.db") as journal:
                yield {
                    **{name: getattr(public, name) for name in public.__all__},
                    "SendTemplate": SendTemplate,
                    "anyio": anyio,
                    "signal": signal,
                    "seven": seven,
                    "campaign": campaign,
                    "journal": journal,
                    "messages": messages,
                }


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - AFTERWARDS))
async def test_example_runs(name: str, names: dict[str, Any]):
    """What is shown works, against a sandbox."""
    await run_example(EXAMPLES[name], **names)


@pytest.mark.parametrize("name", sorted(AFTERWARDS))
async def test_example_runs_when_nobody_sends(
    name: str, folder: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What a campaign that is open would be in the way of."""
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(tmp_path / "forget.key"))
    async with (
        AsyncSeven(**Sandbox().options) as seven,
        Campaign(seven, "spring", journal="spring.db") as campaign,
    ):
        async for _ in campaign.send(read_csv("people.csv", text="Hi")):
            pass
    with CampaignJournal.open("spring.db") as journal:
        await run_example(EXAMPLES[name], seven=seven, journal=journal)
