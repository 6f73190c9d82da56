"""Lists in pages: one page, and the walk over all of them.

In: a function that fetches one page. Out: items or pages, in the gateway's order. I/O through that
function only.
"""

from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, Final, Generic, TypeVar, overload

import attrs

from seven_async.flow.values.converter import plain_key

__all__ = [
    "AsyncPager",
    "Page",
    "Pager",
]

T = TypeVar("T")

_REMEMBERED_PAGES: Final = 3
_REPEATED_PAGES: Final = 2


@attrs.frozen(kw_only=True)
class Page(Sequence[T]):
    """One page of a list: a sequence of its items.

    `offset` is the number of items before it, `count` of items in it, `total` in all and `limit`
    per page where the gateway says so; `has_more` tells whether another page follows.
    """

    items: tuple[T, ...]
    offset: int = 0
    # The contract of this class has the number that the gateway's paging block names so.
    count: int = 0  # type: ignore[assignment] # Sequence.count is a method
    total: int | None = None
    limit: int | None = None
    has_more: bool = False

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """Return an item by its place on the page."""
        return self.items[index]

    def __len__(self) -> int:
        """Return the number of items on the page."""
        return len(self.items)


def page_of(
    items: Sequence[T],
    paging: Mapping[str, object],
    *,
    offset: int,
    limit: int | None,
    page_size: int | None,
) -> Page[T]:
    """Build the page of a reply, with or without a paging block.

    Counters of published replies contradict each other (a `count` of 30 over two items), so only
    `has_more` is believed, and items are counted here. Without it a full page is followed by
    another one (journals: seven-api.md section 6).
    """
    count = len(items)
    said = {plain_key(str(key)): value for key, value in paging.items()}
    total = _count(said.get("total"))
    full = limit or page_size
    says = said.get("hasmore")
    if says is not None:
        more = str(says).lower() in ("true", "1")
    elif total is not None:
        more = offset + count < total
    else:
        more = full is None or count >= full
    return Page(
        items=tuple(items),
        offset=offset,
        count=count,
        total=total,
        limit=_count(said.get("limit")) or limit,
        has_more=more and count > 0,
    )


def _count(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


class Walk(Generic[T]):
    """The position of a walk over pages: the next offset, None at first, and the items seen.

    Items that are added meanwhile push others to the next page, so an item of the last pages is
    dropped when it comes again. A page that was there before can come from that, or from a server
    that ignores `offset`: the walk ends at the second one in a row.
    """

    def __init__(self, offset: int) -> None:
        self.offset: int = offset
        self.next_offset: int | None = None
        self.ended: bool = False
        self._recent: deque[frozenset[object]] = deque(maxlen=_REMEMBERED_PAGES)
        self._firsts: set[object] = set()
        self._again = 0

    def advance(self, page: Page[T]) -> Page[T]:
        """Move the walk on, and return the page without the items of the pages before."""
        keys = [_key(item) for item in page.items]
        seen = frozenset[object]().union(*self._recent)
        items = [item for item, key in zip(page.items, keys, strict=True) if key not in seen]
        is_again = not items or keys[0] in self._firsts
        self._again = self._again + 1 if is_again else 0
        self._firsts.update(keys[:1])
        self._recent.append(frozenset(keys))
        self.offset += page.count
        self.next_offset = self.offset
        self.ended = not page.has_more or self._again >= _REPEATED_PAGES
        return attrs.evolve(page, items=tuple(items), count=len(items), has_more=not self.ended)


def _key(item: object) -> object:
    """Return what tells an item from others: its id, or all of it."""
    return getattr(item, "id", None) or item


class AsyncPager(Generic[T]):
    """A list in pages: `await` it for the first page, `async for` over all items, or `.pages()`.

    Example:
        async for contact in seven.contacts.list():
            print(contact.id)
    """

    def __init__(self, fetch: Callable[[int | None], Awaitable[Page[T]]], offset: int) -> None:
        self._fetch = fetch
        self._offset = offset

    async def page_at(self, offset: int | None) -> Page[T]:
        """Return the page that begins at an offset; None for where the listing begins.

        Example:
            page = await seven.contacts.list(limit=50).page_at(100)
        """
        return await self._fetch(offset)

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        """Wait for the first page."""
        return self._fetch(None).__await__()

    def __aiter__(self) -> AsyncIterator[T]:
        """Walk all items, page after page."""
        return _AsyncItems(self.pages())

    def pages(self) -> AsyncIterator[Page[T]]:
        """Walk page after page.

        Example:
            async for page in seven.contacts.list(limit=50).pages():
                print(page.offset, page.count, page.total)
        """
        return _AsyncPages(self._fetch, self._offset)


class _AsyncPages(AsyncIterator[Page[T]]):
    # A class, since an async generator that is left early misbehaves on trio.
    def __init__(self, fetch: Callable[[int | None], Awaitable[Page[T]]], offset: int) -> None:
        self._fetch = fetch
        self._walk = Walk[T](offset)

    async def __anext__(self) -> Page[T]:
        if self._walk.ended:
            raise StopAsyncIteration
        page = self._walk.advance(await self._fetch(self._walk.next_offset))
        # A page without anything new may come before others; an empty last one is no page.
        if not page.items and self._walk.ended:
            raise StopAsyncIteration
        return page


class _AsyncItems(AsyncIterator[T]):
    def __init__(self, pages: AsyncIterator[Page[T]]) -> None:
        self._pages = pages
        self._items: Iterator[T] = iter(())

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            self._items = iter(await self._pages.__anext__())


class Pager(Generic[T]):
    """A list in pages: iterate over all items, take the `.first()` page, or go by `.pages()`.

    Example:
        for contact in seven.contacts.list():
            print(contact.id)
    """

    def __init__(self, fetch: Callable[[int | None], Page[T]], offset: int) -> None:
        self._fetch = fetch
        self._offset = offset

    def first(self) -> Page[T]:
        """Return the first page.

        Example:
            page = seven.contacts.list(limit=50).first()
            print(page.total, page.has_more)
        """
        return self._fetch(None)

    def __iter__(self) -> Iterator[T]:
        """Walk all items, page after page."""
        for page in self.pages():
            yield from page

    def pages(self) -> Iterator[Page[T]]:
        """Walk page after page.

        Example:
            for page in seven.contacts.list(limit=50).pages():
                print(page.offset, page.count, page.total)
        """
        walk = Walk[T](self._offset)
        while not walk.ended:
            page = walk.advance(self._fetch(walk.next_offset))
            if page.items or not walk.ended:
                yield page
