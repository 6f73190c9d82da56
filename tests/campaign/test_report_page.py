"""The page of a campaign: what it says, to whom it says it, and what it never shows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seven_async import InvalidRequestError, SendSms
from seven_async.campaign import Campaign, CampaignJournal, read_csv
from seven_async.campaign.reports.page.page_facts import read_facts
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, number, texts
from tests.campaign.report_page import BEGIN_S, Page, SlowGateway, hide, report_after

HOUR_S = 3_600.0


@pytest.fixture
def journal(tmp_path) -> Path:
    """Where the campaign remembers."""
    return tmp_path / "campaign.db"


@pytest.fixture
def gateway() -> SlowGateway:
    """A gateway of its own for each test."""
    return SlowGateway()


def page_of(journal: Path, zone: str | None = "Europe/Berlin") -> Page:
    """The page that a journal gives."""
    path = journal.with_suffix(".html")
    CampaignJournal.open(journal).write_html(path, zone=zone)
    return Page(path)


async def test_page_stands_alone(gateway, journal):
    """One file: no script, nothing from elsewhere, every tag closed, names as they are written."""
    name = "<script>alert(1)</script> & sale"
    await gateway.send(journal, texts(60), name)
    page = page_of(journal)

    assert ([], []) == (page.links, page.open)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert name in page.words
    for trace in ("http:", "https:", "url(", "@import"):
        assert trace not in page.source


async def test_page_has_no_numbers_and_no_texts(gateway, journal):
    """Whoever gets the page learns about nobody who got a message."""
    messages = [*texts(3), SendSms("+4915550000202", "For Cem"), SendSms("12", "For nobody")]
    await gateway.send(journal, messages)
    page = page_of(journal)

    assert "5 given" in page.words
    for message in messages:
        assert len(message.to) < 3 or message.to.removeprefix("+") not in page.source
        assert message.text not in page.source


async def test_rehearsal_is_told_in_the_headline(gateway, journal, tmp_path):
    """Nobody takes a run on the sandbox for a real one."""
    await gateway.send(journal, texts(1))
    page = page_of(journal)
    headline = page.source.partition("<h1>")[2].partition("</h1>")[0]
    assert "Rehearsal on the sandbox: nothing was really sent" in headline

    sandbox = Sandbox()
    real = tmp_path / "real.db"
    client = awaiting(sandbox, transport=hide(sandbox), base_url="https://gateway.seven.io/api")
    async with client as seven, Campaign(seven, journal=real) as campaign:
        assert 1 == len([entry async for entry in campaign.send(texts(1))])
    page = page_of(real)
    assert "ehearsal" not in page.words
    assert "gateway.seven.io" in page.words


async def test_delivery_comes_first(gateway, journal):
    """Delivered, waiting and failed are shares of what was accepted, and lead the page."""
    await gateway.send(journal, [*texts(12), SendSms("+4915550000202", "Hi")])
    report_after(journal, [4.0] * 9)
    report_after(journal, [*[None] * 9, 9.0], state="NOTDELIVERED")
    page = page_of(journal)

    assert "Of 12 messages that the gateway accepted" in page.words
    assert "75.0 % Delivered 9" in page.words
    assert "16.7 % Waiting for a report 2" in page.words
    assert "8.3 % Failed 1" in page.words
    heads = ["Delivery", "Outcomes", "Why messages", "Cost by country", "Accepted and delivered"]
    assert sorted(heads, key=page.source.index) == heads
    spoken = "Delivery: delivered: 9 (75.0 %), waiting for a report: 2 (16.7 %), failed: 1 (8.3 %)"
    assert spoken in page.labels


async def test_time_to_delivery(gateway, journal):
    """Half of the messages arrived within the median, nine of ten within the other time."""
    await gateway.send(journal, texts(10))
    report_after(journal, [600.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 90.0, 1.0])
    page = page_of(journal)

    assert "5 s Half arrived within" in page.words
    assert "1 min 30 s 90 % arrived within" in page.words


async def test_without_reports_there_is_no_time(gateway, journal):
    """What is not known is not told."""
    await gateway.send(journal, texts(3))
    page = page_of(journal)

    assert "100 % Waiting for a report 3" in page.words
    assert "No delivery report has come in yet." in page.words
    assert "arrived within" not in page.words


async def test_outcomes_add_up(gateway, journal, tmp_path):
    """All that was given is in one line, and each reason has its words."""
    file = tmp_path / "people.csv"
    first = [number(n) for n in range(4)]
    rows = ["phone", *first, *first[:3], "letters", "+4915550000202"]
    file.write_text("\n".join(rows))
    await gateway.send(journal, read_csv(file, text="Hi"))
    page = page_of(journal)

    sum_of_all = "9 given = 4 accepted + 1 rejected + 0 unknown + 0 skipped + 4 refused"
    assert sum_of_all in page.words
    assert "the recipient's number is invalid (code 202) rejected 1" in page.words
    assert "letters in the number refused 1" in page.words
    assert "duplicate refused 3" in page.words
    assert "Error" not in page.words


async def test_duplicates_of_one_run_are_skipped(gateway, journal):
    """What comes twice is counted as skipped, and once by its reason."""
    await gateway.send(journal, [*texts(2), *texts(2)])
    page = page_of(journal)

    assert "4 given = 2 accepted + 0 rejected + 0 unknown + 2 skipped + 0 refused" in page.words
    assert "duplicate skipped 2" in page.words


async def test_messages_that_wait_for_their_turn_are_not_in_flight(gateway, journal):
    """What is written down and was never sent is told from what may have left."""
    await gateway.send(journal, texts(3))
    with closing(sqlite3.connect(journal)) as database:
        for state, to in (("planned", number(0)), ("intent", number(1))):
            query = (
                "UPDATE message SET state = ?, reason = NULL, result_at = NULL WHERE recipient = ?"
            )
            database.execute(query, (state, to))
        database.commit()
    page = page_of(journal)

    assert "not sent yet skipped 1" in page.words
    assert "on its way to the gateway when the run was cut off unknown 1" in page.words


async def test_rows_that_were_not_reached_are_told(gateway, journal):
    """A campaign that was stopped does not look complete."""
    async with gateway.client() as seven, Campaign(seven, journal=journal, batch=1) as campaign:
        async for _ in campaign.send(list(texts(50))):
            campaign.stop()
    page = page_of(journal)

    assert "Stopped before the end" in page.words
    assert "of the input: not reached yet" in page.words


async def test_countries_have_names(gateway, journal):
    """A country is named by its code, and not at all where that is not known."""
    people = ["+43664123456", "+12125550123", "01701234567", "+883123456789"]
    await gateway.send(journal, [*texts(3), *(SendSms(each, "Hi") for each in people)])
    page = page_of(journal)

    for told in (
        "Germany +49 3",
        "Austria +43 1",
        "United States, Canada or Caribbean +1 1",
        "Unknown country 1",
        "Unknown country +883 1",
        "All countries 7",
    ):
        assert told in page.words


async def test_many_countries_are_summed_up(gateway, journal):
    """Fifteen have rows of their own; no cost is lost."""
    codes = [30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 351, 352, 353]
    await gateway.send(journal, [SendSms(f"+{code}612345678", "Hi") for code in codes])
    page = page_of(journal)

    assert "4 more 4" in page.words
    assert "All countries 19" in page.words


async def test_idle_time_between_runs_is_no_work(gateway, journal):
    """The curves of two runs half a day apart stand side by side, with a line between them."""
    await gateway.send(journal, texts(100))
    gateway.now_s += 12 * HOUR_S
    await gateway.send(journal, texts(200))
    page = page_of(journal)

    assert 2 == page.classes.count("break")
    assert "At most 1 messages per second, in 3 min 18 s of sending." in page.words
    assert "Idle time is left out at the dashed lines: 12 h" in page.words
    assert "28 May 2026, 22:26 to 29 May 2026, 10:30" in page.words


async def test_one_run_has_no_break(gateway, journal):
    """A steady campaign is one curve, however slow it is."""
    gateway.seconds = 600.0
    await gateway.send(journal, texts(30))
    page = page_of(journal)

    assert 0 == page.classes.count("break")
    assert "Messages per hour" in page.words


async def test_times_are_those_of_a_zone(gateway, journal):
    """The page says which zone its times are of; without one it is the machine's."""
    await gateway.send(journal, texts(2))
    berlin, tokyo = page_of(journal).words, page_of(journal, "Asia/Tokyo").words
    assert "28 May 2026, 22:26" in berlin
    assert "Europe/Berlin (UTC+02:00)" in berlin
    assert "29 May 2026, 05:26" in tokyo
    assert "Asia/Tokyo (UTC+09:00)" in tokyo

    assert "Time zone" in page_of(journal, None).words
    with pytest.raises(InvalidRequestError, match="Europe/Berlin"):
        page_of(journal, "Bielefeld")


