"""Fault rules read from text (command line) or parameters (control API)."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Final

from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.routes import is_known
from seven_async.sandbox.faults import Fault, split_route


class RuleError(ValueError):
    """A fault rule that cannot be understood; its text says what is wrong."""


def _seconds(text: str) -> float:
    """Read `0.035`, `35ms` or `2s`."""
    if text.endswith("ms"):
        return float(text[:-2]) / 1000
    return float(text.removesuffix("s"))


def _flag(text: str) -> bool:
    return text.lower() in ("", "1", "true", "yes", "on")


def _drop(text: str) -> str:
    if text not in ("connect", "before", "within", "after"):
        raise ValueError(text)
    return text


READERS: Final[dict[str, Callable[[str], object]]] = {
    "recipient": str,
    "nth": int,
    "times": int,
    "probability": float,
    "status": int,
    "code": int,
    "delay_s": _seconds,
    "delay": _seconds,
    "drop": _drop,
    "reset": _flag,
    "truncate": _flag,
    "garble": _flag,
    "body": str,
    "retry_after": str,
    "processed": _flag,
}
"""The keywords of a rule and how their texts are read; `delay` is short for `delay_s`."""
_EFFECTS: Final = READERS.keys() - {
    "recipient", "nth", "times", "probability", "retry_after", "processed"
}  # fmt: skip
"""Those that say what is to happen."""
_NAMES: Final = {"delay": "delay_s"}


AddFault = Callable[..., "Fault"]
"""`Sandbox.fault`."""


def add_rule(add: AddFault, text: str) -> Fault:
    """Add a rule written as `POST /sms status=503 probability=0.1`; raises RuleError."""
    route: list[str] = []
    given: dict[str, str] = {}
    for word in _words(text):
        name, equals, value = word.partition("=")
        if equals or name in READERS:
            given[name] = value
        else:
            route.append(word)
    return _add(add, " ".join(route), given)


def format_rule(fault: Fault) -> str:
    """Write a rule as it is given on the command line, so that people can read and repeat it."""
    effect = fault.effect
    given = {
        "recipient": fault.recipient or None,
        "nth": fault.nth,
        "times": fault.times,
        "probability": None if fault.probability == 1.0 else fault.probability,
        "status": effect.status,
        "code": effect.code,
        "delay": f"{effect.delay_s:g}s" if effect.delay_s else None,
        "drop": effect.drop,
        "retry_after": effect.retry_after,
        "body": None if effect.body is None else shlex.quote(effect.body.decode(errors="replace")),
    }
    flags = [name for name in ("reset", "truncate", "garble", "processed") if getattr(effect, name)]
    words = [f"{name}={value}" for name, value in given.items() if value is not None]
    return " ".join(word for word in [fault.method, fault.path, *words, *flags] if word)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise RuleError(f"the rule cannot be read: {error}") from error


def add_rule_of(add: AddFault, params: Params) -> Fault:
    """Add a rule given as the parameters of a control call; raises RuleError."""
    given = {name: params.text(name) for name in params.fields if name != "route"}
    return _add(add, params.text("route"), given)


def _add(add: AddFault, route: str, given: dict[str, str]) -> Fault:
    unknown = given.keys() - READERS.keys()
    if unknown:
        raise RuleError(f"a rule has no {min(unknown)!r}; it has {', '.join(READERS)}")
    if not given.keys() & _EFFECTS:
        raise RuleError(f"a rule needs one of {', '.join(sorted(_EFFECTS))}")
    if not is_known(*split_route(route)):
        raise RuleError("no operation has this method and path")
    keywords: dict[str, object] = {
        _NAMES.get(name, name): _parse(name, text) for name, text in given.items()
    }
    try:
        return add(route, **keywords)
    except ValueError as error:
        raise RuleError(str(error)) from error


def _parse(name: str, text: str) -> object:
    try:
        return READERS[name](text)
    except ValueError:
        raise RuleError(f"{name}={text} makes no sense") from None
