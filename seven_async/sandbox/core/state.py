"""Everything the gateway remembers."""

from __future__ import annotations

import heapq
import secrets
from collections import Counter, OrderedDict
from decimal import Decimal
from functools import lru_cache
from typing import Final

from seven_async.sandbox.core.accounts import Account, Inbound, Key
from seven_async.sandbox.core.agenda import ReportDue, Task
from seven_async.sandbox.core.clock import local_date
from seven_async.sandbox.core.ledger import Ledger, LedgerEntry
from seven_async.sandbox.core.params import plain_id
from seven_async.sandbox.core.statistics import COUNTED, Place, Statistics
from seven_async.sandbox.core.tariff import FREE
from seven_async.sandbox.core.wire import Json

MAIN_ACCOUNT: Final = "1000001"
LOCK_S: Final = 180.0
"""Seconds in which the same text to the same recipient is refused with 402."""

LOCKS_KEPT: Final = 200_000
"""Texts remembered for that, so that a flood within 180 s does not grow the memory."""

AGENDA_MOST: Final = 500_000
"""Reports and retries that can lie ahead; hooks are not notified of those beyond."""

Lock = tuple[str, str, str]
"""Account, recipient and text."""
Due = tuple[float, int, Task]
"""When, in which order, and what is to happen."""


class State:
    """Accounts, keys, journals and what is still to happen, of one sandbox."""

    def __init__(self, keep: int, balance: Decimal, identity: str = "") -> None:
        self.keep = keep
        # Random, so that clients can tell one sandbox from another on the same port.
        self.identity: str = identity or secrets.token_hex(8)
        self.ledger: Ledger = Ledger(keep)
        self.accounts: dict[str, Account] = {
            MAIN_ACCOUNT: Account(MAIN_ACCOUNT, balance, company="Sandbox")
        }
        self.keys: dict[str, Key] = {}
        self.locks: OrderedDict[Lock, float] = OrderedDict()
        self.series: Counter[str] = Counter()
        self.statistics: Statistics = Statistics()
        self.agenda: list[Due] = []
        self.changes: int = 0
        """Counts what changes messages after they were accepted, and what comes in."""
        self.pending: dict[str, Json] = {}
        """Numbers whose owner is still to type the code that validates them."""

    @property
    def main(self) -> Account:
        """The account that the others belong to."""
        return self.accounts[MAIN_ACCOUNT]

    def next_id(self, series: str, first: int) -> int:
        """Return the next number of a series that starts at `first`."""
        self.series[series] += 1
        return first + self.series[series] - 1

    def plan(self, moment: float, task: Task) -> None:
        """Put a task on the agenda, as long as that is not full."""
        if len(self.agenda) < AGENDA_MOST:
            heapq.heappush(self.agenda, (moment, self.next_id("agenda", 0), task))

    def pop_due(self, now: float) -> tuple[float, Task] | None:
        """Take the next task off the agenda whose time has come."""
        if not self.agenda or self.agenda[0][0] > now:
            return None
        moment, _, task = heapq.heappop(self.agenda)
        return moment, task

    def is_locked(self, key: Lock, now: float) -> bool:
        """Return True if the account sent the same less than 180 s ago."""
        moment = self.locks.get(key)
        return moment is not None and now - moment < LOCK_S

    def lock(self, key: Lock, now: float) -> None:
        """Start the reload lock of one account, recipient and text, and forget old ones."""
        self.locks[key] = now
        self.locks.move_to_end(key)
        while len(self.locks) > LOCKS_KEPT or now - next(iter(self.locks.values())) >= LOCK_S:
            self.locks.popitem(last=False)

    def accept(self, entry: LedgerEntry) -> None:
        """Charge, count and keep an accepted message or call, and plan its reports."""
        account = self.accounts[entry.account]
        self.charge(account, entry.price)
        self.ledger.add(entry)
        self._count(entry, 1)
        if account.hooks:
            for after_s, _ in entry.reports:
                self.plan(entry.due + after_s, ReportDue(entry.id))

    def look_up(self, account: Account, kind: str, place: Place, price: Decimal) -> None:
        """Charge and count a lookup."""
        self.charge(account, price)
        name = kind if kind in ("hlr", "mnp") else ""
        self.statistics.count(place, name, price)

    def receive(self, account: Account, inbound: Inbound, country: str) -> None:
        """Keep and count an inbound message."""
        self.changes += 1
        account.inbound.append(inbound)
        del account.inbound[: -self.keep]
        place = (account.id, local_date(inbound.time), country, "")
        self.statistics.count(place, "inbound", FREE)

    def charge(self, account: Account, price: Decimal) -> None:
        """Take a price off; a subaccount below its threshold is topped up by the main one."""
        account.charge(price)
        amount, threshold = account.topup_amount, account.topup_threshold
        if amount and threshold is not None and account.balance < threshold:
            parent = self.accounts.get(account.parent or "")
            if parent and parent.balance >= amount:
                parent.balance -= amount
                account.balance += amount

    def set_report(self, entry: LedgerEntry, status: str, moment: float) -> None:
        """Set a report; those that the ordinary course had still to bring do not come."""
        self.changes += 1
        entry.reports = tuple(report for report in entry.reports if entry.due + report[0] <= moment)
        entry.told = (*entry.told, (moment, status))
        if self.accounts[entry.account].hooks:
            self.plan(moment, ReportDue(entry.id))

    def entry(self, entry_id: str, account: Account) -> LedgerEntry | None:
        """Return the account's entry with this id."""
        entry = self.ledger.get(plain_id(entry_id))
        return entry if entry and entry.account == account.id else None

    def cancel(self, entry_id: str, channel: str, account: Account, now: float) -> bool:
        """Take a scheduled entry back, with its price; return False if it had left."""
        entry = self.entry(entry_id, account)
        if not entry or entry.channel != channel or entry.cancelled or entry.due <= now:
            return False
        entry.cancelled = True
        self.changes += 1
        account.refund(entry.price)
        self._count(entry, -1)
        return True

    def clear_messages(self) -> None:
        """Forget messages, calls and what they lead to; accounts, hooks and numbers stay."""
        self.changes += 1
        self.ledger.clear()
        self.locks.clear()
        self.agenda.clear()
        for account in self.accounts.values():
            account.inbound.clear()
            account.events.clear()
            account.conversations.clear()

    def _count(self, entry: LedgerEntry, times: int) -> None:
        place = (entry.account, _date(int(entry.due) // 60), entry.country, entry.label or "")
        self.statistics.count(place, COUNTED.get(entry.channel, ""), entry.price, times)

    def account_of(self, key: Key, acting_for: str) -> Account | None:
        """Return the account a call runs on: the key's own, or the subaccount it acts for."""
        own = self.accounts.get(key.account)
        if not acting_for or own is None:
            return own
        subaccount = self.accounts.get(acting_for)
        may = key.subaccount_access and subaccount and subaccount.parent == own.id
        return subaccount if may else None


@lru_cache(maxsize=64)
def _date(minute: int) -> str:
    # A client that sends thousands a second needs the date of the same minute each time.
    return local_date(minute * 60.0)
