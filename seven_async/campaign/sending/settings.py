"""How a campaign is to be sent: what `Campaign` was given, checked. No I/O."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import attrs

from seven_async.campaign.inputs.message import KeyOf
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.unknown.policy import LOCK_S, Rules
from seven_async.errors import ConfigurationError
from seven_async.flow.window import Rate, to_rate

DEFAULT_BATCH: Final = 10


def _positive(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not value > 0:
        raise ConfigurationError(f"{attribute.name} must be more than 0, not {value!r}")


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a campaign; `Campaign` documents them."""

    name: str
    concurrency: int = attrs.field(validator=_positive)
    batch: int = attrs.field(default=DEFAULT_BATCH, validator=_positive)
    rate: Rate | None = attrs.field(default=None, converter=to_rate)
    default_country: str | None = None
    key: KeyOf | None = attrs.field(default=None, repr=False)
    finish_s: float = attrs.field(default=30.0, validator=_positive)
    suppress: Suppression | None = attrs.field(default=None, repr=False)
    store_texts: bool = False
    max_cost: Decimal | None = attrs.field(default=None, validator=_positive)
    max_error_rate: float | None = attrs.field(default=None, validator=_positive)
    error_window: int = attrs.field(default=200, validator=_positive)
    quiet_hours: QuietHours | None = None
    rules: Rules


_MARGIN_S: Final = 20.0
"""An age by the gateway's `Date` headers may be wrong by twelve seconds (gateway_time.py)."""


def rules_of(
    deadline_s: float,
    *,
    reload_lock: bool | None,
    grace_s: float,
    resend_unknown: bool,
    resend_changed: bool,
) -> Rules:
    """The rules for what is in doubt.

    A call may take up to `deadline_s` until it reaches the gateway, and the reload lock must still
    hold then. It is relied on only where it was declared: an account can have it switched off, and
    nobody can ask whether it has.
    """
    if not grace_s >= LOCK_S:
        raise ConfigurationError(
            f"grace_s must be at least {LOCK_S:g}, the seconds for which the gateway refuses "
            f"duplicates, not {grace_s!r}"
        )
    return Rules(
        lock_s=max(0.0, LOCK_S - deadline_s - _MARGIN_S) if reload_lock else 0.0,
        grace_s=grace_s,
        resend_unknown=resend_unknown,
        resend_changed=resend_changed,
    )
