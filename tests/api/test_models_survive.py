"""Replies that are written otherwise, or broken: read all the same, or refused by name."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seven_async import SevenError
from seven_async.flow.row import Row
from seven_async.flow.values.converter import build_value
from seven_async.flow.values.model import Model, OpenEnum
from tests.api.reply_models import Retold, extras, fields, key, models, wire
from tests.flow.replies import ROWS, read

# There are a hundred of these; together they see plenty.
FEWER = settings(max_examples=settings.default.max_examples // 3)
MODELS = models()
BY_NAME = [pytest.param(model, id=model.__name__) for model in MODELS]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("model", BY_NAME)
@FEWER
@given(drawn=st.data())
def test_other_notations_mean_the_same(model: type[Model], drawn: st.DataObject):
    """Ids as numbers, money as text, flags as words, keys in camelCase, lists as objects, fields
    that are new: the model is the same, and what it does not know is kept.
    """
    reply = drawn.draw(wire(model))
    retold = Retold(drawn.draw)
    again = json.loads(json.dumps(retold.value(reply, model)))

    expected, found = build_value(reply, model), build_value(again, model)

    assert expected == found
    assert retold.added == extras(found)


@pytest.mark.parametrize("model", BY_NAME)
@FEWER
@given(drawn=st.data())
def test_models_are_values(model: type[Model], drawn: st.DataObject):
    """Every reply compares, hashes, pickles and copies."""
    found = build_value(drawn.draw(wire(model)), model)

    assert found == pickle.loads(pickle.dumps(found)) == copy.deepcopy(found)
    assert hash(found) == hash(copy.deepcopy(found))


def enum_fields() -> list[Any]:
    """Every field of every model that holds a word of an open enum."""
    return [
        pytest.param(model, field, kind, id=f"{model.__name__}.{field.name}")
        for model in MODELS
        for field in fields(model)
        for kind in get_args(field.type)
        if isinstance(kind, type) and issubclass(kind, OpenEnum)
    ]


@pytest.mark.parametrize(("model", "field", "kind"), enum_fields())
def test_unknown_words(model: type[Model], field: Any, kind: type[OpenEnum]):
    """A word that the gateway begins to use tomorrow arrives as it is."""
    required = {
        name: "1" for name in ("id", "number") if name in [one.name for one in fields(model)]
    }
    found = build_value({**required, key(field): "brand_new"}, model)
    value = getattr(found, field.name)
    (word,) = value if isinstance(value, tuple) else (value,)

    assert ("brand_new", kind, False) == (word, type(word), word.is_known)


def body_of(row: Row, reply: Any) -> Any:
    """A reply in the envelope of its row."""
    if row.unwrap:
        return {"success": True, row.unwrap: reply}
    if row.paged:
        return {"data": reply, "pagingMetadata": {"offset": 0, "count": 1, "has_more": False}}
    return reply


def kind_of(row: Row) -> Any:
    """The type of what stands in the envelope."""
    return (
        list[row.reply]  # type: ignore[name-defined] # made at run time, no checker can name it
        if row.paged
        else row.reply
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all nodes of a JSON value."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(place for step, one in inner for place in places(one, (*path, step)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A JSON value with one node exchanged."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@pytest.mark.parametrize("name", ROWS)
@FEWER
@given(drawn=st.data())
def test_anything_is_a_model_or_an_error(name: str, drawn: st.DataObject):
    """Whatever stands wherever, a reply is read or a SevenError is raised; nothing else."""
    row = ROWS[name]
    body = json.loads(json.dumps(body_of(row, drawn.draw(wire(kind_of(row))))))
    for _ in range(drawn.draw(st.integers(1, 3))):
        place = drawn.draw(st.sampled_from(places(body)))
        body = replaced(body, place, drawn.draw(JSON))
    with contextlib.suppress(SevenError):
        found = read(name, body)
        items = found[0] if row.paged else found
        assert (get_origin(row.reply) or row.reply) is type(items) or row.paged
