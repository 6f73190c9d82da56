"""Every recorded or documented exchange, played against the sandbox.

In: recorded.json (requests and replies as published or recorded, each with its source). Out: the
sandbox's answers, compared in status and shape. I/O: reads that file.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.sandbox.caller import KEY, NOON, Caller
from tests.sandbox.furnished import RECORDED, entry, furnished

NOT_PLAYED = {
    "sms.send.bare-100": "a fixture of a plugin; what request got it is not known",
    "lookup.hlr.js-old": "until 2022; lookup.hlr is the newer recording",
    "sms.send.invalid-recipient": "its error is text; it is a number in all newer clients",
    "lookup.cnam.miss": "its code is text; it is a number in the documentation",
    "analytics.label": "played with a label of its own below",
}
LEFT_OUT: dict[str, dict[str, Any]] = {
    # What a published sample leaves out of its request, or what must be wrong to get its reply.
    "balance.get.auth-error-text": {"key": "wrong"},
    "contacts.create.legacy": {"form": {"nick": "Hansi", "empfaenger": "004917666666666"}},
    "hooks.create.zapier": {"form": {"target_url": "https://zap.test/1", "event_type": "sms_mo"}},
    "sms.send.text-details": {"form": {"to": "491716992343", "text": "hi"}},
    "sms.send.text-msgid": {"form": {"to": "491716992343", "text": "hi"}},
    "sms.send.reload-lock": {"form": {"to": "4917611111111", "text": "twice"}},
    "validate_for_voice.invalid": {"form": {"number": "0"}},
    "voice.send.text-error": {"form": {"text": "hi"}},
}
LEGACY_TEXT = {"status.get.text-unknown-id", "lookup.mnp.text-legacy", "voice.send.text-error"}


@pytest.fixture
def caller() -> Caller:
    """A caller of a furnished sandbox."""
    return furnished()


def replay(caller: Caller, name: str) -> tuple[int, str, bytes]:
    """Status, content type and body of the sandbox's answer to a recorded request."""
    request = RECORDED[name]["request"]
    more = LEFT_OUT.get(name, {})
    body = {
        part: {**request.get(part, {}), **more.get(part, {})}
        for part in ("query", "form", "json")
        if part in request or part in more
    }
    answer = caller.ask(f"{request['method']} {request['path']}", headers(name, request), **body)
    return answer.status, answer.content_type, answer.body


def headers(name: str, request: dict[str, Any]) -> dict[str, str]:
    """The headers a recorded request must have had to get its reply."""
    given = {key.lower(): value for key, value in request.get("headers", {}).items()}
    is_text = RECORDED[name].get("content_type", "").startswith("text/") or name in LEGACY_TEXT
    accept = {} if is_text else {"accept": "application/json"}
    return {"x-api-key": LEFT_OUT.get(name, {}).get("key", KEY), **accept, **given}


def shape(value: Any) -> Any:
    """A reply without its values: what kind of thing stands where."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return value if value is None else "text"


def find_missing(recorded: Any, answered: Any, at: str = "$") -> list[str]:
    """Where an answer is not of the recorded shape; null stands for anything, more is fine."""
    if recorded is None or answered is None or recorded == []:
        return []
    if isinstance(recorded, dict) and isinstance(answered, dict):
        missing = [f"{at}.{key}" for key in recorded if key not in answered]
        shared = [key for key in recorded if key in answered]
        return missing + [
            place
            for key in shared
            for place in find_missing(recorded[key], answered[key], f"{at}.{key}")
        ]
    if isinstance(recorded, list) and isinstance(answered, list):
        return (
            find_missing(recorded[0], answered[0], f"{at}[0]") if answered else [f"{at} is empty"]
        )
    return [] if recorded == answered else [f"{at} is {answered}, not {recorded}"]


def kinds(text: str) -> list[str]:
    """The lines of a text reply: whole numbers, decimals, label lines, words."""
    patterns = {"integer": r"\d+", "decimal": r"\d+\.\d+", "named": r"[\w -]+: .*", "empty": ""}
    return [
        next((kind for kind, pattern in patterns.items() if re.fullmatch(pattern, line)), "words")
        for line in text.split("\n")
    ]


def is_json(name: str) -> bool:
    """Tell whether the recorded reply is JSON, whatever its content type said."""
    kind = RECORDED[name].get("content_type", "")
    return not kind.startswith("text/") or isinstance(RECORDED[name]["body"], dict | list)


@pytest.mark.parametrize("name", sorted(set(RECORDED) - set(NOT_PLAYED)))
def test_recorded_request_gets_the_recorded_shape(caller: Caller, name: str):
    """The same fields of the same types, or the same lines of text."""
    prepare(caller, name)
    status, content_type, body = replay(caller, name)
    recorded = RECORDED[name]

    assert recorded["status"] == status
    if not is_json(name):
        assert content_type.startswith("text/plain")
        assert kinds(recorded["body"])[:2] == kinds(body.decode())[:2]
    elif recorded["body"] is not None:
        assert [] == find_missing(shape(recorded["body"]), shape(json.loads(body)))


def prepare(caller: Caller, name: str) -> None:
    """Brings about what the same request needs to get another of its replies."""
    state = caller.sandbox.gateway.state
    if name == "waba.delete":
        state.accept(entry("12345678", "WA", due=NOON + 9))
    if name == "waba.delete.already-sent":
        state.accept(entry("12345678", "WA"))
    if name == "journal.outbound.empty":
        state.ledger.__init__(10)


def test_analytics_by_label_has_the_recorded_shape(caller: Caller):
    """One row per label, with the label beside the counters."""
    rows = caller.json("GET /analytics/label")

    assert [] == find_missing(shape(RECORDED["analytics.label"]["body"]), shape(rows))
    assert {"", "l"} == {row["label"] for row in rows}


def test_nothing_is_left_out_without_being_recorded():
    """A row of the tables above that no recording needs is a mistake."""
    assert set() == (set(NOT_PLAYED) | set(LEFT_OUT) | LEGACY_TEXT) - set(RECORDED)


def test_bare_codes_are_the_recorded_bytes(caller: Caller):
    """`"402"` with quotes where JSON was asked for, `900` without where it was not."""
    assert (
        RECORDED["sms.send.reload-lock"]["raw"].encode()
        == replay(caller, "sms.send.reload-lock")[2]
    )
    assert (
        RECORDED["balance.get.auth-error-text"]["raw"].encode()
        == replay(caller, "balance.get.auth-error-text")[2]
    )
