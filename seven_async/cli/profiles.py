"""Profiles: several accounts side by side, each with a key or a login.

In: a name (`--profile`, SEVEN_PROFILE). Out: the options of a client. I/O: files in the
platform's configuration folder, mode 0600; what they hold is never shown.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import attrs

from seven_async.auth import SERVER_URL, FileTokenStore, OAuth2
from seven_async.cli.profile_choice import DEFAULT, chosen, folder
from seven_async.errors import ConfigurationError

_NO_KEY: Final = (
    "there is no API key: set the environment variable SEVEN_API_KEY, or have it kept by "
    "`seven login --key`; --sandbox needs none"
)


@attrs.frozen(kw_only=True)
class CliProfile:
    """One account: an API key, or an application's id whose login is in a file beside."""

    api_key: str | None = attrs.field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = attrs.field(default=None, repr=False)
    server_url: str = SERVER_URL
    signing_secret: str | None = attrs.field(default=None, repr=False)


def _file(name: str) -> Path:
    return folder() / f"{name}.json"


def token_store(name: str) -> FileTokenStore:
    """Return where the login of a profile keeps its token."""
    return FileTokenStore(_file(name).with_suffix(".token"))


def find_profile(name: str) -> CliProfile | None:
    """Return a profile, None if there is none; raises `ConfigurationError` for a broken file."""
    path = _file(name)
    try:
        fields: object = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise _unreadable(path) from None
    if not isinstance(fields, dict):
        raise _unreadable(path)
    known = {field.name for field in attrs.fields(CliProfile)}
    texts = cast("Mapping[str, Any]", fields)
    if not all(isinstance(value, str) and key in known for key, value in texts.items()):
        raise _unreadable(path)
    return CliProfile(**texts)


def _unreadable(path: Path) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be read as a profile; delete it and log in again")


def save_profile(name: str, profile: CliProfile) -> None:
    """Write a profile; the file is its owner's from the first byte."""
    path = _file(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fields = attrs.asdict(profile, filter=lambda _, value: value is not None)
    _write_private(path.resolve(), json.dumps(fields))


def _write_private(path: Path, text: str) -> None:
    # A reader sees the old file or the new one, and mkstemp makes one that is its owner's.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def delete_profile(name: str) -> None:
    """Delete a profile and its token."""
    _file(name).unlink(missing_ok=True)
    token_store(name).delete()


def login_of(name: str, profile: CliProfile) -> OAuth2:
    """Return the source of tokens of a profile with a login."""
    return OAuth2(
        profile.client_id or "",
        profile.client_secret,
        store=token_store(name),
        server_url=profile.server_url,
    )


def find_signing_secret() -> str | None:
    """Return the secret that signs webhooks; None if it is nowhere.

    That is a chosen profile's, SEVEN_SIGNING_SECRET, or the default profile's.
    """
    in_environment = os.environ.get("SEVEN_SIGNING_SECRET", "").strip() or None
    name = chosen.get()
    if name is None and in_environment:
        return in_environment
    profile = find_profile(name or DEFAULT)
    return (profile.signing_secret if profile is not None else None) or in_environment


def client_options() -> dict[str, Any]:
    """Return who a command's client is: a chosen profile, SEVEN_API_KEY, or the default profile.

    Raises:
        ConfigurationError: The chosen profile is not there, or there is neither key nor profile.
    """
    name = chosen.get()
    if name is None and os.environ.get("SEVEN_API_KEY", "").strip():
        return {}
    profile = find_profile(name or DEFAULT)
    if profile is None:
        if name is None:
            raise ConfigurationError(_NO_KEY)
        raise ConfigurationError(
            f"there is no profile {name!r}; make it with `seven --profile {name} login`"
        )
    if profile.api_key is not None:
        return {"api_key": profile.api_key}
    return {"auth": login_of(name or DEFAULT, profile)}
