"""Values of the gateway become fields, by the kind of the field."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import pytest

import seven_async
from seven_async import NetworkType, Roaming
from seven_async.flow.values.converter import _salvage, build_value
from seven_async.flow.values.model import Model, OpenEnum, decisive, wire_name
from seven_async.flow.values.scalars import UnreadableError

MODELS = [
    kind
    for kind in (getattr(seven_async, name) for name in seven_async.__all__)
    if isinstance(kind, type) and issubclass(kind, Model) and kind is not Model
]


class Colour(OpenEnum):
    """An open enum."""

    RED = "red"


@attrs.frozen(kw_only=True, slots=False)
class Part(Model):
    """A nested model."""

    name: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class Whole(Model):
    """A nested model of which nobody may say half."""

    is_whole: ClassVar[bool] = True

    name: str | None = None
    sure: bool = attrs.field(default=False, metadata=decisive())


@attrs.frozen(kw_only=True, slots=False)
class Thing(Model):
    """One field of each kind."""

    id: str | None = None
    text: str = ""
    count: int = 0
    price: Decimal | None = None
    ratio: float | None = None
    is_new: bool | None = None
    is_old: bool = False
    when: datetime | None = None
    day: date | None = None
    colour: Colour | None = None
    colours: tuple[Colour, ...] = ()
    code: int | str | None = None
    outcome: bool | int | str | None = None
    whatever: Any = None
    part: Part = attrs.field(factory=Part)
    parts: tuple[Part, ...] = ()
    whole: tuple[Whole, ...] = ()
    words: tuple[str, ...] = ()
    from_: str | None = attrs.field(default=None, metadata=wire_name("from", "sender"))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"id": 77214945865}, {"id": "77214945865"}),
        ({"id": "7"}, {"id": "7"}),
        ({"count": "5"}, {"count": 5}),
        ({"count": Decimal("5.0")}, {"count": 5}),
        ({"count": None}, {"count": 0}),
        ({"count": True}, {"count": 1}),
        ({"price": "0.0750"}, {"price": Decimal("0.0750")}),
        ({"price": 3}, {"price": Decimal(3)}),
        ({"price": Decimal("1.5")}, {"price": Decimal("1.5")}),
        ({"price": None}, {"price": None}),
        ({"ratio": "1.5"}, {"ratio": 1.5}),
        ({"is_new": "false"}, {"is_new": False}),
        ({"is_new": "true"}, {"is_new": True}),
        ({"is_new": 1}, {"is_new": True}),
        ({"is_new": "0"}, {"is_new": False}),
        ({"is_new": ""}, {"is_new": False}),
        ({"is_old": None}, {"is_old": False}),
        ({"when": "1605878104"}, {"when": datetime(2020, 11, 20, 13, 15, 4, tzinfo=UTC)}),
        ({"day": "2000-01-01"}, {"day": date(2000, 1, 1)}),
        ({"day": "2000-01-01 00:00:00"}, {"day": date(2000, 1, 1)}),
        ({"colour": "RED"}, {"colour": Colour.RED}),
        ({"colours": ["red", "blue"]}, {"colours": (Colour.RED, Colour("blue"))}),
        ({"code": "202"}, {"code": 202}),
        ({"code": "fc0a"}, {"code": "fc0a"}),
        ({"outcome": True}, {"outcome": True}),
        ({"outcome": 2}, {"outcome": 2}),
        ({"outcome": "ok"}, {"outcome": "ok"}),
        ({"whatever": {"a": [1]}}, {"whatever": {"a": [1]}}),
        ({"part": []}, {"part": Part()}),
        ({"part": [{"name": "a"}]}, {"part": Part(name="a")}),
        ({"part": None}, {"part": Part()}),
        ({"parts": {"name": "a"}}, {"parts": (Part(name="a"),)}),
        (
            {"parts": {"0": {"name": "a"}, "2": {"name": "b"}}},
            {"parts": (Part(name="a"), Part(name="b"))},
        ),
        ({"parts": {}}, {}),
        ({"parts": None}, {}),
        ({"parts": [[{"name": "a"}], {"name": "b"}]}, {"parts": (Part(name="a"), Part(name="b"))}),
        ({"words": "one"}, {"words": ("one",)}),
        ({"words": ""}, {}),
        ({"isNew": True}, {"is_new": True}),
        ({"Is_New": True}, {"is_new": True}),
        ({"from": "a"}, {"from_": "a"}),
        ({"sender": "a"}, {"from_": "a"}),
    ],
)
def test_value_by_kind(reply: dict[str, Any], expected: dict[str, Any]):
    """Each kind of field reads every notation that was seen for it, and keeps nothing aside."""
    found = build_value(reply, Thing)

    assert (Thing(**expected), {}) == (found, found.extra)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("count", "many"),
        ("count", "1.5"),
        ("count", "1e400"),
        ("price", "free"),
        ("price", True),
        ("price", "NaN"),
        ("is_new", "perhaps"),
        ("is_new", 2),
        ("when", "2024-02-13 05:50:63"),
        ("day", "tomorrow"),
        ("id", {"a": 1}),
        ("id", True),
        ("colour", []),
        ("part", "text"),
        ("words", [{"a": 1}]),
        ("new_field", {"deep": [1]}),
    ],
)
def test_what_cannot_be_read_is_kept(key: str, value: object):
    """An unreadable or unknown value is no error: the field has its default, `extra` the value."""
    found = build_value({key: value}, Thing)

    assert (Thing(), {key: value}) == (found, found.extra)


def test_false_for_no_text():
    """Where a text is due, `false` says that there is none."""
    found = build_value({"id": False}, Thing)

    assert (None, {}) == (found.id, found.extra)


def test_exact_spelling_wins():
    """Of two spellings of one name the exact one counts, and the other is kept."""
    found = build_value({"isNew": True, "is_new": False}, Thing)

    assert (False, {"isNew": True}) == (found.is_new, found.extra)


def test_first_of_two_other_spellings_wins():
    """Of two inexact spellings neither is lost."""
    found = build_value({"isNew": True, "IsNew": False}, Thing)

    assert (True, {"IsNew": False}) == (found.is_new, found.extra)


@pytest.mark.parametrize(
    ("reply", "path"),
    [
        ({"parts": [{}, "text"]}, "parts[1]"),
        ({"whole": [{"name": "x"}, "text"]}, "whole[1]"),
        ({"whole": [{"name": "x"}, {"sure": "perhaps"}]}, "whole[1].sure"),
        ("text", ""),
        (7, ""),
        ([{}, {}], ""),
    ],
)
def test_broken_structure_says_where(reply: object, path: str):
    """What may be a refused message is not half read, and a list of nothing readable is none."""
    with pytest.raises(UnreadableError) as caught:
        build_value(reply, Thing)

    assert path == caught.value.path


@attrs.frozen(kw_only=True, slots=False)
class Named(Model):
    """A model that means nothing without its id."""

    id: str


@pytest.mark.parametrize("reply", [{}, {"id": None}, {"id": []}])
def test_required_field(reply: object):
    """A field without default must be there and readable."""
    with pytest.raises(UnreadableError) as caught:
        build_value({"0": reply}, list[Named])

    assert "[0].id" == caught.value.path


@pytest.mark.parametrize(
    ("broken", "extra"),
    [
        (7, {"": 7}),
        ("text", {"": "text"}),
        ({"id": []}, {"id": []}),
        ({"id": None, "new": 1}, {"new": 1}),
    ],
)
def test_one_broken_object_does_not_lose_its_list(broken: object, extra: object):
    """It becomes an object of what could be read, and `extra` keeps the rest."""
    found = build_value([{"id": 1}, broken], list[Named])

    assert ["1", ""] == [one.id for one in found]
    assert extra == found[1].extra


def test_a_broken_object_keeps_what_can_be_read():
    """Only the field that is wrong is lost, by its name on the wire or another spelling of it."""

    @attrs.frozen(kw_only=True, slots=False)
    class Row(Named):
        """A model with a field that is always there."""

        is_new: bool = False

    (found,) = build_value([{"id": {}, "isNew": "true", "is-new": "perhaps"}], list[Row])

    assert ("", True, {"id": {}, "is-new": "perhaps"}) == (found.id, found.is_new, found.extra)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_salvaged(model: type[Model]):
    """There is an empty value for each kind of field that has no default."""
    assert {"": 7} == _salvage(7, model).extra


def test_text_for_an_object():
    """A word may stand for the object that would hold it."""
    assert Roaming(status="not_roaming") == build_value("not_roaming", Roaming)


def test_unknown_word_of_an_open_enum():
    """A new word is its own text, and says that it is new."""
    found = NetworkType("satellite")

    assert "satellite" == found
    assert NetworkType("satellite") == found
    assert (False, True) == (found.is_known, NetworkType.MOBILE.is_known)
    assert "satellite" not in [kind.value for kind in NetworkType]


@pytest.mark.parametrize("kind", [Thing, Part, *MODELS])
def test_models_made_from_replies_are_those_that_init_makes(kind: type[Model]):
    """A reply becomes a model without `__init__`; both ways give the same, field by field."""
    required = [field.name for field in attrs.fields(kind) if field.default is attrs.NOTHING]

    found = build_value(dict.fromkeys(required, "1"), kind)

    assert vars(kind(**{name: getattr(found, name) for name in required})) == vars(found)
    assert vars(found).keys() == {field.name for field in attrs.fields(kind)}
    assert build_value(dict.fromkeys(required, "1"), kind).extra is not found.extra


@attrs.frozen(kw_only=True, slots=False)
class Checked(Model):
    """A model with something that only its `__init__` does."""

    id: str = attrs.field(default="", validator=attrs.validators.max_len(1))


@attrs.frozen(kw_only=True)
class Slotted(Model):
    """A model without a dict for its fields."""

    id: str = ""
    words: tuple[str, ...] = attrs.field(factory=tuple[str, ...])


@attrs.frozen(kw_only=True, slots=False)
class OverSlotted(Slotted):
    """A model with a dict, whose parent has none."""


@attrs.frozen(kw_only=True, slots=False)
class Finished(Model):
    """A model with a last word."""

    id: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse what is not there."""
        if not self.id:
            raise ValueError("no id")


