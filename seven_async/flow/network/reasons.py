"""Why a connection failed, in words for whoever has to mend it.

In: what a library or the system raised. Out: a few words. No I/O.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

#: OpenSSL's numbers (`X509_V_ERR_…`), which Python does not name.
_CERTIFICATES: Final = {
    2: "its certificate is signed by nobody who is trusted here",
    9: "its certificate is not valid yet, or this clock is behind",
    10: "its certificate has expired, or this clock is ahead",
    18: "its certificate is signed by itself",
    19: "its certificate is signed by nobody who is trusted here",
    20: "its certificate is signed by nobody who is trusted here",
    21: "its certificate is signed by nobody who is trusted here",
    62: "its certificate is for another host",
    64: "its certificate is for another host",
}
_NUMBERS: Final = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the connection was reset",
    errno.EPIPE: "the connection was closed",
    errno.ENETUNREACH: "the network cannot be reached",
    errno.ENETDOWN: "the network is down",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ETIMEDOUT: "there was no answer",
    errno.EMFILE: "this process has too many open files",
    errno.ENFILE: "this machine has too many open files",
    errno.EACCES: "this machine does not allow it",
    errno.EPERM: "this machine does not allow it",
}


class ToldError(Exception):
    """Why an exchange broke off, in words that are written for whoever reads the final error."""


def reason_of(cause: BaseException) -> str:
    """Say in a few words why an exchange failed; the class of the exception where that is unknown.

    Libraries wrap what the system said, so the first known reason on the way down counts.
    """
    for error in _chain(cause):
        text = _describe(error)
        if text:
            return text
    return type(cause).__name__


def _chain(cause: BaseException) -> Iterator[BaseException]:
    waiting, seen = [cause], set[int]()
    while waiting:
        error = waiting.pop(0)
        if id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        waiting += members_of_group(error)
        # httpcore raises its own "from None", and keeps what the system said as its argument.
        waiting += [part for part in error.args if isinstance(part, BaseException)]
        beneath = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if beneath is not None:
            waiting.append(beneath)


def members_of_group(error: BaseException) -> tuple[BaseException, ...]:
    """Give the members of an exception group; of any other exception none."""
    group: Any = error
    return tuple(group.exceptions) if isinstance(error, BaseExceptionGroup) else ()


def _describe(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, f"its certificate: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        text: str = getattr(error, "reason", None) or "broken off"
        return f"the TLS handshake failed ({text.lower()})"
    if isinstance(error, socket.gaierror):
        is_later = error.errno == socket.EAI_AGAIN
        return "the name cannot be looked up now" if is_later else "the name was not found"
    if isinstance(error, OSError) and error.errno is not None:
        return _NUMBERS.get(error.errno) or os.strerror(error.errno).lower()
    if type(error).__name__ == "ProxyError":  # of whichever HTTP library
        return f"the proxy refused ({str(error)[:60]})"
    return str(error) if isinstance(error, ToldError) else ""


def is_about_tls(cause: BaseException) -> bool:
    """Tell whether encryption failed: then the host was there."""
    return any(isinstance(error, ssl.SSLError) for error in _chain(cause))


def address_of(url: str) -> str:
    """Give host and port of a URL, `gateway.seven.io:443`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
