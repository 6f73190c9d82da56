"""A user's program: what most people write first, checked against the installed wheel.

It imports nothing but the package and Python's own modules. `nox -s wheel` has both type checkers
read it in a folder of its own, where the source cannot be found.
"""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

from seven_async import (
    AsyncSeven,
    CallEvent,
    OutcomeUnknownError,
    RcsCard,
    RcsReply,
    Reconciliation,
    SendSms,
    Seven,
    SevenError,
)
from seven_async.campaign import Campaign, CsvMessages, Entry, Report, read_csv
from seven_async.otp import OneTimePasswords, WrongCodeError
from seven_async.receivers import WebhookApp
from seven_async.sandbox import Sandbox
from seven_async.webhooks import DeliveryReport, InboundSms, WebhookVerifier


def note(event: CallEvent) -> None:
    """Look at what each attempt came to."""
    print(event.outcome, event.attempt)


async def send(number: str) -> Decimal | None:
    """Send a message, and find out what became of it where that is unknown."""
    async with AsyncSeven(on_event=note) as seven:
        try:
            receipt = await seven.sms.send(number, text="Hi", from_="Acme")
        except OutcomeUnknownError as error:
            assert_type(await seven.reconcile(error), Reconciliation)
            return None
        except SevenError as error:
            print(error.outcome)
            raise
        async for contact in seven.contacts.list():
            print(contact.id)
        return receipt.total_price


async def run_campaign() -> Report:
    """Send to every row of a file."""
    messages = read_csv("people.csv", text="Hi {name}", from_="Acme")
    assert_type(messages, CsvMessages[SendSms])
    async with AsyncSeven() as seven, Campaign(seven, "spring", journal="spring.db") as campaign:
        async for entry in campaign.send(messages):
            assert_type(entry, Entry)
        return campaign.report()


def log_in(number: str, code: str) -> bool:
    """Check a code without an event loop, on the sandbox."""
    with Seven(**Sandbox().options) as seven:
        seven.rcs.send(number, RcsCard(title="Hi", suggestions=[RcsReply("Yes")]))
        otp = OneTimePasswords(seven, secret="a secret of the application")
        try:
            otp.verify(number, code, purpose="login")
        except WrongCodeError:
            return False
        return True


app = WebhookApp(WebhookVerifier("secret", url="https://app.example/hooks"), inbox="hooks.db")


@app.on(DeliveryReport)
async def note_report(report: DeliveryReport) -> None:
    """Take a delivery report."""
    print(report.message_id, report.state)


@app.on(InboundSms)
def note_reply(message: InboundSms) -> None:
    """Take a reply."""
    print(message.sender, message.text)
