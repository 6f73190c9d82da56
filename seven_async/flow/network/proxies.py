"""Which proxy a request takes, by the environment's variables.

In: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` as `urllib.request.getproxies` reads
them. Out: a proxy's URL, or None. No I/O, but the system's own settings where no variable is set.

`NO_PROXY` is read as httpx and curl read it: hosts, hosts with a port, domains with what is below
them (with a leading dot only what is below), addresses, networks (`10.0.0.0/8`), or `*`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import proxy_bypass


def proxy_for(scheme: str, host: str, port: int, proxies: Mapping[str, str]) -> str | None:
    """Give the URL of the proxy for an origin; None where it is reached directly."""
    proxy = proxies.get(scheme, proxies.get("all"))
    if proxy is None:
        return None
    exceptions = proxies.get("no")
    if exceptions is None:
        # Windows and macOS have lists of their own, which only urllib knows how to read.
        return None if proxy_bypass(host) else proxy
    entries = [entry.strip() for entry in exceptions.split(",")]
    return None if any(_covers(entry, scheme, host, port) for entry in entries if entry) else proxy


def _covers(entry: str, scheme: str, host: str, port: int) -> bool:
    """Tell whether an entry of `NO_PROXY` means an origin."""
    if entry == "*":
        return True
    network = _network(entry)
    if network is not None:
        address = _address(host)
        return address is not None and address in network
    try:
        url = urlsplit(entry if "://" in entry else f"all://{entry}")
        has_port = url.port in (None, port)
    except ValueError:  # neither a host nor a port that there could be
        return False
    is_meant = has_port and url.scheme in ("all", scheme)
    return is_meant and _is_below(host.lower(), url.hostname or "")


def _is_below(host: str, domain: str) -> bool:
    domain = domain.removeprefix("*")
    if domain.startswith("."):
        return host.endswith(domain)
    return host == domain or (_address(host) is None and host.endswith(f".{domain}"))


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """An address or a network; of an address without a length only itself."""
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
