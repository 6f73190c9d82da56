"""What a person sees before money is spent: the plan in five lines, and one question.

In: a campaign. Out: yes or no. I/O: the plan asks the gateway for prices and credit; a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio
import typer

from seven_async.campaign import Campaign, Plan
from seven_async.cli.gateway import client
from seven_async.cli.screen import complain, say
from seven_async.cli.wording import count_of
from seven_async.errors import AccessDeniedError, GatewayError

if TYPE_CHECKING:
    from seven_async.campaign import CsvMessages
    from seven_async.cli.campaign.run import Job


# Characters of the text in the plan.
_MOST_SHOWN: Final = 60


def is_interactive() -> bool:
    """Return whether a person can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> bool:
    """Return whether a person says yes; Ctrl-C and the end of the input are a no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        return False


def show_plan(job: Job, messages: CsvMessages, text: str, sender: str | None) -> None:
    """Show what sending would do and cost.

    Raises:
        SevenError: The sending would meet it as well: a wrong key, no connection.
    """
    try:
        plan = anyio.run(_plan, job, messages)
    except (AccessDeniedError, GatewayError) as error:
        # A key may be allowed to send, and not to read prices or credit.
        complain(f"what it costs cannot be told: {error}")
        return
    for line in plan_lines(plan, messages):
        say(line)
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    say(f"text: “{shown}” from {sender or 'the default sender of the account'}")
    if job.settings.get("journal") is None:
        say("no journal: it cannot be resumed")
    else:  # an address may have a password
        say(f"journal: {job.journal or 'in the database'}")


async def _plan(job: Job, messages: CsvMessages) -> Plan:
    async with client(sandbox=job.use_sandbox) as (seven, _):
        return await Campaign(seven, job.name, **job.settings).plan(messages)


def plan_lines(plan: Plan, messages: CsvMessages) -> Iterator[str]:
    """Yield the plan in three lines, and a line for each thing that may be a mistake."""
    repeated = sum(row.reason.startswith("duplicate of") for row in messages.refused)
    refused, duplicates = plan.refused - repeated, plan.duplicates + repeated
    parts = [f"{plan.to_send:,} to send", f"{refused:,} refused"]
    parts += [count_of(duplicates, "duplicate"), f"{plan.suppressed:,} suppressed"]
    parts += [f"{plan.served:,} served before"] if plan.served else []
    yield ", ".join(parts)
    low, high = plan.lowest_cost, plan.highest_cost
    cost = f"{high:.2f} EUR" if low == high else f"{low:.2f} to {high:.2f} EUR"
    enough = "" if plan.is_affordable else ", NOT ENOUGH for the highest cost"
    unpriced = f" and {count_of(plan.unpriced, 'message')} without a known price"
    yield (
        f"{count_of(plan.segments, 'SMS segment')}, {cost}{unpriced if plan.unpriced else ''} "
        f"(credit {plan.balance} {plan.currency}{enough})"
    )
    rate = plan.to_send / plan.duration_s if plan.duration_s else 0
    yield (
        f"delivery takes about {timedelta(seconds=round(plan.duration_s))} at {rate:g} messages "
        f"a second"
    )
    if plan.changed:
        yield f"{plan.changed:,} were served with another text or sender; they are not sent again"
    for empty in plan.empty_values:
        yield (
            f"{empty.value!r} stands for no value in {count_of(empty.rows, 'row')} of "
            f"{empty.column!r} (first in line {empty.line}); messages would say it"
        )
    if plan.saved_segments:
        yield f"other characters would save {plan.saved_segments:,} segments: seven campaign plan"
