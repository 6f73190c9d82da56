"""A refused token inside a call: replaced once, and never a second send without proof."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from seven_async import AsyncSeven, CallEvent, Retry, SevenError
from seven_async.errors import error_for
from seven_async.flow.retry import is_refused_token

SENT = httpx.Response(200, json={"success": "100", "messages": []})
NO = httpx.Response(200, json="900")
PROOFS = {
    "900 as JSON": NO,
    "900 as text": httpx.Response(200, text="900"),
    "900 in an object": httpx.Response(200, json={"success": "900"}),
    "401 of the gateway": httpx.Response(401, json={"success": False, "error_code": "900"}),
}
NO_PROOFS = {
    "empty 401": httpx.Response(401),
    "HTML 401": httpx.Response(401, text="<html>401</html>"),
    "JSON of a proxy": httpx.Response(401, json={"message": "Unauthorized"}),
    "401 with messages": httpx.Response(401, json={"success": "900", "messages": [{"id": "1"}]}),
    "900 with messages": httpx.Response(200, json={"success": "900", "messages": [{"id": "1"}]}),
    "900 behind a 502": httpx.Response(502, json="900"),
    "902": httpx.Response(200, json="902"),
    "300": httpx.Response(200, json={"success": "300"}),
}


class Renewing:
    """Tokens that count up with each renewal."""

    def __init__(self, *, works: bool = True) -> None:
        self.works = works
        self.number = 1
        self.refused: list[str] = []

    async def access_token(self) -> str:
        """Return the token of now."""
        return f"token-{self.number}"

    async def renew(self, refused: str) -> bool:
        """Take the next one."""
        self.refused.append(refused)
        self.number += 1
        return self.works


def gateway(*answers: httpx.Response) -> tuple[httpx.MockTransport, list[str]]:
    """A transport with these answers in turn, the last one for ever; the tokens it was shown."""
    tokens: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        given = answers[min(len(tokens), len(answers) - 1)]
        tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return httpx.MockTransport(answer), tokens


async def send(auth: Any, transport: httpx.MockTransport, **options: Any) -> Any:
    """Send a message; return the receipt or the error."""
    async with AsyncSeven(auth=auth, transport=transport, **options) as seven:
        try:
            return await seven.sms.send("+491711234567", "hello")
        except SevenError as error:
            return error


@pytest.mark.parametrize("refusal", PROOFS.values(), ids=PROOFS)
async def test_a_send_whose_token_was_refused_goes_once_more_with_a_new_one(
    refusal: httpx.Response,
) -> None:
    """The gateway's own refusal proves that nothing was sent; the policy has no say in it."""
    auth = Renewing()
    transport, tokens = gateway(refusal, SENT)
    receipt = await send(auth, transport, retry=None)

    assert 100 == receipt.code
    assert ["token-1", "token-2"] == tokens
    assert ["token-1"] == auth.refused


@pytest.mark.parametrize("refusal", NO_PROOFS.values(), ids=NO_PROOFS)
async def test_a_send_is_not_repeated_after_a_refusal_that_is_no_proof(
    refusal: httpx.Response,
) -> None:
    """A proxy may refuse after the gateway has sent: one request, no renewal."""
    auth = Renewing()
    transport, tokens = gateway(refusal, SENT)
    error = await send(auth, transport)

    assert isinstance(error, SevenError)
    assert ["token-1"] == tokens
    assert [] == auth.refused


async def test_a_second_refusal_ends_the_call() -> None:
    """A renewal happens once per call."""
    auth = Renewing()
    transport, tokens = gateway(NO)
    error = await send(auth, transport)

    assert 900 == error.code
    assert ["token-1", "token-2"] == tokens


async def test_a_token_that_cannot_be_renewed_is_not_sent_again() -> None:
    """Without another token the gateway's refusal is the end."""
    transport, tokens = gateway(NO)
    error = await send(Renewing(works=False), transport)

    assert 900 == error.code
    assert ["token-1"] == tokens


async def test_a_renewal_that_fails_leaves_the_gateways_error() -> None:
    """What the authorization server said does not hide what the gateway said."""

    class Failing(Renewing):
        async def renew(self, refused: str) -> bool:
            raise SevenError("the server is down")

    transport, tokens = gateway(NO)
    error = await send(Failing(), transport)

    assert 900 == error.code
    assert ["token-1"] == tokens


async def test_a_renewal_is_no_attempt_of_the_policy() -> None:
    """A read has its three attempts beside the one that went with an old token."""
    down = httpx.Response(503, text="down")
    transport, tokens = gateway(NO, down)
    events: list[CallEvent] = []
    retry = Retry(attempts=3, first_wait_s=0.0)
    async with AsyncSeven(
        auth=Renewing(), transport=transport, retry=retry, on_event=events.append
    ) as seven:
        with pytest.raises(SevenError):
            await seven.balance.get()

    assert ["token-1", "token-2", "token-2", "token-2"] == tokens
    assert [1, 2, 3, 4] == [event.attempt for event in events]
    assert [True, True, True, False] == [event.will_retry for event in events]


@pytest.mark.parametrize(
    ("status", "body", "is_proof"),
    [(200, "900", True), (401, {"success": "900"}, True), (401, {}, False), (403, "900", False)],
)
def test_what_proves_that_a_token_was_refused(status: int, body: object, is_proof: bool) -> None:
    """The gateway's own words at HTTP 200 or 401."""
    error = error_for(code=900, status=status, body=body)

    assert is_proof == is_refused_token(error)
