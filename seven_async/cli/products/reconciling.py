"""`seven reconcile`: what became of a message whose answer was lost.

In: the reference that the send has told. Out: the entries of the gateway's journal that have it.
I/O: reads the journal.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from seven_async.cli.exit_status import EXIT_UNKNOWN
from seven_async.cli.gateway import UseSandbox
from seven_async.cli.products.commands import AsJson
from seven_async.cli.products.output import OutputForm, build_output
from seven_async.cli.products.running import run_call
from seven_async.cli.products.table import find_command
from seven_async.cli.screen import complain, say

if TYPE_CHECKING:
    from seven_async import AsyncSeven, OutboundMessage

_LOOKED_BACK: Final = timedelta(days=30)
"""How far back a message is looked for: holidays may lie between a send and the question."""


def reconcile(
    foreign_id: Annotated[
        str, typer.Argument(help="The reference that the send has told.", metavar="FOREIGN_ID")
    ],
    *,
    as_json: AsJson = False,
    sandbox: UseSandbox = False,
) -> None:
    """Look a message up in the gateway's journal whose answer was lost.

    Exit status 0: it was accepted. 3: the journal of the last 30 days does not have it; entries can
    be some seconds late, so ask again before you send it once more.

    For example: seven reconcile 0f0e7d1c
    """
    entries: list[OutboundMessage] = []

    async def work(seven: AsyncSeven) -> bool:
        now = datetime.fromtimestamp(seven.options.clock.now(), UTC)
        messages = seven.journal.outbound(date_from=(now - _LOOKED_BACK).date())
        entries.extend([each async for each in messages if each.foreign_id == foreign_id])
        return True

    run_call("reconcile", work, sandbox=sandbox)
    if not entries:
        complain(f"the gateway's journal has no message with the foreign_id {foreign_id} (yet)")
        raise typer.Exit(EXIT_UNKNOWN)
    form = OutputForm.JSON if as_json else OutputForm.TABLE
    build_output(find_command("journal outbound"), form).write(entries)
    if form is OutputForm.TABLE:
        accepted = "message was" if len(entries) == 1 else f"{len(entries)} messages were"
        say(f"the {accepted} accepted; do not send again")
