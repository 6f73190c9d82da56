"""Everything that can go wrong with a call, as one tree; and what each code of the gateway means.

::

    SevenError                       .outcome  .foreign_id  .request
    ├── ConfigurationError           the client cannot work as it was set up
    ├── InvalidRequestError          refused here, before any I/O (also a ValueError)
    ├── OutcomeUnknownError          may have been processed and billed; __cause__ is the finding
    ├── TransportError               the exchange broke
    │   └── NotSentError             provably never reached the gateway: repeating is safe
    ├── MalformedReplyError          .field: the reply could not be read, and where
    └── ApiError                     .code .message .status .body .request_line .retry_after_s
        ├── AuthenticationError      900, 300, HTTP 401
        ├── SignatureError           901, but of `status` its old “invalid message id”
        ├── AccessDeniedError        902, HTTP 403
        ├── IpNotAllowedError        903
        ├── InvalidParameterError    201 202 301–308 400 401 603 801–803, HTTP 400
        ├── NotFoundError            404, HTTP 404
        ├── DuplicateMessageError    402
        ├── DailyLimitError          403
        ├── InsufficientCreditError  500
        ├── NotInConversationError   7002001
        ├── RateLimitError           HTTP 429
        └── GatewayError             11 600 700, HTTP 5xx

Codes stand in the body and are not HTTP statuses: code 500 is "no credit", 402 "sent already".
Every error pickles, keeps plain values only, and shows no key, full number or message text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from seven_async.masking import without_numbers


class Outcome(StrEnum):
    """What became of a request: never left, refused by the gateway, or nobody can say."""

    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


def _rebuilt(
    kind: type[SevenError], text: str, state: dict[str, Any], cause: BaseException | None
) -> SevenError:
    error = kind.__new__(kind, text)
    error.__dict__.update(state)
    error.__cause__ = cause
    return error


class SevenError(Exception):
    """The root of all errors of this package.

    `outcome` says whether the request had an effect, `foreign_id` is the reference the message was
    sent with, `request` the request value (for example a `SendSms`), as far as there was one.
    """

    outcome: Outcome = Outcome.NOT_SENT
    foreign_id: str | None = None
    request: object | None = None

    def __init__(self, message: str, *, outcome: Outcome | None = None, verbatim: str = "") -> None:
        """Mask the numbers of a message, but for one part that is no number of a person.

        Args:
            message: What happened, then what to do.
            outcome: What became of the request, if not what the class says.
            verbatim: An address or a path within the message.
        """
        pieces = message.split(verbatim) if verbatim else [message]
        super().__init__(verbatim.join(map(without_numbers, pieces)))
        if outcome is not None:
            self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args[0], self.__dict__, self.__cause__)


class ConfigurationError(SevenError):
    """The client cannot work as it was set up; the text says what to set."""


class InvalidRequestError(SevenError, ValueError):
    """Refused here, before anything was sent: what was wrong, where, and what to do."""


class OutcomeUnknownError(SevenError):
    """The request may have been processed and billed, and its answer is not known.

    Never repeated by the client. `reconcile(error)` looks the message up by its `foreign_id`;
    `__cause__` is what was found (a lost answer, a server error, a cut reply), `code` its code.
    """

    outcome = Outcome.UNKNOWN

    @property
    def code(self) -> int | None:
        """The gateway's code, when the finding was an answer that had one."""
        return getattr(self.__cause__, "code", None)


class TransportError(SevenError):
    """The exchange with the gateway broke after the request may have left.

    `address` is host and port of the other side, where the text names it.
    """

    outcome = Outcome.UNKNOWN

    def __init__(
        self, message: str, *, outcome: Outcome | None = None, address: str | None = None
    ) -> None:
        super().__init__(message, outcome=outcome, verbatim=address or "")
        self.address = address


class NotSentError(TransportError):
    """The request provably never reached the gateway (refused, DNS, TLS): repeating is safe."""

    outcome = Outcome.NOT_SENT


class MalformedReplyError(SevenError):
    """The reply could not be read. `field` is the place in it (`messages[2].price`), if one."""

    outcome = Outcome.UNKNOWN
    field: str | None
    body: bytes

    def __init__(self, message: str, *, field: str | None = None, body: bytes = b"") -> None:
        super().__init__(message)
        self.field = field
        self.body = body


