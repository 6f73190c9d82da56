"""The rules for the sender of a message or call.

In: the argument `from_`. Out: nothing, or `InvalidRequestError` with the character, its place and
the rule. Source: messaging-facts.md section 3. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.masking import brief

LONGEST_NAME: Final = 11
LONGEST_NUMBER: Final = 16
_RULE: Final = (
    f"a sender has at most {LONGEST_NAME} letters and digits (A-Z a-z 0-9, also "
    f"/ . - @ _ ! ( ) + $ , & and blanks), or is a number of at most {LONGEST_NUMBER} digits"
)
_CALLER_RULE: Final = (
    f"a caller is a number of at most {LONGEST_NUMBER} digits, with or without + before them"
)
_is_number: Final = re.compile(rf"\+?[0-9]{{1,{LONGEST_NUMBER}}}").fullmatch
_is_name: Final = re.compile(rf"[A-Za-z0-9/.\-@_!()+$,& ]{{1,{LONGEST_NAME}}}").fullmatch
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9/.\-@_!()+$,& ]")
_NO_NUMBER: Final = re.compile(r"(?!^\+)[^0-9]")
# Digits with the usual separators are meant as a number, whose separators have to go.
_is_like_number: Final = re.compile(r"\+?[0-9\s()/.\-]*[0-9][0-9\s()/.\-]*").fullmatch


def valid_sender(_: object, attribute: Argument, value: object) -> None:
    """Take a name of at most 11 characters, a number of at most 16 digits, or None."""
    if value is None:
        return
    text = _text(attribute.name, value, _RULE)
    if _is_number(text) or _is_name(text):
        return
    if len(text) > LONGEST_NAME and _is_like_number(text):
        raise refusal(attribute.name, _not_a_number(text, _RULE))
    wrong = _NO_NAME.search(text)
    if wrong is not None:
        raise refusal(attribute.name, f"{_RULE}; {_place(wrong)} is none of these")
    raise refusal(attribute.name, f"{_RULE}; this has {len(text)} characters")


def voice_sender(_: object, attribute: Argument, value: object) -> None:
    """Take the number that a call is shown to come from, at most 16 digits, or None."""
    if value is None:
        return
    text = _text(attribute.name, value, _CALLER_RULE)
    if not _is_number(text):
        raise refusal(attribute.name, _not_a_number(text, _CALLER_RULE))


def valid_agent(_: object, attribute: Argument, value: object) -> None:
    """Take the id of an RCS agent, or None. The gateway publishes no alphabet for it."""
    if value is None:
        return
    text = _text(attribute.name, value, "takes the id of an agent")
    if not text.isprintable():
        raise refusal(attribute.name, "an agent's id has no control characters or line breaks")


def _text(name: str, value: object, rule: str) -> str:
    """Return the sender, if it is a text that is not blank."""
    if not isinstance(value, str):
        raise refusal(name, f"{rule}; it must be a text, not {type(value).__name__}")
    if not value.strip():
        state = "is empty" if not value else "has nothing but blanks"
        raise refusal(name, f"{rule}; this {state}. Leave it out for the account's own")
    return value


def _not_a_number(text: str, rule: str) -> str:
    wrong = _NO_NUMBER.search(text)
    if wrong is None:
        return f"{rule}; this has {len(text.lstrip('+'))} digits"
    return f"{rule}; {_place(wrong)} cannot stand in a number"


def _place(wrong: re.Match[str]) -> str:
    """Describe a character so that it can be read, with its place (from 1)."""
    character = wrong.group()
    shown = "a blank" if character == " " else brief(character)
    return f"{shown} (character {wrong.start() + 1})"
