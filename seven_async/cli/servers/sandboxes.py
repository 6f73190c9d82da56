"""`seven sandbox`: the local gateway as a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seven_async.cli.screen import say
from seven_async.errors import InvalidRequestError


def parse_seconds(text: str) -> float:
    """`35ms`, `1.5s` or a bare number of seconds."""
    unit_s = 0.001 if text.endswith("ms") else 1.0
    number = text.removesuffix("ms").removesuffix("s")
    try:
        return float(number) * unit_s
    except ValueError:
        raise InvalidRequestError(f"--latency takes 35ms or 1.5s, not {text!r}") from None


def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 7077,
    key: Annotated[str, typer.Option(help="The API key that it takes.")] = "sandbox-key",
    credit: Annotated[str, typer.Option(help="The account's credit in EUR.")] = "1000000",
    latency: Annotated[str, typer.Option(help="How late answers come: 35ms, 1.5s.")] = "0s",
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    signing_secret: Annotated[
        str, typer.Option(help="The secret that signs requests and webhooks.")
    ] = "sandbox-signing-secret",  # noqa: S107 - a test double's
    fault: Annotated[
        list[str] | None,
        typer.Option(help="A failure on demand: 'POST /sms status=503 probability=0.1'."),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="A file that keeps its state from run to run.")
    ] = None,
    reload_lock: Annotated[
        bool,
        typer.Option(help="Refuse the same SMS for 180 s, which an account can switch off."),
    ] = True,
    remote_control: Annotated[
        bool, typer.Option("--remote-control", help="Let other machines use /_sandbox, too.")
    ] = False,
) -> None:
    """Serve the local gateway until Ctrl-C or SIGTERM, for any client in any language.

    For example: seven sandbox --port 7077 --latency 35ms
    """
    from seven_async.sandbox import Sandbox, run  # noqa: PLC0415 - only when asked for

    latency_s = parse_seconds(latency)
    try:
        sandbox = Sandbox(
            key,
            balance=credit,
            latency_s=latency_s,
            seed=seed,
            signing_secret=signing_secret,
            reload_lock=reload_lock,
            remote_control=remote_control,
        )
        run(sandbox, host=host, port=port, faults=fault or [], state_file=state, echo=say)
    except (OSError, ValueError) as error:
        raise InvalidRequestError(f"the sandbox cannot start: {error}") from None
