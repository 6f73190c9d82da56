"""A sandbox that has everything the recorded exchanges speak of.

In: recorded.json (requests and replies as published or recorded, each with its source). Out: a
caller of such a sandbox. I/O: reads that file.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from seven_async.sandbox.core.accounts import Account, Contact, Group, Hook, Inbound, OwnNumber
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.state import MAIN_ACCOUNT
from tests.sandbox.caller import NOON, Caller

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text("utf-8"))


def entry(entry_id: str, channel: str, **changes: Any) -> LedgerEntry:
    """An entry with the id that a recorded request names."""
    fields: dict[str, Any] = {
        "id": entry_id,
        "channel": channel,
        "to": "49176123456789",
        "from_": "sender",
        "text": "Hello World",
        "time": NOON - 3,
        "due": NOON - 3,
        "price": Decimal("0.075"),
        "segments": 1,
        "encoding": "gsm",
        "label": "l",
        "foreign_id": "f",
        "connection": "http",
        "account": MAIN_ACCOUNT,
        "country": "DE",
        "mccmnc": "26203",
    }
    return LedgerEntry(**{**fields, **changes})


def furnished(**options: Any) -> Caller:
    """A caller of a sandbox that knows every id the recordings speak of."""
    caller = Caller(balance=5000, **options)
    state = caller.sandbox.gateway.state
    main = state.main
    main.contacts[12876882] = Contact(12876882, NOON, "https://static.test/a.jpg", {}, [17923])
    main.groups[17923] = Group(17923, NOON, "Group 1")
    main.hooks[2045] = Hook(2045, NOON, "https://a.test", "all", "49157123456789", "POST", "")
    main.numbers.clear()
    for number in ("49176123456789", "4523854818"):
        main.numbers[number] = OwnNumber(
            number, "DE", NOON, "annually", FEES, CAN, "name", ["1"], ["a@b.test"]
        )
    main.inbound.append(Inbound("681590", "SMS", "SMS", "4917601234567890", "hi", NOON))
    main.conversations["4915112345678>4917612345678"] = NOON
    state.accounts["123456789"] = Account(
        "123456789", Decimal(1), "John", "j@a.test", "u", "C", parent=MAIN_ACCOUNT
    )
    for kept in entries():
        state.accept(kept)
    caller.send(to="4917611111111", text="twice")
    return caller


def furnished_world() -> Caller:
    """The same with a scheduled message and an answer, so that each method can succeed."""
    caller = furnished()
    caller.sandbox.gateway.state.accept(entry("12345678", "WA", due=NOON + 9))
    caller.sandbox.simulate.sms("4917611111111", "a reply")
    return caller


CAN = {"sms": True, "a2p_sms": True, "voice": True}
FEES = {"setup": 19.9, "basic_charge": 238.8, "sms_mo": 0.0, "voice_mo": 0.0}


def entries() -> list[LedgerEntry]:
    """The messages and calls of the recordings."""
    return [
        entry("77214945865", "SMS", due=NOON + 9),
        entry("77214067982", "SMS"),
        entry("77214067599", "SMS", reports=()),
        entry("77233319353", "RCS", fields={}),
        entry("1384013", "VOICE", reports=((0.0, "in-progress"),)),
        entry("1384012", "VOICE", reports=((0.0, "completed"),)),
    ]
