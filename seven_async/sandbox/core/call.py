"""One call as an operation sees it: parameters, account, time, and the ways to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeVar

from attrs import define, field, frozen

from seven_async.sandbox.core.accounts import Account, Key
from seven_async.sandbox.core.params import Params, as_id
from seven_async.sandbox.core.state import State
from seven_async.sandbox.core.wire import Answer, Json, json_answer, page_not_found, text_answer

T = TypeVar("T")

CODES: Final = {
    11: "Carrier temporarily not available",
    201: "Invalid sender",
    202: "Invalid recipient",
    301: "Recipient missing",
    305: "Text missing",
    308: "Unsupported parameter",
    401: "Text too long",
    402: "Reload lock: the same message was sent less than 180 seconds ago",
    403: "Daily limit of this recipient reached",
    500: "Not enough credit",
    600: "Error while sending",
    700: "Unknown error",
    802: "Invalid label",
    900: "Authentication failed",
    901: "Signature verification failed",
    902: "No access right for this endpoint",
    903: "IP address not allowed",
    7002001: "Not in an open conversation, use a template",
}


class RefusedError(Exception):
    """Ends an operation early: `answer` is what the caller gets."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@frozen
class AccountRules:
    """What differs between gateways and cannot be asked for."""

    journal_lag_s: float = 0.0
    """Seconds after which a message that left is in the journal."""


@define(eq=False)
class Call:
    """What came in, resolved: the parameters, whose account it is, and the moment."""

    method: str
    route: str
    """The path template: `/contacts/{id}`."""
    path: tuple[str, ...] = field(repr=False)
    """What stood in the template's braces."""
    params: Params
    headers: Mapping[str, str] = field(repr=False)
    key: Key
    account: Account
    state: State
    now: float
    failures: Mapping[str, int] = field(factory=dict[str, int], repr=False)
    """Recipients that a fault rule makes fail, with the code."""
    rules: AccountRules = AccountRules()

    @property
    def wants_json(self) -> bool:
        """True if JSON was asked for, by `Accept` or the old `json=1`."""
        return wants_json(self.headers, self.params)

    @property
    def is_test(self) -> bool:
        """True if nothing is really sent: a test key, or the old `debug=1`."""
        return self.key.is_test or self.params.flag("debug")

    @property
    def connection(self) -> str:
        """What the journal shows as the connection: the `SentWith` header."""
        return self.headers.get("sentwith") or "http"

    def code(self, code: int) -> Answer:
        """Answer with a bare code: a JSON string, or plain text where JSON was not asked for."""
        return code_answer(code, wants_json=self.wants_json)

    def refuse(self, code: int) -> NoReturn:
        """End the operation with a bare code."""
        raise RefusedError(self.code(code))

    def find(self, rows: Mapping[int, T]) -> T:
        """Return the row whose id is in the path; end the operation where there is none."""
        row = rows.get(as_id(self.path[0]) or 0)
        if row is None:
            raise RefusedError(page_not_found())
        return row

    def page(
        self, rows: Sequence[T], to_json: Callable[[T], Json], *, limit: int, most: int
    ) -> Answer:
        """Answer with one page of rows: `limit` and `offset` as asked for, within bounds."""
        limit = self.params.integer("limit", limit, least=1, most=most)
        offset = self.params.integer("offset", 0)
        chosen = rows[offset : offset + limit]
        metadata = {
            "offset": offset,
            "count": len(chosen),
            "total": len(rows),
            "limit": limit,
            "has_more": offset + len(chosen) < len(rows),
        }
        return json_answer({"pagingMetadata": metadata, "data": [to_json(row) for row in chosen]})


def wants_json(headers: Mapping[str, str], params: Params) -> bool:
    """Return True if JSON was asked for, by `Accept` or the old `json=1`."""
    return "json" in headers.get("accept", "") or params.flag("json")


def code_answer(code: int, *, wants_json: bool) -> Answer:
    """Build the gateway's shortest answer: nothing but a code, at HTTP 200."""
    return json_answer(str(code)) if wants_json else text_answer(str(code))


def error_text(code: int) -> str:
    """Return the `error_text` that goes with a code."""
    return CODES.get(code, "Unknown error")
