"""What the examples of groups must become."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from seven_async import Deletion, Group
from tests.api.exchange import Exchange

FIRST = Group(
    id="17923",
    name="Group 1",
    members_count=543,
    created=datetime(2023, 12, 21, 21, 59, 53, tzinfo=ZoneInfo("Europe/Berlin")),
)

EXCHANGES = {
    "groups.create": Exchange(
        call=lambda seven: seven.groups.create("A new group"),
        expected=attrs.evolve(FIRST, name="A new group", members_count=0),
    ),
    "groups.delete": Exchange(
        call=lambda seven: seven.groups.delete(17923, delete_contacts=True),
        expected=Deletion(success=True),
    ),
    "groups.get": Exchange(call=lambda seven: seven.groups.get("17923"), expected=FIRST),
    "groups.list": Exchange(call=lambda seven: seven.groups.list(limit=10), expected=[FIRST]),
    "groups.update": Exchange(
        call=lambda seven: seven.groups.update(17923, "Edited Group"),
        expected=attrs.evolve(FIRST, name="Edited Group"),
    ),
}
