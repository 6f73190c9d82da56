"""The words that lookups answer in; the gateway may know further ones, which are taken as they are.

Source: seven-api.md section 7. No I/O.
"""

from seven_async.flow.values.model import OpenEnum

__all__ = [
    "NetworkType",
    "NumberValidity",
    "Ported",
    "RcsCapability",
    "Reachability",
    "RoamingState",
]


class NetworkType(OpenEnum):
    """The kind of line behind a number."""

    FIXED_LINE = "fixed_line"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    MOBILE = "mobile"
    PAGER = "pager"
    PERSONAL_NUMBER = "personal_number"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    TOLL_FREE = "toll_free"
    UAN = "uan"
    UNKNOWN = "unknown"
    VOICEMAIL = "voicemail"
    VOIP = "voip"


class NumberValidity(OpenEnum):
    """The validity of a number: in use or not."""

    VALID = "valid"
    NOT_VALID = "not_valid"
    UNKNOWN = "unknown"


class Reachability(OpenEnum):
    """The reachability of a handset right now."""

    REACHABLE = "reachable"
    ABSENT = "absent"
    BAD_NUMBER = "bad_number"
    UNDELIVERABLE = "undeliverable"
    BLACKLISTED = "blacklisted"
    UNKNOWN = "unknown"


class Ported(OpenEnum):
    """The porting of a number to another network."""

    PORTED = "ported"
    NOT_PORTED = "not_ported"
    ASSUMED_PORTED = "assumed_ported"
    ASSUMED_NOT_PORTED = "assumed_not_ported"
    UNKNOWN = "unknown"


class RoamingState(OpenEnum):
    """The roaming of a handset: in a foreign network or not."""

    ROAMING = "roaming"
    NOT_ROAMING = "not_roaming"
    UNKNOWN = "unknown"


class RcsCapability(OpenEnum):
    """An RCS feature of a handset; `REVOCATION` allows messages to be taken back."""

    FEATURE_UNSPECIFIED = "FEATURE_UNSPECIFIED"
    REVOCATION = "REVOCATION"
    RICHCARD_STANDALONE = "RICHCARD_STANDALONE"
    RICHCARD_CAROUSEL = "RICHCARD_CAROUSEL"
    ACTION_CREATE_CALENDAR_EVENT = "ACTION_CREATE_CALENDAR_EVENT"
    ACTION_DIAL = "ACTION_DIAL"
    ACTION_OPEN_URL = "ACTION_OPEN_URL"
    ACTION_SHARE_LOCATION = "ACTION_SHARE_LOCATION"
    ACTION_VIEW_LOCATION = "ACTION_VIEW_LOCATION"
