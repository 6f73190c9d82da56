"""How a code is sent and checked, awaited.

In: a client, settings, a store. Out: codes that were sent, numbers that were proven. I/O: that of
the client and of the store.

The order matters: caps are counted and the code is kept in one step of the store, before anything
leaves. So two processes never send more than a cap allows together, and a code that arrives counts,
whatever became of the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final, TypeVar

import anyio
import attrs
from anyio import to_thread
from anyio.lowlevel import RunVar

from seven_async.api.replies.receipt import Receipt
from seven_async.campaign.inputs.message import Sendable
from seven_async.campaign.results import SendResult
from seven_async.client import AsyncSeven
from seven_async.errors import SevenError
from seven_async.masking import masked_number
from seven_async.otp.codes import CodeBook, StoredCode, draw_code, read_code
from seven_async.otp.errors import (
    OtpLimit,
    OtpStoreError,
    TooManyCodesError,
    WrongCodeError,
    WrongCodeReason,
)
from seven_async.otp.limits import Cap
from seven_async.otp.numbers import PhoneNumber, check_allowed, read_number
from seven_async.otp.sending import deliver, forms_of, surely_did_not_leave
from seven_async.otp.settings import BuildMessage, OtpSettings, check_purpose
from seven_async.otp.store import MemoryOtpStore, OtpStore, Records

R = TypeVar("R")

log: Final = logging.getLogger("seven_async.otp")
_MOST_THREADS: Final = 8  # a slow store under attack takes no others from the application
_threads: Final = RunVar[anyio.CapacityLimiter]("threads of one-time passwords")
_NETWORK_BITS: Final = 64
"""An IPv6 customer has at least 2**64 addresses; all of them are one caller."""


@attrs.frozen(kw_only=True, slots=False)
class SentCode:
    """What became of `send`.

    `to` is the number in the one spelling that all of its spellings share. `receipt` is the
    gateway's. `error` is set if the outcome is unknown: the code may arrive and counts, so go on;
    `reconcile(error)` can tell more later.
    """

    to: str = attrs.field(repr=masked_number)
    expires_in_s: float
    receipt: Receipt | None = attrs.field(default=None, repr=False)
    error: SevenError | None = None


@attrs.frozen
class Reservation:
    """A message that was counted against caps, its code kept: to be given back if it did not leave.

    `at_s` is the store's second.
    """

    book: CodeBook
    caps: Sequence[Cap]
    code: StoredCode
    at_s: float

    @property
    def keys(self) -> list[str]:
        """The keys of all that it changed."""
        return [self.book.key, *(cap.key for cap in self.caps)]


class OtpService:
    """One-time passwords with an awaiting client."""

    def __init__(self, client: AsyncSeven, store: OtpStore, settings: OtpSettings) -> None:
        self._client = client
        self._store = store
        self._settings = settings
        self._clock = client.options.clock

    async def send(
        self,
        to: str,
        purpose: str,
        caller: str | None,
        message: str | BuildMessage | None,
        is_known: bool | None,
    ) -> SentCode:
        """Send a code; see `OneTimePasswords.send`."""
        started_s = self._clock.monotonic()
        number = self._read(to, purpose)
        check_allowed(number, self._settings.limits.countries)
        code = draw_code(self._settings.digits)
        forms = forms_of(self._settings.build_message(message, number.to, code), number.to)
        kept = None if is_known is False else code
        reservation = await self._reserve(number, purpose, caller, kept)
        if is_known is None:
            return self._tell(number, await self._deliver(forms, reservation))
        if is_known:
            result = await deliver(self._client, forms)
            if result.error is not None:
                log.warning("a code was not sent for certain: %s", result.reason)
        left_s = self._settings.answer_s - (self._clock.monotonic() - started_s)
        if left_s > 0:
            await self._clock.sleep(left_s)
        # The same for every number, whoever asks.
        return SentCode(to=number.to, expires_in_s=self._settings.valid_s)

    async def verify(self, to: str, code: str, purpose: str) -> str:
        """Use a code up; see `OneTimePasswords.verify`."""
        number = self._read(to, purpose)
        guess = read_code(code, self._settings.digits)
        if guess is None:
            raise WrongCodeError(WrongCodeReason.MALFORMED)
        book = self._book(number, purpose)

        def check(records: Records, now_s: float) -> WrongCodeReason | None:
            return book.check(records, now_s, guess)

        reason = await self._update([book.key], check)
        if reason is not None:
            raise WrongCodeError(reason)
        return number.to

    async def revoke(self, to: str, purpose: str) -> None:
        """End the codes of a number; see `OneTimePasswords.revoke`."""
        book = self._book(self._read(to, purpose), purpose)

        def remove(records: Records, _: float) -> None:
            records.pop(book.key, None)

        await self._update([book.key], remove)

    def _read(self, to: str, purpose: str) -> PhoneNumber:
        check_purpose(purpose)
        return read_number(to, self._settings.default_country)

    def _book(self, number: PhoneNumber, purpose: str) -> CodeBook:
        settings = self._settings
        return CodeBook(
            settings.fingerprints.of("codes", purpose, number.key),
            settings.fingerprints,
            settings.valid_s,
            settings.attempts,
            settings.valid_codes,
        )

    def _caps(self, number: PhoneNumber, caller: str | None) -> list[Cap]:
        country = number.country
        values = {
            OtpLimit.COOL_DOWN: number.key,
            OtpLimit.NUMBER: number.key,
            OtpLimit.RANGE: number.range,
            OtpLimit.CALLER: None if caller is None else to_network(caller),
            OtpLimit.COUNTRY: country,
            OtpLimit.ALL: "",
        }
        fingerprint = self._settings.fingerprints.of
        return [
            Cap(limit, rate, fingerprint("cap", limit, repr(rate.per_s), value))
            for limit, value in values.items()
            if value is not None
            for rate in self._settings.limits.rates_of(limit, country)
        ]

    async def _reserve(
        self, number: PhoneNumber, purpose: str, caller: str | None, code: str | None
    ) -> Reservation:
        """Count a message and keep its code in one step; raises `TooManyCodesError`."""
        book, caps = self._book(number, purpose), self._caps(number, caller)

        # A refusal is returned, not raised: what the store has seen of the time is kept.
        def reserve(records: Records, now_s: float) -> Reservation | TooManyCodesError:
            waits = [(cap.wait_s(records, now_s), cap.limit) for cap in caps]
            wait_s, limit = max(waits, default=(0.0, OtpLimit.ALL))
            if wait_s > 0:
                return TooManyCodesError(limit, wait_s)
            for cap in caps:
                cap.add(records, now_s)
            reservation = Reservation(book, caps, book.build(code, now_s), now_s)
            book.add(records, now_s, reservation.code)
            return reservation

        answer = await self._update([book.key, *(cap.key for cap in caps)], reserve)
        if isinstance(answer, TooManyCodesError):
            raise answer
        return answer

    async def _deliver(self, forms: tuple[Sendable, ...], reservation: Reservation) -> SendResult:
        # An exception that is no result, such as a cancellation, leaves all counted: the message
        # may have left.
        result = await deliver(self._client, forms)
        if surely_did_not_leave(result):
            try:
                await self._update(reservation.keys, partial(give_back, reservation))
            except OtpStoreError as error:
                # Counted without need; what became of the message is what the caller has to know.
                log.warning("a code that did not leave stays counted: %s", error)
        return result

    def _tell(self, number: PhoneNumber, result: SendResult) -> SentCode:
        if surely_did_not_leave(result):
            raise result.error or SevenError("nothing was sent")
        return SentCode(
            to=number.to,
            expires_in_s=self._settings.valid_s,
            receipt=result.receipt,
            error=result.error,
        )

    async def _update(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        if isinstance(self._store, MemoryOtpStore):
            return self._store.update(keys, change)
        update: Callable[[Sequence[str], Any], R] = self._store.update
        # A cancellation waits for it: half a reservation would be none.
        return await to_thread.run_sync(update, keys, change, limiter=_own_threads())


def _own_threads() -> anyio.CapacityLimiter:
    """Return the limit of threads that wait for stores, of this event loop."""
    try:
        return _threads.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_MOST_THREADS)
        _threads.set(limiter)
        return limiter


def give_back(reservation: Reservation, records: Records, now_s: float) -> None:
    """Count a message no longer that surely did not leave, and forget its code."""
    for cap in reservation.caps:
        cap.take_off(records, now_s, reservation.at_s)
    reservation.book.remove(records, now_s, reservation.code.id)


def to_network(caller: str) -> str:
    """Return a caller as it is counted: an IPv6 address as its network."""
    try:
        address = ip_address(caller.partition("%")[0])
    except ValueError:
        return caller
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, _NETWORK_BITS), strict=False))
