"""Beyond the API, moved by a test: people, networks, and the owner of an account."""

from __future__ import annotations

from typing import Final

from seven_async.sandbox.core.accounts import Account, Inbound
from seven_async.sandbox.core.agenda import Event
from seven_async.sandbox.core.gateway import Gateway
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.recipients import number_or_text
from seven_async.sandbox.core.state import MAIN_ACCOUNT
from seven_async.sandbox.core.tariff import destination
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.inbox.choices import find_choices
from seven_async.sandbox.products.rcs import AGENTS
from seven_async.sandbox.products.validate_for_voice import saved_caller
from seven_async.sandbox.products.voice import DEFAULT_SENDER
from seven_async.sandbox.products.waba import conversation
from seven_async.sandbox.webhooks import events
from seven_async.sandbox.webhooks.dispatch import Dispatch

FIRST_ID: Final = {"SMS": 681_001, "WA": 681_001, "RCS": 1_871_001}
FIRST_CALL_ID: Final = 2
FIRST_CALLER_ID: Final = 12_345
REPLY_WINDOW_S: Final = 48 * 3600.0
"""An answer within this time belongs to the message before it."""


class UnknownIdError(LookupError):
    """There is no such message, call or account in the sandbox."""


class Simulator:
    """What happens beyond the gateway, to one account (the main one unless given)."""

    def __init__(self, gateway: Gateway, dispatch: Dispatch, account: str = MAIN_ACCOUNT) -> None:
        self._gateway = gateway
        self._dispatch = dispatch
        self._account_id = account

    def for_account(self, account: str) -> Simulator:
        """Return a simulator of what happens to a subaccount; to the main one if empty."""
        return Simulator(self._gateway, self._dispatch, account or MAIN_ACCOUNT)

    @property
    def account(self) -> Account:
        """The account that things happen to; raises UnknownIdError."""
        account = self._gateway.state.accounts.get(self._account_id)
        if account is None:
            raise UnknownIdError("the sandbox has no such account")
        return account

    def sms(self, from_: str, text: str, to: str = "") -> Inbound:
        """Let an SMS come in to one of the account's numbers, the first unless given."""
        with self._gateway.lock:
            inbound = self._receive("SMS", from_, self._own_number(to), text)
            self._notify(events.sms_event(inbound))
            return inbound

    def rcs(
        self, from_: str, text: str = "", *, agent: str = "", content: Json | None = None
    ) -> Inbound:
        """Let an RCS message come in: a text, or `content_type` and fields of something else."""
        with self._gateway.lock:
            to = agent or str(AGENTS[0]["id"])
            inbound = self._receive("RCS", from_, to, text, content)
            self._notify(events.rcs_event(inbound, content or {"text": text}))
            return inbound

    def whatsapp(self, from_: str, text: str, to: str, *, message: Json | None = None) -> Inbound:
        """Let a WhatsApp message come in to the sender `to`; it opens 24 hours of conversation."""
        with self._gateway.lock:
            inbound = self._receive("WA", from_, number_or_text(to), text, message)
            self.account.conversations[conversation(to, inbound.from_)] = inbound.time
            self._notify(events.whatsapp_event(inbound, message or {"text": text}))
            return inbound

    def call(self, from_: str, to: str = "") -> int:
        """Let a call come in to one of the account's numbers; return its id."""
        gateway = self._gateway
        with gateway.lock:
            call_id = gateway.state.next_id("inbound_call", FIRST_CALL_ID)
            caller, called, now = number_or_text(from_), self._own_number(to), gateway.clock()
            gateway.state.changes += 1
            self.account.inbound.append(Inbound(str(call_id), "VOICE", caller, called, "", now))
            self._notify(events.call_event(call_id, caller, called, now))
            return call_id

    def press(self, call_id: str | int, key: str | int) -> None:
        """Press a key in a call that the account made."""
        with self._gateway.lock:
            entry = self._entry(str(call_id))
            entry.keys += str(key)[:1]
            self._gateway.state.changes += 1
            self._notify(events.key_event(entry, str(key)[:1], self._gateway.clock()))

    def choose(self, message_id: str | int, choice: str) -> Inbound:
        """Press a button or pick a row of a WhatsApp or RCS message, by its id or its text.

        Raises:
            UnknownIdError: there is no such message, or it offers no such choice.
        """
        with self._gateway.lock:
            entry = self._entry(str(message_id))
            chosen = next(
                (offer for offer in find_choices(entry) if choice in (offer.id, offer.text)), None
            )
            if chosen is None:
                raise UnknownIdError("the message offers no such choice")
            content = chosen.build_reply()
            if entry.channel == "RCS":
                return self.rcs(entry.to, chosen.text, agent=entry.from_, content=content)
            return self.whatsapp(entry.to, chosen.text, entry.from_, message=content)

    def click(self, message_id: str | int, target: str, *, kind: str = "click") -> None:
        """Click on a tracked link of a message, or `view` it."""
        with self._gateway.lock:
            entry = self._entry(str(message_id))
            entry.clicks += kind == "click"
            self._gateway.state.changes += 1
            entry.views += 1  # a click counts as a view, too
            self._notify(events.click_event(entry, kind, target, self._gateway.clock()))

    def report(self, message_id: str | int, status: str) -> None:
        """Let a status report come in now; from then on none comes by itself."""
        with self._gateway.lock:
            gateway = self._gateway
            gateway.state.set_report(self._entry(str(message_id)), status, gateway.clock())
            self._dispatch.run_due()

    def confirm(self, number: str) -> None:
        """Type the code of `validate_for_voice`, as the owner of the number; it is a sender now."""
        with self._gateway.lock:
            state, digits = self._gateway.state, number_or_text(number)
            pending = state.pending.pop(digits, None)
            if pending is None or pending["account"] not in state.accounts:
                raise UnknownIdError("no validation of this number was started")
            caller_id = state.next_id("caller", FIRST_CALLER_ID)
            state.accounts[str(pending["account"])].callers[digits] = caller_id
            if pending["callback"]:
                told = {**saved_caller(caller_id, digits), "error": None}
                self._dispatch.call_back(str(pending["callback"]), told)

    def set_reload_lock(self, *, on: bool) -> None:
        """Switch the account's reload lock on or off, as its owner can in the dashboard."""
        with self._gateway.lock:
            self.account.has_reload_lock = on

    def add_whatsapp_sender(self, number: str) -> None:
        """Register a number that WhatsApp messages may come from."""
        with self._gateway.lock:
            self.account.whatsapp_senders.append(number_or_text(number))

    def add_template(self, name: str, body: str, *, language: str = "de") -> None:
        """Define a WhatsApp template; `{{1}}` in its body is the first parameter of a message."""
        with self._gateway.lock:
            self.account.templates[f"{name} {language}"] = body

    def _own_number(self, to: str) -> str:
        """Return the number that was written to or called: the account's first unless given."""
        return number_or_text(to or next(iter(self.account.numbers), DEFAULT_SENDER))

    def _notify(self, event: Event) -> None:
        self._dispatch.notify_hooks(self.account, event)

    def _entry(self, entry_id: str) -> LedgerEntry:
        entry = self._gateway.state.entry(entry_id, self.account)
        if entry is None:
            raise UnknownIdError("the account has no message or call with this id")
        return entry

    def _receive(
        self, channel: str, from_: str, to: str, text: str, content: Json | None = None
    ) -> Inbound:
        state, now, sender = self._gateway.state, self._gateway.clock(), number_or_text(from_)
        number = state.next_id(f"inbound {FIRST_ID[channel]}", FIRST_ID[channel])
        reply_to = self._find_answered(channel, sender, now)
        inbound = Inbound(str(number), channel, sender, to, text, now, reply_to, content or {})
        state.receive(self.account, inbound, destination(sender).country_code)
        return inbound

    def _find_answered(self, channel: str, sender: str, now: float) -> str | None:
        for entry in self._gateway.state.ledger.newest_first(sender):
            is_own = (entry.account, entry.channel) == (self._account_id, channel)
            if is_own and now - REPLY_WINDOW_S <= entry.due <= now:
                return entry.id
        return None
