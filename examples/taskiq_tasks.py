"""Taskiq tasks that send on the worker's event loop, with one client for each worker.

pip install seven-async taskiq
python taskiq_tasks.py
Ends by itself: the tasks run in the process. With another broker: taskiq worker taskiq_tasks:broker
"""

import asyncio
import os
from typing import Annotated

from taskiq import Context, InMemoryBroker, TaskiqDepends, TaskiqEvents, TaskiqState

from seven_async import AsyncSeven, OutcomeUnknownError
from seven_async.sandbox import Sandbox

broker = InMemoryBroker()


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_client(state: TaskiqState) -> None:
    """Make the client of this worker."""
    is_real = "SEVEN_API_KEY" in os.environ
    state.seven = AsyncSeven() if is_real else AsyncSeven(**Sandbox().options)


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_client(state: TaskiqState) -> None:
    """Let what is in flight finish."""
    await state.seven.aclose()


def get_client(context: Annotated[Context, TaskiqDepends()]) -> AsyncSeven:
    """Return the client of this worker."""
    seven: AsyncSeven = context.state.seven
    return seven


# No retry middleware: the client repeats what never left, and nothing else may be repeated.
@broker.task
async def send_sms(
    number: str, text: str, foreign_id: str, seven: AsyncSeven = TaskiqDepends(get_client)
) -> str:
    """Send an SMS; where the answer was lost, say what the gateway's journal knows."""
    try:
        receipt = await seven.sms.send(number, text, from_="Shop", foreign_id=foreign_id)
    except OutcomeUnknownError as error:
        reconciliation = await seven.reconcile(error)
        return f"answer lost, the journal says {reconciliation.state}"
    receipt.raise_for_failures()
    return f"sent as {receipt.messages[0].id}"


async def main() -> None:
    """Hand two messages over and wait for what became of them."""
    await broker.startup()
    numbers = {"parcel-7": "+491711234567", "parcel-8": "+4915550003002"}  # an answer is lost
    tasks = [
        await send_sms.kiq(number, "Your parcel has arrived.", foreign_id)
        for foreign_id, number in numbers.items()
    ]
    for task in tasks:
        print((await task.wait_result(timeout=30)).return_value)
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
