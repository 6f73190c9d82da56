"""Which row of the route table sends a message, and what of the message is its content.

In: a request class. Out: its `Kind`, found in the table once. No I/O.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, Protocol, get_args

import attrs

from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.endpoint import Endpoint
from seven_async.api.table import endpoints
from seven_async.errors import InvalidRequestError
from seven_async.flow.request import check_writable
from seven_async.flow.row import Row
from seven_async.flow.wire import plain
from seven_async.texts import is_encodable

# What may differ between two requests for the same message: a label or a time is no new text.
_NOT_CONTENT: Final = frozenset({"to", "foreign_id", "delay", "label"})
_SENDER: Final = "from_"
_PER_RECIPIENT: Final = frozenset({"to", "foreign_id"})


_SINGLE: Final = frozenset({type(None), bool, int, float})


def half_of_a_pair(name: str) -> InvalidRequestError:
    """The error for a text with half of a surrogate pair."""
    return InvalidRequestError(
        f"{name.rstrip('_')}: has half of a surrogate pair, such as half an emoji; cut texts "
        f"between characters"
    )


class Sendable(Protocol):
    """A request value that sends to a recipient, for example a `SendSms` or a `SendTemplate`."""

    # No narrower: type checkers see a field with a converter as a descriptor.
    @property
    def to(self) -> object:
        """The recipient, or a tuple of several."""
        ...


@attrs.frozen(eq=False)
class Channel:
    """How messages of one request class are sent.

    `name` is the group of the row (`sms`, `rcs`, `waba`, `voice`); `takes_several` says whether
    one request may name several recipients, `has_reference` whether it takes a `foreign_id`.
    """

    row: Row
    takes_several: bool
    has_reference: bool
    name: str
    content: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    """All of a message but its recipient and reference."""

    def check(self, message: object) -> None:
        """Refuse content that no request could carry: it is fingerprinted and stored before.

        Raises:
            InvalidRequestError: Half of an emoji, say, or rich content that holds itself.
        """
        for name in self.content:
            value = getattr(message, name)
            if type(value) is str:
                if not is_encodable(value):
                    raise half_of_a_pair(name)
            elif type(value) not in _SINGLE:
                check_writable(name, value)

    def options(self, message: object) -> Hashable | None:
        """All of a message but its recipient; None where that cannot be compared."""
        values = self.values(message)
        try:
            hash(values)
        except TypeError:
            return None
        return values

    def digest(self, message: object) -> str:
        """A fingerprint of what the recipient will see; the content cannot be read from it.

        `TEXT-SENDER`, so that it can be told which of the two has changed. Fields that are not set
        leave no trace, so that a later version may have more of them.
        """
        sender: object = getattr(message, _SENDER, None)
        text = self._hash(message, (name for name in self.content if name != _SENDER), 12)
        return f"{text}-{'' if sender is None else self._hash(message, (_SENDER,), 4)}"

    def digest_of_both(self, message: object) -> str:
        """The fingerprint that journals of before have, of text and sender together."""
        return self._hash(message, self.content, 16)

    def _hash(self, message: object, names: Iterable[str], size: int) -> str:
        written = [self.row.name]
        for name in names:
            value = getattr(message, name)
            if value is not None:
                spelt = value if isinstance(value, str) else json.dumps(plain(value), default=str)
                written.append(f"{name}={len(spelt)}:{spelt}")
        # Half of a surrogate pair is refused later, where the request is written.
        content = ";".join(written).encode("utf-8", "surrogatepass")
        return blake2b(content, digest_size=size).hexdigest()


@lru_cache(maxsize=64)
def channel_of(message_class: type) -> Channel:
    """The kind of a request class; raises `InvalidRequestError` for what sends no message."""
    for endpoint in _sends():
        if endpoint.request is message_class:
            return _kind(endpoint)
    known = ", ".join(sorted({endpoint.request.__name__ for endpoint in _sends()}))
    raise InvalidRequestError(
        f"a campaign sends messages ({known}, or a Fallback of them), not {message_class.__name__}"
    )


def _sends() -> Iterator[Endpoint]:
    """Return the rows that answer with a receipt."""
    return filter(_answers_receipt, endpoints())


def _answers_receipt(endpoint: Endpoint) -> bool:
    reply: Any = endpoint.row.reply
    return isinstance(reply, type) and issubclass(reply, Receipt)


def _kind(endpoint: Endpoint) -> Channel:
    fields = {field.name: field for field in attrs.fields(endpoint.request)}
    return Channel(
        row=endpoint.row,
        takes_several=any(_is_tuple(one) for one in get_args(fields["to"].type)),
        has_reference="foreign_id" in fields,
        name=endpoint.row.name.partition(".")[0],
        content=tuple(name for name in fields if name not in _NOT_CONTENT),
        values=attrgetter(*(name for name in fields if name not in _PER_RECIPIENT)),
    )


def _is_tuple(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", annotation) is tuple
