"""Under attack: never more codes valid than promised, never more messages than the caps."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import NotSentError, Rate, Seven
from seven_async.flow.clock import ClockReading
from seven_async.otp import (
    MemoryOtpStore,
    OneTimePasswords,
    OtpLimit,
    OtpLimits,
    OtpRecord,
    SqliteOtpStore,
    TooManyCodesError,
    WrongCodeError,
    WrongCodeReason,
)
from seven_async.otp.limits import Cap
from seven_async.otp.store import Records
from seven_async.otp.store_time import advance
from seven_async.sandbox import Sandbox
from tests.otp import attacking_process
from tests.otp.phones import EVERY_STORE, PHONE, SECRET, JumpingClock, read_codes
from tests.structure.imports import ROOT

FREE = OtpLimits(cool_down_s=0, per_number=None, per_range=None, per_caller=None, per_country=None)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop: what is under test is the arithmetic, which knows of none."""
    return "asyncio"


async def count_right(otp: OneTimePasswords, guesses: list[str], to: str = PHONE) -> int:
    """Return how many of some guesses count."""
    right = 0
    for guess in guesses:
        try:
            await otp.verify(to, guess, purpose="login")
            right += 1
        except WrongCodeError:
            pass
    return right


async def test_ten_thousand_guesses(build_otp, sandbox: Sandbox):
    """All codes of four digits are tried: five guesses count, whatever the order and spelling."""
    otp = build_otp(digits=4, default_country="DE")
    await otp.send(PHONE, purpose="login")
    (code,) = read_codes(sandbox)
    guesses = [f"{number:04}" for number in range(10_000)]
    random.Random(5).shuffle(guesses)
    guesses.remove(code)
    others = ["0151 12345678", "0049 151 12345678"]
    reasons = []
    for place, guess in enumerate([*guesses, code]):
        to = others[place % 2] if place < 20 else PHONE
        try:
            await otp.verify(to, guess, purpose="login")
        except WrongCodeError as error:
            reasons.append(error.reason)

    assert 10_000 == len(reasons)
    assert [WrongCodeReason.WRONG] * 5 == reasons[:5]
    assert {WrongCodeReason.USED_UP} == set(reasons[5:])


async def test_guesses_over_a_day(build_otp, sandbox: Sandbox, hands: JumpingClock):
    """Who has new codes sent all day gets as many guesses as the caps have messages."""
    otp = build_otp()
    counted = 0
    for _ in range(24 * 60):
        hands.pass_by(60)
        try:
            await otp.send(PHONE, purpose="login")
        except TooManyCodesError:
            continue
        code = read_codes(sandbox)[-1]
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for _ in range(10):
            with pytest.raises(WrongCodeError) as caught:
                await otp.verify(PHONE, wrong, purpose="login")
            counted += caught.value.reason is WrongCodeReason.WRONG

    assert (10, 50) == (len(sandbox.ledger), counted)


async def test_thousand_numbers_of_one_range(build_otp, sandbox: Sandbox):
    """Numbers that somebody earns by: the cap of their range holds, and nothing more leaves."""
    otp = build_otp(limits=OtpLimits(per_range=Rate(20, per_s=3600)))
    limits = set()
    for number in range(1_000):
        try:
            await otp.send(f"+4915112345{number:03}", purpose="login", caller=f"10.0.{number}")
        except TooManyCodesError as error:
            limits.add(error.limit)

    assert (20, {OtpLimit.RANGE}) == (len(sandbox.ledger), limits)


