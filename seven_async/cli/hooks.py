"""`seven hooks`: the account's webhook subscriptions."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from seven_async import HookSpec, sync_hooks
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import say
from seven_async.errors import InvalidRequestError


def sync(
    *,
    url: Annotated[str, typer.Option("--url", help="Where events go.")],
    events: Annotated[
        str, typer.Option("--events", help="Which, separated by commas: dlr,sms_mo; or all.")
    ] = "all",
    method: Annotated[
        str, typer.Option("--method", help="How they arrive: JSON, POST or GET.")
    ] = "JSON",
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete the hooks to other URLs, too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be changed, and change nothing.")
    ] = False,
    sandbox: UseSandbox = False,
) -> None:
    """Make the account's hooks to a URL what the command says: no more, no fewer."""
    wanted = [event.strip() for event in events.split(",") if event.strip()]
    if not wanted:
        raise InvalidRequestError("--events names no event: dlr, sms_mo, …, or all")
    specs = [HookSpec(url, event, request_method=method.upper()) for event in wanted]

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            changes = await sync_hooks(seven, specs, dry_run=dry_run, prune=prune)
        for line in str(changes).splitlines():
            say(f"would {line}" if dry_run and changes else line)

    anyio.run(work)
