"""What only the beginning of a campaign can be told, and what only its going on. No I/O."""

from __future__ import annotations

from typing import Annotated

import attrs
import typer

from seven_async.cli.campaign.options import SendOptions


@attrs.frozen(kw_only=True)
class BeginOptions(SendOptions):
    """What may be said when a campaign begins."""

    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="What the campaign is called; its journal is NAME.seven.db beside the file. "
            "Unless given, the name of the file.",
        ),
    ] = None
    no_journal: Annotated[
        bool,
        typer.Option("--no-journal", help="Remember nothing: the campaign cannot be resumed."),
    ] = False
    strict: Annotated[
        bool, typer.Option("--strict", help="Send nothing if any row of the file is refused.")
    ] = False


@attrs.frozen(kw_only=True)
class LoadOptions(SendOptions):
    """What may be said when a campaign is loaded into a database."""

    name: Annotated[
        str | None,
        typer.Option("--name", help="What the campaign is called; the name of the file if not."),
    ] = None
    opt_outs: Annotated[
        bool,
        typer.Option(
            "--opt-outs/--no-opt-outs",
            help="Write to nobody on the database's own list (seven campaign suppress), as it is "
            "when each message leaves.",
        ),
    ] = True


@attrs.frozen(kw_only=True)
class ResumeOptions(SendOptions):
    """What may be said anew when a campaign goes on; the journal remembers the rest."""

    retry: Annotated[
        list[str] | None,
        typer.Option(
            "--retry",
            metavar="REASON",
            help="Also send again those that were rejected for this reason, or with this code.",
        ),
    ] = None
    reopen: Annotated[bool, typer.Option("--reopen", help="Also if it was cancelled.")] = False
