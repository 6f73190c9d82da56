"""The page of a campaign in a real browser: on a phone, on a desktop, in the dark, on paper."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import anyio
import pytest

from seven_async import SendSms
from seven_async.campaign import CampaignJournal
from tests.browser import open_browser, skip_without_chromium
from tests.campaign.gateways import texts
from tests.campaign.report_page import SlowGateway, report_after

WIDTHS = (360, 390, 700, 1280)
DAY_S = 86_400.0

BOXES = """() => [...document.querySelectorAll("svg.chart")].map(chart =>
    [...chart.querySelectorAll(":scope > text")].map(text => {
        const box = text.getBoundingClientRect()
        return [text.textContent, box.left, box.top, box.right, box.bottom,
                parseFloat(getComputedStyle(text).fontSize)]
    }).filter(box => box[3] > box[1]))"""


async def make_pages(folder: Path) -> dict[str, Path]:
    """Pages of campaigns of one run, of several, and of one that has nothing to show."""
    shapes = {"one": [(60, 1.0)], "many": [(15, 9.0)] * 7, "two": [(40, 1.0), (80, 5.0)]}
    pages: dict[str, Path] = {}
    for name, runs in shapes.items():
        gateway, count = SlowGateway(), 0
        journal = folder / f"{name}.db"
        for more, seconds in runs:
            count, gateway.seconds = count + more, seconds
            odd = [SendSms("+4915550000202", "Hi"), SendSms("12", "Hi")]
            await gateway.send(journal, [*texts(count), *odd], "spring-sale-of-the-whole-year")
            gateway.now_s += DAY_S
        report_after(journal, [2.0 + place % 9 for place in range(count - 10)])
        pages[name] = folder / f"{name}.html"
        CampaignJournal.open(journal).write_html(pages[name], zone="Europe/Berlin")
    return pages


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """The pages, made once."""
    skip_without_chromium()
    return anyio.run(make_pages, tmp_path_factory.mktemp("pages"))


@pytest.fixture
def browser(pages):
    """A browser for one test: as long as it is open, nothing else can run an event loop."""
    with open_browser() as browser:
        yield browser


def show(browser, path: Path, width: int = 1280, **options):
    """A page as it is shown in a window of some width."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_labels_can_be_read(browser, pages, width):
    """At any width nothing is cut off, labels keep their size, and none covers another."""
    for path in pages.values():
        page = show(browser, path, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        charts = page.evaluate(BOXES)
        assert 2 == len(charts)
        for boxes in charts:
            check_boxes(boxes, width)


def check_boxes(boxes: list[list], width: int) -> None:
    """Fail where labels of a chart are too small, outside of the page, or over each other."""
    assert len(boxes) >= 4
    for word, left, _, right, _, size in boxes:
        assert left >= 0, word
        assert right <= width, word
        assert size >= 12, word
    for a, b in combinations(boxes, 2):
        is_apart = a[3] <= b[1] or b[3] <= a[1] or a[4] <= b[2] or b[4] <= a[2]
        assert is_apart, (a[0], b[0])


def test_headline_says_that_it_is_a_rehearsal(browser, pages):
    """The warning is seen without scrolling, on a phone as well."""
    page = show(browser, pages["two"], 390)
    warning = page.locator("h1 .rehearsal")

    assert "Rehearsal on the sandbox: nothing was really sent" == warning.inner_text()
    assert warning.bounding_box()["y"] < 300


CONTRAST = """() => {
    const light = color => color.match(/[0-9.]+/g).slice(0, 3).map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0)
    const ground = node => {
        for (; node; node = node.parentElement) {
            const color = getComputedStyle(node).backgroundColor
            if (color !== "rgba(0, 0, 0, 0)") return color
        }
        return "rgb(255, 255, 255)"
    }
    const ratios = []
    for (const node of document.querySelectorAll("h1, h2, p, dt, dd, th, td, small, li, text,"
                                                 + ".rehearsal, .ending, figcaption")) {
        const style = getComputedStyle(node)
        const pair = [style[node.tagName === "text" ? "fill" : "color"], ground(node)].map(light)
        ratios.push((Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05))
    }
    return Math.min(...ratios)
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(browser, pages, scheme):
    """Every text has the contrast that WCAG asks for, 4.5 to 1."""
    page = show(browser, pages["two"], color_scheme=scheme)

    assert page.evaluate(CONTRAST) >= 4.5


def test_dark_mode_has_colours_of_its_own(browser, pages):
    """Ground, ink and curves change; on paper it is dark on light again."""
    looks = []
    for scheme, media in (("light", "screen"), ("dark", "screen"), ("dark", "print")):
        page = show(browser, pages["one"], color_scheme=scheme)
        page.emulate_media(media=media, color_scheme=scheme)
        looks.append(
            page.evaluate(
                """() => [getComputedStyle(document.body).backgroundColor,
                          getComputedStyle(document.body).color,
                          getComputedStyle(document.querySelector(".line")).stroke]"""
            )
        )
    light, dark, paper = looks

    assert all(a != b for a, b in zip(light, dark, strict=True))
    assert light[1:] == paper[1:]


def test_page_prints(browser, pages, tmp_path):
    """A few sheets of paper, with all there is on them."""
    page = show(browser, pages["many"])
    paper = page.pdf(path=tmp_path / "report.pdf", format="A4")

    assert paper.startswith(b"%PDF")
    assert 1 <= paper.count(b"/Type /Page\n") <= 5


def test_page_asks_for_nothing(browser, pages):
    """It is all in the one file."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages["one"].as_uri())

    assert [pages["one"].as_uri()] == asked
