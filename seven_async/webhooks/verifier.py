"""Tells the gateway's webhooks from others: by signature, age, and whether they came before.

In: method, URL, headers and the exact body bytes of a request. Out: a typed event, or a
`WebhookError` that says what to answer. No I/O but that of the nonce store.

Source: webhooks.md section 2 and auth.md section 3. The gateway signs five lines: time, nonce,
method, complete URL as registered, MD5 of the body.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Final, NamedTuple, cast
from urllib.parse import urlsplit

import attrs

from seven_async.errors import ConfigurationError
from seven_async.flow.request import signature
from seven_async.flow.values.shapes import is_object
from seven_async.webhooks.errors import (
    InvalidSignatureError,
    MissingSignatureError,
    ReplayedWebhookError,
    StaleWebhookError,
)
from seven_async.webhooks.events import Event
from seven_async.webhooks.nonces import MemoryNonceStore, NonceState, NonceStore
from seven_async.webhooks.parse import Headers, parse_event, to_text

RETRY_WINDOW_S: Final = 4 * 86_400.0
"""The gateway repeats a delivery for about three and a half days (webhooks.md section 1)."""

_HEADERS: Final = ("x-signature", "x-timestamp", "x-nonce")
_FORMS: Final = tuple(
    re.compile(form) for form in (r"[0-9a-fA-F]{64}", r"[0-9]{1,12}", r"[!-~]{1,128}")
)


class _Signature(NamedTuple):
    """The three headers of a signed request, in the order of `_HEADERS`."""

    value: str
    timestamp: str
    nonce: str


@attrs.frozen(kw_only=True)
class VerifiedWebhook:
    """An event whose signature is right, and the nonce that `finish` takes."""

    event: Event
    nonce: str
    signed_at: float


class WebhookVerifier:
    """Verifies webhooks with the account's signing secret. Fails closed.

    ```python
    verifier = WebhookVerifier("secret", url="https://app.example/hooks/seven")
    event = verifier.verify("POST", request_url, headers, body)
    ```

    Args:
        secret: The signing secret, or several while one replaces the other: `("new", "old")`.
        url: The URL as it is registered with the gateway. Its scheme, host and path are what was
            signed, whatever a proxy made of the request; only the query is taken from the request.
            Without it the URL given to `verify` counts, which has to be the public one.
        max_age_s: How old a signature may be, and how far in the future, in seconds.
        retry_window_s: How old a signature may be whose nonce is known, but whose work was not
            finished. The gateway may repeat a delivery with its first nonce and time.
        nonces: Where nonces are kept; in the memory of this process unless given.
        allow_path_only: Also accept a signature over path and query without scheme and host, which
            is what the vendor's JavaScript verifier is shown with.
        clock: Unix seconds now; for tests.
    """

    def __init__(
        self,
        secret: str | Sequence[str],
        *,
        url: str | None = None,
        max_age_s: float = 300.0,
        retry_window_s: float = RETRY_WINDOW_S,
        nonces: NonceStore | None = None,
        allow_path_only: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = _check_secrets(secret)
        self._url = None if url is None else _check_url(url)
        if not max_age_s > 0:
            raise ConfigurationError(f"max_age_s must be more than 0, not {max_age_s!r}")
        self._max_age_s = max_age_s
        self._retry_window_s = max(retry_window_s, max_age_s)
        self.nonces: NonceStore = MemoryNonceStore() if nonces is None else nonces
        self._allow_path_only = allow_path_only
        self._clock = clock

    def __repr__(self) -> str:
        return f"<WebhookVerifier with {len(self._secrets)} secrets>"

    def verify(self, method: str, url: str | bytes, headers: Headers, body: bytes = b"") -> Event:
        """Return the event of a webhook that is the gateway's and was not taken before.

        Args:
            method: The HTTP method of the request.
            url: The URL of the request with its query, as exactly as you have it; scheme, host and
                path do not matter where the verifier was given `url=`.
            headers: A mapping, or pairs of names and values (text or bytes).
            body: The body as it came, before any framework decoded it.

        Raises:
            MissingSignatureError: A header of the signature is missing.
            InvalidSignatureError: The signature does not fit.
            StaleWebhookError: It is too old, or from the future.
            ReplayedWebhookError: It was accepted before; answer 200, do nothing.
            MalformedWebhookError: The body cannot be read.
        """
        webhook = self.begin(method, url, headers, body)
        self.finish(webhook)
        return webhook.event

    def begin(
        self, method: str, url: str | bytes, headers: Headers, body: bytes = b""
    ) -> VerifiedWebhook:
        """Verify as `verify` does, for work that can fail: call `finish` when it is on disk.

        Until then the same request is accepted again, also after `max_age_s`, since the gateway
        repeats what was not answered with success.
        """
        if not isinstance(cast("object", body), (bytes, bytearray, memoryview)):
            raise ConfigurationError(
                f"body must be the bytes of the request, not {type(body).__name__}: what a "
                f"framework has decoded cannot be verified"
            )
        signed, target, content = _read_signature(headers), to_text(url), bytes(body)
        self._check_signature(signed, method, target, content)
        event = parse_event(
            method=method, headers=headers, query=self.query_of_event(target), body=content
        )
        signed_at = float(signed.timestamp)
        self._check_new(signed.nonce, signed_at)
        return VerifiedWebhook(event=event, nonce=signed.nonce, signed_at=signed_at)

    def finish(self, webhook: VerifiedWebhook) -> None:
        """Note that the work for a webhook is done: the same request again is a replay."""
        self.nonces.finish(webhook.nonce, expires_at=self.expires_at(webhook))

    def expires_at(self, webhook: VerifiedWebhook) -> float:
        """Return until when the nonce of a webhook has to be kept, in Unix seconds."""
        return webhook.signed_at + self._retry_window_s

    def query_of_event(self, url: str) -> str:
        """Return the query of a request without what the registered URL has of its own.

        The gateway adds an event's fields behind it, and `?tenant=7` is no field of an event.
        """
        query, own = _query_of(url), _query_of(self._url or "")
        return query.removeprefix(f"{own}&") if own and query != own else query

    def now(self) -> float:
        """Return the time that ages are measured by, in Unix seconds."""
        return self._clock()

    def with_nonces(self, nonces: NonceStore) -> WebhookVerifier:
        """Return the same verifier with another store of nonces."""
        other = copy(self)
        other.nonces = nonces
        return other

    def _check_signature(self, signed: _Signature, method: str, url: str, body: bytes) -> None:
        # All secrets and URLs are tried, so that the time taken does not tell which one fits.
        is_right = False
        for candidate in self._candidates(method, url):
            for secret in self._secrets:
                expected = signature(
                    secret,
                    method=method,
                    url=candidate,
                    body=body,
                    timestamp=signed.timestamp,
                    nonce=signed.nonce,
                )
                is_right |= hmac.compare_digest(expected, signed.value.lower())
        if not is_right:
            raise InvalidSignatureError(
                "the signature does not fit: compare the signing secret, the URL as registered "
                "(url=), and that the body is passed on as it came"
            )

    def _candidates(self, method: str, url: str) -> Iterator[str]:
        """Yield the URLs that may have been signed.

        The query always comes from the request: the fields of a GET delivery are read from there,
        so a registered query instead of it would let unsigned fields through.
        """
        query = _query_of(url)
        registered = self._url or url
        base = registered.partition("#")[0].partition("?")[0]
        signed = f"{base}?{query}" if query else base
        if not urlsplit(base).scheme:
            raise ConfigurationError(
                "the URL of the request is no complete one: give the verifier url=, as registered"
            )
        yield signed
        if method.upper() != "GET" and not query and self._url is not None:
            yield self._url  # a proxy took the query away; a POST has no field in it
        if self._allow_path_only:
            parts = urlsplit(signed)
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _check_new(self, nonce: str, signed_at: float) -> None:
        now_s = self._clock()
        age_s = now_s - signed_at
        if age_s < -self._max_age_s:
            raise StaleWebhookError(
                f"the webhook was signed {-age_s:.0f} s in the future: compare the clocks"
            )
        if age_s <= self._max_age_s:
            expires_at = signed_at + self._retry_window_s
            state = self.nonces.reserve(nonce, now_s=now_s, expires_at=expires_at)
        else:
            state = self.nonces.find(nonce, now_s=now_s)
        if state is NonceState.DONE:
            raise ReplayedWebhookError("this webhook was accepted before")
        is_retry = state is NonceState.OPEN and age_s <= self._retry_window_s
        if age_s > self._max_age_s and not is_retry:
            raise StaleWebhookError(
                f"the webhook was signed {age_s:.0f} s ago, more than {self._max_age_s:g} s"
            )


def _check_secrets(secret: str | Sequence[str]) -> tuple[str, ...]:
    secrets = (secret,) if isinstance(secret, str) else tuple(secret)
    if not secrets or not all(isinstance(cast("object", each), str) and each for each in secrets):
        raise ConfigurationError(
            "secret: give the signing secret of the account, or several; an empty one would accept "
            "everything that is signed with nothing"
        )
    return secrets


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_complete = False
    if not is_complete:
        raise ConfigurationError(
            f"url must be the complete URL as registered (https://…), not {url!r}"
        )
    return url.partition("#")[0]


def _query_of(url: str) -> str:
    return url.partition("#")[0].partition("?")[2]


def _read_signature(headers: Headers) -> _Signature:
    """Return the three headers; raises where one is missing, twice, or of no such form."""
    pairs: Iterable[tuple[str | bytes, str | bytes]] = (
        cast("Mapping[str, str]", headers).items()
        if is_object(headers)
        else cast("Iterable[tuple[str | bytes, str | bytes]]", headers)
    )
    values: dict[str, list[str]] = {name: [] for name in _HEADERS}
    for name, value in pairs:
        known = values.get(to_text(name).lower())
        if known is not None:
            known.append(to_text(value).strip())
    missing = [name for name in _HEADERS if not any(values[name])]
    if missing:
        raise MissingSignatureError(f"the webhook has no header {', '.join(missing)}")
    if any(len(each) > 1 for each in values.values()):
        raise InvalidSignatureError("a header of the signature is there twice")
    signed = _Signature(*(values[name][0] for name in _HEADERS))
    for name, text, form in zip(_HEADERS, signed, _FORMS, strict=True):
        if not form.fullmatch(text):
            raise InvalidSignatureError(f"the header {name} is not of the form that it has to be")
    return signed
