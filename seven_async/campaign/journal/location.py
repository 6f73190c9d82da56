"""Where a journal is. No I/O."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from seven_async.option_checks import build_refusal


def to_path(journal: str | os.PathLike[str]) -> Path:
    """Return the path of a journal.

    Raises:
        ConfigurationError: It is empty, no path, or the address of a server.
    """
    given = cast("object", journal)
    if not isinstance(given, (str, os.PathLike)):
        raise build_refusal("journal", f"must be a path, not {type(given).__name__}")
    if given == "":
        raise build_refusal("journal", "is empty; leave it out to remember nothing")
    # An address may hold a password, so it is not shown.
    if str(cast("object", journal)).startswith(("postgresql:", "postgres:")):
        raise build_refusal(
            "journal", "must be the path of a file; PostgreSQL is not supported yet"
        )
    return Path(journal)
