"""Times as the gateway writes them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.flow.values.moment import moment

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
        "١٦٠٥٨٧٨١٠٤",
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


@pytest.mark.parametrize(
    ("written", "offset_h"),
    [
        ("2026-03-29 01:59:59", 1),
        ("2026-03-29 03:00:00", 2),
        ("2026-10-25 01:59:59", 2),
        ("2026-10-25 02:30:00", 2),
        ("2026-10-25 03:00:00", 1),
    ],
)
def test_machine_without_tables(written: str, offset_h: int):
    """Without time zone tables of its own a machine reads the gateway's times all the same."""
    ended = run_without_tables(
        "import zoneinfo; assert zoneinfo.TZPATH == ();"
        "from seven_async.flow.values.moment import moment;"
        f"print(moment({written!r}).utcoffset().total_seconds() / 3600)"
    )

    assert ("", str(float(offset_h))) == (ended.stderr, ended.stdout.strip())


def test_program_packed_without_tables():
    """Where `tzdata` was left out, too, the first call says so before anything is sent."""
    ended = run_without_tables(
        "import sys; sys.modules['tzdata'] = None;"
        "from seven_async import Seven;"
        "Seven(api_key='k', base_url='http://127.0.0.1:9').balance.get()"
    )

    assert "ConfigurationError: there are no time zone tables" in ended.stderr
    assert "tzdata" in ended.stderr.splitlines()[-1]


def run_without_tables(program: str) -> subprocess.CompletedProcess[str]:
    """A program in an interpreter that knows no folder with time zone tables."""
    return subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONTZPATH": ""},
    )
