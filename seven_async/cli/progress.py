"""How far a campaign is: a bar on a terminal, a line now and then without one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from seven_async.cli.screen import say

if TYPE_CHECKING:
    from collections import Counter
    from types import TracebackType

# Between plain lines, so that a log file of an hour's campaign stays short.
_LINE_EVERY_S = 5.0


class Progress:
    """Shown while entries come in; `advance` once per entry."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._said_at = time.monotonic()
        self._begun = self._said_at
        console = Console(stderr=True)
        self._bar = Bar(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TextColumn("{task.fields[failed]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, rate=0.0, failed="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, counts: Counter[str]) -> None:
        """One more entry came in."""
        self._done += 1
        now = time.monotonic()
        rate = self._done / max(now - self._begun, 1e-9)
        failed = counts["rejected"] + counts["unknown"]
        self._bar.update(
            self._task, completed=self._done, rate=rate, failed=f"{failed:,} failed" * bool(failed)
        )
        if self._bar.disable and now - self._said_at >= _LINE_EVERY_S:
            self._said_at = now
            say(f"{self._done:,} of {self._total:,} ({rate:,.0f}/s), {failed:,} failed")
