"""A login by one-time password in a FastAPI service: caps on what is sent, no word on who is known.

pip install 'seven-async[otp]' fastapi uvicorn
uvicorn otp_login:app
Runs until Ctrl-C. It sends to a sandbox within the process, with SEVEN_API_KEY to the gateway.
"""

import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Request, Response

from seven_async import Async, AsyncSeven, InvalidRequestError
from seven_async.campaign import recipient_of
from seven_async.otp import (
    NumberNotAllowedError,
    OneTimePasswords,
    OtpLimits,
    SqliteOtpStore,
    TooManyCodesError,
    WrongCodeError,
)
from seven_async.sandbox import Sandbox

CUSTOMERS = {"+491711234567"}
SECRET = os.environ.get("OTP_SECRET") or secrets.token_urlsafe(32)  # the same in all processes
LOGINS: dict[str, str] = {}
"""Who is logged in, by session; an application has a store of its own."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open one client for the whole service."""
    is_real = "SEVEN_API_KEY" in os.environ
    async with AsyncSeven() if is_real else AsyncSeven(**Sandbox().options) as seven:
        app.state.otp = OneTimePasswords(
            seven,
            secret=SECRET,
            store=SqliteOtpStore(os.environ.get("OTP_STORE", "otp.db")),
            limits=OtpLimits(countries=["DE", "AT"]),  # where the customers live
            message="{code} is your code for Acme. It is valid for {minutes} minutes.",
            from_="Acme",
            default_country="DE",
            answer_s=float(os.environ.get("OTP_ANSWER_S", "2")),
        )
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/login", status_code=202)
async def begin(
    number: Annotated[str, Body(embed=True)], request: Request, response: Response
) -> dict[str, str]:
    """Send a code. The answer is the same whether or not the number is a customer's."""
    session = secrets.token_urlsafe(16)
    otp: OneTimePasswords[Async] = request.app.state.otp
    try:
        await otp.send(
            number,
            # With the session in it nobody can use up the attempts of somebody else's login.
            purpose=f"login:{session}",
            caller=request.client.host if request.client else None,
            is_known=recipient_of(number, "DE").to in CUSTOMERS,
        )
    except TooManyCodesError as error:
        headers = {"Retry-After": f"{error.retry_after_s:.0f}"}
        raise HTTPException(429, "too many codes, try again later", headers) from None
    except (NumberNotAllowedError, InvalidRequestError) as error:
        raise HTTPException(422, str(error)) from None
    response.set_cookie("session", session, httponly=True, samesite="strict")
    return {"state": "a code is on its way"}


@app.post("/login/code")
async def finish(
    number: Annotated[str, Body()], code: Annotated[str, Body()], request: Request
) -> dict[str, str]:
    """Check a code; it counts once, for this session and number only."""
    session = request.cookies.get("session", "")
    otp: OneTimePasswords[Async] = request.app.state.otp
    try:
        LOGINS[session] = await otp.verify(number, code, purpose=f"login:{session}")
    except (WrongCodeError, InvalidRequestError):
        raise HTTPException(401, "wrong code") from None
    return {"state": "logged in"}
