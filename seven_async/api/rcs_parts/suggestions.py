"""What a recipient can tap below an RCS message or a card. No I/O.

The gateway does not publish the schema of rich content (seven-api.md section 10). Names and limits
are those of RCS Business Messaging, whose words the gateway's webhooks repeat (`postbackData`):
Google's reference of `AgentContentMessage` and `Suggestion`, and the published table of limits of
AWS End User Messaging ("RCS limits and restrictions"), which agree.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import number_between, optional, text_of, web_address
from seven_async.api.rcs import RcsContent
from seven_async.flow.values.shapes import is_object, is_sequence
from seven_async.masking import masked_number, masked_text

__all__ = [
    "RcsCalendarEvent",
    "RcsDial",
    "RcsOpenUrl",
    "RcsPart",
    "RcsReply",
    "RcsShareLocation",
    "RcsViewLocation",
]

LONGEST_LABEL: Final = 25
LONGEST_POSTBACK: Final = 2048
LONGEST_URL: Final = 2048
LONGEST_EVENT_TITLE: Final = 100
LONGEST_EVENT_DESCRIPTION: Final = 500


class RcsPart(RcsContent, Mapping[str, object]):
    """A piece of rich content: a mapping of what goes out, accepted wherever a mapping is."""

    __slots__ = ()

    @abstractmethod
    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out, by the names of RCS Business Messaging."""

    def __getitem__(self, key: str) -> object:
        return self.to_wire()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_wire())

    def __len__(self) -> int:
        return len(self.to_wire())


def members_of(**members: object) -> dict[str, object]:
    """Return the members that are not None."""
    return {name: member for name, member in members.items() if member is not None}


def url_of(_: object, attribute: Argument, url: object) -> None:
    """Take a web address of at most so many characters."""
    web_address(_, attribute, url)
    text_of(LONGEST_URL)(_, attribute, url)


def _aware(_: object, attribute: Argument, time: object) -> None:
    if not isinstance(time, datetime) or time.utcoffset() is None:
        raise refusal(attribute.name, "takes a datetime with a time zone")


def _e164(_: object, attribute: Argument, number: object) -> None:
    # RCS Business Messaging: a leading +, the calling code, and no separators.
    if not isinstance(number, str) or not (number[:1] == "+" and number[1:].isdecimal()):
        raise refusal(attribute.name, "takes a number such as “+4930…”, digits only after the +")


@attrs.frozen
class _Suggestion(RcsPart):
    """Something to tap. `text` is on it, at most 25 characters.

    Args:
        text: The label.
        postback_data: What your webhook gets when it is tapped; the label unless given.
    """

    text: str = attrs.field(validator=text_of(LONGEST_LABEL), repr=masked_text)
    postback_data: str | None = attrs.field(
        default=None,
        kw_only=True,
        validator=optional(text_of(LONGEST_POSTBACK)),
        repr=masked_text,
    )

    def _label(self) -> dict[str, object]:
        return {"text": self.text, "postbackData": self.postback_data or self.text}

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out: an action with what it does."""
        return {"action": {**self._label(), **self._action()}}

    @abstractmethod
    def _action(self) -> dict[str, object]:
        """Return the member that says what is done."""


@attrs.frozen
class RcsReply(_Suggestion):
    """A reply to tap instead of typing; your webhook gets an `RcsSuggestion` event.

    Example:
        RcsReply("Yes, please", postback_data="order-7:yes")
    """

    def to_wire(self) -> dict[str, object]:
        """Return the object that goes out."""
        return {"reply": self._label()}

    def _action(self) -> dict[str, object]:
        return {}


@attrs.frozen
class RcsOpenUrl(_Suggestion):
    """A link to open.

    Example:
        RcsOpenUrl("Track it", "https://acme.example/parcel/7")
    """

    url: str = attrs.field(validator=url_of)

    def _action(self) -> dict[str, object]:
        return {"openUrlAction": {"url": self.url}}


@attrs.frozen
class RcsDial(_Suggestion):
    """A number to call, with `+` and calling code.

    Example:
        RcsDial("Call us", "+493012345678")
    """

    phone_number: str = attrs.field(validator=_e164, repr=masked_number)

    def _action(self) -> dict[str, object]:
        return {"dialAction": {"phoneNumber": self.phone_number}}


@attrs.frozen
class RcsViewLocation(_Suggestion):
    """A place to see on a map.

    Example:
        RcsViewLocation("Where we are", latitude=52.52, longitude=13.405, label="Acme")
    """

    latitude: float = attrs.field(kw_only=True, validator=number_between(-90, 90))
    longitude: float = attrs.field(kw_only=True, validator=number_between(-180, 180))
    label: str | None = attrs.field(
        default=None, kw_only=True, validator=optional(text_of(LONGEST_EVENT_TITLE))
    )

    def _action(self) -> dict[str, object]:
        place = {"latitude": self.latitude, "longitude": self.longitude}
        return {"viewLocationAction": members_of(latLong=place, label=self.label)}


@attrs.frozen
class RcsShareLocation(_Suggestion):
    """A request for the place of the recipient; your webhook gets an `RcsLocation` event.

    Example:
        RcsShareLocation("Send my location")
    """

    def _action(self) -> dict[str, object]:
        return {"shareLocationAction": {}}


@attrs.frozen(kw_only=True)
class RcsCalendarEvent(_Suggestion):
    """An event to put into the calendar. Times are aware datetimes.

    Example:
        start = datetime(2026, 12, 1, 9, tzinfo=UTC)
        RcsCalendarEvent("Save it", title="Visit", start=start, end=start + timedelta(hours=1))
    """

    title: str = attrs.field(validator=text_of(LONGEST_EVENT_TITLE), repr=masked_text)
    start: datetime = attrs.field(validator=_aware)
    end: datetime = attrs.field(validator=_aware)
    description: str | None = attrs.field(
        default=None, validator=optional(text_of(LONGEST_EVENT_DESCRIPTION)), repr=masked_text
    )

    def __attrs_post_init__(self) -> None:
        if self.end <= self.start:
            raise refusal("end", "is not after the start")

    def _action(self) -> dict[str, object]:
        event = members_of(
            startTime=_to_utc(self.start),
            endTime=_to_utc(self.end),
            title=self.title,
            description=self.description,
        )
        return {"createCalendarEventAction": event}


def _to_utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_suggestions(name: str, suggestions: object, most: int) -> None:
    """Refuse more suggestions than there is room for, and what is none."""
    if not is_sequence(suggestions):
        raise refusal(name, f"takes a list of suggestions, not {type(suggestions).__name__}")
    if len(suggestions) > most:
        raise refusal(name, f"at most {most} are taken, and this has {len(suggestions)}")
    for place, member in enumerate(suggestions, 1):
        if not is_object(member) or not ("reply" in member or "action" in member):
            raise refusal(f"{name}, place {place}", "is no suggestion: take RcsReply, RcsOpenUrl …")
