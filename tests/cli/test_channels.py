"""`seven campaign … --channel`: a file by every channel, and in two forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seven_async.cli.campaign.parsing import parse_seconds
from seven_async.errors import InvalidRequestError
from seven_async.sandbox import Sandbox

WHATSAPP = ("--channel", "whatsapp", "--template", "order_ready", "--language", "de")
FROM = ("--from", "4915112345678")
BODY = ("--body", "{first_name|you}", "--body", "{phone}")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A served sandbox with a WhatsApp template, which the command's environment leads to."""
    sandbox = Sandbox()
    sandbox.simulate.add_template("order_ready", "Hi {{1}}, we call {{2}}")
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        yield sandbox


@pytest.fixture
def told(seven, gateway: Sandbox, monkeypatch: pytest.MonkeyPatch):
    """Run a campaign's command with the sandbox's key."""
    monkeypatch.setenv("SEVEN_API_KEY", gateway.api_key)
    return lambda *words: seven("campaign", *words)


@pytest.mark.parametrize(
    ("words", "channel"),
    [
        (("--text", "Hi {first_name}"), "SMS"),
        (("--text", "Hi {first_name}", "--channel", "sms"), "SMS"),
        (("--text", "Hi {first_name}", "--channel", "rcs"), "RCS"),
        (("--text", "Hi {first_name}", "--channel", "voice"), "VOICE"),
        ((*WHATSAPP, *FROM, *BODY), "WA"),
    ],
)
def test_every_channel(told, gateway: Sandbox, people: Path, words, channel: str) -> None:
    """The file goes out by the channel that was asked for."""
    status, out, _ = told("send", people, *words)

    assert [channel, channel] == [entry.channel for entry in gateway.ledger]
    assert "Ada" in gateway.ledger[0].text
    assert (1, True) == (status, "line 3, column phone: the number is empty" in out)


def test_plan_of_whatsapp(told, gateway: Sandbox, people: Path) -> None:
    """What the price list does not have is said, and no cost is made up."""
    sms = ("--then", "sms", "--text", "Hi")
    status, out, _ = told("plan", people, *WHATSAPP, *FROM, *BODY, *sms)

    assert 0 == status
    assert "cost not known for 2 by WhatsApp" in out
    assert "2 may go out in another form if the first is refused, as SMS for 0.150 EUR" in out
    assert 0 == len(gateway.ledger)


def test_text_of_the_fallback(told, gateway: Sandbox, people: Path) -> None:
    """Whom WhatsApp refuses gets the text as an SMS, from its own sender."""
    gateway.fault("POST /waba/messages", code=202)
    told("send", people, *WHATSAPP, *FROM, *BODY, "--then", "sms", "--text", "Hi {first_name}")
    told(
        *("send", people, "--channel", "rcs", "--text", "Hi", "--label", "spring"),
        *("--then", "voice", "--then-text", "Hello {first_name}", "--then-from", "4930123456"),
        *("--name", "second"),
    )

    assert [
        ("SMS", "Hi Ada", None),
        ("SMS", "Hi Edsger", None),
        ("RCS", "Hi", "spring"),
        ("RCS", "Hi", "spring"),
    ] == [(entry.channel, entry.text, entry.label) for entry in gateway.ledger]


def test_same_text_in_both_forms(told, gateway: Sandbox, people: Path) -> None:
    """`--text` is what every form says, unless `--then-text` differs."""
    gateway.fault("POST /rcs/messages", code=202)
    rcs = ("send", people, "--channel", "rcs", "--text", "Hi {first_name}", "--then", "sms")
    told(*rcs, "--from", "agent")
    told(*rcs, "--then-text", "Hello", "--then-from", "Acme", "--name", "second")

    assert ["Hi Ada", "Hi Edsger", "Hello", "Hello"] == [entry.text for entry in gateway.ledger]
    assert "Acme" == gateway.ledger[-1].from_


