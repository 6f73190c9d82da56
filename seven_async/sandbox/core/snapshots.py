"""The state as JSON and back, for snapshots and the state file."""

from __future__ import annotations

import heapq
import json
from collections import OrderedDict
from decimal import Decimal
from typing import Final

import cattrs
from attrs import define
from cattrs.preconf.json import make_converter

from seven_async.sandbox.core.accounts import Account, Key
from seven_async.sandbox.core.agenda import HookDelivery, ReportDue
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.state import MAIN_ACCOUNT, Lock, State
from seven_async.sandbox.core.statistics import Place, Tally
from seven_async.sandbox.core.wire import Json

VERSION: Final = 1


class SnapshotError(ValueError):
    """The bytes are no snapshot that this version can read."""


@define
class Snapshot:
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
    attempts: list[tuple[float, int, HookDelivery]]
    pending: dict[str, Json]
    identity: str = ""


def _build_converter() -> cattrs.Converter:
    converter = make_converter()  # writes sets as lists
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(str(text)))
    # The values of a JSON object are all that JSON can hold: they pass as they are.
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    return converter


_CONVERTER: Final = _build_converter()


def encode_snapshot(state: State, advanced_s: float) -> bytes:
    """Write the state as JSON; `advanced_s` is how far its clock was moved forward."""
    tasks = state.agenda
    snapshot = Snapshot(
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
        # Two lists, since JSON does not say which class an object belongs to.
        reports=[(at, order, task) for at, order, task in tasks if isinstance(task, ReportDue)],
        attempts=[(at, order, task) for at, order, task in tasks if isinstance(task, HookDelivery)],
        pending=state.pending,
        identity=state.identity,
    )
    plain: object = _CONVERTER.unstructure(snapshot)
    return json.dumps(plain, separators=(",", ":")).encode()


def decode_snapshot(encoded: bytes) -> tuple[State, float]:
    """Read a snapshot: the state, and how far its clock was moved forward.

    Raises:
        SnapshotError: the bytes are no snapshot of this version.
    """
    try:
        snapshot = _CONVERTER.structure(json.loads(encoded), Snapshot)
    except (ValueError, KeyError, TypeError, RecursionError, cattrs.BaseValidationError) as error:
        raise SnapshotError("these bytes are no snapshot of a sandbox") from error
    if snapshot.version != VERSION:
        raise SnapshotError(f"the snapshot is of version {snapshot.version}, not {VERSION}")
    if MAIN_ACCOUNT not in snapshot.accounts:
        raise SnapshotError("the snapshot has no main account")
    return _build_state(snapshot), snapshot.advanced_s


def _build_state(snapshot: Snapshot) -> State:
    state = State(snapshot.keep, Decimal(0), snapshot.identity)
    for entry in snapshot.entries:
        state.ledger.add(entry)
    state.ledger.accepted = snapshot.accepted
    state.accounts = snapshot.accounts
    state.keys = snapshot.keys
    state.locks = OrderedDict(snapshot.locks)
    state.series.update(snapshot.series)
    state.statistics.tallies = dict(snapshot.tallies)
    state.agenda = [*snapshot.reports, *snapshot.attempts]
    heapq.heapify(state.agenda)
    state.pending = snapshot.pending
    return state
