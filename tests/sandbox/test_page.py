"""The page of the sandbox, used as people use it: headless Chromium looks, clicks and types.

In: a served sandbox. Out: what the page shows, and what became of it in the sandbox. I/O: loopback,
a browser; npm fetches the accessibility checker into a temporary folder.
"""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from seven_async.sandbox import Sandbox
from tests.browser import open_browser
from tests.sandbox.caller import ACCEPTS_JSON, Caller
from tests.sandbox.scene import (
    CLINIC,
    RIDER,
    RIGHT_TO_LEFT,
    SCRIPT,
    SHOP,
    build_scene,
    whatsapp,
)

AXE = "axe-core@4.10.3"
LONGEST_MS = 60_000  # a busy machine is slow; only what never happens fails
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    with open_browser() as browser:
        yield browser


class Page:
    """A tab with the page of a sandbox, and what it complained about."""

    def __init__(self, browser: Any, sandbox: Sandbox, url: str, **options: Any) -> None:
        self.sandbox = sandbox
        self.url = url.removesuffix("api")
        self.context = browser.new_context(**{"viewport": WIDE, **options})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(LONGEST_MS)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.tab.on("request", lambda request: self.asked.append(request.url))

    def open(self, place: str = "") -> Any:
        """Show a place of the page."""
        self.tab.goto(self.url + place)
        return self.tab


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """The page of a sandbox in which something of every kind was sent; it must not complain."""
    yield from serve_page(browser, build_scene())


def serve_page(browser: Any, sandbox: Sandbox, **options: Any) -> Iterator[Page]:
    """Serve a sandbox and open its page; afterwards nothing is open any more."""
    with sandbox.serve() as serving:
        page = Page(browser, sandbox, serving.url, **options)
        try:
            yield page
        finally:
            page.context.close()
    assert [] == page.complaints
    assert [] == [url for url in page.asked if not url.startswith((page.url, "data:"))]


def send(sandbox: Sandbox, **form: str) -> None:
    """Send an SMS, as an application does."""
    body = json.dumps({"to": SHOP, "text": "x", **form}).encode()
    headers = {**ACCEPTS_JSON, "content-type": "application/json"}
    assert 200 == sandbox.handle("POST", "/api/sms", headers, body).status


def see(where: Any, text: str | re.Pattern[str]) -> None:
    """Wait until a text is on the screen."""
    where.get_by_text(text).first.wait_for(state="visible")


def test_a_fresh_sandbox_says_how_to_begin(browser: Any):
    """Address, key and a command that works; the first message appears by itself."""
    for page in serve_page(browser, Sandbox()):
        tab = page.open()
        see(tab, "Nothing was sent yet")
        see(tab, re.compile("curl http://127.0.0.1:.*X-Api-Key: sandbox-key", re.DOTALL))
        send(page.sandbox, text="The very first")

        see(tab.locator(".row"), "The very first")


def test_conversations_and_their_messages(page: Page):
    """Newest first; a click opens one, with sender, price, segments, label and state."""
    tab = page.open()
    rows = tab.locator(".row")
    see(rows.nth(0), "+49 162 5550100")
    tab.get_by_role("link", name=re.compile("6992343")).click()
    thread = tab.locator("#thread")
    see(thread, "Great, can you leave it with the neighbour?")

    assert "#/to/491716992343" in tab.url
    assert "2 segments" in thread.inner_text()
    assert ["#login"] == thread.locator(".tag[title=Label]").all_inner_texts()
    assert ["order-1042"] == thread.locator(".tag[title='Foreign id']").all_inner_texts()
    assert thread.get_by_label("Transcript").inner_text().startswith("Good morning")
    assert "Pressed 1" in thread.locator(".pressed").inner_text()


@pytest.mark.parametrize(
    ("number", "text"), [("491601234567", SCRIPT), ("971501234567", RIGHT_TO_LEFT)]
)
def test_texts_show_as_texts(page: Page, number: str, text: str):
    """A script does not run, tags are no tags, and another direction stays within the bubble."""
    tab = page.open(f"#/to/{number}")
    bubble = tab.locator(".bubble .text")
    bubble.wait_for()

    assert text == bubble.evaluate("node => node.textContent")
    assert 0 == tab.locator(".bubble script, .bubble img, .bubble b, .row img").count()
    assert "auto" == bubble.get_attribute("dir")


