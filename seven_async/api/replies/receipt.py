"""The reply to a send: a receipt and its messages. Source: seven-api.md section 11."""

from decimal import Decimal
from typing import ClassVar

import attrs

from seven_async.errors import error_for
from seven_async.flow.conceal import conceal
from seven_async.flow.values.model import Model, ReplyKind, decisive, wire_name
from seven_async.masking import masked_number, masked_sender, masked_text

__all__ = [
    "Message",
    "Receipt",
]


@attrs.frozen(kw_only=True, slots=False)
class Message(Model):
    """The result of a send for one recipient.

    `id` is None for sandbox keys; `parts` are the billed segments, `price` is in EUR. `error` is
    the gateway's code (or its text) where `success` is false.
    """

    is_whole: ClassVar[bool] = True

    id: str | None = None
    sender: str | None = attrs.field(default=None, repr=masked_sender)
    recipient: str | None = attrs.field(default=None, repr=masked_number)
    text: str | None = attrs.field(default=None, repr=masked_text)
    encoding: str | None = None
    label: str | None = None
    parts: int | None = None
    udh: str | None = None
    is_binary: bool | None = None
    price: Decimal | None = None
    channel: str | None = None
    fallback: str | None = None
    success: bool = attrs.field(default=False, metadata=decisive())
    error: int | str | None = None
    error_text: str | None = None
    messages: tuple[str, ...] = attrs.field(default=(), repr=masked_text)


@attrs.frozen(kw_only=True, slots=False)
class Receipt(Model):
    """The receipt of a send: one message per recipient.

    `code` is 100 (all accepted) or 101 (some refused, see `failed`). `total_price` and `balance`
    are in EUR and None where the gateway does not say. `debug` is true for sandbox keys, with
    which nothing is sent.
    """

    reply_kind: ClassVar[ReplyKind] = ReplyKind.SEND

    code: int = attrs.field(default=100, metadata=wire_name("success"))
    total_price: Decimal | None = None
    balance: Decimal | None = None
    debug: bool = False
    sms_type: str | None = None
    messages: tuple[Message, ...] = ()

    @property
    def failed(self) -> tuple[Message, ...]:
        """The messages that were refused."""
        return tuple(message for message in self.messages if not message.success)

    @property
    def _partial(self) -> int | None:
        return None if self.code == 100 else self.code

    def raise_for_failures(self) -> None:
        """Raise the `ApiError` of the first refused message, if there is one.

        Example:
            receipt = await seven.sms.send(["+491711234567", "+43664123456"], "Hi")
            receipt.raise_for_failures()
        """
        failed = self.failed
        if not failed and self.code == 100:
            return
        first = failed[0] if failed else Message()
        words = f"{len(failed) or 'some'} of {len(self.messages) or 'all'} messages were refused"
        said = first.error_text or (first.error if isinstance(first.error, str) else "")
        error = error_for(
            code=first.error if isinstance(first.error, int) else self._partial,
            message=f"{words}: {said}" if said else words,
            body=self,
            request_line="receipt",
        )
        # The reason may repeat the text, and of the request nothing is known here.
        conceal(error, first, ())
        raise error
