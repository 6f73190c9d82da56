"""Snapshot, restore and reset; in: a sandbox with some of everything; no I/O."""

from __future__ import annotations

import json

import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.snapshots import SnapshotError
from seven_async.sandbox.simulate import UnknownIdError
from tests.sandbox.caller import ACCEPTS_JSON, Caller


def busy() -> Caller:
    """A sandbox in which something of every kind happened."""
    caller = Caller(post_webhook=lambda request: 503)
    caller.sandbox.add_key("narrow", scopes=["sms"], ips=["192.0.2.1"], is_test=True)
    caller.json("POST /hooks", form={"target_url": "http://127.0.0.1/x", "event_type": "all"})
    caller.json("POST /groups", form={"name": "friends"})
    caller.json("POST /contacts", form={"firstname": "Ada", "groups[]": 17001})
    caller.json("POST /numbers/order", form={"number": "4523854818"})
    caller.json("POST /subaccounts/create", form={"name": "n", "email": "a@b.test"})
    caller.json("POST /validate_for_voice", form={"number": "0171 1234567"})
    caller.json("POST /voice", form={"to": "0171 1234567", "text": "hello"})
    caller.json("POST /rcs/messages", json={"to": "0171 1234567", "text": {"a": [1, None]}})
    caller.send()
    caller.sandbox.simulate.sms("0171 1234567", "yes")
    caller.sandbox.simulate.whatsapp("0171 1234567", "yes", "49151000000")
    caller.sandbox.advance(2)
    assert caller.sandbox.settle()
    return caller


def test_restored_state_is_the_same_in_every_part():
    """What a fresh sandbox restores, it would photograph again to the byte."""
    snapshot = busy().sandbox.snapshot()
    fresh = Sandbox(post_webhook=lambda request: 200)
    fresh.restore(snapshot)

    assert json.loads(snapshot) == json.loads(fresh.snapshot())


def test_restoring_undoes_what_came_after():
    """Messages, balance and clock are as they were; the lock holds again."""
    caller = Caller()
    caller.send()
    snapshot, balance = caller.sandbox.snapshot(), caller.sandbox.balance
    caller.send(text="later")
    caller.sandbox.advance(500)
    caller.sandbox.restore(snapshot)

    assert (1, balance, 0.0) == (
        len(caller.sandbox.ledger),
        caller.sandbox.balance,
        caller.sandbox.clock.advanced_s,
    )
    assert "402" == caller.send()
    assert "77000000002" == caller.send(text="again")["messages"][0]["id"]


def test_retries_go_on_after_restoring():
    """A delivery that was to be tried again is tried by the sandbox that restored it."""
    snapshot = busy().sandbox.snapshot()
    asked: list[str] = []

    def post(request):
        asked.append(request.url)
        return 200

    fresh = Caller(post_webhook=post)
    fresh.sandbox.restore(snapshot)
    fresh.sandbox.advance(60)
    assert fresh.sandbox.settle()

    assert {"http://127.0.0.1/x"} == set(asked)
    assert {1, 2} == {attempt.attempt for attempt in fresh.sandbox.attempts}


@pytest.mark.parametrize(
    "snapshot", [b"", b"{}", b"[]", b'{"version":1}', b"\xff", b"null", b"[" * 99_999]
)
def test_nonsense_is_refused_and_changes_nothing(snapshot: bytes):
    """Bytes that are no snapshot raise SnapshotError; the state stays."""
    caller = Caller()
    caller.send()
    with pytest.raises(SnapshotError, match="no snapshot"):
        caller.sandbox.restore(snapshot)

    assert 1 == len(caller.sandbox.ledger)


def test_other_versions_are_refused_by_name():
    """A snapshot of another version says which one."""
    sandbox = Sandbox()
    other = {**json.loads(sandbox.snapshot()), "version": 99}
    with pytest.raises(SnapshotError, match="version 99"):
        sandbox.restore(json.dumps(other).encode())


def test_a_state_without_its_main_account_is_refused():
    """Nothing would answer in it."""
    sandbox = Sandbox()
    other = {**json.loads(sandbox.snapshot()), "accounts": {}}
    with pytest.raises(SnapshotError, match="main account"):
        sandbox.restore(json.dumps(other).encode())


def test_reset_starts_chance_nonces_and_attempts_again():
    """What is played again after a reset goes as it went before."""
    caller = Caller(post_webhook=lambda request: 200, seed=4)

    def play() -> list[bool]:
        caller.json("POST /hooks", form={"target_url": "http://a.test/", "event_type": "all"})
        caller.sandbox.simulate.sms("0171 1234567", "yes")
        assert caller.sandbox.settle()
        assert 1 == len(caller.sandbox.attempts)
        caller.sandbox.fault("GET /pricing", probability=0.5, status=503)
        return [caller.ask("GET /pricing").status == 503 for _ in range(40)]

    first = play()
    caller.sandbox.reset()

    assert [] == caller.sandbox.attempts
    assert first == play()


def test_a_validation_of_an_account_that_is_gone_cannot_be_confirmed():
    """The test is told so."""
    caller = Caller()
    caller.json("POST /subaccounts/create", form={"name": "n", "email": "a@b.test"})
    below = {**ACCEPTS_JSON, "x-account-id": "123456789"}
    caller.json("POST /validate_for_voice", below, form={"number": "0171 1234567"})
    caller.json("POST /subaccounts/delete", form={"id": "123456789"})
    with pytest.raises(UnknownIdError):
        caller.sandbox.simulate.confirm("0171 1234567")


def test_reset_is_a_new_sandbox():
    """Nothing is left but key and balance."""
    caller = Caller(balance=7)
    caller.send()
    caller.sandbox.fault(status=503)
    caller.sandbox.reset()

    assert 7 == caller.json("GET /balance")["amount"]
    assert (0, []) == (len(caller.sandbox.ledger), caller.sandbox.faults)
