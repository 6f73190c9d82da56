"""Lost messages of a campaign are told from others with the same reference, number or text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from seven_async import BootTime, Clock, SendRcs, SendSms, SendTemplate, SendVoice
from seven_async.campaign import Campaign
from seven_async.campaign.journal.place import to_place
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, number

GRACE_S = 660.0


class Desk:
    """A gateway and a machine with the same time, and a journal that goes from run to run."""

    def __init__(self, journal: Path | str) -> None:
        self.now_s = 1_780_000_000.0
        self.sandbox = Sandbox(now=lambda: self.now_s)
        self.clock = Clock(
            now=lambda: self.now_s,
            monotonic=lambda: self.now_s,
            sleep=lambda _: anyio.lowlevel.checkpoint(),
            boot_time=lambda: BootTime("this start", self.now_s),
        )
        self.journal = journal

    async def send(self, *messages: Any, **settings: Any) -> list[str]:
        """Reason or state of each message."""
        async with (
            awaiting(self.sandbox, clock=self.clock) as seven,
            Campaign(seven, journal=self.journal, **settings) as campaign,
        ):
            entries = [entry async for entry in campaign.send(messages)]
            return [entry.reason or entry.state.value for entry in entries]

    async def send_alone(self, message: SendSms) -> None:
        """Send a message that belongs to no campaign."""
        async with awaiting(self.sandbox, clock=self.clock) as seven:
            await seven.sms.send(message.to, message.text, foreign_id=message.foreign_id)

    async def lose(self, *messages: Any, how: str = "before", journal_answers: bool = True) -> None:
        """Send with a connection that breaks before or after the gateway has worked."""
        faults = [self.sandbox.fault("POST", drop=how)]
        if not journal_answers:
            faults.append(self.sandbox.fault("GET", status=503))
        states = await self.send(*messages)
        for fault in faults:
            fault.remove()
        assert {"TransportError"} == set(states)


@pytest.fixture
def desk(journal: Path | str) -> Desk:
    """One for each test."""
    return Desk(journal)


CONFIRMATION = SendSms(number(1), "Your order is confirmed", foreign_id="order-7")
INVOICE = SendSms(number(1), "Your invoice", foreign_id="order-7")


@pytest.mark.parametrize("journal_answers", [True, False])
async def test_earlier_message_with_the_same_reference_is_not_taken_for_it(
    desk: Desk, journal_answers: bool
):
    """An invoice that never arrived is not `accepted`, neither at once nor in a later run."""
    await desk.send_alone(CONFIRMATION)
    await desk.lose(INVOICE, journal_answers=journal_answers)
    desk.now_s += GRACE_S

    assert ["similar message found"] == await desk.send(INVOICE)
    assert ["accepted"] == await desk.send(INVOICE, resend_unknown=True)
    assert ["Your order is confirmed", "Your invoice"] == [one.text for one in desk.sandbox.ledger]


@pytest.mark.parametrize("journal_answers", [True, False])
async def test_own_text_behind_a_shared_reference_is_found(desk: Desk, journal_answers: bool):
    """The invoice that did arrive is told from the confirmation by its text."""
    await desk.send_alone(CONFIRMATION)
    with desk.sandbox.fault("POST", drop="after"):
        if not journal_answers:
            with desk.sandbox.fault("GET", status=503):
                await desk.send(INVOICE)
        else:
            assert ["accepted"] == await desk.send(INVOICE)

    assert ["served before"] == await desk.send(INVOICE)
    assert 2 == len(desk.sandbox.ledger)


async def test_text_that_the_gateway_changed_is_not_sent_again(desk: Desk):
    """Found under the caller's similar message found: that is in doubt, not absent."""
    await desk.lose(INVOICE, how="after", journal_answers=False)
    desk.sandbox.ledger[0].text = "Your invoice https://svn.me/x"
    desk.now_s += GRACE_S

    assert ["similar message found"] == await desk.send(INVOICE)
    assert 1 == len(desk.sandbox.ledger)


async def test_one_reference_for_a_whole_mailing(desk: Desk):
    """Who is not in the gateway's journal gets the message; what others got is no doubt."""
    mailing = [SendSms(number(place), "Hi", foreign_id="spring") for place in range(30)]
    await desk.send(*mailing[:15])
    await desk.lose(*mailing[15:])
    desk.now_s += GRACE_S

    assert ["accepted"] * 15 == sorted(await desk.send(*mailing[15:]))
    assert 30 == len({entry.to for entry in desk.sandbox.ledger}) == len(desk.sandbox.ledger)


async def test_batch_that_was_accepted_in_part(desk: Desk):
    """Of a lost request, those are sent again whom the gateway's journal does not have."""
    batch = [SendSms(number(place), "Hi") for place in range(6)]
    await desk.lose(*batch, how="after", journal_answers=False)
    for entry in list(desk.sandbox.ledger)[4:]:
        entry.cancelled = True  # as if the gateway had never got so far
    desk.now_s += GRACE_S
    first = await desk.send(*batch)
    second = await desk.send(*batch)

    assert ["accepted", "accepted", *["served before"] * 4] == sorted(first)
    assert ["served before"] * 6 == second


