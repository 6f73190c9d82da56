"""The public face of one-time passwords, with a client of either colour. I/O: the service's."""

from __future__ import annotations

from typing import Generic, overload

from seven_async.api.routes.endpoint import Async, Blocking, M
from seven_async.api.table import Table
from seven_async.campaign.faces import build_face
from seven_async.otp.codes import Fingerprints
from seven_async.otp.limits import OtpLimits
from seven_async.otp.numbers import require_phonenumbers
from seven_async.otp.service import OtpService, SentCode
from seven_async.otp.settings import TEXT, BuildMessage, OtpSettings, check_message, check_store
from seven_async.otp.store import MemoryOtpStore, OtpStore
from seven_async.start.awaited import Awaited


class OneTimePasswords(Generic[M]):
    """Codes that prove that somebody has a phone: for a login, a payment, a new number.

    `OneTimePasswords(AsyncSeven(), …)` is awaited, `OneTimePasswords(Seven(), …)` is called; the
    client stays the caller's to close. Needs the extra `otp`.

    Example:
        otp = OneTimePasswords(seven, secret=secret, store=SqliteOtpStore("otp.db"))
        await otp.send("+491711234567", purpose="login", caller="203.0.113.7")
        number = await otp.verify("+491711234567", "123456", purpose="login")

    Args:
        client: The client to send with.
        secret: A secret of the application, the same in all its processes. Codes and numbers are
            stored as HMACs under it only. Another one ends all codes and begins all counts anew.
        store: Where codes and counts are; all processes of an application share one. The memory of
            this process unless given.
        message: A text for an SMS with `{code}` (and `{minutes}`) in it; or a function of number
            and code that returns a `SendSms`, another message, or a `Fallback` of several.
        from_: The sender of the SMS, where `message` is a text.
        digits: Of a code, 4 to 10.
        valid_s: Seconds for which a code counts.
        attempts: Wrong guesses after which a code counts no more.
        valid_codes: How many codes for a purpose and number count at once: the newest ones.
        limits: Caps on messages, against people who earn by them.
        default_country: The country of numbers without `+`, for example `DE`.
        answer_s: Seconds that `send` takes at least when it was told `is_known`.

    Raises:
        ConfigurationError: An option is wrong, or the package phonenumbers is missing.
    """

    def __init__(
        self,
        client: Table[M],
        *,
        secret: str | bytes,
        store: OtpStore | None = None,
        message: str | BuildMessage = TEXT,
        from_: str | None = None,
        digits: int = 6,
        valid_s: float = 300.0,
        attempts: int = 5,
        valid_codes: int = 1,
        limits: OtpLimits | None = None,
        default_country: str | None = None,
        answer_s: float = 2.0,
    ) -> None:
        require_phonenumbers()
        self._face = build_face(client)
        settings = OtpSettings(
            fingerprints=Fingerprints(secret),
            message=message,
            from_=from_,
            digits=digits,
            valid_s=valid_s,
            attempts=attempts,
            valid_codes=valid_codes,
            limits=limits or OtpLimits(),
            default_country=default_country,
            answer_s=answer_s,
        )
        self._store = MemoryOtpStore() if store is None else check_store(store)
        self._service = OtpService(self._face.client, self._store, settings)

    def __repr__(self) -> str:
        return f"<OneTimePasswords in {self._store!r}>"

    @overload
    def send(
        self: OneTimePasswords[Async],
        to: str,
        *,
        purpose: str,
        caller: str | None = None,
        message: str | BuildMessage | None = None,
        is_known: bool | None = None,
    ) -> Awaited[SentCode]: ...
    @overload
    def send(
        self: OneTimePasswords[Blocking],
        to: str,
        *,
        purpose: str,
        caller: str | None = None,
        message: str | BuildMessage | None = None,
        is_known: bool | None = None,
    ) -> SentCode: ...
    def send(
        self,
        to: str,
        *,
        purpose: str,
        caller: str | None = None,
        message: str | BuildMessage | None = None,
        is_known: bool | None = None,
    ) -> Awaited[SentCode] | SentCode:
        """Send a code to a number.

        The caps are counted and the code is kept before the message leaves. Both are taken back
        if it surely did not. If that is unknown, the code counts, and so does the message.

        Example:
            sent = await otp.send("+491711234567", purpose="login", caller="203.0.113.7")
            print(sent.expires_in_s)

        Args:
            to: A number in any spelling, with `+` or of the `default_country`.
            purpose: What the code is for; it counts for nothing else.
            caller: Who asks, as far as you know: the address of the request, or an account. All
                addresses of an IPv6 network (/64) are one caller.
            message: Instead of the usual message; a call, for who gets no SMS.
            is_known: Whether somebody has this number, where your answer must not tell. If False,
                nothing is sent, all else is the same: caps, cool-down, time, and the `SentCode`,
                which then never has a receipt or an error. Nothing is taken back either. What the
                gateway says is logged.

        Raises:
            TooManyCodesError: A cap is reached; `retry_after_s` says when to try again.
            NumberNotAllowedError: A service number, or a country that is not allowed.
            InvalidRequestError: It is no number, or the message cannot be sent.
            OtpStoreError: The store cannot be used; nothing was sent.
            SevenError: The message surely did not leave; nothing counts.
        """
        if message is not None:
            check_message("message", message)
        return self._face.run(self._service.send, to, purpose, caller, message, is_known)

    @overload
    def verify(
        self: OneTimePasswords[Async], to: str, code: str, *, purpose: str
    ) -> Awaited[str]: ...
    @overload
    def verify(self: OneTimePasswords[Blocking], to: str, code: str, *, purpose: str) -> str: ...
    def verify(self, to: str, code: str, *, purpose: str) -> Awaited[str] | str:
        """Use a code up; return the number that it proves, in its one spelling.

        A code counts once. Of several processes that check it at once, one gets the number.

        Example:
            try:
                number = await otp.verify("+491711234567", typed, purpose="login")
            except WrongCodeError as error:
                print(error)

        Args:
            to: The number, in whatever spelling.
            code: What the person typed; blanks and dashes are left out.
            purpose: As for `send`.

        Raises:
            WrongCodeError: It does not count; the text is the same for every reason.
            InvalidRequestError: `to` is no number.
            OtpStoreError: The store cannot be used; nothing is proven.
        """
        return self._face.run(self._service.verify, to, code, purpose)

    @overload
    def revoke(self: OneTimePasswords[Async], to: str, *, purpose: str) -> Awaited[None]: ...
    @overload
    def revoke(self: OneTimePasswords[Blocking], to: str, *, purpose: str) -> None: ...
    def revoke(self, to: str, *, purpose: str) -> Awaited[None] | None:
        """End the codes for a purpose and number; the caps stay as they are.

        Example:
            await otp.revoke("+491711234567", purpose="login")
        """
        return self._face.run(self._service.revoke, to, purpose)
