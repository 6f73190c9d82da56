"""The replies to deletions and simple actions."""

from typing import ClassVar

import attrs

from seven_async.flow.values.model import Model, ReplyKind, decisive

__all__ = [
    "Confirmation",
    "Deletion",
]


@attrs.frozen(kw_only=True, slots=False)
class Deletion(Model):
    """The result of a deletion; `success` is false also where there was nothing to delete.

    A 404 counts as "nothing there" only where the path has the id and the body is the gateway's
    own; any other raises `NotFoundError`, since a wrong base URL looks alike.

    `deleted` holds the ids that the gateway names, `error` its reason.
    """

    reply_kind: ClassVar[ReplyKind] = ReplyKind.DELETION

    success: bool = attrs.field(default=False, metadata=decisive())
    deleted: tuple[str, ...] = ()
    error: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class Confirmation(Model):
    """The confirmation of an action; a refusal is raised as an `ApiError`.

    `error` may hold a remark of the gateway in spite of the success.
    """

    reply_kind: ClassVar[ReplyKind] = ReplyKind.ACTION

    success: bool
    error: str | None = None
