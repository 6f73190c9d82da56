"""One call from its row to its model: the only loop.

In: a row and a request value. Out: a model, or one `SevenError`. I/O through the transport only.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NoReturn, TypeAlias, TypeVar

import anyio
import attrs

from seven_async.errors import (
    ApiError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    SevenError,
    TransportError,
)
from seven_async.flow.beside import run_beside
from seven_async.flow.clock import Clock
from seven_async.flow.conceal import conceal, without_frames
from seven_async.flow.decode import is_short_work
from seven_async.flow.events import CallEvent
from seven_async.flow.limit import Limiter, RateLease, Ticket
from seven_async.flow.logs import Observer
from seven_async.flow.request import Headers, RawReply, Request, build_request, sign_request
from seven_async.flow.retry import Retry, RetryBudget, is_refused_token, wait_s
from seven_async.flow.row import Repeat, Row, UrlStyle
from seven_async.flow.transport import Attempt, Transport, build_time_out_error
from seven_async.flow.values.gateway_time import GatewayTime
from seven_async.flow.values.schedule import check_departure

logger: Final = logging.getLogger("seven_async")

# For a large reply that came just in time.
_READING_S: Final = 0.5

R = TypeVar("R")
Reader: TypeAlias = Callable[[Row, RawReply, float], R]
"""Makes a result of a reply, which arrived at a time in Unix seconds."""


@attrs.frozen(kw_only=True, eq=False)
class CallPipeline:
    """All that a call needs besides its row and request: made once per client or clone."""

    base_url: str
    server: str
    url_style: UrlStyle
    headers: Headers = attrs.field(repr=False)
    authorization: Headers = attrs.field(repr=False)
    """The API key. It joins the request at departure, so that errors before do not hold it."""

    credential: Callable[[], Awaitable[Headers]] | None = attrs.field(repr=False)
    """The header of a token, which ages and is asked for at each departure."""

    renew: Callable[[str], Awaitable[bool]] | None = attrs.field(repr=False)
    """Replaces a refused token; returns whether there is another one now."""

    signing_secret: str | None = attrs.field(repr=False)
    transport: Transport
    limiter: Limiter
    lease: RateLease | None
    """The rate of this client holds for the account as long as this flow is there."""

    budget: RetryBudget
    retry: Retry | None
    timeout_s: float
    connect_timeout_s: float
    deadline_s: float
    clock: Clock
    gateway_time: GatewayTime
    observer: Observer
    max_reply_bytes: int
    patience_s: float
    """The longest wait, asked for by the gateway, that a call makes instead of ending."""

    async def call(
        self, row: Row, value: object, read: Reader[R], ticket: Ticket | None = None
    ) -> R:
        """Send a request value, with retries, and return what `read` makes of the reply.

        Args:
            row: The row of the call.
            value: The request value.
            read: What makes a result of a reply; `read_reply` makes the model of the row.
            ticket: A place in the limiter's line, or something to do before the request leaves.

        Raises:
            SevenError: The call failed; exactly one is raised for all attempts.
        """
        request = build_request(row, value, self.base_url, self.headers, self.url_style)
        check_departure(value, self.clock.now())
        ticket = ticket or Ticket(request.messages)
        tried = CallAttempt(self, request, ticket, self.clock.monotonic())
        try:
            await self.limiter.enter(self.clock, self.patience_s, ticket)
        except RateLimitError as error:
            error.request_line = row.line
            raise_final(request, error)
        tried.begun = self.clock.monotonic()
        deadline = tried.begun + self.deadline_s
        answer: R | SevenError | None
        while True:
            try:
                answer = await tried.perform(deadline, read)
            finally:
                self.limiter.leave()
            if not isinstance(answer, SevenError):
                if tried.number == 1:
                    self.budget.earn()
                return answer
            if await tried.has_new_token(answer, deadline):
                pause_s = 0.0
            else:
                pause_s = await self._pause_s(row, tried.number - tried.renewals, answer, deadline)
            if pause_s < 0:
                break
            tried.report(answer, will_retry=True)
            tried = tried.next_attempt(answer)
            answer = await tried.enter_again(pause_s, deadline)
            if answer is not None:
                break
        answer = tried.find_final_error(answer)
        conceal(answer, request.value, tried.secrets)
        tried.report(answer)
        try:
            raise_final(request, answer)
        finally:
            # The traceback leads here, and from here back to the error: no cycle is left.
            del answer, tried

    async def _pause_s(self, row: Row, attempt: int, error: SevenError, deadline: float) -> float:
        """Seconds until the next attempt; below zero when there is none."""
        asked_s = error.retry_after_s if isinstance(error, RateLimitError) else None
        if asked_s is not None:
            await self.limiter.pause(self.clock, asked_s)
        pause_s = wait_s(self.retry, row.repeat, attempt, error, self.clock.draw)
        if pause_s is None or self.clock.monotonic() + pause_s >= deadline:
            return -1.0
        return pause_s if self.budget.spend() else -1.0


@attrs.define(eq=False)
class CallAttempt:
    """One attempt of a call, and the event that tells of it."""

    flow: CallPipeline
    request: Request
    ticket: Ticket
    queued: float
    number: int = 1
    before: SevenError | None = None
    doubt: SevenError | None = None
    renewals: int = 0
    """Attempts that a refused token has cost; they do not count for the policy."""
    begun: float = 0.0
    status: int | None = None
    attempt: Attempt | None = attrs.field(default=None, repr=False)

    def next_attempt(self, error: SevenError) -> CallAttempt:
        """Return the attempt after this one, which ended with an error."""
        # Of free reads nothing is in doubt; other rows are not repeated after such an error.
        is_doubt = error.outcome is Outcome.UNKNOWN and self.request.row.repeat is Repeat.IDEMPOTENT
        return CallAttempt(
            self.flow,
            self.request,
            self.ticket,
            self.flow.clock.monotonic(),
            self.number + 1,
            error,
            error if is_doubt else self.doubt,
            self.renewals,
        )

    async def has_new_token(self, error: SevenError, deadline: float) -> bool:
        """Replace a refused token, once per call; return whether that worked."""
        flow = self.flow
        if flow.renew is None or self.renewals or not is_refused_token(error):
            return False
        self.renewals = 1
        is_new = False
        with anyio.move_on_after(deadline - flow.clock.monotonic()):
            try:
                is_new = await flow.renew(self.token)
            except SevenError:
                # The call ends with what the gateway said; the next one asks for a token again.
                return False
        return is_new

    def find_final_error(self, error: SevenError) -> SevenError:
        """Return the error of the whole call: an earlier attempt may have left it in doubt."""
        if self.doubt is None or error.outcome is Outcome.UNKNOWN:
            return error
        if isinstance(error, NotSentError):
            return self.doubt
        error.outcome = Outcome.UNKNOWN
        return error

    async def enter_again(self, pause_s: float, deadline: float) -> SevenError | None:
        """Wait for a repetition; return what the call ends with if it may not leave in time."""
        flow = self.flow
        has_entered = False
        try:
            await flow.clock.sleep(pause_s)
            with anyio.move_on_after(deadline - flow.clock.monotonic()):
                await flow.limiter.enter(flow.clock, flow.patience_s, self.ticket)
                has_entered = True
        except RateLimitError as error:
            self.begun = flow.clock.monotonic()
            error.request_line = self.request.row.line
            return error
        except BaseException as error:
            self.begun = flow.clock.monotonic()
            self._emit(self._outcome(left=False), _cause(error))
            raise
        self.begun = flow.clock.monotonic()
        if has_entered and self.begun < deadline:
            return None
        # A send that leaves with no time for its answer would end unknown.
        if has_entered:
            flow.limiter.leave()
        return self.before

    def _outcome(self, *, left: bool) -> Outcome:
        return Outcome.UNKNOWN if left or self.doubt is not None else Outcome.NOT_SENT

    async def perform(self, deadline: float, read: Reader[R]) -> R | SevenError:
        """Make the attempt; return the result or the error, since the loop decides what follows."""
        flow = self.flow
        attempt: Attempt | None = None
        failure: SevenError
        try:
            attempt = self.attempt = Attempt(
                await self._headers(),
                flow.timeout_s,
                flow.connect_timeout_s,
                max_reply_bytes=flow.max_reply_bytes,
            )
            # Asked after the headers: to fetch a token takes time, too.
            sent_s = flow.clock.monotonic()
            remaining_s = deadline - sent_s
            if remaining_s <= 0:
                return NotSentError(f"{self.request.row.line}: not sent, the deadline has passed")
            attempt.timeout_s = min(flow.timeout_s, remaining_s)
            reply = await flow.transport.send(self.request, attempt)
            flow.gateway_time.note(reply.headers, sent_s)
            self.status = reply.status
            if self.number > 1:
                reply = attrs.evolve(reply, attempts=self.number)
            if is_short_work(reply.body):
                answer = read(self.request.row, reply, flow.clock.now())
            else:
                answer = await self._read_beside(read, reply, attempt)
        except SevenError as error:
            failure = error
        except BaseException as error:
            # Cancelled (or worse) while it may be on its way: by its event it can be found.
            left = attempt is not None and attempt.left is not False
            self._emit(self._outcome(left=left), _cause(error))
            raise
        else:
            self._emit(None, None)
            return answer
        return without_frames(failure)

    async def _headers(self) -> Headers:
        """All headers of an attempt; the signature comes last, since it ages."""
        flow = self.flow
        credential = () if flow.credential is None else await flow.credential()
        secret = flow.signing_secret
        signature = sign_request(self.request, secret, now_s=flow.clock.now()) if secret else ()
        return self.request.headers + flow.authorization + credential + signature

    async def _read_beside(self, read: Reader[R], reply: RawReply, attempt: Attempt) -> R:
        """Read a large reply beside the event loop, in what is left of the attempt's time."""
        flow, row = self.flow, self.request.row
        left_s = attempt.timeout_s - (flow.clock.monotonic() - self.begun)
        with anyio.move_on_after(max(left_s, _READING_S)):
            return await run_beside(partial(read, row, reply, flow.clock.now()))
        raise build_time_out_error(self.request, attempt)

    @property
    def token(self) -> str:
        """The access token that this attempt went with."""
        headers = () if self.attempt is None else self.attempt.headers
        bearer = (value for name, value in headers if name == "Authorization")
        return next(bearer, "").removeprefix("Bearer ")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be read in the text of an error: the key or token, and the secret."""
        headers = self.flow.authorization if self.attempt is None else self.attempt.headers
        keys = [value for name, value in headers if name in ("Authorization", "X-Api-Key")]
        return (*keys, *(key.partition(" ")[2] for key in keys), self.flow.signing_secret or "")

    def report(self, error: SevenError, *, will_retry: bool = False) -> None:
        """Tell of a failed attempt."""
        code = error.code if isinstance(error, ApiError) else None
        self._emit(error.outcome, type(error).__name__, code, will_retry=will_retry)

    def _emit(
        self,
        outcome: Outcome | None,
        cause: str | None,
        code: int | None = None,
        *,
        will_retry: bool = False,
    ) -> None:
        if not self.flow.observer.hears(outcome):
            return
        event = CallEvent(
            route=self.request.row.name,
            request_line=self.request.row.line,
            attempt=self.number,
            waited_s=self.begun - self.queued,
            took_s=self.flow.clock.monotonic() - self.begun,
            status=self.status,
            code=code,
            outcome=outcome,
            cause=cause,
            foreign_id=self.request.foreign_id,
            will_retry=will_retry,
            server=self.flow.server,
        )
        try:
            self.flow.observer.tell(event)
        except Exception:  # an observer's mistake must not turn an accepted message into an error
            logger.exception("on_event raised; the call goes on")


def _cause(error: BaseException) -> str:
    """Return the name for an event; trio and asyncio have different ones for cancellation."""
    is_cancelled = isinstance(error, anyio.get_cancelled_exc_class())
    return "Cancelled" if is_cancelled else type(error).__name__


def raise_final(request: Request, error: SevenError) -> NoReturn:
    """Raise what a call ends with: an unknown outcome of what may cost has a class of its own."""
    error.request = request.value
    error.foreign_id = request.foreign_id
    if not (request.row.may_cost and error.outcome is Outcome.UNKNOWN):
        try:
            raise error
        finally:
            del error
    unknown = OutcomeUnknownError(
        f"{request.row.line} may have been processed, its outcome is not known ({error}); "
        f"do not repeat it blindly"
        + (f", ask reconcile() (foreign_id {request.foreign_id})" if request.foreign_id else ""),
        verbatim=(isinstance(error, TransportError) and error.address) or "",
    )
    unknown.request = request.value
    unknown.foreign_id = request.foreign_id
    try:
        raise unknown from error
    finally:
        del unknown, error