async def test_sender_and_template_are_shown(gateway, journal):
    """They are on the page where the journal has a note of them."""
    await gateway.send(journal, texts(1))
    assert "Sender" not in page_of(journal).words

    told = {"from_": "Acme & Co", "text": "Hi {first_name}, <b>sale</b>", "rate": None}
    await gateway.send(journal, texts(1), notes=told)
    page = page_of(journal)
    assert "Sender Acme & Co" in page.words
    assert "Hi {first_name} , <b>sale</b>" in page.words


async def test_page_of_an_empty_journal(journal):
    """Before anything was sent there is a page as well."""
    async with awaiting(Sandbox()) as seven, Campaign(seven, journal=journal) as campaign:
        campaign.write_html(journal.with_suffix(".html"))

    assert "Nothing has been sent yet" in Page(journal.with_suffix(".html")).words


async def test_page_can_be_read_aloud(gateway, journal):
    """Each section has its heading, each table a caption and heads, each figure its words."""
    await gateway.send(journal, texts(20))
    report_after(journal, [3.0] * 10)
    page = page_of(journal)
    tags, source = page.tags, page.source

    assert 1 == tags.count("h1")
    assert tags.count("section") == tags.count("h2") == source.count("aria-labelledby")
    assert tags.count("table") == tags.count("caption")
    assert tags.count("tr") == source.count('scope="row"') + tags.count("thead")
    assert tags.count("figure") == tags.count("figcaption") == 2
    assert all(
        'role="img"' in drawing or "aria-hidden" in drawing or "viewBox" in drawing
        for drawing in (piece.partition(">")[0] for piece in source.split("<svg")[1:])
    )


