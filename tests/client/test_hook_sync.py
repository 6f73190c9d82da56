"""The account's webhooks become what was declared, whatever was there before."""

from __future__ import annotations

import pytest

from seven_async import AsyncSeven, EventType, HookSpec, InvalidRequestError, Seven, sync_hooks
from seven_async.sandbox import Sandbox

URL = "https://app.example/hooks/seven"
REPORTS = HookSpec(URL, EventType.DLR)
REPLIES = HookSpec(URL, EventType.SMS_MO, headers={"Authorization": "Bearer x"})


async def shown(seven: AsyncSeven) -> list[tuple[object, ...]]:
    """Return what hooks the account has."""
    hooks = await seven.hooks.list()
    return sorted((hook.target_url, hook.event_type, hook.request_method) for hook in hooks)


async def test_missing_hooks_are_created_once():
    """A second run changes nothing, so that no delivery doubles."""
    async with AsyncSeven(**Sandbox().options) as seven:
        first = await sync_hooks(seven, [REPORTS, REPLIES])
        second = await sync_hooks(seven, [REPORTS, REPLIES])

        assert (2, 0) == (len(first.created), len(first.deleted))
        assert not second
        assert [(URL, "dlr", "JSON"), (URL, "sms_mo", "JSON")] == await shown(seven)


async def test_doubled_and_stale_hooks_are_deleted():
    """One hook of each declared kind is left to a declared URL."""
    async with AsyncSeven(**Sandbox().options) as seven:
        for _ in range(3):
            await seven.hooks.create(URL, "dlr", request_method="JSON")
        await seven.hooks.create(URL, "all", request_method="GET")

        changes = await sync_hooks(seven, [REPORTS])

        assert (0, 3, 1) == (len(changes.created), len(changes.deleted), len(changes.kept))
        assert [(URL, "dlr", "JSON")] == await shown(seven)


async def test_changed_hook_is_replaced():
    """Another way of delivering to the same URL takes the place of the old one."""
    async with AsyncSeven(**Sandbox().options) as seven:
        await seven.hooks.create(URL, "dlr")

        await sync_hooks(seven, [REPORTS])

        assert [(URL, "dlr", "JSON")] == await shown(seven)


async def test_hooks_of_others_stay_unless_pruned():
    """Another application of the account keeps its hooks."""
    other = "https://other.example/hook"
    async with AsyncSeven(**Sandbox().options) as seven:
        await seven.hooks.create(other, "all")

        await sync_hooks(seven, [REPORTS])
        assert other in {url for url, *_ in await shown(seven)}

        await sync_hooks(seven, [REPORTS], prune=True)
        assert [(URL, "dlr", "JSON")] == await shown(seven)


async def test_dry_run_changes_nothing():
    """What would be changed is told, without headers, which may hold a secret."""
    async with AsyncSeven(**Sandbox().options) as seven:
        await seven.hooks.create(URL, "dlr")
        before = await shown(seven)

        changes = await sync_hooks(seven, [REPORTS, REPLIES], dry_run=True)

        assert before == await shown(seven)
        assert f"delete dlr → {URL}" in str(changes)
        assert f"create sms_mo → {URL} (JSON)" in str(changes)
        assert "Bearer" not in f"{changes} {changes!r}"


def test_blocking_client_is_served_alike():
    """A deployment script needs no event loop."""
    with Seven(**Sandbox().options) as seven:
        sync_hooks(seven, [REPORTS])

        assert ["dlr"] == [hook.event_type for hook in seven.hooks.list()]


@pytest.mark.parametrize("others", [[HookSpec(URL)], [REPORTS], [HookSpec(URL, "dlr")]])
async def test_specs_that_double_deliveries_are_refused(others: list[HookSpec]):
    """`all` and `dlr` to one URL would tell of every report twice."""
    async with AsyncSeven(**Sandbox().options) as seven:
        with pytest.raises(InvalidRequestError, match="twice"):
            await sync_hooks(seven, [REPORTS, *others])

        assert [] == await shown(seven)
