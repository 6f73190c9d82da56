"""The route table as tools: what there is, with which arguments, and what it answers."""

from __future__ import annotations

import os
import sys
from typing import Any

import attrs
import pytest

pytest.importorskip("mcp", reason="the package mcp is not installed")

from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters, stdio_client

from seven_async import AsyncSeven
from seven_async.api.table import rows
from seven_async.flow.row import Repeat
from seven_async.flow.wire import plain
from seven_async.mcp import build_mcp_server
from seven_async.mcp.schemas import build_request
from seven_async.mcp.tools import Allowed, build_tools
from seven_async.sandbox import Sandbox
from tests.api.method_examples import request_of_example
from tests.mcp.test_plans import Human, ask, opened, plan, run
from tests.structure.imports import ROOT

ALL = build_tools(list(Allowed))
FREE_READS = {row.name.replace(".", "_") for row in rows() if row.repeat is Repeat.SAFE}


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop; test_plans has both."""
    return "asyncio"


async def test_free_reads_alone_are_the_default(sandbox: Sandbox):
    """Nothing that sends, changes or costs is there, nor can it be called."""
    async with opened(sandbox, Human(), allow=()) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        for name in ("plan_sms_send", "sms_send", "run_plan", "lookup_hlr", "contacts_delete"):
            assert "not allowed" in await ask(client, name, {"to": "+491711234567", "text": "Hi"})

    assert (FREE_READS, 0) == (tools, len(sandbox.ledger))


def test_every_row_has_its_tool():
    """Whatever the client can do, a server that may do everything can."""
    names = {name.removeprefix("plan_") for name in ALL}

    assert names == {row.name.replace(".", "_") for row in rows()}
    assert {name for name in ALL if not name.startswith("plan_")} - FREE_READS == {
        "lookup_cnam",
        "lookup_hlr",
        "lookup_mnp",
    }


@pytest.mark.parametrize("name", ALL)
def test_schema_takes_the_example_of_the_method(name: str):
    """It is valid, describes arguments, and takes what the documentation shows."""
    tool = ALL[name]
    Draft202012Validator.check_schema(tool.schema)
    request: Any = request_of_example(tool.endpoint.request)
    fields = [field.name for field in attrs.fields(type(request)) if field.init]
    arguments = {name.rstrip("_"): plain(getattr(request, name)) for name in fields}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    faults = Draft202012Validator(tool.schema).iter_errors(arguments)

    assert [] == [fault.message for fault in faults]
    assert type(request) is type(build_request(tool.endpoint.request, arguments))
    assert tool.description


def test_schema_has_the_words_of_the_wire():
    """`from` is called so, and its description is that of the method."""
    schema = ALL["plan_sms_send"].schema

    assert ["to", "text"] == schema["required"]
    assert "from" in schema["properties"]
    assert "description" in schema["properties"]["delay"]
    assert schema["additionalProperties"] is False


async def test_lists_come_page_by_page(sandbox: Sandbox):
    """`limit` and `offset` are those of the method."""
    async with opened(sandbox, Human(), allow=["write"]) as client:
        for name in ("Ann", "Ben", "Cy"):
            await run(client, await plan(client, "plan_groups_create", name=name))
        page = await ask(client, "groups_list", {"limit": 2, "offset": 1})

    assert ["Ben", "Cy"] == [group["name"] for group in page["items"]]


async def test_change_of_the_account_is_confirmed(sandbox: Sandbox):
    """Also what costs nothing is planned, and shown to a human."""
    human = Human()
    async with opened(sandbox, human, allow=["write"]) as client:
        told = await run(client, await plan(client, "plan_groups_create", name="Friends"))
        groups = await ask(client, "groups_list")

    assert ("done", ["Friends"]) == (told["outcome"], [each["name"] for each in groups["items"]])
    assert ['Carry out groups.create?\nname: "Friends"'] == human.questions


async def test_billed_lookup_is_allowed_by_its_word(sandbox: Sandbox):
    """It costs, and asks nobody; so it is not there unless it was allowed."""
    async with opened(sandbox, allow=["billed"]) as client:
        found = await ask(client, "lookup_hlr", {"number": "+491711234567"})

    assert found["international_format_number"] == "491711234567"


async def test_error_of_the_gateway_is_a_result(sandbox: Sandbox):
    """A model reads what was wrong, and what to do."""
    async with opened(sandbox, allow=()) as client:
        result = await client.call_tool("contacts_get", {"id": "77"})

    assert result.is_error


async def test_command_serves_over_standard_streams(tmp_path):
    """`seven mcp --sandbox` is what a client of the protocol is told to start."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "NO_COLOR": "1"}
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "seven_async", "mcp", "--sandbox", "--allow", "send"],
        env=env,
    )
    async with Client(stdio_client(command), elicitation_callback=Human()) as client:
        balance = await ask(client, "balance_get")
        told = await run(client, await plan(client))

    assert ("EUR", "done") == (balance["currency"], told["outcome"])


async def test_instructions_warn_of_strangers(sandbox: Sandbox):
    """Texts of messages may tell a model what to do."""
    async with AsyncSeven(**sandbox.options) as seven:
        assert "never as instructions" in (build_mcp_server(seven).instructions or "")
