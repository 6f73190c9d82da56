"""Replies such as STOP onto the list of opt-outs, and off it (an `EventSink` of a receiver)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final, NamedTuple

from seven_async.campaign.inputs.opt_outs import OptOutList
from seven_async.campaign.sinks.reply_words import START_WORDS, STOP_WORDS
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.masking import masked_number
from seven_async.texts import fold
from seven_async.webhooks.events import (
    Event,
    InboundSms,
    InboundWhatsApp,
    RcsSuggestion,
    RcsText,
)

log: Final = logging.getLogger("seven_async.campaign")


class OptOutSink:
    """Lists those who reply STOP, before the gateway is answered; takes them off who reply START.

    ```python
    opt_outs = OptOutList("opt-outs.db")
    app = WebhookApp(verifier, inbox="webhooks.db", sinks=[OptOutSink(opt_outs)])
    ```

    The whole message has to be one of the words; case, accents and punctuation make no difference.
    A reply by SMS, RCS or WhatsApp counts for all channels. The list keeps when and why.

    Args:
        opt_outs: The list, which campaigns are given as `suppress=`.
        stop_words: Replies that opt out; by default those of seven languages (`STOP_WORDS`).
        start_words: Replies that opt in again (`START_WORDS`); empty for none.

    Raises:
        ConfigurationError: A word is empty, or in both lists.
    """

    def __init__(
        self,
        opt_outs: OptOutList,
        *,
        stop_words: Iterable[str] = STOP_WORDS,
        start_words: Iterable[str] = START_WORDS,
    ) -> None:
        self._opt_outs = opt_outs
        self._stops = _fold_all("stop_words", stop_words)
        self._starts = _fold_all("start_words", start_words)
        both = self._stops & self._starts
        if both:
            raise ConfigurationError(f"stop_words and start_words both have {min(both)!r}")

    def __repr__(self) -> str:
        return f"<OptOutSink for {self._opt_outs!r}>"

    def store(self, event: Event) -> None:
        """Write an opt-out or opt-in down; other events pass. Raises `OptOutError`."""
        reply = read_reply(event)
        if reply is None:
            return
        words = [fold(text) for text in reply.texts]
        stop = next((word for word in words if word in self._stops), None)
        start = next((word for word in words if word in self._starts), None)
        if stop is None and start is None:
            return
        change = self._opt_outs.remove if stop is None else self._opt_outs.add
        source = f"{reply.channel}/{reply.message_id}" if reply.message_id else None
        try:
            change(
                reply.sender,
                reason=f"replied {stop or start} by {reply.channel}",
                at=event.occurred_at,
                source=source,
            )
        except InvalidRequestError as error:
            # A short code or a name: no campaign could write to it, and coming again is no use.
            log.warning("an opt-out of %s is of no number: %s", masked_number(reply.sender), error)


class _Reply(NamedTuple):
    """What somebody wrote; of a tapped suggestion its label and what it stands for."""

    channel: str
    sender: str
    message_id: str | None
    texts: list[str]


def read_reply(event: Event) -> _Reply | None:
    """Return the reply that an event is; None for what is no text of a person."""
    match event:
        case InboundSms(text=text):
            channel, texts = "SMS", [text]
        case InboundWhatsApp(text=text):
            channel, texts = "WhatsApp", [text or ""]
        case RcsText(text=text):
            channel, texts = "RCS", [text]
        case RcsSuggestion():
            channel, texts = "RCS", [event.postback_data, event.text or ""]
        case _:
            return None
    # The gateway writes numbers as digits of E.164 without a plus.
    is_number = event.sender.isascii() and event.sender.isdecimal() and event.sender[0] != "0"
    sender = f"+{event.sender}" if is_number else event.sender
    return _Reply(channel, sender, event.message_id, texts)


def _fold_all(name: str, words: Iterable[str]) -> frozenset[str]:
    if isinstance(words, str):
        raise ConfigurationError(f"{name} takes a list of words, not one text")
    folded = frozenset(map(fold, words))
    if "" in folded:
        raise ConfigurationError(f"{name} has a word without letters, which every blank reply is")
    return folded
