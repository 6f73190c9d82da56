"""One request to the authorization server, and its answer as an object.

In: a path and a form, or a token. Out: HTTP status and decoded JSON. I/O: through the package's
own transport; a connection of its own is closed again, since a refresh comes once an hour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from seven_async.auth.errors import OAuthError
from seven_async.errors import NotSentError, TransportError
from seven_async.flow.connections import Connections
from seven_async.flow.raw import RawCall, raw_row
from seven_async.flow.request import Headers, RawReply, Request, built
from seven_async.flow.row import Repeat
from seven_async.flow.transport import Attempt, TransportLike, adapted, tls_context

_ACCEPT: Final[Headers] = (("Accept", "application/json"),)
_CONNECT_TIMEOUT_S: Final = 5.0


@attrs.frozen
class Form:
    """The fields of a request. Hidden: they hold codes, secrets and tokens."""

    fields: Mapping[str, str] = attrs.field(repr=False)

    def add(self, more: Form) -> Form:
        """Return a form with further fields."""
        return Form({**self.fields, **more.fields})


@attrs.frozen
class Answer:
    """What the server said; `content` is None where it is no JSON. Hidden: it holds tokens."""

    status: int
    content: Any = attrs.field(repr=False)


class Exchange:
    """Requests to one authorization server."""

    def __init__(self, server_url: str, transport: TransportLike | None, timeout_s: float) -> None:
        self._server_url = server_url
        self._transport = transport
        self._timeout_s = timeout_s

    async def post(self, path: str, form: Form) -> Answer:
        """Send a form; raises `OAuthError` where no answer came."""
        value = RawCall(form=form.fields)
        row = raw_row("POST", path, value, Repeat.NEVER)
        return await self._send(built(row, value, self._server_url, _ACCEPT), ())

    async def get(self, path: str, token: str) -> Answer:
        """Ask for something with a token; raises `OAuthError` where no answer came."""
        value = RawCall()
        row = raw_row("GET", path, value, Repeat.SAFE)
        authorization = (("Authorization", f"Bearer {token}"),)
        del token
        return await self._send(built(row, value, self._server_url, _ACCEPT), authorization)

    async def _send(self, request: Request, authorization: Headers) -> Answer:
        attempt = Attempt(request.headers + authorization, self._timeout_s, _CONNECT_TIMEOUT_S)
        del authorization
        carrier = Connections(tls_context) if self._transport is None else adapted(self._transport)
        try:
            return _answer(await carrier.send(request, attempt))
        except NotSentError as error:
            raise OAuthError(
                f"OAuth: the authorization server cannot be reached ({error})"
            ) from None
        except TransportError as error:
            raise OAuthError(
                f"OAuth: the authorization server gave no complete answer ({error}); if this was "
                f"a refresh and the next one fails, run `seven login`"
            ) from None
        finally:
            if self._transport is None:
                await carrier.aclose()


def _answer(reply: RawReply) -> Answer:
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        content = None
    return Answer(reply.status, content)
