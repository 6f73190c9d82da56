"""Usage and cost, grouped in four ways. Source: seven-api.md section 1."""

import datetime as dt
from decimal import Decimal
from typing import Final

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import day, optional, text_of, valid_id
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.values.model import Model

__all__ = [
    "AccountUsage",
    "AnalyticsByCountry",
    "AnalyticsByDate",
    "AnalyticsByLabel",
    "AnalyticsBySubaccount",
    "CountryUsage",
    "DailyUsage",
    "LabelUsage",
    "Usage",
]


@attrs.frozen(kw_only=True, slots=False)
class Usage(Model):
    """The counts of all groupings: messages, calls and lookups, and their price `usage_eur` in EUR.

    Counters that a reply leaves out are 0; very old replies have others, which `extra` keeps.
    """

    sms: int = 0
    rcs: int = 0
    voice: int = 0
    hlr: int = 0
    mnp: int = 0
    inbound: int = 0
    usage_eur: Decimal = Decimal(0)


@attrs.frozen(kw_only=True, slots=False)
class CountryUsage(Usage):
    """The usage towards one country; `country` is ISO alpha-2, or "" where it is not known."""

    country: str = ""


@attrs.frozen(kw_only=True, slots=False)
class DailyUsage(Usage):
    """The usage of one day; days without any are there too."""

    date: dt.date | None = None


@attrs.frozen(kw_only=True, slots=False)
class LabelUsage(Usage):
    """The usage under one label, "" for messages without one."""

    label: str = ""


@attrs.frozen(kw_only=True, slots=False)
class AccountUsage(Usage):
    """The usage of one account; `account` is its name."""

    account: str = ""


def _in_order(request: "_Analytics", attribute: Argument, end: object) -> None:
    if request.start is not None and end is not None and str(request.start) > str(end):
        raise refusal(attribute.name, "lies before start")


def _label(_: object, attribute: Argument, label: object) -> None:
    # The empty label is one: messages without a label.
    if label not in (None, ""):
        text_of(100)(_, attribute, label)


@attrs.frozen(kw_only=True)
class _Analytics:
    """The arguments of all groupings.

    Args:
        start: First day, a date or `YYYY-MM-DD`; 30 days ago unless given.
        end: Last day; today unless given.
        label: Only messages with this label; `all` for any, "" for those without one.
        subaccounts: `only_main`, `all` (with all subaccounts), or the id of one subaccount.
    """

    start: dt.date | str | None = attrs.field(default=None, validator=day)
    end: dt.date | str | None = attrs.field(default=None, validator=[day, _in_order])
    label: str | None = attrs.field(default=None, validator=_label)
    subaccounts: str | int | None = attrs.field(default=None, validator=optional(valid_id))


@attrs.frozen(kw_only=True)
class AnalyticsByCountry(_Analytics):
    """Sum up usage and cost by the recipients' countries.

    Example:
        for usage in await seven.analytics.by_country(start="2026-01-01", end="2026-01-31"):
            print(usage.country, usage.sms, usage.usage_eur)
    """


@attrs.frozen(kw_only=True)
class AnalyticsByDate(_Analytics):
    """Sum up usage and cost by day, days without any included.

    Example:
        days = await seven.analytics.by_date(start="2026-01-01", end="2026-01-31")
        total_eur = sum(day.usage_eur for day in days)
    """


@attrs.frozen(kw_only=True)
class AnalyticsByLabel(_Analytics):
    """Sum up usage and cost by the labels that messages were sent with.

    Example:
        usages = await seven.analytics.by_label(start="2026-01-01")
        cost_eur = {usage.label: usage.usage_eur for usage in usages}
    """


@attrs.frozen(kw_only=True)
class AnalyticsBySubaccount(_Analytics):
    """Sum up usage and cost by account.

    Example:
        for usage in await seven.analytics.by_subaccount(subaccounts="all"):
            print(usage.account, usage.usage_eur)
    """


class Analytics(Endpoints[M]):
    """Usage and cost."""

    by_country: Final = Route(
        "GET",
        "/analytics/country",
        AnalyticsByCountry,
        list[CountryUsage],
        action_path="/analytics?group_by=country",
    )
    by_date: Final = Route(
        "GET",
        "/analytics/date",
        AnalyticsByDate,
        list[DailyUsage],
        action_path="/analytics?group_by=date",
    )
    by_label: Final = Route(
        "GET",
        "/analytics/label",
        AnalyticsByLabel,
        list[LabelUsage],
        action_path="/analytics?group_by=label",
    )
    by_subaccount: Final = Route(
        "GET",
        "/analytics/subaccount",
        AnalyticsBySubaccount,
        list[AccountUsage],
        action_path="/analytics?group_by=subaccount",
    )
