"""A range of a campaign as the job of any queue.

In: the address of a journal, a campaign, and a range. Out: how many messages got a result. I/O: the
database, the gateway.
"""

from __future__ import annotations

from seven_async.campaign.journal.place import load_extra
from seven_async.client import AsyncSeven


async def work_chunk(
    journal: str, campaign: int | str, low: int, high: int, *, client: AsyncSeven | None = None
) -> int:
    """Send what is planned in a range of a campaign; return how many messages got a result.

    For queues of your own. The same range may be delivered twice, also at the same time: each
    message is sent by one of them only.

    Example:
        sent = await work_chunk("postgresql://db/campaigns", "spring", 1, 1000)

    Args:
        journal: The address of the database.
        campaign: The name of the campaign, or its number (`seven.campaign.id`).
        low: The first `n` of the range.
        high: The last one.
        client: The client to send with; one by environment variables unless given.

    Raises:
        JournalError: The database cannot be used, or was lost meanwhile.
        PausedError: The campaign was paused for all: the account is out of credit, say.
    """
    if client is None:
        async with AsyncSeven() as own:
            return await work_chunk(journal, campaign, low, high, client=own)
    work = load_extra("seven_async.campaign.workers.desk:work_at_desk")
    count: int = await work(client, journal, campaign, low, high)
    return count
