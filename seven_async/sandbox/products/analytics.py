"""`/analytics/…`: sums of what was really sent, by country, day, label or account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from seven_async.sandbox.core.accounts import Account
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_date
from seven_async.sandbox.core.routes import operation, register_choice
from seven_async.sandbox.core.statistics import Place, Tally
from seven_async.sandbox.core.wire import Answer, json_answer

DEFAULT_DAYS: Final = 30
MOST_DAYS: Final = 3_660
"""A longer range is cut at its start; every day of it is a row."""


def _day(text: str, default: date) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return default


def _range(call: Call) -> tuple[date, date]:
    today = date.fromisoformat(local_date(call.now))
    end = min(today, _day(call.params.text_if_set("end"), today))
    start = _day(call.params.text_if_set("start"), today - timedelta(days=DEFAULT_DAYS))
    return max(start, end - timedelta(days=min(MOST_DAYS, (end - date.min).days))), end


def _accounts(call: Call, default: str) -> list[Account]:
    wanted = call.params.text_if_set("subaccounts") or default
    own = call.account
    below = [account for account in call.state.accounts.values() if account.parent == own.id]
    if wanted == "only_main":
        return [own]
    if wanted == "all":
        return [own, *below]
    return [account for account in [own, *below] if account.id == wanted]


def _sums(call: Call, key: Callable[[Place], str], default: str = "only_main") -> dict[str, Tally]:
    start, end = (day.isoformat() for day in _range(call))
    accounts = {account.id for account in _accounts(call, default)}
    label = call.params.text("label") if call.params.has("label") else "all"
    sums: dict[str, Tally] = {}
    for place, tally in call.state.statistics.tallies.items():
        account, day, _, labelled = place
        if account in accounts and start <= day <= end and label in ("all", labelled):
            sums.setdefault(key(place), Tally()).add(tally)
    return sums


@operation("GET", "/analytics/country")
def by_country(call: Call) -> Answer:
    """Answer with one row per country that was sent to."""
    sums = _sums(call, lambda place: place[2])
    return json_answer([{**sums[code].row(), "country": code} for code in sorted(sums)])


@operation("GET", "/analytics/date")
def by_date(call: Call) -> Answer:
    """Answer with one row per day of the range, days without anything included."""
    sums = _sums(call, lambda place: place[1])
    start, end = _range(call)
    days = [(start + timedelta(days=index)).isoformat() for index in range((end - start).days + 1)]
    return json_answer([{**sums.get(day, Tally()).row(), "date": day} for day in days])


@operation("GET", "/analytics/label")
def by_label(call: Call) -> Answer:
    """Answer with one row per label; messages without one are under the empty label."""
    sums = _sums(call, lambda place: place[3])
    return json_answer([{**sums[label].row(), "label": label} for label in sorted(sums)])


@operation("GET", "/analytics/subaccount")
def by_subaccount(call: Call) -> Answer:
    """Answer with one row per account, the main one first."""
    sums = _sums(call, lambda place: place[0], "all")
    return json_answer(
        [
            {**sums.get(account.id, Tally()).row(), "account": account.company or account.name}
            for account in _accounts(call, "all")
        ]
    )


# The form that the documentation shows.
register_choice(
    ["GET /analytics"],
    "group_by",
    {"country": by_country, "date": by_date, "label": by_label, "subaccount": by_subaccount},
    default="date",
)
