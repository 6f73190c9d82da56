"""Plans: what is to be sent, bound to its words, and carried out once.

In: a tool and its arguments. Out: a plan, a question for a human, and what became of it. I/O: the
client's and the journal's.
"""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from decimal import Decimal
from typing import Any, Final

import anyio
import attrs

from seven_async.api.replies.receipt import Receipt
from seven_async.campaign.campaign import Campaign
from seven_async.campaign.inputs.message import Sendable, recipients_in
from seven_async.client import AsyncSeven
from seven_async.errors import InvalidRequestError, Outcome, SevenError
from seven_async.flow.row import Repeat
from seven_async.flow.wire import plain
from seven_async.mcp.plan_journal import PlanJournal, PlanOutcome, RecordedPlan
from seven_async.mcp.schemas import build_request
from seven_async.mcp.tools import Allowed, ApiTool
from seven_async.recipients.recipient import recipient_of

_MOST_OPEN: Final = 1_000
_VALID_S: Final = 900.0  # a human who comes back later is asked about a plan that is new
_LONGEST_DETAIL: Final = 2_000


@attrs.frozen
class ActionPlan:
    """What is to be done, once. `question` is what a human is asked."""

    id: str
    tool: ApiTool
    request: Any = attrs.field(repr=False)
    fingerprint: str
    made_at_s: float
    summary: dict[str, object] = attrs.field(repr=False)
    question: str = attrs.field(repr=False)


class PlanBook:
    """The plans of one server."""

    def __init__(
        self,
        client: AsyncSeven,
        journal: PlanJournal,
        *,
        max_cost: Decimal | None,
        max_recipients: int,
    ) -> None:
        self._client = client
        self._journal = journal
        self._max_cost = max_cost
        self._max_recipients = max_recipients
        self._clock = client.options.clock
        self._plans: OrderedDict[str, ActionPlan] = OrderedDict()

    async def plan(self, tool: ApiTool, arguments: dict[str, object]) -> ActionPlan:
        """Return a plan for a call; nothing is sent.

        Raises:
            InvalidRequestError: The arguments are refused, it would cost too much, or the same was
                sent before with an outcome that is unknown.
        """
        request: Any = build_request(tool.endpoint.request, arguments)
        if hasattr(request, "foreign_id"):
            request = attrs.evolve(request, foreign_id=request.foreign_id or secrets.token_hex(16))
        summary: dict[str, object] = {"method": tool.endpoint.row.name}
        if tool.needs is Allowed.SEND:
            summary |= await self._estimate(request)
        fingerprint = self._fingerprint(tool, request)
        before = self._journal.find_same(fingerprint)
        row = tool.endpoint.row
        is_open = before is not None and before.outcome is PlanOutcome.UNKNOWN
        if before is not None and is_open and row.repeat is Repeat.NEVER:
            raise InvalidRequestError(
                f"the same was begun before (plan {before.id}), and may have had its effect; it is "
                "not repeated. Look it up with journal_outbound, and let a human decide"
            )
        if before is not None and tool.needs is Allowed.SEND:
            summary["warning"] = "the same message was sent to the same recipients before"
        plan_id = secrets.token_urlsafe(16)
        question = _question(request, summary)
        plan = ActionPlan(
            plan_id, tool, request, fingerprint, self._clock.monotonic(), summary, question
        )
        self._plans[plan_id] = plan
        while len(self._plans) > _MOST_OPEN:
            self._plans.popitem(last=False)
        return plan

    def find_recorded(self, plan_id: str) -> RecordedPlan | None:
        """Return what became of a plan, if it was begun."""
        return self._journal.find(plan_id)

    def find_open(self, plan_id: str) -> ActionPlan:
        """Return a plan that was not begun; raises `InvalidRequestError` if there is none."""
        plan = self._plans.get(plan_id)
        if plan is None or self._clock.monotonic() - plan.made_at_s > _VALID_S:
            self._plans.pop(plan_id, None)
            raise InvalidRequestError("plan_id: there is no such plan, or it is too old; plan anew")
        return plan

    def discard(self, plan: ActionPlan) -> None:
        """Forget a plan that a human did not confirm."""
        self._plans.pop(plan.id, None)

    async def run(self, plan: ActionPlan) -> RecordedPlan:
        """Carry a plan out, unless it was begun before; return what became of it."""
        # Gone before the first wait, so that a call at the same time finds no plan.
        self.discard(plan)
        now_s = self._clock.now()
        foreign_id: str | None = getattr(plan.request, "foreign_id", None)
        recorded = RecordedPlan(
            plan.id, plan.tool.endpoint.row.name, foreign_id, now_s, PlanOutcome.UNKNOWN, ""
        )
        before = self._journal.begin(recorded, plan.fingerprint, is_repeatable=_is_repeatable(plan))
        if before is not None:
            return before
        outcome, detail = PlanOutcome.UNKNOWN, ""
        # A client that gives up must not leave an effect without a record.
        with anyio.CancelScope(shield=True):
            outcome, detail = await self._carry_out(plan)
            self._journal.finish(plan.id, outcome, detail[:_LONGEST_DETAIL])
        return attrs.evolve(recorded, outcome=outcome, detail=detail)

    async def _carry_out(self, plan: ActionPlan) -> tuple[PlanOutcome, str]:
        try:
            reply: Any = await self._client.call(plan.tool.endpoint.row, plan.request)
        except SevenError as error:
            is_open = error.outcome is Outcome.UNKNOWN
            return PlanOutcome.UNKNOWN if is_open else PlanOutcome.REFUSED, str(error)
        if isinstance(reply, Receipt):
            return _outcome_of(reply)
        return PlanOutcome.DONE, "done"

    async def _estimate(self, request: Sendable) -> dict[str, object]:
        recipients = recipients_in(request)
        for recipient in recipients:
            # The name of a contact or a group may stand for any number of people.
            recipient_of(recipient)
        if len(recipients) > self._max_recipients:
            raise InvalidRequestError(
                f"to: {len(recipients)} recipients, at most {self._max_recipients} are allowed here"
            )
        plan = await Campaign(self._client).plan([request])
        if self._max_cost is not None and plan.highest_cost > self._max_cost:
            raise InvalidRequestError(
                f"it may cost {plan.highest_cost} EUR, and {self._max_cost} EUR are allowed here"
            )
        return {
            "recipients": recipients,
            "segments": plan.segments,
            "lowest_cost_eur": str(plan.lowest_cost),
            "highest_cost_eur": str(plan.highest_cost),
        }

    def _fingerprint(self, tool: ApiTool, request: object) -> str:
        fields = {key: value for key, value in plain(request).items() if key != "foreign_id"}
        content = json.dumps([tool.endpoint.row.name, fields], sort_keys=True, default=str)
        return self._journal.fingerprint(content.encode("utf-8", "surrogatepass"))


