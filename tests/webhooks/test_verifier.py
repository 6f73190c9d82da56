"""Only what the gateway signed is accepted, and only once."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import DeliveryState
from seven_async.errors import ConfigurationError, SevenError
from seven_async.webhooks import (
    DeliveryReport,
    InvalidSignatureError,
    MalformedWebhookError,
    MemoryNonceStore,
    MissingSignatureError,
    NonceState,
    ReplayedWebhookError,
    StaleWebhookError,
    WebhookError,
    WebhookVerifier,
)
from tests.webhooks.signing import BODY, NONCE, NOW_S, SECRET, URL, Signed, sign

DAY_S = 86_400


class Clock:
    """Unix seconds that a test sets."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now_s


def verifier(secret=SECRET, clock=None, **options) -> WebhookVerifier:
    """Return a verifier for `URL` at the time when `sign` signs."""
    return WebhookVerifier(secret, url=options.pop("url", URL), clock=clock or Clock(), **options)


def changed(signed: Signed, **parts) -> Signed:
    """Return a request with other parts under the same signature."""
    return signed._replace(**parts)


def test_signed_request_is_an_event():
    """What the gateway signed comes out typed."""
    event = verifier().verify(*sign())

    assert DeliveryReport(message_id="77149843739", state=DeliveryState.DELIVERED) == event


