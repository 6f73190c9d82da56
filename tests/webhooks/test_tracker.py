"""Delivery states only go forward."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seven_async import DeliveryState
from seven_async.webhooks import (
    DeliveryReport,
    DeliveryTracker,
    RcsState,
    RcsStatus,
    WhatsAppReport,
    WhatsAppState,
)

STATES = st.sampled_from(list(DeliveryState)) | st.sampled_from(["CREATED", "QUEUED"]).map(
    DeliveryState
)
ENDS = sorted(state for state in DeliveryState if state.is_final and state != "READ")
ON_THE_WAY = sorted(state for state in DeliveryState if not state.is_final)


def report(state: DeliveryState, message_id: str = "1") -> DeliveryReport:
    """Return a report on one message."""
    return DeliveryReport(message_id=message_id, state=state)


def track(states: list[DeliveryState]) -> DeliveryTracker:
    """Return a tracker that got reports in an order."""
    tracker = DeliveryTracker()
    for state in states:
        tracker.update(report(state))
    return tracker


@given(st.lists(STATES, min_size=1))
def test_rank_never_falls(states: list[DeliveryState]):
    """No report takes a message back."""
    tracker, rank = DeliveryTracker(), -1
    for state in states:
        tracker.update(report(state))
        assert rank <= tracker.state("1").rank
        rank = tracker.state("1").rank


@given(st.lists(STATES, min_size=1))
def test_final_state_stays(states: list[DeliveryState]):
    """After an end only `READ` can come, and only after `DELIVERED`."""
    tracker = DeliveryTracker()
    for state in states:
        before = tracker.state("1")
        tracker.update(report(state))
        after = tracker.state("1")
        if before is not None and before.is_final:
            assert after in ({before, DeliveryState.READ} if before == "DELIVERED" else {before})


@given(
    end=st.sampled_from(ENDS),
    others=st.lists(st.sampled_from(ON_THE_WAY)),
    order=st.randoms(use_true_random=False),
)
def test_order_makes_no_difference(end: DeliveryState, others: list[DeliveryState], order):
    """Late, doubled and shuffled reports end with the true final state."""
    states = [end, end, *others]
    order.shuffle(states)

    assert end == track(states).state("1")


@given(st.lists(STATES))
def test_repeated_report_changes_nothing(states: list[DeliveryState]):
    """The same report twice is one report."""
    tracker = DeliveryTracker()
    for state in states:
        tracker.update(report(state))
        assert tracker.update(report(state)) is False


def test_channels_share_one_order():
    """RCS and WhatsApp reports count by the same ranks."""
    tracker = DeliveryTracker()

    assert tracker.update(RcsStatus(message_id="1", state=RcsState.DELIVERED))
    assert tracker.update(RcsStatus(message_id="1", state=RcsState.READ))
    assert not tracker.update(RcsStatus(message_id="1", state=RcsState.IS_TYPING))
    assert not tracker.update(WhatsAppReport(message_id="1", state=WhatsAppState.SENT))
    assert tracker.is_final("1")


def test_memory_is_bounded():
    """The messages that came first are dropped first."""
    tracker = DeliveryTracker(max_messages=2)
    for number in range(5):
        tracker.update(report(DeliveryState.DELIVERED, str(number)))

    assert 2 == len(tracker)
    assert tracker.state("0") is None
