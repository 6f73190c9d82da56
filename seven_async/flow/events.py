"""What an observer sees of a call: one frozen record per attempt.

In: facts that the loop of a call knows. Out: `CallEvent`. No I/O.
"""

from __future__ import annotations

import attrs

from seven_async.errors import Outcome


@attrs.frozen(kw_only=True, slots=False)
class CallEvent:
    """One attempt of one call: which, how long, and what came of it.

    `route` is the method's name (`sms.send`), `request_line` its HTTP line, `attempt` counts from
    1. `waited_s` is the time in the limiter and in back-off before this attempt, `took_s` the time
    on the wire. `outcome` is None for success; `cause` names the error class of a failure.
    `server` is host and port of the gateway. Holds no text, key or number, unless a `foreign_id`
    has one.
    """

    route: str
    request_line: str
    attempt: int
    waited_s: float
    took_s: float
    status: int | None = None
    code: int | None = None
    outcome: Outcome | None = None
    cause: str | None = None
    foreign_id: str | None = None
    will_retry: bool = False
    server: str = ""
