"""`seven balance`: what is left on the account."""

from __future__ import annotations

import anyio

from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import say


def balance(*, sandbox: UseSandbox = False) -> None:
    """Show the credit left on the account."""

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            credit = await seven.balance.get()
            say(f"{credit.amount} {credit.currency}")

    anyio.run(work)
