"""A campaign with a journal serves nobody twice, and goes on where it was."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing

import anyio
import attrs
import pytest

from seven_async import Clock, SendRcs, SendSms, SendTemplate, SendVoice
from seven_async.campaign import Campaign, Fallback, JournalError, JournalLockedError, State
from seven_async.campaign.inputs.message import channel_of
from seven_async.campaign.journal.place import to_place
from seven_async.sandbox import Sandbox
from tests.campaign.conftest import FILE_ONLY
from tests.campaign.gateways import accepted_once, awaiting, blocking, number, texts


async def at_once(seconds):
    """A sleep that does not."""
    await anyio.lowlevel.checkpoint()


class Watch:
    """A clock that is set by hand, for the client and the gateway alike."""

    def __init__(self) -> None:
        self.now_s = 1_750_000_000.0

    def now(self) -> float:
        """Unix seconds."""
        return self.now_s


@pytest.fixture
def watch() -> Watch:
    """The time."""
    return Watch()


@pytest.fixture
def sandbox(watch) -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox(now=watch.now)


@pytest.fixture
def send(sandbox, watch, journal):
    """Sends messages with a journal: their states, and the report."""

    async def sent(messages, **settings):
        clock = Clock(now=watch.now, sleep=at_once)
        async with (
            awaiting(sandbox, clock=clock) as seven,
            Campaign(seven, **{"journal": journal, **settings}) as campaign,
        ):
            states = [entry.state.value async for entry in campaign.send(messages)]
            return states, campaign.report()

    return sent


async def test_nobody_is_served_twice(sandbox, send):
    """The same messages once more send nothing, and the report is the same."""
    _, first = await send(texts(50))
    states, second = await send(texts(50))

    assert ["skipped"] * 50 == states
    assert 50 == accepted_once(sandbox)
    assert first == second


async def test_new_rows_are_sent_alone(sandbox, send):
    """Of an input that has grown, only what is new goes out."""
    await send(texts(50))
    states, report = await send(texts(60))

    assert 10 == states.count("accepted")
    assert 60 == report.given == report.accepted == accepted_once(sandbox)


async def test_duplicates_are_found(sandbox, send):
    """The same recipient in another spelling is skipped, in one run and in the next."""
    messages = [
        SendSms("+491701234567", "Hi"),
        SendSms("0049 170 1234567", "Hi"),
        SendSms("49170-1234567", "Ho"),
    ]
    states, report = await send(messages)
    _, again = await send(messages)

    assert ["accepted", "skipped", "skipped"] == sorted(states)
    assert {"duplicate": 2} == report.reasons == again.reasons
    assert 3 == report.given == again.given
    assert 1 == accepted_once(sandbox)


async def test_duplicates_in_one_batch_are_found(sandbox, send):
    """Two of the same number in one request are one message."""
    _, report = await send([SendSms(number(1), "Hi")] * 3, batch=10)

    assert 1 == report.accepted == accepted_once(sandbox)
    assert 2 == report.skipped


async def test_own_key_tells_messages_apart(sandbox, send):
    """With a key of one's own, a recipient may get two messages of one campaign."""
    messages = [SendSms(number(1), f"Invoice {place}", label=f"i{place}") for place in range(2)]
    _, report = await send(messages, key=lambda message: message.label)

    assert 2 == report.accepted == len(sandbox.ledger)


@pytest.mark.parametrize("key", [None, "", 7, float("nan")])
async def test_key_that_is_none_is_refused(sandbox, send, key):
    """What nobody could find again in the journal does not leave, in no run."""
    for _ in range(2):
        states, report = await send([SendSms(number(1), "Hi")], key=lambda _: key)

        assert (["refused"], 0) == (states, report.accepted)
    assert 0 == len(sandbox.ledger)


async def test_changed_text_is_told_not_sent(sandbox, send):
    """Who was served keeps the first text, unless asked otherwise."""
    await send(texts(2, "First"))
    states, report = await send(texts(2, "Second"))
    assert ["skipped", "skipped"] == states
    assert 2 == report.accepted == len(sandbox.ledger)

    states, _ = await send(texts(2, "Second"), resend_changed=True)
    assert ["accepted", "accepted"] == states
    assert 4 == len(sandbox.ledger)


