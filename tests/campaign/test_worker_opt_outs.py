"""Who opts out after a campaign was loaded is not written to by its workers."""

from __future__ import annotations

import pytest

from seven_async import CallEvent, ConfigurationError, SendRcs, SendSms
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    Fallback,
    OptOutList,
    OptOutSink,
    Suppression,
    work_chunk,
)
from seven_async.sandbox import Sandbox
from seven_async.webhooks import InboundSms
from tests.campaign.gateways import accepted_once, awaiting, number
from tests.campaign.machines import RANGE, load, read, wait_until_sent, workers

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.inputs.opt_out_tables import OptOutTables

STATES = """SELECT state, reason, content IS NULL, count(*) FROM seven.message
            GROUP BY 1, 2, 3 ORDER BY 1"""


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


@pytest.fixture
def opt_outs(postgres: str):
    """The list in the database of the campaigns."""
    opt_outs = OptOutList(postgres)
    yield opt_outs
    opt_outs.close()


async def work(sandbox: Sandbox, address: str, **options) -> int:
    """Work at all of a campaign."""
    ((_, low, high),) = read(address, RANGE)
    async with awaiting(sandbox, **options) as seven:
        return await work_chunk(address, "spring", low, high, client=seven)


async def test_who_opts_out_after_the_loading_gets_nothing(postgres: str, opt_outs: OptOutList):
    """A STOP that a webhook records counts for every campaign that was given the list."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, suppress=opt_outs)
    OptOutSink(opt_outs).store(InboundSms(sender=number(3)[1:], text="Stop!"))
    async with workers(sandbox, postgres, 2):
        await wait_until_sent(postgres, 19)

    assert 19 == accepted_once(sandbox)
    assert number(3)[1:] not in {entry.to for entry in sandbox.ledger}
    assert [("accepted", None, True, 19), ("skipped", "suppressed", True, 1)] == read(
        postgres, STATES
    )
    assert {"suppressed": 1} == CampaignJournal.open(postgres).report().reasons


async def test_who_opts_out_during_the_work_gets_nothing(postgres: str, opt_outs: OptOutList):
    """The range was read before; the claim asks again."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, batch=1, suppress=opt_outs)

    def opt_out(_: CallEvent) -> None:
        opt_outs.add(number(18), reason="by phone")

    assert 20 == await work(sandbox, postgres, concurrency=1, on_event=opt_out)
    assert 19 == accepted_once(sandbox)
    assert ("skipped", "suppressed", True, 1) in read(postgres, STATES)


async def test_stop_between_two_forms_counts(postgres: str, opt_outs: OptOutList):
    """The first form was refused; the next one does not leave to who has opted out meanwhile."""
    sandbox = Sandbox()
    sandbox.fault("POST /rcs/messages", code=202)
    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven, "spring", journal=postgres, store_texts="until-served", suppress=opt_outs
        ) as campaign,
    ):
        await campaign.load([Fallback(SendRcs(number(1), "Hi"), SendSms(number(1), "Hi"))])

    def opt_out(event: CallEvent) -> None:
        if event.route == "rcs.send":
            opt_outs.add(number(1), reason="by phone")

    await work(sandbox, postgres, on_event=opt_out)
    assert 0 == len(sandbox.ledger)
    assert [("rejected", 1)] == [(state, count) for state, _, _, count in read(postgres, STATES)]


async def test_list_of_opt_outs_is_asked_beside_another_list(postgres: str, opt_outs: OptOutList):
    """A block list is asked at the loading, the opt-outs of the database by each claim, too."""
    sandbox, blocked = Sandbox(), Suppression([number(5)])
    await load(sandbox, postgres, 20, suppress=[number(4), blocked, opt_outs])
    opt_outs.add(number(3), reason="by phone")
    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 17)

    assert 17 == accepted_once(sandbox)
    assert {"suppressed": 3} == CampaignJournal.open(postgres).report().reasons


@pytest.mark.parametrize("spelled", [number(18), f"00{number(18)[1:]}", "+49 (170) 000-0018"])
async def test_database_gives_nobody_away_who_is_listed(
    postgres: str, opt_outs: OptOutList, monkeypatch, spelled: str
):
    """Whatever a worker has noticed: the claim itself leaves out who is on the list."""
    monkeypatch.setattr(OptOutTables, "has", lambda *_: False)
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, batch=1, suppress=opt_outs, max_cost=5)
    read(
        postgres,
        f"""UPDATE seven.message SET recipient = '{spelled}'
                       WHERE recipient = '{number(18)}' RETURNING 1""",
    )

    def opt_out(_: CallEvent) -> None:
        opt_outs.add(number(18), reason="by phone")

    await work(sandbox, postgres, concurrency=1, on_event=opt_out)
    assert number(18)[1:] not in {entry.to for entry in sandbox.ledger}
    assert ("planned", None, False, 1) in read(postgres, STATES)


async def test_list_of_another_database_is_refused(postgres: str, tmp_path):
    """A claim cannot ask it."""
    elsewhere = OptOutList(tmp_path / "opt-outs.db")
    sandbox = Sandbox()
    await load(sandbox, postgres, 1, suppress=elsewhere)
    with pytest.raises(ConfigurationError, match=r"give suppress=OptOutList\(…\) the address"):
        await work(sandbox, postgres)
    elsewhere.close()
