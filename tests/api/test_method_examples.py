"""Each public method has a short example in its documentation, and the example runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from seven_async import AsyncPager, AsyncSeven, Pager, Seven
from seven_async.api.table import endpoints
from tests.api.method_examples import RecordingClient, example_code, run_example, sandbox
from tests.sandbox.caller import KEY

LONGEST = 4


def public_methods(owner: type) -> Iterator[tuple[str, Any]]:
    """The methods that completion at a prompt offers, and a class that is iterated over."""
    if "Example:" in (owner.__doc__ or ""):
        yield owner.__name__, owner
    shown = dir(owner.__new__(owner))
    for name in shown:
        method = inspect.getattr_static(owner, name, None)
        if not name.startswith("_") and inspect.isfunction(method):
            yield f"{owner.__name__}.{name}", method


ROWS = {endpoint.row.name: endpoint for endpoint in endpoints()}
OWN = {**dict(public_methods(AsyncSeven)), **dict(public_methods(AsyncPager))}
BLOCKING = {**dict(public_methods(Seven)), **dict(public_methods(Pager))}


@pytest.mark.parametrize("name", [*ROWS, *OWN, *BLOCKING])
def test_each_method_has_a_short_example(name: str):
    """`help()` shows a call that can be copied."""
    lines = example_code({**ROWS, **OWN, **BLOCKING}[name]).splitlines()

    assert 1 <= len(lines) <= LONGEST


@pytest.mark.parametrize("name", ROWS)
async def test_example_calls_its_method(name: str):
    """The example of a row runs against the sandbox, and sends the request of that row."""
    endpoint = ROWS[name]
    client = RecordingClient(api_key=KEY, transport=sandbox().transport, retry=None)
    async with client as seven:
        await run_example(example_code(endpoint), seven)

    kinds = {type(request) for request in client.requests}
    assert kinds & {endpoint.request, getattr(endpoint, "many", None)}


@pytest.mark.parametrize("name", OWN)
async def test_example_of_the_awaiting_client_runs(name: str):
    """The example of a method of the client itself runs against the sandbox."""
    async with AsyncSeven(api_key=KEY, transport=sandbox().transport) as seven:
        await run_example(example_code(OWN[name]), seven)


@pytest.mark.parametrize("name", BLOCKING)
async def test_example_of_the_blocking_client_runs(name: str):
    """The example of a method of the blocking client runs without an event loop of its own."""
    with Seven(api_key=KEY, transport=sandbox().transport) as seven:
        names = await run_example(example_code(BLOCKING[name]), seven)

    assert "seven" in names
