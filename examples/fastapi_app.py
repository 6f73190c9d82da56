"""A FastAPI service that sends on a request, runs campaigns in the background, and takes webhooks.

pip install seven-async fastapi uvicorn
uvicorn fastapi_app:app
Runs until Ctrl-C. It sends to a sandbox within the process, with SEVEN_API_KEY to the gateway.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
from fastapi import Body, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from starlette.routing import Route

from seven_async import (
    ApiError,
    Async,
    AsyncSeven,
    InvalidRequestError,
    OutcomeUnknownError,
    SendSms,
)
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    JournalError,
    JournalLockedError,
    OptOutList,
    OptOutSink,
    PausedError,
)
from seven_async.receivers import WebhookApp
from seven_async.sandbox import Sandbox
from seven_async.webhooks import DeliveryReport, WebhookVerifier

FOLDER = Path(os.environ.get("CAMPAIGNS", "."))
URL = os.environ.get("WEBHOOK_URL", "http://127.0.0.1:8000/hooks/seven")
SECRET = os.environ.get("SEVEN_SIGNING_SECRET", "sandbox-signing-secret")

opt_outs = OptOutList(FOLDER / "opt-outs.db")
receiver = WebhookApp(
    WebhookVerifier(SECRET, url=URL),
    inbox=FOLDER / "webhooks.db",
    sinks=[OptOutSink(opt_outs)],
)


@receiver.on(DeliveryReport)
async def show(report: DeliveryReport) -> None:
    """Show delivery reports."""
    print(report.message_id, report.state, flush=True)


def build_client() -> AsyncSeven:
    """Return a client of the gateway, or of a sandbox where there is no key."""
    is_real = "SEVEN_API_KEY" in os.environ
    return AsyncSeven() if is_real else AsyncSeven(**Sandbox().options)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open one client for the whole service; at the end, stop campaigns and let sends finish."""
    app.state.running = {}
    async with build_client() as seven, anyio.create_task_group() as tasks:
        app.state.seven, app.state.tasks = seven, tasks
        await receiver.redeliver()
        yield
        for campaign in app.state.running.values():
            campaign.stop()  # what is in flight finishes; the same POST goes on with the rest


app = FastAPI(lifespan=lifespan)
# No app.mount(): that would answer the path without a slash with a redirection.
app.routes.append(Route("/hooks/seven", receiver, methods=["GET", "POST"]))


def get_client(request: Request) -> AsyncSeven:
    """Return the client of the service."""
    seven: AsyncSeven = request.app.state.seven
    return seven


Client = Annotated[AsyncSeven, Depends(get_client)]


@app.post("/parcels/{parcel}/arrived")
async def announce(
    parcel: str, number: Annotated[str, Body(embed=True)], seven: Client
) -> dict[str, str | None]:
    """Tell a customer that a parcel has arrived."""
    text = f"Parcel {parcel} has arrived."
    try:
        receipt = await seven.sms.send(number, text, from_="Shop", foreign_id=f"parcel-{parcel}")
        receipt.raise_for_failures()
    except OutcomeUnknownError as error:
        # It may have been sent. A caller who repeats the request would send it twice.
        return {"state": "unknown", "foreign_id": error.foreign_id}
    except (ApiError, InvalidRequestError) as error:
        raise HTTPException(422, str(error)) from None
    return {"state": "accepted", "id": receipt.messages[0].id}


class Person(BaseModel):
    """Who gets a message of a campaign."""

    number: str
    first_name: str


def journal_of(name: str) -> Path:
    """Return the file of a campaign, whose name is a word."""
    if not name.isidentifier():
        raise HTTPException(422, "the name of a campaign is one word")
    return FOLDER / f"{name}.campaign.db"


@app.post("/campaigns/{name}", status_code=202)
async def begin(name: str, people: list[Person], request: Request, seven: Client) -> str:
    """Begin a campaign, or go on with it: nobody who was served is served again."""
    state = request.app.state
    if name in state.running:
        raise HTTPException(409, "this campaign is being sent")
    campaign = Campaign(seven, name, journal=journal_of(name), suppress=opt_outs)
    state.running[name] = campaign
    state.tasks.start_soon(send, campaign, people, state.running)
    return "begun"


async def send(
    campaign: Campaign[Async], people: list[Person], running: dict[str, Campaign[Async]]
) -> None:
    """Send a campaign; what goes wrong with it is shown, and stays in its journal."""
    messages = [
        SendSms(person.number, f"Hi {person.first_name}, doors open at 8") for person in people
    ]
    try:
        async with campaign:
            async for entry in campaign.send(messages):
                print(entry.state, entry.error or "", flush=True)
    except (PausedError, JournalLockedError) as error:
        print(error, flush=True)
    finally:
        running.pop(campaign.name, None)


@app.get("/campaigns/{name}")
def show_campaign(name: str) -> dict[str, object]:
    """Tell how far a campaign is."""
    try:
        with CampaignJournal.open(journal_of(name)) as journal:
            report = journal.report()
            return {
                "is_running": journal.is_running,
                "accepted": report.accepted,
                "rejected": report.rejected,
                "unknown": report.unknown,
            }
    except JournalError:
        raise HTTPException(404, "there is no such campaign, or it has only just begun") from None
