"""What SQLite files need that several threads or processes share.

In: open connections, and paths. Out: transactions that are written whole or not at all; what tells
one file from another at the same path. I/O: the files.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """Write what the block does in one commit; undo it when the block ends with an error.

    Waits for other writers at the beginning, so that nothing in the block meets their lock.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # A full disk, for example, has ended the transaction already.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def close_all(*databases: sqlite3.Connection) -> None:
    """Close connections."""
    for database in databases:
        database.close()


def identity_of(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Return device and inode of the file that a path leads to; raises OSError."""
    status = os.stat(path)  # noqa: PTH116 - called for each commit, and pathlib takes twice as long
    return status.st_dev, status.st_ino
