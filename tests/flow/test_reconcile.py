"""What became of a message whose answer was lost."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from seven_async import (
    AsyncSeven,
    Clock,
    NotSentError,
    OutcomeUnknownError,
    ReconciledState,
    Seven,
    SevenError,
    TransportError,
)
from seven_async.sandbox import Sandbox
from seven_async.sandbox.faults import Drop

HOUR_S = 3600.0
DAY_S = 86_400.0
NOW_S = 1_780_000_000.0


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway with other messages in its journal, too."""
    return Sandbox()


async def lost(seven: AsyncSeven, sandbox: Sandbox, to: str | list[str], drop: Drop) -> SevenError:
    """The error of a send that meets this fault."""
    with sandbox.fault("POST /sms", drop=drop), pytest.raises(OutcomeUnknownError) as caught:
        await seven.sms.send(to, "Hi")
    return caught.value


async def test_a_message_that_was_processed_is_found(sandbox: Sandbox) -> None:
    """A lost answer to an accepted message reconciles to its journal entry, among others."""
    async with AsyncSeven(**sandbox.options) as seven:
        for number in range(130):
            await seven.sms.send(f"+4917112340{number:03}", "others")
        error = await lost(seven, sandbox, "+491711234567", drop="after")
        found = await seven.reconcile(error)

    assert ReconciledState.ACCEPTED == found.state
    assert [error.foreign_id] == [entry.foreign_id for entry in found.entries]
    assert ["491711234567"] == [entry.to for entry in found.entries]


async def test_a_message_that_was_not_processed_is_not_found(sandbox: Sandbox) -> None:
    """A connection that broke before the gateway worked leaves nothing in the journal."""
    async with AsyncSeven(**sandbox.options) as seven:
        error = await lost(seven, sandbox, "+491711234567", drop="before")
        found = await seven.reconcile(error)

    assert ReconciledState.NOT_FOUND == found.state
    assert () == found.entries


async def test_every_recipient_of_a_lost_send_has_its_entry(sandbox: Sandbox) -> None:
    """One request to several recipients is found with an entry for each of them."""
    async with AsyncSeven(**sandbox.options) as seven:
        error = await lost(seven, sandbox, ["+491711234567", "+491711234568"], drop="after")
        found = await seven.reconcile(error)

    assert {"491711234567", "491711234568"} == {entry.to for entry in found.entries}


@pytest.mark.parametrize(
    ("drop", "state", "texts"),
    [
        ("before", ReconciledState.UNKNOWN, ["confirmed"]),
        ("after", ReconciledState.ACCEPTED, ["Hi"]),
    ],
)
async def test_another_message_with_the_same_reference_is_not_taken_for_it(
    sandbox: Sandbox, drop: Drop, state: ReconciledState, texts: list[str]
) -> None:
    """An order's number stands on its confirmation; that proves nothing of its invoice."""
    async with AsyncSeven(**sandbox.options) as seven:
        await seven.sms.send("+491711234567", "confirmed", foreign_id="order-7")
        with sandbox.fault("POST /sms", drop=drop), pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send("+491711234567", "Hi", foreign_id="order-7")
        found = await seven.reconcile(caught.value)

    assert state == found.state
    assert texts == [entry.text for entry in found.entries]


async def test_an_error_that_lay_over_the_holidays_finds_its_message() -> None:
    """A lost send to one number is found ten days later: nobody is told to send it again."""
    now_s = [1_700_000_000.0]
    sandbox = Sandbox(now=lambda: now_s[0])
    clock = Clock(now=lambda: now_s[0])
    async with AsyncSeven(**sandbox.options, clock=clock) as seven:
        error = await lost(seven, sandbox, "+491711234567", drop="after")
        now_s[0] += 10 * 86_400
        found = await seven.reconcile(error)

    assert ReconciledState.ACCEPTED == found.state


@pytest.mark.parametrize("off_s", [40 * DAY_S, 3 * HOUR_S, -3 * HOUR_S, -40 * DAY_S, -NOW_S])
@pytest.mark.parametrize("recipients", [1, 2, 30])
async def test_a_clock_that_is_off_hides_no_message(off_s: float, recipients: int) -> None:
    """The days that the journal is asked for are the gateway's, for one recipient and for many."""
    sandbox = Sandbox(now=lambda: NOW_S)
    clock = Clock(now=lambda: NOW_S + off_s)
    async with AsyncSeven(**sandbox.options, clock=clock) as seven:
        numbers = [f"+4917112345{place:02}" for place in range(recipients)]
        error = await lost(seven, sandbox, numbers, drop="after")
    async with AsyncSeven(**sandbox.options, clock=clock) as later:
        found = await later.reconcile(error)

    assert ReconciledState.ACCEPTED == found.state
    assert recipients == len(found.entries)


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ("Your  table\nis ready ", ReconciledState.ACCEPTED),
        ("Your table is ready https://svn.me/x", ReconciledState.UNKNOWN),
        ("", ReconciledState.UNKNOWN),
    ],
)
async def test_a_text_that_the_gateway_changed(
    sandbox: Sandbox, shown: str, state: ReconciledState
) -> None:
    """With your reference, blanks may differ; what else differs may be another message."""
    async with AsyncSeven(**sandbox.options) as seven:
        with sandbox.fault("POST /sms", drop="after"), pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send("+491711234567", "Your table is ready", foreign_id="table-12")
        sandbox.ledger[0].text = shown
        found = await seven.reconcile(caught.value)

    assert state == found.state
    assert 1 == len(found.entries)


