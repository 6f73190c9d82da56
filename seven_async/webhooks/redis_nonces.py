"""The memory against replays in Redis, for receivers on several machines.

In: nonces of requests whose signature is right. Out: what is known of each. I/O: a Redis server.
Needs the extra `redis`.
"""

from __future__ import annotations

import importlib
import inspect
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, Protocol, cast

from seven_async.errors import ConfigurationError, Outcome, SevenError
from seven_async.webhooks.nonces import NonceState

_ATTEMPTS: Final = 3
"""A nonce that expires between two questions is asked about anew."""


class NonceStoreError(SevenError):
    """The store of nonces cannot be reached. The gateway is told to come again."""

    outcome = Outcome.NOT_SENT


class RedisClient(Protocol):
    """What is asked of a client: `redis.Redis`, or one of a cluster or sentinel."""

    def set(self, name: str, value: str, *, px: int, nx: bool = False) -> object:
        """Set a key that expires, with `nx` only if there is none; return what is false if not."""
        ...

    def get(self, name: str) -> object:
        """Return the value of a key as bytes or text; None if there is none."""
        ...


class RedisNonceStore:
    """Nonces in Redis, for receivers that several processes or machines serve.

    ```python
    verifier = WebhookVerifier("secret", url=url, nonces=RedisNonceStore("redis://localhost/0"))
    ```

    A receiver with an `inbox` keeps nonces there instead, since they are written with the event.

    Args:
        redis: The address of the server, or a `redis.Redis` of your own.
        prefix: What the keys begin with.
        now: Unix seconds; for tests.

    Raises:
        ConfigurationError: The package redis is missing, the address is none, or the client is an
            asynchronous one.
    """

    def __init__(
        self,
        redis: str | RedisClient,
        *,
        prefix: str = "seven:nonce:",
        now: Callable[[], float] = time.time,
    ) -> None:
        library = _import_redis()
        self._errors: tuple[type[Exception], ...] = (library.RedisError,)
        self._client = _connect(library, redis) if isinstance(redis, str) else redis
        if inspect.iscoroutinefunction(getattr(self._client, "get", None)) or (
            "asyncio" in type(self._client).__module__
        ):
            raise ConfigurationError("RedisNonceStore takes redis.Redis, not its asyncio twin")
        self._prefix = prefix
        self._now = now

    def __repr__(self) -> str:
        return f"<RedisNonceStore {self._prefix!r}>"

    def reserve(self, nonce: str, *, now_s: float, expires_at: float) -> NonceState:
        """Note that the work for a nonce begins; return its state before, in one step."""
        for _ in range(_ATTEMPTS):
            with self._explain():
                left_ms = _milliseconds(expires_at - now_s)
                if self._client.set(self._prefix + nonce, "open", px=left_ms, nx=True):
                    return NonceState.NEW
            state = self.find(nonce, now_s=now_s)
            if state is not NonceState.NEW:
                return state
        raise NonceStoreError("the store of nonces loses what it is given; look at its memory")

    def find(self, nonce: str, *, now_s: float) -> NonceState:  # noqa: ARG002 - Redis has a clock
        """Return the state of a nonce, and change nothing."""
        with self._explain():
            value = self._client.get(self._prefix + nonce)
        if value is None:
            return NonceState.NEW
        return NonceState.DONE if value in (b"done", "done") else NonceState.OPEN

    def finish(self, nonce: str, *, expires_at: float) -> None:
        """Note that the work for a nonce is done."""
        with self._explain():
            left_ms = _milliseconds(expires_at - self._now())
            self._client.set(self._prefix + nonce, "done", px=left_ms)

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except self._errors as error:
            raise NonceStoreError(
                f"the store of nonces cannot be used: {type(error).__name__}"
            ) from error


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))  # Redis refuses 0


def _import_redis() -> Any:
    try:
        return importlib.import_module("redis")
    except ModuleNotFoundError:
        raise ConfigurationError(
            "RedisNonceStore needs the package redis: pip install 'seven-async[redis]'"
        ) from None


def _connect(library: Any, address: str) -> RedisClient:
    try:
        return cast("RedisClient", library.Redis.from_url(address))
    except ValueError as error:
        raise ConfigurationError(f"redis: {error}") from None
