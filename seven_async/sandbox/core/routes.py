"""The table of operations: which function answers which HTTP line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.wire import Answer

Handler = Callable[[Call], Answer]

OPERATIONS: Final[dict[tuple[str, str], Handler]] = {}
"""The published operations by method and path template."""
LEGACY: Final[dict[tuple[str, str], Handler]] = {}
"""Older spellings that the gateway still answers."""

_exact: Final[dict[tuple[str, str], Handler]] = {}
_templates: Final[dict[tuple[str, int], list[tuple[tuple[str, ...], str]]]] = {}


def operation(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register a published operation."""
    return _build_decorator(OPERATIONS, method, path)


def legacy(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register an older spelling of an operation."""
    return _build_decorator(LEGACY, method, path)


def register_choice(
    paths: Sequence[str], parameter: str, handlers: Mapping[str, Handler], default: str = ""
) -> None:
    """Register an old form in which a parameter names the operation; 400 answers unknown names."""

    def choose(call: Call) -> Answer:
        handler = handlers.get(call.params.text(parameter) or default)
        return handler(call) if handler else call.code(400)

    for line in paths:
        method, path = line.split(" ")
        legacy(method, path)(choose)


def _build_decorator(
    table: dict[tuple[str, str], Handler], method: str, path: str
) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        if (method, path) in OPERATIONS or (method, path) in LEGACY:
            raise ValueError(f"{method} {path} is registered twice")
        table[method, path] = handler
        if "{" in path:
            parts = tuple(path.split("/"))
            _templates.setdefault((method, len(parts)), []).append((parts, path))
        else:
            _exact[method, path] = handler
        return handler

    return register


def find_operation(method: str, path: str) -> tuple[str, tuple[str, ...], Handler] | None:
    """Find the template, the values in its braces, and the handler of a path below `/api`."""
    handler = _exact.get((method, path))
    if handler:
        return path, (), handler
    parts = path.split("/")
    for template, name in _templates.get((method, len(parts)), ()):
        values = _fit(template, parts)
        if values is not None:
            return name, values, OPERATIONS[method, name]
    return None


def is_known(method: str, path: str) -> bool:
    """Return True if some operation has this method and path or template; empty ones fit all."""
    return any(
        method in ("", known)
        and (path in ("", template) or find_operation(known, path) is not None)
        for known, template in [*OPERATIONS, *LEGACY]
    )


def _fit(template: tuple[str, ...], parts: list[str]) -> tuple[str, ...] | None:
    values: list[str] = []
    for wanted, part in zip(template, parts, strict=True):
        if wanted[:1] == "{":
            values.append(part)
        elif wanted != part:
            return None
    return tuple(values)
