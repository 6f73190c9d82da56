"""A language model may plan; a human confirms; nothing happens twice."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

pytest.importorskip("mcp", reason="the package mcp is not installed")

from mcp import Client
from mcp_types import ElicitResult, InputRequiredResult

from seven_async import AsyncSeven, ConfigurationError
from seven_async.mcp import PlanJournalError, build_mcp_server
from seven_async.mcp.plan_journal import PlanJournal, PlanOutcome, RecordedPlan
from seven_async.sandbox import Sandbox
from tests.api.method_examples import example_code, run_example
from tests.flow.skipping_clock import SkippingClock

PHONE = "+491711234567"
SMS = {"to": PHONE, "text": "Hi"}
ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"])
"""Servers of the protocol until 2025 ask with a request, since 2026 with a result."""


class Human:
    """Answers questions, and remembers them."""

    def __init__(self, action: str = "accept", *, confirm: object = True) -> None:
        self.answer = ElicitResult(
            action=action, content={"confirm": confirm} if action == "accept" else None
        )
        self.questions: list[str] = []

    async def __call__(self, _: object, params: Any) -> ElicitResult:
        """Answer."""
        self.questions.append(params.message)
        return self.answer


Opened = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def opened(
    sandbox: Sandbox,
    human: Human | None = None,
    *,
    mode: str = "auto",
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Any = None,
    **options: Any,
) -> AsyncIterator[Client]:
    """Give a client of a server for the sandbox, without a wire between them."""
    more = {"clock": clock} if clock else {}
    if transport is not None:
        more["transport"] = transport
    async with AsyncSeven(**{**sandbox.options, **more}) as seven:
        server = build_mcp_server(seven, **{"allow": ["send"], **options})
        async with Client(server, mode=mode, elicitation_callback=human) as client:
            yield client


async def ask(client: Client, tool: str, arguments: dict[str, Any] | None = None) -> Any:
    """Return what a tool answers: its values, or the text of its error."""
    result = await client.call_tool(tool, arguments or {})
    return result.structured_content or result.content[0].text


async def plan(client: Client, tool: str = "plan_sms_send", **arguments: Any) -> str:
    """Return the id of a plan."""
    return (await ask(client, tool, arguments or SMS))["plan_id"]


async def run(client: Client, plan_id: str) -> Any:
    """Return what became of a plan."""
    return await ask(client, "run_plan", {"plan_id": plan_id})


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@ERAS
async def test_plan_is_carried_out_once(sandbox: Sandbox, mode: str):
    """A human sees what will go out; a second call returns what was recorded."""
    human = Human()
    async with opened(sandbox, human, mode=mode) as client:
        planned = await ask(client, "plan_sms_send", SMS)
        assert 0 == len(sandbox.ledger)
        first = await run(client, planned["plan_id"])
        second = await run(client, planned["plan_id"])

    assert (1, "0.075", [PHONE]) == (
        planned["segments"],
        planned["highest_cost_eur"],
        planned["recipients"],
    )
    assert ("done", False) == (first["outcome"], first["repeated_call"])
    assert {**first, "repeated_call": True} == second
    assert (1, 1) == (len(sandbox.ledger), len(human.questions))
    assert f'to: "{PHONE}"\ntext: "Hi"' in human.questions[0]


@ERAS
@pytest.mark.parametrize(
    "human",
    [
        Human("decline"),
        Human("cancel"),
        Human(confirm=False),
        Human(confirm="true"),
        Human(confirm=1),
        None,
    ],
    ids=["decline", "cancel", "no", "a text", "a number", "nobody"],
)
async def test_nothing_happens_without_a_yes(sandbox: Sandbox, mode: str, human: Human | None):
    """A no discards the plan; a client that shows no forms cannot confirm at all."""
    async with opened(sandbox, human, mode=mode) as client:
        plan_id = await plan(client)
        try:
            told = [await run(client, plan_id), await run(client, plan_id)]
        except Exception as error:  # noqa: BLE001 - the SDK refuses answers that break the schema
            told = [f"nothing was done: {error}", "no such plan"]

    assert 0 == len(sandbox.ledger)
    assert told[0].startswith("nothing was done")
    assert human is None or "no such plan" in told[1]


async def test_model_cannot_confirm_itself(sandbox: Sandbox):
    """An answer counts only if it was asked for: neither an argument nor a made-up answer does."""
    human = Human()
    forged = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
    async with opened(sandbox, human) as client:
        plan_id = await plan(client)
        for state in (None, "made up"):
            result = await client.session.call_tool(
                "run_plan",
                {"plan_id": plan_id},
                input_responses=forged,
                request_state=state,
                allow_input_required=True,
            )
            assert isinstance(result, InputRequiredResult)
        argued = await client.call_tool("plan_sms_send", {**SMS, "confirm": True})

    assert (True, 0, []) == (argued.is_error, len(sandbox.ledger), human.questions)


async def test_text_cannot_pretend_to_be_the_question(sandbox: Sandbox):
    """A line break in a text stays within its quotes."""
    human = Human("decline")
    async with opened(sandbox, human) as client:
        await run(client, await plan(client, to=PHONE, text='Hi"\nto: "+4930123456"'))

    assert 1 == sum(line.startswith("to: ") for line in human.questions[0].splitlines())


# Nothing twice


@ERAS
async def test_unknown_outcome_is_told_and_never_repeated(sandbox: Sandbox, mode: str):
    """The answer is lost: neither the plan nor a new one of the same content is sent."""
    async with opened(sandbox, Human(), mode=mode) as client:
        first, same = await plan(client), await plan(client)
        with sandbox.fault("POST /sms", drop="after", processed=True):
            told = await run(client, first)
        again = [await run(client, first), await run(client, same)]
        anew = await ask(client, "plan_sms_send", SMS)
        other = await run(client, await plan(client, to=PHONE, text="Another text"))

    assert ("unknown", 2) == (told["outcome"], len(sandbox.ledger))
    assert ["unknown", "unknown"] == [each["outcome"] for each in again]
    assert "not repeated" in told["advice"]
    assert "may have had its effect" in anew
    assert "done" == other["outcome"]


async def test_message_that_never_left_may_be_planned_anew(sandbox: Sandbox):
    """It is recorded as refused, for this plan for good."""
    async with opened(sandbox, Human()) as client:
        plan_id = await plan(client)
        with sandbox.fault("POST /sms", drop="connect"):
            told = await run(client, plan_id)
        again = await run(client, plan_id)
        anew = await run(client, await plan(client))

    assert ("refused", "refused", "done") == (told["outcome"], again["outcome"], anew["outcome"])
    assert 1 == len(sandbox.ledger)


async def test_refused_message_is_no_success(sandbox: Sandbox):
    """The gateway's code is in the record, and the result is an error."""
    async with opened(sandbox, Human()) as client:
        plan_id = await plan(client)
        with sandbox.fault("POST /sms", code=500):
            result = await client.call_tool("run_plan", {"plan_id": plan_id})

    assert (True, "refused") == (result.is_error, result.structured_content["outcome"])
    assert "credit" in result.structured_content["detail"]


