"""How a campaign is to be sent: what `Campaign` was given, checked. No I/O."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

import attrs

from seven_async.api.fields.money import to_amount
from seven_async.campaign.inputs.message import KeyOf
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.sending.suppressing import AnyList
from seven_async.campaign.unknown.policy import LOCK_S, Rules
from seven_async.flow.window import Rate, to_rate
from seven_async.masking import brief
from seven_async.option_checks import (
    MOST_SECONDS,
    Option,
    build_refusal,
    instance_of,
    is_number,
    optional,
    seconds,
    text,
    whole,
)
from seven_async.options import MOST_IN_FLIGHT

DEFAULT_BATCH: Final = 10


_MOST_TOGETHER: Final = 100_000  # more than any request or window could hold


def _key(_: object, attribute: Option, value: object) -> None:
    if not callable(value):
        raise build_refusal(
            attribute.name,
            f"must be a function that gives a message its key, not {type(value).__name__}",
        )


def _share(_: object, attribute: Option, value: Any) -> None:
    if not (is_number(value) and 0 < value <= 1):
        raise build_refusal(
            attribute.name, f"must be a share of more than 0 and at most 1, not {brief(value)}"
        )


def _limit(_: object, attribute: Option, value: Decimal) -> None:
    if not value > 0:
        raise build_refusal(attribute.name, f"must be more than 0, not {brief(value)}")


def _aware(_: object, attribute: Option, value: object) -> None:
    if not isinstance(value, datetime):
        raise build_refusal(attribute.name, f"must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise build_refusal(
            attribute.name,
            "has no time zone; give an aware datetime, for example "
            "datetime(2026, 12, 1, 9, tzinfo=ZoneInfo('Europe/Berlin'))",
        )


def _not_before_start(settings: Settings, _: object, not_after: datetime | None) -> None:
    if not_after is not None and settings.start is not None and not_after <= settings.start:
        raise build_refusal("not_after", "must be later than start")


def to_limit(value: Decimal | int | str | None) -> Decimal | None:
    """Return the EUR that a campaign may cost, as they were given.

    Raises:
        ConfigurationError: It is no amount; a float is none, since 0.1 cannot be one.
    """
    if value is None:
        return None
    number = None if isinstance(value, bool) else to_amount(value)
    if number is None:
        raise build_refusal(
            "max_cost", f"must be a Decimal, an int or a text such as “25.50”, not {brief(value)}"
        )
    return number


def to_store_texts(value: StoreTexts | str | bool) -> StoreTexts:
    """Return how long texts are stored, as it was given: True is `always`, False is `never`.

    Raises:
        ConfigurationError: It is none of the words.
    """
    given = cast("object", value)
    if isinstance(given, bool):
        return StoreTexts.ALWAYS if given else StoreTexts.NEVER
    if isinstance(given, str) and given in tuple(StoreTexts):
        return StoreTexts(given)
    words = ", ".join(StoreTexts)
    raise build_refusal("store_texts", f"must be one of {words}, True or False, not {brief(value)}")


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a campaign; `Campaign` documents them."""

    name: str = attrs.field(validator=text)
    concurrency: int = attrs.field(validator=whole(1, MOST_IN_FLIGHT))
    batch: int = attrs.field(default=DEFAULT_BATCH, validator=whole(1, _MOST_TOGETHER))
    rate: Rate | None = attrs.field(default=None, converter=to_rate)
    default_country: str | None = attrs.field(default=None, validator=optional(text))
    key: KeyOf | None = attrs.field(default=None, validator=optional(_key), repr=False)
    finish_s: float = attrs.field(default=30.0, validator=seconds())
    suppress: AnyList | None = attrs.field(default=None, repr=False)
    has_journal: bool = False
    store_texts: StoreTexts = StoreTexts.NEVER
    max_cost: Decimal | None = attrs.field(
        default=None, converter=to_limit, validator=optional(_limit)
    )
    max_error_rate: float | None = attrs.field(default=None, validator=optional(_share))
    error_window: int = attrs.field(default=200, validator=whole(1, _MOST_TOGETHER))
    quiet_hours: QuietHours | None = attrs.field(
        default=None, validator=optional(instance_of(QuietHours, "a QuietHours(…)"))
    )
    start: datetime | None = attrs.field(default=None, validator=optional(_aware))
    not_after: datetime | None = attrs.field(
        default=None, validator=[optional(_aware), _not_before_start]
    )
    rules: Rules


_MARGIN_S: Final = 20.0
"""An age by the gateway's `Date` headers may be wrong by twelve seconds (gateway_time.py)."""


def build_rules(
    deadline_s: float,
    *,
    reload_lock: bool | None,
    grace_s: float,
    resend_unknown: bool,
    resend_changed: bool,
) -> Rules:
    """Return the rules for what is in doubt.

    A call may take up to `deadline_s` until it reaches the gateway, and the reload lock must still
    hold then. It is relied on only where it was declared: an account can have it switched off, and
    nobody can ask whether it has.
    """
    if reload_lock not in (True, False, None):
        raise build_refusal("reload_lock", f"must be True, False or None, not {brief(reload_lock)}")
    if not (is_number(grace_s) and LOCK_S <= grace_s <= MOST_SECONDS):
        raise build_refusal(
            "grace_s",
            f"must be at least {LOCK_S:g}, the seconds for which the gateway refuses duplicates, "
            f"not {brief(grace_s)}",
        )
    return Rules(
        lock_s=max(0.0, LOCK_S - deadline_s - _MARGIN_S) if reload_lock else 0.0,
        grace_s=grace_s,
        resend_unknown=resend_unknown,
        resend_changed=resend_changed,
    )