@pytest.mark.parametrize(
    ("limits", "limit", "most"),
    [
        (OtpLimits(per_caller=Rate(3, per_s=60)), OtpLimit.CALLER, 3),
        (OtpLimits(per_country=Rate(4, per_s=60), per_caller=None), OtpLimit.COUNTRY, 4),
        (OtpLimits(countries={"DE": Rate(5, per_s=60)}, per_caller=None), OtpLimit.COUNTRY, 5),
        (OtpLimits(in_all=Rate(6, per_s=60), per_caller=None), OtpLimit.ALL, 6),
    ],
)
async def test_numbers_of_many_ranges(build_otp, sandbox: Sandbox, limits, limit, most):
    """The caps of caller, country and all hold over any numbers."""
    otp, reached = build_otp(limits=limits), set()
    for number in range(50):
        try:
            await otp.send(
                f"+49151{number:02}345678", purpose="login", caller=f"2001:db8::{number}"
            )
        except TooManyCodesError as error:
            reached.add(error.limit)

    assert (most, {limit}) == (len(sandbox.ledger), reached)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("203.0.113.7", "::ffff:203.0.113.7"),
        ("fe80::1%eth0", "fe80::2"),
        ("account 7", "account 7"),
    ],
)
async def test_addresses_of_one_caller(build_otp, first: str, second: str):
    """An IPv6 customer has more addresses than any cap; they are one caller."""
    otp = build_otp(limits=OtpLimits(per_caller=Rate(1, per_s=60)))
    await otp.send(PHONE, purpose="login", caller=first)

    with pytest.raises(TooManyCodesError) as caught:
        await otp.send("+4917112345678", purpose="login", caller=second)
    assert OtpLimit.CALLER is caught.value.limit


async def test_waiting_as_long_as_told_is_enough(build_otp, hands: JumpingClock):
    """`retry_after_s` is the truth, and refused requests prolong nothing."""
    otp = build_otp()
    for _ in range(5):
        await otp.send(PHONE, purpose="login")
        hands.pass_by(31)
    with pytest.raises(TooManyCodesError) as caught:
        await otp.send(PHONE, purpose="login")
    for _ in range(10):
        with pytest.raises(TooManyCodesError):
            await otp.send(PHONE, purpose="login")
    hands.pass_by(caught.value.retry_after_s + 0.001)

    assert PHONE == (await otp.send(PHONE, purpose="login")).to


# Clocks that jump


@EVERY_STORE
async def test_clock_that_is_set_back_revives_no_code(
    build_otp, sandbox: Sandbox, hands: JumpingClock
):
    """An expired code stays so, whatever a clock says afterwards."""
    otp = build_otp(valid_s=300)
    await otp.send(PHONE, purpose="login")
    hands.pass_by(301)
    await otp.send("+4915112340000", purpose="login")  # the store sees the time
    hands.jump(-3_600)

    assert 0 == await count_right(otp, read_codes(sandbox))
    assert 1 == await count_right(otp, read_codes(sandbox, "+4915112340000"), "+4915112340000")


@pytest.mark.parametrize("store", ["memory", "sqlite"], indirect=True)
async def test_clock_that_is_set_back_makes_no_code_live_longer(
    build_otp, sandbox: Sandbox, hands: JumpingClock
):
    """Time is counted by a clock that nobody can set."""
    otp = build_otp(valid_s=300)
    await otp.send(PHONE, purpose="login")
    for _ in range(6):
        hands.pass_by(50.1)
        hands.jump(-50)

    assert 0 == await count_right(otp, read_codes(sandbox))


@pytest.mark.parametrize("store", ["memory", "sqlite"], indirect=True)
@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0, 3.2e9])
async def test_clock_that_jumps_empties_no_cap(
    build_otp, sandbox: Sandbox, hands: JumpingClock, jump_s: float
):
    """Ten a day stay ten a day, and the next day begins when a day has gone by."""
    otp = build_otp(limits=OtpLimits(per_number=Rate(10, per_s=86_400)))
    for step in range(50):
        hands.pass_by(60)
        hands.jump(jump_s if step % 2 else -jump_s)
        try:
            await otp.send(PHONE, purpose="login")
        except TooManyCodesError:
            continue
    sent = len(sandbox.ledger)
    hands.pass_by(86_400 * 1.02)
    await otp.send(PHONE, purpose="login")

    assert (10, 11) == (sent, len(sandbox.ledger))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_restart_of_the_machine(build_otp, sandbox: Sandbox, hands: JumpingClock):
    """Between two starts the Unix time counts, forward only."""
    otp = build_otp()
    await otp.send(PHONE, purpose="login")
    hands.boot_id, hands.gone_s = "another boot", 5.0
    hands.jump(-7_200)
    with pytest.raises(TooManyCodesError):
        await otp.send(PHONE, purpose="login")
    hands.pass_by(301)

    assert 0 == await count_right(otp, read_codes(sandbox))


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e9, 1e9)), max_size=20))
def test_store_time_never_goes_back(steps: list[tuple[float, float]]):
    """Whatever the Unix time does, also without a time since the start."""
    hands, time = JumpingClock(has_boot_time=False), None
    seen = []
    for gone_s, jump_s in steps:
        hands.pass_by(gone_s)
        hands.jump(jump_s)
        time = advance(time, ClockReading(hands.unix_s, hands.gone_s, None))
        seen.append(time.now_s)

    assert all(before <= after for before, after in pairwise(seen))