def test_models_of_another_make_are_made_by_init():
    """Whoever adds a model need not know of the short way, which would leave out a validator."""
    assert Slotted(id="7") == build_value({"id": 7, "new": 1}, Slotted)
    assert {"new": 1} == build_value({"new": 1}, Slotted).extra
    assert OverSlotted(id="7") == build_value({"id": 7}, OverSlotted)
    with pytest.raises(ValueError, match="id"):
        build_value({"id": "long"}, Checked)
    with pytest.raises(ValueError, match="no id"):
        build_value({}, Finished)


@pytest.mark.parametrize(
    ("reply", "is_new"),
    [
        ({"is_new_": "x", "IS_NEW": "yes"}, True),
        ({"is_new_": "yes", "IS_NEW": "no"}, True),
        ({"IS_NEW": "no", "is_new": "yes"}, True),
    ],
)
def test_two_spellings_of_a_key(reply: object, is_new: bool):
    """The exact one counts, or the first that can be read."""
    assert is_new == build_value(reply, Thing).is_new


def test_models_are_values():
    """Models compare and hash by their fields, `extra` aside, and survive a pickle with it."""
    found = build_value({"id": 1, "colour": "mauve", "new": [1]}, Thing)
    copy = pickle.loads(pickle.dumps(found))

    assert (found, {"new": [1]}) == (copy, copy.extra)
    assert Thing(id="1", colour=Colour("mauve")) == found
    assert hash(build_value({"id": 1}, Part)) == hash(Part())
