"""Send to several people without an event loop, and see who was refused.

pip install seven-async
python send_blocking.py
Ends by itself. It sends to a sandbox within the process.
"""

from seven_async import Seven
from seven_async.sandbox import Sandbox

with Seven(**Sandbox().options) as seven:  # Seven() sends with SEVEN_API_KEY
    receipt = seven.sms.send(["+491711234567", "+43664123456", "123"], "Doors open at 8")
    for message in receipt.messages:
        print(message.recipient, message.id or message.error_text)
    for price in seven.pricing.get(country="DE").countries[0].networks:
        print(price.network_name, price.price)
    print(seven.balance.get().amount)
