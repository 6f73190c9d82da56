"""What a pool of connections asks of one connection, whichever library reads HTTP on it.

In: a request for one origin. Out: its reply. The engines are `core_lane` (httpcore, the library
below httpx) and `fast_lane` (llhttp's parser).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from seven_async.flow.network.origin import Origin
from seven_async.flow.request import RawReply, Request
from seven_async.flow.transport import Attempt

# Below the 5 s after which common servers drop an idle connection, so that a request does not
# meet one that is just being closed.
KEEPALIVE_S: Final = 4.0


class Lane(Protocol):
    """One connection, and the attempt that is on it."""

    idle_since: float
    broken: tuple[type[Exception], ...]
    """What `carry` raises where the connection or the exchange broke."""

    @property
    def is_usable(self) -> bool:
        """True if another request may go this way; asks the socket, so only before use."""
        ...

    def address(self, cause: BaseException) -> str | None:
        """Return the other side that an exchange failed with; None for the gateway itself."""
        ...

    async def carry(self, request: Request, attempt: Attempt) -> RawReply:
        """Send a request and return its reply, read to its end, within `attempt.timeout_s`.

        Sets `attempt.left` before the first byte of the request may leave.

        Raises:
            TimeoutError: The time of the attempt is over.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection, whatever else is being cancelled."""
        ...


OpenLane: TypeAlias = Callable[[Origin, str | None, ssl.SSLContext | None], Lane]
"""Makes the lane for an origin, through a proxy's URL if there is one; connects nothing yet."""