def test_no_address_of_a_message_becomes_a_script(page: Page):
    """Links lead to the web or nowhere, and the page is not told to the site they lead to."""
    caller = Caller()
    caller.sandbox = page.sandbox
    for url in ("javascript:alert(1)", "data:text/html,<script>alert(1)</script>"):
        whatsapp(caller, "document", url=url, filename="Trap.pdf")
    tab = page.open(f"#/to/{CLINIC}")
    see(tab.locator(".bubble"), "Trap.pdf")
    links = tab.locator(".bubble a").evaluate_all("links => links.map(l => [l.href, l.rel])")

    assert [] == [link for link, _ in links if not link.startswith("https://")]
    assert {"noopener noreferrer nofollow"} == {rel for _, rel in links}


def test_whatsapp_and_rcs_are_drawn(page: Page):
    """Media, a place, a contact, lists, buttons, cards; each as what it is."""
    tab = page.open(f"#/to/{CLINIC}")
    thread = tab.locator("#thread")
    for text in (
        "Hello Ada, see you on Monday.",
        "entrance.jpg",
        "Form.pdf",
        "Ada Keller",
        "Yes, please",
    ):
        see(thread, text)
    assert 1 == thread.locator(".map").count()
    tab = page.open(f"#/to/{RIDER}")
    for text in ("Cargo bike", "Reserve it", "All bikes", "Helmet?"):
        see(thread, text)

    assert 4 == thread.locator(".rich-card").count()


def test_a_reply_goes_out_as_a_webhook(page: Page):
    """Typed and sent with Enter: it stands in the conversation, and the application was told."""
    tab = page.open(f"#/to/{SHOP}")
    field = tab.get_by_label(re.compile("^Reply as"))
    field.fill("See you <b>then</b>")
    field.press("Enter")
    see(tab.locator(".message.in"), "See you <b>then</b>")
    assert page.sandbox.settle()
    event = page.sandbox.attempts[-1]

    assert ("sms_mo", b"See+you" in event.request.body) == (event.event, True)
    assert "X-Signature" in event.request.headers
    assert "" == field.input_value()


def test_a_button_is_pressed(page: Page):
    """The choice stands in the conversation as the recipient's answer."""
    tab = page.open(f"#/to/{CLINIC}")
    tab.get_by_role("button", name="Yes, please").click()
    see(tab.locator(".message.in"), "Yes, please")

    assert "Yes, please" == page.sandbox.gateway.state.main.inbound[-1].text


def test_a_key_is_pressed_in_a_call(page: Page):
    """On the keypad in the details of a call, which stay open."""
    tab = page.open(f"#/to/{SHOP}")
    call = tab.locator(".message.voice")
    call.get_by_text("Details").click()
    call.get_by_role("button", name="#").click()
    see(call.locator("kbd"), "#")

    assert "1#" == page.sandbox.ledger.get("1000001").keys
    assert call.get_by_role("button", name="#").is_visible()


def test_a_state_is_set(page: Page):
    """Chosen in the details; the message shows it, and so does the list."""
    send(page.sandbox, to=SHOP, text="Will it arrive?")
    tab = page.open(f"#/to/{SHOP}")
    message = tab.locator(".message", has_text="Will it arrive?")
    message.get_by_text("Details").click()
    message.get_by_label("Delivery state").select_option("FAILED")
    message.get_by_role("button", name="Set state").click()
    see(message.locator(".state"), "Failed")

    assert "FAILED" == page.sandbox.ledger[-1].report(page.sandbox.clock())[0]


def test_a_webhook_is_looked_at_and_delivered_again(page: Page):
    """Request and answer are there; once more means one more attempt."""
    tab = page.open("#/webhooks")
    delivery = tab.locator(".delivery").first
    delivery.locator("summary").click()
    see(delivery, re.compile("X-Signature: [0-9a-f]{64}"))
    before = len(page.sandbox.attempts)
    delivery.get_by_role("button", name="Deliver again").click()
    # In the summary: the button says it, too.
    see(tab.locator(".delivery summary .note").first, "again")

    assert before + 1 == len(page.sandbox.attempts)
    assert page.sandbox.attempts[-1].delivery.is_repeat


def test_faults_are_injected_and_cleared(page: Page):
    """A usual one or a rule of one's own; a rule that makes no sense is explained."""
    tab = page.open("#/controls")
    tab.get_by_label("Usual faults").select_option(label="The next SMS fails with HTTP 503")
    tab.get_by_role("button", name="Add fault").click()
    see(tab.locator(".rules"), "POST /sms times=1 status=503")
    tab.get_by_label("Rule").fill("POST /sms colour=red")
    tab.get_by_role("button", name="Add fault").click()
    see(tab.locator("#notice"), re.compile("'colour'"))
    assert 2 == len(page.sandbox.faults)
    tab.get_by_role("button", name="Clear faults").click()
    see(tab.locator(".rules"), "No call fails on purpose.")
    # The refused rule is the one complaint: browsers log an HTTP 400.
    assert 1 == len(page.complaints)
    page.complaints.clear()

    assert [] == page.sandbox.faults


