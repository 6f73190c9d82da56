"""A campaign sends every message once, tells what became of each, and counts them."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from seven_async import (
    AuthenticationError,
    ConfigurationError,
    GetBalance,
    InsufficientCreditError,
    InvalidParameterError,
    InvalidRequestError,
    SendRcs,
    SendSms,
    SendTemplate,
    SendVoice,
)
from seven_async.campaign import Campaign, Fallback, PausedError, Reason, State, read_csv
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, blocking, number, texts


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


async def sent(sandbox: Sandbox, messages, **settings):
    """The entries of a campaign, and its report."""
    async with awaiting(sandbox) as seven, Campaign(seven, **settings) as campaign:
        entries = [entry async for entry in campaign.send(messages)]
        return entries, campaign.report()


async def trickled(messages):
    """The messages of an iterable, from an async one that really waits."""
    for message in messages:
        await anyio.lowlevel.checkpoint()
        yield message


@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize("through", [iter, list, trickled], ids=["iterator", "list", "async"])
async def test_every_message_goes_out_once(sandbox, through, batch):
    """Whatever kind of iterable they come from, messages and entries are the same number."""
    entries, report = await sent(sandbox, through(texts(300)), batch=batch)

    assert {number(place) for place in range(300)} == {entry.recipient for entry in entries}
    assert {State.ACCEPTED} == {entry.state for entry in entries}
    assert 300 == accepted_once(sandbox) == report.given == report.accepted


def test_blocking_client_sends_the_same(sandbox):
    """Without await, with the input pulled in the caller's thread."""
    import threading

    pulling: set[int] = set()

    def pulled():
        for message in texts(300):
            pulling.add(threading.get_ident())
            yield message

    with blocking(sandbox) as seven, Campaign(seven) as campaign:
        entries = list(campaign.send(pulled()))
        report = campaign.report()

    assert {threading.get_ident()} == pulling
    assert 300 == accepted_once(sandbox) == report.accepted == len(entries)


async def test_same_text_shares_requests(sandbox):
    """Recipients of one text go out in batches, each with a receipt of its own."""
    entries, _ = await sent(sandbox, texts(100, "Hi"), batch=10)

    requests = {entry.foreign_id for entry in entries}
    own = [entry.receipt.messages[0].recipient for entry in entries]
    assert 10 == len(requests)
    assert [entry.recipient.removeprefix("+") for entry in entries] == own


async def test_names_go_alone(sandbox):
    """The name of a contact or group never shares a request: its answer has other recipients."""
    messages = [SendSms("Friends", "Hi"), *texts(3, "Hi"), SendSms("0171234567", "Hi")]
    entries, _ = await sent(sandbox, messages, batch=10)

    by_recipient = {entry.recipient: entry.foreign_id for entry in entries}
    assert 3 == len(set(by_recipient.values()))
    assert 1 == len({by_recipient[number(place)] for place in range(3)})


async def test_refused_recipient_leaves_the_others_alone(sandbox):
    """In a batch each recipient has an outcome of its own."""
    messages = [*texts(4, "Hi"), SendSms("+4915550000202", "Hi"), SendSms("+4915550000600", "Hi")]
    entries, report = await sent(sandbox, messages, batch=10)

    found = {entry.recipient[-4:]: entry for entry in entries}
    assert 4 == report.accepted
    assert State.REJECTED is found["0202"].state
    assert isinstance(found["0202"].error, InvalidParameterError)
    assert State.UNKNOWN is found["0600"].state
    assert {"InvalidParameterError 202": 1, "GatewayError 600": 1} == report.reasons


async def test_batch_refused_for_one_recipient_goes_out_one_by_one(sandbox):
    """A code that one recipient may have caused does not keep the message from the others."""
    sandbox.fault("POST /sms", code=202, nth=1)
    _, report = await sent(sandbox, texts(10, "Hi"), batch=10)

    assert 10 == report.accepted == accepted_once(sandbox)


async def test_message_to_several_is_split(sandbox):
    """Each recipient of a list has an entry, whether a list or commas separate them."""
    messages = [SendSms([number(1), number(2)], "Hi"), SendSms(f"{number(3)}, {number(4)}", "Ho")]
    entries, _ = await sent(sandbox, messages)

    assert {number(place) for place in (1, 2, 3, 4)} == {entry.recipient for entry in entries}
    assert 4 == accepted_once(sandbox)


async def test_what_cannot_be_sent_is_refused(sandbox):
    """What is no message or has no recipient becomes an entry, and the rest goes out."""
    messages = [SendSms("+49", "Hi"), GetBalance(), SendSms(number(1), "Hi")]
    entries, report = await sent(sandbox, messages)

    refused = [entry for entry in entries if entry.state is State.REFUSED]
    assert 2 == len(refused) == report.refused
    assert all(isinstance(entry.error, InvalidRequestError) for entry in refused)
    assert 1 == report.accepted


