"""A process that shares a token's file with others. Not a test: tests start it.

In: the server's URL, the file, and on standard input a line per round; the line `die` kills it
between the refresh and the store. Out: a line per round, `ok` or the name of the error.
"""

from __future__ import annotations

import os
import signal
import sys

import anyio

from seven_async.auth import FileTokenStore, OAuth2, OAuthError, Token


def die(_: Token) -> None:
    """End as the kernel ends a process."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(server_url: str, path: str) -> None:
    """Replace the token that was good until now, once per line."""
    store = FileTokenStore(path)
    auth = OAuth2("my-app", store=store, server_url=server_url)
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "die":
            store.save = die
        try:
            token = await auth.access_token()
            print("holds", flush=True)
            sys.stdin.readline()
            await auth.renew(token)
            await auth.me()
        except OAuthError as error:
            print(type(error).__name__, error, flush=True)
        else:
            print("ok", flush=True)


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
