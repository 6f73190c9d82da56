"""What a recipient can choose in a message: buttons and rows of WhatsApp, suggestions of RCS.

In: an accepted message. Out: its choices, and what a webhook says of one. No I/O.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, cast

from attrs import field, frozen

from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.params import as_text
from seven_async.sandbox.core.wire import Json

DEEPEST: Final = 12
"""Levels of an RCS content that are searched; those of a carousel lie on the sixth."""


@frozen
class Choice:
    """One button, row or suggestion."""

    kind: str
    """`button_reply` and `list_reply` of WhatsApp, `suggestion` of RCS."""
    id: str = field(repr=False)
    """What the application gets back: a button's id, a suggestion's `postbackData`."""
    text: str = field(repr=False)

    def build_reply(self) -> Json:
        """Build what the webhook of the choice carries beside sender and time.

        The shape of a WhatsApp reply is not published; it is the one of WhatsApp itself.
        """
        if self.kind == "suggestion":
            told: Json = {"postbackData": self.id, "text": self.text, "type": "REPLY"}
            return {"content_type": "suggestion_response", "suggestion_response": told}
        reply: Json = {"id": self.id, "title": self.text}
        return {"type": "interactive", "interactive": {"type": self.kind, self.kind: reply}}


def find_choices(entry: LedgerEntry) -> list[Choice]:
    """List what the recipient of a message can choose."""
    if entry.channel == "RCS":
        return list(_find_suggestions(parse_content(entry.text), DEEPEST))
    if entry.channel == "WA" and entry.fields.get("type") == "interactive":
        buttons = _objects(entry.fields.get("buttons"))
        sections = _objects(entry.fields.get("sections"))
        rows = [row for section in sections for row in _objects(section.get("rows"))]
        return [_to_choice("button_reply", button) for button in buttons] + [
            _to_choice("list_reply", row) for row in rows
        ]
    return []


def _to_choice(kind: str, button: Json) -> Choice:
    title = as_text(button.get("title"))
    return Choice(kind, as_text(button.get("id")) or title, title)


def parse_content(text: str) -> object:
    """Read the content of an RCS message that is no plain text; None where it is one."""
    try:
        content: object = json.loads(text) if text[:1] == "{" else None
    except (ValueError, RecursionError):
        return None
    return content


def _find_suggestions(content: object, deepest: int) -> Iterator[Choice]:
    """Find replies wherever they are: the schema of RCS content is not published."""
    if deepest and isinstance(content, list):
        for item in cast("list[object]", content):
            yield from _find_suggestions(item, deepest - 1)
    elif deepest and isinstance(content, dict):
        fields = cast("Json", content)
        if "postbackData" in fields and as_text(fields.get("text")):
            text = as_text(fields["text"])
            yield Choice("suggestion", as_text(fields["postbackData"]), text)
        for value in fields.values():
            yield from _find_suggestions(value, deepest - 1)


def _objects(given: object) -> list[Json]:
    items = cast("list[object]", given) if isinstance(given, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]