async def test_rows_of_a_file_keep_their_lines(sandbox, tmp_path):
    """Entries of a file carry its lines, refused rows included, and the counts add up to it."""
    file = tmp_path / "people.csv"
    file.write_text("phone,name\n+491701111111,Ann\nletters,Bob\n+491702222222,Cem\n")
    messages = read_csv(file, text="Hi {name}")
    entries, report = await sent(sandbox, messages)

    by_line = {entry.line: entry.state for entry in entries}
    assert {2: State.ACCEPTED, 3: State.REFUSED, 4: State.ACCEPTED} == by_line
    assert 3 == report.given == report.accepted + report.refused


async def test_no_number_or_text_is_shown(sandbox):
    """The repr of an entry masks the recipient and leaves the text out."""
    entries, _ = await sent(sandbox, [SendSms("+491701234567", "Secret")])

    assert "1701234567" not in repr(entries[0])
    assert "Secret" not in repr(entries[0])


async def test_wrong_key_ends_the_campaign(sandbox):
    """An error that every message would meet is raised, not repeated for each of them."""
    async with awaiting(sandbox, api_key="wrong") as seven, Campaign(seven) as campaign:
        with pytest.raises(AuthenticationError):
            async for _ in campaign.send(texts(10_000)):
                pass

        assert campaign.report().given < 200


async def test_empty_account_pauses(sandbox):
    """Out of credit is one pause, not a failure for every message that is left."""
    sandbox = Sandbox(balance="3.75")  # fifty messages
    async with awaiting(sandbox, concurrency=4) as seven, Campaign(seven, batch=1) as campaign:
        with pytest.raises(PausedError) as raised:
            async for _ in campaign.send(texts(10_000)):
                pass
        report = campaign.report()

    assert Reason.CREDIT is raised.value.reason
    assert 50 == report.accepted == accepted_once(sandbox)
    assert report.skipped <= 4
    assert InsufficientCreditError.__name__ + " 500" in report.reasons


async def test_next_form_is_tried_when_refused(sandbox):
    """A Fallback goes on for a recipient whom the gateway refused, on another channel."""
    sandbox.fault("POST /rcs/messages", recipient=number(1), code=202)
    messages = [
        Fallback(SendRcs(number(place), "Hi"), SendSms(number(place), "Hi")) for place in (1, 2)
    ]
    entries, _ = await sent(sandbox, messages)

    by_recipient = {entry.recipient: (entry.channel, entry.state) for entry in entries}
    assert ("sms", State.ACCEPTED) == by_recipient[number(1)]
    assert ("rcs", State.ACCEPTED) == by_recipient[number(2)]
    assert 2 == accepted_once(sandbox)


async def test_next_form_is_not_tried_when_unknown(sandbox):
    """A Fallback stops where the first form may have been sent."""
    sandbox.fault("POST /rcs/messages", status=503)
    entries, _ = await sent(sandbox, [Fallback(SendRcs(number(1), "Hi"), SendSms(number(1), "Hi"))])

    assert [("rcs", State.UNKNOWN)] == [(entry.channel, entry.state) for entry in entries]
    assert 0 == accepted_once(sandbox)


async def test_every_channel_goes_in_one_stream(sandbox):
    """SMS, RCS, WhatsApp and voice go out side by side, each by its own row of the table."""
    messages = [
        SendSms(number(1), "Hi"),
        SendRcs(number(2), "Hi"),
        SendVoice(number(3), "Hi"),
        SendTemplate(number(4), "hello", "en", from_="4915112345678"),
    ]
    entries, _ = await sent(sandbox, messages)

    assert {"sms", "rcs", "voice", "waba"} == {entry.channel for entry in entries}
    assert {State.ACCEPTED} == {entry.state for entry in entries}


async def test_lost_answer_is_looked_up(sandbox):
    """A message whose answer was lost is found in the gateway's journal, and accepted."""
    sandbox.fault("POST /sms", nth=1, drop="after")
    entries, report = await sent(sandbox, texts(1))

    assert [State.ACCEPTED] == [entry.state for entry in entries]
    assert 1 == report.accepted == accepted_once(sandbox)


async def test_lost_request_is_sent_once_more_under_the_lock(sandbox):
    """An SMS that the gateway's journal does not have goes out again; others are left unknown."""
    sandbox.fault("POST /sms", nth=1, drop="before")
    sandbox.fault("POST /rcs/messages", nth=1, drop="before")
    messages = [SendSms(number(1), "Hi"), SendRcs(number(2), "Hi")]
    entries, _ = await sent(sandbox, messages, reload_lock=True)

    assert {"sms": State.ACCEPTED, "rcs": State.UNKNOWN} == {
        entry.channel: entry.state for entry in entries
    }
    assert 1 == accepted_once(sandbox)


async def test_lock_proves_that_the_first_was_accepted(sandbox):
    """If the gateway's journal lags behind, the refusal of a duplicate tells."""
    sandbox.fault("POST /sms", nth=1, drop="after")
    sandbox.fault("GET /journal/outbound", status=200, body="[]")
    entries, _ = await sent(sandbox, texts(1), reload_lock=True)

    assert [State.ACCEPTED] == [entry.state for entry in entries]
    assert 1 == accepted_once(sandbox)


