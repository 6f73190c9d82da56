"""Each method's documentation names the errors that it can raise."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import Phase, find, settings

import seven_async
from seven_async import AsyncSeven, SevenError
from seven_async.api.routes.documentation import method_documentation
from seven_async.flow.clock import Clock
from seven_async.flow.row import Row
from tests.api.exchange import Recorder, client
from tests.api.request_values import values
from tests.api.test_table import ROWS, entry, method_of


def named(name: str) -> list[str]:
    """The errors that the documentation of a row's method names, in their order."""
    documentation = method_of(AsyncSeven(api_key="key"), name).__doc__
    part = documentation.partition("\nRaises:\n")[2].partition("\n\n")[0]
    return re.findall(r"^ {4}(\w+): \S", part, re.MULTILINE)


def reply(status: int, body: object) -> Any:
    """A transport's answer."""
    return lambda _: httpx.Response(status, text=json.dumps(body))


def broken(kind: type[Exception]) -> Any:
    """A transport that fails."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise kind("gone")

    return fail


ANY = settings(phases=[Phase.generate], max_examples=20, derandomize=True)  # it need not be small
ANSWERS = {
    **{f"code {code}": reply(200, str(code)) for code in (300, 900, 902, 903, 305, 700)},
    **{f"HTTP {n}": reply(n, {}) for n in (400, 401, 403, 404, 408, 409, 429, 500, 503)},
    "no JSON": lambda _: httpx.Response(200, text="<html>"),
    "cut JSON": lambda _: httpx.Response(200, text='{"success": "1'),
    "no connection": broken(httpx.ConnectError),
    "connection that broke": broken(httpx.ReadError),
    "no answer": broken(httpx.ReadTimeout),
}


@pytest.mark.parametrize("name", ROWS)
async def test_what_a_call_raises_is_named(name: str):
    """Whatever the gateway answers, the class of the error stands in the documentation."""
    row = ROWS[name]
    value = find(values(entry(row).request), lambda _: True, settings=ANY)
    documented = named(name)
    for what, answer in ANSWERS.items():
        error = await failure(row, value, answer, account=f"{name}, {what}")
        found = None if error is None else type(error).__name__
        assert found in (None, *documented), what


async def failure(row: Row, value: object, answer: Any, account: str) -> SevenError | None:
    """What a call ends with, if that is an error."""
    # Accounts of their own, since all calls of an account wait after HTTP 429.
    clock = Clock(now=lambda: 0.0)
    async with client(Recorder(answer), clock=clock, account=account) as seven:
        try:
            await seven.call(row, value)
        except SevenError as error:
            return error
    return None


@pytest.mark.parametrize("name", ROWS)
def test_errors_are_named_once(name: str):
    """Each is a public class, and what a request class says itself comes first and stays."""
    documented = named(name)
    own = re.findall(r"^ +(\w+Error): ", entry(ROWS[name]).request.__doc__ or "", re.MULTILINE)

    assert [] == [one for one in documented if not hasattr(seven_async, one)]
    assert sorted(set(documented)) == sorted(documented)
    assert own == documented[: len(own)]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("sms.send", "OutcomeUnknownError"),
        ("sms.send", "InsufficientCreditError"),
        ("sms.send", "DuplicateMessageError"),
        ("sms.send", "DailyLimitError"),
        ("waba.send_text", "NotInConversationError"),
        ("lookup.hlr", "OutcomeUnknownError"),
        ("contacts.update", "TransportError"),
        ("journal.outbound", "MalformedReplyError"),
    ],
)
def test_errors_of_a_product(name: str, error: str):
    """What only one product answers is named by its own request class."""
    assert error in named(name)


def test_own_errors_come_first():
    """What a class says of an error stays, and the row adds the errors that it does not name."""
    row = ROWS["sms.send"]
    text = "Send.\n\nRaises:\n    ApiError: Mine.\n\nNever repeated."

    lines = method_documentation(text, row).split("\n")
    assert ["Send.", "", "Never repeated.", "", "Raises:", "    ApiError: Mine."] == lines[:6]
    assert 1 == sum("ApiError: " in line for line in lines)
    assert any("NotSentError: " in line for line in lines)


def test_no_documentation_stays_none():
    """`python -OO` leaves no docstrings, so there is nothing to add to."""
    assert "" == method_documentation("", ROWS["sms.send"])


@pytest.mark.parametrize("name", ROWS)
def test_documentation_of_a_method_says_what_the_call_does(name):
    """`help()` of a method begins with an imperative sentence."""
    first = method_of(AsyncSeven(api_key="key"), name).__doc__.split()[0]

    assert first not in {"That", "Whether", "The", "A", "An", "All", "One", "How", "What", "Usage"}
    assert not first.endswith(("ed", "ing", "s"))
