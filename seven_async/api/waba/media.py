"""WhatsApp messages with a file that the gateway fetches from a public URL. No I/O."""

import attrs

from seven_async.api.fields.validators import optional, text_of, web_address
from seven_async.api.waba.message import WhatsAppMessage
from seven_async.flow.wire import constant
from seven_async.masking import masked_text

__all__ = [
    "SendAudio",
    "SendDocument",
    "SendImage",
    "SendSticker",
    "SendVideo",
]


@attrs.frozen(kw_only=True)
class _Media(WhatsAppMessage):
    url: str = attrs.field(kw_only=False, validator=web_address)


@attrs.frozen(kw_only=True)
class _CaptionedMedia(_Media):
    """A WhatsApp message with a file and a text.

    Args:
        caption: A text below it.
    """

    caption: str | None = attrs.field(
        default=None, validator=optional(text_of(None)), repr=masked_text
    )


@attrs.frozen(kw_only=True)
class SendImage(_CaptionedMedia):
    """Send a picture on WhatsApp.

    Example:
        url = "https://example.com/menu.jpg"
        await seven.waba.send_image("+491711234567", url, from_="4915112345678", caption="Today")

    Args:
        url: Where the gateway fetches it, JPEG or PNG.
    """

    type: str = constant("image")


@attrs.frozen(kw_only=True)
class SendVideo(_CaptionedMedia):
    """Send a video on WhatsApp.

    Example:
        url = "https://example.com/tour.mp4"
        await seven.waba.send_video("+491711234567", url, from_="4915112345678")

    Args:
        url: Where the gateway fetches it, MP4 or 3GPP.
    """

    type: str = constant("video")


@attrs.frozen(kw_only=True)
class SendAudio(_Media):
    """Send a sound on WhatsApp, which has no caption.

    Example:
        url = "https://example.com/greeting.mp3"
        await seven.waba.send_audio("+491711234567", url, from_="4915112345678")

    Args:
        url: Where the gateway fetches it: MP3, OGG, AMR or AAC.
    """

    type: str = constant("audio")


@attrs.frozen(kw_only=True)
class SendDocument(_CaptionedMedia):
    """Send a document on WhatsApp.

    Example:
        url = "https://example.com/invoice-7.pdf"
        await seven.waba.send_document("+491711234567", url, "invoice.pdf", from_="4915112345678")

    Args:
        url: Where the gateway fetches it.
        filename: The name that the recipient sees.
    """

    type: str = constant("document")
    filename: str = attrs.field(kw_only=False, validator=text_of(None))


@attrs.frozen(kw_only=True)
class SendSticker(_Media):
    """Send a sticker on WhatsApp, which has no caption.

    Example:
        url = "https://example.com/thanks.webp"
        await seven.waba.send_sticker("+491711234567", url, from_="4915112345678")

    Args:
        url: Where the gateway fetches it: WebP of 512 × 512, at most 100 KB, animated 500 KB.
    """

    type: str = constant("sticker")
