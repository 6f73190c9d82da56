"""The call of a product's command: the method is called, and its reply is shown.

In: what a command line asks for. Out: nothing; a command that was not done ends with its exit
status. I/O: the call, lines on standard output, sentences on standard error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from seven_async import AsyncPager, Deletion, Receipt
from seven_async.cli.products.output import Output, OutputForm, build_output
from seven_async.cli.products.rows import row_of, to_cell
from seven_async.cli.products.running import is_done, run_call
from seven_async.cli.screen import complain, say
from seven_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from seven_async import AsyncSeven
    from seven_async.cli.products.line import Command

FIRST: Final = 50
"""How many rows of a list in pages are shown, unless asked for more."""

_PAGE: Final = 100
"""How many are asked for at a time; every list takes that."""


@attrs.frozen(kw_only=True)
class Asked:
    """What a command line asks for; `names` are the arguments as it calls them.

    `first` is how many rows of a list in pages; None for all of them, and of other replies.
    """

    command: Command
    arguments: Mapping[str, object] = attrs.field(repr=False)
    names: Mapping[str, str]
    form: OutputForm
    first: int | None
    is_paged: bool


def call_method(asked: Asked, *, sandbox: bool) -> None:
    """Call the method of a command, and show its reply."""

    async def work(seven: AsyncSeven) -> bool:
        return await _show_reply(asked, seven)

    try:
        run_call(asked.command.method, work, sandbox=sandbox, look=asked.command.look)
    except InvalidRequestError as error:
        raise InvalidRequestError(_in_shell_words(str(error), asked.names)) from None


async def _show_reply(asked: Asked, seven: AsyncSeven) -> bool:
    """Show what a method answers; return False if something of it was not done."""
    group, _, method = asked.command.method.partition(".")
    arguments = dict(asked.arguments)
    if asked.is_paged:
        # One more than is shown: it tells, without another request, whether there are more.
        arguments["limit"] = _PAGE if asked.first is None else min(asked.first + 1, _PAGE)
    answer = getattr(getattr(seven, group), method)(**arguments)
    if isinstance(answer, AsyncPager):
        await _show_pages(asked, cast("AsyncPager[object]", cast("object", answer)))
        return True
    reply: Any = await answer
    replies: list[Any] = [*reply] if isinstance(reply, Sequence) else [reply]
    if asked.form is OutputForm.TABLE and asked.command.says:
        _say_sentence(asked, reply)
    else:
        _tell_none(asked, build_output(asked.command, asked.form).write(replies))
        if asked.form is OutputForm.TABLE and isinstance(reply, Receipt):
            _say_sum(reply)
    return all(map(is_done, replies))


async def _show_pages(asked: Asked, pager: AsyncPager[object]) -> None:
    output: Output = build_output(asked.command, asked.form)
    count = 0
    async for page in pager.pages():
        items = page.items if asked.first is None else page.items[: asked.first - count]
        count += output.write(items)
        if len(items) < len(page.items):
            _tell_more(asked.command.noun, count)
            return
    _tell_none(asked, count)


def _tell_more(noun: str, count: int) -> None:
    shown = f"{noun} is" if count == 1 else f"{count} {noun}s are"
    complain(f"only the first {shown} shown; --all shows all")


def _tell_none(asked: Asked, count: int) -> None:
    if asked.command.noun and count == 0:
        complain(f"there are no {asked.command.noun}s")


def _say_sentence(asked: Asked, reply: Any) -> None:
    """Say that something was done; what a deletion did not find goes to standard error."""
    remark = getattr(reply, "error", None)
    if isinstance(reply, Deletion) and not reply.success:
        complain(f"nothing was deleted: {remark or 'there is none (any more)'}")
        return
    values = {**asked.arguments, **row_of(reply)}
    cells = {name: to_cell(value) for name, value in values.items()}
    say(asked.command.says.format_map(cells))
    if remark:
        complain(f"the gateway remarks: {remark}")


def _say_sum(receipt: Receipt) -> None:
    cost = "" if receipt.total_price is None else f" for {receipt.total_price} EUR"
    accepted = len(receipt.messages) - len(receipt.failed)
    say(f"{accepted} of {len(receipt.messages)} accepted{cost}")


def _in_shell_words(sentence: str, names: Mapping[str, str]) -> str:
    """Return the refusal of an argument with the names that it has on the command line."""
    for name, shown in names.items():
        word = name.rstrip("_")
        # Names of one word may also be words of the sentence.
        pattern = rf"^{word}(?=:)|\b{name}(?:=|\b)" if "_" in word else rf"^{word}(?=:)|\b{name}="
        sentence = re.sub(pattern, shown, sentence)
    return sentence
