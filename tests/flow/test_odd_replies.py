"""Values that JSON can spell and nobody can store, and answers that only look like the gateway's.

Whatever stands in a reply: it is read, or the reply is malformed. Nothing else is ever raised.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from seven_async import (
    Deletion,
    GatewayError,
    InvalidParameterError,
    MalformedReplyError,
    NotFoundError,
    Outcome,
    SevenError,
    SignatureError,
)
from tests.api.exchange import EXAMPLES, example
from tests.flow.replies import ROWS, read, read_text

HALF = "\ud83d"
"""Half an emoji: JSON can spell it, UTF-8 cannot."""

MESSAGE = {"id": "77", "recipient": "491711234567", "success": True}

#: As they stand in the bytes of a reply.
ODD = {
    "half an emoji": '"\\ud83d"',
    "other half": '"x\\uDE00y"',
    "1e13": "1e13",
    "1e999999": "1e999999",
    "NaN": "NaN",
    "2**63": str(2**63),
    "-2**63-1": str(-(2**63) - 1),
    "4000 digits": "9" * 4000,
    "5000 digits": "9" * 5000,
    "full-width digits": '"１００"',
    "Arabic digits": '"٣"',
    "underscores": '"1_000"',
    "a list": "[100]",
    "an object": '{"code": 100}',
    "NUL": '"\\u0000"',
    "null": "null",
}


def receipt(**odd: str) -> Any:
    """What a send reads where a field of its one message has this text for its value."""
    message = json.dumps(MESSAGE)[:-1] + "".join(f', "{key}": {text}' for key, text in odd.items())
    return read_text("sms.send", f'{{"success": "100", "messages": [{message}}}]}}')


@pytest.mark.parametrize("field", ["id", "error_text", "text", "sender", "label", "encoding"])
def test_half_an_emoji_becomes_a_replacement_character(field: str):
    """No file, terminal or database takes half of a surrogate pair, so no model has one."""
    value = getattr(receipt(**{field: '"a\\ud83db"'}).messages[0], field)

    assert "a\ufffdb" == value


def test_a_whole_emoji_stays():
    """Both halves together are a character, as PHP writes it."""
    assert "😀" == receipt(text='"\\ud83d\\ude00"').messages[0].text


def test_half_an_emoji_in_a_key():
    """What stands in `extra` can be written down as well."""
    (key,) = receipt(**{"\\ud83d": "1"}).messages[0].extra

    assert "\ufffd" == key


@pytest.mark.parametrize("odd", ["1e13", "1e999999", "NaN", '"1_0"', '"٣"', "[1]", "-1e400"])
def test_a_price_that_is_none(odd: str):
    """An amount that nobody can have paid is none; the message stays accepted."""
    message = receipt(price=odd).messages[0]

    assert (None, True) == (message.price, message.success)


@pytest.mark.parametrize("odd", [str(2**63), "1e20", '"１"', "true-ish", "{}"])
def test_a_count_that_is_none(odd: str):
    """A number of segments beyond 64 bits is none."""
    if odd == "true-ish":
        odd = '"true-ish"'

    assert None is receipt(parts=odd).messages[0].parts


@pytest.mark.parametrize("odd", ["[]", "{}", '"perhaps"', "2", "1.5", '"１"'])
def test_a_message_that_says_neither_yes_nor_no(odd: str):
    """Nobody may tell of a message that it was refused because `success` cannot be read."""
    with pytest.raises(MalformedReplyError) as caught:
        receipt(success=odd)

    assert ("messages[0].success", Outcome.UNKNOWN) == (caught.value.field, caught.value.outcome)


@pytest.mark.parametrize("odd", ['"１００"', "[100]", '["100"]', str(10**12), '"٩٠٠"', "{}"])
def test_a_code_that_is_none(odd: str):
    """Digits of another script, lists and endless numbers are no code: the outcome is not known."""
    with pytest.raises(MalformedReplyError) as caught:
        read_text("sms.send", f'{{"success": {odd}, "messages": []}}')

    assert Outcome.UNKNOWN is caught.value.outcome


@pytest.mark.parametrize("text", ["１００", '"１００"', "９００"])
def test_a_bare_code_that_is_none(text: str):
    """Nor is a bare one in full-width digits."""
    with pytest.raises(MalformedReplyError):
        read_text("sms.send", text)


def recorded() -> Iterator[Any]:
    """The recorded replies of the rows, with their rows."""
    for file in sorted(EXAMPLES.glob("*.json")):
        kept = example(file.stem)
        row = next((name for name in ROWS if file.stem.startswith(name)), None)
        if row is not None and isinstance(kept.get("body"), (dict, list)):
            yield pytest.param(row, kept["body"], id=file.stem)


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value stands in a body, at any depth."""
    yield path
    members = body.items() if isinstance(body, dict) else enumerate(body)
    for key, member in members if isinstance(body, (dict, list)) else ():
        if isinstance(member, (dict, list)):
            yield from places(member, (*path, key))
        else:
            yield (*path, key)


