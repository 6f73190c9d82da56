"""Which line said a number first: keys and lines in, earlier lines out; no I/O."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seven_async.campaign.inputs.duplicates import DuplicateIndex

keys = st.from_regex(r"0?[1-9][0-9]{0,14}", fullmatch=True) | st.sampled_from(["Anna", "Group 1"])


def filled(count: int) -> DuplicateIndex:
    """A table of that many numbers in a row."""
    seen = DuplicateIndex()
    for line in range(count):
        seen.earlier(str(491_700_000_000 + line), line + 2)
    return seen


@given(st.lists(keys, max_size=60))
def test_earlier_line_is_that_of_a_dict(given_keys: list[str]):
    """The table answers like the dict that it saves."""
    seen, lines = DuplicateIndex(), dict[str, int]()
    expected = [lines.setdefault(key, line) for line, key in enumerate(given_keys, 2)]
    actual = [seen.earlier(key, line) or line for line, key in enumerate(given_keys, 2)]

    assert (expected, len(lines)) == (actual, len(seen))


@given(st.sets(keys, max_size=40), keys)
def test_contains(listed: set[str], asked: str):
    """A key is in the table when, and only when, it was put there."""
    seen = DuplicateIndex()
    for key in listed:
        seen.earlier(key, 1)

    assert (asked in listed) == (asked in seen)


def test_leading_zero_makes_another_number():
    """A national number is not the international one with the same digits."""
    seen = DuplicateIndex()
    seen.earlier("01711234567", 2)

    assert None is seen.earlier("1711234567", 3)


def test_growing_keeps_every_line():
    """A table that has grown often still knows the line of each number."""
    seen = filled(20_000)

    assert list(range(2, 20_002)) == [
        seen.earlier(str(491_700_000_000 + line), 0) for line in range(20_000)
    ]


def test_memory():
    """A number takes at most 24 bytes, so that a million fit beside a campaign."""
    seen = filled(100_000)

    assert 24 * 100_000 >= seen.size_bytes
