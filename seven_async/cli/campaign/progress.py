"""How far a campaign is: a bar on a terminal, a line now and then without one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seven_async.campaign import State
from seven_async.cli.screen import say

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from types import TracebackType

    from seven_async.campaign import Progress as Moment

# Between plain lines, so that a log file of an hour's campaign stays short.
_LINE_EVERY_S = 5.0
# Between looks at cost and rate; the bar itself moves with each entry.
_LOOK_EVERY_S = 0.2


class Bar:
    """Shown while entries come in; `advance` once per entry."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._said_at = self._looked_at = time.monotonic()
        console = Console(stderr=True)
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total)

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

    def advance(self, counts: Counter[State], progress: Callable[[], Moment]) -> None:
        """Show that one more entry came in."""
        self._done += 1
        now = time.monotonic()
        if not self._bar.disable:
            self._bar.update(self._task, completed=self._done)
            if now - self._looked_at >= _LOOK_EVERY_S:
                self._looked_at = now
                self._bar.update(self._task, description=_describe(progress(), counts))
        elif now - self._said_at >= _LINE_EVERY_S:
            self._said_at = now
            say(f"{self._done:,} of {self._total:,}, {_describe(progress(), counts)}")


def _describe(moment: Moment, counts: Counter[State]) -> str:
    failed = counts[State.REJECTED] + counts[State.UNKNOWN]
    told = f"{moment.per_s:,.0f}/s, {moment.cost:.2f} EUR"
    return f"{told}, {failed:,} failed" if failed else told
