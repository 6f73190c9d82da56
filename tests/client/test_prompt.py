"""What a client shows at a prompt: its help, its names, and itself."""

from __future__ import annotations

import inspect
import pydoc

import pytest

from seven_async import AsyncSeven, ConfigurationError, Options, Seven

CLIENTS = [AsyncSeven, Seven]


def test_repr_tells_where_and_whether(options):
    """A client says where it leads and whether it is open; a key is no part of it."""
    seven = AsyncSeven(**options)

    assert "<AsyncSeven http://sandbox.localhost/api over SandboxTransport, new>" == repr(seven)


async def test_repr_follows_the_life_of_a_client(options):
    """First it is new, then open, then closed."""
    seven = AsyncSeven(**options)
    shown = [repr(seven)]
    async with seven:
        shown.append(repr(seven))
    shown.append(repr(seven))

    assert ["new>", "open>", "closed>"] == [text.split()[-1] for text in shown]


@pytest.mark.parametrize("client", CLIENTS)
def test_names_at_a_prompt_are_for_users(client, options):
    """Completion offers groups and what a client can do, not what groups need of it."""
    seven = client(**options)
    names = {name for name in dir(seven) if not name.startswith("_")}

    assert {"balance", "sms", "options", "raw", "with_options"} <= names
    assert set() == {"call", "is_blocking", "pages"} & names


@pytest.mark.parametrize("client", CLIENTS)
def test_help_lists_groups_and_methods(client):
    """`help()` shows every group with its methods, though they only exist on a client."""
    text = pydoc.plain(pydoc.render_doc(client))

    assert "* `balance`: get" in text
    assert "* `sms`: delete, send" in text


@pytest.mark.parametrize("client", CLIENTS)
def test_every_group_of_the_help_is_there(client, options):
    """What `help()` names can be called."""
    seven = client(**options)
    listed = [
        (group.strip("* `"), method)
        for line in client.__doc__.splitlines()
        if line.startswith("* `")
        for group, _, methods in [line.partition(":")]
        for method in methods.strip().split(", ")
    ]

    assert listed
    assert all(callable(getattr(getattr(seven, group), method)) for group, method in listed)


@pytest.mark.parametrize("client", CLIENTS)
def test_signature_shows_every_option_and_where_its_default_comes_from(client):
    """An editor shows all options; the key's default is the variable it is read from."""
    parameters = inspect.signature(client).parameters

    assert list(inspect.signature(Options).parameters) == list(parameters)
    assert "${SEVEN_API_KEY}" == repr(parameters["api_key"].default)


@pytest.mark.parametrize("client", CLIENTS)
def test_options_of_a_clone_stay_as_they_are(client):
    """The signature of `with_options` promises no default: what is not given is not changed."""
    parameters = list(inspect.signature(client.with_options).parameters.values())[1:]

    assert {"<unchanged>"} == {repr(parameter.default) for parameter in parameters}


def test_password_in_a_url_is_refused_and_not_repeated():
    """A URL stands in logs and in `repr`, so it cannot hold a secret."""
    with pytest.raises(ConfigurationError) as caught:
        AsyncSeven(api_key="key", base_url="https://me:secret@gateway.seven.io/api")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", [AsyncSeven, Seven])
def test_group_at_a_prompt_shows_its_methods_and_whose_it_is(kind, options):
    """Tab after `seven.sms.` offers methods only; the group itself names client and state."""
    seven = kind(**options)

    assert ["delete", "send"] == dir(seven.sms)
    assert ["cnam", "format", "hlr", "mnp", "rcs"] == dir(seven.lookup)
    assert (
        f"<sms of <{kind.__name__} {seven.options.base_url} over SandboxTransport, new>>"
        == repr(seven.sms)
    )
