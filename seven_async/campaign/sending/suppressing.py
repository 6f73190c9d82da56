"""Recipients on the suppression list are held back: when they are read, and again when they leave.

In: messages, and the list. Out: the same messages, some of them on hold. I/O: that of the list.

Days may lie between reading a row and sending it, and a reply such as STOP counts at once. So each
claim asks again, but only where the list has changed since the run began.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, TypeAlias, cast

import anyio
import attrs
from anyio import to_thread

from seven_async.campaign.inputs.message import OutgoingMessage, is_e164
from seven_async.campaign.inputs.opt_outs import OptOutList
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.campaign.results import SUPPRESSED
from seven_async.errors import InvalidRequestError
from seven_async.option_checks import build_refusal

INCOMPARABLE: Final = "number cannot be compared with the suppression list"
"""Why a national number is held back once the list has entries: it may be one of them."""


@attrs.frozen
class JoinedLists:
    """Several lists that are asked as one: a legal block list and the opt-outs, say."""

    lists: tuple[Suppression | OptOutList, ...]

    def __contains__(self, recipient: str) -> bool:
        """Tell whether any of the lists has a recipient.

        Raises `InvalidRequestError` for a number that one of them cannot compare, and none has.
        """
        failure: InvalidRequestError | None = None
        for each in self.lists:
            try:
                if recipient in each:
                    return True
            except InvalidRequestError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return False

    @property
    def is_current(self) -> bool:
        """True if none of them has to be read again."""
        return all(each.is_current for each in self.lists)

    def refresh(self) -> None:
        """Read those again that have changed."""
        for each in self.lists:
            if not each.is_current:
                each.refresh()

    @property
    def version(self) -> Hashable:
        """What is another value when one of them may have changed."""
        return tuple(each.version for each in self.lists)


AnyList: TypeAlias = Suppression | OptOutList | JoinedLists


def to_suppression(
    suppress: Suppression | OptOutList | Iterable[str | Suppression | OptOutList] | None,
    default_country: str | None,
) -> AnyList | None:
    """Return the lists that a campaign was given; raises `ConfigurationError` if it is none."""
    if suppress is None or isinstance(suppress, (Suppression, OptOutList)):
        return suppress
    given = cast("object", suppress)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise build_refusal(
            "suppress",
            f"must be a Suppression, an OptOutList or a list of recipients and of those, "
            f"not {type(given).__name__}; Suppression.read(path) reads a file",
        )
    lists: list[Suppression | OptOutList] = []
    recipients: list[str] = []
    for each in suppress:
        if isinstance(each, (Suppression, OptOutList)):
            lists.append(each)
        else:
            recipients.append(each)
    if recipients or not lists:
        lists.append(Suppression(recipients, default_country=default_country))
    return lists[0] if len(lists) == 1 else JoinedLists(tuple(lists))


def find_opt_out_lists(suppress: AnyList | None) -> list[OptOutList]:
    """Return the lists of opt-outs among those that a campaign asks."""
    lists = suppress.lists if isinstance(suppress, JoinedLists) else (suppress,)
    return [each for each in lists if isinstance(each, OptOutList)]


def hold_back(messages: Iterable[OutgoingMessage], listed: AnyList) -> None:
    """Hold messages back whose recipient is listed. Raises `InvalidRequestError`."""
    for message in messages:
        if _spell(message) in listed:
            message.hold, message.group = SUPPRESSED, None


class CurrentSuppression:
    """The suppression list of a run, as it is at each claim."""

    def __init__(self, listed: AnyList) -> None:
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


def _reason_against(message: OutgoingMessage, listed: AnyList) -> str | None:
    try:
        return SUPPRESSED if _spell(message) in listed else None
    except InvalidRequestError:
        return INCOMPARABLE


def _spell(message: OutgoingMessage) -> str:
    """Return the spelling that is the same number in every country."""
    return f"+{message.digits}" if is_e164(message.digits) else message.to
