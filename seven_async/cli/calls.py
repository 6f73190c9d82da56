"""`seven call GROUP.METHOD name=value …`: every method of the client, from the command line.

In: the name of a method, and its arguments as words. Out: the reply as JSON, one object a line.
I/O: the call; `@file` and `-` read a file and standard input.
"""

from __future__ import annotations

import collections.abc
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, cast

import anyio
import typer

from seven_async import AsyncPager, AsyncSeven, Receipt
from seven_async.cli.exit_status import EXIT_FAILED, EXIT_INTERRUPTED
from seven_async.cli.gateway import UseSandbox, client
from seven_async.cli.screen import complain, say, write_line
from seven_async.cli.single_sends import end_unknown
from seven_async.errors import InvalidRequestError, Outcome, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from seven_async import CallEvent

_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_UNDERSCORE: Final = re.compile(r"^( +[a-z]+)_(?=:)", re.MULTILINE)
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def call(
    method: Annotated[
        str | None, typer.Argument(help="A method, such as contacts.list; none shows them all.")
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
    attempts: list[CallEvent] = []
    try:
        is_whole = anyio.run(_print_reply, method, values, every, sandbox, attempts.append)
    except OutcomeUnknownError as error:
        end_unknown(error.foreign_id, str(error.__cause__ or error), f"{method} may have been done")
    except KeyboardInterrupt:
        _end_interrupted(attempts[-1] if attempts else None)
    if not is_whole:
        raise typer.Exit(EXIT_FAILED)


def _end_interrupted(latest: CallEvent | None) -> NoReturn:
    """End after Ctrl-C; `latest` is the last attempt, if there was one."""
    is_read = latest is None or latest.request_line.startswith("GET ")
    if latest is not None and not is_read and latest.outcome in (None, Outcome.UNKNOWN):
        end_unknown(latest.foreign_id, "interrupted", f"{latest.route} may have been done")
    complain("interrupted")
    raise typer.Exit(EXIT_INTERRUPTED)


def _say_lines(text: str) -> None:
    for line in text.splitlines():
        say(line)


def methods() -> dict[str, Callable[..., Any]]:
    """Return every method of the API by its name: `sms.send`."""
    seven = AsyncSeven(api_key="none")
    groups = {name: getattr(seven, name) for name in typing.get_type_hints(type(seven))}
    return {
        f"{name}.{method}": getattr(group, method)
        for name, group in sorted(groups.items())
        for method in dir(group)
        if not method.startswith("_") and inspect.ismethod(getattr(group, method))
    }


def find_method(name: str) -> Callable[..., Any]:
    """Return a method by its name; raises `InvalidRequestError` if there is none."""
    known = methods()
    if name not in known:
        group = [each for each in known if each.startswith(f"{name.partition('.')[0]}.")]
        raise InvalidRequestError(
            f"there is no method {name!r}; "
            + (f"there are {', '.join(group)}" if group else "`seven call` shows them all")
        )
    return known[name]


def _list_methods() -> str:
    return "\n".join(f"{name:32} {_first_line(function)}" for name, function in methods().items())


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def describe(name: str, function: Callable[..., Any]) -> str:
    """Return the help of a method: its arguments as words of the shell, then its documentation."""
    words = [f"seven call {name}"]
    for parameter in inspect.signature(function).parameters.values():
        is_needed = parameter.default is parameter.empty
        word = f"{_word_of(parameter.name)}=…"
        words.append(word if is_needed else f"[{word}]")
    # Examples and exceptions of the documentation are for Python.
    blocks = (inspect.getdoc(function) or "").split("\n\n")
    blocks = [
        block for block in blocks if not block.startswith(("Example:", "Raises:", "Returns:"))
    ]
    return _UNDERSCORE.sub(r"\1", "\n\n".join([" ".join(words), *blocks]))


def parse_arguments(function: Callable[..., Any], words: Iterable[str]) -> dict[str, Any]:
    """Return the arguments of a method from words such as `limit=3`.

    A name that is given several times is a list.

    Raises:
        InvalidRequestError: The method has no such argument, or a value is not of its type.
    """
    parameters = inspect.signature(function).parameters
    leading = [name for name, each in parameters.items() if each.kind is not each.KEYWORD_ONLY]
    given: dict[str, list[Any]] = {}
    for name, text in _name_words(words, parameters, leading):
        given.setdefault(name, []).append(_parse(name, text, parameters[name].annotation))
    missing = [
        name
        for name, each in parameters.items()
        if each.default is each.empty and name not in given
    ]
    if missing:
        raise InvalidRequestError(f"{', '.join(missing)} is missing; give {missing[0]}=…")
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _word_of(parameter: str) -> str:
    """Return the word for a parameter: `from` is `from_` in Python, a word of the language."""
    return parameter.rstrip("_")


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
                f"there is no argument {name}; there are {', '.join(map(_word_of, parameters))}"
            )
        yield place, word


def _parse(name: str, text: str, annotation: Any) -> Any:
    text = _read(name, text)
    kinds = set(_kinds(annotation))
    if text[:1] in ("[", "{") and kinds & {list, dict}:
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidRequestError(f"{name} is no JSON: {error}") from None
    if kinds == {bool}:
        if text.lower() not in _FLAGS:
            raise InvalidRequestError(f"{name} is true or false, not {text[:20]!r}")
        return _FLAGS[text.lower()]
    is_number = text.isascii() and text.removeprefix("-").isdecimal()
    if float in kinds and str not in kinds and _DECIMAL.fullmatch(text):
        return float(text)
    if int in kinds and is_number and not (kinds & {str, list}):
        return int(text)
    return text


def _kinds(annotation: Any) -> Iterator[type]:
    """Yield what an argument may be, a list and an object as such; None is left out."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            yield from _kinds(part)
    elif origin in (collections.abc.Sequence, list, tuple):
        yield list
    elif origin is collections.abc.Mapping:
        yield dict
    elif annotation is not type(None) and isinstance(annotation, type):
        yield annotation


def _read(name: str, text: str) -> str:
    """Return a value, or what it stands for: `@FILE`, `-`; `@@` is an @ that is meant."""
    if text.startswith("@@"):
        return text[1:]
    if text != "-" and not text.startswith("@"):
        return text
    try:
        content = sys.stdin.buffer.read() if text == "-" else Path(text[1:]).read_bytes()
        # Editors of Windows put a mark in front.
        return content.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n")
    except OSError as error:
        hint = "" if text == "-" else "; write @@ for a text that begins with @"
        raise InvalidRequestError(
            f"{name}: {text.removeprefix('@')} cannot be read: {error.strerror}{hint}"
        ) from None
    except UnicodeDecodeError:
        raise InvalidRequestError(
            f"{name}: {text.removeprefix('@')} is not UTF-8; save it as UTF-8"
        ) from None


async def _print_reply(
    name: str,
    values: dict[str, Any],
    every: bool,
    sandbox: bool,
    on_event: Callable[[CallEvent], None],
) -> bool:
    """Print what a method answers; return False if it is a receipt that names failures."""
    is_whole = True
    group, _, method = name.partition(".")
    async with client(sandbox=sandbox, on_event=on_event) as (seven, _):
        async for item in _items(getattr(getattr(seven, group), method)(**values), every=every):
            write_line(item.to_json())
            is_whole = is_whole and not (isinstance(item, Receipt) and _has_failed(item))
    return is_whole


def _has_failed(receipt: Receipt) -> bool:
    return bool(receipt.failed) or receipt.code != 100


async def _items(answer: Any, *, every: bool) -> AsyncIterator[Any]:
    """Yield the objects of a reply: itself, those of a list, of the first page or of all pages."""
    if isinstance(answer, AsyncPager):
        pager = cast("AsyncPager[Any]", cast("object", answer))
        if every:
            async for item in pager:
                yield item
            return
        reply: Any = await pager
    else:
        reply = await answer
    is_single = not isinstance(reply, Sequence)
    for item in [reply] if is_single else cast("Sequence[Any]", reply):
        yield item