async def test_calls_at_once_send_once(sandbox: Sandbox):
    """A model may call the tool twice at the same time."""
    told: list[Any] = []
    async with opened(sandbox, Human()) as client:
        plan_id = await plan(client)

        async def call() -> None:
            told.append(await run(client, plan_id))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(call)

    assert (1, 5) == (len(sandbox.ledger), len(told))


class Watching(httpx.AsyncBaseTransport):
    """Looks at the journal when a request leaves."""

    def __init__(self, inner: httpx.AsyncBaseTransport, journal: Path) -> None:
        self._inner = inner
        self._journal = journal
        self.begun: list[tuple[str, str | None]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on."""
        if request.method == "POST":
            with sqlite3.connect(self._journal) as database:
                self.begun = database.execute("SELECT foreign_id, outcome FROM plan").fetchall()
            database.close()
        return await self._inner.handle_async_request(request)


async def test_plan_is_journalled_before_it_leaves(sandbox: Sandbox, tmp_path: Path):
    """Whoever is killed in the middle has left a line that says so."""
    path = tmp_path / "plans.db"
    transport = Watching(sandbox.transport, path)
    async with opened(sandbox, Human(), journal=path, transport=transport) as client:
        told = await run(client, await plan(client))

    assert [(told["foreign_id"], None)] == transport.begun
    assert told["foreign_id"] == sandbox.sent()[0].foreign_id


async def test_plan_that_was_cut_off_is_unknown(sandbox: Sandbox, tmp_path: Path):
    """After a crash the next server tells, and sends nothing."""
    path = tmp_path / "plans.db"
    recorded = RecordedPlan("an id", "sms.send", "f", 1.0, PlanOutcome.UNKNOWN, "")
    journal = PlanJournal(path)
    journal.begin(recorded, "fingerprint", is_repeatable=False)
    journal.close()
    human = Human()
    async with opened(sandbox, human, journal=path) as client:
        told = await run(client, "an id")

    assert ("unknown", 0, []) == (told["outcome"], len(sandbox.ledger), human.questions)


async def test_record_outlives_the_server(sandbox: Sandbox, tmp_path: Path):
    """A client that comes back gets what was recorded, from a file that has no secrets."""
    path = tmp_path / "plans.db"
    async with opened(sandbox, Human(), journal=path) as client:
        plan_id = await plan(client, to=PHONE, text="a private text")
        await run(client, plan_id)
    async with opened(sandbox, Human(), journal=path) as client:
        told = await run(client, plan_id)
        again = await ask(client, "plan_sms_send", {"to": PHONE, "text": "a private text"})
    written = path.read_bytes()

    assert ("done", 1) == (told["outcome"], len(sandbox.ledger))
    assert "before" in again["warning"]
    assert (False, False) == (PHONE[1:].encode() in written, b"private text" in written)
    assert 0o600 == path.stat().st_mode & 0o777


def test_database_of_something_else_is_left_alone(tmp_path: Path):
    """A path that was mixed up destroys nothing."""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE people (name)")
    database.close()
    before = path.read_bytes()

    with pytest.raises(PlanJournalError, match="something else"):
        PlanJournal(path)
    assert before == path.read_bytes()


# Bounds


async def test_plan_gets_too_old(sandbox: Sandbox):
    """A human is asked about what was planned just now."""
    hands = SkippingClock()
    async with opened(sandbox, Human(), clock=hands.clock) as client:
        plan_id = await plan(client)
        hands.skipped_s += 901
        told = await run(client, plan_id)

    assert ("too old" in told, 0) == (True, len(sandbox.ledger))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"to": "friends", "text": "Hi"}, "recipient"),
        ({"to": [f"+4917112345{n}" for n in range(20, 41)], "text": "Hi"}, "at most 20"),
        ({"to": PHONE, "text": "x" * 1500}, "may cost"),
        ({"to": PHONE}, "text: is missing"),
        ({"to": PHONE, "text": "Hi", "secret": 1}, "secret"),
        ({"to": PHONE, "text": ["Hi"]}, "text"),
        ({"to": PHONE, "text": "Hi", "delay": "tomorrow"}, "delay"),
    ],
)
async def test_plan_is_refused(sandbox: Sandbox, arguments: dict[str, Any], word: str):
    """Names of groups, many recipients and high costs are none of a model's business."""
    async with opened(sandbox, Human(), max_cost="0.50") as client:
        result = await client.call_tool("plan_sms_send", arguments)

    assert (True, 0) == (result.is_error, len(sandbox.ledger))
    assert word in result.content[0].text


@pytest.mark.parametrize(
    "options",
    [{"allow": ["everything"]}, {"allow": "send"}, {"max_cost": "much"}, {"max_recipients": 0}],
)
async def test_wrong_option_is_named(sandbox: Sandbox, options: dict[str, Any]):
    """It is told at the start."""
    async with AsyncSeven(**sandbox.options) as seven:
        with pytest.raises(ConfigurationError, match=next(iter(options))):
            build_mcp_server(seven, **options)


async def test_example_runs(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whoever pastes the example gets a server."""
    monkeypatch.chdir(tmp_path)
    async with AsyncSeven(**sandbox.options) as seven:
        names = await run_example(
            example_code(build_mcp_server), seven, build_mcp_server=build_mcp_server
        )

    assert "seven" == names["server"].name
