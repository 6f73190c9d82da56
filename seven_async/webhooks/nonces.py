"""Which signed requests were taken before: the memory against replays. No I/O.

In: nonces of requests whose signature is right. Out: what is known of each. A forged request never
reaches a store, so only the gateway can fill it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from enum import Enum
from typing import Protocol, runtime_checkable

from seven_async.errors import ConfigurationError


class NonceState(Enum):
    """What a store knows of a nonce."""

    NEW = "new"
    OPEN = "open"
    """Seen before, but the work for it was not finished: its delivery is taken again."""

    DONE = "done"
    """Finished: the same request again is a replay."""


@runtime_checkable
class NonceStore(Protocol):
    """Where nonces are kept. Several processes that receive for one hook share one store.

    Times are Unix seconds. What is kept may be forgotten after `expires_at`.
    """

    def reserve(self, nonce: str, *, now_s: float, expires_at: float) -> NonceState:
        """Note that the work for a nonce begins; return its state before, in one step."""
        ...

    def find(self, nonce: str, *, now_s: float) -> NonceState:
        """Return the state of a nonce, and change nothing."""
        ...

    def finish(self, nonce: str, *, expires_at: float) -> None:
        """Note that the work for a nonce is done."""
        ...


class MemoryNonceStore:
    """Nonces in the memory of one process, at most `max_nonces` of them, the oldest dropped first.

    After a restart it is empty: then a request that is younger than `max_age_s` may be taken twice.
    """

    def __init__(self, *, max_nonces: int = 100_000) -> None:
        if max_nonces < 1:
            raise ConfigurationError(f"max_nonces must be at least 1, not {max_nonces!r}")
        self._max_nonces = max_nonces
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[NonceState, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def reserve(self, nonce: str, *, now_s: float, expires_at: float) -> NonceState:
        """Note that the work for a nonce begins; return its state before, in one step."""
        with self._lock:
            state = self._state(nonce, now_s)
            if state is NonceState.NEW:
                self._keep(nonce, NonceState.OPEN, expires_at)
            return state

    def find(self, nonce: str, *, now_s: float) -> NonceState:
        """Return the state of a nonce, and change nothing."""
        with self._lock:
            return self._state(nonce, now_s)

    def finish(self, nonce: str, *, expires_at: float) -> None:
        """Note that the work for a nonce is done."""
        with self._lock:
            self._keep(nonce, NonceState.DONE, expires_at)

    def _state(self, nonce: str, now_s: float) -> NonceState:
        state, expires_at = self._kept.get(nonce, (NonceState.NEW, 0.0))
        return state if now_s <= expires_at else NonceState.NEW

    def _keep(self, nonce: str, state: NonceState, expires_at: float) -> None:
        self._kept[nonce] = (state, expires_at)
        # In the order of arrival: an attacker cannot push a nonce out, since only requests with a
        # right signature come here.
        while len(self._kept) > self._max_nonces:
            self._kept.popitem(last=False)
