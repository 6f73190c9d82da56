"""Requests to the authorization server, and its replies as objects.

In: a path and a form, or a token. Out: HTTP status and decoded JSON. I/O: through the package's
own transport; a connection of its own is closed again, since a refresh comes once an hour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from seven_async.auth.errors import OAuthError
from seven_async.errors import NotSentError, SevenError
from seven_async.flow.conceal import without_frames
from seven_async.flow.network.engines import build_connections
from seven_async.flow.raw import RawCall, raw_row
from seven_async.flow.request import Headers, RawReply, Request, build_request
from seven_async.flow.row import Repeat
from seven_async.flow.transport import Attempt, adapt_transport

if TYPE_CHECKING:
    from seven_async.flow.transport import TransportLike

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
class ServerReply:
    """A reply of the server; `content` is None where it is no JSON. Hidden: it holds tokens."""

    status: int
    content: object = attrs.field(repr=False)


class AuthorizationServer:
    """Requests to one authorization server."""

    def __init__(self, server_url: str, transport: TransportLike | None, timeout_s: float) -> None:
        self._server_url = server_url
        self._transport = transport
        self._timeout_s = timeout_s

    async def post(self, path: str, form: Form) -> ServerReply:
        """Send a form.

        Raises:
            OAuthError: No reply came.
        """
        value = RawCall(form=form.fields)
        row = raw_row("POST", path, value, Repeat.NEVER)
        reply = await self._send(build_request(row, value, self._server_url, _ACCEPT), ())
        return _raise_if_failed(reply)

    async def get(self, path: str, token: str) -> ServerReply:
        """Get what a path has for the owner of a token.

        Raises:
            OAuthError: No reply came.
        """
        value = RawCall()
        row = raw_row("GET", path, value, Repeat.SAFE)
        authorization = (("Authorization", f"Bearer {token}"),)
        del token
        reply = await self._send(
            build_request(row, value, self._server_url, _ACCEPT), authorization
        )
        del authorization
        return _raise_if_failed(reply)

    async def _send(self, request: Request, authorization: Headers) -> ServerReply | OAuthError:
        """Send a request; return an error, not raise it: the frames here and below hold tokens."""
        attempt = Attempt(request.headers + authorization, self._timeout_s, _CONNECT_TIMEOUT_S)
        carrier = (
            build_connections(None) if self._transport is None else adapt_transport(self._transport)
        )
        try:
            return _parse_reply(await carrier.send(request, attempt))
        except SevenError as error:
            failure = _failure(error)
        finally:
            if self._transport is None:
                await carrier.aclose()
        return without_frames(failure)


def _raise_if_failed(reply: ServerReply | OAuthError) -> ServerReply:
    if isinstance(reply, OAuthError):
        raise reply
    return reply


def _failure(error: SevenError) -> OAuthError:
    if isinstance(error, NotSentError):
        return OAuthError(f"OAuth: the authorization server cannot be reached ({error})")
    return OAuthError(
        f"OAuth: the authorization server gave no complete reply ({error}); if this was "
        f"a refresh and the next one fails, run `seven login`"
    )


def _parse_reply(reply: RawReply) -> ServerReply:
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        content = None
    return ServerReply(reply.status, content)
