"""What all commands share: the options before them, and how they end."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, cast

import typer

from seven_async import __version__
from seven_async.cli.commands import Commands
from seven_async.cli.engine_choice import fast_engine
from seven_async.cli.exit_status import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    status_of,
)
from seven_async.cli.lazy_group import build_app
from seven_async.cli.profile_choice import choose, profile_names
from seven_async.cli.screen import complain, say
from seven_async.cli.streams import guard_streams
from seven_async.errors import SevenError

if TYPE_CHECKING:
    from types import FrameType

# What typer raises for a wrong command line; it exports only one of its kinds.
_UsageError: Final = cast("type[Exception]", typer.BadParameter.__mro__[1])

app: typer.Typer = build_app(
    name="seven",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        engine = "httpx" if fast_engine() is None else "fast"
        say(f"seven-async {__version__}, {engine} engine")
        raise typer.Exit


@app.callback()
def settings(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
    profile: Annotated[
        str | None,
        typer.Option(
            envvar="SEVEN_PROFILE",
            show_envvar=False,
            metavar="NAME",
            help="The account to act for; see `seven login`.",
            autocompletion=profile_names,
        ),
    ] = None,
) -> None:
    """The seven.io messaging gateway from a terminal, with SEVEN_API_KEY or a profile.

    Begin with `seven login --key`, which asks for the key and keeps it, or try `seven balance
    --sandbox`, which needs none.
    """
    del version
    choose(profile)


def run() -> NoReturn:
    """Run a command; errors become one line and an exit status."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with guard_streams(complain) as streams:
            status = _run_command()
    finally:
        signal.signal(signal.SIGTERM, before)
    sys.exit(status or (EXIT_FAILED if streams.is_output_lost else EXIT_DONE))


def _run_command() -> int:
    try:
        ended: Any = app(prog_name="seven", standalone_mode=False)
    except _UsageError as error:
        _show_usage(error)
        return EXIT_USAGE
    except SevenError as error:
        complain(str(error))
        return status_of(error)
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return ended if isinstance(ended, int) else EXIT_DONE


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interface
    """Do for SIGTERM what Ctrl-C does."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _show_usage(error: Any) -> None:
    """Say what was wrong with the words of a command, as any other error is said."""
    sentence = error.format_message()
    if error.ctx is not None and sentence == error.ctx.get_help():
        sys.stderr.write(f"{sentence}\n")  # a group without a command
    elif sentence and error.ctx is not None:
        complain(sentence)
        complain(f"see {error.ctx.command_path} --help")
