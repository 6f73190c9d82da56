"""The examples in the documentation of methods, as programs and as requests.

In: the docstring of a method. Out: the code of its `Example:`, what it sends, and what it runs
against. I/O: none; the sandbox is in the process.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

import anyio

import seven_async
from seven_async import AsyncSeven
from seven_async.api.routes.documentation import parse_docstring
from seven_async.api.table import endpoints
from seven_async.sandbox import Sandbox
from tests.sandbox.caller import KEY
from tests.sandbox.furnished import furnished_world

CUSTOMER = "+491711234567"
BUSINESS = "4915112345678"


class RecordingClient(AsyncSeven):
    """A client that keeps its request values."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.requests: list[Any] = []

    async def call(self, row: Any, request: Any, *more: Any) -> Any:
        """The reply, as ever."""
        self.requests.append(request)
        return await super().call(row, request, *more)


def sandbox() -> Sandbox:
    """A sandbox with all that examples name: ids of the recordings, and a customer who wrote."""
    world = furnished_world().sandbox
    world.simulate.whatsapp(CUSTOMER, "Hello", BUSINESS)
    return world


def example_code(function: Any) -> str:
    """The code of the example in a method's documentation; empty if there is none."""
    return textwrap.dedent(parse_docstring(function.__doc__ or "").get("Example", ""))


async def run_example(code: str, seven: Any, **more: Any) -> dict[str, Any]:
    """Runs an example, which may await, and gives the names that it has set."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    program = compile(code, "<example>", "exec", flags=flags, dont_inherit=True)
    public = {name: getattr(seven_async, name) for name in seven_async.__all__}
    names = {**public, **more, "seven": seven}
    ended = eval(program, names)  # a coroutine, where the example awaits
    if inspect.isawaitable(ended):
        await ended
    return names


@cache
def request_of_example(request: type) -> Any:
    """The value of a request class that the example of its method sends."""

    async def record() -> Any:
        endpoint = next(one for one in endpoints() if one.request is request)
        client = RecordingClient(api_key=KEY, transport=sandbox().transport, retry=None)
        async with client as seven:
            await run_example(example_code(endpoint), seven)
        return [value for value in client.requests if type(value) is request][-1]

    return anyio.run(record)
