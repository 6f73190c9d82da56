"""The public names of the route table: requests, replies and words, a line for each module.

In: the `__all__` of those modules, which type checkers read here and the table repeats. Out: all
their names, for `seven_async` to export. No I/O.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from seven_async.api.analytics import *
    from seven_async.api.balance import *
    from seven_async.api.contacts import *
    from seven_async.api.groups import *
    from seven_async.api.hooks import *
    from seven_async.api.journal import *
    from seven_async.api.lookup import *
    from seven_async.api.numbers import *
    from seven_async.api.pricing import *
    from seven_async.api.rcs import *
    from seven_async.api.rcs_parts.content import *
    from seven_async.api.rcs_parts.suggestions import *
    from seven_async.api.replies.deletion import *
    from seven_async.api.replies.lookup_words import *
    from seven_async.api.replies.receipt import *
    from seven_async.api.routes.paging import *
    from seven_async.api.sms import *
    from seven_async.api.status import *
    from seven_async.api.subaccounts import *
    from seven_async.api.validate_for_voice import *
    from seven_async.api.voice import *
    from seven_async.api.waba.events import *
    from seven_async.api.waba.interactive import *
    from seven_async.api.waba.media import *
    from seven_async.api.waba.message import *
    from seven_async.api.waba.parts import *
    from seven_async.api.waba.text import *

else:  # checkers would take the table for a public name
    NAMES: Final[Mapping[str, tuple[str, ...]]] = {
        "seven_async.api.analytics": (
            "AccountUsage",
            "AnalyticsByCountry",
            "AnalyticsByDate",
            "AnalyticsByLabel",
            "AnalyticsBySubaccount",
            "CountryUsage",
            "DailyUsage",
            "LabelUsage",
            "Usage",
        ),
        "seven_async.api.balance": (
            "Balance",
            "GetBalance",
        ),
        "seven_async.api.contacts": (
            "Contact",
            "ContactInitials",
            "ContactProperties",
            "ContactState",
            "ContactValidation",
            "CreateContact",
            "DeleteContact",
            "GetContact",
            "ListContacts",
            "UpdateContact",
        ),
        "seven_async.api.groups": (
            "CreateGroup",
            "DeleteGroup",
            "GetGroup",
            "Group",
            "ListGroups",
            "UpdateGroup",
        ),
        "seven_async.api.hooks": (
            "CreateHook",
            "CreatedHook",
            "DeleteHook",
            "EventType",
            "Hook",
            "ListHooks",
            "RequestMethod",
        ),
        "seven_async.api.journal": (
            "InboundMessage",
            "JournalEntry",
            "ListCalls",
            "ListInbound",
            "ListOutbound",
            "ListReplies",
            "OutboundMessage",
            "Reply",
            "VoiceCall",
        ),
        "seven_async.api.lookup": (
            "Carrier",
            "CnamLookup",
            "FormatLookup",
            "HlrLookup",
            "LookUpCnam",
            "LookUpCnams",
            "LookUpFormat",
            "LookUpFormats",
            "LookUpHlr",
            "LookUpHlrs",
            "LookUpManyRcs",
            "LookUpMnp",
            "LookUpMnps",
            "LookUpRcs",
            "MnpLookup",
            "MnpNumber",
            "RcsLookup",
            "Roaming",
        ),
        "seven_async.api.numbers": (
            "ActiveNumber",
            "AvailableNumber",
            "Charges",
            "DeleteNumber",
            "EmailForwarding",
            "GetNumber",
            "ListActiveNumbers",
            "ListAvailableNumbers",
            "NumberBilling",
            "NumberFeatures",
            "NumberFees",
            "NumberOffer",
            "OrderNumber",
            "PaymentInterval",
            "SlackForwarding",
            "SmsForwarding",
            "SmsForwards",
            "UpdateNumber",
        ),
        "seven_async.api.pricing": (
            "CountryPrices",
            "GetPricing",
            "NetworkPrice",
            "Pricing",
        ),
        "seven_async.api.rcs": (
            "AgentState",
            "DeleteRcs",
            "ListRcsAgents",
            "RcsAgent",
            "RcsContent",
            "RcsFallback",
            "RcsRead",
            "RcsTyping",
            "SendRcs",
        ),
        "seven_async.api.rcs_parts.content": (
            "RcsCard",
            "RcsCarousel",
            "RcsMedia",
            "RcsRichFile",
            "RcsRichText",
        ),
        "seven_async.api.rcs_parts.suggestions": (
            "RcsCalendarEvent",
            "RcsDial",
            "RcsOpenUrl",
            "RcsPart",
            "RcsReply",
            "RcsShareLocation",
            "RcsViewLocation",
        ),
        "seven_async.api.replies.deletion": (
            "Confirmation",
            "Deletion",
        ),
        "seven_async.api.replies.lookup_words": (
            "NetworkType",
            "NumberValidity",
            "Ported",
            "RcsCapability",
            "Reachability",
            "RoamingState",
        ),
        "seven_async.api.replies.receipt": (
            "Message",
            "Receipt",
        ),
        "seven_async.api.routes.paging": (
            "AsyncPager",
            "Page",
            "Pager",
        ),
        "seven_async.api.sms": (
            "DeleteSms",
            "File",
            "SendSms",
        ),
        "seven_async.api.status": (
            "DeliveryState",
            "GetStatus",
            "MessageStatus",
        ),
        "seven_async.api.subaccounts": (
            "AutoTopup",
            "CreateSubaccount",
            "DeleteSubaccount",
            "ListSubaccounts",
            "Subaccount",
            "SubaccountContact",
            "TransferCredits",
            "UpdateSubaccount",
        ),
        "seven_async.api.validate_for_voice": (
            "StartVoiceValidation",
            "VoiceValidation",
        ),
        "seven_async.api.voice": (
            "HangUp",
            "SendVoice",
        ),
        "seven_async.api.waba.events": (
            "DeleteWaba",
            "WabaReact",
            "WabaRead",
            "WabaTyping",
        ),
        "seven_async.api.waba.interactive": (
            "SendButtons",
            "SendContacts",
            "SendList",
            "SendLocation",
        ),
        "seven_async.api.waba.media": (
            "SendAudio",
            "SendDocument",
            "SendImage",
            "SendSticker",
            "SendVideo",
        ),
        "seven_async.api.waba.message": ("WhatsAppMessage",),
        "seven_async.api.waba.parts": (
            "Button",
            "CardName",
            "CardPhone",
            "ContactCard",
            "CopyCodeButton",
            "DocumentHeader",
            "ImageHeader",
            "ListRow",
            "ListSection",
            "QuickReplyButton",
            "TemplateButton",
            "TemplateComponents",
            "UrlButton",
            "VideoHeader",
        ),
        "seven_async.api.waba.text": (
            "SendTemplate",
            "SendText",
        ),
    }
    """A module is loaded when the first of its names is used."""