async def test_reason_of_a_changed_text(sandbox, journal):
    """The entry of a changed text says so."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, journal=journal) as campaign,
    ):
        await anext(campaign.send(texts(1, "First")))
        changed = await anext(campaign.send(texts(1, "Second")))
        same = await anext(campaign.send(texts(1, "First")))

    assert ["text changed", "served before"] == [changed.reason, same.reason]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "served before"),
        ({"label": "autumn"}, "served before"),  # no recipient sees it
        ({"text": "Second"}, "text changed"),
        ({"flash": True}, "text changed"),
        ({"from_": "Other"}, "sender changed"),
        ({"from_": None}, "sender changed"),
        ({"text": "Second", "from_": "Other"}, "text and sender changed"),
    ],
    ids=str,
)
async def test_what_has_changed_is_named(sandbox, journal, changes, reason):
    """A message that differs from what was sent before says in what, in the plan as well."""
    first = SendSms(number(1), "First", from_="Acme")
    second = attrs.evolve(first, **changes)
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, journal=journal) as campaign,
    ):
        await anext(campaign.send([first]))
        plan = await campaign.plan([second])
        entry = await anext(campaign.send([second]))

    assert reason == entry.reason
    is_changed = reason != "served before"
    assert (1, int(is_changed)) == (plan.served, plan.changed)
    assert [f"served before, {reason}"] * is_changed == [one.reason for one in plan.problems]
    assert ("of them with another text or sender" in str(plan)) == is_changed


@pytest.mark.parametrize(
    ("text", "reason"), [("Hi", "served before"), ("Other", "text or sender changed")]
)
async def test_fingerprint_of_a_journal_of_before(sandbox, tmp_path, text, reason):
    """Journals of before have one fingerprint of text and sender: the same message is the same."""
    journal = tmp_path / "campaign.db"
    message = SendSms(number(1), "Hi", from_="Acme")
    digest = channel_of(SendSms).digest_of_both(message)
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        await anext(campaign.send([message]))
        with closing(sqlite3.connect(journal)) as database, database:
            database.execute("UPDATE message SET digest = ?", (digest,))
        entry = await anext(campaign.send([attrs.evolve(message, text=text)]))

    assert reason == entry.reason


async def test_rejected_is_not_tried_again(sandbox, send):
    """A refused recipient is passed over, until its text changes."""
    await send([SendSms("+4915550000202", "Hi")])
    states, report = await send([SendSms("+4915550000202", "Hi")])
    assert ["skipped"] == states
    assert 1 == report.rejected == report.given

    states, _ = await send([SendSms("+4915550000202", "Ho")])
    assert ["rejected"] == states


async def test_what_could_not_leave_is_sent_later(sandbox, send):
    """No connection is nobody's refusal: the next run sends it."""
    with sandbox.fault("POST /sms", drop="connect"):
        states, report = await send(texts(3), batch=1)
    assert ["skipped"] * 3 == states
    assert 3 == report.skipped == report.given

    states, report = await send(texts(3), batch=1)
    assert ["accepted"] * 3 == states
    assert 3 == report.accepted == accepted_once(sandbox)


async def test_suppressed_is_sent_once_it_is_not(sandbox, send):
    """A recipient who was held back is not lost for good."""
    _, report = await send(texts(2), suppress=[number(0)])
    assert {"suppressed": 1} == report.reasons

    _, report = await send(texts(2))
    assert 2 == report.accepted == accepted_once(sandbox)


async def test_refused_rows_count_once(sandbox, send):
    """What cannot be sent is counted for the latest input, not for each run."""
    messages = [SendSms("12", "Hi"), SendSms(number(1), "Hi")]
    await send(messages)
    _, report = await send(messages)

    assert (2, 1, 1) == (report.given, report.accepted, report.refused)


