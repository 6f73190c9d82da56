"""`seven campaign send --start …`: days, hours and moments as they are typed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from seven_async.campaign import QuietHours
from seven_async.cli.campaign.options import SendOptions
from seven_async.cli.campaign.parsing import parse_moment, read_days
from seven_async.errors import InvalidRequestError


def settings(**options: Any) -> dict[str, Any]:
    """What a campaign is given for options of the command."""
    return SendOptions(text="Hi", **options).settings()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01 09:00 Europe/Berlin", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-07-01T09:00:30 Europe/Berlin", datetime(2026, 7, 1, 7, 0, 30, tzinfo=UTC)),
        ("2026-12-01 09:00 UTC", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("2026-12-01 09:00Z", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("2026-12-01 09:00 +01:00", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-12-01 09:00 -05:00", datetime(2026, 12, 1, 14, tzinfo=UTC)),
    ],
)
def test_moment(text: str, moment: datetime) -> None:
    """A day, an hour and a zone."""
    assert moment == parse_moment("--start", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "09:00 Europe/Berlin",
        "2026-12-01 Europe/Berlin",
        "2026-12-01 09:00",
        "2026-12-01 09:00 Mars",
        "2026-12-01 09:00 ../etc/passwd",
        "2026-12-01 25:00 UTC",
        "2026-13-01 09:00 UTC",
        "01.12.2026 09:00 UTC",
        "2026-12-01 09:00 +1",
        "1764576000",
    ],
)
def test_no_moment(text: str) -> None:
    """Without a zone, or misspelt, it is refused: nobody's zone is guessed."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_moment("--start", text)

    assert "--start takes a moment with its time zone" in str(refused.value)


def test_hour_that_does_not_exist() -> None:
    """When clocks are set forward an hour is missing."""
    with pytest.raises(InvalidRequestError, match="there is no such hour on that day"):
        parse_moment("--start", "2026-03-29 02:30 Europe/Berlin")


def test_window_of_the_campaign() -> None:
    """The moments are handed on as they are."""
    year = datetime.now(UTC).year + 1
    given = settings(start=f"{year}-01-01 09:00 UTC", not_after=f"{year}-01-02 09:00 Europe/Berlin")

    assert datetime(year, 1, 1, 9, tzinfo=UTC) == given["start"]
    assert datetime(year, 1, 2, 9, tzinfo=ZoneInfo("Europe/Berlin")) == given["not_after"]


def test_days_and_hours(tmp_path: Path) -> None:
    """Quiet hours, weekdays and holidays make one rule."""
    file = tmp_path / "holidays.txt"
    file.write_text("\ufeff# Bavaria\n2026-12-25  # Christmas\n\n2026-12-26\n", "utf-8")
    options = {"quiet_hours": "21:30-7", "weekdays": "mon-fri", "holidays": file}

    assert (
        QuietHours(
            begin=time(21, 30),
            end=time(7),
            weekdays="mon-fri",
            holidays=[date(2026, 12, 25), date(2026, 12, 26)],
            zone="Europe/Berlin",
        )
        == settings(**options, zone="Europe/Berlin")["quiet_hours"]
    )


def test_days_alone_have_no_quiet_hours() -> None:
    """Who asks for weekdays only sends on them at any hour."""
    quiet = settings(weekdays="mon-fri", zone="UTC")["quiet_hours"]

    assert None is quiet.opens_at("0171", datetime(2026, 6, 5, 23, 59, tzinfo=UTC).timestamp())
    assert quiet.opens_at("0171", datetime(2026, 6, 6, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("line", ["25.12.2026", "2026-12-32", "2026-1-1", "20261225", "Christmas"])
def test_holiday_that_is_no_day(tmp_path: Path, line: str) -> None:
    """A line that is no day is told with its place: that day would be no holiday."""
    file = tmp_path / "holidays.txt"
    file.write_text(f"2026-12-25\n{line}\n")
    with pytest.raises(InvalidRequestError, match="line 2: days are written as 2026-12-25"):
        read_days("--holidays", file)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--start", "tomorrow"), "--start takes a moment with its time zone"),
        (("--not-after", "2020-01-01 09:00 UTC"), "has passed; give a later one"),
        (("--holidays", "nowhere.txt"), "--holidays nowhere.txt"),
        (("--weekdays", "mo-fr"), "weekdays must be days such as"),
        (("--zone", "Europe/Berlin"), "--zone needs --quiet-hours, --weekdays or --holidays"),
        (("--quiet-hours", "late"), "--quiet-hours takes hours such as 20-8, not 'late'"),
        (("--quiet", "20-8"), "--quiet"),
        (
            ("--start", "2999-01-02 09:00 UTC", "--not-after", "2999-01-01 09:00 UTC"),
            "--not-after must be later than --start",
        ),
    ],
)
def test_wrong_option(seven, people: Path, words, said: str) -> None:
    """What is wrong with an option is told before anything is sent."""
    status, _, err = seven("campaign", "send", people, "--text", "Hi", "--sandbox", *words)

    assert 2 == status
    assert said in err


def test_start_is_shown(seven, people: Path) -> None:
    """A start in the past is no reason to wait, and is told."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    start = f"{yesterday:%Y-%m-%d %H:%M} UTC"
    words = ("--text", "Hi", "--sandbox", "--start", start)
    _, out, _ = seven("campaign", "send", people, *words)

    assert f"nothing leaves before {start}" in out
    assert "ledger holds 2 messages" in out
