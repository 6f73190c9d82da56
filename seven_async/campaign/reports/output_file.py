"""The files that a campaign writes: exports and reports, never over what it reads.

In: where to write, and what the campaign reads. Out: a temporary file that takes that place. I/O:
these files.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seven_async.errors import InvalidRequestError
from seven_async.private_file import refuse_to_replace, replace_file

_OWN_BEGINNINGS: Final = ("<!doctype html", "line,recipient,channel,key,")
OWN_COLUMNS: Final = (
    "state", "reason", "error", "code", "message_id", "segments", "price_eur", "delivery",
)  # fmt: skip
"""What an export adds to the columns of the file that was sent."""

_LONGEST_HEADER: Final = 65_536


@contextmanager
def output_file(path: Path, campaign: str, inputs: Iterable[Path] = ()) -> Generator[Path]:
    """Give a temporary file to write to, which then replaces `path`; see `replacing`.

    A campaign of the command line has the name of the file that was sent. A file of that name
    that no campaign has written is taken for that file, and refused.
    """
    # First: a journal must not even be opened as a text, which would end its locks.
    refuse_to_replace(path, inputs)
    if path.is_file() and path.stem == campaign and not _is_own(path):
        raise InvalidRequestError(
            f"{path} has the name of the file that was sent, and is no export or report; give "
            f"another name for what is written"
        )
    with replace_file(path) as temporary:
        yield temporary


def _is_own(path: Path) -> bool:
    """Tell whether a file is an earlier export or report, or empty."""
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline(_LONGEST_HEADER).strip().lower()
    return not first or first.startswith(_OWN_BEGINNINGS) or first.endswith(",".join(OWN_COLUMNS))