class Lost:
    """Sends whose answers are lost, and a gateway's journal that cannot be read meanwhile."""

    def __init__(self, sandbox: Sandbox, how: str) -> None:
        self._faults = [
            sandbox.fault("POST", drop=how),
            sandbox.fault("GET /journal/outbound", status=503),
            sandbox.fault("GET /journal/voice", status=503),
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for fault in self._faults:
            fault.remove()


MESSAGES = {
    "sms": SendSms(number(1), "Hi"),
    "rcs": SendRcs(number(1), "Hi"),
    "voice": SendVoice(number(1), "Hi"),
    "waba": SendTemplate(number(1), "hello", "en", from_="4915112345678"),
}
MINUTE_S = 60.0


@pytest.mark.parametrize("channel", MESSAGES)
async def test_lost_answer_is_found_in_the_next_run(sandbox, send, watch, channel):
    """What the gateway's journal has was accepted, on every channel."""
    with Lost(sandbox, "after"):
        states, _ = await send([MESSAGES[channel]])
    assert ["unknown"] == states

    watch.now_s += MINUTE_S
    states, report = await send([MESSAGES[channel]])
    assert ["skipped"] == states
    assert 1 == report.accepted == accepted_once(sandbox)


LATER = [
    ("sms", 0.5, True, "accepted"),  # under the reload lock
    ("sms", 0.5, None, "unknown"),  # nobody said that the account has one
    ("sms", 5, True, "unknown"),  # no lock any more, and the gateway's journal may lag
    ("sms", 11, None, "accepted"),  # it would be in the gateway's journal by now
    ("rcs", 0.5, True, "unknown"),  # no lock
    ("rcs", 11, None, "accepted"),
    ("voice", 11, True, "unknown"),  # nothing proves that there was no call
    ("waba", 11, True, "unknown"),
]


@pytest.mark.parametrize("case", LATER, ids=str)
async def test_lost_request_is_sent_again_where_that_is_safe(sandbox, send, watch, case):
    """What the gateway's journal does not have goes out again by the rule of its channel."""
    channel, minutes, lock, expected = case
    with Lost(sandbox, "before"):
        await send([MESSAGES[channel]])

    watch.now_s += minutes * MINUTE_S
    states, report = await send([MESSAGES[channel]], reload_lock=lock)
    assert [expected] == states
    assert (expected == "accepted") == (report.accepted == 1) == (len(sandbox.ledger) == 1)


@pytest.mark.parametrize("channel", MESSAGES)
async def test_unknown_is_sent_again_when_asked(sandbox, send, channel):
    """`resend_unknown` is the caller's word that once too often is better than never."""
    with Lost(sandbox, "before"):
        await send([MESSAGES[channel]])
    states, _ = await send([MESSAGES[channel]], resend_unknown=True)

    assert ["accepted"] == states
    assert 1 == len(sandbox.ledger)


async def test_journal_that_lags_does_not_serve_twice(sandbox, send, watch):
    """Under the reload lock, a gateway whose journal says nothing yet still refuses a second."""
    with Lost(sandbox, "after"):
        await send([MESSAGES["sms"]])
    watch.now_s += 30
    with sandbox.fault("GET /journal/outbound", status=200, body="[]"):
        states, report = await send([MESSAGES["sms"]], reload_lock=True)

    assert ["accepted"] == states
    assert 1 == report.accepted == accepted_once(sandbox)


async def test_third_attempt_counts_the_lock_from_the_first(sandbox, send, watch):
    """A repetition under the lock does not make the lock of the first attempt longer."""
    with Lost(sandbox, "after"):
        await send([MESSAGES["sms"]])
    watch.now_s += 100
    lagging = sandbox.fault("GET /journal/outbound", status=200, body="[]")
    with sandbox.fault("POST", drop="before"):
        await send([MESSAGES["sms"]], reload_lock=True)
    watch.now_s += 100
    states, _ = await send([MESSAGES["sms"]], reload_lock=True)
    lagging.remove()

    assert ["unknown"] == states
    assert 1 == accepted_once(sandbox)


async def test_changed_text_in_doubt_is_not_sent_under_the_lock(sandbox, send, watch):
    """The lock knows the text: another one would arrive beside the first."""
    with Lost(sandbox, "after"):
        await send(texts(1, "First"))
    watch.now_s += 30
    with sandbox.fault("GET /journal/outbound", status=200, body="[]"):
        states, _ = await send(texts(1, "Second"), reload_lock=True)

    assert ["unknown"] == states
    assert 1 == accepted_once(sandbox)


async def test_scheduled_message_in_doubt_is_left_alone(sandbox, send, watch):
    """The gateway's journal has a scheduled message only once it left: absence proves nothing."""
    message = SendSms(number(1), "Hi", delay=int(watch.now_s + 3600))
    with Lost(sandbox, "after"):
        await send([message])
    watch.now_s += 30 * MINUTE_S
    states, _ = await send([message])
    assert ["unknown"] == states

    watch.now_s += 60 * MINUTE_S
    _, report = await send([message])
    assert 1 == report.accepted == accepted_once(sandbox)


async def test_lost_batch_is_looked_up_as_a_whole(sandbox, send, watch):
    """Each recipient of a lost batch is found by its number and the batch's reference."""
    messages = [*texts(59, "Hi"), SendSms("+4915550000202", "Hi")]
    with Lost(sandbox, "after"):
        states, _ = await send(messages, batch=30)
    assert {"unknown"} == set(states)

    watch.now_s += 11 * MINUTE_S
    states, report = await send(messages, batch=30)
    assert 59 == report.accepted == accepted_once(sandbox)
    assert 1 == report.rejected


async def test_fallback_goes_on_at_the_form_it_was_at(sandbox, send, watch):
    """A message that had fallen back is not tried on its first channel again."""
    message = Fallback(MESSAGES["rcs"], MESSAGES["sms"])
    sandbox.fault("POST /rcs/messages", times=1, status=200, body='"202"')
    lost = sandbox.fault("POST /sms", drop="before")
    unreadable = sandbox.fault("GET /journal/outbound", status=503)
    states, _ = await send([message])
    assert ["unknown"] == states

    lost.remove()
    unreadable.remove()
    watch.now_s += 30
    states, report = await send([message], reload_lock=True)
    assert ["accepted"] == states
    assert ["SMS"] == [entry.channel for entry in sandbox.ledger]
    assert 1 == report.given


async def test_second_sender_is_refused(sandbox, send, journal):
    """Two processes never send one campaign; the error says who does."""
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        await anext(campaign.send(texts(1)))
        with pytest.raises(JournalLockedError, match=r"process \d+ (on|since)"):
            await send(texts(2))

    _, report = await send(texts(2))
    assert 2 == report.accepted == accepted_once(sandbox)


async def test_whether_somebody_sends_can_be_asked(sandbox, journal):
    """A crash and a campaign that goes on look alike in the tables; the lock tells them apart."""
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        assert not to_place(journal).is_held()
        await anext(campaign.send(texts(1)))
        assert to_place(journal).is_held()
    assert not to_place(journal).is_held()


async def test_report_is_read_while_another_sends(sandbox, journal):
    """Looking needs no lock."""
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        await anext(campaign.send(texts(1)))
        async with Campaign(seven, journal=journal) as other:
            assert 1 == other.report().accepted


@FILE_ONLY
async def test_journal_of_another_campaign_is_refused(sandbox, send):
    """A journal that was made for one campaign does not silently become another's."""
    await send(texts(1))
    with pytest.raises(JournalError, match="'campaign'"):
        await send(texts(1), name="other")


@FILE_ONLY
async def test_what_is_no_journal_is_refused(send, tmp_path):
    """Neither a database of something else nor any other file is written to."""
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE invoice (id)")
    with pytest.raises(JournalError, match="no journal"):
        await send(texts(1), journal=other)

    text = tmp_path / "people.csv"
    text.write_text("phone\n+491701234567\n" * 100)
    with pytest.raises(JournalError, match="not a database"):
        await send(texts(1), journal=text)


@FILE_ONLY
async def test_newer_journal_is_refused(send, tmp_path):
    """A journal of a later version is not touched, and the error names both versions."""
    journal = tmp_path / "campaign.db"
    await send(texts(1))
    with closing(sqlite3.connect(journal)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="version 99"):
        await send(texts(1))


@FILE_ONLY
async def test_only_the_owner_reads_a_journal(send, tmp_path):
    """Numbers are private: mode 0600, from the first moment and for all of its files."""
    await send(texts(5))

    files = list(tmp_path.iterdir())
    assert len(files) >= 2
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}


