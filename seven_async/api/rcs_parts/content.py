"""Rich RCS messages: text, a file, a card or a carousel of them, with suggestions. No I/O.

Sources of names and limits: as in suggestions.py.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import one_of, optional, text_of
from seven_async.api.rcs_parts.suggestions import RcsPart, check_suggestions, members_of, url_of
from seven_async.flow.values.shapes import is_object, is_sequence
from seven_async.flow.wire import plain
from seven_async.masking import masked_text

__all__ = [
    "RcsCard",
    "RcsCarousel",
    "RcsMedia",
    "RcsRichFile",
    "RcsRichText",
]

LONGEST_TEXT: Final = 3072
LONGEST_TITLE: Final = 200
LONGEST_DESCRIPTION: Final = 2000
MOST_CHIPS: Final = 11
MOST_CARD_SUGGESTIONS: Final = 4
FEWEST_CARDS, MOST_CARDS = 2, 10
LARGEST_BYTES: Final = 250_000


def _to_tuple(members: Any) -> Any:
    return tuple(members) if is_sequence(members) else members


def _suggestions(most: int) -> Any:
    def check(_: object, attribute: Argument, members: object) -> None:
        check_suggestions(attribute.name, members, most)

    return attrs.field(default=(), converter=_to_tuple, validator=check, repr=masked_text)


class _Message(RcsPart):
    """Content that is a whole message."""

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        size = len(json.dumps(plain(self), ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > LARGEST_BYTES:
            raise refusal("content", f"has {size} bytes, at most {LARGEST_BYTES} are taken")


@attrs.frozen
class RcsMedia(RcsPart):
    """A picture or video of a card, fetched from a public URL.

    Args:
        url: Where it is.
        height: `SHORT`, `MEDIUM` or `TALL`: 112, 168 or 264 density-independent pixels.
        thumbnail_url: A small picture to show until it is loaded.
    """

    url: str = attrs.field(validator=url_of)
    height: Literal["SHORT", "MEDIUM", "TALL"] = attrs.field(
        default="MEDIUM", kw_only=True, validator=one_of("SHORT", "MEDIUM", "TALL")
    )
    thumbnail_url: str | None = attrs.field(default=None, kw_only=True, validator=optional(url_of))

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out."""
        file = members_of(fileUrl=self.url, thumbnailUrl=self.thumbnail_url)
        return {"height": self.height, "contentInfo": file}


@attrs.frozen
class RcsRichText(_Message):
    """A text with suggestions below it.

    Example:
        text = RcsRichText("Shall we come?", suggestions=[RcsReply("Yes"), RcsReply("No")])
        receipt = await seven.rcs.send("+491711234567", text)

    Args:
        text: At most 3,072 characters.
        suggestions: At most 11.
    """

    text: str = attrs.field(validator=text_of(LONGEST_TEXT), repr=masked_text)
    suggestions: Iterable[Mapping[str, object]] = _suggestions(MOST_CHIPS)

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out."""
        return members_of(text=self.text, suggestions=self.suggestions or None)


@attrs.frozen
class RcsRichFile(_Message):
    """A picture, video or PDF, fetched from a public URL, with suggestions below it.

    Example:
        invoice = RcsRichFile("https://acme.example/invoice-7.pdf")
        receipt = await seven.rcs.send("+491711234567", invoice)

    Args:
        url: Where it is.
        thumbnail_url: A small picture to show until it is loaded.
        suggestions: At most 11.
    """

    url: str = attrs.field(validator=url_of)
    thumbnail_url: str | None = attrs.field(default=None, kw_only=True, validator=optional(url_of))
    suggestions: Iterable[Mapping[str, object]] = _suggestions(MOST_CHIPS)

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out."""
        file = members_of(fileUrl=self.url, thumbnailUrl=self.thumbnail_url)
        return members_of(contentInfo=file, suggestions=self.suggestions or None)


