"""`seven campaign`: a CSV file goes out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from seven_async.campaign import Campaign, CsvMessages, read_csv
from seven_async.cli.exit_status import EXIT_FAILED
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.progress import Progress
from seven_async.cli.screen import say, table

if TYPE_CHECKING:
    from decimal import Decimal

    from seven_async.campaign import Entry
    from seven_async.sandbox import Sandbox

app = typer.Typer(help="Bulk sending from a CSV file.", no_args_is_help=True)

# Refused rows that are listed one by one; the rest is counted by reason.
_SHOWN = 20


@app.command()
def send(
    file: Annotated[str, typer.Argument(help="A CSV file with a header row.")],
    *,
    text: Annotated[str, typer.Option(help="The message; {column} is filled in from the row.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", help="The sender: 11 letters and digits, or 16 digits."),
    ] = None,
    recipient: Annotated[
        str | None, typer.Option(help="The column with the numbers, if not found by its name.")
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="The country of national numbers, for example DE.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="A label for the gateway's statistics.")] = None,
    concurrency: Annotated[int, typer.Option(help="Requests in flight at once.")] = 64,
    sandbox: UseSandbox = False,
) -> None:
    """Send a message to every row of a CSV file."""
    messages = read_csv(
        file, text=text, from_=from_, label=label, recipient=recipient, default_country=country
    )
    _show_refused(file, messages)
    counts = anyio.run(_sent, messages, concurrency, sandbox)
    if counts["accepted"] + counts["skipped"] < counts.total():
        raise typer.Exit(EXIT_FAILED)


async def _sent(messages: CsvMessages, concurrency: int, use_sandbox: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    async with (
        client(sandbox=use_sandbox, concurrency=concurrency) as (seven, embedded),
        Campaign(seven, "csv") as campaign,
    ):
        with Progress(messages.sendable + len(messages.refused)) as progress:
            async for entry in campaign.send(messages):
                counts[entry.state] += 1
                if entry.error is not None and entry.state != "refused":
                    reasons[_reason(entry)] += 1
                progress.advance(counts)
        balance = await seven.balance.get()
    _show_summary(counts, reasons, balance.amount, embedded)
    return counts


def _reason(entry: Entry) -> str:
    error = entry.error
    code = getattr(error, "code", None)
    return f"{entry.state}: {type(error).__name__}" + (f" (code {code})" if code else "")


def _show_refused(file: str, messages: CsvMessages) -> None:
    refused = messages.refused
    say(f"{file}: {messages.sendable:,} rows to send, {len(refused):,} refused")
    for row in refused[:_SHOWN]:
        say(f"  line {row.line}, column {row.column}: {row.reason}")
    for reason, count in Counter(row.reason for row in refused[_SHOWN:]).items():
        say(f"  and {count:,} more: {reason}")


def _show_summary(
    counts: Counter[str], reasons: Counter[str], balance: Decimal, embedded: Sandbox | None
) -> None:
    rows = [(state, f"{counts[state]:,}") for state in _STATES if counts[state]]
    table([*rows, ("rows", f"{counts.total():,}")])
    for reason, count in reasons.most_common():
        say(f"  {count:,} × {reason}")
    say(f"balance now {balance} EUR")
    if embedded is not None:
        say(
            f"the sandbox's ledger holds {len(embedded.ledger):,} messages; nothing was really sent"
        )


_STATES = ("accepted", "rejected", "unknown", "skipped", "refused")
