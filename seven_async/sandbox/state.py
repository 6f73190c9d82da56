"""Everything the gateway remembers."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

from seven_async.sandbox.accounts import Account, Key
from seven_async.sandbox.ledger import Entry, Ledger

if TYPE_CHECKING:
    from decimal import Decimal

    from seven_async.sandbox.call import Call

MAIN_ACCOUNT = "1000001"
LOCK_S = 180.0
"""Seconds in which the same text to the same recipient is refused with 402."""


class State:
    """Accounts, keys and journals of one sandbox."""

    def __init__(self, keep: int, balance: Decimal) -> None:
        self.ledger = Ledger(keep)
        self.accounts = {MAIN_ACCOUNT: Account(MAIN_ACCOUNT, balance, company="Sandbox")}
        self.keys: dict[str, Key] = {}
        self.locks: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self.numbers: Counter[str] = Counter()

    def next_id(self, series: str, first: int) -> int:
        """The next number of a series that starts at `first`."""
        self.numbers[series] += 1
        return first + self.numbers[series] - 1

    def is_locked(self, key: tuple[str, str, str], now: float) -> bool:
        """Whether the same was accepted less than 180 s ago."""
        moment = self.locks.get(key)
        return moment is not None and now - moment < LOCK_S

    def lock(self, key: tuple[str, str, str], now: float) -> None:
        """Starts the reload lock of one text, type and recipient, and forgets expired ones."""
        self.locks[key] = now
        self.locks.move_to_end(key)
        while now - next(iter(self.locks.values())) >= LOCK_S:
            self.locks.popitem(last=False)

    def accept(self, entry: Entry) -> None:
        """Keeps an accepted message or call."""
        self.ledger.add(entry)

    def entry(self, entry_id: str, call: Call) -> Entry | None:
        """The caller's entry with this id."""
        entry = self.ledger.get(entry_id)
        return entry if entry and entry.account == call.account.id else None

    def cancel(self, entry_id: str, channel: str, call: Call) -> bool:
        """Takes a scheduled entry back, with its price; whether it was still scheduled."""
        entry = self.entry(entry_id, call)
        if not entry or entry.channel != channel or entry.cancelled or entry.due <= call.now:
            return False
        entry.cancelled = True
        call.account.refund(entry.price)
        return True

    def account_of(self, key: Key, acting_for: str) -> Account | None:
        """The account a call runs on: the key's own, or the subaccount it acts for."""
        own = self.accounts.get(key.account)
        if not acting_for or own is None:
            return own
        subaccount = self.accounts.get(acting_for)
        may = key.subaccount_access and subaccount and subaccount.parent == own.id
        return subaccount if may else None

    def numbers_of(self, name: str) -> list[str]:
        """The numbers behind a contact's or group's name; the name itself where there is none."""
        return [name]