# Vectors of auth.md section 3, computed there with two independent tools.
VECTORS = {
    "JSON": (
        "POST",
        "https://gateway.seven.io/api/sms",
        b'{"to": "49170123456789", "text": "Hello World! :-)", "from": "seven"}',
        "a5198aa30640341e864fc0a3f3588261b10f19ecf4ecb813b2988e2a02951c65",
    ),
    "old docs": (
        "POST",
        "https://gateway.sms77.io/api/sms",
        b'{ "to": "49170123456789", "text": "Hello World! :-)", "from": "sms77.io" }',
        "bb13a69cdfbe082e9310053007b48e5dc8bbd66ef2194792b2477e9b921f70ac",
    ),
    "query": (
        "GET",
        "https://gateway.seven.io/api/pricing?country=de",
        b"",
        "b2ab0cab10df9d8b5125702a311dbf008c3c82ae98bf0cc0c5cd7255b8b5fc17",
    ),
    "form": (
        "POST",
        "https://gateway.seven.io/api/sms",
        b"to=49170123456789&text=Hello+World%21+%3A-%29&from=seven",
        "8ec6718b97ac8c1743162a2e7f9fd4f4cbf0dd1e294cb878e2ba22077c29a53c",
    ),
    "UTF-8": (
        "POST",
        "https://gateway.seven.io/api/sms",
        '{"to":"49170123456789","text":"Grüße"}'.encode(),
        "e9b63290c3a114c28e7c0fb104e903b78a5d7fbf99c824bfa9e99372378d0a7a",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors_verify(name: str):
    """The signature is the one that the gateway's documentation describes."""
    method, url, body, value = VECTORS[name]
    headers = {"x-signature": value, "x-timestamp": "1634641200", "x-nonce": NONCE}

    event = WebhookVerifier(SECRET, clock=Clock()).verify(method, url, headers, body)

    assert event.raw


FORGED = {
    "body": changed(sign(), body=BODY.replace(b"DELIVERED", b"NOTDELIVERED")),
    "empty body": changed(sign(), body=b""),
    "method": changed(sign(), method="PUT"),
    "query": changed(sign(), url=f"{URL}?status=DELIVERED"),
    "secret": sign(secret="another secret"),
    "time": changed(sign(), headers={**sign().headers, "X-Timestamp": str(NOW_S + 1)}),
    "nonce": changed(sign(), headers={**sign().headers, "X-Nonce": "another"}),
    "no hex": changed(sign(), headers={**sign().headers, "X-Signature": "ß" * 64}),
    "time as words": sign(timestamp="now"),
    "time in other digits": sign(timestamp="١٦٣٤٦٤١٢٠٠"),
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_request_is_refused(what: str):
    """A signature belongs to one method, URL, body, time, nonce and secret."""
    with pytest.raises(InvalidSignatureError) as refused:
        verifier().verify(*FORGED[what])

    assert 401 == refused.value.http_status


def test_another_url_is_refused():
    """What was signed for another receiver is not accepted here."""
    with pytest.raises(InvalidSignatureError):
        verifier().verify(*sign(url="https://app.example/hooks/other"))


@given(place=st.integers(0, len(BODY) - 1), byte=st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_refused(place: int, byte: int):
    """Every byte of the body counts."""
    forged = BODY[:place] + bytes([BODY[place] ^ byte]) + BODY[place + 1 :]

    with pytest.raises(InvalidSignatureError):
        verifier().verify(*changed(sign(), body=forged))


@given(
    name=st.sampled_from(["X-Signature", "X-Timestamp", "X-Nonce"]),
    place=st.integers(0, 63),
    character=st.characters(codec="latin-1"),
)
def test_any_changed_character_of_the_headers_is_refused(name: str, place: int, character: str):
    """Every character of the signed fields counts, but the letter case of the hex does not."""
    signed = sign()
    before = signed.headers[name]
    place %= len(before)
    after = before[:place] + character + before[place + 1 :]
    headers = {**signed.headers, name: after}
    is_same = after.strip() == before or (name == "X-Signature" and after.lower() == before)

    try:
        verifier().verify(*changed(signed, headers=headers))
    except (InvalidSignatureError, MissingSignatureError):
        assert not is_same
    else:
        assert is_same


@pytest.mark.parametrize("name", ["X-Signature", "X-Timestamp", "X-Nonce"])
def test_missing_header_is_an_error_of_its_own(name: str):
    """An unsigned request is told apart from a forged one."""
    headers = {key: value for key, value in sign().headers.items() if key != name}

    with pytest.raises(MissingSignatureError, match=name.lower()) as refused:
        verifier().verify(*changed(sign(), headers=headers))

    assert 401 == refused.value.http_status


def test_header_that_is_there_twice_is_refused():
    """Two signatures leave open which one a proxy meant."""
    pairs = [*sign().headers.items(), ("x-signature", "0" * 64)]

    with pytest.raises(InvalidSignatureError, match="twice"):
        verifier().verify(*changed(sign(), headers=pairs))


def test_headers_may_be_bytes_in_any_case():
    """ASGI hands over pairs of bytes."""
    pairs = [(key.lower().encode(), value.encode()) for key, value in sign().headers.items()]

    assert verifier().verify(*changed(sign(), headers=pairs)).raw


def test_old_secret_is_accepted_while_it_is_named():
    """A secret is exchanged without losing a webhook."""
    both = verifier(("new", SECRET))

    assert both.verify(*sign()).raw
    assert both.verify(*sign(secret="new", nonce="second")).raw


@pytest.mark.parametrize("seen", ["http://10.0.0.5:8000/hooks/seven", "/hooks/seven", ""])
def test_proxy_changes_nothing(seen: str):
    """The registered URL is what was signed, whatever address the application sees."""
    assert verifier().verify(*changed(sign(), url=seen)).raw


def test_query_of_a_get_delivery_comes_from_the_request():
    """The fields of a GET delivery stand in its URL, which is signed as a whole."""
    query = "msg_id=77149843739&status=DELIVERED"
    signed = sign("GET", f"{URL}?{query}", b"")

    event = verifier().verify(*changed(signed, url=f"http://internal/x?{query}"))

    assert "77149843739" == event.raw["msg_id"]


def test_registered_query_is_not_a_way_around_the_signature():
    """Fields in a query are never read under a signature over another query."""
    own = verifier(url=f"{URL}?tenant=1")
    signed = sign("GET", f"{URL}?tenant=1", b"")

    with pytest.raises(InvalidSignatureError):
        own.verify(*changed(signed, url="/x?msg_id=1&status=DELIVERED"))


def test_registered_query_counts_where_a_proxy_removed_it():
    """A POST whose target URL has a query verifies without it, too: no field is read from there."""
    assert (
        verifier(url=f"{URL}?tenant=1").verify(*changed(sign(url=f"{URL}?tenant=1"), url="/")).raw
    )


def test_path_only_signature_needs_to_be_allowed():
    """What the vendor's JavaScript verifier is shown with is accepted only where asked for."""
    signed = changed(sign(url="/hooks/seven"), url=URL)

    assert verifier(allow_path_only=True).verify(*signed).raw
    with pytest.raises(InvalidSignatureError):
        verifier().verify(*signed)


@pytest.mark.parametrize(("age_s", "is_accepted"), [(-301, 0), (-300, 1), (300, 1), (301, 0)])
def test_age_is_bounded_on_both_sides(age_s: int, is_accepted: int):
    """A signature is good for `max_age_s` before and after it was made."""
    own = verifier(clock=Clock(NOW_S + age_s))

    if is_accepted:
        assert own.verify(*sign()).raw
    else:
        with pytest.raises(StaleWebhookError) as refused:
            own.verify(*sign())
        assert 401 == refused.value.http_status


def test_replay_is_answered_with_success_and_not_dispatched():
    """401 would be final for the gateway, whose retries may carry the first nonce."""
    own = verifier()
    own.verify(*sign())

    with pytest.raises(ReplayedWebhookError) as refused:
        own.verify(*sign())

    assert 200 == refused.value.http_status


def test_late_replay_is_still_a_replay():
    """What was accepted three days ago is answered with success, not with 401."""
    clock = Clock()
    own = verifier(clock=clock)
    own.verify(*sign())
    clock.now_s += 3 * DAY_S

    with pytest.raises(ReplayedWebhookError):
        own.verify(*sign())


def test_unfinished_work_is_taken_again():
    """The gateway's retry of what failed here is accepted, also when it repeats nonce and time."""
    clock = Clock()
    own = verifier(clock=clock)
    own.begin(*sign())
    clock.now_s += 3 * DAY_S

    webhook = own.begin(*sign())
    own.finish(webhook)

    with pytest.raises(ReplayedWebhookError):
        own.begin(*sign())


def test_unfinished_work_is_not_taken_for_ever():
    """After the gateway's last retry a signature is stale, whatever was begun with it."""
    clock = Clock()
    own = verifier(clock=clock)
    own.begin(*sign())
    clock.now_s += 5 * DAY_S

    with pytest.raises(StaleWebhookError):
        own.begin(*sign())


def test_forged_request_leaves_no_nonce():
    """A forged request cannot make the right one look like a replay."""
    nonces = MemoryNonceStore()
    own = verifier(nonces=nonces)
    with pytest.raises(InvalidSignatureError):
        own.verify(*FORGED["body"])

    assert NonceState.NEW is nonces.find(NONCE, now_s=NOW_S)
    assert own.verify(*sign()).raw


def test_unreadable_body_leaves_no_nonce():
    """A webhook that could not be read was not accepted."""
    own = verifier()
    signed = sign(body=b'{"data":')

    for _ in range(2):
        with pytest.raises(MalformedWebhookError) as refused:
            own.verify(*signed)
        assert 400 == refused.value.http_status


def test_memory_store_is_bounded():
    """The oldest nonces go first."""
    nonces = MemoryNonceStore(max_nonces=10)
    for number in range(100):
        nonces.reserve(str(number), now_s=NOW_S, expires_at=NOW_S + 10)

    assert 10 == len(nonces)
    assert NonceState.NEW is nonces.find("89", now_s=NOW_S)
    assert NonceState.OPEN is nonces.find("90", now_s=NOW_S)


@pytest.mark.parametrize("secret", ["", (), ("new", ""), None, 5])
def test_empty_secret_is_a_configuration_error(secret: object):
    """Anybody can sign with nothing."""
    with pytest.raises((ConfigurationError, TypeError)):
        WebhookVerifier(secret, url=URL)


@pytest.mark.parametrize("url", ["/hooks", "app.example/hooks", "http://[::1", "ftp://a/b"])
def test_registered_url_is_checked(url: str):
    """A wrong URL would refuse everything without a word."""
    with pytest.raises(ConfigurationError, match="url"):
        WebhookVerifier(SECRET, url=url)


def test_decoded_body_is_a_configuration_error():
    """A dict or text is what a framework made of the body: its bytes were signed."""
    with pytest.raises(ConfigurationError, match="bytes"):
        verifier().verify("POST", URL, sign().headers, {"data": {}})


def test_path_without_a_registered_url_is_a_configuration_error():
    """Without `url=` there has to be a complete URL."""
    with pytest.raises(ConfigurationError, match="url="):
        WebhookVerifier(SECRET, clock=Clock()).verify(*changed(sign(), url="/hooks/seven"))


@pytest.mark.parametrize("what", FORGED)
def test_no_error_shows_the_secret(what: str):
    """Neither an error nor the verifier's repr has the secret in it."""
    own = verifier()
    with pytest.raises(WebhookError) as refused:
        own.verify(*FORGED[what])

    shown = "".join(traceback.format_exception(refused.value)) + repr(own)
    assert SECRET not in shown
    assert isinstance(refused.value, SevenError)
