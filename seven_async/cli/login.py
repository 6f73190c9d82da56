"""`seven login`, `logout` and `whoami`: which account a terminal acts for."""

from __future__ import annotations

import json
import os
import webbrowser
from typing import Annotated, Final

import anyio
import typer
from anyio import to_thread

from seven_async import AsyncSeven
from seven_async.auth import SCOPES, SERVER_URL, LoginRequest, OAuth2, OAuthError
from seven_async.cli import profiles
from seven_async.cli.exit_status import EXIT_FAILED
from seven_async.cli.json_lines import AsJson, write_object
from seven_async.cli.profile_choice import name_of_run
from seven_async.cli.redirect import open_redirect
from seven_async.cli.screen import complain, say
from seven_async.errors import ConfigurationError

_PATIENCE_S: Final = 300.0


def login(
    *,
    client_id: Annotated[
        str, typer.Option(envvar="SEVEN_CLIENT_ID", help="The id of your application.")
    ] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="What to ask for; everything unless given.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Show the address, and ask for the answer.")
    ] = False,
    key: Annotated[
        bool, typer.Option("--key", help="Ask for an API key instead, and keep it.")
    ] = False,
    server_url: Annotated[
        str, typer.Option(envvar="SEVEN_OAUTH_URL", help="The authorization server.")
    ] = SERVER_URL,
) -> None:
    """Log in with the browser and keep the login as a profile (default: `default`).

    For example: seven login --key
    """
    name = name_of_run()
    signing_secret = os.environ.get("SEVEN_SIGNING_SECRET") or None
    if key:
        given = str(typer.prompt("API key", hide_input=True, err=True)).strip()
        kept = profiles.CliProfile(api_key=given, signing_secret=signing_secret)
        profiles.save_profile(name, kept)
        say(f"the key is kept as profile {name}")
        return
    if not client_id.strip():
        raise ConfigurationError(
            "give --client-id (SEVEN_CLIENT_ID), which seven's support registers, "
            "or take an API key with --key"
        )
    profile = profiles.CliProfile(
        client_id=client_id.strip(),
        client_secret=os.environ.get("SEVEN_CLIENT_SECRET") or None,
        server_url=server_url,
        signing_secret=signing_secret,
    )
    auth = profiles.login_of(name, profile)
    auth.scopes = tuple(scope or SCOPES)
    anyio.run(_log_in, auth, not no_browser)
    profiles.save_profile(name, profile)
    say(f"logged in as profile {name}")


async def _log_in(auth: OAuth2, with_browser: bool) -> None:
    if not with_browser:
        request = auth.begin_login()
        await auth.finish_login(request, _ask(request))
        return
    with open_redirect() as redirect:
        request = auth.begin_login(redirect_uri=redirect.redirect_uri if redirect else None)
        is_open = await to_thread.run_sync(webbrowser.open, request.url)
        if redirect is None:
            complain("the ports for the browser's answer are all in use")
            address: str | None = _ask(request)
        else:
            if not is_open:
                say("open this address in a browser on this machine:")
                say(request.url)
            address = await to_thread.run_sync(redirect.wait, request.state, _PATIENCE_S)
    if address is None:
        raise OAuthError("OAuth: the browser has brought no answer; try again, or --no-browser")
    await auth.finish_login(request, address)


def _ask(request: LoginRequest) -> str:
    say("open this address:")
    say(request.url)
    # Hidden: what is pasted holds the code, and a terminal keeps what it shows.
    return str(typer.prompt("paste the address that you were sent to", hide_input=True, err=True))


def logout() -> None:
    """Revoke the login of the profile, and forget the profile.

    For example: seven --profile shop logout
    """
    name = name_of_run()
    profile = _require_profile(name)
    try:
        if profile.client_id is not None:
            anyio.run(profiles.login_of(name, profile).revoke)
    except OAuthError as error:
        complain(f"{error}; the login is forgotten here, but may be good until it ends")
        raise typer.Exit(EXIT_FAILED) from None
    finally:
        profiles.delete_profile(name)
    say(f"profile {name} is forgotten")


def whoami(
    *,
    as_json: AsJson = False,
) -> None:
    """Show whose account the profile acts for.

    For example: seven whoami --json
    """
    name = name_of_run()
    anyio.run(_show_account, name, _require_profile(name), as_json)


async def _show_account(name: str, profile: profiles.CliProfile, as_json: bool) -> None:
    if profile.client_id is None:
        async with AsyncSeven(api_key=profile.api_key) as seven:
            balance = await seven.balance.get()
        if as_json:
            write_object(profile=json.dumps(name), balance=balance.to_json())
            return
        say(f"profile {name}: an API key, {balance.amount} {balance.currency}")
        return
    account = await profiles.login_of(name, profile).me()
    if as_json:
        write_object(profile=json.dumps(name), account=account.to_json())
        return
    shown = (account.company, account.alias, account.user_id and f"user {account.user_id}")
    balance_text = None if account.balance is None else f"{account.balance} EUR"
    words = ", ".join(word for word in (*shown, balance_text) if word)
    say(f"profile {name}: {words}")


def _require_profile(name: str) -> profiles.CliProfile:
    profile = profiles.find_profile(name)
    if profile is None:
        raise ConfigurationError(f"there is no profile {name!r}; run `seven login`")
    return profile