async def test_a_text_that_the_gateway_changed_behind_a_reference_of_ours(sandbox: Sandbox) -> None:
    """A reference that was made here is on no other message: the text is not asked."""
    async with AsyncSeven(**sandbox.options) as seven:
        error = await lost(seven, sandbox, "+491711234567", drop="after")
        sandbox.ledger[0].text = "Hi, shortened"
        found = await seven.reconcile(error)

    assert ReconciledState.ACCEPTED == found.state


async def test_a_template_has_no_text_that_could_agree(sandbox: Sandbox) -> None:
    """Your reference alone does not prove that a WhatsApp template was accepted."""
    async with AsyncSeven(**sandbox.options) as seven:
        with sandbox.fault("POST", drop="after"), pytest.raises(OutcomeUnknownError) as caught:
            await seven.waba.send_template(
                "+491711234567", "hello", "en", from_="4915112345678", foreign_id="order-7"
            )
        found = await seven.reconcile(caught.value)

    assert ReconciledState.UNKNOWN == found.state
    assert 1 == len(found.entries)


async def test_your_reference_on_another_recipient_is_another_message(sandbox: Sandbox) -> None:
    """One reference for a whole mailing: what somebody else got proves nothing."""
    async with AsyncSeven(**sandbox.options) as seven:
        await seven.sms.send("+491711234568", "Hi", foreign_id="mailing")
        with (
            sandbox.fault("POST /sms", drop="before"),
            pytest.raises(OutcomeUnknownError) as caught,
        ):
            await seven.sms.send("+491711234567", "Hi", foreign_id="mailing")
        found = await seven.reconcile(caught.value)

    assert ReconciledState.NOT_FOUND == found.state


async def test_a_gateway_that_tells_no_time_is_asked_for_all_days(sandbox: Sandbox) -> None:
    """Without a `Date` nobody knows which days to ask for, so none are left out."""
    ahead = Clock(now=lambda: time.time() + 500 * DAY_S)
    async with AsyncSeven(**sandbox.options, clock=ahead) as seven:
        error = await lost(seven, sandbox, "+491711234567", drop="after")
        seven.gateway_time.note = lambda *_: None  # type: ignore[method-assign]
        found = await seven.reconcile(error)

    assert ReconciledState.ACCEPTED == found.state


async def test_a_delayed_message_that_is_not_found_stays_unknown(sandbox: Sandbox) -> None:
    """Nobody says when the journal gets a message that goes out tomorrow."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with AsyncSeven(**sandbox.options) as seven:
        with (
            sandbox.fault("POST /sms", drop="before"),
            pytest.raises(OutcomeUnknownError) as caught,
        ):
            await seven.sms.send("+491711234567", "Hi", delay=tomorrow)
        found = await seven.reconcile(caught.value)

    assert ReconciledState.UNKNOWN == found.state


async def test_what_never_left_is_not_looked_up(sandbox: Sandbox) -> None:
    """An error that proves that nothing was sent is answered without the journal."""
    error = NotSentError("refused")
    error.foreign_id = "mine"
    rule = sandbox.fault("GET /journal/outbound", status=500)
    async with AsyncSeven(**sandbox.options) as seven:
        found = await seven.reconcile(error)

    assert ReconciledState.NOT_FOUND == found.state
    assert 0 == rule.calls


async def test_a_call_has_no_reference_in_the_journal(sandbox: Sandbox) -> None:
    """The voice journal keeps no foreign_id: nothing found proves nothing."""
    async with AsyncSeven(**sandbox.options) as seven:
        with (
            sandbox.fault("POST /voice", drop="after"),
            pytest.raises(OutcomeUnknownError) as caught,
        ):
            await seven.voice.send("+491711234567", "Hello")
        found = await seven.reconcile(caught.value)

    assert ReconciledState.UNKNOWN == found.state


async def test_an_error_without_reference_stays_unknown(sandbox: Sandbox) -> None:
    """Only what was sent with a foreign_id can be looked up."""
    async with AsyncSeven(**sandbox.options) as seven:
        found = await seven.reconcile(TransportError("lost"))

    assert ReconciledState.UNKNOWN == found.state


def test_the_blocking_client_reconciles_as_well(sandbox: Sandbox) -> None:
    """The same answer without await."""
    with Seven(**sandbox.options) as seven:
        with (
            sandbox.fault("POST /sms", drop="after"),
            pytest.raises(OutcomeUnknownError) as caught,
        ):
            seven.sms.send("+491711234567", "Hi")

        assert ReconciledState.ACCEPTED == seven.reconcile(caught.value).state
