"""A campaign from the rows of a polars table, and its results as a table again.

pip install seven-async polars
python polars_campaign.py
Ends by itself. It sends to a sandbox within the process, with SEVEN_API_KEY to the gateway.
"""

import os

import polars as pl

from seven_async import SendSms, Seven
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox

orders = pl.DataFrame(
    {
        # Numbers are texts: a column of numbers has lost its plus, and perhaps its zeros.
        "number": ["+491711234567", "+43664123456", "+4915550000403", "+491711234567"],
        "name": ["Anna", "Ben", "Cleo", "Anna"],
        "total": [19.9, 5.0, 12.5, 19.9],
    }
)
# One row, one message: what is to be said to each person is polars' work.
due = orders.unique(maintain_order=True).filter(pl.col("total") >= 10)
messages = [
    SendSms(number, f"Hi {name}, {total:.2f} EUR are due.", from_="Acme", foreign_id=f"due-{row}")
    for row, (number, name, total) in enumerate(due.iter_rows())
]

is_real = "SEVEN_API_KEY" in os.environ
seven = Seven() if is_real else Seven(**Sandbox().options)
with seven, Campaign(seven, "due") as campaign:  # journal="due.db": never twice
    entries = [
        {"number": entry.recipient, "state": entry.state, "reason": entry.reason}
        for entry in campaign.send(messages)
    ]

results = due.join(pl.DataFrame(entries, infer_schema_length=None), on="number", how="left")
for row in results.sort("name").iter_rows(named=True):
    print(row["name"], row["state"], row["reason"] or "")
