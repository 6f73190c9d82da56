"""A WhatsApp template, and an SMS to those whom WhatsApp refuses or does not reach.

pip install seven-async
python whatsapp_then_sms.py
Ends by itself, and leaves orders.csv. It sends to a sandbox within the process.
"""

import asyncio
from pathlib import Path

from seven_async import AsyncSeven, SendSms, SendTemplate
from seven_async.campaign import Campaign, MessageTemplate, read_csv
from seven_async.sandbox import Sandbox

Path("orders.csv").write_text(
    "phone,first_name,order\n+491711234567,Anna,A-7\n+491717654321,Ben,A-8\n",
    encoding="utf-8",
)
template = MessageTemplate(
    SendTemplate,
    template="order_ready",  # approved for the account beforehand
    language="en",
    from_="4915112345678",  # the account's own WhatsApp number
    body=["{first_name|you}", "{order}"],
)
sms = MessageTemplate(SendSms, text="Hi {first_name|there}, order {order} is ready.", from_="Acme")


async def main() -> None:
    """Send each row as WhatsApp first."""
    sandbox = Sandbox()
    sandbox.fault("POST /waba/messages", recipient="+491717654321", code=202)  # has no WhatsApp
    sandbox.simulate.add_template("order_ready", "Hi {{1}}, order {{2}} is ready.", language="en")
    messages = read_csv("orders.csv", message=template, then=[sms])
    async with (
        AsyncSeven(**sandbox.options) as seven,  # AsyncSeven() sends with SEVEN_API_KEY
        Campaign(seven, "orders") as campaign,
    ):
        async for entry in campaign.send(messages):
            print(f"line {entry.line}: {entry.channel} {entry.state}", entry.error or "")
    for message in sandbox.ledger:
        print(message.channel, message.text)


asyncio.run(main())