@given(
    st.integers(1, 8),
    st.floats(0.5, 1e5),
    st.lists(st.floats(0, 0.4), min_size=1, max_size=60),
)
def test_no_window_has_more_than_its_cap(n: int, per_s: float, gaps: list[float]):
    """Of messages that leave as soon as the cap lets them, no window of its length has more."""
    cap, records, now_s, left = Cap(OtpLimit.NUMBER, Rate(n, per_s=per_s), "key"), {}, 1.8e9, []
    for gap in gaps:
        now_s += gap * per_s
        if cap.wait_s(records, now_s) <= 0:
            cap.add(records, now_s)
            left.append(now_s)

    assert all(n >= sum(start <= at < start + per_s * (1 - 1e-9) for at in left) for start in left)


# Several at once


@EVERY_STORE
def test_threads_share_a_cap_and_a_code(sandbox: Sandbox, store):
    """Of many at once, as many send as the cap allows, and one uses the code up."""
    limits = OtpLimits(cool_down_s=0, per_number=Rate(4, per_s=3600))
    with Seven(**sandbox.options) as seven:
        otp = OneTimePasswords(seven, secret=SECRET, store=store, limits=limits)
        otp.send(PHONE, purpose="login")
        (code,) = read_codes(sandbox)

        def use(place: int) -> bool | None:
            try:
                if place % 2:
                    return otp.verify(PHONE, code, purpose="login") == PHONE
                otp.send(PHONE, purpose="payment")
            except (TooManyCodesError, WrongCodeError):
                return False
            return None

        with ThreadPoolExecutor(8) as threads:
            used = list(threads.map(use, range(60)))

    assert (1, 4) == (used.count(True), len(sandbox.ledger))


