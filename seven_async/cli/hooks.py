"""`seven hooks`: the account's webhook subscriptions."""

from __future__ import annotations

import json
from typing import Annotated

import anyio
import attrs
import typer

from seven_async import HookChanges, HookSpec, sync_hooks
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.products.commands import AsJson
from seven_async.cli.screen import say, write_line
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
    as_json: AsJson = False,
    sandbox: UseSandbox = False,
) -> None:
    """Make the account's hooks to a URL what the command says: no more, no fewer.

    For example: seven hooks sync --url https://app.example/hooks --events dlr,sms_mo
    """
    wanted = [event.strip() for event in events.split(",") if event.strip()]
    if not wanted:
        raise InvalidRequestError("--events names no event: dlr, sms_mo, …, or all")
    specs = [HookSpec(url, event, request_method=method.upper()) for event in wanted]

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            changes = await sync_hooks(seven, specs, dry_run=dry_run, prune=prune)
        if as_json:
            write_line(to_json(changes))
            return
        for line in str(changes).splitlines():
            say(f"would {line}" if dry_run and changes else line)

    anyio.run(work)


def to_json(changes: HookChanges) -> str:
    """Return what was changed, or would be, as JSON in one line."""
    hooks = {"deleted": changes.deleted, "kept": changes.kept}
    created = json.dumps([attrs.asdict(spec) for spec in changes.created], default=str)
    parts = [f'"created": {created}']
    parts += [
        f'"{name}": [{", ".join(each.to_json() for each in of)}]' for name, of in hooks.items()
    ]
    return f"{{{', '.join(parts)}}}"
