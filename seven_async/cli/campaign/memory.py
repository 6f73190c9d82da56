"""What a journal remembers of the command that began a campaign, so that `resume` needs no more.

In: the options of a command. Out: notes for the journal, and options again. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import attrs

from seven_async.cli.campaign.begin_options import ResumeOptions
from seven_async.cli.campaign.forms import ChannelChoice
from seven_async.cli.campaign.options import MessageOptions, SendOptions

#: Of the command itself: each says them anew.
_NOT_REMEMBERED: Final = frozenset(
    {"journal", "no_journal", "name", "yes", "plan_only", "strict", "retry", "as_json", "reopen"}
)
_OF_PACE: Final = frozenset({"concurrency", "batch", "rate", "max_cost"})
"""What may change without a question: it is the same message to the same people."""


_OF_CONTENT: Final = frozenset({field.name for field in attrs.fields(MessageOptions)}) - {
    "journal",
    "suppress",
}
"""What messages are made of, which takes the file again."""


@attrs.frozen
class Change:
    """An option that is another than before."""

    name: str
    before: object
    now: object

    @property
    def needs_consent(self) -> bool:
        """True if recipients would get something else, or at other hours, or others would."""
        return self.name not in _OF_PACE

    @property
    def needs_file(self) -> bool:
        """True if messages are made anew by it."""
        return self.name in _OF_CONTENT

    def __str__(self) -> str:
        option = f"--{self.name.rstrip('_').replace('_', '-')}"
        return f"{option} was {_show(self.before)}, and is {_show(self.now)} now"


def to_notes(file: Path | None, options: SendOptions) -> dict[str, Any]:
    """Return what a journal shall keep of a command; without a file it keeps the one it has."""
    values = attrs.asdict(options, recurse=False)
    remembered = {name: values[name] for name in values if name not in _NOT_REMEMBERED}
    return {
        **({} if file is None else {"file": str(file.resolve())}),
        "text": options.text,
        "from_": options.from_,
        "options": {name: _plain(value) for name, value in remembered.items()},
    }


def find_changes(
    notes: Mapping[str, Any], options: SendOptions, names: Iterable[str]
) -> list[Change]:
    """Return which of some options are others than an earlier command had."""
    remembered: Mapping[str, Any] | None = notes.get("options")
    if remembered is None:  # a journal that no command has written
        return []
    now = {name: _plain(getattr(options, name)) for name in names if name not in _NOT_REMEMBERED}
    return [
        Change(name, remembered.get(name), value)
        for name, value in now.items()
        if value != remembered.get(name)
    ]


def merge(
    notes: Mapping[str, Any], given: ResumeOptions, names: Iterable[str]
) -> tuple[ResumeOptions, list[Change]]:
    """Return the options of an earlier command with those that were given now, and the changes.

    `names` are the options that were given.
    """
    fields = {field.name for field in attrs.fields(ResumeOptions)}
    asked = fields.intersection(names)
    types = get_type_hints(ResumeOptions)
    before = {
        name: _restore(value, types[name])
        for name, value in notes.get("options", {}).items()
        if name in fields - asked
    }
    return attrs.evolve(given, **before), find_changes(notes, given, asked)


def _plain(value: object) -> Any:
    if isinstance(value, Path):
        return str(value.resolve())
    if isinstance(value, Enum):
        return value.value
    return value


def _restore(value: Any, kind: Any) -> Any:
    kinds = {kind, *get_args(kind)}
    if isinstance(value, str):
        for made in (ChannelChoice, Path):
            if made in kinds:
                return made(value)
    return value


def _show(value: object) -> str:
    if value is None or value is False:
        return "not given"
    return "on" if value is True else repr(str(value))
