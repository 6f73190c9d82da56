"""Pictures of the sandbox's page: each place, wide and narrow, light and dark.

In: a folder. Out: PNG files in it. I/O: a browser, loopback. Run by `nox -s screenshots`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from tests.browser import open_browser
from tests.sandbox.scene import CLINIC, RIDER, SHOP, build_scene

WIDTHS: Final = {390: 844, 1280: 800}
PLACES: Final = {
    "list": "",
    "sms": f"#/to/{SHOP}",
    "whatsapp": f"#/to/{CLINIC}",
    "rcs": f"#/to/{RIDER}",
    "campaign": "#/campaigns/autumn-sale",
    "webhooks": "#/webhooks",
    "controls": "#/controls",
}


def write_pictures(folder: Path) -> None:
    """Write a picture of each place in each size and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser, build_scene().serve() as serving:
        for width, height in WIDTHS.items():
            for scheme in ("light", "dark"):
                viewport = {"width": width, "height": height}
                context = browser.new_context(viewport=viewport, color_scheme=scheme)
                write_places(context.new_page(), serving.url, folder, f"{width}-{scheme}")
                context.close()


def write_places(tab: Any, url: str, folder: Path, kind: str) -> None:
    """Write a picture of each place with one tab."""
    for name, place in PLACES.items():
        tab.goto(url.removesuffix("api") + place)
        tab.wait_for_load_state("load")
        tab.wait_for_timeout(500)  # its stream stays open: the network is never idle
        tab.screenshot(path=folder / f"{name}-{kind}.png")


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]))
