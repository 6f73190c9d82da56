"""Threads that wait for the disk share its next commit.

In: values from any number of threads. Out: what was written for each, once it is on disk. I/O: that
of the function that writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import attrs

V = TypeVar("V")
R = TypeVar("R")


@attrs.define(eq=False)
class _Waiting(Generic[V, R]):
    """A value on its way to the disk."""

    value: V
    written: list[R] = attrs.field(factory=list[R])
    failure: Exception | None = None


class GroupCommit(Generic[V, R]):
    """Writes values in groups: whatever queued up while the last group was written is the next."""

    def __init__(self, write_all: Callable[[Sequence[V]], Sequence[R]]) -> None:
        self._write_all = write_all
        self._queueing = threading.Lock()
        self._writing = threading.Lock()
        self._queue: list[_Waiting[V, R]] = []

    def write(self, value: V) -> R:
        """Write a value together with those of other threads; return what its writing gave.

        Raises whatever the writing of its group raised.
        """
        own = _Waiting[V, R](value)
        with self._queueing:
            self._queue.append(own)
        with self._writing:
            # Another thread may have written it while this one waited for its turn.
            if not own.written and own.failure is None:
                self._write_queue()
        if own.failure is not None:
            raise own.failure
        return own.written[0]

    def _write_queue(self) -> None:
        with self._queueing:
            group, self._queue = self._queue, []
        try:
            results = self._write_all([each.value for each in group])
        except Exception as error:  # noqa: BLE001 - raised by each of them in its own thread
            for each in group:
                each.failure = error
        else:
            for each, result in zip(group, results, strict=True):
                each.written.append(result)
