"""The agenda worked off: due reports become events, events deliveries, failures later attempts."""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import evolve

from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.webhooks import events
from seven_async.sandbox.webhooks.deliveries import (
    ATTEMPTS,
    Attempt,
    Delivery,
    Event,
    ReportDue,
    WebRequest,
    is_success,
    next_wait_s,
    wants,
    web_request,
    with_query,
)
from seven_async.sandbox.webhooks.sender import Courier, Errand, Post

if TYPE_CHECKING:
    from seven_async.sandbox.core.accounts import Account, Hook
    from seven_async.sandbox.core.gateway import Gateway

ATTEMPTS_KEPT: Final = 10_000
NONCE_BYTES: Final = 16


class Dispatch:
    """Tells hooks what happened. Its methods are called under the gateway's lock."""

    def __init__(self, gateway: Gateway, post: Post, seed: int) -> None:
        self._gateway = gateway
        self._courier = Courier(self._reported, post)
        self._random = random.Random(seed)  # noqa: S311 - a test double's nonces may repeat
        self.attempts: deque[Attempt] = deque(maxlen=ATTEMPTS_KEPT)

    def turn(self, now: float) -> None:
        """Does everything whose time has come."""
        while due := self._gateway.state.due(now):
            moment, happening = due
            if isinstance(happening, ReportDue):
                self._report(happening.entry, moment)
            else:
                self._attempt(happening, moment)

    def _report(self, entry_id: str, moment: float) -> None:
        entry = self._gateway.state.ledger.get(entry_id)
        report = entry.report(moment) if entry else None
        # A report that something later overtook is not told any more.
        if entry and report and report[1] == moment:
            account = self._gateway.state.accounts.get(entry.account)
            if account:
                self.tell(account, events.of_report(entry, *report))

    def tell(self, account: Account, event: Event) -> None:
        """Starts the delivery of an event to every hook of the account that wants it."""
        for hook in account.hooks.values():
            if wants(hook, event):
                delivery = Delivery(account.id, hook.id, event, first=event.moment)
                self._attempt(delivery, event.moment)

    def _hook(self, delivery: Delivery) -> Hook | None:
        account = self._gateway.state.accounts.get(delivery.account)
        return account.hooks.get(delivery.hook) if account else None

    def _attempt(self, delivery: Delivery, moment: float) -> None:
        hook = self._hook(delivery)
        if hook is None or not hook.enabled:
            return
        timestamp = str(int(self._gateway.clock()))
        nonce = self._random.randbytes(NONCE_BYTES).hex()
        sign = self._gateway.signatures.sign
        request = web_request(hook, delivery.event, sign, timestamp, nonce)
        self._courier.take(Errand(delivery, request, moment))

    def _reported(self, errand: Errand, status: int) -> None:
        with self._gateway.lock:
            self._settle(errand.delivery, errand.moment, status)
            self.turn(self._gateway.clock())

    def _settle(self, delivery: Delivery, moment: float, status: int) -> None:
        event, hook = delivery.event, self._hook(delivery)
        if hook is None:
            return
        self.attempts.append(Attempt(event.kind, hook.id, delivery.attempt, moment, status))
        wait_s = next_wait_s(delivery, status)
        if is_success(status):
            hook.last_success = moment
        elif wait_s is not None:
            again = evolve(delivery, attempt=delivery.attempt + 1)
            self._gateway.state.plan(moment + wait_s, again)
        elif delivery.attempt == ATTEMPTS and (hook.last_success or 0.0) < delivery.first:
            # Nothing got through for as long as a delivery is tried: days.
            hook.enabled = False

    def call_back(self, url: str, fields: Json) -> None:
        """A GET to a callback URL that belongs to no hook; tried once."""
        now = self._gateway.clock()
        nobody = Delivery("", 0, Event("callback", fields, now))
        request = WebRequest("GET", with_query(url, fields), {}, b"")
        self._courier.take(Errand(nobody, request, now))

    def wait_idle(self, timeout_s: float) -> bool:
        """Waits until nothing is on its way; whether that came about in time."""
        return self._courier.wait_idle(timeout_s)
