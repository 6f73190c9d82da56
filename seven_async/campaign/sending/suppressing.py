"""Recipients on the suppression list are held back: when they are read, and again when they leave.

In: messages, and the list. Out: the same messages, some of them on hold. I/O: that of the list.

Days may lie between reading a row and sending it, and a reply such as STOP counts at once. So each
claim asks again, but only where the list has changed since the run began.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, cast

import anyio
from anyio import to_thread

from seven_async.campaign.inputs.message import OutgoingMessage, is_e164
from seven_async.campaign.inputs.opt_outs import OptOutList
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.campaign.results import SUPPRESSED
from seven_async.errors import InvalidRequestError
from seven_async.option_checks import build_refusal

INCOMPARABLE: Final = "number cannot be compared with the suppression list"
"""Why a national number is held back once the list has entries: it may be one of them."""


def to_suppression(
    suppress: Suppression | OptOutList | Iterable[str] | None, default_country: str | None
) -> Suppression | OptOutList | None:
    """Return the list that a campaign was given; raises `ConfigurationError` if it is none."""
    if suppress is None or isinstance(suppress, (Suppression, OptOutList)):
        return suppress
    given = cast("object", suppress)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise build_refusal(
            "suppress",
            f"must be a Suppression, an OptOutList or a list of recipients, "
            f"not {type(given).__name__}; Suppression.read(path) reads a file",
        )
    return Suppression(suppress, default_country=default_country)


def hold_back(messages: Iterable[OutgoingMessage], listed: Suppression | OptOutList) -> None:
    """Hold messages back whose recipient is listed. Raises `InvalidRequestError`."""
    for message in messages:
        if _spell(message) in listed:
            message.hold, message.group = SUPPRESSED, None


class CurrentSuppression:
    """The suppression list of a run, as it is at each claim."""

    def __init__(self, listed: Suppression | OptOutList) -> None:
        self._listed = listed
        self._version: Hashable = listed.version
        self._reading = anyio.Lock()

    async def hold_back(self, batch: Iterable[OutgoingMessage]) -> None:
        """Hold back who was listed since the run began.

        Raises `OptOutError` or `CsvError` where the list cannot be read: then nothing may leave.
        """
        listed = self._listed
        if not listed.is_current:
            async with self._reading:
                if not listed.is_current:  # another batch may have read it meanwhile
                    await to_thread.run_sync(listed.refresh)
        if listed.version == self._version:
            return
        for message in batch:
            if message.hold is None:
                message.hold = _reason_against(message, listed)


def _reason_against(message: OutgoingMessage, listed: Suppression | OptOutList) -> str | None:
    try:
        return SUPPRESSED if _spell(message) in listed else None
    except InvalidRequestError:
        return INCOMPARABLE


def _spell(message: OutgoingMessage) -> str:
    """Return the spelling that is the same number in every country."""
    return f"+{message.digits}" if is_e164(message.digits) else message.to
