"""Send an SMS, and ask the gateway's journal where the answer was lost.

pip install seven-async
python send_async.py
Ends by itself. It sends to a sandbox within the process.
"""

import asyncio

from seven_async import AsyncSeven, OutcomeUnknownError
from seven_async.sandbox import Sandbox


async def main() -> None:
    """Send one message and list what was sent."""
    async with AsyncSeven(**Sandbox().options) as seven:  # AsyncSeven() sends with SEVEN_API_KEY
        try:
            receipt = await seven.sms.send("+491711234567", "Your table is ready", from_="Bistro")
        except OutcomeUnknownError as error:
            # It may have been sent. Nothing was repeated; the gateway's journal knows.
            print(await seven.reconcile(error))
        else:
            print(receipt.messages[0].id, receipt.total_price, receipt.balance)

        async for message in seven.journal.outbound(limit=10):
            print(message.timestamp, message.text, message.dlr)


asyncio.run(main())
