"""The client that a command uses: the account's, or one on the embedded sandbox."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seven_async import AsyncSeven
from seven_async.cli import profiles
from seven_async.cli.engine_choice import fast_engine

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from seven_async.sandbox import Sandbox

UseSandbox = Annotated[
    bool,
    typer.Option(
        "--sandbox", help="Use a gateway inside this process; nothing leaves the machine."
    ),
]


@asynccontextmanager
async def client(
    *, sandbox: bool, **options: Any
) -> AsyncGenerator[tuple[AsyncSeven, Sandbox | None]]:
    """Give an open client, and the sandbox behind it if there is one."""
    if not sandbox:
        engine = fast_engine()
        async with AsyncSeven(**profiles.client_options(), transport=engine, **options) as seven:
            yield seven, None
        return
    from seven_async.sandbox import Sandbox  # noqa: PLC0415 - only when asked for

    embedded = Sandbox()
    # Signatures of the account's own secret would be refused there.
    async with AsyncSeven(**embedded.options, signing_secret=None, **options) as seven:
        yield seven, embedded
