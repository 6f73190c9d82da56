"""What a journal remembers is neither sent twice nor lost, in the less usual orders of events."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seven_async import SendRcs, SendSms
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    Fallback,
    JournalError,
    JournalLockedError,
    PausedError,
    State,
    Suppression,
    read_csv,
)
from seven_async.campaign.sending import campaign_runner
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import (
    accepted_once,
    awaiting,
    blocking,
    is_paused,
    number,
    texts,
)
from tests.waiting import until


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The path of a journal that is not there yet."""
    return tmp_path / "people.db"


def campaign(client: Any, journal: Path, **options: Any) -> Campaign[Any]:
    """A campaign that can be resumed."""
    return Campaign(
        client, "people", **{"journal": journal, "store_texts": "until-served"} | options
    )


def rows(journal: Path, columns: str) -> list[Any]:
    """Columns of all messages of a journal."""
    with closing(sqlite3.connect(journal)) as database:
        return database.execute(f"SELECT {columns} FROM message ORDER BY rowid").fetchall()


async def load(sandbox: Sandbox, journal: Path, messages: Any, **options: Any) -> int:
    """Write messages down, and send none."""
    async with awaiting(sandbox) as seven, campaign(seven, journal, **options) as loading:
        return await loading.load(messages)


async def send(sandbox: Sandbox, journal: Path, messages: Any, **options: Any) -> list[State]:
    """Send messages; the states of the entries."""
    async with awaiting(sandbox) as seven, campaign(seven, journal, **options) as sending:
        return [entry.state async for entry in sending.send(messages)]


async def resume(sandbox: Sandbox, journal: Path, **options: Any) -> list[State]:
    """Go on with a campaign; the states of its entries."""
    async with awaiting(sandbox) as seven, campaign(seven, journal, **options) as going_on:
        return [entry.state async for entry in going_on.resume()]


async def test_retry_does_not_repeat_a_form_that_was_accepted(journal: Path):
    """The RCS was accepted, its SMS refused: the SMS goes again, and not the RCS."""
    sandbox = Sandbox()
    both = Fallback(SendRcs(number(1), "Hi"), SendSms(number(1), "Hi"), on_failed_delivery=True)
    await send(sandbox, journal, [both])
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE message SET delivery = 'FAILED'")
    sandbox.fault("POST /sms", code=301, times=1)
    assert [State.REJECTED] == await resume(sandbox, journal)

    async with awaiting(sandbox) as seven, campaign(seven, journal) as again:
        assert await again.retry("301") == 1
        assert [State.ACCEPTED] == [entry.state async for entry in again.resume()]

    assert ["RCS", "SMS"] == sorted(entry.channel for entry in sandbox.ledger)


async def test_refused_duplicate_leaves_the_message_with_its_key_alone(
    tmp_path: Path, journal: Path
):
    """A key of one's own may look like the recipient of a refused row."""
    file = tmp_path / "people.csv"
    write(file, "to\n" + "".join(f"{number(n)}\n" for n in [*range(300), 299]))
    sandbox = Sandbox()
    options: dict[str, Any] = {"key": lambda message: message.to, "batch": 1, "concurrency": 1}
    messages = read_csv(file, text="Hi")
    async with awaiting(sandbox) as seven, campaign(seven, journal, **options) as first:
        await first.load(messages)
        async for _ in first.send(messages):
            first.stop()

    assert "refused" not in {state for (state,) in rows(journal, "state")}
    await resume(sandbox, journal, **options)
    assert 300 == accepted_once(sandbox)


async def test_text_of_a_suppressed_recipient_is_not_stored(journal: Path):
    """Neither when it is loaded, nor when it is listed later; once it may be served, it is."""
    sandbox = Sandbox()
    listed = Suppression([number(1)])
    await load(sandbox, journal, texts(3), suppress=listed)
    assert [None] == [c for (c,) in rows(journal, "content") if c is None or "Hi 1" in c]
    assert {State.ACCEPTED, State.SKIPPED} == set(
        await resume(sandbox, journal, suppress=Suppression([number(1), number(2)]))
    )
    assert [None] * 3 == [content for (content,) in rows(journal, "content")]

    await load(sandbox, journal, texts(3))
    await resume(sandbox, journal)
    assert 3 == accepted_once(sandbox)


async def test_content_comes_back_that_an_earlier_run_had_not_kept(journal: Path):
    """What no run could finish is loaded with its text, and resumed."""
    sandbox = Sandbox()
    sandbox.fault("POST /sms", code=500, times=1)
    with pytest.raises(PausedError):
        await send(sandbox, journal, texts(3), store_texts="never", batch=1, concurrency=1)
    sandbox.clear_faults()
    assert not sandbox.ledger

    await load(sandbox, journal, texts(5))
    await resume(sandbox, journal)

    assert 5 == accepted_once(sandbox)


def test_rest_of_a_blocking_input_is_asked_for(journal: Path):
    """A blocking client reads its input in another place, and knows as well that it is a part."""
    sandbox = Sandbox()
    messages = list(texts(200))
    with blocking(sandbox, concurrency=1) as seven, campaign(seven, journal) as first:
        for _ in first.send(messages):
            first.stop()
    assert len(sandbox.ledger) < 200

    with (
        blocking(sandbox) as seven,
        campaign(seven, journal) as going_on,
        pytest.raises(JournalError, match="only a part of its input"),
    ):
        list(going_on.resume())
    assert len(sandbox.ledger) < 200


