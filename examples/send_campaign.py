"""Send a campaign from a CSV file: plan it, send it, and see what became of each row.

pip install seven-async
python send_campaign.py
Ends by itself, and leaves people.csv. It sends to a sandbox within the process.
"""

import asyncio
from pathlib import Path

from seven_async import AsyncSeven
from seven_async.campaign import Campaign, read_csv
from seven_async.sandbox import Sandbox

Path("people.csv").write_text(
    "phone,first_name\n+491711234567,Anna\n+43664123456,\nletters,Cleo\n", encoding="utf-8"
)


async def main() -> None:
    """Plan, send, and report."""
    messages = read_csv("people.csv", text="Hi {first_name|there}, doors open at 8", from_="Acme")
    async with (
        AsyncSeven(**Sandbox().options) as seven,  # AsyncSeven() sends with SEVEN_API_KEY
        # With journal="spring.db" no crash and no second run sends twice.
        Campaign(seven, "spring", max_cost="5.00") as campaign,
    ):
        print(await campaign.plan(messages))
        async for entry in campaign.send(messages):
            print(f"line {entry.line}: {entry.state}", entry.error or "")
        print(campaign.report())


asyncio.run(main())
