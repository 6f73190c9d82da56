"""`seven campaign`: a CSV file goes out, is watched, taken up again and accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from typer import Typer

from seven_async.cli.lazy_group import CommandPlace, LazyGroup, build_app

_PACKAGE: Final = "seven_async.cli.campaign"


class CampaignCommands(LazyGroup):
    """The commands below `seven campaign`, in the order of its help."""

    places: ClassVar[Mapping[str, CommandPlace]] = {
        "plan": CommandPlace(
            f"{_PACKAGE}.sending",
            "plan",
            "Show what sending would do and cost: segments, countries, credit. Sends nothing.",
        ),
        "send": CommandPlace(
            f"{_PACKAGE}.sending", "send", "Send a message to every row of a CSV file."
        ),
        "load": CommandPlace(
            f"{_PACKAGE}.many",
            "load",
            "Write a CSV file into a database, from which workers send it.",
        ),
        "resume": CommandPlace(
            f"{_PACKAGE}.sending", "resume", "Go on with a campaign, by its journal alone."
        ),
        "pause": CommandPlace(
            f"{_PACKAGE}.watching",
            "pause",
            "Let a running campaign send no more, until `seven campaign resume`.",
        ),
        "stop": CommandPlace(
            f"{_PACKAGE}.watching",
            "stop",
            "Let a running campaign end; what is in flight finishes.",
        ),
        "cancel": CommandPlace(
            f"{_PACKAGE}.watching",
            "cancel",
            "Let nobody send more of a campaign, now or later.",
        ),
        "rate": CommandPlace(
            f"{_PACKAGE}.watching", "rate", "Let a running campaign go at another rate."
        ),
        "status": CommandPlace(
            f"{_PACKAGE}.watching",
            "status",
            "Show how far a campaign is, from its journal; also while it runs in another terminal.",
        ),
        "report": CommandPlace(
            f"{_PACKAGE}.reporting",
            "report",
            "Show what a campaign came to: counts that add up, reasons, cost, deliveries.",
        ),
        "export": CommandPlace(
            f"{_PACKAGE}.reporting",
            "export",
            "Write who has a state to a CSV file: who was missed, for example.",
        ),
        "forget": CommandPlace(
            f"{_PACKAGE}.erasing",
            "forget",
            "Erase a recipient from a journal; the campaign never writes to it again.",
        ),
        "suppress": CommandPlace(
            f"{_PACKAGE}.erasing",
            "suppress",
            "Add numbers to a suppression list; it is given to plan and send.",
        ),
    }


app: Typer = build_app(
    cls=CampaignCommands, help="Bulk sending from a CSV file.", no_args_is_help=True
)
