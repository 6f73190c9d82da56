"""The sandbox's time and the texts it is written as and read from; no I/O."""

from __future__ import annotations

import pytest

from seven_async.sandbox.core.clock import LAST_S, Clock, local_millis, local_text, parse_moment
from tests.sandbox.caller import NOON, Caller


def test_clock_moves_forward_only():
    """Reports never run backwards."""
    clock = Clock(lambda: NOON)
    clock.advance(5)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(-1)

    assert NOON + 5 == clock()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1700000000", NOON),
        ("2023-11-14 23:13:20", NOON),
        ("2023-11-14 23:13", NOON - 20),
        ("2023-07-14 12:00:00", 1_689_328_800.0),
        ("2554416000000", LAST_S),
        ("9" * 300, LAST_S),
        ("tomorrow", None),
        ("2023-02-30 00:00:00", None),
        ("0000-01-01 00:00:00", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_delay_is_epoch_seconds_or_berlin_time(text: str, moment: float | None):
    """Digits, or local time with or without seconds; nonsense is nothing."""
    assert moment == parse_moment(text)


def test_nonsense_delays_send_at_once():
    """So do delays that have passed."""
    caller = Caller()
    for number, delay in enumerate(["tomorrow", "2001-01-01 00:00:00"]):
        caller.send(text=str(number), delay=delay)

    assert [NOON, NOON] == [entry.due for entry in caller.sandbox.ledger]


def test_times_are_berlin_wall_time():
    """Winter and summer, with and without milliseconds; beyond the calendar it is cut."""
    assert "2023-11-14 23:13:20" == local_text(NOON)
    assert "2023-07-14 12:00:00.500" == local_millis(1_689_328_800.5)
    assert "1970-01-01 01:00:00" == local_text(-1e30)
    assert "9999" == local_text(1e30)[:4]


def test_journal_can_lag_behind():
    """`journal_lag_s` keeps a message out of the journal for so long after it left."""
    caller = Caller(journal_lag_s=90)
    caller.send()

    assert [] == caller.json("GET /journal/outbound")
    caller.sandbox.advance(90)
    assert 1 == len(caller.json("GET /journal/outbound"))


def test_answers_tell_the_time():
    """The `Date` header is the sandbox's clock, as a gateway's is its own; a fault may lie."""
    caller = Caller()
    caller.sandbox.advance(60)
    caller.sandbox.fault("GET /balance", status=503, headers={"date": "yesterday"})

    assert ("Date", "Tue, 14 Nov 2023 22:14:20 GMT") in caller.ask("GET /pricing").headers
    assert (("date", "yesterday"),) == caller.ask("GET /balance").headers