def test_failed_delivery(told, gateway: Sandbox, people: Path, tmp_path: Path) -> None:
    """What was reported as failed goes out in its other form with the next run."""
    journal = tmp_path / "people.db"
    words = (people, "--channel", "rcs", "--text", "Hi", "--then", "sms", "--journal", journal)
    told("send", *words, "--on-failed-delivery")
    gateway.simulate.report(gateway.ledger[0].id, "FAILED")
    told("report", journal, "--refresh")
    told("resume", journal, people, "--undelivered-after", "2h", "--yes")

    assert ["RCS", "RCS", "SMS"] == [entry.channel for entry in gateway.ledger]


def test_export_of_a_channel(told, gateway: Sandbox, people: Path, tmp_path: Path) -> None:
    """The file's columns need the channel it was sent by; without it nobody is called missed."""
    journal, out = tmp_path / "people.db", tmp_path / "out.csv"
    told("send", people, *WHATSAPP, *FROM, *BODY, "--journal", journal)
    export = ("export", journal, "--to", out, "--file", people, "--state", "accepted")
    wrong = told(*export)
    right = told(*export, "--channel", "whatsapp")

    assert (2, 0) == (wrong[0], right[0])
    assert "others (waba); read the file that was sent, with the channel" in wrong[2]
    assert ["first_name", "Ada", "Edsger"] == [
        line.partition(",")[0] for line in out.read_text().splitlines()
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--text is missing: what the messages say"),
        (("--channel", "fax", "--text", "Hi"), "fax"),
        (WHATSAPP, "a WhatsApp message needs --from"),
        (("--channel", "whatsapp"), "needs --template, --language, --from"),
        ((*WHATSAPP, *FROM, "--text", "Hi"), "--text: a WhatsApp template has a text of its own"),
        (("--text", "Hi", "--template", "a"), "--template needs --channel whatsapp"),
        (("--text", "Hi", "--body", "a"), "--body needs --channel whatsapp"),
        (("--text", "Hi", "--then-text", "a"), "--then-text needs --then"),
        (("--text", "Hi", "--on-failed-delivery"), "--on-failed-delivery needs --then"),
        (("--text", "Hi", "--then", "sms"), "--then takes another channel than --channel sms"),
        ((*WHATSAPP, *FROM, "--then", "sms"), "--then sms needs --then-text, or --text"),
        (("--text", "Hi", "--then", "whatsapp"), "needs --template, --language, --then-from"),
        (("--channel", "voice", "--text", "Hi", "--label", "a"), "--label: calls have none"),
        (
            ("--text", "Hi", "--then", "rcs", "--undelivered-after", "2h", "--no-journal"),
            "need a journal",
        ),
        (
            ("--text", "Hi", "--then", "rcs", "--undelivered-after", "soon", "--journal", "a.db"),
            "--undelivered-after takes a time such as 90m, 2h or 1d, not 'soon'",
        ),
        (
            (*WHATSAPP, *FROM, "--body", "{frist_name}"),
            "body, place 1: there is no column 'frist_name'",
        ),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_options_without_an_effect(told, gateway: Sandbox, people: Path, words, said: str) -> None:
    """What would be ignored, or is missing, is told in the words of the shell; nothing is sent."""
    status, _, err = told("send", people, *words)

    assert (2, 0) == (status, len(gateway.ledger))
    assert said in err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("90m", 5400), ("90 min", 5400), ("1.5H", 5400), ("1d", 86400)],
)
def test_spans_of_time(text: str, seconds: float) -> None:
    """A number and its unit."""
    assert seconds == parse_seconds("--undelivered-after", text)


@pytest.mark.parametrize("text", ["", "90", "0h", "-1h", "2w", "h", "1h30m", "nan h"])
def test_no_spans_of_time(text: str) -> None:
    """Whatever else it is, is refused: seconds and hours must not be mixed up."""
    with pytest.raises(InvalidRequestError, match="--undelivered-after takes"):
        parse_seconds("--undelivered-after", text)
