"""Every option is checked where it is given, by its name, in both clients and in clones."""

from __future__ import annotations

import os
from typing import Any, cast

import pytest

from seven_async import AsyncSeven, BearerToken, ConfigurationError, Retry, Seven

KEY = "the-key-of-this-test"


class AwaitedWhenCalled:
    """An observer that would have to be awaited."""

    async def __call__(self, _: object) -> None:
        """Never awaited."""


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"api_key": ""}, "api_key is empty, there is no API key: set .*SEVEN_API_KEY"),
    "blank key": ({"api_key": " \n"}, "api_key is empty, there is no API key"),
    "key of a number": ({"api_key": 123}, "api_key must be a text, not int"),
    "key of bytes": ({"api_key": b"key"}, "api_key must be a text, not bytes"),
    "key with half an emoji": ({"api_key": "k\ud83d"}, "api_key has characters that no HTTP"),
    "token as auth": ({"auth": "token"}, "auth must be an object with access_token.*, not str"),
    "class as auth": ({"auth": BearerToken}, "auth must be an object with access_token"),
    **{
        f"token {token!r}": ({"auth": BearerToken(token)}, "auth has a .*token")
        for token in cast("list[str]", ["", " ", None, 5, "a\nb", "ü"])
    },
    "huge rate": ({"rate": 10**5000}, "rate must be a number"),
    "empty account": ({"account": ""}, "account is empty"),
    "account of a flag": ({"account": True}, "account must be a text, not bool"),
    "account below 1": ({"account": 0}, "account must be the id of a subaccount, not 0"),
    "huge account": ({"account": 10**5000}, "account must be the id of a subaccount"),
    "empty secret": ({"signing_secret": ""}, "signing_secret is empty"),
    "secret of bytes": ({"signing_secret": b"s"}, "signing_secret must be a text, not bytes"),
    "half an emoji as a secret": ({"signing_secret": "\udc00"}, "signing_secret has half of"),
    "open bracket": ({"base_url": "http://[::1"}, "base_url must be a whole URL such as"),
    "no host": ({"base_url": "https://"}, "base_url must be a whole URL"),
    "path alone": ({"base_url": "/api"}, "base_url must be a whole URL"),
    "port that is none": ({"base_url": "http://a:b/api"}, "base_url must be a whole URL"),
    "port too large": ({"base_url": "http://a:99999"}, "base_url must be a whole URL"),
    "blank in a URL": ({"base_url": "http://a b/api"}, "base_url must be a whole URL"),
    "line break in a URL": ({"base_url": "http://a\n/api"}, "base_url must be a whole URL"),
    "label too long": ({"base_url": f"http://{'a' * 64}.test"}, "base_url must be a whole URL"),
    "query in a URL": ({"base_url": "http://a/api?x=1"}, "base_url must be a whole URL"),
    "URL of None": ({"base_url": None}, "base_url must be a text, not NoneType"),
    "password in a URL": ({"base_url": "http://u:p@a"}, "base_url must not hold a user name"),
    "unknown style": ({"url_style": "query"}, "url_style is paths or actions"),
    "time-out of a text": ({"timeout_s": "5"}, "timeout_s must be a number of seconds, .* '5'"),
    "no time-out": ({"timeout_s": None}, "timeout_s must be a number of seconds"),
    "time-out of nothing": ({"timeout_s": 0}, "timeout_s must be .* more than 0, not 0"),
    "time-out of NaN": ({"connect_timeout_s": float("nan")}, "connect_timeout_s must be"),
    "endless deadline": ({"deadline_s": float("inf")}, "deadline_s must be a number of seconds"),
    "huge deadline": ({"deadline_s": 10**400}, "deadline_s must be a number of seconds"),
    "time-out of a flag": ({"timeout_s": True}, "timeout_s must be a number of seconds"),
    "retry of a number": ({"retry": 3}, "retry must be a Retry"),
    "concurrency of nothing": ({"concurrency": 0}, "concurrency must be a whole number"),
    "concurrency of a text": ({"concurrency": "64"}, "concurrency must be a whole number"),
    "concurrency of a fraction": ({"concurrency": 2.5}, "concurrency must be a whole number"),
    "concurrency of millions": ({"concurrency": 10**7}, "concurrency must be .* at most 65,535"),
    "reply of no bytes": ({"max_reply_bytes": 0}, "max_reply_bytes must be a whole number"),
    "reply of a text": ({"max_reply_bytes": "1 MB"}, "max_reply_bytes must be a whole number"),
    "rate of a text": ({"rate": "x"}, "rate"),
    "rate of nothing": ({"rate": 0}, "rate"),
    "rate of a flag": ({"rate": True}, "rate"),
    "empty client's name": ({"sent_with": ""}, "sent_with is empty"),
    "client's name of a number": ({"sent_with": 7}, "sent_with must be a text"),
    "observer that is none": ({"on_event": []}, "on_event must be a function, not list"),
    "awaiting observer": ({"on_event": AwaitedWhenCalled()}, "on_event is called, not awaited"),
    "transport that is none": ({"transport": "http"}, "transport= takes"),
    "clock that is none": ({"clock": 5}, "clock must be a Clock, not int"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_option(name: str):
    """The error comes where the option is given, names it, and shows no key."""
    options, message = WRONG[name]
    for client in (AsyncSeven, Seven):
        for make in (client, client(api_key=KEY).with_options):
            with pytest.raises(ConfigurationError, match=message) as caught:
                make(**({"api_key": KEY} | options))
            assert KEY not in str(caught.value)


@pytest.mark.parametrize("client", [AsyncSeven, Seven])
def test_options_have_names(client: Any):
    """`Seven("key")` is told how the key is given; it does not repeat what it got."""
    with pytest.raises(ConfigurationError, match=r"Seven\(\) takes its options by name.*api_key="):
        client(KEY)
    with pytest.raises(ConfigurationError, match=r"with_options\(\) takes its options by name"):
        client(api_key=KEY).with_options(5, 6)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch):
    """Without a key in the environment the error is that of a key that was never given."""
    monkeypatch.setenv("SEVEN_API_KEY", "")
    with pytest.raises(ConfigurationError, match=r"^There is no API key: set the environment"):
        Seven()
    with pytest.raises(ConfigurationError, match="there is no API key"):
        Seven(api_key=os.environ.get("SEVEN_API_KEY", ""))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts", 0),
        ("attempts", "3"),
        ("attempts", 1.5),
        ("first_wait_s", -1),
        ("longest_wait_s", float("nan")),
        ("longest_retry_after_s", "60"),
    ],
)
def test_a_retry_is_checked(name: str, value: Any):
    """What a `Retry` takes is checked when it is made."""
    with pytest.raises(ConfigurationError, match=f"{name} must be"):
        Retry(**{name: value})


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": " key\n"},
        {"api_key": "Bearer token"},
        {"account": 7, "timeout_s": 0.5, "connect_timeout_s": 1, "concurrency": 1},
        {"base_url": "http://[::1]:8080/api/", "retry": None},
        {"base_url": "http://bücher.example/api"},
        {"signing_secret": "sécret", "on_event": print},
    ],
)
def test_odd_looking_options_that_are_right(options: dict[str, Any]):
    """What only looks odd is taken."""
    Seven(**({"api_key": KEY} | options))
