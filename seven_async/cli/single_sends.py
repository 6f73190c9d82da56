"""`seven sms send` and `seven reconcile`: one message goes out, and what became of it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import anyio
import typer

from seven_async.cli.exit_status import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_UNKNOWN
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import complain, say
from seven_async.errors import Outcome, OutcomeUnknownError

if TYPE_CHECKING:
    from seven_async import CallEvent, OutboundMessage, Receipt

app = typer.Typer(help="Text messages.", no_args_is_help=True)

_LOOKED_BACK: Final = timedelta(days=30)
"""How far back a message is looked for: holidays may lie between a send and the question."""


@app.command("send")
def send_sms(
    to: Annotated[list[str], typer.Argument(help="Numbers, or names of contacts or groups.")],
    *,
    text: Annotated[str, typer.Option(help="The message, at most 1520 characters.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", help="The sender: 11 letters and digits, or 16 digits."),
    ] = None,
    sandbox: UseSandbox = False,
) -> None:
    """Send a text message to one or several recipients.

    Exit status 3: it may have been sent, and `seven reconcile` finds out.
    """
    attempts: list[CallEvent] = []

    async def work() -> Receipt:
        async with client(sandbox=sandbox, on_event=attempts.append) as (seven, _):
            return await seven.sms.send(to, text, from_=from_)

    try:
        receipt = anyio.run(work)
    except OutcomeUnknownError as error:
        end_unknown(error.foreign_id, str(error.__cause__ or error))
    except KeyboardInterrupt:
        _end_interrupted(attempts[-1] if attempts else None)
    _show(receipt)
    if receipt.failed or receipt.code != 100:
        raise typer.Exit(EXIT_FAILED)


def _show(receipt: Receipt) -> None:
    for message in receipt.messages:
        state = "accepted" if message.success else f"refused: {message.error_text or message.error}"
        say(f"{message.recipient}  {state}" + (f"  id {message.id}" if message.id else ""))
    cost = "" if receipt.total_price is None else f" for {receipt.total_price} EUR"
    accepted = len(receipt.messages) - len(receipt.failed)
    say(f"{accepted} of {len(receipt.messages)} accepted{cost}")


def _end_interrupted(latest: CallEvent | None) -> NoReturn:
    """End after Ctrl-C; `latest` is the last attempt, if there was one."""
    # An attempt without an outcome has succeeded; only its receipt is not shown any more.
    if latest is not None and latest.outcome in (None, Outcome.UNKNOWN):
        end_unknown(latest.foreign_id, "interrupted")
    complain("interrupted; nothing was sent")
    raise typer.Exit(EXIT_INTERRUPTED)


def end_unknown(
    foreign_id: str | None, why: str, what: str = "the message may have been sent"
) -> NoReturn:
    """End after a call whose answer was lost; say how to find out what became of it."""
    complain(f"{what} ({why}); do not send it again before you know")
    if foreign_id is not None:
        complain(f"its foreign_id is {foreign_id}; find out with: seven reconcile {foreign_id}")
    raise typer.Exit(EXIT_UNKNOWN)


def reconcile(
    foreign_id: Annotated[str, typer.Argument(help="The reference that the send has told.")],
    *,
    sandbox: UseSandbox = False,
) -> None:
    """Look a message up in the gateway's journal whose answer was lost.

    Exit status 0: it was accepted. 3: the journal of the last 30 days does not have it; entries can
    be some seconds late, so ask again before you send it once more.
    """
    entries = anyio.run(partial(_find, foreign_id, sandbox=sandbox))
    for entry in entries:
        state = "" if entry.dlr is None else f"  {entry.dlr.value}"
        say(f"{entry.to}  accepted  id {entry.id}{state}")
    if not entries:
        complain(f"the gateway's journal has no message with the foreign_id {foreign_id} (yet)")
        raise typer.Exit(EXIT_UNKNOWN)


async def _find(foreign_id: str, *, sandbox: bool) -> list[OutboundMessage]:
    async with client(sandbox=sandbox) as (seven, _):
        now = datetime.fromtimestamp(seven.options.clock.now(), UTC)
        messages = seven.journal.outbound(date_from=(now - _LOOKED_BACK).date())
        return [message async for message in messages if message.foreign_id == foreign_id]