def test_the_clock_is_advanced(page: Page):
    """A scheduled message leaves, and the page shows how far ahead the clock is."""
    tab = page.open("#/to/491625550100")
    see(tab.locator("#thread"), re.compile("Scheduled for"))
    tab = page.open("#/controls")
    tab.get_by_role("button", name="+1 day").click()
    see(tab.locator("#ahead"), "1 day ahead")
    page.open("#/to/491625550100")

    see(tab.locator("#thread"), re.compile("Delivered|Transmitted|Accepted"))


def test_everything_is_cleared(page: Page):
    """After a question; the list is empty, the hook stays."""
    tab = page.open("#/controls")
    tab.get_by_role("button", name="Clear all messages").click()
    tab.get_by_role("dialog").get_by_role("button", name="Clear all").click()
    see(tab.locator("#notice"), "All messages are gone")
    tab.get_by_role("link", name="Messages").click()
    see(tab, "Nothing was sent yet")

    assert (0, 1) == (len(page.sandbox.ledger), len(page.sandbox.gateway.state.main.hooks))


def test_somebody_writes_first(page: Page):
    """A number that got no message before has a conversation then."""
    tab = page.open()
    tab.get_by_label("Somebody writes or calls first").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Number").fill("0151 23456789")
    dialog.get_by_label("Text").fill("Is anybody there?")
    dialog.get_by_role("button", name="Let it come in").click()
    see(tab.locator(".message.in"), "Is anybody there?")

    assert "4915123456789" == page.sandbox.gateway.state.main.inbound[-1].from_


def test_search_and_filters(page: Page):
    """Each narrows the list, and the page says how many were found."""
    tab = page.open()
    total = tab.locator("#total")
    tab.get_by_label("Search").fill("Order-1042")
    see(total, "1 conversation found")
    tab.get_by_label("Search").fill("")
    tab.get_by_label("Channel").first.select_option("RCS")
    see(total, "1 conversation found")
    tab.get_by_label("Channel").first.select_option("")
    tab.get_by_label("State").select_option("scheduled")
    see(total, "1 conversation found")
    tab.get_by_label("Label").first.select_option("login")

    see(total, "Nothing fits.")


def test_a_campaign_adds_up(page: Page):
    """Counts, cost and plots of one label, and they go on while messages come in."""
    tab = page.open("#/campaigns/autumn-sale")
    numbers = tab.locator("#campaigns .numbers")
    see(numbers, "296")
    assert "22.20 €" in numbers.inner_text()
    assert 2 == numbers.get_by_role("img").count()
    send(page.sandbox, label="autumn-sale")

    see(numbers, "297")


def test_news_comes_by_itself(page: Page):
    """A message, and later its state: nobody reloads, and the page does not ask in between."""
    tab = page.open(f"#/to/{SHOP}")
    see(tab.locator("#thread"), "Done. Have a nice day!")
    send(page.sandbox, text="Just now")
    message = tab.locator(".message", has_text="Just now")
    message.wait_for()
    page.sandbox.advance(10)
    see(message.locator(".state"), "Delivered")
    tab.wait_for_timeout(1_000)
    asked = len(page.asked)
    tab.wait_for_timeout(2_000)

    assert asked == len(page.asked)


def test_a_hundred_thousand_messages_stay_smooth(browser: Any):
    """Only what is on the screen is drawn, wherever the list is scrolled to."""
    caller = Caller()
    for part in range(100):
        numbers = ",".join(f"4916{part:02}{index:07}" for index in range(500))
        caller.send(to=numbers, text="Hi")
    for index in range(500):
        caller.send(to=",".join([SHOP] * 100), text=f"Number {index}", no_reload="1")
    assert 100_000 == len(caller.sandbox.ledger)
    for page in serve_page(browser, caller.sandbox):
        tab = page.open()
        see(tab.locator("#total"), "50,001 conversations")
        tab.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight / 2; }")
        see(tab.locator(".row"), re.compile(r"\+49 16[0-9 ]+"))
        tab.locator(".rows li").nth(5).wait_for()
        assert tab.locator(".rows li").count() < 40
        page.open(f"#/to/{SHOP}")
        see(tab.locator("#thread"), "50,000 messages")
        see(tab.locator(".message"), "Number 499")
        assert tab.locator(".message").count() <= 50
        tab.locator(".scroll").evaluate("log => { log.scrollTop = 0; }")
        tab.locator(".message").nth(60).wait_for(state="attached")
        took_ms = tab.evaluate(
            """async () => {
                const start = performance.now();
                const list = document.getElementById("list");
                for (let step = 0; step < 60; step += 1) {
                    list.scrollTop = step * 5000;
                    await new Promise(requestAnimationFrame);
                }
                return performance.now() - start;
            }"""
        )

        assert took_ms < 6_000  # sixty frames, on a machine that does much besides


