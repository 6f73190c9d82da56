"""Whether the files of a journal are still the ones that were opened.

In: paths. Out: a `JournalError` when a file is gone or is another one. I/O: asks the system only.

A file that was deleted, moved or replaced stays open: SQLite goes on writing to it, and the next
run would not find there who was served.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalLostError

_WHAT_TO_DO: Final = (
    "nothing more is sent. Put the journal back, with the file that ends with -wal if there is "
    "one, and send with it again: it knows who was served"
)


class WatchedFiles:
    """Files by their path, with device and inode of the moment when they were added."""

    def __init__(self) -> None:
        self._identities: dict[Path, tuple[int, int]] = {}

    def add(self, path: Path) -> None:
        """Watch a file; raises OSError if there is none."""
        # Not resolved: a link that leads elsewhere later has to be noticed, too.
        self._identities[path.absolute()] = identity_of(path)

    def check(self) -> None:
        """Raise `JournalLostError` for a file that is gone, or is another one by now."""
        for path, identity in self._identities.items():
            try:
                now = identity_of(path)
            except OSError as error:
                raise JournalLostError(
                    f"{path} is gone ({error.strerror}): it was deleted or moved while the "
                    f"campaign was being sent; {_WHAT_TO_DO}"
                ) from None
            if now != identity:
                raise JournalLostError(
                    f"{path} is another file by now: it was replaced while the campaign was being "
                    f"sent; {_WHAT_TO_DO}"
                )


def identity_of(path: Path) -> tuple[int, int]:
    """Return device and inode of the file that a path leads to; raises OSError."""
    status = os.stat(path)  # noqa: PTH116 - called for each commit, and pathlib takes twice as long
    return status.st_dev, status.st_ino
