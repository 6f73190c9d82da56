"""A command takes the fields of a class as its options.

In: a command with a parameter `options`. Out: a command that typer can read. No I/O.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import attrs


def spread_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each field of the class of its parameter `options`.

    typer reads the signature of a function: it becomes one without `options`, and with the fields
    in its place. What has no default comes first in `--help`.
    """
    options_class = get_type_hints(command)["options"]
    types = get_type_hints(options_class, include_extras=True)
    own = dict(inspect.signature(command, eval_str=True).parameters)
    del own["options"]
    # What the command takes itself is no option of it.
    fields = [field for field in attrs.fields(options_class) if field.name not in own]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        options = options_class(**{field.name: given.pop(field.name) for field in fields})
        command(options=options, **given)

    spread = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is attrs.NOTHING else field.default,
            annotation=types[field.name],
        )
        for field in fields
    ]
    # Sorting keeps the order of equals, so the commands of one class list its options alike.
    parameters = sorted(
        [*spread, *own.values()],
        key=lambda each: (each.kind, each.default is not inspect.Parameter.empty),
    )
    run.__dict__["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
