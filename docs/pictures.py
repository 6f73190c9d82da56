"""Make the pictures of README and docs anew: real commands and a real page, on the sandbox.

In: `examples/recipients.csv`. Out: `docs/images/*.svg` and `*.png`. I/O: processes in a terminal of
their own, a sandbox on loopback, a headless Chromium. Run as `nox -s pictures`.

A terminal's picture is what it showed, nothing is drawn by hand: the command runs in a
pseudo-terminal, and `pyte` reads what it writes as a terminal does. All pictures but
`campaign-progress` are the same each time, but for single pixels at the edges of circles.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import anyio
import attrs
import httpx
import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

from seven_async import AsyncSeven, Button, Clock, Seven
from seven_async.campaign import Campaign, CampaignJournal, read_csv
from seven_async.campaign.journal.place import to_place
from seven_async.campaign.reports.html import write_page
from seven_async.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PEOPLE = ROOT / "examples" / "recipients.csv"
TEXT = "Hi {first_name}, the spring sale begins on Friday. Reply STOP to opt out."

COLUMNS, LINES = 92, 200
REPORTED_S = 1_780_100_000.0
"""When the report was made: a day after its campaign began."""

LATENCY_S = 0.3
"""What makes the campaign last some seconds, so that its progress can be seen."""

QUESTION = re.compile(rb"\[y/N\][^\n]*$|\[Y/n\][^\n]*$")
ENDS_WITH = frozenset({0, 1})
"""1: the example has twelve rows that cannot be sent."""

SEND = f'seven campaign send people.csv --text "{TEXT}" --from Acme --journal people.seven.db'
PLAN = f'seven campaign plan people.csv --text "{TEXT}" --from Acme'
STATUS = "seven campaign status people.seven.db"


# Terminals


class Frame(NamedTuple):
    """What the terminal shows at a moment."""

    at_s: float
    text: Text


class Terminal:
    """A terminal in which commands are typed, one after the other."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self.clear()

    def clear(self) -> None:
        """Begin with an empty screen."""
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def run(self, command: str) -> list[Frame]:
        """Run a command; return what the terminal showed while it ran, the end of it last."""
        self._stream.feed(b"\x1b[1;32m$\x1b[0m " + command.encode() + b"\r\n")
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        frames = [self._take()]
        for words in _read(ours):
            self._stream.feed(words)
            if QUESTION.search(words):
                os.write(ours, b"y\n")
            frames.append(self._take())
        os.close(ours)
        if process.wait() not in ENDS_WITH:
            sys.exit(f"{command} ended with {process.returncode}:\n{frames[-1].text.plain}")
        return frames

    def _take(self) -> Frame:
        return Frame(time.monotonic(), _to_text(self._screen))


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what a process writes until it ends."""
    while True:
        select.select([terminal], [], [])
        try:
            words = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the other end is closed
            return
        if not words:
            return
        yield words


def _to_text(screen: pyte.Screen) -> Text:
    """Return a screen as a text with colours, without the empty lines at its end."""
    lines: list[Text] = []
    for row in range(screen.lines):
        cells = [screen.buffer[row][column] for column in range(screen.columns)]
        line = Text()
        for style, alike in groupby(cells, _to_style):
            line.append("".join(cell.data for cell in alike), style)
        line.rstrip()
        lines.append(line)
    while lines and not lines[-1].plain:
        lines.pop()
    return Text("\n").join(lines)


def _to_style(cell: pyte.screens.Char) -> Style:
    return Style(
        color=_to_color(cell.fg),
        bgcolor=_to_color(cell.bg),
        bold=cell.bold or None,
        italic=cell.italics or None,
        underline=cell.underscore or None,
        reverse=cell.reverse or None,
    )


def _to_color(name: str) -> str | None:
    """Return the name that rich has for a colour of pyte."""
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    name = name.replace("brown", "yellow")
    return re.sub("^bright", "bright_", name)


def write_svg(name: str, text: Text) -> None:
    """Write a screen as a picture; its font is one of the reader's own."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(text)
    svg = console.export_svg(title="seven", unique_id=name)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg)
    svg = re.sub(r"Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono", svg)
    svg = "\n".join(line.rstrip() for line in svg.splitlines() if line.strip())
    (IMAGES / f"{name}.svg").write_text(f"{svg}\n", "utf-8")


def picture_terminal(folder: Path) -> None:
    """Picture a campaign before, while and after it is sent, and its status."""
    shutil.copy(PEOPLE, folder / "people.csv")
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    with Sandbox(latency_s=LATENCY_S).serve() as server:
        environment = {
            **kept,
            "HOME": str(folder),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "SEVEN_API_KEY": server.sandbox.api_key,
            "SEVEN_BASE_URL": server.url,
        }
        terminal = Terminal(folder, environment)
        write_svg("plan", terminal.run(PLAN)[-1].text)
        terminal.clear()
        frames = terminal.run(SEND)
        write_svg("campaign", frames[-1].text)
        write_svg("campaign-progress", _at_part(frames, 0.75).text)
        terminal.clear()
        write_svg("status", terminal.run(STATUS)[-1].text)


def _at_part(frames: list[Frame], part: float) -> Frame:
    """Return what was shown after a part of the time."""
    begin_s, end_s = frames[0].at_s, frames[-1].at_s
    moment_s = begin_s + part * (end_s - begin_s)
    return max((frame for frame in frames if frame.at_s <= moment_s), key=lambda each: each.at_s)


