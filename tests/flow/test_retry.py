"""Whether and when a failed attempt is repeated: the pure rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import (
    MalformedReplyError,
    NotSentError,
    Repeat,
    Retry,
    SevenError,
    TransportError,
)
from seven_async.errors import CODES, error_for
from seven_async.flow.retry import RetryBudget, may_repeat, wait_s

COSTLY = (Repeat.NEVER, Repeat.BILLED)

errors = st.one_of(
    st.builds(lambda code: error_for(code=code), st.sampled_from(sorted(CODES))),
    st.builds(lambda status: error_for(status=status), st.integers(400, 599)),
    st.just(TransportError("lost")),
    st.just(NotSentError("refused")),
    st.just(MalformedReplyError("cut")),
)


@given(st.sampled_from(COSTLY), errors)
def test_what_may_cost_is_repeated_only_when_it_never_left_or_was_refused_with_429(
    repeat: Repeat, error: SevenError
) -> None:
    """A send or billed lookup is not repeated after anything that may have worked."""
    never_left = isinstance(error, NotSentError)
    refused = getattr(error, "status", None) == 429

    assert (never_left or refused) == may_repeat(repeat, error)


@pytest.mark.parametrize(
    ("error", "safe", "idempotent"),
    [
        (TransportError("lost"), True, True),
        (NotSentError("refused"), True, True),
        (MalformedReplyError("cut"), True, True),
        (MalformedReplyError("shape", field="amount"), False, False),
        (error_for(status=429), True, True),
        (error_for(status=503), True, True),
        (error_for(code=11), True, False),
        (error_for(code=700), True, False),
        (error_for(code=600), False, False),
        (error_for(code=901), False, False),
        (error_for(code=402), False, False),
        (error_for(code=500), False, False),
        (error_for(status=404), False, False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_free_rows_are_repeated_after_what_may_pass(
    error: SevenError, safe: bool, idempotent: bool
) -> None:
    """Codes 11 and 700 repeat reads only; 600 and 901 repeat nothing (design section 4)."""
    assert safe == may_repeat(Repeat.SAFE, error)
    assert idempotent == may_repeat(Repeat.IDEMPOTENT, error)


@given(st.integers(1, 12), st.floats(0, 1))
def test_full_jitter_stays_between_zero_and_the_bound(attempt: int, draw: float) -> None:
    """The wait is drawn evenly from 0 to min(8 s, 0.5 s · 2^(attempt - 1))."""
    waited = wait_s(Retry(attempts=99), Repeat.SAFE, attempt, TransportError("x"), lambda: draw)

    assert waited == pytest.approx(draw * min(8.0, 0.5 * 2 ** (attempt - 1)))


@given(st.floats(0, 60), st.floats(0, 1), st.integers(1, 5))
def test_never_earlier_than_the_server_asked(asked_s: float, draw: float, attempt: int) -> None:
    """Retry-After is a floor for the wait, not a suggestion."""
    error = error_for(status=429, retry_after_s=asked_s)
    waited = wait_s(Retry(attempts=99), Repeat.NEVER, attempt, error, lambda: draw)

    assert waited is not None
    assert waited >= asked_s


def test_a_longer_wait_than_the_limit_ends_the_call() -> None:
    """Nobody waits an hour in an open call; the caller gets the error with its number."""
    error = error_for(status=429, retry_after_s=3600)

    assert wait_s(Retry(), Repeat.SAFE, 1, error) is None


@given(errors, st.sampled_from(list(Repeat)))
def test_without_retry_there_is_one_attempt(error: SevenError, repeat: Repeat) -> None:
    """`retry=None` and the last attempt repeat nothing."""
    assert wait_s(None, repeat, 1, error) is None
    assert wait_s(Retry(attempts=3), repeat, 3, error) is None


def test_a_storm_cannot_multiply_the_load() -> None:
    """With nothing but failures, repetitions end after a fixed number; successes earn new ones."""
    budget = RetryBudget()
    granted = sum(budget.spend() for _ in range(1000))
    for _ in range(5):
        budget.earn()

    assert granted == 20
    assert budget.spend()
    assert not budget.spend()


def test_a_thousand_attempts_are_no_arithmetic_problem() -> None:
    """Whoever asks for very many attempts gets the longest wait, not an overflow."""
    many = Retry(attempts=10_000)

    assert many.longest_wait_s == wait_s(many, Repeat.SAFE, 5_000, NotSentError("no"), lambda: 1.0)


def test_the_back_off_comes_on_top_of_what_the_server_asked() -> None:
    """Whoever waits for the same moment as all others would meet them there."""
    asked = error_for(status=429, retry_after_s=7)

    assert 7.25 == wait_s(Retry(), Repeat.SAFE, 1, asked, lambda: 0.5)
