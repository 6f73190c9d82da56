"""The part of a URL that connections are shared by.

In: a URL. Out: its origin, and what of the URL stands in a request. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import attrs

T = TypeVar("T")

# Tokens age, and signatures are new each time: what is kept has a bound.
_MOST_WRITTEN: Final = 256


@attrs.frozen
class Origin:
    """The part of a URL that connections are shared by, and how requests to it begin."""

    scheme: bytes
    host: bytes
    port: int
    url_port: int | None
    host_header: tuple[bytes, bytes]
    written: dict[object, Any] = attrs.field(factory=dict[object, Any], eq=False, repr=False)
    """Headers of requests as an engine writes them: most requests have those of the one before."""

    @classmethod
    def of(cls, base: str) -> Origin:
        """The origin of `scheme://host:port`."""
        parts = urlsplit(base)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        named = parts.hostname or ""
        host = named.encode("ascii" if named.isascii() else "idna")
        name = parts.netloc.encode()
        if not named.isascii():
            name = host if parts.port is None else b"%s:%d" % (host, port)
        return cls(parts.scheme.encode(), host, port, parts.port, (b"Host", name))

    def write_once(self, key: object, write: Callable[[], T]) -> T:
        """Return what `write` gives for a key, which is kept until there are too many of them."""
        written: T | None = self.written.get(key)
        if written is None:
            if len(self.written) >= _MOST_WRITTEN:
                self.written.clear()
            written = self.written[key] = write()
        return written


def split_url(url: str) -> tuple[str, str]:
    """Return the origin of a URL as it stands there, and what follows from the path on."""
    begin = url.index("/", url.index("://") + 3)
    return url[:begin], url[begin:]
