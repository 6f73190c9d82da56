"""Listings page by themselves: nothing is dropped, nothing comes twice, nothing loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import AsyncSeven, Page, Seven
from seven_async.api.routes.paging import page_of
from tests.api.exchange import Recorder, client

LISTINGS = (
    "contacts.list",
    "groups.list",
    "journal.outbound",
    "journal.inbound",
    "journal.replies",
    "journal.voice",
)
PAGED = ("contacts.list", "groups.list")


def listing(seven: AsyncSeven | Seven, name: str) -> Callable[..., Any]:
    """The method of a listing."""
    group, _, method = name.partition(".")
    return getattr(getattr(seven, group), method)


class Shelf:
    """A gateway with items in a row, newest first, that are shown page by page."""

    def __init__(self, count: int, *, own_limit: int = 100, ignores_offset: bool = False) -> None:
        self.items = [{"id": number} for number in range(count, 0, -1)]
        self.own_limit = own_limit
        self.ignores_offset = ignores_offset
        self.transport = Recorder(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """A page, with a paging block where the gateway has one."""
        asked = request.url.params
        offset = 0 if self.ignores_offset else int(asked.get("offset", 0))
        limit = int(asked.get("limit", self.own_limit))
        page = self.items[offset : offset + limit]
        if "journal" in request.url.path:
            return httpx.Response(200, json=page)
        more = self.ignores_offset or offset + len(page) < len(self.items)
        block = {"offset": offset, "count": len(page), "has_more": more}
        return httpx.Response(200, json={"data": page, "pagingMetadata": block})

    @property
    def asked(self) -> list[str | None]:
        """The offsets that were asked for."""
        return [request.url.params.get("offset") for request in self.transport.requests]


async def ids(pager: Any) -> list[int]:
    """The ids of all items."""
    return [int(item.id) async for item in pager]


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("count", [0, 1, 4, 5, 10, 11])
async def test_all_items(name: str, count: int):
    """However many there are, each comes once, in the gateway's order."""
    shelf = Shelf(count)
    async with client(shelf.transport) as seven:
        found = await ids(listing(seven, name)(limit=5))

    assert list(range(count, 0, -1)) == found


async def test_full_pages_of_a_journal():
    """A journal does not say whether there is more: a full page is followed by another."""
    shelf = Shelf(200)
    async with client(shelf.transport) as seven:
        found = await ids(seven.journal.outbound())

    assert (200, [None, "100", "200"]) == (len(found), shelf.asked)


async def test_begin_in_the_middle():
    """An offset of one's own is where the walk begins."""
    shelf = Shelf(10)
    async with client(shelf.transport) as seven:
        found = await ids(seven.contacts.list(limit=4, offset=3))

    assert (list(range(7, 0, -1)), ["3", "7"]) == (found, shelf.asked)


@pytest.mark.parametrize("name", LISTINGS)
async def test_server_that_ignores_the_offset(name: str):
    """A server that shows one page for ever is asked a few times, and its items come once."""
    shelf = Shelf(5, ignores_offset=True)
    async with client(shelf.transport) as seven:
        found = await ids(listing(seven, name)(limit=5))

    assert ([5, 4, 3, 2, 1], 3) == (found, len(shelf.asked))


async def test_pages_that_go_round():
    """A server whose pages begin again after the last one does not hold a walk for ever."""
    shelf = Shelf(6)
    shelf.items *= 50
    async with client(shelf.transport) as seven:
        found = await ids(seven.contacts.list(limit=2))

    assert ([6, 5, 4, 3, 2, 1], 5) == (found, len(shelf.asked))


@pytest.mark.parametrize("pushed", [1, 2, 3, 5])
async def test_items_that_come_meanwhile(pushed: int):
    """What comes in during the walk pushes old items on: none is lost, none comes twice."""
    shelf = Shelf(12)
    async with client(shelf.transport) as seven:
        pages = seven.journal.outbound(limit=5).pages()
        found = list(await anext(pages))
        shelf.items[:0] = [{"id": 100 + number} for number in range(pushed, 0, -1)]
        async for page in pages:
            found += page

    assert [str(number) for number in range(12, 0, -1)] == [item.id for item in found]


async def test_awaiting_gives_the_first_page():
    """`await` gives one page, which says where it stands."""
    shelf = Shelf(8)
    async with client(shelf.transport) as seven:
        page = await seven.groups.list(limit=5)

    assert ["8", "7", "6", "5", "4"] == [group.id for group in page]
    assert (0, 5, True, 1) == (page.offset, page.count, page.has_more, len(shelf.asked))


async def test_pages_end_without_an_empty_one():
    """Walking by pages gives none that is empty at the end."""
    shelf = Shelf(10)
    async with client(shelf.transport) as seven:
        pages = [len(page) async for page in seven.journal.voice(limit=5).pages()]

    assert [5, 5] == pages


@pytest.mark.parametrize("name", LISTINGS)
def test_blocking_listing(name: str):
    """The blocking pager gives the same items, pages and first page."""
    shelf = Shelf(7)
    with Seven(api_key="key", base_url="https://g.test", transport=shelf.transport) as seven:
        pager = listing(seven, name)(limit=5)

        assert [7, 6, 5, 4, 3, 2, 1] == [int(item.id) for item in pager]
        assert [5, 2] == [len(page) for page in pager.pages()]
        assert 5 == len(pager.first())


@pytest.mark.parametrize(
    ("paging", "more"),
    [
        ({"has_more": True}, True),
        ({"has_more": "true"}, True),
        ({"has_more": "false"}, False),
        ({"hasMore": "1"}, True),
        # As published: the counters contradict the flag, and the flag is believed.
        ({"count": 4, "total": 40, "limit": 30, "has_more": False}, False),
        ({"count": 30, "total": 20013, "has_more": True}, True),
        ({"total": 3}, True),
        ({"total": "2"}, False),
        ({}, True),
    ],
)
def test_whether_there_is_more(paging: dict[str, Any], more: bool):
    """`has_more` decides; without it the total, and without that a full page."""
    page = page_of(["a", "b"], paging, offset=0, limit=2, page_size=None)

    assert (more, 2) == (page.has_more, page.count)


def test_page_is_a_sequence():
    """A page is its items."""
    page = Page(items=("a", "b", "c"), count=3)

    assert ("a", ("b", "c"), 3, True, 1) == (
        page[0],
        page[1:],
        len(page),
        "c" in page,
        page.index("b"),
    )


@given(st.integers(0, 30), st.integers(1, 7), st.lists(st.integers(0, 7), max_size=6))
def test_any_walk_ends_with_everything(count: int, limit: int, pushed: list[int]):
    """Whatever comes in between two pages (less than a page), all old items come, each once."""
    shelf = Shelf(count)
    waiting = [min(number, limit - 1) for number in pushed]
    newest = iter(range(10_000, 20_000))
    with Seven(api_key="key", base_url="https://g.test", transport=shelf.transport) as seven:
        found: list[int] = []
        for page in seven.journal.inbound(limit=limit).pages():
            found += [int(item.id) for item in page]
            for _ in range(waiting.pop() if waiting else 0):
                shelf.items.insert(0, {"id": next(newest)})

    assert list(range(count, 0, -1)) == [number for number in found if number < 10_000]
