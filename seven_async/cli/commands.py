"""The commands of `seven`, a line each, in the order of `seven --help`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from seven_async.cli.lazy_group import CommandPlace, LazyGroup

COMMANDS: Final[Mapping[str, CommandPlace]] = {
    "balance": CommandPlace(
        "seven_async.cli.credit", "balance", "Show the credit left on the account."
    ),
    "sms": CommandPlace("seven_async.cli.single_sends", "app", "Text messages."),
    "call": CommandPlace(
        "seven_async.cli.calls",
        "call",
        "Call any method of the API and print its reply as JSON, one object a line.",
        has_help_option=False,  # it has its own, for the methods
    ),
    "reconcile": CommandPlace(
        "seven_async.cli.single_sends",
        "reconcile",
        "Look a message up in the gateway's journal whose answer was lost.",
    ),
    "campaign": CommandPlace(
        "seven_async.cli.campaign.commands", "app", "Bulk sending from a CSV file."
    ),
    "hooks": CommandPlace("seven_async.cli.hooks", "app", "Where the gateway sends events to."),
    "webhooks": CommandPlace("seven_async.cli.webhooks", "app", "What the gateway tells your URL."),
    "sandbox": CommandPlace(
        "seven_async.cli.sandboxes",
        "serve",
        "Serve the local gateway until Ctrl-C or SIGTERM, for any client in any language.",
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


class Commands(LazyGroup):
    """The group `seven`."""

    places: ClassVar[Mapping[str, CommandPlace]] = COMMANDS
