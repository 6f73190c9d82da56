"""The words and options of a command, made of the parameters of its method.

In: the signature and documentation of a method. Out: parameters for typer, and what was given as
arguments of the method. I/O: `-` reads standard input.
"""

from __future__ import annotations

import inspect
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from seven_async.cli.products.arguments import kinds_of, parse_value, read_text
from seven_async.cli.products.methods import argument_texts, word_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from seven_async.cli.products.line import Command

PAGING: Final = frozenset({"limit"})
"""Parameters that a listing has an option of its own for."""

_METAVARS: Final[Sequence[tuple[frozenset[type], str]]] = (
    (frozenset({dict}), "JSON"),
    (frozenset({datetime}), "TIME"),
    (frozenset({date}), "DATE"),
    (frozenset({Decimal}), "AMOUNT"),
    (frozenset({float}), "NUMBER"),
)
_TEXTS: Final = {
    "rcs.send.text": "Plain text, or rich content (card, carousel, file, suggestions) as JSON.",
    "rcs.send.fallback": "What to do without RCS: sms, webview, or JSON with type, text and from.",
    "sms.send.files": 'Files behind short links, as JSON: [{"name": …, "contents": …}], the '
    "contents in base64.",
    "waba.send_template.components": "What its variables are filled with: JSON with header, body "
    "and buttons.",
    "waba.send_buttons.buttons": '2 or 3 buttons as JSON: [{"id": …, "title": …}], titles of at '
    "most 20 characters.",
    "waba.send_contacts.contacts": "Cards as JSON, each with name (first_name) and phones.",
    "waba.send_list.sections": 'Sections as JSON: [{"title": …, "rows": [{"id": …, "title": …}]}], '
    "at most 10 rows in all.",
    "contacts.create.custom": "Properties that the account has defined itself: JSON.",
    "contacts.update.custom": "Properties that the account has defined itself: JSON.",
    "hooks.create.headers": "Sent along with each delivery: JSON, or “Name: value”.",
    "hooks.create.event_type": "dlr, sms_mo, … or all.",
    "numbers.order.number": "One that `seven numbers available` lists.",
}
"""What is said in other words than in the documentation, which says it for Python."""

_PYTHON: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"; several as a list\b|; or a list or tuple of numbers.*(?=\.)", ""),
        (r", one or a list\b", "; several times for several"),
        (r"an aware datetime, Unix seconds, or the gateway's own form", "Unix seconds, or"),
        (r"\(a date or (`YYYY-MM-DD`)\)", r"(\1)"),
        (r"\b[Aa] date or (?=`YYYY-MM-DD`)", ""),
        (r": Decimal, int or text\b", ""),
        (r"\bTrue ([a-z])", r"\1"),
    )
)
_NAME: Final = re.compile(r"`([a-z_]+)`")


def parameters_of(command: Command, function: Callable[..., object]) -> Iterator[inspect.Parameter]:
    """Yield a parameter for typer for each of a method, words before options."""
    texts = argument_texts(function)
    known = inspect.signature(function).parameters
    words = words_of(command, function)
    for name in words:
        yield _parameter(known[name], _word(known[name], _text(command, name, texts, known)))
    for name, parameter in known.items():
        if name not in words and not (command.noun and name in PAGING):
            text = _text(command, name, texts, known)
            yield _parameter(parameter, _option(parameter, text))


def words_of(command: Command, function: Callable[..., object]) -> tuple[str, ...]:
    """Return the arguments that stand without a name."""
    if command.words is not None:
        return command.words
    known = inspect.signature(function).parameters
    return tuple(name for name, each in known.items() if each.kind is not each.KEYWORD_ONLY)


def shown_names(command: Command, function: Callable[..., object]) -> dict[str, str]:
    """Return how a command calls the arguments of its method: TO, --foreign-id."""
    words = words_of(command, function)
    return {
        name: _metavar(name) if name in words else f"--{_option_name(name)}"
        for name in inspect.signature(function).parameters
    }


def parse_given(
    command: Command, function: Callable[..., object], given: Mapping[str, Any]
) -> dict[str, object]:
    """Return what was given as arguments of the method; what was not given is left out.

    Raises:
        InvalidRequestError: A value is not of its type.
    """
    arguments: dict[str, object] = {}
    shown = shown_names(command, function)
    for name, parameter in inspect.signature(function).parameters.items():
        value = given.get(name)
        if value is None or value == []:
            continue
        if isinstance(value, list):
            texts = cast("list[str]", value)
            values = [_parse(shown[name], text, parameter) for text in texts]
            arguments[name] = values[0] if len(values) == 1 else values
        else:
            arguments[name] = _parse(shown[name], value, parameter)
    return arguments


def _parse(shown: str, value: str | bool, parameter: inspect.Parameter) -> Any:
    if isinstance(value, bool):
        return value
    text = read_text(shown, None) if value == "-" else value
    return parse_value(shown, text, parameter.annotation)


def _parameter(parameter: inspect.Parameter, annotation: Any) -> inspect.Parameter:
    is_needed = parameter.default is parameter.empty
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if is_needed else None,
        annotation=annotation,
    )


def _word(parameter: inspect.Parameter, text: str) -> Any:
    kind = list[str] if _is_list(parameter) else str
    return _annotate(parameter, kind, typer.Argument(help=text, metavar=_metavar(parameter.name)))


def _option(parameter: inspect.Parameter, text: str) -> Any:
    word = _option_name(parameter.name)
    kinds = kinds_of(parameter.annotation)
    if kinds == frozenset[type]({bool}):
        return _annotate(parameter, bool, typer.Option(f"--{word}/--no-{word}", help=text))
    metavar = next((name for kind, name in _METAVARS if kind <= kinds), None)
    if metavar is None and not kinds & {str}:
        metavar = "NUMBER" if kinds & {int} else "JSON"
    metavar = metavar or "TEXT"
    kind = list[str] if _is_list(parameter) else str
    return _annotate(parameter, kind, typer.Option(f"--{word}", help=text, metavar=metavar))


def _annotate(parameter: inspect.Parameter, kind: Any, detail: Any) -> Any:
    is_needed = parameter.default is parameter.empty
    return Annotated[kind if is_needed else kind | None, detail]


def _is_list(parameter: inspect.Parameter) -> bool:
    kinds = kinds_of(parameter.annotation)
    return bool(kinds & {list, tuple}) and str in kinds


def _metavar(name: str) -> str:
    return word_of(name).upper()


def _option_name(name: str) -> str:
    return word_of(name).replace("_", "-")


def _text(
    command: Command, name: str, texts: Mapping[str, str], known: Mapping[str, object]
) -> str:
    """Return the help of an option, in the words of a shell."""
    text = _TEXTS.get(f"{command.method}.{name}") or texts.get(name, "")
    for pattern, words in _PYTHON:
        text = pattern.sub(words, text)
    text = _NAME.sub(
        lambda match: f"--{_option_name(match[1])}" if match[1] in known else match[1], text
    )
    text = text.replace("`", "")
    return text[:1].upper() + text[1:]