@FILE_ONLY
async def test_texts_are_kept_only_when_asked(send, tmp_path):
    """A journal has fingerprints of texts, unless the caller wants more."""
    await send([SendSms(number(1), "Secret words")])
    assert b"Secret words" not in (tmp_path / "campaign.db").read_bytes()

    await send([SendSms(number(2), "Secret words")], store_texts=True)
    with closing(sqlite3.connect(tmp_path / "campaign.db")) as database:
        assert [(None,), ("Secret words",)] == list(database.execute("SELECT text FROM message"))


@FILE_ONLY
async def test_rows_can_be_queried(sandbox, send, tmp_path):
    """A row says what was sent to whom, when, and what it cost."""
    await send([SendSms("+49 170 1234567", "Hi " * 60)])
    query = "SELECT key, recipient, channel, state, segments, price_micro_eur FROM message"
    with closing(sqlite3.connect(tmp_path / "campaign.db")) as database:
        (row,) = database.execute(query)

    price = int(sandbox.ledger[0].price * 1_000_000)
    assert ("491701234567/sms", "+491701234567", "sms", "accepted", 2, price) == row


def test_blocking_campaign_keeps_a_journal(sandbox, journal):
    """The blocking colour remembers as well."""
    for _ in range(2):
        with blocking(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
            entries = list(campaign.send(texts(100)))
            report = campaign.report()

    assert {State.SKIPPED} == {entry.state for entry in entries}
    assert 100 == report.accepted == accepted_once(sandbox)


def test_blocking_campaign_says_what_is_wrong_with_a_journal(sandbox, tmp_path):
    """An error of opening comes out of `with`, in the caller's thread."""
    with blocking(sandbox) as seven, pytest.raises(JournalError):
        Campaign(seven, journal=tmp_path).__enter__()
