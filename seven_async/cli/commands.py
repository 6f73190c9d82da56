"""The commands of `seven`, a line each, in the order of `seven --help`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seven_async.cli.exit_status import EXIT_STATUSES
from seven_async.cli.lazy_group import CommandPlace, LazyGroup
from seven_async.cli.products.table import PRODUCTS

COMMANDS: Final[Mapping[str, CommandPlace]] = {
    **{
        word: CommandPlace(
            "seven_async.cli.products.commands", "build_product", product.help, product=word
        )
        for word, product in PRODUCTS.items()
    },
    "reconcile": CommandPlace(
        "seven_async.cli.products.reconciling",
        "reconcile",
        "Look a message up in the gateway's journal whose answer was lost.",
    ),
    "segments": CommandPlace(
        "seven_async.cli.products.counting",
        "count",
        "Count the segments of a text, each of which is billed. Nothing leaves the machine.",
    ),
    "campaign": CommandPlace(
        "seven_async.cli.campaign.commands", "app", "Bulk sending from a CSV file."
    ),
    "worker": CommandPlace(
        "seven_async.cli.campaign.many",
        "worker",
        "Send what was loaded into a database, with any number of other workers, until SIGTERM.",
    ),
    "call": CommandPlace(
        "seven_async.cli.calls",
        "call",
        "Call any method of the API and print its reply as JSON, one object a line.",
        has_help_option=False,  # it has its own, for the methods
    ),
    "webhooks": CommandPlace("seven_async.cli.webhooks", "app", "What the gateway tells your URL."),
    "sandbox": CommandPlace(
        "seven_async.cli.servers.sandboxes",
        "serve",
        "Serve the local gateway until Ctrl-C or SIGTERM, for any client in any language.",
    ),
    "mcp": CommandPlace(
        "seven_async.cli.servers.mcp_server",
        "mcp",
        "Serve the account to a language model: reads, and with --allow what a human confirms.",
    ),
    "login": CommandPlace(
        "seven_async.cli.login",
        "login",
        "Log in with the browser and keep the login as a profile (default: `default`).",
    ),
    "logout": CommandPlace(
        "seven_async.cli.login",
        "logout",
        "Revoke the login of the profile, and forget the profile.",
    ),
    "whoami": CommandPlace(
        "seven_async.cli.login", "whoami", "Show whose account the profile acts for."
    ),
}
"""A command's module is loaded when it is called, so that no other one waits for it."""


ENVIRONMENT: Final[Mapping[str, str]] = {
    "SEVEN_API_KEY": "the API key, which is never given on the command line",
    "SEVEN_PROFILE": "the account to act for, one that `seven login` keeps",
    "SEVEN_BASE_URL": "another gateway, such as the one that `seven sandbox` serves",
    "SEVEN_JOURNAL": "the database of `seven worker` and `seven campaign load`: postgresql://…",
    "SEVEN_SIGNING_SECRET": "signs requests, and tells which webhooks are real",
}
"""The variables that all commands read."""


class Commands(LazyGroup):
    """The group `seven`."""

    places: ClassVar[Mapping[str, CommandPlace]] = COMMANDS

    def format_epilog(self, ctx: object, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write what holds for all commands: the environment, and how they end."""
        with formatter.section("Environment"):
            formatter.write_dl(list(ENVIRONMENT.items()))
        with formatter.section("Exit status"):
            formatter.write_dl([(str(status), text) for status, text in EXIT_STATUSES.items()])