# The page of a campaign


@attrs.define
class SlowWire(httpx.AsyncBaseTransport):
    """Leads to a sandbox whose time goes on with each request: half an hour is over at once."""

    now_s: float = 1_780_000_000.0
    sandbox: Sandbox = attrs.field(init=False)
    gateway_id: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sandbox = Sandbox(now=lambda: self.now_s)
        self.sandbox.gateway.state.identity = "5e7e0a5c" * 2  # the report names it
        self.gateway_id = self.sandbox.transport.gateway_id

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Let some time pass, then answer as the sandbox does."""
        if request.method == "POST":
            self.now_s += 0.4 + int(self.now_s) % 7 / 10
        return await self.sandbox.transport.handle_async_request(request)


async def send_in_two_runs(journal: Path) -> None:
    """Send a campaign that was stopped in the evening and resumed in the morning."""
    wire = SlowWire()
    clock = Clock(now=lambda: wire.now_s, monotonic=lambda: wire.now_s, sleep=_do_not_wait)
    options = {**wire.sandbox.options, "transport": wire, "clock": clock, "concurrency": 1}
    messages = read_csv(PEOPLE, text=TEXT, from_="Acme")
    for stop_after in (420, None):
        async with (
            AsyncSeven(**options) as seven,
            Campaign(seven, "spring-sale", journal=journal) as campaign,
        ):
            count = 0
            async for _ in campaign.send(messages):
                count += 1
                if count == stop_after:
                    campaign.stop()
        wire.now_s += 45.0
        _report(wire.sandbox)
        async with AsyncSeven(**options) as seven:
            await CampaignJournal.open(journal).refresh(seven)
        wire.now_s += 12 * 3_600.0


async def _do_not_wait(_: float) -> None:
    await anyio.lowlevel.checkpoint()


def _report(sandbox: Sandbox) -> None:
    """Have some messages fail, and the phones of some others be off."""
    for place, entry in enumerate(sandbox.ledger):
        if place % 37 == 5:
            sandbox.simulate.report(entry.id, "NOTDELIVERED")
        elif place % 53 == 7:
            sandbox.simulate.report(entry.id, "BUFFERED")


def picture_page(folder: Path) -> None:
    """Picture the page of a campaign on a phone and on a desktop."""
    from tests.browser import open_browser  # noqa: PLC0415 - only here is a browser needed

    journal, page = folder / "spring-sale.db", folder / "report.html"
    anyio.run(send_in_two_runs, journal)
    # As `CampaignJournal.write_html` does, at a time that does not change.
    write_page(to_place(journal), page, zone="Europe/Berlin", clock=Clock(now=lambda: REPORTED_S))
    with open_browser() as browser:
        for name, width, height in (("report-phone", 390, 844), ("report-desktop", 1280, 900)):
            window = browser.new_page(viewport={"width": width, "height": height})
            window.goto(page.as_uri())
            window.screenshot(path=IMAGES / f"{name}.png")
            window.close()


# The inbox of the sandbox


def build_inbox() -> Sandbox:
    """Return a sandbox in which a shop has written to its customers, and some have answered."""
    sandbox = Sandbox(now=lambda: 1_780_300_800.0)
    sender = {"from_": "4915112345678"}
    with Seven(**sandbox.options) as seven:
        for place in range(5):
            text = "Spring sale from Friday. Reply STOP to opt out."
            seven.sms.send(f"+4917139200{place:02}", text, from_="Acme", label="spring")
        sandbox.advance(240)
        seven.sms.send("+447700900123", "Your code is 482913.", from_="Acme", label="login")
        seven.voice.send("+436641234567", "Your table is ready.")
        seven.rcs.send("+41790000018", "Your parcel is on its way.", label="parcels")
        sandbox.advance(95)
        sandbox.simulate.whatsapp("+491711234567", "Hi, is my order ready?", to=sender["from_"])
        sandbox.advance(40)
        text = "Yes! Order A-7 is ready. When do you come by?"
        buttons = [Button(id="today", title="Today"), Button(id="friday", title="On Friday")]
        order = {"label": "orders", "foreign_id": "order-A-7", **sender}
        seven.waba.send_buttons("+491711234567", text, buttons, **order)
        sandbox.advance(65)
        sandbox.simulate.whatsapp("+491711234567", "On Friday", to=sender["from_"])
        sandbox.advance(20)
        text = "See you on Friday. We are open until 8 pm."
        seven.waba.send_text("+491711234567", text, **order)
        sandbox.advance(5)
    return sandbox


def picture_inbox() -> None:
    """Picture the inbox with one conversation open, as a developer sees it."""
    from tests.browser import open_browser  # noqa: PLC0415 - only here is a browser needed

    with open_browser() as browser, build_inbox().serve() as serving:
        size = {"width": 1000, "height": 600}
        window = browser.new_page(viewport=size, timezone_id="Europe/Berlin")
        window.goto(f"{serving.url.removesuffix('api')}#/to/491711234567")
        window.wait_for_load_state("load")
        window.wait_for_timeout(500)  # its stream stays open: the network is never idle
        window.screenshot(path=(IMAGES / "inbox").with_suffix(".png"))
        window.close()


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        picture_terminal(Path(folder))
        picture_page(Path(folder))
    picture_inbox()
    for path in sorted(IMAGES.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
