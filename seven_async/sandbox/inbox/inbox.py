"""What the JSON API answers with, from a gateway's present state; no I/O.

Searches go through copies, without the gateway's lock: a page that looks must not slow sends down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seven_async.sandbox.core.accounts import Account
from seven_async.sandbox.core.gateway import Gateway
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.inbox.campaigns import count_campaign
from seven_async.sandbox.inbox.conversations import (
    Conversations,
    Message,
    conversation_json,
    is_match,
    message_json,
)
from seven_async.sandbox.inbox.messages import MessageFilter, read_filter, read_recipient
from seven_async.sandbox.webhooks.deliveries import Attempt, WebRequest
from seven_async.sandbox.webhooks.dispatch import Dispatch

DEFAULT_ROWS: Final = 50
MOST_ROWS: Final = 500

Search = tuple[object, ...]
"""What a search depends on: the revision, the filter, and the second where states are asked for."""


class Inbox:
    """Reads a gateway's state for people and tests; may be called from several threads."""

    def __init__(self, gateway: Gateway, dispatch: Dispatch) -> None:
        self._gateway = gateway
        self._dispatch = dispatch
        self._conversations: Conversations | None = None
        self._last_search: tuple[Search, list[str]] = ((), [])

    def revision(self) -> tuple[object, ...]:
        """Return what is another value whenever there is something new to see."""
        state, faults = self._gateway.state, self._gateway.faults.rules
        return (
            state,
            state.ledger.accepted,
            state.changes,
            self._dispatch.attempted,
            len(faults),
            sum(fault.hits for fault in faults),
            # What moves the clock moves every state with it; its base does so all the time.
            self._gateway.clock.advanced_s,
        )

    def clear(self) -> None:
        """Forget messages, calls and deliveries; accounts, hooks, numbers and faults stay."""
        with self._gateway.lock:
            self._gateway.state.clear_messages()
            self._dispatch.attempts.clear()
            self._conversations = None

    def _update(self) -> Conversations:
        """Return the conversations as they are now."""
        state = self._gateway.state
        with self._gateway.lock:
            known = self._conversations
            if known is None or known.state is not state or known.is_overgrown:
                known = self._conversations = Conversations(state)
            known.update()
            return known

    def overview(self, api_key: str) -> Json:
        """Build what a page shows around the messages."""
        known, gateway = self._update(), self._gateway
        with gateway.lock:
            state = gateway.state
            received = sum(len(account.inbound) for account in state.accounts.values())
            return {
                "sandbox": state.identity,
                "api_key": api_key,
                "now": gateway.clock(),
                "advanced_s": gateway.clock.advanced_s,
                "accepted": state.ledger.accepted,
                "messages": len(state.ledger),
                "received": received,
                "balance": str(state.main.balance),
                "labels": [{"label": name, "count": n} for name, n in _newest(known)],
                "hooks": [row for account in state.accounts.values() for row in _hooks(account)],
                "numbers": list(state.main.numbers),
                "whatsapp_senders": list(state.main.whatsapp_senders),
            }

    def conversations(self, params: Params) -> Json:
        """Build a part of the list of conversations; raises FilterError."""
        wanted, now = read_filter(params), self._gateway.clock()
        numbers = self._search(wanted, now)
        known = self._update()
        offset, limit = read_part(params)
        chosen = numbers[offset : offset + limit]
        with self._gateway.lock:
            rows = [conversation_json(number, known.messages(number), now) for number in chosen]
        shown = [row for row in rows if row]
        return {"now": now, "total": len(numbers), "offset": offset, "conversations": shown}

    def _search(self, wanted: MessageFilter, now: float) -> list[str]:
        search: Search = (*self.revision(), wanted, int(now) if wanted.state else 0)
        if self._last_search[0] != search:
            self._last_search = search, self._update().find_numbers(wanted, now)
        return self._last_search[1]

    def messages(self, params: Params) -> Json:
        """Build a part of a conversation, or of all messages, newest first; raises FilterError."""
        wanted, now, to = read_filter(params), self._gateway.clock(), read_recipient(params)
        messages: Sequence[Message]
        known = self._update()
        with self._gateway.lock:
            messages = known.messages(to) if to else list(self._gateway.state.ledger)
        if not wanted.is_empty:
            messages = [message for message in messages if is_match(message, wanted, now)]
        offset, limit = read_part(params)
        end = max(0, len(messages) - offset)
        chosen = messages[max(0, end - limit) : end]
        rows = [message_json(message, now) for message in reversed(chosen)]
        shown: Json = {"now": now, "total": len(messages), "offset": offset, "messages": rows}
        return {**shown, "events": self._events(to, rows)} if to else shown

    def _events(self, number: str, rows: Sequence[Json]) -> list[Json]:
        """List typing and read marks and reactions that were sent to a number or its messages."""
        received = {row["id"] for row in rows if row["direction"] == "in"}
        with self._gateway.lock:
            accounts = self._gateway.state.accounts.values()
            events = [event for account in accounts for event in account.events]
        return [
            event
            for event in events
            if event.get("to") == number or event.get("msg_id") in received
        ]

    def campaign(self, params: Params) -> Json:
        """Build the numbers of all messages that fit a filter; raises FilterError."""
        wanted, now = read_filter(params), self._gateway.clock()
        with self._gateway.lock:
            entries: list[LedgerEntry] = list(self._gateway.state.ledger)
        return {"now": now, **count_campaign(entries, wanted, now).to_json()}

    def attempts(self, params: Params) -> list[Json]:
        """Build the attempts to deliver webhooks, oldest first; `limit` keeps the last ones."""
        with self._gateway.lock:
            attempts = list(self._dispatch.attempts)
        limit = params.integer("limit", len(attempts))
        return [attempt_json(attempt) for attempt in attempts[max(0, len(attempts) - limit) :]]


def read_part(params: Params) -> tuple[int, int]:
    """Read `offset` and `limit`, fifty rows unless given."""
    limit = params.integer("limit", DEFAULT_ROWS, least=1, most=MOST_ROWS)
    return params.integer("offset", 0), limit


def _newest(known: Conversations) -> list[tuple[str, int]]:
    return list(reversed(known.labels.items()))


def _hooks(account: Account) -> list[Json]:
    return [
        {
            "id": hook.id,
            "account": account.id,
            "target_url": hook.target_url,
            "event_type": hook.event_type,
            "event_filter": hook.event_filter,
            "request_method": hook.request_method,
            "enabled": hook.enabled,
        }
        for hook in account.hooks.values()
    ]


def attempt_json(attempt: Attempt) -> Json:
    """Build an attempt with the request that was sent and the answer to it."""
    answer = attempt.answer
    return {
        "id": attempt.id,
        "event": attempt.event,
        "hook": attempt.hook,
        "attempt": attempt.attempt,
        "moment": attempt.moment,
        "status": attempt.status,
        "is_repeat": attempt.delivery is not None and attempt.delivery.is_repeat,
        "data": attempt.delivery.event.content if attempt.delivery else {},
        "request": _request_json(attempt.request),
        "answer": {"body": answer.body.decode(errors="replace"), "error": answer.error},
    }


def _request_json(request: WebRequest) -> Json:
    body = request.body.decode(errors="replace")
    return {"method": request.method, "url": request.url, "headers": request.headers, "body": body}