class CountingConnection:
    """A connection that counts the rows that come out of it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.rows = 0

    def execute(self, *arguments):
        """Rows, counted when they are taken."""
        return CountingCursor(self, self._database.execute(*arguments))


class CountingCursor:
    """The rows of one statement."""

    def __init__(self, connection: CountingConnection, cursor: sqlite3.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    def __iter__(self):
        for row in self._cursor:
            self._connection.rows += 1
            yield row

    def fetchone(self):
        """One row."""
        return next(iter(self), None)

    def fetchall(self):
        """All rows."""
        return list(self)


def fill(journal: Path, count: int) -> None:
    """Have a journal of many messages, with results and reports at all kinds of times."""
    columns = "key, recipient, channel, state, digest, run, intent_at, result_at, delivery, "
    columns += "delivery_at, price_micro_eur, segments"
    rows = (
        (
            *(f"{n}", f"+{30 + n % 60}{n:09d}", "sms", "accepted", "", 1, BEGIN_S + n),
            *(BEGIN_S + n + n % 7 / 10, "DELIVERED", BEGIN_S + n + n % 997 * 1.37, 75_000, 1),
        )
        for n in range(count)
    )
    with closing(sqlite3.connect(journal)) as database:
        database.execute("DELETE FROM message")
        query = f"INSERT INTO message ({columns}) VALUES ({', '.join('?' * 12)})"
        database.executemany(query, rows)
        database.commit()


async def test_a_million_messages_are_counted_by_the_database(gateway, journal):
    """How many rows the page is made of does not depend on how many messages there are."""
    await gateway.send(journal, texts(1))
    rows: list[int] = []
    for count in (8_000, 32_000):
        fill(journal, count)
        with closing(sqlite3.connect(journal)) as database:
            counting = CountingConnection(database)
            facts = read_facts(counting, is_running=False)
        assert count == facts.report.accepted == facts.progress.accepted[-1]
        assert count == facts.progress.delivered[-1] == sum(c.messages for c in facts.countries)
        rows.append(counting.rows)

    assert rows[1] <= rows[0] * 1.1
    assert max(rows) < 4_500


async def test_page_is_small(gateway, journal):
    """A page can be sent by mail, whatever it is about."""
    gateway.seconds = 5.0
    for part in range(12):
        await gateway.send(journal, texts(30 * (part + 1)))
        gateway.now_s += HOUR_S
    page = page_of(journal)

    assert 22 == page.classes.count("break")
    assert len(page.source.encode()) < 60_000
