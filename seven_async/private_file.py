"""Files that hold numbers or secrets: written whole or not at all, readable by their owner only.

In: the path of a file that is to be written, and the files that must stay as they are. Out: the
path of a temporary file beside it, which then takes its place. I/O: these files.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from seven_async.errors import InvalidRequestError

_OWNER_ONLY: Final = 0o600
_SMALLEST_DATABASE: Final = 512  # bytes: one page of the smallest size
_BESIDE_A_DATABASE: Final = ("-wal", "-shm", "-journal")


@contextmanager
def replace_file(path: Path, inputs: Iterable[Path] = ()) -> Generator[Path]:
    """Give a temporary file to write to; it replaces `path` when the block ends without an error.

    A reader of `path` sees the old file or the new one, never a part. A device or a pipe is
    written to directly.

    Args:
        path: The file to be written; a link is followed.
        inputs: Files that must not be replaced, under whatever name.

    Raises:
        InvalidRequestError: `path` is one of the inputs, or a database such as a journal.
        OSError: The file cannot be written; an old one is left as it was.
    """
    refuse_to_replace(path, inputs)
    if path.exists() and not path.is_file():
        yield path
        return
    target = path.resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".seven-", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def refuse_to_replace(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise `InvalidRequestError` if a file is an input or a database."""
    for file in inputs:
        if path.exists() and file.exists() and path.samefile(file):
            raise InvalidRequestError(
                f"{path} is the file that is read (or the same under another name), and would be "
                f"overwritten; give another name for what is written"
            )
    if _is_database(path) or _belongs_to_a_database(path):
        raise InvalidRequestError(
            f"{path} is a database, perhaps a journal, and would be overwritten; give another name "
            f"for what is written"
        )


@contextmanager
def lock_file(path: Path) -> Generator[None]:
    """Hold the right to change a file: one process at a time reads it, and replaces it.

    The file is made if there is none. On Windows nothing is locked: an open file cannot be replaced
    there.
    """
    if sys.platform == "win32":
        path.touch()
        yield
        return
    handle = _lock(path)
    try:
        yield
    finally:
        os.close(handle)


def _lock(path: Path) -> int:
    import fcntl  # noqa: PLC0415 - not on Windows

    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # The last holder of the lock may have replaced the file: then this is the old one.
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            return handle
        os.close(handle)


def _is_database(path: Path) -> bool:
    """Tell whether a file is a SQLite database.

    Asked of SQLite: opening and closing a journal in another way would end the locks that this
    process has on it.
    """
    if not path.is_file() or path.stat().st_size < _SMALLEST_DATABASE:
        return False
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        # Locked, or without a right to read it: rather none than one too many is replaced.
        return error.sqlite_errorcode != sqlite3.SQLITE_NOTADB
    return True


def _belongs_to_a_database(path: Path) -> bool:
    """Tell whether a file holds what is new in a database beside it."""
    suffix = next((end for end in _BESIDE_A_DATABASE if path.name.endswith(end)), None)
    return suffix is not None and _is_database(path.with_name(path.name.removesuffix(suffix)))


def _sync(file: Path) -> None:
    """Have a file on the disk before it takes another one's place."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
