"""Where runs live: a task group on the client's event loop, entered with the campaign.

In: inputs. Out: one `Run` at a time. I/O through the client only.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeAlias

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from seven_async.campaign.csv_file import CsvMessages, CsvRow, Refused
from seven_async.campaign.entry import Entry, State
from seven_async.campaign.intake import Intake, items_of
from seven_async.campaign.outbox import Outbox
from seven_async.campaign.outgoing import Message, Outgoing, outgoing
from seven_async.campaign.run import Run
from seven_async.campaign.settings import Settings
from seven_async.campaign.tally import Tally
from seven_async.campaign.verdict import Verdict, of_error
from seven_async.campaign.waiters import Waiters
from seven_async.client import AsyncSeven
from seven_async.errors import InvalidRequestError

Messages: TypeAlias = Iterable[Message]
AsyncMessages: TypeAlias = AsyncIterable[Message]
Item: TypeAlias = Message | CsvRow | Refused


class Host:
    """The awaiting side of a campaign, in both colours."""

    def __init__(self, client: AsyncSeven, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._tasks: TaskGroup | None = None
        self.run: Run[Item] | None = None
        self.closing = anyio.Event()
        self.tally = Tally()

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._watch)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._finish(in_a_hurry=error is not None)
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            tasks.cancel_scope.cancel()
            # Without the error of the body, which the task group would wrap.
            await tasks.__aexit__(None, None, None)

    async def begin(self, messages: Messages | AsyncMessages | None) -> Run[Item]:
        """A run over an input, under way; None for an input that is fed.

        A run before it that was left early ends first.
        """
        await self._finish(in_a_hurry=False)
        if self._tasks is None:
            raise RuntimeError("open the campaign first: `async with Campaign(…)` or `with …`")
        if isinstance(messages, CsvMessages):
            await to_thread.run_sync(messages.check)
        if messages is None or isinstance(messages, AsyncIterable):
            source, awaited = None, messages
        else:
            source, awaited = items(messages), None
        run = self.run = self._run(source)
        self._tasks.start_soon(run.main, awaited)
        return run

    def _run(self, source: Iterator[Item] | None) -> Run[Item]:
        settings = self._settings

        def accept(item: Item) -> Iterable[Outgoing]:
            return self._accepted(run, item)

        held = settings.batch * settings.concurrency
        waiting = {"workers": Waiters(), "caller": Waiters()}
        intake = Intake(accept, batch=settings.batch, source=source, fed=2 * held, **waiting)
        outbox = Outbox(max(held, 100), **waiting)
        caller = waiting["caller"]
        run = Run(self._client, settings, intake, outbox, caller=caller, tally=self.tally)
        return run

    def _accepted(self, run: Run[Item], item: Item) -> Iterable[Outgoing]:
        """What goes out of an item of the input; what cannot is told at once."""
        if isinstance(item, Refused):
            run.refuse(*_refused_row(item))
            return ()
        line, message = (item.line, item.message) if isinstance(item, CsvRow) else (None, item)
        try:
            return list(
                outgoing(
                    message,
                    line=line,
                    default_country=self._settings.default_country,
                    key_of=self._settings.key,
                )
            )
        except InvalidRequestError as error:
            run.refuse(*_refused_message(message, line, error))
            return ()

    async def _watch(self) -> None:
        """Notice that the caller is cancelled, before anything else is."""
        try:
            await anyio.sleep_forever()
        finally:
            if self.run is not None:
                self.run.hurry()

    async def _finish(self, *, in_a_hurry: bool) -> None:
        run = self.run
        if run is None:
            return
        if in_a_hurry:
            run.hurry()
        run.stop()
        await run.ended.wait()
        self.run = None


def items(messages: Messages) -> Iterator[Item]:
    """The items of an input: for a file, its refused rows first, then its rows with their lines."""
    if isinstance(messages, CsvMessages):
        return _file_items(messages)
    return items_of(messages)


def _file_items(messages: CsvMessages) -> Iterator[Item]:
    yield from messages.refused
    yield from messages.rows()


def _refused_row(row: Refused) -> tuple[Entry, Verdict]:
    error = InvalidRequestError(f"line {row.line}, column {row.column}: {row.reason}")
    verdict = Verdict(state=State.REFUSED, error=error, reason=row.reason)
    return _refusal(row.recipient, "", row.line, verdict), verdict


def _refused_message(
    message: object, line: int | None, error: InvalidRequestError
) -> tuple[Entry, Verdict]:
    error.request = message
    verdict = of_error(error)
    to: Any = getattr(message, "to", "")
    return _refusal(to if isinstance(to, str) else ",".join(to), "", line, verdict), verdict


def _refusal(recipient: str, channel: str, line: int | None, verdict: Verdict) -> Entry:
    return Entry(
        key=recipient,
        recipient=recipient,
        channel=channel,
        state=verdict.state,
        error=verdict.error,
        line=line,
        reason=verdict.reason,
    )
