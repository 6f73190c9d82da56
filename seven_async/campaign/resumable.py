"""The part of a campaign that its journal makes possible: to be loaded, and to go on by itself.

In: messages to write down. Out: entries of what the journal has. I/O through face and runner.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterable, Iterable
from typing import Any, Generic, overload

from seven_async.api.routes.endpoint import Async, Blocking, M
from seven_async.campaign.awaiting import AsyncEntries, AwaitingFace
from seven_async.campaign.blocking import BlockingFace, Entries
from seven_async.campaign.inputs.message import Message
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.stored_messages import StoredMessages
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.settings import Settings
from seven_async.errors import ConfigurationError
from seven_async.start.awaited import Awaited


class ResumableCampaign(Generic[M]):
    """What `Campaign` does with a journal and without an input."""

    _face: AwaitingFace | BlockingFace
    _settings: Settings
    _is_open: bool

    @overload
    def load(
        self: ResumableCampaign[Async], messages: Iterable[Message] | AsyncIterable[Message]
    ) -> Awaited[int]: ...
    @overload
    def load(self: ResumableCampaign[Blocking], messages: Iterable[Message]) -> int: ...
    def load(self, messages: Any) -> Awaited[int] | int:
        """Write messages into the journal without sending them; return how many are new to it.

        `resume` sends them, also in another process and without the input. What the journal knows
        already stays as it is, but for messages that no request was made with: those take the
        content of now. What cannot be sent is left out; `send` tells of it.

        Example:
            await campaign.load(messages)
            async for entry in campaign.resume():
                print(entry.state)

        Raises:
            ConfigurationError: The campaign has no journal, or is not open, or `store_texts` is
                `never`.
            JournalLockedError: Another process sends the campaign.
        """
        self._require_texts("load")
        self._note_input(messages)
        return self._face.load(self._require_runner(), messages)

    @overload
    def resume(self: ResumableCampaign[Async]) -> AsyncEntries: ...
    @overload
    def resume(self: ResumableCampaign[Blocking]) -> Entries: ...
    def resume(self) -> AsyncEntries | Entries:
        """Send what the journal has and nobody was served with; return the entries of it.

        That is what `load` wrote down and what earlier runs did not finish, each message as it was
        written down. What may have been sent is looked up first, as `send` does it.

        Example:
            with Seven() as seven, Campaign(
                seven, "spring", journal="spring.db", store_texts="until-served"
            ) as campaign:
                for entry in campaign.resume():
                    print(entry.state, entry.reason)

        Raises:
            ConfigurationError: The campaign has no journal, or is not open, or `store_texts` is
                `never`: then `send` goes on with the same messages.
            JournalError: The reading of an input was cut off, by `load` or by a `send` without it:
                the journal has a part of it only. Give it to `load` or `send` again.
        """
        journal = self._require_texts("resume")
        if not self._is_open:
            raise self._not_open()
        return self._face.resume(self._require_runner(), StoredMessages(journal))

    @overload
    def retry(self: ResumableCampaign[Async], reason: str) -> Awaited[int]: ...
    @overload
    def retry(self: ResumableCampaign[Blocking], reason: str) -> int: ...
    def retry(self, reason: str) -> Awaited[int] | int:
        """Let `send` or `resume` try those again that were rejected; return how many they are.

        Example:
            again = await campaign.retry("InsufficientCreditError")

        Args:
            reason: Why they were rejected, as reports and entries say it, or the gateway's code.
        """
        self._require_journal("retry")
        return self._face.run(self._require_runner().plan_again, [reason])

    def _require_texts(self, what: str) -> JournalPlace:
        if self._settings.store_texts is StoreTexts.NEVER:
            raise ConfigurationError(
                f"{what}() needs what messages say in the journal: give Campaign(…, "
                f'store_texts="until-served")'
            )
        return self._require_journal(what)

    @abstractmethod
    def _note_input(self, messages: object) -> None: ...

    @abstractmethod
    def _require_journal(self, what: str) -> JournalPlace: ...

    @abstractmethod
    def _require_runner(self) -> CampaignRunner: ...

    @abstractmethod
    def _not_open(self) -> ConfigurationError: ...
