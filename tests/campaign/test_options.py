"""Every option of a campaign is checked where it is given, by its name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from seven_async import AsyncSeven, ConfigurationError, Seven
from seven_async.campaign import Campaign, QuietHours

NAIVE = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - what is refused
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no concurrency": ({"concurrency": 0}, "concurrency must be a whole number of more than 0"),
    "concurrency of a text": ({"concurrency": "8"}, "concurrency must be a whole number"),
    "batch of a text": ({"batch": "x"}, "batch must be a whole number"),
    "batch of nothing": ({"batch": 0}, "batch must be a whole number"),
    "batch of a fraction": ({"batch": 1.5}, "batch must be a whole number"),
    "rate of a text": ({"rate": "x"}, "rate must be"),
    "rate of nothing": ({"rate": 0}, "rate must be"),
    "cost of words": ({"max_cost": "abc"}, "max_cost must be a Decimal, an int or a text"),
    "cost of a float": ({"max_cost": 0.1}, "max_cost must be a Decimal"),
    "cost of a flag": ({"max_cost": True}, "max_cost must be a Decimal"),
    "cost with an exponent": ({"max_cost": "1e3"}, "max_cost must be a Decimal"),
    "cost that is no number": ({"max_cost": Decimal("NaN")}, "max_cost must be a Decimal"),
    "cost of nothing": ({"max_cost": 0}, "max_cost must be more than 0"),
    "share in percent": ({"max_error_rate": 5}, "max_error_rate must be a share"),
    "share of nothing": ({"max_error_rate": 0}, "max_error_rate must be a share"),
    "share of a text": ({"max_error_rate": "0.5"}, "max_error_rate must be a share"),
    "share of NaN": ({"max_error_rate": float("nan")}, "max_error_rate must be a share"),
    "no window": ({"error_window": 0}, "error_window must be a whole number"),
    "hours of a pair": ({"quiet_hours": (20, 8)}, "quiet_hours must be a QuietHours"),
    "class of hours": ({"quiet_hours": QuietHours}, "quiet_hours must be a QuietHours"),
    "start of a text": ({"start": "2026-12-01"}, "start must be a datetime, not str"),
    "start of a day": ({"start": date(2026, 12, 1)}, "start must be a datetime, not date"),
    "start without a zone": ({"start": NAIVE}, "start has no time zone; give an"),
    "end without a zone": ({"not_after": NAIVE}, "not_after has no time zone"),
    "end before the start": (
        {
            "start": datetime(2026, 12, 1, tzinfo=UTC),
            "not_after": datetime(2026, 12, 1, tzinfo=UTC),
        },
        "not_after must be later than start",
    ),
    "flag of a text": (
        {"store_texts": "no"},
        "store_texts must be one of never, until-served, always, True or False, not 'no'",
    ),
    "resending of a text": ({"resend_unknown": "no"}, "resend_unknown must be True or False"),
    "resending of None": ({"resend_changed": None}, "resend_changed must be True or False"),
    "lock of a text": ({"reload_lock": "no"}, "reload_lock must be True, False or None"),
    "grace below zero": ({"grace_s": -1}, "grace_s must be at least 180"),
    "grace of a text": ({"grace_s": "600"}, "grace_s must be at least 180"),
    "endless grace": ({"grace_s": float("inf")}, "grace_s must be at least 180"),
    "end of a text": ({"finish_s": "5"}, "finish_s must be a number of seconds"),
    "end of nothing": ({"finish_s": 0}, "finish_s must be a number of seconds"),
    "key of a text": ({"key": "id"}, "key must be a function"),
    "empty name": ({"name": ""}, "name is empty"),
    "name of a number": ({"name": 5}, "name must be a text"),
    "name with a line break": ({"name": "a\nb"}, "name has a line break"),
    "country of a number": ({"default_country": 49}, "default_country must be a text"),
    "journal of a number": ({"journal": 7}, "journal must be a path, not int"),
    "empty journal": ({"journal": ""}, "journal is empty"),
    "path of a list": ({"suppress": "stop.csv"}, r"suppress must be .* Suppression\.read\(path\)"),
    "number as a list": ({"suppress": 5}, "suppress must be a Suppression"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("client", [AsyncSeven, Seven])
def test_a_wrong_option(name: str, client: Any):
    """The error comes where the option is given, before any message is read, and names it."""
    options, message = WRONG[name]
    with pytest.raises(ConfigurationError, match=message):
        Campaign(client(api_key="key"), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"begin": "20:00"}, "begin must be a time of day"),
        ({"end": 8}, "end must be a time of day"),
        ({"begin": time(20, tzinfo=UTC)}, "begin must be a time of day without a zone"),
        ({"zone": 5}, "zone must be the name of a time zone"),
        ({"zone": "Europe/Berlln"}, "zone: there is no time zone 'Europe/Berlln'"),
        ({"zones": ["1212"]}, "zones must be a mapping"),
        ({"zones": {"1212": "America/New_York"}}, "zones has a list of time zones"),
        ({"zones": {"+1": ["America/New_York"]}}, "zones goes by first digits"),
        ({"zones": {1: ["America/New_York"]}}, "zones goes by first digits"),
        ({"zones": {"1": [None]}}, "zones has a list of time zones"),
        ({"zones": {"1": ["Mars"]}}, "zones: there is no time zone 'Mars'"),
        ({"weekdays": ""}, "weekdays must be days such as “mon-fri”"),
        ({"weekdays": "mo-fr"}, "weekdays must be days"),
        ({"weekdays": "mon-"}, "weekdays must be days"),
        ({"weekdays": "mon,,fri"}, "weekdays must be days"),
        ({"weekdays": range(5)}, "weekdays must be days"),
        ({"holidays": "2026-12-25"}, "holidays must be a list of days"),
        ({"holidays": ["2026-12-25"]}, "holidays must be a list of days"),
        ({"holidays": [NAIVE]}, "holidays must be a list of days"),
        ({"holidays": date(2026, 12, 25)}, "holidays must be a list of days"),
    ],
)
def test_quiet_hours_are_checked(options: dict[str, Any], message: str):
    """Hours and zones are checked when they are made."""
    with pytest.raises(ConfigurationError, match=message):
        QuietHours(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"max_cost": "25.50", "max_error_rate": 1, "batch": 1, "concurrency": 1},
        {"max_cost": Decimal("1E+2"), "max_error_rate": None, "grace_s": 180},
        {"reload_lock": False, "quiet_hours": QuietHours(zone="Europe/Berlin"), "key": str},
        {"suppress": ["+491711234567"], "default_country": "DE", "finish_s": 0.1},
    ],
)
def test_options_that_are_right(options: dict[str, Any]):
    """What stands at the limit is taken."""
    assert "spring" == Campaign(Seven(api_key="key"), "spring", **options).name
