"""The settings of a campaign as its journal keeps them, for the workers that send it.

In: `Settings`. Out: JSON values, and `Settings` again. No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.suppressing import find_opt_out_lists
from seven_async.campaign.unknown.policy import Rules
from seven_async.errors import ConfigurationError
from seven_async.flow.window import Rate
from seven_async.recipients.library import has_phonenumbers

_RULES: Final = ("lock_s", "grace_s", "resend_unknown", "resend_changed")


def write_settings(settings: Settings, journal: JournalPlace) -> dict[str, Any]:
    """Return what workers need to send as the campaign was told to."""
    rate, opt_outs = settings.rate, find_opt_out_lists(settings.suppress)
    beside = [each for each in opt_outs if journal.is_beside(each.address)]
    return {
        "batch": settings.batch,
        "rate": None if rate is None else [rate.n, rate.per_s],
        "max_cost": None if settings.max_cost is None else str(settings.max_cost),
        "max_error_rate": settings.max_error_rate,
        "error_window": settings.error_window,
        "start": _write_time(settings.start),
        "not_after": _write_time(settings.not_after),
        "quiet_hours": settings.quiet_hours and _write_quiet_hours(settings.quiet_hours),
        "store_texts": settings.store_texts.value,
        "rules": {name: getattr(settings.rules, name) for name in _RULES},
        "opt_outs": {"default_country": beside[0].default_country} if beside else None,
        "for_one_process": [] if beside == opt_outs else ["suppress"],
    }


def _write_quiet_hours(quiet: QuietHours) -> dict[str, Any]:
    return {
        "begin": quiet.begin.isoformat(),
        "end": quiet.end.isoformat(),
        "weekdays": quiet.weekdays,
        "holidays": sorted(day.isoformat() for day in quiet.holidays),
        "zone": quiet.zone,
        "zones": {digits: list(zones) for digits, zones in quiet.zones.items()},
        "goes_by_number": has_phonenumbers(),
    }


def _read_quiet_hours(written: Mapping[str, Any]) -> QuietHours:
    if written["goes_by_number"] and not has_phonenumbers():
        raise ConfigurationError(
            "the quiet hours of this campaign go by the recipients' time zones, which need "
            "phonenumbers on each machine that sends: pip install 'seven-async[phone]'"
        )
    return QuietHours(
        begin=time.fromisoformat(written["begin"]),
        end=time.fromisoformat(written["end"]),
        weekdays=written["weekdays"],
        holidays=map(date.fromisoformat, written["holidays"]),
        zone=written["zone"],
        zones=written["zones"],
    )


def _write_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read_time(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def read_rate(written: Mapping[str, Any]) -> Rate | None:
    """Return the rate of a campaign, which changes while it is sent."""
    rate = written["rate"]
    return None if rate is None else Rate(rate[0], per_s=rate[1])


def build_settings(name: str, written: Mapping[str, Any], concurrency: int) -> Settings:
    """Return the settings of a campaign for a worker.

    Raises:
        ConfigurationError: The campaign has an option that workers do not keep, or another version
            has written what this one cannot read.
    """
    try:
        return _read_settings(name, written, concurrency)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the settings of the campaign {name!r} cannot be read, since another version of "
            f"seven_async has loaded it ({type(error).__name__}: {error}); run workers of that "
            f"version, or load it again with this one"
        ) from error


def _read_settings(name: str, written: Mapping[str, Any], concurrency: int) -> Settings:
    if written["for_one_process"]:
        raise ConfigurationError(
            f"workers do not send the campaign {name!r}: its list of opt-outs is not in the "
            f"database of its journal; give suppress=OptOutList(…) the address of that"
        )
    quiet = written.get("quiet_hours")
    return Settings(
        name=name,
        concurrency=concurrency,
        batch=written["batch"],
        rate=read_rate(written),
        max_cost=written.get("max_cost"),
        max_error_rate=written["max_error_rate"],
        error_window=written["error_window"],
        start=_read_time(written["start"]),
        not_after=_read_time(written["not_after"]),
        quiet_hours=None if quiet is None else _read_quiet_hours(quiet),
        has_journal=True,
        store_texts=StoreTexts(written["store_texts"]),
        rules=Rules(**written["rules"]),
    )
