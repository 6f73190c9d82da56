"""What a campaign's messages say, from the words of a command.

In: a channel and texts with placeholders. Out: a `MessageTemplate`, or a refusal that names the
option. No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import attrs

from seven_async import SendRcs, SendSms, SendTemplate, SendVoice
from seven_async.campaign import MessageTemplate
from seven_async.errors import InvalidRequestError


class ChannelChoice(StrEnum):
    """What messages can go out by, in the words of the command line."""

    SMS = "sms"
    RCS = "rcs"
    VOICE = "voice"
    WHATSAPP = "whatsapp"


_TEXT_REQUESTS: Final[dict[ChannelChoice, type[Any]]] = {
    ChannelChoice.SMS: SendSms,
    ChannelChoice.RCS: SendRcs,
    ChannelChoice.VOICE: SendVoice,
}


@attrs.frozen(kw_only=True)
class Words:
    """What a command says about one form of the messages; `text` has no WhatsApp template."""

    channel: ChannelChoice
    text: str | None
    from_: str | None
    label: str | None
    template: str | None
    language: str | None
    header: Sequence[str] | None
    body: Sequence[str] | None
    button: Sequence[str] | None
    is_fallback: bool = False

    def build(self) -> MessageTemplate:
        """Return the form. Raises `InvalidRequestError` for options that are missing."""
        if self.channel is ChannelChoice.WHATSAPP:
            return self._build_whatsapp()
        if self.text is None:
            raise InvalidRequestError(
                f"--then {self.channel} needs --then-text, or --text where both say the same"
                if self.is_fallback
                else "--text is missing: what the messages say"
            )
        if self.channel is ChannelChoice.VOICE:
            if self.label is not None and not self.is_fallback:
                raise InvalidRequestError("--label: calls have none")
            return MessageTemplate(SendVoice, text=self.text, from_=self.from_)
        return MessageTemplate(
            _TEXT_REQUESTS[self.channel], text=self.text, from_=self.from_, label=self.label
        )

    def _build_whatsapp(self) -> MessageTemplate:
        needed = {
            "--template": self.template,
            "--language": self.language,
            "--then-from" if self.is_fallback else "--from": self.from_,
        }
        missing = [option for option, value in needed.items() if not value]
        if missing:
            raise InvalidRequestError(
                f"a WhatsApp message needs {', '.join(missing)}: outside a conversation only "
                f"approved templates arrive, and they come from a WhatsApp number of yours"
            )
        buttons = [{"text": text} for text in self.button or ()]
        parts = {"header": self.header, "body": self.body, "buttons": buttons}
        return MessageTemplate(
            SendTemplate,
            template=self.template,
            language=self.language,
            from_=self.from_,
            label=self.label,
            **{name: list(part) for name, part in parts.items() if part},
        )


def any_form(channel: ChannelChoice) -> MessageTemplate:
    """Return a form of a channel, whatever it says: for a file that is read for its recipients."""
    if channel is ChannelChoice.WHATSAPP:
        return MessageTemplate(SendTemplate, template=".", language=".", from_="0")
    return MessageTemplate(_TEXT_REQUESTS[channel], text=".")
