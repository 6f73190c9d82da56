"""An async-first SDK for the seven.io messaging gateway, with a blocking face for scripts.

`AsyncSeven` is the awaiting client, `Seven` the blocking one; their groups (`sms`, `balance`, …)
hold the methods. `seven_async.errors` draws the tree of what can go wrong.
"""

from typing import TYPE_CHECKING

from seven_async.start.version import VERSION as _VERSION

__version__ = _VERSION

if TYPE_CHECKING:
    # Type checkers export what is imported with a star or as itself. What runs is the table below:
    # a name is loaded when it is used, since making all classes takes longer than a send.
    from seven_async.api.names import *
    from seven_async.api.routes.endpoint import Async as Async, Blocking as Blocking
    from seven_async.auth.bearer import Auth as Auth, BearerToken as BearerToken
    from seven_async.blocking import Seven as Seven
    from seven_async.client import AsyncSeven as AsyncSeven
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
    from seven_async.sms_segments import Segments as Segments, segments as segments
else:
    from seven_async.api.names import NAMES as _API_NAMES
    from seven_async.start.first_use import names_on_first_use as _names_on_first_use

    _NAMES = {
        **_API_NAMES,
        "seven_async.api.routes.endpoint": (
            "Async",
            "Blocking",
        ),
        "seven_async.auth.bearer": (
            "Auth",
            "BearerToken",
        ),
        "seven_async.blocking": ("Seven",),
        "seven_async.client": ("AsyncSeven",),
        "seven_async.errors": (
            "AccessDeniedError",
            "ApiError",
            "AuthenticationError",
            "ConfigurationError",
            "DailyLimitError",
            "DuplicateMessageError",
            "GatewayError",
            "InsufficientCreditError",
            "InvalidParameterError",
            "InvalidRequestError",
            "IpNotAllowedError",
            "MalformedReplyError",
            "NotFoundError",
            "NotInConversationError",
            "NotSentError",
            "Outcome",
            "OutcomeUnknownError",
            "RateLimitError",
            "SevenError",
            "SignatureError",
            "TransportError",
        ),
        "seven_async.flow.clock": (
            "BootTime",
            "Clock",
        ),
        "seven_async.flow.events": ("CallEvent",),
        "seven_async.flow.request": ("RawReply",),
        "seven_async.flow.retry": ("Retry",),
        "seven_async.flow.row": (
            "BILLED",
            "IDEMPOTENT",
            "NEVER",
            "Repeat",
            "SAFE",
            "UrlStyle",
        ),
        "seven_async.flow.transport": ("Transport",),
        "seven_async.flow.window": ("Rate",),
        "seven_async.hook_sync": (
            "HookChanges",
            "HookSpec",
            "sync_hooks",
        ),
        "seven_async.options": ("Options",),
        "seven_async.reconcile": (
            "ReconciledState",
            "Reconciliation",
        ),
        "seven_async.sms_segments": (
            "Segments",
            "segments",
        ),
    }
    __getattr__, __dir__, __all__ = _names_on_first_use(
        __name__, _NAMES, ("auth", "errors", "webhooks"), ("__version__",)
    )
