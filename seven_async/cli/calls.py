"""`seven call GROUP.METHOD name=value …`: every method of the client, from the command line.

In: the name of a method, and its arguments as words. Out: the reply as JSON, one object a line.
I/O: the call; `@file` and `-` read a file and standard input.
"""

from __future__ import annotations

import collections.abc
import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from seven_async import AsyncPager, AsyncSeven
from seven_async.cli.gateway import UseSandbox
from seven_async.cli.products.arguments import parse_value, read_text
from seven_async.cli.products.methods import find_method, group_names, methods, word_of
from seven_async.cli.products.running import is_done, run_call
from seven_async.cli.screen import say, write_line
from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

_UNDERSCORE: Final = re.compile(r"^( +[a-z]+)_(?=:)", re.MULTILINE)


def complete_method(incomplete: str) -> list[str | tuple[str, str]]:
    """Return the methods that a shell may complete a word to, with what they do.

    While several groups are possible it is they, since no group is loaded for that.
    """
    groups = [name for name in group_names() if name.startswith(incomplete.partition(".")[0])]
    if len(groups) > 1 and "." not in incomplete:
        return [f"{name}." for name in groups]
    return [
        (name, _first_line(function))
        for group in groups
        if group == incomplete.partition(".")[0] or "." not in incomplete
        for name, function in methods([group]).items()
    ]


def call(
    method: Annotated[
        str | None,
        typer.Argument(
            help="A method, such as contacts.list; none shows them all.",
            autocompletion=complete_method,
        ),
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="name=value, in the order of the method also the value alone. @FILE and - take "
            "the value from a file and from standard input, @@ is an @; lists and objects are JSON."
        ),
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Of a list all pages, not the first alone.")
    ] = False,
    sandbox: UseSandbox = False,
    wants_help: Annotated[
        bool, typer.Option("--help", "-h", help="Show this message, or that of a method.")
    ] = False,
    context: typer.Context,
) -> None:
    """Call any method of the API and print its reply as JSON, one object a line.

    For example: seven call contacts.list limit=3
    """
    if method is None:
        _say_lines(context.get_help() if wants_help else _list_methods())
        return
    function = find_method(method)
    if wants_help:
        _say_lines(describe(method, function))
        return
    values = parse_arguments(function, arguments or ())

    async def work(seven: AsyncSeven) -> bool:
        return await _print_reply(seven, method, values, every=every)

    run_call(method, work, sandbox=sandbox)


def _say_lines(text: str) -> None:
    for line in text.splitlines():
        say(line)


def _list_methods() -> str:
    return "\n".join(f"{name:32} {_first_line(function)}" for name, function in methods().items())


def _first_line(function: Callable[..., object]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def describe(name: str, function: Callable[..., object]) -> str:
    """Return the help of a method: its arguments as words of the shell, then its documentation."""
    words = [f"seven call {name}"]
    for parameter in inspect.signature(function).parameters.values():
        is_needed = parameter.default is parameter.empty
        word = f"{word_of(parameter.name)}=…"
        words.append(word if is_needed else f"[{word}]")
    # Examples and exceptions of the documentation are for Python.
    blocks = (inspect.getdoc(function) or "").split("\n\n")
    blocks = [
        block for block in blocks if not block.startswith(("Example:", "Raises:", "Returns:"))
    ]
    return _UNDERSCORE.sub(r"\1", "\n\n".join([" ".join(words), *blocks]))


def parse_arguments(function: Callable[..., object], words: Iterable[str]) -> dict[str, object]:
    """Return the arguments of a method from words such as `limit=3`.

    A name that is given several times is a list.

    Raises:
        InvalidRequestError: The method has no such argument, or a value is not of its type.
    """
    parameters = inspect.signature(function).parameters
    leading = [name for name, each in parameters.items() if each.kind is not each.KEYWORD_ONLY]
    given: dict[str, list[object]] = {}
    for name, text in _name_words(words, parameters, leading):
        value = parse_value(name, _read(name, text), parameters[name].annotation)
        given.setdefault(name, []).append(value)
    missing = [
        name
        for name, each in parameters.items()
        if each.default is each.empty and name not in given
    ]
    if missing:
        raise InvalidRequestError(f"{', '.join(missing)} is missing; give {missing[0]}=…")
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _name_words(
    words: Iterable[str], parameters: collections.abc.Mapping[str, object], leading: list[str]
) -> Iterator[tuple[str, str]]:
    places = iter(leading)
    for word in words:
        name, equals, text = word.partition("=")
        name = f"{name}_" if f"{name}_" in parameters else name
        if equals and name in parameters:
            yield name, text
            continue
        place = None if equals and name.isidentifier() else next(places, None)
        if place is None:
            raise InvalidRequestError(
                f"there is no argument {name}; there are {', '.join(map(word_of, parameters))}"
            )
        yield place, word


def _read(name: str, text: str) -> str:
    """Return a value, or what it stands for: `@FILE`, `-`; `@@` is an @ that is meant."""
    if text.startswith("@@"):
        return text[1:]
    if text == "-":
        return read_text(name, None)
    if text.startswith("@"):
        hint = "; write @@ for a text that begins with @"
        return read_text(name, Path(text[1:]), hint)
    return text


async def _print_reply(
    seven: AsyncSeven, name: str, values: dict[str, object], *, every: bool
) -> bool:
    """Print what a method answers; return False if something of it was not done."""
    is_whole = True
    group, _, method = name.partition(".")
    async for item in _items(getattr(getattr(seven, group), method)(**values), every=every):
        write_line(item.to_json())
        is_whole = is_whole and is_done(item)
    return is_whole


async def _items(answer: Any, *, every: bool) -> AsyncIterator[Any]:
    """Yield the objects of a reply: itself, those of a list, of the first page or of all pages."""
    if isinstance(answer, AsyncPager):
        pager = cast("AsyncPager[object]", cast("object", answer))
        if every:
            async for item in pager:
                yield item
            return
        reply: object = await pager
    else:
        reply = await answer
    is_single = not isinstance(reply, Sequence)
    for item in [reply] if is_single else cast("Sequence[object]", reply):
        yield item