@attrs.frozen(kw_only=True)
class RcsCard(_Message):
    """A card: title, text and a picture or video, at least one of them, with suggestions.

    Example:
        card = RcsCard(
            title="City bike",
            description="Yours for a day.",
            media=RcsMedia("https://acme.example/bike.jpg"),
            suggestions=[RcsReply("Reserve it", postback_data="reserve-7")],
        )
        receipt = await seven.rcs.send("+491711234567", card, fallback="sms")

    Args:
        title: At most 200 characters.
        description: At most 2,000 characters.
        media: The picture or video.
        suggestions: On the card, at most 4.
        orientation: `HORIZONTAL` has the media beside the text; not in a carousel.
        alignment: On which side the media of a horizontal card is.
        chips: Suggestions below the card, at most 11; not in a carousel.
    """

    title: str | None = attrs.field(
        default=None, validator=optional(text_of(LONGEST_TITLE)), repr=masked_text
    )
    description: str | None = attrs.field(
        default=None, validator=optional(text_of(LONGEST_DESCRIPTION)), repr=masked_text
    )
    media: RcsMedia | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.instance_of(RcsMedia))
    )
    suggestions: Iterable[Mapping[str, object]] = _suggestions(MOST_CARD_SUGGESTIONS)
    orientation: Literal["VERTICAL", "HORIZONTAL"] = attrs.field(
        default="VERTICAL", validator=one_of("VERTICAL", "HORIZONTAL")
    )
    alignment: Literal["LEFT", "RIGHT"] = attrs.field(
        default="LEFT", validator=one_of("LEFT", "RIGHT")
    )
    chips: Iterable[Mapping[str, object]] = _suggestions(MOST_CHIPS)

    def __attrs_post_init__(self) -> None:
        if self.title is None and self.description is None and self.media is None:
            raise refusal("card", "needs a title, a description or media")
        super().__attrs_post_init__()

    def to_content(self) -> dict[str, object]:
        """Return the card as a carousel has it."""
        return members_of(
            title=self.title,
            description=self.description,
            media=self.media,
            suggestions=self.suggestions or None,
        )

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out: the card by itself."""
        is_horizontal = self.orientation == "HORIZONTAL"
        card = members_of(
            cardOrientation=self.orientation,
            thumbnailImageAlignment=self.alignment if is_horizontal else None,
            cardContent=self.to_content(),
        )
        return members_of(richCard={"standaloneCard": card}, suggestions=self.chips or None)


def _cards(_: object, attribute: Argument, cards: object) -> None:
    if not is_sequence(cards) or not FEWEST_CARDS <= len(cards) <= MOST_CARDS:
        raise refusal(attribute.name, f"takes a list of {FEWEST_CARDS} to {MOST_CARDS} cards")
    for place, card in enumerate(cards, 1):
        name = f"{attribute.name}, place {place}"
        if not isinstance(card, RcsCard):
            if is_object(card) and card:
                continue  # as it is
            raise refusal(name, f"takes an RcsCard, not {type(card).__name__}")
        if card.chips or card.orientation != "VERTICAL":
            raise refusal(name, "has chips or an orientation, which only a card by itself has")


@attrs.frozen
class RcsCarousel(_Message):
    """Cards side by side, 2 to 10 of them.

    Example:
        bikes = [RcsCard(title=title) for title in ("City bike", "Cargo bike")]
        receipt = await seven.rcs.send("+491711234567", RcsCarousel(bikes))

    Args:
        cards: Each an `RcsCard` without orientation and chips.
        width: `MEDIUM` or `SMALL`; small cards take no `TALL` media.
        chips: Suggestions below the cards, at most 11.
    """

    cards: Iterable[RcsCard | Mapping[str, object]] = attrs.field(
        converter=_to_tuple, validator=_cards, repr=masked_text
    )
    width: Literal["MEDIUM", "SMALL"] = attrs.field(
        default="MEDIUM", kw_only=True, validator=one_of("MEDIUM", "SMALL")
    )
    chips: Iterable[Mapping[str, object]] = _suggestions(MOST_CHIPS)

    def __attrs_post_init__(self) -> None:
        for place, card in enumerate(self.cards, 1):
            media = card.media if isinstance(card, RcsCard) else None
            if media is not None and media.height == "TALL" and self.width == "SMALL":
                raise refusal(f"cards, place {place}", "is small, and its media must not be TALL")
        super().__attrs_post_init__()

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out."""
        cards = [card.to_content() if isinstance(card, RcsCard) else card for card in self.cards]
        carousel = {"cardWidth": self.width, "cardContents": cards}
        return members_of(richCard={"carouselCard": carousel}, suggestions=self.chips or None)
