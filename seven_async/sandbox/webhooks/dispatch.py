"""The agenda worked off: due reports become events, events deliveries, failures later attempts."""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import evolve

from seven_async.sandbox.core.accounts import Account, Hook
from seven_async.sandbox.core.agenda import Event, HookDelivery, ReportDue
from seven_async.sandbox.core.gateway import Gateway
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.webhooks import events
from seven_async.sandbox.webhooks.deliveries import (
    ATTEMPTS,
    Attempt,
    WebAnswer,
    WebRequest,
    add_query,
    build_request,
    is_success,
    is_wanted,
    next_wait_s,
)
from seven_async.sandbox.webhooks.sender import PostWebhook, QueuedRequest, WebhookSender

ATTEMPTS_KEPT: Final = 10_000


class Dispatch:
    """Tells hooks what happened; `notify_hooks` and `call_back` want the gateway's lock held."""

    def __init__(self, gateway: Gateway, post: PostWebhook) -> None:
        self._gateway = gateway
        self._sender = WebhookSender(self._record, post)
        self.attempts: deque[Attempt] = deque(maxlen=ATTEMPTS_KEPT)
        self.attempted: int = 0
        """How many attempts there ever were."""

    def run_due(self) -> None:
        """Do everything whose time has come: reports come in, deliveries are tried again."""
        gateway = self._gateway
        with gateway.lock:
            now = gateway.clock()
            while due := gateway.state.pop_due(now):
                moment, task = due
                if isinstance(task, ReportDue):
                    self._report(task.entry, moment)
                else:
                    self._attempt(task, moment)

    def _report(self, entry_id: str, moment: float) -> None:
        entry = self._gateway.state.ledger.get(entry_id)
        report = entry.report(moment) if entry else None
        # A report is not delivered once a later one has come in.
        if entry and report and report[1] == moment:
            account = self._gateway.state.accounts.get(entry.account)
            if account:
                self.notify_hooks(account, events.report_event(entry, *report))

    def notify_hooks(self, account: Account, event: Event) -> None:
        """Start the delivery of an event to every hook of the account that wants it."""
        for hook in account.hooks.values():
            if is_wanted(hook, event):
                delivery = HookDelivery(account.id, hook.id, event, first=event.moment)
                self._attempt(delivery, event.moment)

    def _hook(self, delivery: HookDelivery) -> Hook | None:
        account = self._gateway.state.accounts.get(delivery.account)
        return account.hooks.get(delivery.hook) if account else None

    def _attempt(self, delivery: HookDelivery, moment: float) -> None:
        hook = self._hook(delivery)
        if hook is not None and hook.enabled:
            self._enqueue(hook, delivery, moment)

    def _enqueue(self, hook: Hook, delivery: HookDelivery, moment: float) -> None:
        request = build_request(hook, delivery.event, self._gateway.signatures.headers)
        self._sender.enqueue(QueuedRequest(delivery, request, moment))

    def repeat(self, attempt_id: int) -> bool:
        """Deliver the event of an attempt once more; return False if it is not remembered."""
        with self._gateway.lock:
            for attempt in self.attempts:
                hook = attempt.delivery and self._hook(attempt.delivery)
                if attempt.id == attempt_id and attempt.delivery and hook:
                    again = evolve(attempt.delivery, is_repeat=True)
                    self._enqueue(hook, again, self._gateway.clock())
                    return True
        return False

    def _record(self, sent: QueuedRequest, answer: WebAnswer) -> None:
        with self._gateway.lock:
            self._note_attempt(sent, answer)
            self.run_due()

    def _note_attempt(self, sent: QueuedRequest, answer: WebAnswer) -> None:
        delivery, moment, status = sent.delivery, sent.moment, answer.status
        hook = self._hook(delivery)
        if hook is None:
            return
        self.attempted += 1
        attempt = Attempt(
            delivery.event.kind, hook.id, delivery.attempt, moment, status,
            self.attempted, sent.request, answer, delivery,
        )  # fmt: skip
        self.attempts.append(attempt)
        wait_s = next_wait_s(delivery, status)
        if is_success(status):
            hook.last_success = moment
        elif delivery.is_repeat:
            return
        elif wait_s is not None:
            again = evolve(delivery, attempt=delivery.attempt + 1)
            self._gateway.state.plan(moment + wait_s, again)
        elif delivery.attempt == ATTEMPTS and (hook.last_success or 0.0) < delivery.first:
            # Nothing got through for as long as a delivery is tried: days.
            hook.enabled = False

    def call_back(self, url: str, fields: Json) -> None:
        """Send a GET to a callback URL that belongs to no hook; it is tried once."""
        now = self._gateway.clock()
        delivery = HookDelivery("", 0, Event("callback", fields, now))
        request = WebRequest("GET", add_query(url, fields), {}, b"")
        self._sender.enqueue(QueuedRequest(delivery, request, now))

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until no request is on its way; return False if one still is after `timeout_s`."""
        return self._sender.wait_idle(timeout_s)
