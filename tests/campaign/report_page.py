"""Journals whose reports are looked at, and the page as a reader without eyes has it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import anyio
import httpx

from seven_async import AsyncSeven, Clock
from seven_async.campaign import Campaign
from seven_async.campaign.journal.delivery_order import DeliveryChange
from seven_async.campaign.journal.sqlite.place import SqlitePlace
from seven_async.sandbox import Sandbox

VOID = frozenset({"meta", "line", "rect", "polygon", "polyline", "br"})
BEGIN_S = 1_780_000_000.0
"""2026-05-28 22:26:40 in Berlin."""


class Page(HTMLParser):
    """What a browser would see and fetch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text("utf-8")
        self.tags: list[str] = []
        self.links: list[str] = []
        self.classes: list[str] = []
        self.labels: list[str] = []
        self.open: list[str] = []
        self._words: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        """An opening tag."""
        self.tags.append(tag)
        given = dict(attributes)
        self.links += [given[name] for name in ("src", "href", "xlink:href") if name in given]
        self.classes += (given.get("class") or "").split()
        self.labels += [given["aria-label"]] if "aria-label" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """A closing tag."""
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        """Words."""
        if not self.open or self.open[-1] != "style":
            self._words.append(data)

    @property
    def words(self) -> str:
        """All words, with one blank between them."""
        return re.sub(r"\s+", " ", " ".join(self._words))


class SlowGateway(httpx.AsyncBaseTransport):
    """A sandbox in whose world each send takes a while, by a clock of its own."""

    def __init__(self, *, seconds: float = 1.0) -> None:
        self.now_s = BEGIN_S
        self.seconds = seconds
        self.sandbox = Sandbox(now=lambda: self.now_s)
        self.gateway_id = self.sandbox.transport.gateway_id

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the sandbox; before it a send takes its time."""
        if request.method == "POST":
            self.now_s += self.seconds
        return await self.sandbox.transport.handle_async_request(request)

    def client(self) -> AsyncSeven:
        """A client that sends one request at a time; its clock is the gateway's."""
        clock = Clock(
            now=lambda: self.now_s,
            monotonic=lambda: self.now_s,
            sleep=lambda _: anyio.lowlevel.checkpoint(),
        )
        options = {**self.sandbox.options, "transport": self}
        return AsyncSeven(**options, clock=clock, concurrency=1)

    async def send(
        self, journal: Path, messages: Iterable, name: str = "spring", **options: Any
    ) -> None:
        """Send a campaign, a message a request."""
        async with (
            self.client() as seven,
            Campaign(seven, name, journal=journal, batch=1, **options) as run,
        ):
            assert [entry async for entry in run.send(messages)]


def hide(sandbox: Sandbox) -> httpx.AsyncBaseTransport:
    """A transport to a sandbox that nobody takes for one."""

    async def answer(request: httpx.Request) -> httpx.Response:
        return await sandbox.transport.handle_async_request(request)

    return httpx.MockTransport(answer)


def report_after(journal: Path, seconds: Iterable[float | None], state: str = "DELIVERED") -> None:
    """Have a report come in for each of the first messages, so long after it had left."""
    with closing(sqlite3.connect(journal)) as database:
        query = "SELECT message_id, coalesce(gateway_at, intent_at) FROM message ORDER BY rowid"
        left = database.execute(query).fetchall()
    SqlitePlace(journal).record_deliveries(
        [
            DeliveryChange(state, left_at + after, None, message_id)
            for (message_id, left_at), after in zip(left, seconds, strict=False)
            if after is not None
        ],
    )
