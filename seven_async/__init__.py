"""An async-first SDK for the seven.io messaging gateway, with a blocking face for scripts.

`AsyncSeven` is the awaiting client, `Seven` the blocking one; their groups (`sms`, `balance`, …)
hold the methods. `seven_async.errors` draws the tree of what can go wrong.
"""

from seven_async.api.balance import Balance, GetBalance
from seven_async.api.deletion import Confirmation, Deletion
from seven_async.api.journal import (
    InboundMessage,
    ListCalls,
    ListInbound,
    ListOutbound,
    ListReplies,
    OutboundMessage,
    Reply,
    VoiceCall,
)
from seven_async.api.paging import AsyncPager, Page, Pager
from seven_async.api.pricing import CountryPrices, GetPricing, NetworkPrice, Pricing
from seven_async.api.receipt import Message, Receipt
from seven_async.api.sms import DeleteSms, File, SendSms
from seven_async.api.status import DeliveryState, GetStatus, MessageStatus
from seven_async.auth import Auth, BearerToken
from seven_async.blocking import Seven
from seven_async.client import AsyncSeven
from seven_async.engine import VERSION as __version__
from seven_async.errors import (
    AccessDeniedError,
    ApiError,
    AuthenticationError,
    ConfigurationError,
    DailyLimitError,
    DuplicateMessageError,
    GatewayError,
    InsufficientCreditError,
    InvalidParameterError,
    InvalidRequestError,
    IpNotAllowedError,
    MalformedReplyError,
    NotFoundError,
    NotInConversationError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    SevenError,
    SignatureError,
    TransportError,
)
from seven_async.flow.clock import Clock
from seven_async.flow.events import CallEvent
from seven_async.flow.limit import Rate
from seven_async.flow.request import RawReply
from seven_async.flow.retry import Retry
from seven_async.flow.row import Repeat
from seven_async.flow.transport import Transport
from seven_async.options import Options
from seven_async.segments import Segments, segments

__all__ = [
    "AccessDeniedError",
    "ApiError",
    "AsyncPager",
    "AsyncSeven",
    "Auth",
    "AuthenticationError",
    "Balance",
    "BearerToken",
    "CallEvent",
    "Clock",
    "ConfigurationError",
    "Confirmation",
    "CountryPrices",
    "DailyLimitError",
    "DeleteSms",
    "Deletion",
    "DeliveryState",
    "DuplicateMessageError",
    "File",
    "GatewayError",
    "GetBalance",
    "GetPricing",
    "GetStatus",
    "InboundMessage",
    "InsufficientCreditError",
    "InvalidParameterError",
    "InvalidRequestError",
    "IpNotAllowedError",
    "ListCalls",
    "ListInbound",
    "ListOutbound",
    "ListReplies",
    "MalformedReplyError",
    "Message",
    "MessageStatus",
    "NetworkPrice",
    "NotFoundError",
    "NotInConversationError",
    "NotSentError",
    "Options",
    "OutboundMessage",
    "Outcome",
    "OutcomeUnknownError",
    "Page",
    "Pager",
    "Pricing",
    "Rate",
    "RateLimitError",
    "RawReply",
    "Receipt",
    "Repeat",
    "Reply",
    "Retry",
    "Segments",
    "SendSms",
    "Seven",
    "SevenError",
    "SignatureError",
    "Transport",
    "TransportError",
    "VoiceCall",
    "__version__",
    "segments",
]
