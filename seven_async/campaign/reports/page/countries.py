"""What was accepted and what it cost, by country.

In: a connection to a journal. Out: `CountryTotal`, the dearest first. I/O: the journal is read.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Final

import attrs

from seven_async.campaign.journal.statements.database import MICRO, Database
from seven_async.recipients.country_names import country_name
from seven_async.recipients.e164 import calling_code_of

# No calling code has more than three digits. A number that begins with one 0 is a national one: its
# first digits are no calling code.
_QUERY: Final = """
SELECT CASE WHEN recipient LIKE '+%' THEN substr(recipient, 2, 3)
            WHEN recipient LIKE '00%' THEN substr(recipient, 3, 3)
            WHEN recipient LIKE '0%' THEN ''
            ELSE substr(recipient, 1, 3) END,
       count(*), coalesce(sum(price_micro_eur), 0)
FROM message WHERE state = 'accepted' GROUP BY 1"""


@attrs.frozen(kw_only=True)
class CountryTotal:
    """What was accepted for one calling code; None for recipients of no known country."""

    calling_code: str | None
    messages: int
    cost: Decimal

    @property
    def name(self) -> str:
        """The country, or the countries that share the code."""
        return country_name(self.calling_code or "") or "Unknown country"


def read_countries(database: Database) -> list[CountryTotal]:
    """Return the totals of all calling codes."""
    messages: dict[str | None, int] = defaultdict(int)
    micro_eur: dict[str | None, int] = defaultdict(int)
    for digits, count, cost in database.execute(_QUERY):
        code = calling_code_of(digits) if digits.isdecimal() else None
        messages[code] += count
        micro_eur[code] += cost
    codes = sorted(messages, key=lambda code: (-micro_eur[code], -messages[code]))
    return [
        CountryTotal(
            calling_code=code, messages=messages[code], cost=Decimal(micro_eur[code]) / MICRO
        )
        for code in codes
    ]
