"""How a campaign is to be sent: what `Campaign` was given, checked. No I/O."""

from __future__ import annotations

from typing import Any, Final

import attrs

from seven_async.campaign.outgoing import KeyOf
from seven_async.errors import ConfigurationError

DEFAULT_BATCH: Final = 10


def _positive(_: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ConfigurationError(f"{attribute.name} must be more than 0, not {value!r}")


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a campaign; `Campaign` documents them."""

    name: str
    concurrency: int = attrs.field(validator=_positive)
    batch: int = attrs.field(default=DEFAULT_BATCH, validator=_positive)
    rate: float | None = attrs.field(default=None, validator=_positive)
    default_country: str | None = None
    key: KeyOf | None = attrs.field(default=None, repr=False)
    finish_s: float = attrs.field(default=30.0, validator=_positive)