def replaced(body: Any, path: tuple[Any, ...]) -> Any:
    """The body with a mark in one place."""
    if not path:
        return "<odd>"
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "<odd>"
    return changed


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("name", "body"), list(recorded()))
def test_an_odd_value_in_any_place_is_read_or_malformed(name: str, body: Any, odd: str):
    """Nothing but an error of ours is raised, and what is read can be stored as UTF-8."""
    for path in places(body):
        text = json.dumps(replaced(body, path)).replace('"<odd>"', ODD[odd])
        try:
            found = read_text(name, text)
        except SevenError as error:
            found = str(error)

        assert repr(found).encode()


def test_one_broken_row_does_not_lose_the_page():
    """The others come, and the broken one with what could be read of it."""
    rows = [{"id": "1", "text": "a"}, 7, {"id": [], "text": "b"}]
    items, _ = read("journal.outbound", rows)

    assert ["a", None, "b"] == [item.text for item in items]
    assert [{}, {"": 7}, {"id": []}] == [item.extra for item in items]


def test_a_broken_contact_among_others():
    """A model that means nothing without its id is still given, with an empty one."""
    items, paging = read(
        "contacts.list", {"data": [{"id": 1}, {"firstname": "x"}], "pagingMetadata": {"total": 2}}
    )

    assert (["1", ""], {"total": 2}) == ([item.id for item in items], paging)


PAGE = {"code": 404, "message": "Page not found", "errors": []}
DELETIONS = ["contacts.delete", "groups.delete", "waba.delete", "rcs.delete", "numbers.delete"]


@pytest.mark.parametrize("name", DELETIONS)
def test_the_gateways_own_not_found_is_a_deletion_of_nothing(name: str):
    """The path has the id, and the body is the gateway's."""
    assert Deletion(success=False, error="Page not found") == read(name, PAGE, status=404)


@pytest.mark.parametrize("name", DELETIONS)
@pytest.mark.parametrize("body", ["<html>nginx</html>", "", "not found", "[]", "{}", '"404"'])
def test_a_404_of_somebody_else_is_no_deletion(name: str, body: str):
    """A wrong base URL is not told as “there was nothing to delete”."""
    with pytest.raises(NotFoundError, match=r"base_url .* url_style") as caught:
        read_text(name, body, status=404)

    assert Outcome.REJECTED is caught.value.outcome


@pytest.mark.parametrize("name", ["sms.delete", "hooks.delete", "subaccounts.delete"])
def test_a_404_where_the_path_has_no_id(name: str):
    """It is the path that was not found, whoever says so."""
    with pytest.raises(NotFoundError, match=r"base_url .* url_style"):
        read(name, PAGE, status=404)


def test_a_404_about_an_id_needs_no_hint():
    """A thing that is not there says nothing about the address."""
    with pytest.raises(NotFoundError) as caught:
        read("contacts.get", PAGE, status=404)

    assert "base_url" not in str(caught.value)


@pytest.mark.parametrize("odd", ["[]", '"perhaps"', "1.5", '{"a": 1}'])
def test_a_deletion_that_says_neither_yes_nor_no(odd: str):
    """An unreadable `success` is not told as a deletion that failed."""
    with pytest.raises(MalformedReplyError) as caught:
        read_text("groups.delete", f'{{"success": {odd}}}')

    assert "success" == caught.value.field


@pytest.mark.parametrize("body", ["901", 901, {"code": 901}])
def test_code_901_of_status_is_an_invalid_id(body: object):
    """There it is older than signatures: `status` says it of a message id."""
    with pytest.raises(InvalidParameterError, match="the message id is invalid"):
        read("status.get", body)
    with pytest.raises(SignatureError):
        read("journal.outbound", body)


@pytest.mark.parametrize("name", ["lookup.mnp", "lookup.cnam", "status.get", "groups.delete"])
def test_code_600_is_an_answer_where_nothing_is_sent(name: str):
    """“No result” leaves nothing in doubt."""
    with pytest.raises(GatewayError) as caught:
        read(name, {"success": False, "code": 600})

    assert Outcome.REJECTED is caught.value.outcome


@pytest.mark.parametrize(("name", "status"), [("sms.send", 200), ("lookup.mnp", 500)])
def test_code_600_of_a_send_or_of_a_broken_server(name: str, status: int):
    """Of a send it leaves open whether it was sent; of HTTP 500 nothing can be believed."""
    with pytest.raises(GatewayError) as caught:
        read(name, {"success": "600"}, status=status)

    assert Outcome.UNKNOWN is caught.value.outcome


def test_a_page_of_words_is_no_text_of_an_error():
    """Of a megabyte of words only the beginning is told."""
    with pytest.raises(SevenError) as caught:
        read("sms.send", {"success": "202", "error": "word " * 200_000})

    assert len(str(caught.value)) < 500
