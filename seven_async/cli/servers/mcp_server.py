"""`seven mcp`: the account as tools for a language model, over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.profile_choice import folder
from seven_async.errors import ConfigurationError

try:
    from mcp.server.stdio import stdio_server

    from seven_async.mcp import build_mcp_server
except ModuleNotFoundError:
    raise ConfigurationError(
        "seven mcp needs the package mcp: pip install 'seven-async[cli,mcp]'"
    ) from None


def mcp(
    *,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="What the model may do beyond free reads: send, write or billed. Several times. "
            "Each message and each change is confirmed by a human."
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="The file that remembers what was carried out; beside the profiles."),
    ] = None,
    max_cost: Annotated[
        str, typer.Option(help="EUR that one plan may cost at most.", metavar="EUR")
    ] = "1.00",
    max_recipients: Annotated[
        int, typer.Option(help="Recipients that one plan may have at most.", min=1)
    ] = 20,
    sandbox: UseSandbox = False,
) -> None:
    """Serve the account to a language model: reads, and with --allow what a human confirms.

    For example: seven mcp --sandbox --allow send
    """
    if journal is None and not sandbox:
        folder().mkdir(parents=True, exist_ok=True)
        journal = folder() / "mcp-plans.db"

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _), stdio_server() as (read, write):
            server = build_mcp_server(
                seven,
                allow=allow or (),
                journal=journal,
                max_cost=max_cost,
                max_recipients=max_recipients,
            )
            await server.run(read, write, server.create_initialization_options())

    anyio.run(work)
