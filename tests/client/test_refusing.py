"""What a client refuses before anything is sent."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from seven_async import AsyncSeven, ConfigurationError, InvalidRequestError, Seven


@pytest.mark.parametrize(
    "options",
    [{"api_key": "two\nlines"}, {"account": "1\r\nX-Other: 2"}, {"sent_with": "Grüße"}],
)
def test_what_no_header_can_carry(options: dict[str, str]) -> None:
    """A line break in a key or account is a mistake, or an attack; it never becomes a header."""
    for client in (AsyncSeven, Seven):
        with pytest.raises(ConfigurationError, match="no HTTP header"):
            client(**({"api_key": "k"} | options))


def test_an_awaiting_observer_is_refused() -> None:
    """An `async def` would never run: the error says what to give instead."""

    async def observe(_: object) -> None:
        """Never awaited."""

    with pytest.raises(ConfigurationError, match="plain function"):
        AsyncSeven(api_key="k", on_event=observe)


def test_a_signing_secret_may_have_any_characters() -> None:
    """It is a key in UTF-8, not a header."""
    assert "sécret" == AsyncSeven(api_key="k", signing_secret="sécret").options.signing_secret


@pytest.mark.parametrize("path", ["balance", "/bäl", "/a b", "/a\r\nHost: x", ""])
async def test_a_raw_path_that_is_none(path: str) -> None:
    """A path goes out as it is, so it has to be one."""
    async with AsyncSeven(api_key="k", base_url="http://127.0.0.1:9/api") as seven:
        with pytest.raises(InvalidRequestError, match="raw:"):
            await seven.raw("GET", path)


def test_errors_before_departure_hold_no_key() -> None:
    """Reporters of crashes keep the local variables of all frames; the key is in none of them."""
    key = "secret-key-of-this-test"

    async def refused() -> BaseException:
        async with AsyncSeven(api_key=key) as seven:
            try:
                await seven.raw("POST", "/x", form={"text": "\ud800"})
            except InvalidRequestError as error:
                return error
        raise AssertionError("it was not refused")

    error = asyncio.run(refused())
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]

    assert any(frame.f_code.co_name == "build_request" for frame in frames)
    assert [] == [frame for frame in frames[1:] if key in repr(frame.f_locals)]
