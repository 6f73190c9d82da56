"""Commands of the lines of the table.

In: a line, and the method of the client that it names. Out: a command for typer. I/O: the command's
own, when it runs.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from seven_async import AsyncPager
from seven_async.cli.gateway import UseSandbox
from seven_async.cli.lazy_group import build_app
from seven_async.cli.products.calling import FIRST, Asked, call_method
from seven_async.cli.products.line import RECONCILE, Command
from seven_async.cli.products.methods import find_method
from seven_async.cli.products.options import parameters_of, parse_given, shown_names
from seven_async.cli.products.output import OutputForm
from seven_async.cli.products.table import PRODUCTS
from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AsJson = Annotated[
    bool, typer.Option("--json", help="JSON for programs, an object a line, with all values.")
]
_AsCsv: Final = Annotated[
    bool, typer.Option("--csv", help="CSV for spreadsheets, a row a line, with all values.")
]
_Limit: Final = Annotated[
    int | None,
    typer.Option(
        "--limit", metavar="NUMBER", min=1, help=f"At most so many; {FIRST} unless given."
    ),
]
_Every: Final = Annotated[bool, typer.Option("--all", help="All that there are.")]


def build_product(word: str) -> typer.Typer | Callable[..., None]:
    """Return the commands of a product, or its only one."""
    product = PRODUCTS[word]
    if isinstance(product, Command):
        return _build_documented(word, product)
    group = build_app(help=product.help, no_args_is_help=True)
    for command in product.commands:
        group.command(command.word)(_build_documented(f"{word} {command.word}", command))
    for name, module in product.others:
        group.command(name)(getattr(import_module(module), name))
    return group


def _build_documented(words: str, command: Command) -> Callable[..., None]:
    function = build_command(command)
    function.__doc__ = _help(words, command)
    return function


def _help(words: str, command: Command) -> str:
    parts = [command.help]
    if command.look == RECONCILE:
        parts.append("Exit status 3: it may have been sent; seven reconcile tells.")
    # Without \b the lines would be joined, and broken at another place.
    parts.append(f"For example:\n\n\b\n  seven {words} {command.example}".rstrip())
    return "\n\n".join(parts)


def build_command(command: Command) -> Callable[..., None]:
    """Return the function of a command, with the signature that typer reads."""
    function = find_method(command.method)
    is_paged = _is_paged(function)

    def run(
        *, as_json: bool, sandbox: bool, as_csv: bool = False, every: bool = False, **given: Any
    ) -> None:
        first = given.pop("limit", None) if is_paged else None
        asked = Asked(
            command=command,
            arguments=parse_given(command, function, given),
            names=shown_names(command, function),
            form=_choose_form(as_json=as_json, as_csv=as_csv),
            first=None if every or not is_paged else first or FIRST,
            is_paged=is_paged,
        )
        call_method(asked, sandbox=sandbox)

    own = _own_parameters(command, is_paged=is_paged)
    parameters = [*parameters_of(command, function), *own]
    target: Any = run
    target.__signature__ = inspect.Signature(parameters)
    target.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _is_paged(function: Callable[..., object]) -> bool:
    annotation: Any = inspect.signature(function).return_annotation
    return getattr(annotation, "__origin__", None) is AsyncPager


def _choose_form(*, as_json: bool, as_csv: bool) -> OutputForm:
    if as_json and as_csv:
        raise InvalidRequestError("give --json or --csv, not both")
    return OutputForm.JSON if as_json else OutputForm.CSV if as_csv else OutputForm.TABLE


def _own_parameters(command: Command, *, is_paged: bool) -> Iterator[inspect.Parameter]:
    """Yield the options that do not come from the method."""
    if is_paged:
        yield _option("limit", _Limit, None)
        yield _option("every", _Every, default=False)
    yield _option("as_json", AsJson, default=False)
    if command.noun:
        yield _option("as_csv", _AsCsv, default=False)
    yield _option("sandbox", UseSandbox, default=False)


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)
