"""Everything that can be set on a client, written once; both clients take these as keywords."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Concatenate, Final, Literal, ParamSpec, TypeVar, cast

import attrs

from seven_async.auth.bearer import Auth, BearerToken
from seven_async.errors import ConfigurationError
from seven_async.flow.clock import Clock
from seven_async.flow.conceal import without_frames
from seven_async.flow.events import CallEvent
from seven_async.flow.network.body import MOST_BYTES
from seven_async.flow.retry import Retry
from seven_async.flow.row import UrlStyle
from seven_async.flow.window import Rate, to_rate
from seven_async.masking import brief, masked_secret
from seven_async.option_checks import (
    Option,
    build_refusal,
    header,
    instance_of,
    optional,
    seconds,
    whole,
)
from seven_async.texts import is_encodable, is_web_address

if TYPE_CHECKING:
    from seven_async.flow.transport import TransportLike

GATEWAY_URL: Final = "https://gateway.seven.io/api"


def _from_environment(name: str) -> Callable[[], str | None]:
    # An empty variable is an unset one: `SEVEN_API_KEY= command` is how shells unset it.
    return lambda: os.environ.get(name) or None


def _strip(value: str | None) -> str | None:
    """Strip blanks: a pasted key has a newline; a published client strips too (auth.md 3)."""
    given = cast("object", value)
    return given.strip() if isinstance(given, str) else value


def _without_slash(url: str) -> str:
    given = cast("object", url)
    return given.rstrip("/") if isinstance(given, str) else url


def _url_style(value: UrlStyle | Literal["paths", "actions"]) -> UrlStyle:
    try:
        return UrlStyle(value)
    except ValueError:
        raise ConfigurationError(f"url_style is paths or actions, not {brief(value)}") from None


def _key(_: object, attribute: Option, value: object) -> None:
    # An empty key is what os.environ.get("KEY", "") gives where the variable is missing.
    if value == "":
        raise build_refusal(attribute.name, f"is empty, {_NO_KEY}")
    if value is not None:
        header(_, attribute, value)


_NO_KEY: Final = "there is no API key: set the environment variable SEVEN_API_KEY, or pass api_key="


def _auth(_: object, attribute: Option, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, Auth) or isinstance(value, type):
        # Not the value: it is most probably the token itself.
        raise build_refusal(
            attribute.name,
            f"must be an object with access_token(), such as BearerToken(…), "
            f"not {type(value).__name__}",
        )
    if isinstance(value, BearerToken):
        _check_token(attribute.name, value.token)


def _check_token(name: str, token: object) -> None:
    if not isinstance(token, str) or not token.strip():
        raise build_refusal(name, "has a BearerToken without a token")
    if not (token.isascii() and token.strip().isprintable()):
        raise build_refusal(name, "has a token with characters that no HTTP header can carry")


def _secret(_: object, attribute: Option, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise build_refusal(attribute.name, f"must be a text, not {type(value).__name__}")
    if not value:
        raise build_refusal(attribute.name, "is empty; leave it out to send without a signature")
    if not is_encodable(value):
        raise build_refusal(
            attribute.name, "has half of a surrogate pair, which UTF-8 cannot carry"
        )


def _account(_: object, attribute: Option, value: Any) -> None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number and not 0 < value < _LONGEST_ID:
        raise build_refusal(attribute.name, f"must be the id of a subaccount, not {brief(value)}")
    if value is not None and not is_number:
        header(_, attribute, value)


def _base_url(_: object, attribute: Option, value: object) -> None:
    if not isinstance(value, str):
        raise build_refusal(attribute.name, f"must be a text, not {type(value).__name__}")
    if "@" in value:
        raise build_refusal(attribute.name, "must not hold a user name or password")
    if not is_web_address(value) or "?" in value or "#" in value:
        raise build_refusal(
            attribute.name, f"must be a whole URL such as {GATEWAY_URL}, not {brief(value)}"
        )


def _on_event(_: object, attribute: Option, value: object) -> None:
    if value is None:
        return
    if not callable(value):
        raise build_refusal(attribute.name, f"must be a function, not {type(value).__name__}")
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(type(value).__call__):
        raise build_refusal(
            attribute.name,
            "is called, not awaited: give it a plain function (one that puts events "
            "into a queue, for example).",
        )


_LONGEST_ID: Final = 10**20
# One address has so many ports, so more requests cannot be on their way to it.
MOST_IN_FLIGHT: Final = 65_535
_MOST_BYTES: Final = 2**40


@attrs.frozen(kw_only=True)
class Options:
    """The settings of a client.

    Args:
        api_key: The key from the gateway's dashboard; `SEVEN_API_KEY` unless given.
        auth: A source of bearer tokens, used instead of the key.
        account: The id of a subaccount to act for (header `X-Account-Id`).
        signing_secret: Signs each request (auth.md section 3); `SEVEN_SIGNING_SECRET` unless given.
        base_url: Where the gateway is; `SEVEN_BASE_URL` unless given.
        url_style: How subaccounts and analytics are asked for: `paths` as in the gateway's
            specification (`/subaccounts/create`), or `actions` as on its documentation pages
            (`/subaccounts?action=create`).
        connect_timeout_s: Seconds to connect, TLS included.
        timeout_s: Seconds for one attempt.
        deadline_s: Seconds for one call with all attempts and waits, counted from when the limiter
            lets the first one go.
        retry: How repeatable calls are repeated; None makes one attempt.
        rate: Messages per second of the account, as a number or as `Rate(50, per_s=1)`: a send
            counts its recipients, any other request 1. It holds for all clients and campaigns of
            the process that act for the same account. No limit unless given.
        concurrency: How many requests may be in flight at once.
        max_reply_bytes: How large a reply may be, unpacked; a larger one is malformed.
        sent_with: The client's name in the gateway's journal (header `SentWith`).
        on_event: Called with a `CallEvent` after each attempt, on the event loop; must not block.
        transport: The client's own connections on httpx's engine unless given; `fast` for those of
            the extra `fast`; an `AsyncBaseTransport` of httpx or httpx2, or an `AsyncClient` whose
            hooks and mounts then apply; or anything that keeps the `Transport` protocol.
        clock: Clocks and sleep, for tests.
    """

    api_key: str | None = attrs.field(
        factory=_from_environment("SEVEN_API_KEY"),
        converter=_strip,
        validator=_key,
        repr=masked_secret,
    )
    auth: Auth | None = attrs.field(
        default=None,
        validator=_auth,
    )
    account: str | int | None = attrs.field(default=None, validator=_account)
    signing_secret: str | None = attrs.field(
        factory=_from_environment("SEVEN_SIGNING_SECRET"),
        converter=_strip,
        validator=_secret,
        repr=masked_secret,
    )
    base_url: str = attrs.field(
        factory=lambda: os.environ.get("SEVEN_BASE_URL") or GATEWAY_URL,
        converter=_without_slash,
        validator=_base_url,
    )
    url_style: UrlStyle = attrs.field(default=UrlStyle.PATHS, converter=_url_style)
    connect_timeout_s: float = attrs.field(default=5.0, validator=seconds())
    timeout_s: float = attrs.field(default=30.0, validator=seconds())
    deadline_s: float = attrs.field(default=60.0, validator=seconds())
    retry: Retry | None = attrs.field(
        factory=Retry, validator=optional(instance_of(Retry, "a Retry, as in Retry(attempts=3)"))
    )
    rate: Rate | None = attrs.field(default=None, converter=to_rate)
    concurrency: int = attrs.field(default=64, validator=whole(1, MOST_IN_FLIGHT))
    max_reply_bytes: int = attrs.field(default=MOST_BYTES, validator=whole(1, _MOST_BYTES))
    sent_with: str = attrs.field(default="seven-async", validator=header)
    on_event: Callable[[CallEvent], None] | None = attrs.field(default=None, validator=_on_event)
    transport: TransportLike | Literal["fast"] | None = None
    clock: Clock = attrs.field(factory=Clock, validator=instance_of(Clock, "a Clock"), repr=False)

    def __attrs_post_init__(self) -> None:
        if self.api_key is None and self.auth is None:
            raise ConfigurationError(f"{_NO_KEY[0].upper()}{_NO_KEY[1:]}.")


class _Given(dict[str, Any]):
    """Options as they were given, of which only the names are shown."""

    def __repr__(self) -> str:
        return f"<options {', '.join(self)}>"


def options_of(given: Mapping[str, Any], origin: Options | None = None) -> Options:
    """Build the options of a client, or those of a clone from its origin's.

    Raises:
        ConfigurationError: One of them is wrong. Its traceback has no frame that holds the key.
    """
    try:
        return Options(**given) if origin is None else attrs.evolve(origin, **given)
    except ConfigurationError as error:
        failure = error
    raise without_frames(failure)


class _Shown(str):
    """A text that stands in a signature without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


