"""What the examples of webhook subscriptions must become."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from seven_async import ApiError, CreatedHook, Deletion, EventType, Hook, RequestMethod
from tests.api.exchange import Exchange

BERLIN = ZoneInfo("Europe/Berlin")

EXCHANGES = {
    "hooks.create": Exchange(
        call=lambda seven: seven.hooks.create(
            "https://my.tld/b62c11ff", EventType.ALL, request_method=RequestMethod.POST
        ),
        expected=CreatedHook(success=True, id="2045"),
    ),
    "hooks.create.invalid-url": Exchange(
        call=lambda seven: seven.hooks.create("ThisShouldBeAUrl", "all"), expected=ApiError
    ),
    "hooks.create.zapier": Exchange(
        call=lambda seven: seven.hooks.create("https://my.tld/b62c11ff", "all"),
        expected=CreatedHook(success=True, id="970"),
        asks_otherwise="the parameters were not recorded",
    ),
    "hooks.delete": Exchange(
        call=lambda seven: seven.hooks.delete(2045), expected=Deletion(success=True)
    ),
    "hooks.list": Exchange(
        call=lambda seven: seven.hooks.list(),
        expected=[
            Hook(
                id="410",
                target_url="https://acme.inc/v1/webhooks",
                headers="",
                event_type=EventType.SMS_MO,
                event_filter="49157123456789",
                request_method=RequestMethod.GET,
                enabled=True,
                created=datetime(2021, 3, 1, 11, 19, 8, tzinfo=BERLIN),
            ),
            Hook(
                id="1277",
                target_url="https://hooks.seven.io/hook",
                headers="Authorization: Basic dXNlcjpwYXNz",
                event_type=EventType.ALL,
                request_method=RequestMethod.JSON,
                enabled=False,
                created=datetime(2021, 12, 30, 13, 33, 2, tzinfo=BERLIN),
            ),
        ],
    ),
}