async def test_repetition_that_did_not_leave_proves_nothing(sandbox, tmp_path):
    """A message in doubt stays so when its repetition cannot leave: the first was accepted here."""
    sandbox.fault("POST /sms", nth=1, drop="after")
    sandbox.fault("POST /sms", nth=2, drop="connect")
    sandbox.fault("GET /journal/outbound", status=200, body="[]")
    journal = tmp_path / "campaign.db"
    async with awaiting(sandbox, retry=None) as seven:
        async with Campaign(seven, journal=journal, reload_lock=True) as campaign:
            states = [entry.state async for entry in campaign.send(texts(1))]
        async with Campaign(seven, journal=journal) as campaign:
            states += [entry.state async for entry in campaign.send(texts(1))]

    assert [State.UNKNOWN, State.UNKNOWN] == states
    assert 1 == accepted_once(sandbox)


@pytest.mark.parametrize("declared", [{}, {"reload_lock": None}, {"reload_lock": False}], ids=str)
async def test_without_lock_nothing_is_sent_again(sandbox, declared):
    """Unless the caller declared that the account has the reload lock, a lost SMS stays unknown."""
    sandbox.fault("POST /sms", nth=1, drop="before")
    entries, _ = await sent(sandbox, texts(1), **declared)

    assert [State.UNKNOWN] == [entry.state for entry in entries]
    assert 0 == accepted_once(sandbox)


async def test_suppressed_recipient_gets_nothing(sandbox):
    """An opt-out holds in every spelling, and shows up as skipped."""
    messages = [SendSms("0049 170 1234567", "Hi"), SendSms(number(1), "Hi")]
    entries, report = await sent(sandbox, messages, suppress=["+491701234567"])

    assert {"suppressed": 1} == report.reasons
    assert {State.SKIPPED, State.ACCEPTED} == {entry.state for entry in entries}
    assert 1 == accepted_once(sandbox)


def test_forms_of_a_fallback_go_to_one_recipient():
    """Two recipients or twice the same channel is a mistake, told at once."""
    with pytest.raises(InvalidRequestError, match="one and the same recipient"):
        Fallback(SendSms("1234567", "Hi"), SendSms("7654321", "Hi"))
    with pytest.raises(InvalidRequestError, match="another channel"):
        Fallback(SendSms("1234567", "Hi"), SendSms("1234567", "Ho"))


async def test_what_the_input_raises_reaches_the_caller(sandbox):
    """An error of the caller's own iterable comes out of the caller's loop, after the entries."""

    def broken():
        yield from texts(5)
        raise LookupError("no more rows")

    async with awaiting(sandbox) as seven, Campaign(seven) as campaign:
        entries = campaign.send(broken())
        got = [await anext(entries) for _ in range(5)]
        with pytest.raises(LookupError):
            await anext(entries)

    assert accepted_once(sandbox) == len(got)


def test_what_the_input_raises_reaches_the_blocking_caller(sandbox):
    """The same without await; what had been read before goes out."""

    def broken():
        yield from texts(5)
        raise LookupError("no more rows")

    with blocking(sandbox) as seven, Campaign(seven) as campaign:
        entries = campaign.send(broken())
        got = [next(entries) for _ in range(5)]
        with pytest.raises(LookupError):
            next(entries)

    assert accepted_once(sandbox) == len(got)


async def test_wrong_colour_is_refused(sandbox):
    """Each colour of the client has its own way to open a campaign, and the error names it."""
    with pytest.raises(ConfigurationError, match="async with"):
        Campaign(awaiting(sandbox)).__enter__()
    with pytest.raises(ConfigurationError, match="`with"):
        await Campaign(blocking(sandbox)).__aenter__()
    with pytest.raises(ConfigurationError, match="AsyncSeven or Seven"):
        Campaign(object())


async def test_unopened_campaign_says_so(sandbox):
    """Sending without `async with` is refused with the line that is missing."""
    with pytest.raises(ConfigurationError, match="async with Campaign"):
        async for _ in Campaign(awaiting(sandbox)).send(texts(1)):
            pass


async def test_one_message_instead_of_many_is_refused(sandbox):
    """A single message is no iterable, and the error says what would be one."""
    async with awaiting(sandbox) as seven, Campaign(seven) as campaign:
        with pytest.raises(TypeError, match="iterable"):
            async for _ in campaign.send(SendSms(number(1), "Hi")):
                pass


async def test_blocking_campaign_works_where_an_event_loop_runs(sandbox: Sandbox, tmp_path: Path):
    """A `Seven` has a loop of its own, whatever kind of loop its caller is on."""
    journal = tmp_path / "spring.db"

    with blocking(sandbox) as seven, Campaign(seven, "spring", journal=journal) as campaign:
        states = [entry.state for entry in campaign.send([SendSms("+491711234567", "Hi")])]

    assert [State.ACCEPTED] == states
    assert 1 == len(sandbox.ledger)
