"""Errors between this program and the authorization server. No I/O."""

from __future__ import annotations

from typing import Any

from seven_async.errors import AuthenticationError, Outcome


class OAuthError(AuthenticationError):
    """The authorization server refused, or gave no reply that can be used.

    `reason` is its `error` word (`invalid_grant`), None where it gave none. Nothing was sent to the
    gateway.
    """

    outcome = Outcome.NOT_SENT

    def __init__(self, message: str, *, reason: str | None = None, status: int = 400) -> None:
        super().__init__(message=message, status=status, request_line="OAuth")
        # The words of `ApiError` are for replies of the gateway; these say what to do.
        self.args: tuple[Any, ...] = (message,)
        self.reason = reason


class LoginRequiredError(OAuthError):
    """There is no token that can be used or refreshed: log in again (`seven login`)."""
