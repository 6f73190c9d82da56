"""Times as the gateway writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seven_async.flow.moment import CentralEuropeanTime, berlin, moment

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2020-11-20 14:15:04", datetime(2020, 11, 20, 14, 15, 4, tzinfo=BERLIN)),
        ("2024-02-13 05:50:58.802", datetime(2024, 2, 13, 5, 50, 58, 802_000, tzinfo=BERLIN)),
        ("2021-08-24 08:08:00.000000", datetime(2021, 8, 24, 8, 8, tzinfo=BERLIN)),
        ("2026-01-01 10:00", datetime(2026, 1, 1, 10, tzinfo=BERLIN)),
        ("2026-01-15T10:30:00Z", datetime(2026, 1, 15, 10, 30, tzinfo=UTC)),
        (
            "2024-03-08T09:47:12+01:00",
            datetime(2024, 3, 8, 9, 47, 12, tzinfo=timezone(timedelta(hours=1))),
        ),
        ("1605878104", datetime(2020, 11, 20, 13, 15, 4, tzinfo=UTC)),
        (1605878104, datetime(2020, 11, 20, 13, 15, 4, tzinfo=UTC)),
    ],
)
def test_time(written: object, expected: datetime):
    """A time without zone is Berlin's, others say theirs, ten digits are Unix seconds."""
    found = moment(written)

    assert (expected, expected.utcoffset()) == (found, found and found.utcoffset())


def test_the_two_notations_of_one_message():
    """The journal and the webhook of one message name the same moment."""
    assert moment("1605878104") == moment("2020-11-20 14:15:04")


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-13 05:50:63.102",
        "0000-00-00 00:00:00",
        "2024-13-01 00:00:00",
        "2024-02-30 10:00:00",
        "2024-02-13",
        "٢٠٢٤-٠٢-١٣ ٠٥:٥٠:٥٨",
        "soon",
        "",
        None,
        True,
        7,
        12.5,
        [],
    ],
)
def test_no_time(written: object):
    """What names no moment is None, and never an error."""
    assert moment(written) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary()))
def test_anything_is_a_time_or_none(written: object):
    """No value raises, and a time always has a zone."""
    found = moment(written)

    assert found is None or found.utcoffset() is not None


@example(datetime(2026, 3, 29, 2, 30), False)  # noqa: DTZ001 - the hour that is not
@example(datetime(2026, 3, 29, 2, 30), True)  # noqa: DTZ001
@example(datetime(2026, 10, 25, 2, 30), False)  # noqa: DTZ001 - the hour that is twice
@example(datetime(2026, 10, 25, 2, 30), True)  # noqa: DTZ001
@given(st.datetimes(datetime(1996, 11, 1), datetime(2037, 12, 31)), st.booleans())  # noqa: DTZ001
def test_rule_without_tables(wall: datetime, fold: bool):
    """Machines without time zone tables get the same offsets from the rule."""
    folded = wall.replace(fold=fold)
    ruled = folded.replace(tzinfo=CentralEuropeanTime())
    tabled = folded.replace(tzinfo=BERLIN)

    assert tabled.utcoffset() == ruled.utcoffset()


@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
@example(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
@given(st.datetimes(datetime(1996, 11, 1), datetime(2037, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_rule_turns_utc_into_wall_time(when: datetime):
    """From UTC to the wall clock, and its fold, the rule and the tables agree."""
    ruled = when.astimezone(CentralEuropeanTime())
    tabled = when.astimezone(BERLIN)

    assert (tabled.replace(tzinfo=None), tabled.fold) == (ruled.replace(tzinfo=None), ruled.fold)
    assert tabled.tzname() == ruled.tzname()


def test_machine_without_tables(monkeypatch: pytest.MonkeyPatch):
    """Without time zone tables the rule stands in for them."""

    def no_tables(_: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError("none here")

    monkeypatch.setattr("seven_async.flow.moment.ZoneInfo", no_tables)

    assert isinstance(berlin.__wrapped__(), CentralEuropeanTime)


def test_rule_without_a_time():
    """Asked without a time, as a bare `time` does, the rule answers for winter."""
    assert timedelta(hours=1) == CentralEuropeanTime().utcoffset(None)
