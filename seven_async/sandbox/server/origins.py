"""Which requests a web page from elsewhere may have sent: they are refused.

A browser lets every page send requests to this machine. What tells them apart: `Origin` and
`Sec-Fetch-Site`, which pages cannot set, and, where a page made its own name point here (DNS
rebinding), a `Host` that is a name of the internet. No I/O.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from seven_async.sandbox.core.wire import Answer, json_answer

CROSS_SITE: Final = "The sandbox refuses requests that a web page from elsewhere sent."
FOREIGN_HOST: Final = (
    "The sandbox refuses this `Host`: use http://127.0.0.1, localhost or *.localhost, "
    "or start it with --remote-control."
)
_LOCAL_ENDINGS: Final = (
    "localhost", "local", "internal", "test", "lan", "home.arpa", "seven.io", "sms77.io",
)  # fmt: skip
"""Names of local networks, which nobody elsewhere can own, and those of the real gateway."""


def is_loopback(client: str) -> bool:
    """Return True if the address is this machine's own."""
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False


def refuse_control(
    headers: Mapping[str, str], *, any_host: bool, is_visit: bool = False
) -> Answer | None:
    """Return the refusal of a request for controls or the page; None where it may go on.

    Only the page's own origin may send such requests, and clients that are no browser.

    Args:
        any_host: the sandbox is reached by other names, too.
        is_visit: the page itself is asked for, which somebody may do who follows a link.
    """
    host = headers.get("host", "localhost")
    if not any_host and not is_own_name(host):
        return json_answer({"error": FOREIGN_HOST}, 403)
    if is_visit and _is_navigation(headers):
        return None
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    is_own = origin is None or origin.rpartition("//")[2].lower() == host.lower()
    if is_own and site in (None, "none", "same-origin"):
        return None
    return json_answer({"error": CROSS_SITE}, 403)


def _is_navigation(headers: Mapping[str, str]) -> bool:
    """Return True if somebody followed a link to the page, which no other page can frame."""
    return (
        headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )


def refuse_call(headers: Mapping[str, str], client: str) -> Answer | None:
    """Return the refusal of a call below `/api`; None where it may go on.

    Applications call under any name that leads here, pages of this machine from any port.
    """
    get = headers.get
    return _refuse_call(get("host"), get("origin"), get("sec-fetch-site"), client)


@lru_cache(maxsize=1024)
def _refuse_call(
    host: str | None, origin: str | None, site: str | None, client: str
) -> Answer | None:
    if host is not None and is_loopback(client) and not _is_local_name(host):
        return json_answer({"error": FOREIGN_HOST}, 403)
    if origin is not None:
        is_refused = not _is_local_name(origin.rpartition("//")[2])
    else:
        is_refused = site == "cross-site"
    return json_answer({"error": CROSS_SITE}, 403) if is_refused else None


def is_own_name(address: str) -> bool:
    """Return True if a `Host` is a name of this machine on loopback."""
    name = _name(address)
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


def _is_local_name(address: str) -> bool:
    """Return True if a name is no name of the internet: an address, one word, a local ending."""
    name = _name(address)
    if not name or name == "null":
        return False
    is_word = "." not in name and ":" not in name
    return is_word or name.endswith(tuple(f".{end}" for end in _LOCAL_ENDINGS)) or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name(address: str) -> str:
    try:
        return (urlsplit(f"//{address}").hostname or "").removesuffix(".")
    except ValueError:
        return ""