class ApiError(SevenError):
    """The gateway answered, and the answer is no.

    `code` is the gateway's code (None if it gave none), `message` its own words, `status` the HTTP
    status, `body` the decoded answer, `request_line` for example `POST /sms`, `retry_after_s` the
    seconds the server asked to wait, `hint` what to look at.
    """

    outcome = Outcome.REJECTED

    def __init__(
        self,
        *,
        code: int | None = None,
        message: str = "",
        status: int = 200,
        body: object = None,
        request_line: str = "",
        retry_after_s: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(_sentence(code, message, status, request_line, hint))
        self.code = code
        self.message = message
        self.status = status
        self.body = body
        self.request_line = request_line
        self.retry_after_s = retry_after_s
        self.hint = hint


def conceal_words(error: ApiError, hide: Callable[[str], str]) -> None:
    """Write the text of an error anew, with the gateway's words as `hide` leaves them."""
    words = hide(error.message[: 2 * _LONGEST_WORDS])
    text = _sentence(error.code, words, error.status, error.request_line, error.hint)
    error.args = (without_numbers(text),)


# More than this of the gateway's words is a page, not a sentence.
_LONGEST_WORDS: Final = 300


def _sentence(code: int | None, message: str, status: int, request_line: str, hint: str) -> str:
    known = meaning_of(code, request_line)
    if len(message) > _LONGEST_WORDS:
        message = f"{message[:_LONGEST_WORDS]}…"
    # A code that equals the HTTP status is the web framework's and means it (see `error_for`).
    meaning = known.meaning if known and code != status else ""
    where = request_line or "the gateway"
    end = f"; {hint}" if hint else ""
    if code is None and status < 300:
        return f"{where}: refused {f'with “{message}”' if message else 'without a reason'}{end}"
    number = f"code {code}" if code is not None else f"HTTP {status}"
    words = "; ".join(part for part in (meaning, f"“{message}”" if message else "") if part)
    return f"{where}: {number}{', ' if words else ''}{words}{end}"


class AuthenticationError(ApiError):
    """The API key or token is missing or wrong."""


class SignatureError(ApiError):
    """The request signature did not verify: wrong signing secret, or a clock more than 30 s off."""


class AccessDeniedError(ApiError):
    """The key has no right for this endpoint."""


class IpNotAllowedError(ApiError):
    """The key may not be used from this IP address."""


class InvalidParameterError(ApiError):
    """The gateway refused a parameter."""


class NotFoundError(ApiError):
    """There is no such thing, or it is not yours."""


class DuplicateMessageError(ApiError):
    """The same message to the same recipient was accepted within the last 180 s (reload lock)."""


class DailyLimitError(ApiError):
    """The recipient's daily limit is used up."""


class InsufficientCreditError(ApiError):
    """The account has not enough credit."""


class NotInConversationError(ApiError):
    """WhatsApp free text outside the 24-hour window: send a template."""


class RateLimitError(ApiError):
    """Too many requests; `retry_after_s` says how long the server wants to be left alone."""


class GatewayError(ApiError):
    """The gateway or a carrier behind it failed."""

    outcome = Outcome.UNKNOWN


class Meaning(NamedTuple):
    """What a code stands for: the error class, what became of the request, and words for it."""

    kind: type[ApiError]
    meaning: str
    outcome: Outcome = Outcome.REJECTED


_PARAMETER: Final = InvalidParameterError

#: Codes of the gateway's body. Source: errors.md section 2, where the clients and pages that the
#: gateway's vendor published are compared; outliers named there are left out.
CODES: Final[Mapping[int, Meaning]] = MappingProxyType(
    {
        11: Meaning(GatewayError, "the carrier is temporarily not available"),
        201: Meaning(_PARAMETER, "the sender is invalid (11 letters and digits, or 16 digits)"),
        202: Meaning(_PARAMETER, "the recipient's number is invalid"),
        300: Meaning(AuthenticationError, "no API key arrived; set SEVEN_API_KEY or api_key="),
        301: Meaning(_PARAMETER, "the recipient is missing"),
        302: Meaning(_PARAMETER, "the text is invalid"),
        303: Meaning(_PARAMETER, "the text is too long"),
        304: Meaning(_PARAMETER, "the type is missing"),
        305: Meaning(_PARAMETER, "the text is missing or invalid"),
        306: Meaning(_PARAMETER, "the sender is invalid"),
        307: Meaning(_PARAMETER, "the URL is missing"),
        308: Meaning(_PARAMETER, "a parameter is unknown or not supported"),
        400: Meaning(_PARAMETER, "the request is invalid"),
        401: Meaning(_PARAMETER, "the text is too long"),
        402: Meaning(DuplicateMessageError, "the same message was accepted within the last 180 s"),
        403: Meaning(DailyLimitError, "the recipient's daily limit is used up; try tomorrow"),
        404: Meaning(NotFoundError, "not found, or not yours"),
        500: Meaning(InsufficientCreditError, "not enough credit; top up the account"),
        # An answer, unless something was to be sent or made (`reply.failure`).
        600: Meaning(GatewayError, "sending failed, or no result", Outcome.UNKNOWN),
        603: Meaning(_PARAMETER, "performance tracking needs a custom domain on the account"),
        700: Meaning(GatewayError, "unknown error", Outcome.UNKNOWN),
        801: Meaning(_PARAMETER, "the logo file is missing"),
        802: Meaning(_PARAMETER, "the label is invalid"),
        803: Meaning(_PARAMETER, "the ringtone is missing"),
        900: Meaning(AuthenticationError, "the API key is wrong; check SEVEN_API_KEY or api_key="),
        901: Meaning(
            SignatureError, "the signature did not verify; check the signing secret and the clock"
        ),
        902: Meaning(AccessDeniedError, "the API key has no right for this endpoint"),
        903: Meaning(IpNotAllowedError, "the API key may not be used from this IP address"),
        7002001: Meaning(
            NotInConversationError, "outside the 24-hour conversation; send a template instead"
        ),
    }
)

#: Codes that say something else on one endpoint (errors.md section 2).
_CODES_OF_ONE: Final[Mapping[tuple[str, int], Meaning]] = MappingProxyType(
    {("GET /status", 901): Meaning(_PARAMETER, "the message id is invalid")}
)


def meaning_of(code: int | None, request_line: str = "") -> Meaning | None:
    """Find what a code stands for on an endpoint; None for an unknown code."""
    if code is None:
        return None
    return _CODES_OF_ONE.get((request_line, code)) or CODES.get(code)


#: HTTP statuses of at least 400 that have a class of their own.
STATUSES: Final[Mapping[int, type[ApiError]]] = MappingProxyType(
    {
        400: InvalidParameterError,
        401: AuthenticationError,
        403: AccessDeniedError,
        404: NotFoundError,
        429: RateLimitError,
    }
)


def error_for(
    *,
    code: int | None = None,
    message: str = "",
    status: int = 200,
    body: object = None,
    request_line: str = "",
    retry_after_s: float | None = None,
    hint: str = "",
) -> ApiError:
    """The error that stands for a code or an HTTP status; plain `ApiError` for unknown ones.

    A code that equals its HTTP status was written by the web framework (`{"code": 404}`) and means
    the status: HTTP 500 with code 500 is a server error, not an empty account. `hint` says what to
    look at, and ends the error's text.
    """
    known = meaning_of(code, request_line) if code != status else None
    if known is not None:
        kind, outcome = known.kind, known.outcome
    elif status >= 500:
        kind, outcome = GatewayError, Outcome.UNKNOWN
    else:
        # A proxy's 408 may come after the gateway got the request, and so may a redirection: nobody
        # can say.
        kind = STATUSES.get(status, ApiError)
        is_open = status == 408 or 300 <= status < 400
        outcome = Outcome.UNKNOWN if is_open else Outcome.REJECTED
    error = kind(
        code=code,
        message=message,
        status=status,
        body=body,
        request_line=request_line,
        retry_after_s=retry_after_s,
        hint=hint,
    )
    error.outcome = outcome
    return error
