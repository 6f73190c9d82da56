"""Which requests take the proxy of the environment, as httpx would have it."""

from __future__ import annotations

import httpx2
import pytest

from seven_async import AsyncSeven
from seven_async.flow.network.proxies import proxy_for
from tests.flow.test_transport import BALANCE, answering

PROXIES = {"http": "http://proxy.test:8080", "https": "http://secure.test:8080"}

#: Of `NO_PROXY` and a URL, whether the URL is reached directly.
CASES = [
    ("127.0.0.1:7077", "http://127.0.0.1:7077", True),
    ("127.0.0.1:7077", "http://127.0.0.1:7078", False),
    ("127.0.0.1", "http://127.0.0.1:7078", True),
    ("gateway.test:443", "https://gateway.test", True),
    ("gateway.test:443", "http://gateway.test", False),
    ("gateway.test", "https://gateway.test:8443", True),
    ("test", "https://gateway.test", True),
    ("gateway.test", "https://api.gateway.test", True),
    ("gateway.test", "https://mygateway.test", False),
    (".gateway.test", "https://api.gateway.test", True),
    (".gateway.test", "https://gateway.test", False),
    ("*.gateway.test", "https://api.gateway.test", True),
    ("GATEWAY.test", "https://gateway.test", True),
    ("localhost", "http://localhost:7077", True),
    ("*", "https://gateway.test", True),
    ("a.test, gateway.test ,", "https://gateway.test", True),
    ("", "https://gateway.test", False),
    ("10.0.0.0/8", "http://10.1.2.3:80", True),
    ("10.0.0.0/8", "http://11.1.2.3:80", False),
    ("10.0.0.0/8", "http://gateway.test", False),
    ("192.168.7.9/16", "http://192.168.1.1", True),
    ("::1", "http://[::1]:7077", True),
    ("[::1]:7077", "http://[::1]:7077", True),
    ("[::1]:7077", "http://[::1]:7078", False),
    ("fd00::/8", "http://[fd12::1]", True),
    ("https://gateway.test", "http://gateway.test", False),
    ("https://gateway.test", "https://gateway.test", True),
    ("gateway.test:https", "https://gateway.test", False),
    ("[gateway.test", "http://gateway.test", False),
]


def is_direct(exceptions: str, url: str) -> bool:
    """Whether a URL is reached without a proxy."""
    parts = httpx2.URL(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return proxy_for(parts.scheme, parts.host, port, {**PROXIES, "no": exceptions}) is None


@pytest.mark.parametrize(("exceptions", "url", "expected"), CASES)
def test_no_proxy(exceptions: str, url: str, expected: bool) -> None:
    """Hosts, ports, domains, addresses, networks and stars, alone or in a list."""
    assert expected == is_direct(exceptions, url)


def test_each_scheme_has_its_proxy() -> None:
    """The one for all is taken where a scheme has none of its own."""
    assert "http://secure.test:8080" == proxy_for("https", "a", 443, PROXIES | {"no": ""})
    assert "http://all.test" == proxy_for("http", "a", 80, {"all": "http://all.test", "no": ""})
    assert None is proxy_for("http", "a", 80, {"no": ""})


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
async def test_a_port_in_no_proxy_is_obeyed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox at its port is reached directly, by either spelling of the variable."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with answering(BALANCE) as (url, _, accepted):
        monkeypatch.setenv(name, url.removeprefix("http://").removesuffix("/api"))
        async with AsyncSeven(api_key="k", base_url=url) as seven:
            await seven.balance.get()

    assert 1 == len(accepted)