@pytest.mark.parametrize("spelling", ["", "+52 155 1234 5678"])
async def test_recipient_that_the_gateway_writes_otherwise_is_in_doubt(desk: Desk, spelling: str):
    """Our reference on a number that nobody asked for: that may be the recipient, rewritten."""
    batch = [SendSms(number(place), "Hi") for place in range(25)]
    await desk.lose(*batch, how="after", journal_answers=False)
    desk.sandbox.ledger[3].to = spelling
    desk.now_s += GRACE_S
    reasons = await desk.send(*batch, batch=25)

    assert [*["served before"] * 24, "similar message found"] == sorted(reasons)
    assert 25 == len(desk.sandbox.ledger)


class Asked(httpx.AsyncBaseTransport):
    """Leads to a sandbox, and notes which days of its journal are asked for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.days: list[str | None] = []
        self._carrier = sandbox.transport
        self.gateway_id = self._carrier.gateway_id

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note the day, and pass the request on."""
        if request.url.path.endswith("/journal/outbound"):
            self.days.append(request.url.params.get("date_from"))
        return await self._carrier.handle_async_request(request)


async def test_days_asked_for_are_the_gateways(desk: Desk):
    """The gateway's time is learnt first: with it, few days of its journal are read."""
    message = SendSms("Anna", "Hi", foreign_id="anna-1")
    await desk.lose(message, journal_answers=False)
    asked = Asked(desk.sandbox)
    with to_place(desk.journal).open_for_change() as database:
        database.execute("UPDATE message SET gateway_at = NULL")
    async with (
        awaiting(desk.sandbox, clock=desk.clock, transport=asked) as seven,
        Campaign(seven, journal=desk.journal) as campaign,
    ):
        await anext(campaign.send([message]))

    assert [None, "2026-05-25"] == asked.days


REMINDER = SendVoice(number(1), "Your appointment is tomorrow")


async def test_earlier_call_with_the_same_text_is_not_taken_for_it(desk: Desk):
    """Calls have no reference in their journal: the call of an hour ago is another one."""
    async with awaiting(desk.sandbox, clock=desk.clock) as seven:
        await seven.voice.send(REMINDER.to, REMINDER.text)
    desk.now_s += 3600.0
    await desk.lose(REMINDER, journal_answers=False)
    desk.now_s += 60.0

    assert ["similar message found"] == await desk.send(REMINDER)
    assert 1 == len(desk.sandbox.ledger)


async def test_call_that_was_made_is_found_by_number_text_and_time(desk: Desk):
    """The time is proven, so the call that fits is the one in doubt."""
    await desk.lose(REMINDER, how="after", journal_answers=False)
    desk.now_s += 86_400.0

    assert ["served before"] == await desk.send(REMINDER)
    assert 1 == len(desk.sandbox.ledger)


@pytest.mark.parametrize("lock", [None, False])
@pytest.mark.parametrize("waited_s", [1.0, 100.0, 170.0, 590.0])
async def test_nothing_is_sent_again_before_the_grace_period(
    desk: Desk, lock: bool | None, waited_s: float
):
    """Without a declared lock, a journal that lags would make one message two."""
    desk.sandbox = Sandbox(now=lambda: desk.now_s, reload_lock=False, journal_lag_s=595.0)
    await desk.lose(SendSms(number(1), "Hi"), how="after", journal_answers=False)
    desk.now_s += waited_s

    assert ["in doubt"] == await desk.send(SendSms(number(1), "Hi"), reload_lock=lock)
    desk.now_s += 600.0
    assert ["served before"] == await desk.send(SendSms(number(1), "Hi"), reload_lock=lock)
    assert 1 == len(desk.sandbox.ledger)


async def test_scheduled_message_is_waited_for_by_the_gateways_clock(desk: Desk):
    """A clock that is a day ahead does not make it due: the gateway's journal has it later."""
    message = SendSms(number(1), "Hi", delay=int(desk.now_s + 7200))
    await desk.lose(message, how="after", journal_answers=False)
    right, desk.clock = (
        desk.clock,
        Clock(
            now=lambda: desk.now_s + 86_400.0,
            monotonic=desk.clock.monotonic,
            boot_time=desk.clock.boot_time,
        ),
    )
    desk.now_s += 3600.0
    ahead = await desk.send(message)
    desk.clock = right
    desk.now_s += 3601.0

    assert ["in doubt", "served before"] == [*ahead, *await desk.send(message)]
    assert 1 == len(desk.sandbox.ledger)


@pytest.mark.parametrize("kind", [SendRcs, SendSms])
async def test_message_that_is_found_has_the_gateways_id(desk: Desk, kind: Any):
    """Delivery reports find it by that."""
    await desk.lose(kind(number(1), "Hi"), how="after", journal_answers=False)
    await desk.send(kind(number(1), "Hi"))
    with to_place(desk.journal).open_for_change() as database:
        ids = list(database.execute("SELECT message_id FROM message"))

    assert [(desk.sandbox.ledger[0].id,)] == ids


async def test_template_with_a_callers_reference_stays_unknown(desk: Desk):
    """A template has no text to compare: the reference may be on another message."""
    template = SendTemplate(number(1), "hello", "en", from_="4915112345678", foreign_id="order-7")
    await desk.lose(template, how="after", journal_answers=False)

    assert ["similar message found"] == await desk.send(template)
