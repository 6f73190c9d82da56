"""One call of a method, and how a command ends that made it.

In: what to do with a client. Out: nothing; a command that was not done ends with its exit status.
I/O: the call, and sentences on standard error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import typer

from seven_async import Deletion, Receipt
from seven_async.cli.exit_status import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_UNKNOWN
from seven_async.cli.folding import keep_together
from seven_async.cli.gateway import client
from seven_async.cli.products.line import RECONCILE
from seven_async.cli.screen import complain
from seven_async.errors import Outcome, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seven_async import AsyncSeven, CallEvent


def run_call(
    method: str,
    work: Callable[[AsyncSeven], Awaitable[bool]],
    *,
    sandbox: bool,
    look: str = RECONCILE,
) -> None:
    """Run what calls a method; end with the exit status if it returns False, or is cut off.

    Args:
        method: Its name, for sentences.
        work: Gets an open client; returns False if something was not done.
        sandbox: Whether the client is that of the gateway inside this process.
        look: The command that tells what became of a call whose answer was lost, if there is one.
    """
    attempts: list[CallEvent] = []
    try:
        is_whole = anyio.run(_with_client, work, sandbox, attempts.append)
    except OutcomeUnknownError as error:
        end_unknown(method, error.foreign_id, str(error.__cause__ or error), look)
    except KeyboardInterrupt:
        _end_interrupted(method, attempts[-1] if attempts else None, look)
    if not is_whole:
        raise typer.Exit(EXIT_FAILED)


async def _with_client(
    work: Callable[[AsyncSeven], Awaitable[bool]],
    sandbox: bool,
    on_event: Callable[[CallEvent], None],
) -> bool:
    async with client(sandbox=sandbox, on_event=on_event) as (seven, _):
        return await work(seven)


def is_done(reply: Any) -> bool:
    """Return False for a receipt that names failures, and a deletion that found nothing."""
    if isinstance(reply, Receipt):
        return not reply.failed and reply.code == 100
    return not isinstance(reply, Deletion) or reply.success


def _end_interrupted(method: str, latest: CallEvent | None, look: str) -> NoReturn:
    """End after Ctrl-C; `latest` is the last attempt, if there was one."""
    is_read = latest is None or latest.request_line.startswith("GET ")
    # An attempt without an outcome has succeeded; only its reply is not shown any more.
    if latest is not None and not is_read and latest.outcome in (None, Outcome.UNKNOWN):
        end_unknown(method, latest.foreign_id, "interrupted", look)
    complain("interrupted" if is_read and latest else "interrupted; nothing was sent")
    raise typer.Exit(EXIT_INTERRUPTED)


def end_unknown(method: str, foreign_id: str | None, why: str, look: str) -> NoReturn:
    """End after a call whose answer was lost; say how to find out what became of it."""
    what = (
        f"{method} may have been done" if foreign_id is None else "the message may have been sent"
    )
    complain(f"{what} ({why}); do not repeat it before you know")
    if look == RECONCILE and foreign_id is not None:
        command = keep_together(f"seven {look.format(foreign_id=foreign_id)}")
        complain(f"its foreign_id is {foreign_id}; find out with: {command}")
    elif look and look != RECONCILE:
        complain(f"find out with: {keep_together(f'seven {look}')}")
    raise typer.Exit(EXIT_UNKNOWN)
