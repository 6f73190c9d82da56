"""The state as JSON and back, for snapshots and the state file."""

from __future__ import annotations

import heapq
import json
from collections import OrderedDict
from decimal import Decimal
from typing import Any, Final

import cattrs
from attrs import define
from cattrs.preconf.json import make_converter

from seven_async.sandbox.core.accounts import Account, Key
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.state import MAIN_ACCOUNT, Lock, State
from seven_async.sandbox.core.statistics import Place, Tally
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.webhooks.deliveries import Delivery, ReportDue

VERSION: Final = 1


class SnapshotError(ValueError):
    """The bytes are no snapshot that this version can read."""


@define
class Photograph:
    """All of a state in plain attrs classes."""

    version: int
    advanced_s: float
    keep: int
    accepted: int
    entries: list[LedgerEntry]
    accounts: dict[str, Account]
    keys: dict[str, Key]
    locks: list[tuple[Lock, float]]
    series: dict[str, int]
    tallies: list[tuple[Place, Tally]]
    reports: list[tuple[float, int, ReportDue]]
    attempts: list[tuple[float, int, Delivery]]
    pending: dict[str, Json]
    identity: str = ""


def _converter() -> cattrs.Converter:
    converter = make_converter()  # writes sets as lists
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(str(text)))
    # The values of a JSON object are whatever JSON can hold: they pass as they are.
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    return converter


_CONVERTER: Final = _converter()


def taken(state: State, advanced_s: float) -> bytes:
    """The state as JSON."""
    photograph = Photograph(
        version=VERSION,
        advanced_s=advanced_s,
        keep=state.keep,
        accepted=state.ledger.accepted,
        entries=list(state.ledger),
        accounts=state.accounts,
        keys=state.keys,
        locks=list(state.locks.items()),
        series=dict(state.series),
        tallies=list(state.statistics.tallies.items()),
        reports=[(at, order, due) for at, order, due in state.agenda if isinstance(due, ReportDue)],
        attempts=[(at, order, due) for at, order, due in state.agenda if isinstance(due, Delivery)],
        pending=state.pending,
        identity=state.identity,
    )
    plain: Any = _CONVERTER.unstructure(photograph)
    return json.dumps(plain, separators=(",", ":")).encode()


def restored(snapshot: bytes) -> tuple[State, float]:
    """The state of a snapshot, and how far its clock was advanced; raises SnapshotError."""
    try:
        photograph = _CONVERTER.structure(json.loads(snapshot), Photograph)
    except (ValueError, KeyError, TypeError, RecursionError, cattrs.BaseValidationError) as error:
        raise SnapshotError("these bytes are no snapshot of a sandbox") from error
    if photograph.version != VERSION:
        raise SnapshotError(f"the snapshot is of version {photograph.version}, not {VERSION}")
    if MAIN_ACCOUNT not in photograph.accounts:
        raise SnapshotError("the snapshot has no main account")
    return _state(photograph), photograph.advanced_s


def _state(photograph: Photograph) -> State:
    state = State(photograph.keep, Decimal(0), photograph.identity)
    for entry in photograph.entries:
        state.ledger.add(entry)
    state.ledger.accepted = photograph.accepted
    state.accounts = photograph.accounts
    state.keys = photograph.keys
    state.locks = OrderedDict(photograph.locks)
    state.series.update(photograph.series)
    state.statistics.tallies = dict(photograph.tallies)
    state.agenda = [*photograph.reports, *photograph.attempts]
    heapq.heapify(state.agenda)
    state.pending = photograph.pending
    return state
