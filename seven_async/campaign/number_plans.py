"""Whether a number can exist, by the plan of its country; needs the package `phonenumbers`.

In: the digits of E.164. Out: a reason against the number, or None. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable

from seven_async.errors import ConfigurationError


def plan_check() -> Callable[[str], str | None]:
    """A function that gives the reason against a number.

    Raises `ConfigurationError` without the extra `phone`. National numbers of an unknown country
    and names pass, because no plan can be asked about them.
    """
    try:
        import phonenumbers  # noqa: PLC0415 (an extra, and its tables take 50 MB once used)
    except ModuleNotFoundError:
        raise ConfigurationError(
            "strict_numbers needs phonenumbers: pip install 'seven-async[phone]'"
        ) from None

    def reason_against(key: str) -> str | None:
        if key.startswith("0") or not key.isdecimal():
            return None
        number = phonenumbers.parse("+" + key)
        return None if phonenumbers.is_valid_number(number) else "no number of its country's plan"

    return reason_against
