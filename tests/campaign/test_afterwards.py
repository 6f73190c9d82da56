"""After a campaign: who was missed, and what was delivered."""

from __future__ import annotations

import csv
import sqlite3
import stat
from contextlib import closing
from decimal import Decimal

import pytest

from seven_async import ConfigurationError, SendSms, SendVoice
from seven_async.campaign import Campaign, read_csv
from seven_async.campaign.journal.delivery_order import DeliveryChange
from seven_async.campaign.journal.sqlite.place import SqlitePlace
from seven_async.campaign.journal.sqlite.schema import connect
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, blocking, number, texts


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture
def journal(tmp_path):
    """Where the campaign remembers."""
    return tmp_path / "campaign.db"


@pytest.fixture
async def campaign(sandbox, journal):
    """An open campaign with a journal."""
    async with awaiting(sandbox) as seven, Campaign(seven, "spring", journal=journal) as campaign:
        yield campaign


async def sent(campaign, messages):
    """Send everything."""
    return [entry async for entry in campaign.send(messages)]


PEOPLE = """name;phone;state
Ann;+491701111111;NY
Bob;letters;CA
Cem;+4915550000202;TX
Dot;+491702222222;WA
"""


@pytest.fixture
def people(tmp_path):
    """A file with a good, a bad, a refused and another good row."""
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    return read_csv(file, text="Hi {name}")


def table(file) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


async def test_export_has_the_original_columns(campaign, people, tmp_path):
    """A row of the export is the row of the file, and what became of it behind."""
    await sent(campaign, people)
    count = campaign.export("accepted", tmp_path / "out.csv", people)
    rows = table(tmp_path / "out.csv")

    assert 2 == count == len(rows)
    assert [("Ann", "NY"), ("Dot", "WA")] == [(row["name"], row["state (file)"]) for row in rows]
    assert {"accepted"} == {row["state"] for row in rows}
    assert {"0.075000"} == {row["price_eur"] for row in rows}


async def test_missed_are_all_who_were_not_accepted(campaign, people, tmp_path):
    """Rejected, refused and never reached rows in one list, each with its reason."""
    await sent(campaign, [SendSms("+4915550000202", "Hi Cem")])
    await sent(campaign, [])
    campaign.export("missed", tmp_path / "out.csv", people)

    found = {row["name"]: (row["state"], row["reason"]) for row in table(tmp_path / "out.csv")}
    assert {
        "Ann": ("waiting", "not reached"),
        "Bob": ("refused", "letters in the number"),
        "Cem": ("rejected", "InvalidParameterError 202"),
        "Dot": ("waiting", "not reached"),
    } == found


async def test_export_without_a_file_comes_from_the_journal(campaign, tmp_path):
    """What was not read from a file has the journal's columns."""
    await sent(campaign, [*texts(2), SendSms("12", "Hi")])
    assert 2 == campaign.export("accepted", tmp_path / "out.csv")
    assert {number(0), number(1)} == {row["recipient"] for row in table(tmp_path / "out.csv")}

    assert 1 == campaign.export("refused", tmp_path / "refused.csv")
    assert ["12"] == [row["recipient"] for row in table(tmp_path / "refused.csv")]


async def test_export_is_private(campaign, tmp_path):
    """A file with numbers is its owner's only."""
    await sent(campaign, texts(1))
    campaign.export("accepted", tmp_path / "out.csv")

    assert 0o600 == stat.S_IMODE((tmp_path / "out.csv").stat().st_mode)


async def test_unknown_state_is_refused(campaign, tmp_path):
    """A word that is no state writes nothing."""
    with pytest.raises(ValueError, match="fine"):
        campaign.export("fine", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


async def test_without_journal_there_is_nothing_to_export(sandbox, tmp_path):
    """A campaign that remembers nothing says what is missing."""
    async with awaiting(sandbox) as seven, Campaign(seven) as campaign:
        with pytest.raises(ConfigurationError, match="journal="):
            campaign.export("accepted", tmp_path / "out.csv")


async def test_refresh_fills_in_deliveries(sandbox, campaign):
    """Delivery states come from the gateway's journal, page by page."""
    await sent(campaign, [*texts(150), SendSms("+4915550001001", "Hi")])
    assert {"none": 151} == campaign.report().deliveries

    sandbox.advance(60)
    assert 151 == await campaign.refresh()
    assert {"DELIVERED": 150, "NOTDELIVERED": 1} == campaign.report().deliveries
    assert 0 == await campaign.refresh()


async def test_refresh_asks_for_calls_too(sandbox, campaign):
    """Calls have a journal of their own, and a price once they have ended."""
    await sent(campaign, [SendVoice(number(1), "Hi")])
    sandbox.advance(120)

    assert 1 == await campaign.refresh()
    assert "none" not in campaign.report().deliveries


def test_blocking_campaign_refreshes(sandbox, journal):
    """The same without await."""
    with blocking(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        list(campaign.send(texts(3)))
        sandbox.advance(60)

        assert 3 == campaign.refresh()


async def test_final_state_is_never_left(campaign, journal):
    """Reports come in any order, and twice; what is final stays, but may still be read."""
    await sent(campaign, texts(1))
    with closing(connect(journal, read_only=True)) as database:
        ((message_id,),) = database.execute("SELECT message_id FROM message")

    states = ["TRANSMITTED", "TRANSMITTED", "DELIVERED", "BUFFERED", "FAILED", "READ", "DELIVERED"]
    changes = [
        SqlitePlace(journal).record_deliveries([DeliveryChange(state, 1.0, None, message_id)])
        for state in states
    ]
    assert [1, 0, 1, 0, 0, 1, 0] == changes
    assert {"READ": 1} == campaign.report().deliveries


async def test_reports_come_in_while_it_sends(campaign, journal):
    """Another connection writes a delivery report between the campaign's own writes."""
    entries = campaign.send(texts(300))
    first = await anext(entries)
    message_id = first.receipt.messages[0].id
    assert 1 == SqlitePlace(journal).record_deliveries(
        [DeliveryChange("DELIVERED", 1.0, None, message_id)]
    )
    rest = [entry async for entry in entries]

    assert 299 == len(rest)
    assert {"none": 299, "DELIVERED": 1} == campaign.report().deliveries


async def test_cost_in_the_journal_is_exact(sandbox, campaign, journal):
    """Sums of many prices have no rounding in them."""
    await sent(campaign, texts(333))

    assert Decimal("24.975") == campaign.report().cost
    with closing(sqlite3.connect(journal)) as database:
        assert [(24_975_000,)] == list(
            database.execute("SELECT sum(price_micro_eur) FROM message WHERE state = 'accepted'")
        )


async def test_entries_say_whether_anything_is_left_to_do(sandbox, journal):
    """Accepted now or before, a duplicate and a suppressed recipient are done; a change is not."""
    sandbox.fault(recipient=number(2), code=202)
    first = [*texts(3), *texts(1), SendSms(number(3), "Hi")]
    again = [SendSms(number(0), "Hi 0"), SendSms(number(1), "Hello")]
    done: list[list[bool]] = []
    changed: list[list[bool]] = []
    for messages in (first, again):
        async with (
            awaiting(sandbox) as seven,
            Campaign(seven, journal=journal, suppress=[number(3)]) as campaign,
        ):
            entries = sorted(await sent(campaign, messages), key=lambda entry: entry.recipient)
            done.append([entry.is_done for entry in entries])
            changed.append([entry.is_changed for entry in entries])

    assert [[True, True, True, False, True], [True, False]] == done
    assert [[False] * 5, [False, True]] == changed