_MADE: Final = {"clock": "Clock()", "retry": "Retry()"}


def _describe_parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter for readers: types by name, and where a default comes from."""
    default = parameter.default
    if default is attrs.NOTHING:
        default = _Shown(_MADE.get(parameter.name, f"${{SEVEN_{parameter.name.upper()}}}"))
    elif isinstance(default, Enum):
        default = default.value
    return parameter.replace(annotation=_Shown(parameter.annotation), default=default)


def _mark_unchanged(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter of a method whose options stay as they are unless given."""
    return parameter.replace(default=_Shown("<unchanged>"))


P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")


def with_keywords_of(
    settings: Callable[P, Options],
) -> Callable[[Callable[[S, Mapping[str, Any]], R]], Callable[Concatenate[S, P], R]]:
    """Decorate a method so that it takes the keywords of `settings`, and gets them as a mapping.

    Signature and types are those of `Options`, so that no list of options is ever copied.
    """

    def decorate(
        method: Callable[[S, Mapping[str, Any]], R],
    ) -> Callable[Concatenate[S, P], R]:
        @functools.wraps(method)
        def wrapper(self: S, /, *args: P.args, **given: P.kwargs) -> R:
            if args:
                called = type(self).__name__ if method.__name__ == "__init__" else method.__name__
                # A single text is most probably the key.
                meant = "api_key" if len(args) == 1 and isinstance(args[0], str) else "timeout_s"
                raise ConfigurationError(
                    f"{called}() takes its options by name, as in {called}({meant}=…)"
                )
            unknown = given.keys() - _NAMES
            if unknown:
                raise TypeError(
                    f"{method.__name__}() has no option {', '.join(sorted(unknown))}; "
                    f"options are {', '.join(_NAMES)}"
                )
            settings = _Given(given)
            del given  # an error report with the variables of this frame would show the key
            return method(self, settings)

        parameters = [
            _describe_parameter(parameter)
            for parameter in inspect.signature(settings).parameters.values()
        ]
        if method.__name__ != "__init__":
            parameters = [_mark_unchanged(parameter) for parameter in parameters]
        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        returned = _Shown(inspect.signature(method).return_annotation)
        signature = inspect.Signature([own, *parameters], return_annotation=returned)
        # `inspect` reads it.
        wrapper.__signature__ = signature  # type: ignore[attr-defined] # of no function for checkers
        wrapper.__doc__ = f"{inspect.cleandoc(method.__doc__ or '')}\n\n{_ARGUMENTS}"
        return wrapper

    return decorate


_NAMES: Final = tuple(field.name for field in attrs.fields(Options))
_ARGUMENTS: Final = inspect.cleandoc(Options.__doc__ or "").partition("\n\n")[2]
