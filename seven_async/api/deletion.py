"""What deletions and simple actions answer with."""

from typing import ClassVar

import attrs

from seven_async.flow.model import Model, Reading


@attrs.frozen(kw_only=True, slots=False)
class Deletion(Model):
    """Whether something was deleted; false also when there was nothing (any more) to delete.

    `deleted` holds the ids that the gateway names, `error` its reason.
    """

    reading: ClassVar[Reading] = Reading.DELETION

    success: bool = False
    deleted: tuple[str, ...] = ()
    error: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class Confirmation(Model):
    """That an action was done; a refusal is raised as an `ApiError`.

    `error` may hold a remark of the gateway in spite of the success.
    """

    reading: ClassVar[Reading] = Reading.ACTION

    success: bool
    error: str | None = None