async def test_rest_of_a_generator_is_asked_for(journal: Path):
    """Nobody knows how long it is; that it was not read to its end is known."""
    sandbox = Sandbox()
    async with awaiting(sandbox, concurrency=1) as seven, campaign(seven, journal) as first:
        async for _ in first.send(texts(200)):
            first.stop()

    with pytest.raises(JournalError, match="only a part of its input"):
        await resume(sandbox, journal)


async def test_rest_of_an_input_that_was_not_loaded_is_asked_for(journal: Path):
    """A run over a list was stopped: the journal has a part of it only, and says so."""
    sandbox = Sandbox()
    async with awaiting(sandbox, concurrency=1) as seven, campaign(seven, journal) as first:
        async for _ in first.send(list(texts(200))):
            first.stop()
    assert len(sandbox.ledger) < 200

    with pytest.raises(JournalError, match="only a part of its input"):
        await resume(sandbox, journal)
    await send(sandbox, journal, list(texts(200)))
    assert [] == await resume(sandbox, journal)
    assert 200 == accepted_once(sandbox)


async def test_pause_holds_what_waits_for_the_rate(tmp_path: Path, monkeypatch: Any):
    """However many workers wait for their turn: nothing of them leaves."""
    monkeypatch.setattr(campaign_runner, "_EXCHANGE_S", 0.02)
    sandbox, path = Sandbox(), tmp_path / "people.db"
    async with (
        awaiting(sandbox, concurrency=8) as seven,
        campaign(seven, path, batch=1, rate=100) as sending,
        anyio.create_task_group() as tasks,
    ):

        async def take() -> None:
            async for _ in sending.send(texts(150)):
                pass

        tasks.start_soon(take)
        await until(lambda: len(sandbox.ledger) > 110)
        journal = CampaignJournal.open(path)
        journal.pause()
        await until(lambda: is_paused(journal))
        left = len(sandbox.ledger)
        await anyio.sleep(0.5)
        assert len(sandbox.ledger) <= left + 1  # one had its turn
        journal.unpause()


async def test_notes_of_a_process_that_may_not_send_are_not_kept(journal: Path):
    """Another process sends: what that was told stays."""
    sandbox = Sandbox()
    async with (
        awaiting(sandbox) as seven,
        campaign(seven, journal, notes={"text": "first"}) as first,
    ):
        await first.load(texts(3))
        async with (
            awaiting(sandbox) as other,
            campaign(other, journal, notes={"text": "second"}) as second,
        ):
            with pytest.raises(JournalLockedError):
                await second.load(texts(3))

    assert {"text": "first"} == CampaignJournal.open(journal).notes


async def test_stop_that_was_asked_while_messages_are_loaded(journal: Path, monkeypatch: Any):
    """It holds for the run that follows."""
    monkeypatch.setattr(campaign_runner, "_EXCHANGE_S", 0.02)
    sandbox = Sandbox(latency_s=0.01)
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        campaign(seven, journal, batch=1) as sending,
    ):
        await sending.load(texts(400))
        CampaignJournal.open(journal).stop()
        states = [entry.state async for entry in sending.send(texts(400))]

    assert len(states) < 50
    assert "stopped" == CampaignJournal.open(journal).report().ending


async def test_status_does_not_plan_duplicates(journal: Path):
    """Of one recipient fifty times one is a message; what is not read yet adds up with the rest."""
    sandbox = Sandbox()
    messages = [SendSms(number(999), "Hi")] * 50 + list(texts(100))
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        campaign(seven, journal, batch=1) as sending,
    ):
        count = 0
        async for _ in sending.send(messages):
            count += 1
            if count == 60:
                sending.stop()

    assert 101 == CampaignJournal.open(journal).status().total


STEPS = st.tuples(
    st.sampled_from(["load", "send", "resume", "retry"]), st.integers(1, 25), st.integers(0, 25)
)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, min_size=1, max_size=6), codes=st.lists(st.integers(1, 9), max_size=3))
def test_any_order_of_steps_serves_each_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], codes: list[int]
):
    """Loaded, sent, stopped, resumed, rejected and tried again: each recipient once, as written."""
    journal, sandbox = tmp_path_factory.mktemp("steps") / "people.db", Sandbox()
    for after in codes:
        sandbox.fault("POST /sms", code=301, times=1, probability=after / 10)
    for step in [*steps, ("retry", 25, 0), ("send", 25, 99)]:
        with blocking(sandbox) as seven, campaign(seven, journal, batch=3) as sending:
            take_step(sending, *step)
            if step[0] == "retry":
                sandbox.clear_faults()

    assert 25 == accepted_once(sandbox)
    assert {entry.text for entry in sandbox.ledger} == {f"Hi {place}" for place in range(25)}
    assert rows(journal, "state, content") == [("accepted", None)] * 25


def take_step(sending: Campaign[Any], step: str, count: int, stop_after: int) -> None:
    """Do one thing with a campaign; a run is stopped after some entries."""
    if step == "load":
        sending.load(list(texts(count)))
        return
    if step == "retry":
        sending.retry("301")
        return
    try:
        run = sending.resume() if step == "resume" else sending.send(list(texts(count)))
        for place, _ in enumerate(run):
            if place == stop_after:
                sending.stop()
    except JournalError:
        assert step == "resume"


def write(file: Path, text: str) -> None:
    """Write a file."""
    file.write_text(text)
