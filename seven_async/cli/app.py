"""The commands that take one call, and what all commands share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, cast

import anyio
import typer

from seven_async import __version__
from seven_async.cli.exit_status import EXIT_FAILED, EXIT_USAGE
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import complain, say
from seven_async.cli.streams import unbreakable
from seven_async.errors import ConfigurationError, InvalidRequestError, SevenError

if TYPE_CHECKING:
    from seven_async.api.receipt import Receipt

# What typer raises for a wrong command line; it exports only one of its kinds.
_UsageError: Final = cast("type[Exception]", typer.BadParameter.__mro__[1])

app = typer.Typer(
    name="seven",
    help="The seven.io messaging gateway from a terminal. The API key is taken from SEVEN_API_KEY.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sms = typer.Typer(help="Text messages.", no_args_is_help=True)
app.add_typer(sms, name="sms")


def _version(wanted: bool) -> None:
    if wanted:
        say(f"seven-async {__version__}")
        raise typer.Exit


@app.callback()
def settings(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The seven.io messaging gateway from a terminal. The API key is taken from SEVEN_API_KEY."""
    del version


@app.command()
def balance(*, sandbox: UseSandbox = False) -> None:
    """The credit left on the account."""

    async def work() -> None:
        async with client(sandbox=sandbox) as (seven, _):
            found = await seven.balance.get()
            say(f"{found.amount} {found.currency}")

    anyio.run(work)


@sms.command("send")
def send_sms(
    to: Annotated[list[str], typer.Argument(help="Numbers, or names of contacts or groups.")],
    *,
    text: Annotated[str, typer.Option(help="The message, at most 1520 characters.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", help="The sender: 11 letters and digits, or 16 digits."),
    ] = None,
    sandbox: UseSandbox = False,
) -> None:
    """Send a text message to one or several recipients."""

    async def work() -> Receipt:
        async with client(sandbox=sandbox) as (seven, _):
            return await seven.sms.send(to, text, from_=from_)

    receipt = anyio.run(work)
    for message in receipt.messages:
        state = "accepted" if message.success else f"refused: {message.error_text or message.error}"
        say(f"{message.recipient}  {state}" + (f"  id {message.id}" if message.id else ""))
    cost = "" if receipt.total_price is None else f" for {receipt.total_price} EUR"
    accepted = len(receipt.messages) - len(receipt.failed)
    say(f"{accepted} of {len(receipt.messages)} accepted{cost}")
    if receipt.failed or receipt.code != 100:
        raise typer.Exit(EXIT_FAILED)


def run() -> NoReturn:
    """Run a command; errors become one line and an exit status."""
    with unbreakable(complain) as streams:
        status = _run_command()
    sys.exit(status or (EXIT_FAILED if streams.is_output_lost else 0))


def _run_command() -> int:
    try:
        ended: Any = app(prog_name="seven", standalone_mode=False)
    except _UsageError as error:
        _show_usage(error)
        return EXIT_USAGE
    except (ConfigurationError, InvalidRequestError) as error:
        complain(str(error))
        return EXIT_USAGE
    except SevenError as error:
        complain(str(error))
        return EXIT_FAILED
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return EXIT_FAILED
    return ended if isinstance(ended, int) else 0


def _show_usage(error: Any) -> None:
    """Say what was wrong with the words of a command, as any other error is said."""
    sentence = error.format_message()
    if sentence and error.ctx is not None:
        complain(sentence)
        complain(f"see {error.ctx.command_path} --help")


# The commands of other files register themselves on `app`.
from seven_async.cli import campaigns, sandboxes  # noqa: E402

app.add_typer(campaigns.app, name="campaign")
app.command("sandbox")(sandboxes.serve)
