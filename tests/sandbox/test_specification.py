"""The published OpenAPI description judges the sandbox's replies, by a validator of its own.

In: specification.json (the response schemas of the vendor's openapi.json, without its prose),
recorded.json. Out: where replies deviate, each place with the recording that deviates there, too.
I/O: reads those files.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.furnished import RECORDED, furnished
from tests.sandbox.test_recorded import NOT_PLAYED, is_json, prepare, replay

validator = pytest.importorskip(
    "openapi_schema_validator", reason="openapi-schema-validator is not installed"
)

SPECIFICATION: dict[str, Any] = json.loads(
    (Path(__file__).parent / "specification.json").read_text("utf-8")
)
WITHOUT_SCHEMA = {"POST /voice", "POST /validate_for_voice"}
"""Operations whose replies the description leaves out."""
NOT_DESCRIBED = {"GET /rcs/agents", "GET /journal", "POST /status"}
"""What was recorded and is not in the description."""

CONTACT = (
    "address", "birthday", "city", "email", "firstname", "home_number", "lastname",
    "mobile_number", "notes", "postal_code",
)  # fmt: skip
UNKNOWN = tuple(f"properties/{name}" for name in CONTACT)
NOT_VALIDATED = ("validation/state", "validation/timestamp")
NO_ERROR = ("messages/*/error", "messages/*/error_text")
NUMBER = ("expires", "forward_sms_mo/sms/number")

DEVIATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "DELETE /hooks": {"": ("code",)},
    "DELETE /sms": {"sms.delete": ("deleted/*",)},
    "GET /contacts": {
        "contacts.list": tuple(f"data/*/{place}" for place in (*UNKNOWN, *NOT_VALIDATED)),
        "contacts.list.legacy": ("$",),
    },
    "GET /contacts/{id}": {"contacts.get": (*UNKNOWN, *NOT_VALIDATED)},
    "PATCH /contacts/{id}": {"contacts.get": (*UNKNOWN, *NOT_VALIDATED)},
    "GET /journal/outbound": {
        "journal.outbound": ("*/foreign_id", "*/label"),
        "": ("*/dlr", "*/dlr_timestamp", "*/latency"),
    },
    "GET /journal/voice": {"": ("*/duration", "*/price")},
    "GET /lookup/cnam": {"lookup.cnam": ("code",)},
    "GET /lookup/format": {
        "lookup.format.invalid": ("country_code", "country_iso", "country_name"),
    },
    "GET /lookup/hlr": {"lookup.hlr": ("lookup_outcome", "roaming")},
    "GET /lookup/rcs": {"lookup.rcs": ("$",)},
    "GET /numbers/active": {"numbers.list": tuple(f"activeNumbers/*/{place}" for place in NUMBER)},
    "GET /numbers/active/{number}": {"numbers.get": NUMBER},
    "PATCH /numbers/active/{number}": {"numbers.get": NUMBER},
    "GET /status": {"status.get": ("*",)},
    "GET /subaccounts/list": {
        "subaccounts.list": ("*/auto_topup/amount", "*/auto_topup/threshold"),
    },
    "POST /contacts": {"contacts.create": ("properties/mobile_number", *NOT_VALIDATED)},
    "POST /hooks": {"hooks.create": ("code",)},
    "POST /rcs/messages": {"rcs.send": (*NO_ERROR, "messages/*/parts", "total_price")},
    "POST /sms": {"sms.send": NO_ERROR, "sms.send.reload-lock": ("$",)},
    "POST /subaccounts/create": {
        "subaccounts.create": (
            "error", "subaccount/auto_topup/amount", "subaccount/auto_topup/threshold",
            "subaccount/balance", "subaccount/company", "subaccount/total_usage",
            "subaccount/username",
        ),
    },
    "POST /subaccounts/delete": {"subaccounts.delete": ("error",)},
    "POST /subaccounts/transfer_credits": {"subaccounts.transfer_credits": ("error",)},
    "POST /subaccounts/update": {"subaccounts.update": ("error",)},
    "POST /voice/{call_id}/hangup": {"voice.hangup": ("error",)},
    "POST /waba/messages": {
        "waba.send.template": (*NO_ERROR, "messages/*/label", "messages/*/udh"),
    },
}  # fmt: skip
"""Where replies deviate: operation, recording that does so, too, places (`$` is the whole reply).

No recording has the five places under an empty name: they are null in the types of the vendor's own
clients, while there is no report and no duration yet.
"""
CALLS = {
    "GET /analytics/label": "GET /analytics/label",
    "GET /journal/replies": "GET /journal/replies",
    "PATCH /contacts/{id}": "PATCH /contacts/12876882",
    "PATCH /numbers/active/{number}": "PATCH /numbers/active/49176123456789",
}
"""Requests for what was never recorded."""


def find_operation(request: dict[str, Any]) -> str:
    """The operation of a recorded request; older spellings name it by a parameter."""
    method, path = request["method"], request["path"].partition("?")[0]
    given = {**request.get("query", {}), **request.get("form", {})}
    if path == "/subaccounts":
        action = given["action"]
        return "GET /subaccounts/list" if action == "read" else f"POST /subaccounts/{action}"
    if path == "/lookup":
        return f"GET /lookup/{given['type']}"
    for line in SPECIFICATION["paths"]:
        known, template = line.split(" ")
        if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return line
    return f"{method} {path}"


def judge(operation: str, status: int, reply: object) -> set[str]:
    """The places in which a reply is not what the description says."""
    schema = SPECIFICATION["paths"][operation][str(status)]
    judging = validator.OAS30Validator({**schema, "components": SPECIFICATION["components"]})
    return {
        "/".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path) or "$"
        for error in judging.iter_errors(reply)
    }


def judge_replies() -> dict[str, set[str]]:
    """Where the sandbox's replies to all recorded requests deviate, by operation."""
    places: dict[str, set[str]] = defaultdict(set)
    for name in sorted(set(RECORDED) - set(NOT_PLAYED)):
        operation = find_operation(RECORDED[name]["request"])
        if operation in WITHOUT_SCHEMA | NOT_DESCRIBED or not is_json(name):
            continue
        caller = furnished()
        prepare(caller, name)
        status, _, body = replay(caller, name)
        places[operation] |= judge(operation, status, json.loads(body))
    for operation, line in CALLS.items():
        places[operation] |= judge(operation, 200, furnished().json(line))
    return places


def test_replies_deviate_where_recordings_do_and_nowhere_else():
    """Every operation that has a schema is judged; the table above is all there is."""
    places = judge_replies()
    expected = {
        operation: {place for listed in table.values() for place in listed}
        for operation, table in DEVIATIONS.items()
    }

    assert set(SPECIFICATION["paths"]) - WITHOUT_SCHEMA == set(places)
    assert expected == {operation: found for operation, found in places.items() if found}


@pytest.mark.parametrize("operation", sorted(DEVIATIONS))
def test_each_deviation_was_recorded(operation: str):
    """The gateway itself deviates there: the recording is judged like the sandbox."""
    for name, places in DEVIATIONS[operation].items():
        if name:
            recorded = RECORDED[name]
            judged = find_operation(recorded["request"])
            missing = set(places) - judge(judged, recorded["status"], recorded["body"])

            assert set() == missing, name


def test_deviations_are_in_the_document():
    """docs/sandbox.md has each operation with a deviation, and each recording."""
    document = (Path(__file__).parents[2] / "docs/sandbox.md").read_text("utf-8")
    names = {name for table in DEVIATIONS.values() for name in table if name}

    assert [] == [name for name in {*DEVIATIONS, *names} if f"`{name}`" not in document]
