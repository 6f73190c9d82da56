"""A list of people who must not be written to that changes while campaigns go out.

In: opt-outs and opt-ins, each with its reason and time. Out: who is listed now. I/O: that of what
keeps the list.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from seven_async.campaign.inputs.opt_out_store import ChangeRow, OptOutFile, OptOutStore
from seven_async.campaign.inputs.suppression import comparable_key
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.masking import masked_number
from seven_async.recipients.errors import RecipientError
from seven_async.start.first_use import load

ADDRESSES: Final = ("postgresql://", "postgres://")
"""How the address of a database begins."""

_DATABASE: Final = "seven_async.campaign.inputs.opt_out_tables:OptOutTables"


@attrs.frozen(kw_only=True)
class OptOutChange:
    """One change of the list: a recipient was listed or taken off, when, and why.

    `at` is when the recipient said so, `recorded_at` when it was written down.
    """

    recipient: str = attrs.field(repr=masked_number)
    is_listed: bool
    at: datetime
    recorded_at: datetime
    reason: str


class OptOutList:
    """People who must not be written to, in a file that webhooks change and campaigns ask.

    ```python
    opt_outs = OptOutList("opt-outs.db")
    app = WebhookApp(verifier, sinks=[OptOutSink(opt_outs)])  # replies such as STOP
    campaign = Campaign(seven, "spring", journal="spring.db", suppress=opt_outs)
    ```

    A campaign asks it before each message leaves, so a STOP counts at once, also for rows that were
    read days ago and in other processes. The latest word of a recipient counts, whatever order
    messages arrive in; of two of the same second the opt-out does.

    Where many machines send, the list is in a database, best the one that has their campaigns:
    `OptOutList("postgresql://…")` (extra `postgres`). Then each claim of a worker asks it, too.

    Args:
        path: The file, or `postgresql://…`; made if there is none.
        default_country: The country of numbers without `+`, as for `Suppression`.
        now: Unix seconds; for tests.

    Raises:
        OptOutError: The file cannot be used, or is something else.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        default_country: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.default_country = default_country
        self._now = now
        self.address: str | None = None
        self._store: OptOutStore
        if isinstance(path, str) and path.startswith(ADDRESSES):
            self.address = path.partition("#")[0]
            self._store = _open_database(self.address)
        else:
            self._store = OptOutFile(Path(path))

    def __repr__(self) -> str:
        shown = "in a database" if self.address is not None else repr(os.fspath(self.path))
        return f"<OptOutList {shown}>"

    @property
    def path(self) -> Path:
        """The file. Raises `ConfigurationError` for a list in a database, which has none."""
        if isinstance(self._store, OptOutFile):
            return self._store.path
        raise ConfigurationError("this list of opt-outs is in a database; it has no path")

    def __len__(self) -> int:
        return self._store.count()

    def __contains__(self, recipient: str) -> bool:
        """Tell whether a recipient is listed; of a list in a database as it was a second ago.

        Raises `InvalidRequestError` for a number that cannot be compared.
        """
        if self._store.is_empty():
            return False
        try:
            key = comparable_key(recipient, self.default_country, allow_names=True)
        except RecipientError:
            if any(character.isdecimal() for character in recipient):
                raise
            return False
        return self._store.has(f"+{key}")

    @property
    def is_current(self) -> bool:
        """True for a file, which is asked each time."""
        return self._store.is_current

    def refresh(self) -> None:
        """Take over what others have changed in a database; nothing to do for a file."""
        self._store.refresh()

    @property
    def version(self) -> Hashable:
        """What is another value when the list may have changed.

        Raises `OptOutError` when the file is gone or is another one: opt-outs would be missed.
        """
        return self._store.version

    def add(
        self, recipient: str, *, reason: str, at: datetime | None = None, source: str | None = None
    ) -> bool:
        """List a recipient; return whether that changed anything.

        Args:
            recipient: A number in any usual spelling.
            reason: Why, for the record.
            at: When the recipient said so; now, unless given.
            source: A name of the event, by which a second record of it is none.

        Raises:
            InvalidRequestError: It is no number, or a national one without `default_country`.
        """
        return self._change(recipient, True, reason, at, source)  # noqa: FBT003

    def remove(
        self, recipient: str, *, reason: str, at: datetime | None = None, source: str | None = None
    ) -> bool:
        """Take a recipient off the list; return whether that changed anything. See `add`."""
        return self._change(recipient, False, reason, at, source)  # noqa: FBT003

    def history(self, recipient: str) -> list[OptOutChange]:
        """Return what was recorded of a recipient, oldest first."""
        spelled = self._spell(recipient)
        return [
            OptOutChange(
                recipient=spelled,
                is_listed=is_listed,
                at=datetime.fromtimestamp(at, UTC),
                recorded_at=datetime.fromtimestamp(recorded_at, UTC),
                reason=reason,
            )
            for is_listed, at, recorded_at, reason in self._store.read_history(spelled)
        ]

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _spell(self, recipient: str) -> str:
        key = comparable_key(recipient, self.default_country)
        if not key.isdecimal():
            raise InvalidRequestError("an opt-out is of a number, not of a contact or group")
        return f"+{key}"

    def _change(
        self,
        recipient: str,
        is_listed: bool,
        reason: str,
        at: datetime | None,
        source: str | None,
    ) -> bool:
        spelled, now_s = self._spell(recipient), self._now()
        # A time in the future would outlast every later word of the recipient.
        at_s = now_s if at is None else min(at.timestamp(), now_s)
        row = ChangeRow(spelled, is_listed, at_s, now_s, reason, source)
        return self._store.record(row)


def _open_database(address: str) -> OptOutStore:
    try:
        store: OptOutStore = load(_DATABASE)(address)
    except ImportError as error:
        raise ConfigurationError(
            "a list of opt-outs in PostgreSQL needs the extra `postgres`: "
            "pip install 'seven-async[postgres]'"
        ) from error
    return store
