"""Stores of tokens: memory, a private file, the keyring of the system. I/O: that of each store."""

from __future__ import annotations

import importlib
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from seven_async.auth.token import Token
from seven_async.errors import ConfigurationError


class MemoryTokenStore:
    """A token in this process; after its end, log in again."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token
        self._lock = threading.Lock()

    def load(self) -> Token | None:
        """Return the token."""
        return self._token

    def save(self, token: Token) -> None:
        """Keep a token."""
        self._token = token

    def delete(self) -> None:
        """Forget the token."""
        self._token = None

    def try_lock(self) -> bool:
        """Take the lock, if it is free."""
        return self._lock.acquire(blocking=False)

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.release()


class _FileLock:
    """A lock between processes, in a file of its own, since the token's file is replaced."""

    def __init__(self, path: Path) -> None:
        try:
            # By name, so that type checkers do not need what only an extra installs.
            filelock: Any = importlib.import_module("filelock")
        except ModuleNotFoundError:
            raise ConfigurationError(
                "this token store needs filelock: pip install 'seven-async[oauth]'"
            ) from None
        self._busy: type[Exception] = filelock.Timeout
        # Of the process, not of a thread: it is taken and given back in different worker threads.
        self._lock: Any = filelock.FileLock(path, thread_local=False, mode=0o600)
        self._own = threading.Lock()

    def try_lock(self) -> bool:
        """Take the lock, if it is free in this process and in all others."""
        if not self._own.acquire(blocking=False):
            return False
        try:
            self._lock.acquire(blocking=False)
        except self._busy:
            self._own.release()
            return False
        except BaseException:
            self._own.release()
            raise
        return True

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.release()
        self._own.release()


class FileTokenStore:
    """A token in a file that only its owner can read; processes may share it.

    The file is written beside and renamed, so that a reader finds the old token or the new one.
    Needs the extra `oauth`, for the lock.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path)
        self._lock = _FileLock(self.path.with_name(self.path.name + ".lock"))

    def __repr__(self) -> str:
        return f"<FileTokenStore {os.fspath(self.path)!r}>"

    def load(self) -> Token | None:
        """Return the token; raises `ConfigurationError` for a file that holds none."""
        try:
            return Token.from_json(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            # Without the cause: it may quote the file.
            raise ConfigurationError(
                f"{self.path} cannot be read as a token; delete it and log in again"
            ) from None

    def save(self, token: Token) -> None:
        """Keep a token; when this returns it is on the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp makes the file 0600 when it is created, under any umask.
        handle, beside = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(token.to_json())
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(self.path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        _sync_folder(self.path.parent)

    def delete(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)

    def try_lock(self) -> bool:
        """Take the lock, if no other task, thread or process has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._lock.try_lock()

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.unlock()


def _sync_folder(folder: Path) -> None:
    """Write the new name to the disk, too; Windows has no handle for a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class KeyringTokenStore:
    """A token in the keyring of the system, under a name. Needs the extra `keyring`."""

    _SERVICE = "seven-async"

    def __init__(self, name: str = "default") -> None:
        try:
            self._keyring: Any = importlib.import_module("keyring")
            self._errors: Any = importlib.import_module("keyring.errors")
        except ModuleNotFoundError:
            raise ConfigurationError(
                "KeyringTokenStore needs keyring: pip install 'seven-async[keyring]'"
            ) from None
        self._name = name
        self._lock = _FileLock(Path(tempfile.gettempdir()) / f"seven-async-{_user()}-{name}.lock")

    def __repr__(self) -> str:
        return f"<KeyringTokenStore {self._name!r}>"

    def load(self) -> Token | None:
        """Return the token; raises `ConfigurationError` for an entry that is none."""
        text = self._keyring.get_password(self._SERVICE, self._name)
        try:
            return None if text is None else Token.from_json(text)
        except ValueError:
            raise ConfigurationError(
                f"the keyring's entry {self._name!r} is no token; log in again"
            ) from None

    def save(self, token: Token) -> None:
        """Keep a token."""
        self._keyring.set_password(self._SERVICE, self._name, token.to_json())

    def delete(self) -> None:
        """Forget the token."""
        with suppress(self._errors.PasswordDeleteError):
            self._keyring.delete_password(self._SERVICE, self._name)

    def try_lock(self) -> bool:
        """Take the lock, if no other task, thread or process of this user has it."""
        return self._lock.try_lock()

    def unlock(self) -> None:
        """Give the lock back."""
        self._lock.unlock()


def _user() -> str:
    """Return the name of the user on this machine, for the name of a lock."""
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
