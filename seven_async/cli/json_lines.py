"""What commands say to programs: one object of JSON in one line, with full values.

In: JSON of replies and reports. Out: a line on standard output. I/O: writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from typing import Annotated

import typer

from seven_async.cli.screen import write_line

AsJson = Annotated[
    bool, typer.Option("--json", help="One line of JSON with all values, for programs.")
]


def write_object(**members: str | None) -> None:
    """Write an object whose members are JSON already; None is null."""
    shown = (f"{json.dumps(name)}: {value or 'null'}" for name, value in members.items())
    write_line(f"{{{', '.join(shown)}}}")


@contextmanager
def keep_output_for_json(*, is_wanted: bool) -> Generator[None]:
    """Let what people read go to standard error, so that a program finds its line alone."""
    if not is_wanted:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield
