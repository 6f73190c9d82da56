"""An async-first SDK for the seven.io messaging gateway, with a blocking face for scripts.

`AsyncSeven` is the awaiting client, `Seven` the blocking one; their groups (`sms`, `balance`, …)
hold the methods. `seven_async.errors` draws the tree of what can go wrong.
"""

import inspect
import typing

from seven_async.api.names import *
from seven_async.api.routes.endpoint import Async as Async, Blocking as Blocking
from seven_async.auth import Auth as Auth, BearerToken as BearerToken
from seven_async.blocking import Seven as Seven
from seven_async.client import AsyncSeven as AsyncSeven
from seven_async.engine import VERSION as _VERSION
from seven_async.errors import (
    AccessDeniedError as AccessDeniedError,
    ApiError as ApiError,
    AuthenticationError as AuthenticationError,
    ConfigurationError as ConfigurationError,
    DailyLimitError as DailyLimitError,
    DuplicateMessageError as DuplicateMessageError,
    GatewayError as GatewayError,
    InsufficientCreditError as InsufficientCreditError,
    InvalidParameterError as InvalidParameterError,
    InvalidRequestError as InvalidRequestError,
    IpNotAllowedError as IpNotAllowedError,
    MalformedReplyError as MalformedReplyError,
    NotFoundError as NotFoundError,
    NotInConversationError as NotInConversationError,
    NotSentError as NotSentError,
    Outcome as Outcome,
    OutcomeUnknownError as OutcomeUnknownError,
    RateLimitError as RateLimitError,
    SevenError as SevenError,
    SignatureError as SignatureError,
    TransportError as TransportError,
)
from seven_async.flow.clock import BootTime as BootTime, Clock as Clock
from seven_async.flow.events import CallEvent as CallEvent
from seven_async.flow.request import RawReply as RawReply
from seven_async.flow.retry import Retry as Retry
from seven_async.flow.row import (
    BILLED as BILLED,
    IDEMPOTENT as IDEMPOTENT,
    NEVER as NEVER,
    SAFE as SAFE,
    Repeat as Repeat,
    UrlStyle as UrlStyle,
)
from seven_async.flow.transport import Transport as Transport
from seven_async.flow.window import Rate as Rate
from seven_async.hook_sync import (
    HookChanges as HookChanges,
    HookSpec as HookSpec,
    sync_hooks as sync_hooks,
)
from seven_async.options import Options as Options
from seven_async.reconcile import (
    ReconciledState as ReconciledState,
    Reconciliation as Reconciliation,
)
from seven_async.segments import Segments as Segments, segments as segments

__version__ = _VERSION

if not typing.TYPE_CHECKING:
    # Type checkers export what is imported with a star or as itself. A list that they can read
    # would have to repeat every name of the route table.
    __all__ = [
        name
        for name, value in sorted(globals().items())
        if name == "__version__" or not (name.startswith("_") or inspect.ismodule(value))
    ]
