"""What all reply models have in common.

Models are frozen attrs values whose fields have defaults; what a reply says beyond them is kept in
`extra`. No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any, ClassVar, Self

import attrs

from seven_async.flow.values.plain import PlainValue


class ReplyKind(Enum):
    """How the reply of a row tells success from failure (errors.md section 1)."""

    PLAIN = "plain"
    SEND = "send"
    """`success` holds a code; a bare 100 is a receipt."""

    DELETION = "deletion"
    """An empty body is success; not there any more is a result."""

    ACTION = "action"
    """A bare 100 says that it was done."""

    RESULT = "result"
    """`success: false` is a finding, not an error (lookup.format, lookup.hlr, lookup.rcs)."""

    AMOUNT = "amount"
    """A bare number may be an amount of money, so it is never read as a code (balance)."""

    DTMF = "dtmf"
    """`code` is a number to be typed into a phone, never a status (validate_for_voice)."""


@attrs.frozen(kw_only=True, slots=False)
class Model(PlainValue):
    """A reply. `extra` keeps what the reply said beyond the fields, by its name on the wire."""

    reply_kind: ClassVar[ReplyKind] = ReplyKind.PLAIN
    is_whole: ClassVar[bool] = False
    """True if a broken object in a list breaks the reply: half of a message would be a lie."""

    scalar: ClassVar[str | None] = None
    """The field that a bare text stands for, where a reply gives a text instead of an object."""

    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], eq=False, repr=False)


class OpenEnum(StrEnum):
    """An enum that takes values it does not know yet, so that a new one breaks nobody.

    Unknown values compare and hash as their text; `is_known` tells them apart.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        for member in cls:
            if member.value.lower() == value.lower():
                return member
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """True if this version of the package has a name for the value."""
        return self._value_ in type(self)._value2member_map_


def wire_name(name: str, *older: str) -> Mapping[object, tuple[str, ...]]:
    """The metadata of a field whose name on the wire is another: `field(metadata=wire_name(…))`.

    `older` are names that earlier replies had for it.
    """
    return {WIRE_NAME: (name, *older)}


def decisive() -> Mapping[object, bool]:
    """The metadata of a field that a reply may leave out, and that must be readable if it is there.

    Of a message whose `success` nobody can read, neither yes nor no may be told.
    """
    return {DECISIVE: True}


WIRE_NAME = "seven_async wire name"
DECISIVE = "seven_async decisive"

NOT_ON_WIRE: Mapping[object, object] = {WIRE_NAME: ()}
"""The metadata of a field that no reply can fill."""