def test_processes_share_a_cap_and_a_code(sandbox: Sandbox, tmp_path: Path):
    """Two processes together: the cap holds, and one of them gets the number."""
    path = tmp_path / "otp.db"
    with Seven(**sandbox.options) as seven:
        store = SqliteOtpStore(path)
        otp = OneTimePasswords(seven, secret=SECRET, store=store, limits=attacking_process.LIMITS)
        otp.send(PHONE, purpose="login")
        store.close()
    path.with_suffix(".code").write_text(read_codes(sandbox)[0])
    command = [sys.executable, "-m", "tests.otp.attacking_process", str(path), "12"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    processes = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for process in processes:
        assert "ready\n" == process.stdout.readline()
    for process in processes:  # both are there: now they begin
        process.stdin.write("\n")
        process.stdin.flush()
    results = [process.communicate(timeout=60)[0].split() for process in processes]

    assert 6 == sum(int(sent) for sent, _ in results)
    assert 1 == sum(int(right) for _, right in results)


# The stores themselves


def test_full_store_sends_nothing(sandbox: Sandbox):
    """Memory is bounded: an attacker who fills it gets refusals."""
    from seven_async.otp import OtpStoreError

    with Seven(**sandbox.options) as seven:
        store = MemoryOtpStore(max_records=10)
        otp = OneTimePasswords(seven, secret=SECRET, store=store, limits=OtpLimits(per_range=None))
        for number in range(2):
            otp.send(f"+49151{number:02}345678", purpose="login")
        with pytest.raises(OtpStoreError):
            otp.send(PHONE, purpose="login")

    assert (2, True) == (len(sandbox.ledger), len(store) <= 10)


async def test_store_forgets_what_has_expired(build_otp, store, hands: JumpingClock):
    """No record stays longer than its longest window."""
    otp = build_otp(limits=FREE)
    for number in range(100):
        await otp.send(f"+49151{number:02}345678", purpose="login")
    hands.pass_by(601)
    await otp.send(PHONE, purpose="login")

    assert 1 == len(store)


def test_database_of_something_else_is_left_alone(tmp_path: Path):
    """A path that was mixed up destroys nothing."""
    import sqlite3

    from seven_async.otp import OtpStoreError

    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE people (name)")
    database.close()
    before = path.read_bytes()

    with pytest.raises(OtpStoreError, match="something else"):
        SqliteOtpStore(path)
    assert before == path.read_bytes()


def test_file_is_for_its_owner_only(tmp_path: Path):
    """What is in it says who logs in when."""
    store = SqliteOtpStore(tmp_path / "otp.db")
    store.close()

    assert 0o600 == (tmp_path / "otp.db").stat().st_mode & 0o777


def test_redis_that_is_away_sends_nothing(sandbox: Sandbox):
    """Without a count nothing leaves."""
    pytest.importorskip("redis", reason="the package redis is not installed")
    from seven_async.otp import OtpStoreError, RedisOtpStore

    with Seven(**sandbox.options) as seven:
        store = RedisOtpStore("redis://127.0.0.1:1/0")
        otp = OneTimePasswords(seven, secret=SECRET, store=store)
        with pytest.raises(OtpStoreError):
            otp.send(PHONE, purpose="login")

    assert 0 == len(sandbox.ledger)


def test_missing_packages_name_their_extras(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    """They are told at the start."""
    from seven_async import ConfigurationError
    from seven_async.otp import RedisOtpStore

    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"seven-async\[redis\]"):
        RedisOtpStore("redis://localhost")
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(ConfigurationError, match=r"seven-async\[otp\]"):
        OneTimePasswords(Seven(**sandbox.options), secret=SECRET)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_store_is_used_after_a_fork(tmp_path: Path):
    """A web server forks its workers after the application was loaded: all share the counts."""
    program = """
import os, sys
from seven_async.otp import OtpRecord, SqliteOtpStore

store = SqliteOtpStore(sys.argv[1])

def count(records, now_s):
    records["n"] = OtpRecord(str(int(records["n"].text if "n" in records else 0) + 1), now_s + 60)
    return records["n"].text

store.update(["n"], count)
child = os.fork()
store.update(["n"], count)
if child == 0:
    os._exit(0)
_, status = os.waitpid(child, 0)
print(store.update(["n"], count), status)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "otp.db")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert ("4 0\n", "") == (ended.stdout, ended.stderr)


def test_store_that_fails_later_does_not_hide_the_error(sandbox: Sandbox, tmp_path: Path, caplog):
    """The caller learns that the message did not leave, though it could not be given back."""
    store = SqliteOtpStore(tmp_path / "otp.db")

    with Seven(**sandbox.options) as seven:
        otp = OneTimePasswords(seven, secret=SECRET, store=store)
        update, calls = store.update, []

        def update_once(keys, change):
            calls.append(keys)
            if len(calls) > 1:
                store.close()
            return update(keys, change)

        store.update = update_once
        with sandbox.fault("POST /sms", drop="connect"), pytest.raises(NotSentError):
            otp.send(PHONE, purpose="login")

    assert "stays counted" in caplog.text


@EVERY_STORE
def test_no_step_is_lost_between_others(store, hands: JumpingClock, tmp_path: Path):
    """While a step has read and not yet written, another process takes one: both count."""
    beside = store
    if isinstance(store, SqliteOtpStore):
        beside = SqliteOtpStore(tmp_path / "otp.db", clock=hands.clock)  # as another process has

    def add_one(records: Records, now_s: float) -> None:
        count = int(records["n"].text) if "n" in records else 0
        records["n"] = OtpRecord(str(count + 1), now_s + 60)

    other = threading.Thread(target=beside.update, args=(["n"], add_one))

    def add_one_slowly(records: Records, now_s: float) -> None:
        add_one(records, now_s)
        if other.ident is None:  # a step that is forestalled is tried again
            other.start()
            other.join(0.2)

    store.update(["n"], add_one_slowly)
    other.join()
    seen: list[str] = []
    store.update(["n"], lambda records, _: seen.append(records["n"].text))

    assert ["2"] == seen
