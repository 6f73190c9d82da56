"""Requests made like a first one are those that the class makes, and refuse what it refuses."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import InvalidRequestError, SendRcs, SendSms, SendText, SendVoice
from seven_async.flow.values.alike import Alike, copy_with

texts = st.text(max_size=1600) | st.sampled_from(["Hi", "", " ", "\ud800"])
references = st.none() | st.sampled_from(["a", "", "a b", "x" * 64, "x" * 65, 7])
recipients = st.sampled_from(["+491711234567", "friends", "", "a,b", None, ["+491711234567"]])


def outcome(build: Any, **values: Any) -> object:
    """Return a request as its values, or the text of its refusal."""
    try:
        made = build(**values)
    except InvalidRequestError as refused:
        return str(refused)
    return made, attrs.asdict(made, recurse=False)


@pytest.mark.parametrize("kind", [SendSms, SendRcs, SendVoice])
@given(rows=st.lists(st.tuples(recipients, texts, references), min_size=2, max_size=4))
def test_alike_is_what_the_class_makes(kind: Any, rows: list[tuple[Any, Any, Any]]) -> None:
    """Also after a row that was refused, and with the same error."""
    alike = Alike(("to", "text", "foreign_id"))
    same = {"from_": "Acme"} if kind is not SendVoice else {"ringtime": 20}
    for to, text, reference in [("+491700000000", "first", None), *rows]:
        changed = {"to": to, "text": text, "foreign_id": reference}

        assert outcome(kind, **changed, **same) == outcome(
            alike.build, request=kind, changed=changed, same=same
        )


def test_nothing_is_shared_between_messages() -> None:
    """A message keeps its values when the next one is made."""
    alike = Alike(("to", "text"))
    first, second = (
        alike.build(SendText, {"to": to, "text": to}, {"from_": "49171"})
        for to in ("+491711111111", "+491722222222")
    )

    assert ("+491711111111", "+491722222222") == (first.to, second.to)
    assert first != second
    assert hash(first) != hash(second)


@attrs.frozen(slots=False)
class Sum:
    """A class that makes a field of others."""

    first: int
    total: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        vars(self)["total"] = self.first + 1


@pytest.mark.parametrize("kind", [SendSms, SendRcs, SendVoice])
def test_copy_is_what_the_class_makes(kind: Any) -> None:
    """With the same values and hash, and the first one as it was."""
    first = kind("+491711111111", "Hi")
    changes = {"to": "+491722222222", "foreign_id": "a-1"}

    assert attrs.evolve(first, **changes) == copy_with(first, changes)
    assert hash(attrs.evolve(first, **changes)) == hash(copy_with(first, changes))
    assert kind("+491711111111", "Hi") == first


def test_copy_of_what_its_class_completes_is_made_by_the_class() -> None:
    """A field that follows from others is not copied."""
    assert 3 == copy_with(Sum(1), {"first": 2}).total
