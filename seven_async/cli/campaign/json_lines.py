"""What campaign commands say to programs: one object of JSON in one line, with full values.

In: plans, reports, results of runs. Out: a line on standard output. I/O: writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from typing import Annotated, Any, cast

import attrs
import typer

from seven_async.cli.screen import write_line

AsJson = Annotated[
    bool, typer.Option("--json", help="One line of JSON with all values, for programs.")
]


def write_json(value: Any, **more: object) -> None:
    """Write the fields of a value, and more, as one object."""
    write_line(json.dumps(to_plain({**attrs.asdict(value, recurse=False), **more})))


def to_plain(value: Any) -> Any:
    """Return a value as JSON has it; amounts are texts, since JSON's numbers are not exact."""
    if isinstance(value, Mapping):
        members = cast("Mapping[object, Any]", value)
        return {str(name): to_plain(each) for name, each in members.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(each) for each in cast("Sequence[Any]", value)]
    if hasattr(value, "__attrs_attrs__"):
        return to_plain(attrs.asdict(value, recurse=False))
    return f"{value:f}" if isinstance(value, Decimal) else value


@contextmanager
def keep_output_for_json(*, is_wanted: bool) -> Generator[None]:
    """Let what people read go to standard error, so that a program finds its line alone."""
    if not is_wanted:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield
