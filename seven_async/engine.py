"""What a client and its clones share, and how options become a flow.

In: `Options`. Out: a `Flow` that calls can take. I/O through the transport only.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Awaitable, Callable, Hashable
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from seven_async.flow.call import Flow
from seven_async.flow.connections import Connections
from seven_async.flow.limit import Limiter, departures_of, gate_for
from seven_async.flow.request import Headers
from seven_async.flow.retry import RetryBudget
from seven_async.flow.transport import Transport, adapted, tls_context
from seven_async.options import Options


def _version() -> str:
    try:
        return version("seven-async")
    except PackageNotFoundError:  # a checkout on the path that was never installed
        return "0"


VERSION: Final = _version()
USER_AGENT: Final = f"seven-async/{VERSION} Python/{platform.python_version()}"


class Engine:
    """Transport and limiter: made once for a client, shared by its clones."""

    def __init__(self, options: Options) -> None:
        self.gate = gate_for(options.concurrency)
        self.budget = RetryBudget()
        self._limiters: dict[Hashable, Limiter] = {}
        self.transport: Transport = (
            Connections(tls_context) if options.transport is None else adapted(options.transport)
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self.transport.aclose()

    async def warmup(self) -> None:
        """Do what the first request would wait for, without a request."""
        if isinstance(self.transport, Connections):
            await self.transport.warmup()

    def _limiter(self, options: Options) -> Limiter:
        key = (_account(options), options.rate)
        if key not in self._limiters:
            shared = departures_of(_account(options))
            self._limiters[key] = Limiter(self.gate, options.rate, shared)
        return self._limiters[key]

    def flow(self, options: Options) -> Flow:
        """The flow for calls with these options."""
        return Flow(
            base_url=options.base_url,
            headers=_headers(options),
            credential=_credential(options),
            signing_secret=options.signing_secret,
            transport=self.transport,
            limiter=self._limiter(options),
            budget=self.budget,
            retry=options.retry,
            timeout_s=options.timeout_s,
            connect_timeout_s=options.connect_timeout_s,
            deadline_s=options.deadline_s,
            clock=options.clock,
            on_event=options.on_event,
        )


def _account(options: Options) -> Hashable:
    """Whose limits a client's requests count against. The key itself is not kept."""
    key = hashlib.sha256((options.api_key or "").encode()).digest()
    return options.base_url, key, id(options.auth), str(options.account), options.clock


def _headers(options: Options) -> Headers:
    """The headers of every request. Without `Accept` several endpoints answer legacy text."""
    headers = [
        ("Accept", "application/json"),
        ("User-Agent", USER_AGENT),
        ("SentWith", options.sent_with),
    ]
    if options.account is not None:
        headers.append(("X-Account-Id", str(options.account)))
    return tuple(headers)


def _credential(options: Options) -> Callable[[], Awaitable[Headers]]:
    """Who is asking, asked anew at each departure, since tokens age."""
    auth = options.auth
    key = options.api_key or ""
    if auth is not None:

        async def token() -> Headers:
            return (("Authorization", f"Bearer {await auth.access_token()}"),)

        return token
    # Published clients let a token be passed as the key (auth.md section 1).
    is_token = key.lower().startswith("bearer ")
    fixed: Headers = (("Authorization", key),) if is_token else (("X-Api-Key", key),)

    async def given() -> Headers:
        return fixed

    return given
