"""Tokens in the keyring of the system, with a keyring that is a dictionary."""

from __future__ import annotations

import sys
import types

import pytest

from seven_async import ConfigurationError
from seven_async.auth import KeyringTokenStore, Token


class PasswordDeleteError(Exception):
    """What keyring raises for an entry that is not there."""


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """The entries of a keyring that is loaded in place of the system's."""
    kept: dict[tuple[str, str], str] = {}
    module, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")

    def delete_password(*name: str) -> None:
        if kept.pop(name, None) is None:
            raise PasswordDeleteError

    module.get_password = lambda *name: kept.get(name)
    module.set_password = lambda service, name, text: kept.__setitem__((service, name), text)
    module.delete_password = delete_password
    errors.PasswordDeleteError = PasswordDeleteError
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return kept


def test_a_token_comes_back_from_the_keyring(entries: dict[tuple[str, str], str]) -> None:
    """What was saved is loaded, and gone after it was deleted, however often."""
    store = KeyringTokenStore("test")
    token = Token(access_token="a", expires_at=1.0, refresh_token="r", scopes=("sms",))
    store.save(token)

    assert token == store.load()
    store.delete()
    store.delete()
    assert store.load() is None


def test_an_entry_that_is_no_token_is_told_by_name(entries: dict[tuple[str, str], str]) -> None:
    """The error names the entry, and does not quote it."""
    entries["seven-async", "test"] = "shown-nowhere"
    with pytest.raises(ConfigurationError, match="'test' is no token") as caught:
        KeyringTokenStore("test").load()

    assert "shown-nowhere" not in str(caught.value)


def test_two_stores_of_one_name_exclude_each_other(entries: dict[tuple[str, str], str]) -> None:
    """The lock is that of the entry, and free again when it was given back."""
    first, second = KeyringTokenStore("lock-test"), KeyringTokenStore("lock-test")

    assert first.try_lock()
    assert not second.try_lock()
    first.unlock()
    assert second.try_lock()
    second.unlock()


def test_without_keyring_the_store_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"seven-async\[keyring\]"):
        KeyringTokenStore()
