"""A recorded webhook request, and why its signature fits or does not.

In: a file with the request as it came, or as JSON. Out: a verdict on each of its parts. I/O: reads
the file.

A signature is over all parts at once, so a wrong one does not say which part is wrong. But what
goes wrong on the way to a receiver has few forms: a proxy changes the URL, an editor adds a line
break, a framework decodes the body. Each is tried; the one with which the signature fits is the
answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import attrs

from seven_async.errors import InvalidRequestError
from seven_async.webhooks import (
    InvalidSignatureError,
    MalformedWebhookError,
    MissingSignatureError,
    StaleWebhookError,
    WebhookVerifier,
)

_METHODS: Final = ("POST", "GET")


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """A request as it was recorded."""

    method: str
    url: str = attrs.field(repr=False)
    headers: Sequence[tuple[str, str]] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)

    def header(self, name: str) -> str:
        """Return the value of a header; an empty text if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def read_request(file: Path, url: str | None) -> RecordedRequest:
    """Return the request in a file: `POST /path HTTP/1.1` and so on, or JSON.

    JSON has `method`, `url`, `headers` and `body`. Without `url` the address is that of the file,
    completed with its Host header.

    Raises:
        InvalidRequestError: It is neither, or cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidRequestError(f"{file} cannot be read: {error.strerror}") from None
    request = _read_json(content) if content.lstrip()[:1] == b"{" else _read_http(content)
    if request is None:
        raise InvalidRequestError(
            f"{file} is no recorded request: it takes the lines of HTTP (POST /path HTTP/1.1, "
            f"headers, a blank line, the body), or JSON with method, url, headers and body"
        )
    return attrs.evolve(request, url=_complete(url or request.url, request))


def _read_http(content: bytes) -> RecordedRequest | None:
    ends = [(place, end) for end in (b"\r\n\r\n", b"\n\n") if (place := content.find(end)) >= 0]
    place, end = min(ends, default=(len(content), b""))
    first, *lines = content[:place].decode("latin-1").splitlines() or [""]
    words = first.split()
    if len(words) < 2 or not words[0].isalpha():
        return None
    pairs = (line.partition(":")[::2] for line in lines)
    return RecordedRequest(
        method=words[0].upper(),
        url=words[1],
        headers=[(name.strip(), value.strip()) for name, value in pairs],
        body=content[place + len(end) :],
    )


def _read_json(content: bytes) -> RecordedRequest | None:
    try:
        fields: Any = json.loads(content)
        pairs: Any = fields["headers"]
        if hasattr(pairs, "items"):
            pairs = pairs.items()
        return RecordedRequest(
            method=str(fields.get("method", "POST")).upper(),
            url=str(fields["url"]),
            headers=[(str(name), str(value)) for name, value in pairs],
            body=str(fields.get("body") or "").encode(),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _complete(url: str, request: RecordedRequest) -> str:
    if urlsplit(url).scheme:
        return url
    host = request.header("host")
    if not host:
        raise InvalidRequestError("the request has no Host header: give --url, as registered")
    scheme = request.header("x-forwarded-proto") or "https"
    return f"{scheme}://{host}{url}"


@attrs.frozen(kw_only=True)
class Verdict:
    """What is said of one part of a request."""

    part: str
    is_right: bool | None
    """None where that cannot be told."""
    detail: str


def examine(request: RecordedRequest, secrets: Sequence[str], now_s: float) -> list[Verdict]:
    """Return a verdict on each part of a request; none of them shows a secret."""
    try:
        difference = _find_difference(request, secrets)
    except (MissingSignatureError, InvalidSignatureError) as error:
        return [Verdict(part="headers", is_right=False, detail=str(error))]
    return [_judge_time(request, now_s), *_judge_signature(request, difference)]


def _judge_time(request: RecordedRequest, now_s: float) -> Verdict:
    age_s = now_s - float(request.header("x-timestamp"))
    when = f"{age_s:,.0f} s ago" if age_s >= 0 else f"{-age_s:,.0f} s in the future"
    detail = f"signed {when}"
    is_fresh = abs(age_s) <= 300
    if not is_fresh:
        detail += "; a receiver takes 300 s, unless it knows the nonce of an earlier attempt"
    return Verdict(part="time", is_right=is_fresh, detail=detail)


def _judge_signature(request: RecordedRequest, difference: tuple[str, str] | None) -> list[Verdict]:
    shown = {
        "method": request.method,
        "URL": request.url,
        "body": f"MD5 {hashlib.md5(request.body).hexdigest()}, {len(request.body):,} bytes",  # noqa: S324
        "secret": "not shown",
    }
    if difference is None:
        unknown = "may be another than what was signed"
        return [
            Verdict(part=part, is_right=None, detail=f"{detail}; {unknown}")
            for part, detail in shown.items()
        ]
    wrong, what = difference
    return [
        Verdict(part=part, is_right=part != wrong, detail=what if part == wrong else detail)
        for part, detail in shown.items()
    ]


def _find_difference(request: RecordedRequest, secrets: Sequence[str]) -> tuple[str, str] | None:
    """Return the part with which the signature fits, and what was signed; None if none does.

    ("", "") means that it fits as it is. Raises what the headers alone are refused for.
    """
    if _fits(request, secrets):
        return ("", "")
    for part, what, variant in _variants(request):
        if _fits(variant, secrets):
            return (part, what)
    stripped = [secret.strip() for secret in secrets]
    if stripped != list(secrets) and _fits(request, stripped):
        return ("secret", "has blanks around it that do not belong to it")
    return None


def _fits(request: RecordedRequest, secrets: Sequence[str]) -> bool:
    signed_at = request.header("x-timestamp")
    now_s = float(signed_at) if signed_at.isascii() and signed_at.isdigit() else 0.0
    # By a clock that stands where it was signed: the age is judged by itself.
    verifier = WebhookVerifier(secrets, url=request.url, clock=lambda: now_s)
    try:
        verifier.begin(request.method, request.url, request.headers, request.body)
    except (StaleWebhookError, MalformedWebhookError):
        return True  # both are found after the signature
    except InvalidSignatureError as error:
        if "does not fit" not in str(error):
            raise  # a header of another form
        return False
    return True


def _variants(request: RecordedRequest) -> Iterator[tuple[str, str, RecordedRequest]]:
    """Yield what may have been signed instead: the part, how it reads, and the request with it."""
    for url in dict.fromkeys(_urls(request.url)):
        yield "URL", f"{request.url}; signed was {url}", attrs.evolve(request, url=url)
    for method in _METHODS:
        if method != request.method:
            detail = f"{request.method}; signed was {method}"
            yield "method", detail, attrs.evolve(request, method=method)
    for what, body in _bodies(request.body):
        digest = hashlib.md5(body).hexdigest()  # noqa: S324 - the gateway's scheme
        yield "body", f"{what}; signed was MD5 {digest}", attrs.evolve(request, body=body)


def _urls(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    without_query = url.partition("?")[0]
    query = f"?{parts.query}" if parts.query else ""
    other = {"http": "https", "https": "http"}.get(parts.scheme, parts.scheme)
    for scheme in (parts.scheme, other):
        for host in dict.fromkeys((parts.netloc, parts.hostname or "")):
            for path in dict.fromkeys((parts.path, parts.path.rstrip("/"), f"{parts.path}/")):
                yield f"{scheme}://{host}{path}{query}"
                yield f"{scheme}://{host}{path}"
    yield f"{without_query}?{unquote(parts.query)}"


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "has a line break at its end", body.rstrip(b"\r\n")
    yield "has other line breaks", body.replace(b"\r\n", b"\n")
    yield "has other line breaks", body.replace(b"\n", b"\r\n")
    yield "was left out when it was signed", b""
    try:
        decoded: object = json.loads(body)
    except ValueError:
        return
    for separators in ((",", ":"), (", ", ": ")):
        for is_ascii in (True, False):
            text = json.dumps(decoded, separators=separators, ensure_ascii=is_ascii)
            yield "is JSON that was written anew", text.encode()
            # PHP, which the gateway is written in, escapes slashes.
            yield "is JSON that was written anew", text.replace("/", "\\/").encode()