def test_the_keyboard_is_enough(page: Page):
    """`/` searches, arrows go through the list, Enter opens, Escape goes back."""
    tab = page.open()
    see(tab.locator(".row"), "+49 162 5550100")
    tab.keyboard.press("/")
    assert "search" == tab.evaluate("document.activeElement.id")
    tab.locator(".row").first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    see(tab.locator("#thread"), "Great, can you leave it with the neighbour?")
    assert "true" == tab.locator(".row[data-selected]").get_attribute("aria-current")
    tab.locator(".composer textarea").focus()
    tab.keyboard.press("Escape")
    see(tab.locator("#thread"), "Choose a conversation.")

    assert "#/to/491716992343" == tab.evaluate("document.activeElement.getAttribute('href')")


def test_a_narrow_screen_shows_one_thing_at_a_time(browser: Any):
    """The list, then the conversation with a way back; nothing is wider than the screen."""
    for page in serve_page(browser, build_scene(), viewport=NARROW):
        tab = page.open()
        see(tab.locator(".row"), "+49 171 6992343")
        assert not tab.locator("#thread").is_visible()
        tab.get_by_role("link", name=re.compile("6992343")).click()
        tab.locator(".composer").wait_for()
        assert not tab.locator("#list").is_visible()
        assert "back" == tab.evaluate("document.activeElement.className")
        tab.get_by_label("Back to all conversations").click()
        tab.locator("#list").wait_for()
        for place in (
            "",
            f"#/to/{CLINIC}",
            f"#/to/{RIDER}",
            "#/campaigns",
            "#/webhooks",
            "#/controls",
        ):
            page.open(place)
            tab.wait_for_timeout(200)

            assert 390 == tab.evaluate("document.documentElement.scrollWidth"), place


@contextmanager
def serve_frame(url: str) -> Iterator[str]:
    """The address of another server on this machine, whose page frames a URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f"<!doctype html><link rel=icon href=data:,><iframe src='{url}'></iframe>"
            self.wfile.write(frame.encode())

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def test_a_page_of_another_origin_gets_nothing(page: Page):
    """It can neither read nor post, nor frame the inbox; the page of another port is such a one."""
    tried = """async (url) => {
        const read = await fetch(url + "_sandbox/messages").then(() => "read", () => "refused");
        const post = { method: "POST", mode: "no-cors" };
        await fetch(url + "_sandbox/reset", post);
        await fetch(url + "_sandbox/advance?seconds=9", post);
        return read;
    }"""
    before = page.sandbox.snapshot()
    with serve_frame(page.url) as elsewhere:
        tab = page.context.new_page()
        tab.goto(elsewhere)

        assert "refused" == tab.evaluate(tried, page.url)
        assert before == page.sandbox.snapshot()
        assert tab.frames[1].evaluate("document.getElementById('list') === null")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of the accessibility checker."""
    folder: Path = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: it fetches the accessibility checker")
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
    done = subprocess.run(install, check=False, capture_output=True, text=True, timeout=180)
    if done.returncode:
        pytest.skip(f"npm cannot fetch {AXE}: {done.stderr.strip()[-200:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")


PLACES = (
    "",
    f"#/to/{SHOP}",
    f"#/to/{CLINIC}",
    f"#/to/{RIDER}",
    "#/campaigns",
    "#/webhooks",
    "#/controls",
)


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [
        pytest.param(WIDE, "light", id="wide-light"),
        pytest.param(NARROW, "dark", id="narrow-dark"),
        pytest.param(WIDE, "dark", id="wide-dark", marks=pytest.mark.soak),
        pytest.param(NARROW, "light", id="narrow-light", marks=pytest.mark.soak),
    ],
)
def test_the_checker_finds_nothing_serious(
    browser: Any, axe: str, scheme: str, viewport: dict[str, int]
):
    """Names, roles, contrast: axe-core has no serious and no critical finding on any place."""
    options = {"viewport": viewport, "color_scheme": scheme, "reduced_motion": "reduce"}
    for page in serve_page(browser, build_scene(), **options):
        tab = page.open()
        for place in PLACES:
            page.open(place)
            tab.wait_for_timeout(300)
            tab.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            tab.evaluate(axe)
            findings = tab.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
            serious = [
                (finding["id"], node["html"][:200], node["failureSummary"])
                for finding in findings
                if finding["impact"] in ("serious", "critical")
                for node in finding["nodes"]
            ]

            assert [] == serious, place
