"""Amounts of money: the accepted forms, and the one on the wire.

In: a Decimal, an int, or a text such as `1.50`. Out: plain decimal digits, or
`InvalidRequestError`. A transfer moves what the gateway reads, so nothing that two parsers could
read in two ways goes out: no `1e3`, `1_000`, `1,50`, no blanks, no digits of other scripts. No I/O.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from seven_async.api.fields.refusals import Argument, Validator, refusal
from seven_async.flow.wire import on_wire
from seven_async.masking import brief

_PLACES: Final = 4  # as many as the gateway's own amounts have (seven-api.md sections 6 and 13)
_MOST: Final = 10**9  # more is a mistake, and this bounds the text of `Decimal("1E+999999")`
_LONGEST: Final = 30  # digits; `Decimal("1.000…")` can have any number of them
_is_written: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,20})?").fullmatch


def amount_of(least: int, *, is_exclusive: bool = False) -> Validator:
    """Return the validator of an amount in EUR of at least `least`, or of more than that.

    Floats are refused: none of them is 0.1.
    """
    bound = f"more than {least}" if is_exclusive else f"at least {least}"

    def check(_: object, attribute: Argument, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
            raise refusal(
                attribute.name,
                f"an amount is a Decimal, an int or a text such as “1.50”, "
                f"not {type(value).__name__}",
            )
        number = to_amount(value)
        if number is None or number < least or (is_exclusive and number == least):
            raise refusal(
                attribute.name,
                f"takes an amount in EUR of {bound} in digits, such as 5 or “1.50”, "
                f"not {brief(value)}",
            )
        if number > _MOST or number != round(number, _PLACES):
            raise refusal(
                attribute.name,
                f"takes an amount of at most a billion EUR with at most {_PLACES} decimal places, "
                f"not {brief(value)}",
            )

    return check


def to_amount(value: object) -> Decimal | None:
    """Return the value as a finite number; None for what is none, or is in another notation."""
    if isinstance(value, str):
        return Decimal(value) if _is_written(value) else None
    if isinstance(value, int):
        # One that is far too large has more digits than Python converts; its size is enough.
        return Decimal(max(-1, min(value, _MOST + 1)))
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    # Before anything is reckoned with it: the digits of 1E+999999 fill a megabyte.
    return value if not value or value.adjusted() < len(str(_MOST)) else Decimal(_MOST + 1)


def amount_text(value: Decimal | int | str) -> str:
    """Write an amount in plain digits: `Decimal("1E+2")` is `100`, `"007.50"` is `7.50`."""
    number = abs(Decimal(value))  # of what was checked, only a zero may have a minus
    # An amount that was checked is not changed by rounding, only its tail of zeros is.
    has_tail = number == 0 or len(number.as_tuple().digits) > _LONGEST
    return format(round(number, _PLACES).normalize() if has_tail else number, "f")


#: The metadata of a field that holds an amount.
AS_AMOUNT: Final = on_wire(write=amount_text)
