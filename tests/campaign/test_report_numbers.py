"""Axes, labels and words of a report: what is drawn is what there is, and nothing overlaps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.campaign.reports.page.ticks import find_time_labels, round_ticks
from seven_async.campaign.reports.page.time_axis import TimeAxis, find_axis
from seven_async.campaign.reports.page.wording import (
    find_zone,
    money,
    percent,
    reason_in_words,
    short_number,
    span,
)
from seven_async.recipients.country_names import country_name

DAY_S = 86_400.0
BEGIN_S = 1_780_000_000.0
MOMENTS = "SELECT at FROM moment"
BERLIN = find_zone("Europe/Berlin")


def axis_and_counts(moments) -> tuple[TimeAxis | None, list[int]]:
    """The axis of some moments, and how many of them are in each bucket."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE moment (at REAL)")
        database.executemany("INSERT INTO moment VALUES (?)", [(each,) for each in moments])
        axis = find_axis(database, MOMENTS)
        return axis, [] if axis is None else axis.count(database, MOMENTS)


def run(begin_s: float, count: int, step_s: float = 0.1) -> list[float]:
    """The moments of a run."""
    return [BEGIN_S + begin_s + place * step_s for place in range(count)]


@given(
    st.lists(
        st.tuples(st.floats(0, 30 * DAY_S), st.integers(1, 40), st.floats(0.001, 600.0)),
        min_size=1,
        max_size=15,
    )
)
def test_every_moment_is_on_the_axis_once(runs):
    """Whatever is left out between the stretches, no message is; labels keep apart."""
    moments = [moment for begin_s, count, step_s in runs for moment in run(begin_s, count, step_s)]
    axis, counts = axis_and_counts(moments)

    assert len(moments) == sum(counts)
    for stretch, later in pairwise(axis.stretches):
        assert stretch.end_s < later.begin_s
        assert stretch.left + stretch.width < later.left
    last = axis.stretches[-1]
    assert 100.0 == pytest.approx(last.left + last.width)
    for chart_px, labels in (
        (262, [label for label in find_time_labels(axis, BERLIN) if not label.is_wide_only]),
        (500, find_time_labels(axis, BERLIN)),
    ):
        edges = [label.edges(chart_px) for label in labels]
        assert labels
        assert all(
            a_end < b_begin or b_end < a_begin
            for (a_begin, a_end), (b_begin, b_end) in combinations(edges, 2)
        )


@pytest.mark.parametrize(
    ("moments", "stretches"),
    [
        (run(0, 1), 1),
        (run(0, 500), 1),
        (run(0, 50) + run(7 * DAY_S, 50), 2),
        ([m for day in range(10) for m in run(day * DAY_S, 60, 1.0)], 10),
        ([m for day in range(40) for m in run(day * DAY_S, 60, 1.0)], 1),
        (run(0, 100, 360.0), 1),
        (run(0, 100, 1.0) + run(110, 100, 1.0), 1),
    ],
    ids=["one", "steady", "a week between", "ten days", "too many", "slow", "a short pause"],
)
def test_idle_time_is_what_is_long_beside_the_work(moments, stretches):
    """Runs far apart are parted; a slow campaign, or a short pause of one, is not."""
    axis, _ = axis_and_counts(moments)

    assert stretches == len(axis.stretches)
    assert stretches - 1 == len(axis.idle_s)


def test_short_run_is_seen_beside_a_long_one():
    """A run of seconds has its part of the axis beside one of hours."""
    axis, _ = axis_and_counts(run(0, 10_000, 1.0) + run(2 * DAY_S, 20))

    assert axis.stretches[1].width > 20


def test_no_moments_have_no_axis():
    """Before anything has happened there is nothing to draw."""
    assert (None, []) == axis_and_counts([])


@pytest.mark.parametrize(
    ("most", "is_whole", "expected"),
    [
        (1, True, [0, 1]),
        (3, True, [0, 1, 2, 3]),
        (4321, True, [0, 2000, 4000, 6000]),
        (1200, True, [0, 500, 1000, 1500]),
        (0.3, False, [0, 0.1, 0.2, 0.3]),
        (9.7, False, [0, 5, 10]),
        (1, False, [0, 0.5, 1]),
        (0, True, [0, 1]),
    ],
)
def test_axis_has_round_numbers(most, is_whole, expected):
    """The reader sees steps that are easy to read; messages have no halves."""
    assert expected == round_ticks(most, is_whole=is_whole)


@given(st.floats(1e-6, 1e9), st.booleans())
def test_axis_reaches_over_the_curve(most, is_whole):
    """The last value is not below the curve, and there are few of them."""
    ticks = round_ticks(most, is_whole=is_whole)

    assert ticks[-1] >= most * 0.999
    assert 2 <= len(ticks) <= 6


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 3, "33.3 %"),
        (999_999, 1_000_000, "99.9 %"),
        (1, 1_000_000, "< 0.1 %"),
    ],
)
def test_all_and_none_are_said_of_all_and_none_only(part, whole, expected):
    """One failure of a million does not vanish in rounding."""
    assert expected == percent(part, whole)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "0 s"),
        (0.44, "0.4 s"),
        (12.4, "12 s"),
        (59.7, "1 min"),
        (250, "4 min 10 s"),
        (12_000, "3 h 20 min"),
        (DAY_S, "1 day"),
        (2 * DAY_S + 3 * 3600, "2 days 3 h"),
    ],
)
def test_lengths_of_time_have_two_units_at_most(seconds, expected):
    """As people say it."""
    assert expected == span(seconds)


def test_numbers_and_reasons_in_words():
    """Money has cents, or what it has where that is less; codes have their meaning."""
    assert ["74.10", "1,234.50", "0.0075", "0.00"] == [
        money(Decimal(value)) for value in ("74.1", "1234.5", "0.007500", "0")
    ]
    assert ["0.5", "1,500", "250k", "1.5M"] == [
        short_number(value) for value in (0.5, 1_500, 250_000, 1_500_000)
    ]
    assert "the recipient's number is invalid (code 202)" == reason_in_words(
        "InvalidParameterError 202"
    )
    assert "suppressed" == reason_in_words("suppressed")


def test_every_country_has_a_name():
    """The names are those of the codes that phonenumbers has for countries."""
    codes = pytest.importorskip("phonenumbers").COUNTRY_CODE_TO_REGION_CODE
    of_countries = {code for code, regions in codes.items() if regions[0] != "001"}

    named = {code for code in range(1, 1_000) if country_name(str(code)) is not None}
    assert of_countries == named
    assert ["Germany", "Austria", "Switzerland", None] == [
        country_name(code) for code in ("49", "43", "41", "883")
    ]
