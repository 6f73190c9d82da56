"""What an option may be: validators that clients, campaigns and their parts share.

In: the value of an option. Out: nothing, or `ConfigurationError` with the option's name, what it
takes and what it got. A secret's value is never shown. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs

from seven_async.errors import ConfigurationError
from seven_async.masking import brief, is_readable_address

Option: TypeAlias = "attrs.Attribute[Any]"
"""An option as attrs describes it; its name is for messages."""

Check: TypeAlias = Callable[[Any, Option, Any], None]

MOST_SECONDS: Final = 1e9  # thirty years; event loops reckon with the sum of it and their clock


def build_refusal(name: str, why: str) -> ConfigurationError:
    """Return the error for the value of an option."""
    return ConfigurationError(f"{name.strip('_')} {why}")


def check_address(address: str) -> None:
    """Refuse what is no address of a database, or cannot be read.

    Raises:
        ConfigurationError: It cannot; the error shows nothing of it.
    """
    if not is_readable_address(address):
        raise build_refusal(
            "the address of the database",
            "cannot be read: it begins with postgresql://, and in its user and password % is "
            "written as %25, @ as %40, / as %2F, ? as %3F, # as %23",
        )


def is_number(value: object) -> bool:
    """Tell whether a value is an int or float, which a flag is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def seconds(least: float = 0.0, *, is_exclusive: bool = True) -> Check:
    """Return the check for a finite number of seconds, more than `least` (or at least it)."""
    bound = f"more than {least:g}" if is_exclusive else f"at least {least:g}"

    def check(_: object, attribute: Option, value: Any) -> None:
        # Asked so that NaN, of which every comparison is false, is refused.
        is_enough = is_number(value) and (value > least if is_exclusive else value >= least)
        if not (is_enough and value <= MOST_SECONDS):
            raise build_refusal(
                attribute.name, f"must be a number of seconds, {bound}, not {brief(value)}"
            )

    return check


def whole(least: int, most: int) -> Check:
    """Return the check for a whole number within bounds."""

    def check(_: object, attribute: Option, value: Any) -> None:
        is_int = isinstance(value, int) and not isinstance(value, bool)
        if not is_int or not least <= value <= most:
            raise build_refusal(
                attribute.name,
                f"must be a whole number of more than {least - 1} and at most {most:,}, "
                f"not {brief(value)}",
            )

    return check


def flag(_: object, attribute: Option, value: object) -> None:
    """True or False; a text is neither, since “false” would count as true."""
    if not isinstance(value, bool):
        raise build_refusal(attribute.name, f"must be True or False, not {brief(value)}")


def text(_: object, attribute: Option, value: object) -> None:
    """A text with something in it, in one line."""
    if not isinstance(value, str):
        raise build_refusal(attribute.name, f"must be a text, not {type(value).__name__}")
    if not value.strip():
        raise build_refusal(attribute.name, "is empty")
    if not value.isprintable():
        raise build_refusal(
            attribute.name, "has a line break or another character that cannot be shown"
        )


def header(_: object, attribute: Option, value: object) -> None:
    """A text that an HTTP header can carry; its value is not shown, it may be a key."""
    if not isinstance(value, str):
        raise build_refusal(attribute.name, f"must be a text, not {type(value).__name__}")
    if not value.strip():
        raise build_refusal(attribute.name, "is empty")
    if not (value.isascii() and value.isprintable()):
        raise build_refusal(attribute.name, "has characters that no HTTP header can carry.")


def instance_of(kind: type, example: str) -> Check:
    """Return the check for an object of a class; `example` says how one is made."""

    def check(_: object, attribute: Option, value: object) -> None:
        if not isinstance(value, kind) or isinstance(value, type):
            # Not the value: it may be a key that was given in the wrong place.
            raise build_refusal(attribute.name, f"must be {example}, not {type(value).__name__}")

    return check


def optional(check: Check) -> Check:
    """Return the check for an option that may be None."""

    def check_given(instance: object, attribute: Option, value: object) -> None:
        if value is not None:
            check(instance, attribute, value)

    return check_given
