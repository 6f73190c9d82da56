"""Codes and counts in Redis, for processes on several machines. Needs the extra `redis`.

In: keys, and a function that changes their records. Out: what the function returns. I/O: a Redis
server, whose clock counts for all machines.
"""

from __future__ import annotations

import importlib
import inspect
import json
import math
import random
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol, Self, TypeAlias, TypeVar, cast

from seven_async.errors import ConfigurationError
from seven_async.otp.errors import OtpStoreError
from seven_async.otp.store import OtpRecord, Records

R = TypeVar("R")
Text: TypeAlias = bytes | str | None
"""What a client returns of a key: bytes, or with `decode_responses` a text."""

_ATTEMPTS: Final = 200
"""Of an update that others forestall. One of all who try at once succeeds each time."""
_LONGEST_PAUSE_S: Final = 0.005
_TIME_STEP_S: Final = 1.0
"""How far the server's time goes on before it is written down: so long a step back is not seen."""
_SLACK_MS: Final = 60_000
"""For how long Redis keeps what has expired: whether it has is told from the record."""
_TIME_KEPT_MS: Final = 30 * 86_400_000


class RedisPipeline(Protocol):
    """What is asked of a pipeline: commands at once until `multi`, then all in one transaction."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> object: ...
    def watch(self, *names: str) -> object:
        """Have `execute` fail if somebody else changes one of these keys."""
        ...

    def mget(self, keys: list[str]) -> object:
        """Return the values of keys."""
        ...

    def time(self) -> object:
        """Return the server's Unix seconds and microseconds."""
        ...

    def multi(self) -> object:
        """Begin the transaction."""
        ...

    def set(self, name: str, value: str, *, px: int) -> object:
        """Set a key that expires."""
        ...

    def delete(self, *names: str) -> object:
        """Delete keys."""
        ...

    def execute(self) -> object:
        """Run the transaction."""
        ...


class RedisTransactions(Protocol):
    """What is asked of a client: `redis.Redis`."""

    def pipeline(self) -> object:
        """Return a `RedisPipeline`; its types are wider than redis-py's own."""
        ...


class RedisOtpStore:
    """Codes and counts in Redis, shared by any number of machines.

    ```python
    store = RedisOtpStore("redis://localhost/0")
    ```

    Set up Redis so that it evicts nothing (`maxmemory-policy noeviction`) and keeps what it has
    over a restart (`appendonly yes`): a count that is lost is a cap that is empty.

    Args:
        redis: The address of the server, or a `redis.Redis` of your own.
        prefix: What the keys begin with; the part in braces keeps them on one node of a cluster.

    Raises:
        ConfigurationError: The package redis is missing, the address is none, or the client is an
            asynchronous one.
    """

    def __init__(self, redis: str | RedisTransactions, *, prefix: str = "{seven:otp}:") -> None:
        library = _import_redis()
        self._errors: tuple[type[Exception], ...] = (library.RedisError,)
        self._forestalled: type[Exception] = library.WatchError
        self._client = _connect(library, redis) if isinstance(redis, str) else redis
        if inspect.iscoroutinefunction(getattr(self._client, "get", None)) or (
            "asyncio" in type(self._client).__module__
        ):
            raise ConfigurationError("RedisOtpStore takes redis.Redis, not its asyncio twin")
        self._prefix = prefix
        self._time_key = f"{prefix}time"

    def __repr__(self) -> str:
        return f"<RedisOtpStore {self._prefix!r}>"

    def update(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        """Have some records changed in one step."""
        for _ in range(_ATTEMPTS):
            with self._explain():
                try:
                    return self._attempt(keys, change)
                except self._forestalled:
                    # Two that met try again at different moments.
                    pause_s = random.uniform(0, _LONGEST_PAUSE_S)  # noqa: S311 - no secret
                    time.sleep(pause_s)  # so they do not meet again
        raise OtpStoreError("the store of codes is too busy; nothing was changed")

    def _attempt(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        names = [self._prefix + key for key in keys]
        with cast("RedisPipeline", self._client.pipeline()) as pipe:
            pipe.watch(*names, self._time_key)
            *texts, stored_time = cast("list[Text]", pipe.mget([*names, self._time_key]))
            seconds, micros = cast("tuple[int, int]", pipe.time())
            now_s, new_time = _advance(stored_time, seconds + micros / 1e6)
            before = _read(keys, texts, now_s)
            records = dict(before)
            value = change(records, now_s)
            pipe.multi()
            if new_time is not None:
                pipe.set(self._time_key, new_time, px=_TIME_KEPT_MS)
            for key, name in zip(keys, names, strict=True):
                if records.get(key) != before.get(key):
                    _write(pipe, name, records.get(key), now_s)
            pipe.execute()
        return value

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except self._errors as error:
            raise OtpStoreError(
                f"the store of codes cannot be used: {type(error).__name__}"
            ) from error


def _advance(stored: Text, server_s: float) -> tuple[float, str | None]:
    """Return the store's seconds, and how to write them down if it is time to.

    Steps back of the server's clock count as no time.
    """
    if stored is None:
        return server_s, json.dumps([server_s, server_s])
    now_s, seen_s = json.loads(stored)
    elapsed_s = server_s - seen_s
    now_s += max(0.0, elapsed_s)
    is_due = elapsed_s < 0 or elapsed_s >= _TIME_STEP_S
    return now_s, json.dumps([now_s, server_s]) if is_due else None


def _read(keys: Sequence[str], texts: Sequence[Text], now_s: float) -> Records:
    records: Records = {}
    for key, written in zip(keys, texts, strict=True):
        if written is not None:
            text, expires_at = json.loads(written)
            if expires_at > now_s:
                records[key] = OtpRecord(text, expires_at)
    return records


def _write(pipe: RedisPipeline, name: str, record: OtpRecord | None, now_s: float) -> None:
    if record is None:
        pipe.delete(name)
        return
    left_ms = math.ceil(max(0.0, record.expires_at - now_s) * 1000) + _SLACK_MS
    pipe.set(name, json.dumps([record.text, record.expires_at]), px=left_ms)


def _import_redis() -> Any:
    try:
        return importlib.import_module("redis")
    except ModuleNotFoundError:
        raise ConfigurationError(
            "RedisOtpStore needs the package redis: pip install 'seven-async[redis]'"
        ) from None


def _connect(library: Any, address: str) -> RedisTransactions:
    try:
        return cast("RedisTransactions", library.Redis.from_url(address))
    except ValueError as error:
        raise ConfigurationError(f"redis: {error}") from None
