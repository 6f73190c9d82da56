"""A row on the spot, for requests that the table does not have. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs

from seven_async.errors import InvalidRequestError
from seven_async.flow.conceal import without_frames
from seven_async.flow.request import RawReply
from seven_async.flow.row import Body, Repeat, Row
from seven_async.flow.values.shapes import is_object
from seven_async.flow.wire import Place, build_encoder, on_wire
from seven_async.masking import brief


@attrs.frozen(kw_only=True)
class RawCall:
    """The parameters of `raw`, as they were given."""

    query: Mapping[str, object] | None = attrs.field(
        default=None, repr=False, metadata=on_wire(place=Place.QUERY, spread=True)
    )
    form: Mapping[str, object] | None = attrs.field(
        default=None, repr=False, metadata=on_wire(place=Place.BODY, spread=True)
    )
    json: Mapping[str, object] | None = attrs.field(
        default=None, repr=False, metadata=on_wire(place=Place.BODY, spread=True)
    )

    def __attrs_post_init__(self) -> None:
        for name in ("query", "form", "json"):
            given: object = getattr(self, name)
            if given is not None and not is_object(given):
                raise InvalidRequestError(
                    f"raw: {name} takes a mapping of names to values, not {type(given).__name__}"
                )
        if self.form is not None and self.json is not None:
            raise InvalidRequestError(
                "raw: a body is a form or JSON; give form= or json=, not both"
            )


def raw_call(
    method: str,
    path: str,
    repeat: Repeat,
    *,
    query: Mapping[str, object] | None,
    form: Mapping[str, object] | None,
    json: Mapping[str, object] | None,
) -> tuple[Row, RawCall] | InvalidRequestError:
    """Build the row and the value of a raw request, or give the error that refuses them.

    It is raised by `AsyncSeven.raw`, where no frame holds the parameters any more.
    """
    try:
        value = RawCall(query=query, form=form, json=json)
        return raw_row(method, path, value, repeat), value
    except InvalidRequestError as error:
        refusal = error
    return without_frames(refusal)


def raw_row(method: str, path: str, value: RawCall, repeat: Repeat) -> Row:
    """The row of a raw request."""
    if not isinstance(cast("object", path), str) or not path.startswith("/"):
        raise InvalidRequestError("raw: the path begins with a slash, for example /balance")
    if not (path.isascii() and path.isprintable()) or " " in path:
        raise InvalidRequestError("raw: quote the path's segments, with urllib.parse.quote")
    given = cast("object", method)
    if not (isinstance(given, str) and given.isascii() and given.isalpha()):
        raise InvalidRequestError(f"raw: {brief(method)} is no HTTP method")
    return Row(
        name="raw",
        method=method.upper(),
        path=path,
        encoder=build_encoder(RawCall, method.upper(), frozenset()),
        reply=RawReply,
        repeat=repeat,
        body=Body.FORM if value.json is None else Body.JSON,
    )
