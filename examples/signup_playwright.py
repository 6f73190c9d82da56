"""An end-to-end test in a browser: a person signs up with the code that the application sent.

pip install seven-async flask playwright pytest
pytest signup_playwright.py
Ends by itself. It needs a Chromium, which it looks for on PATH, and skips where there is none.
"""

import re
import secrets
import shutil
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from seven_async import Seven
from seven_async.sandbox import Sandbox

PAGE = """<!doctype html><title>Sign up</title>
{% if not number %}
<form method="post"><label>Mobile number <input name="number"></label>
<button>Send code</button></form>
{% elif not is_in %}
<form method="post"><input type="hidden" name="number" value="{{ number }}">
<label>Code <input name="code"></label><button>Sign in</button></form>
{% else %}<p>Welcome</p>{% endif %}"""


def build_app(seven: Seven) -> Flask:
    """Return the application under test."""
    app, codes = Flask(__name__), dict[str, str]()

    @app.route("/", methods=["GET", "POST"])
    def sign_up() -> str:
        number, code = request.form.get("number"), request.form.get("code", "")
        if number and not code:
            codes[number] = f"{secrets.randbelow(10**6):06}"
            seven.sms.send(number, f"Your code is {codes[number]}", from_="Acme")
        is_in = bool(code) and secrets.compare_digest(code, codes.pop(number or "", ""))
        return render_template_string(PAGE, number=number, is_in=is_in)

    return app


@pytest.fixture
def page() -> Iterator[Page]:
    """Open a page in the Chromium that is installed; with pytest-playwright, leave this out."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), None)
    if executable is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser.new_context().new_page()
        browser.close()


@pytest.fixture
def served() -> Iterator[tuple[str, Any]]:
    """Serve the application and the gateway that it sends to."""
    with Sandbox().serve() as gateway:
        seven = Seven(api_key=gateway.sandbox.api_key, base_url=gateway.url)
        server = make_server("127.0.0.1", 0, build_app(seven), threaded=True)
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.port}/", gateway
        server.shutdown()
        server.server_close()
        seven.close()


def test_new_user_signs_up(page: Page, served: tuple[str, Any]) -> None:
    """The code is read where a person would read it: on the phone, which is the inbox here."""
    url, gateway = served
    page.goto(url)
    page.get_by_label("Mobile number").fill("+491711234567")
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_label("Code")).to_be_visible()

    phone = page.context.new_page()
    phone.goto(gateway.url.removesuffix("api"))
    phone.get_by_text("Your code is").first.click()
    message = phone.get_by_text(re.compile(r"Your code is \d{6}")).last
    # What is being drawn has no inner text yet.
    code = (message.text_content() or "").rpartition("Your code is ")[2][:6]

    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Welcome")).to_be_visible()