def _is_repeatable(plan: ActionPlan) -> bool:
    """Tell whether the same may be carried out again after an outcome that is unknown."""
    return plan.tool.endpoint.row.repeat is not Repeat.NEVER


def _outcome_of(receipt: Receipt) -> tuple[PlanOutcome, str]:
    """Return what a receipt says: numbers of messages and ids, no numbers of people."""
    failed, total = receipt.failed, len(receipt.messages)
    ids = ", ".join(message.id for message in receipt.messages if message.success and message.id)
    price = f", {receipt.total_price} EUR" if receipt.total_price is not None else ""
    if total and len(failed) == total:
        reasons = {str(message.error_text or message.error) for message in failed}
        return PlanOutcome.REFUSED, f"all refused: {', '.join(sorted(reasons))}"
    accepted = f"{total - len(failed)} of {total} accepted{price}"
    return PlanOutcome.DONE, f"{accepted}; ids {ids}" if ids else accepted


def _question(request: object, summary: dict[str, object]) -> str:
    """Return what a human is asked: all that will go out, each value on a line of its own."""
    fields: dict[str, object] = {
        key: value for key, value in plain(request).items() if key != "foreign_id"
    }
    # As JSON, so that no text can pretend to be a line of this question.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    told = [
        f"{key}: {value}" for key, value in summary.items() if key not in ("method", "recipients")
    ]
    return "\n".join([f"Carry out {summary['method']}?", *lines, *told])
