"""The authorization server of the sandbox, asked as a browser and an application do."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.wire import Answer

ASKED = {
    "response_type": "code",
    "client_id": "my-app",
    "redirect_uri": "http://127.0.0.1:7177/callback",
    "state": "s&1",
    "scope": "sms <b>",
    # sha256 of "v", as base64url without padding.
    "code_challenge": "TJRIXgwhrmxBzh3-e2v6zupato5AokdvUCCOUm9QYIA",
    "code_challenge_method": "S256",
}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def authorize(sandbox: Sandbox, **more: str) -> Answer:
    """Open the address of a login."""
    return sandbox.handle("GET", "/authorize?" + urlencode({**ASKED, **more}), {})


def post(sandbox: Sandbox, path: str, **fields: str) -> tuple[int, dict[str, object]]:
    """Send a form; return status and JSON."""
    answer = sandbox.handle("POST", path, FORM, urlencode(fields).encode())
    return answer.status, json.loads(answer.body)


def find_redirect(answer: Answer) -> dict[str, str]:
    """The fields of a redirect."""
    address = dict(answer.headers)["Location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_the_page_asks_and_its_links_decide() -> None:
    """Where consent is to be asked for, a page has Allow and Deny, with nothing unescaped."""
    sandbox = Sandbox()
    sandbox.grants.consent = "ask"
    page = authorize(sandbox)

    assert 200 == page.status
    assert b"<b>" not in page.body
    assert b'id="allow"' in page.body
    assert "access_denied" == find_redirect(authorize(sandbox, decision="deny"))["error"]
    allowed = find_redirect(authorize(sandbox, decision="allow"))
    assert {"code", "state"} == allowed.keys()
    assert "s&1" == allowed["state"]


@pytest.mark.parametrize("address", ["https://example.com/callback", "", "/callback"])
def test_no_code_leaves_the_machine(address: str) -> None:
    """A redirect that is not loopback is refused without a redirect."""
    answer = authorize(Sandbox(), redirect_uri=address)

    assert 400 == answer.status
    assert () == answer.headers


def test_a_code_is_good_for_one_exchange() -> None:
    """The second time it is refused as any other."""
    sandbox = Sandbox()
    form = {
        "grant_type": "authorization_code",
        "code": find_redirect(authorize(sandbox))["code"],
        "redirect_uri": ASKED["redirect_uri"],
        "client_id": "my-app",
        "code_verifier": "v",
    }
    status, token = post(sandbox, "/token", **form)

    assert (200, "Bearer", 3600) == (status, token["token_type"], token["expires_in"])
    status, error = post(sandbox, "/token", **form)
    assert (400, "invalid_grant") == (status, error["error"])


def test_a_client_with_a_secret_has_to_give_it() -> None:
    """A wrong secret is `invalid_client`, at HTTP 401."""
    sandbox = Sandbox()
    sandbox.grants.clients["my-app"] = "secret"
    status, error = post(sandbox, "/token", grant_type="refresh_token", client_id="my-app")

    assert (401, "invalid_client") == (status, error["error"])


def test_what_is_no_token_has_no_profile_and_can_be_revoked() -> None:
    """`/me` refuses with 401, `/revoke` answers 200 whatever it is given."""
    sandbox = Sandbox()
    answer = sandbox.handle("GET", "/me", {"Authorization": "Bearer nothing"})

    assert 401 == answer.status
    assert 200 == post(sandbox, "/revoke", token="nothing", client_id="my-app")[0]
