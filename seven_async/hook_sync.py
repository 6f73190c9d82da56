"""The account's webhooks as they are declared: what is missing is made, what is stale goes.

In: a client and the hooks that should be there. Out: what was changed, or would be. I/O: reads the
account's hooks, then deletes and creates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import attrs

from seven_async.api.hooks import CreateHook, EventType, Hook, RequestMethod
from seven_async.blocking import Seven
from seven_async.client import AsyncSeven
from seven_async.errors import InvalidRequestError
from seven_async.masking import masked_number, masked_secret
from seven_async.start.awaited import Awaited


@attrs.frozen
class HookSpec:
    """A webhook that should be there. The arguments are those of `hooks.create`."""

    target_url: str
    event_type: EventType | str = EventType.ALL
    request_method: RequestMethod | str = attrs.field(default=RequestMethod.JSON, kw_only=True)
    event_filter: str | None = attrs.field(default=None, kw_only=True, repr=masked_number)
    headers: str | Mapping[str, str] | None = attrs.field(
        default=None, kw_only=True, hash=False, repr=masked_secret
    )

    def __attrs_post_init__(self) -> None:
        CreateHook(self.target_url, self.event_type, **self.options)  # refuses what cannot be

    @property
    def options(self) -> dict[str, Any]:
        """The keywords of `hooks.create`."""
        return {
            "request_method": self.request_method,
            "event_filter": self.event_filter,
            "headers": self.headers,
        }

    def matches(self, hook: Hook) -> bool:
        """Return whether a hook of the account is this one, and enabled."""
        return (
            hook.target_url == self.target_url
            and hook.event_type == self.event_type
            and (hook.request_method or RequestMethod.POST) == self.request_method
            and (hook.event_filter or None) == (self.event_filter or None)
            and _lines(hook.headers) == _lines(self.headers)
            # The gateway disables a hook whose receiver fails for days (webhooks.md section 1).
            and hook.enabled is not False
        )


@attrs.frozen(kw_only=True)
class HookChanges:
    """What `sync_hooks` changed, or would change with `dry_run=True`."""

    created: Sequence[HookSpec] = ()
    deleted: Sequence[Hook] = ()
    kept: Sequence[Hook] = ()

    def __bool__(self) -> bool:
        return bool(self.created or self.deleted)

    def __str__(self) -> str:
        return "\n".join(self._show()) or "nothing to change"

    def _show(self) -> Iterator[str]:
        for hook in self.deleted:
            yield f"delete {hook.event_type} → {hook.target_url} (id {hook.id})"
        for spec in self.created:
            yield f"create {spec.event_type} → {spec.target_url} ({spec.request_method})"


@overload
def sync_hooks(
    seven: AsyncSeven, specs: Iterable[HookSpec], *, dry_run: bool = ..., prune: bool = ...
) -> Awaited[HookChanges]: ...
@overload
def sync_hooks(
    seven: Seven, specs: Iterable[HookSpec], *, dry_run: bool = ..., prune: bool = ...
) -> HookChanges: ...
def sync_hooks(
    seven: AsyncSeven | Seven,
    specs: Iterable[HookSpec],
    *,
    dry_run: bool = False,
    prune: bool = False,
) -> Any:
    """Make the account's hooks what was declared; return what was changed.

    A hook that fits stays. Other hooks to a declared URL are deleted: they would double deliveries.
    Hooks to other URLs stay, too, unless `prune` is set: they may belong to another application.
    What is stale is deleted before its successor is made, so that nothing is delivered twice; an
    event in the moment between is lost to this hook.

    ```python
    changes = await sync_hooks(seven, [HookSpec("https://app.example/hooks/seven", "dlr")])
    ```

    Raises:
        InvalidRequestError: Two of the declared hooks would deliver the same event twice.
        OutcomeUnknownError: The answer to a creation was lost; call again, which looks first.
    """
    declared = tuple(specs)
    _check_distinct(declared)
    if isinstance(seven, Seven):
        changes = _plan(seven.hooks.list(), declared, prune=prune)
        for hook in () if dry_run else changes.deleted:
            seven.hooks.delete(hook.id)
        for spec in () if dry_run else changes.created:
            seven.hooks.create(spec.target_url, spec.event_type, **spec.options)
        return changes
    return _sync(seven, declared, dry_run=dry_run, prune=prune)


async def _sync(
    seven: AsyncSeven, specs: Sequence[HookSpec], *, dry_run: bool, prune: bool
) -> HookChanges:
    changes = _plan(await seven.hooks.list(), specs, prune=prune)
    for hook in () if dry_run else changes.deleted:
        await seven.hooks.delete(hook.id)
    for spec in () if dry_run else changes.created:
        await seven.hooks.create(spec.target_url, spec.event_type, **spec.options)
    return changes


def _check_distinct(specs: Sequence[HookSpec]) -> None:
    """Refuse hooks to one URL that tell of the same events: `all` tells of everything."""
    for place, spec in enumerate(specs):
        for other in specs[:place]:
            is_same = EventType.ALL in (spec.event_type, other.event_type) or (
                spec.event_type == other.event_type and spec.event_filter == other.event_filter
            )
            if spec.target_url == other.target_url and is_same:
                raise InvalidRequestError(
                    f"hooks: {other.event_type} and {spec.event_type} to one URL would deliver "
                    f"the same event twice; leave one of them out"
                )


def _plan(hooks: Sequence[Hook], specs: Sequence[HookSpec], *, prune: bool) -> HookChanges:
    urls = {spec.target_url for spec in specs}
    waiting = list(specs)
    kept: list[Hook] = []
    deleted: list[Hook] = []
    for hook in hooks:
        spec = next((each for each in waiting if each.matches(hook)), None)
        if spec is not None:
            waiting.remove(spec)
            kept.append(hook)
        elif prune or hook.target_url in urls:
            deleted.append(hook)
        else:
            kept.append(hook)
    return HookChanges(created=tuple(waiting), deleted=tuple(deleted), kept=tuple(kept))


def _lines(headers: str | Mapping[str, str] | None) -> tuple[str, ...]:
    """Return headers as lines that can be compared, whatever form they were given in."""
    if headers is None:
        return ()
    if isinstance(headers, str):
        pairs = [line.partition(":")[::2] for line in headers.splitlines() if line.strip()]
    else:
        pairs = list(headers.items())
    return tuple(sorted(f"{name.strip()}: {value.strip()}" for name, value in pairs))
