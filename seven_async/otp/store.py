"""Where codes and counts are kept: the protocol, and the memory of one process.

In: keys, and a function that changes their records. Out: what the function returns. No I/O here.
Keys are HMACs, and records hold no number and no code.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

import attrs

from seven_async.errors import ConfigurationError
from seven_async.flow.clock import Clock
from seven_async.otp.errors import OtpStoreError
from seven_async.otp.store_time import StoreTime
from seven_async.otp.store_time import advance as advance_time

R = TypeVar("R")


@attrs.frozen
class OtpRecord:
    """What is kept under a key: a text, and the store's second after which it may be forgotten."""

    text: str
    expires_at: float


Records: TypeAlias = dict[str, OtpRecord]
"""Records by their keys."""


@runtime_checkable
class OtpStore(Protocol):
    """Where codes and counts are kept. All processes of an application share one store.

    One method is enough, since all rules are in the function that it is given. What a store
    promises: the step is atomic, and its seconds never go back.
    """

    def update(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        """Have some records changed in one step, in which no other update takes part.

        Args:
            keys: The only keys that `change` reads and writes.
            change: Gets the records that there are under these keys, and the store's seconds. It
                alters the dict in place: what is missing afterwards is deleted. It may be called
                several times, of which the last counts. If it raises, nothing is written.

        Returns:
            What `change` returned.

        Raises:
            OtpStoreError: The store cannot be used.
        """
        ...


class MemoryOtpStore:
    """Codes and counts in the memory of one process. After a restart it is empty.

    For tests, and for applications of one process that restart seldom: with the counts the caps
    are gone, too.

    Args:
        clock: For tests.
        max_records: A store that is full refuses new records until old ones expire.
    """

    def __init__(self, *, clock: Clock | None = None, max_records: int = 1_000_000) -> None:
        if max_records < 1:
            raise ConfigurationError(f"max_records must be at least 1, not {max_records!r}")
        self._clock = clock or Clock()
        self._max_records = max_records
        self._lock = threading.Lock()
        self._records: Records = {}
        self._expiring: list[tuple[float, str]] = []
        self._scheduled: set[str] = set()
        self._time: StoreTime | None = None

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<MemoryOtpStore, {len(self)} records>"

    def update(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        """Have some records changed in one step."""
        with self._lock:
            self._time = advance_time(self._time, self._clock.read(), is_one_process=True)
            now_s = self._time.now_s
            self._forget(now_s)
            records = {key: self._records[key] for key in keys if key in self._records}
            value = change(records, now_s)
            self._check_room(records)
            for key in keys:
                self._write(key, records.get(key))
            return value

    def _write(self, key: str, record: OtpRecord | None) -> None:
        if record is None:
            self._records.pop(key, None)
            return
        self._records[key] = record
        # One entry for each key, however often it is written: its record may expire later.
        if key not in self._scheduled:
            self._schedule(record.expires_at, key)

    def _schedule(self, expires_at: float, key: str) -> None:
        self._scheduled.add(key)
        heapq.heappush(self._expiring, (expires_at, key))

    def _check_room(self, records: Records) -> None:
        new = sum(key not in self._records for key in records)
        if len(self._records) + new > self._max_records:
            raise OtpStoreError("the store of codes is full")

    def _forget(self, now_s: float) -> None:
        while self._expiring and self._expiring[0][0] <= now_s:
            _, key = heapq.heappop(self._expiring)
            self._scheduled.discard(key)
            record = self._records.get(key)
            if record is not None and record.expires_at > now_s:
                self._schedule(record.expires_at, key)
            elif record is not None:
                del self._records[key]
