"""WhatsApp messages with a file that the gateway fetches from a public URL. No I/O."""

import attrs

from seven_async.api.fields.validators import optional, text_of, web_address
from seven_async.api.waba.message import WhatsAppMessage, with_common_arguments
from seven_async.flow.wire import constant
from seven_async.masking import masked_text


@attrs.frozen(kw_only=True)
class _Media(WhatsAppMessage):
    url: str = attrs.field(kw_only=False, validator=web_address)


@with_common_arguments
@attrs.frozen(kw_only=True)
class SendImage(_Media):
    """Send a picture on WhatsApp.

    Args:
        to: The recipient's number.
        url: Where the gateway fetches it, JPEG or PNG.
        caption: A text below it.
    """

    type: str = constant("image")
    caption: str | None = attrs.field(
        default=None, validator=optional(text_of(None)), repr=masked_text
    )


@with_common_arguments
@attrs.frozen(kw_only=True)
class SendVideo(_Media):
    """Send a video on WhatsApp.

    Args:
        to: The recipient's number.
        url: Where the gateway fetches it, MP4 or 3GPP.
        caption: A text below it.
    """

    type: str = constant("video")
    caption: str | None = attrs.field(
        default=None, validator=optional(text_of(None)), repr=masked_text
    )


@with_common_arguments
@attrs.frozen(kw_only=True)
class SendAudio(_Media):
    """Send a sound on WhatsApp, which has no caption.

    Args:
        to: The recipient's number.
        url: Where the gateway fetches it: MP3, OGG, AMR or AAC.
    """

    type: str = constant("audio")


@with_common_arguments
@attrs.frozen(kw_only=True)
class SendDocument(_Media):
    """Send a document on WhatsApp.

    Args:
        to: The recipient's number.
        url: Where the gateway fetches it.
        filename: The name that the recipient sees.
        caption: A text below it.
    """

    type: str = constant("document")
    filename: str = attrs.field(kw_only=False, validator=text_of(None))
    caption: str | None = attrs.field(
        default=None, validator=optional(text_of(None)), repr=masked_text
    )


@with_common_arguments
@attrs.frozen(kw_only=True)
class SendSticker(_Media):
    """Send a sticker on WhatsApp, which has no caption.

    Args:
        to: The recipient's number.
        url: Where the gateway fetches it: WebP of 512 × 512, at most 100 KB, animated 500 KB.
    """

    type: str = constant("sticker")
