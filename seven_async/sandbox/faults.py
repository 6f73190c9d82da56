"""Failures on demand: rules that say which calls fail, and how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Final, Literal, Self

from attrs import define, field, frozen
from attrs.validators import ge, in_, le, lt, optional

from seven_async.sandbox.core.call import code_answer
from seven_async.sandbox.core.recipients import mask_number, number_or_text
from seven_async.sandbox.core.wire import JSON_TYPE, Answer, Delivery

Drop = Literal["connect", "before", "within", "after"]

_DELIVERIES: Final = {
    "connect": Delivery.REFUSED,
    "before": Delivery.DROPPED,
    "within": Delivery.CUT,
    "after": Delivery.DROPPED,
}


@frozen
class Effect:
    """What a fault does to a call; several can be combined."""

    status: int | None = field(default=None, validator=optional([ge(200), le(599)]))
    code: int | None = None
    delay_s: float = field(default=0.0, validator=[ge(0), lt(math.inf)])
    drop: Drop | None = field(default=None, validator=optional(in_(_DELIVERIES)))
    reset: bool = False
    truncate: bool = False
    garble: bool = False
    body: bytes | None = field(default=None, repr=False)
    retry_after: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    processed: bool = False
    """A status, code or body is given after the call did its work, as a proxy's 502 may be."""

    @property
    def is_before_work(self) -> bool:
        """True if the call is answered without having been processed."""
        if self.drop:
            return self.drop in ("connect", "before")
        given = self.status is not None or self.code is not None or self.body is not None
        return given and not self.processed

    def apply(self, answer: Answer, random: Random, *, wants_json: bool) -> Answer:
        """Build the answer as this effect leaves it."""
        status = answer.status if self.status is None else self.status
        body, content_type = self._content(answer, wants_json=wants_json)
        if self.truncate:
            body = body[: len(body) // 2]
        if self.garble:
            body = bytes(random.randrange(256) for _ in body)
        return Answer(
            status,
            content_type,
            body,
            answer.headers + self._headers(),
            answer.delay_s + self.delay_s,
            self._delivery(answer.delivery),
        )

    def _content(self, answer: Answer, *, wants_json: bool) -> tuple[bytes, str]:
        if self.body is not None:
            return self.body, JSON_TYPE
        if self.code is not None:
            coded = code_answer(self.code, wants_json=wants_json)
            return coded.body, coded.content_type
        if self.status is not None and self.status >= 400:
            return b"<html><body>" + str(self.status).encode() + b"</body></html>", "text/html"
        return answer.body, answer.content_type

    def _headers(self) -> tuple[tuple[str, str], ...]:
        after = (("Retry-After", self.retry_after),) if self.retry_after is not None else ()
        return after + self.headers

    def _delivery(self, usual: Delivery) -> Delivery:
        if self.reset:
            return Delivery.RESET
        return _DELIVERIES[self.drop] if self.drop else usual


@define(eq=False)
class Fault:
    """One rule. Counts the calls it fits (`calls`) and those it hit (`hits`).

    Also a context manager: the rule holds within the block.
    """

    effect: Effect
    method: str = ""
    path: str = field(default="", repr=False)
    recipient: str = field(default="", repr=mask_number)
    nth: int | None = field(default=None, validator=optional(ge(1)))
    times: int | None = field(default=None, validator=optional(ge(0)))
    probability: float = field(default=1.0, validator=[ge(0), le(1)])
    calls: int = 0
    hits: int = 0
    is_over: bool = False

    def remove(self) -> None:
        """End the rule."""
        self.is_over = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def is_about(self, method: str, path: str, route: str, recipients: Sequence[str]) -> bool:
        """Return True if the rule is about this call at all."""
        return (
            not self.is_over
            and self.method in ("", method)
            and self.path in ("", path, route)
            and (not self.recipient or self.recipient in recipients)
        )

    def try_hit(self, random: Random) -> bool:
        """Decide if the call that was counted last is hit, and count it then."""
        if self.nth is not None and self.calls != self.nth:
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        if self.probability < 1.0 and random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    @property
    def recipient_code(self) -> int | None:
        """The code that only the named recipient of a message gets, not the whole call."""
        return self.effect.code if self.recipient else None


@define(eq=False)
class Faults:
    """All rules; the first that hits decides."""

    random: Random
    rules: list[Fault] = field(factory=list[Fault])

    def add(self, rule: Fault) -> Fault:
        """Put the rule behind those there are."""
        self.rules = [*self.active, rule]
        return rule

    @property
    def active(self) -> list[Fault]:
        """The rules that still hold."""
        return [fault for fault in self.rules if not fault.is_over]

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()

    def hit(self, method: str, path: str, route: str, recipients: Sequence[str]) -> Fault | None:
        """Return the first rule that hits this call; those behind it count the call, too."""
        hit = None
        for rule in self.rules:
            if rule.is_about(method, path, route, recipients):
                rule.calls += 1
                if hit is None and rule.try_hit(self.random):
                    hit = rule
        return hit


def split_route(route: str) -> tuple[str, str]:
    """Split `POST /sms`, `/sms` or `POST` into method and path; what is missing is empty."""
    method, _, path = route.strip().rpartition(" ") if " " in route.strip() else ("", "", route)
    if not path.startswith("/"):
        method, path = path, ""
    return method.strip().upper(), path.removeprefix("/api")


def recipient_of(rule: str | None) -> str:
    """Write a rule's recipient in the form that calls are compared in."""
    return number_or_text(rule) if rule else ""
