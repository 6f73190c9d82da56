"""`seven login` with a real browser, in which somebody clicks."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from seven_async.cli import redirect
from seven_async.sandbox import Sandbox
from tests.browser import open_browser
from tests.cli.test_login import Run, folder, sandbox

__all__ = ["folder", "sandbox"]


class Person:
    """Somebody who opens the address that a terminal opens, and clicks a button on the page."""

    def __init__(self, button: str) -> None:
        self.button = button
        self.seen: list[str] = []
        self.threads: list[threading.Thread] = []

    def browse(self, url: str) -> bool:
        """Open an address; as `webbrowser.open` does, without waiting for what comes of it."""
        self.threads.append(threading.Thread(target=self._click, args=(url,)))
        self.threads[-1].start()
        return True

    def _click(self, url: str) -> None:
        with open_browser() as browser:
            page = browser.new_page(viewport={"width": 390, "height": 800})
            page.goto(url)
            self.seen.append(page.inner_text("body"))
            page.get_by_role("link", name=self.button, exact=True).click()
            page.wait_for_url("**/callback?**")
            self.seen.append(page.inner_text("body"))


@pytest.fixture
def person(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Person]:
    """Make a person the browser of this machine; the redirect goes to any free port."""
    with open_browser():
        pass  # skips the test here, and not in a thread of it
    sandbox.grants.consent = "ask"
    monkeypatch.setattr(redirect, "REDIRECT_URIS", ("http://127.0.0.1:0/callback",))
    begin = redirect.Redirect.__init__

    def begin_on_free_port(self: redirect.Redirect, uri: str) -> None:
        begin(self, uri)
        self.redirect_uri = f"http://127.0.0.1:{self.server_port}/callback"

    monkeypatch.setattr(redirect.Redirect, "__init__", begin_on_free_port)

    def make(button: str) -> Person:
        person = Person(button)
        monkeypatch.setattr(webbrowser, "open", person.browse)
        return person

    return make


def test_somebody_allows_the_login(
    seven: Run, folder: Path, sandbox: Sandbox, person: Callable[[str], Person]
) -> None:
    """The page says who asks for what, and the terminal acts for the account afterwards."""
    somebody = person("Allow")
    status, out, err = seven("login", "--scope", "sms", "--scope", "balance")
    somebody.threads[0].join()

    assert (0, "logged in as profile default\n", "") == (status, out, err)
    asked, answered = somebody.seen
    assert "my-app" in asked
    assert "sms" in asked
    assert "You can close this window." in answered
    assert (0, "1000000.0 EUR\n", "") == seven("balance")


def test_somebody_denies_the_login(
    seven: Run, folder: Path, sandbox: Sandbox, person: Callable[[str], Person]
) -> None:
    """The terminal says so, and nothing is kept."""
    somebody = person("Deny")
    status, _, err = seven("login")
    somebody.threads[0].join()

    assert 4 == status
    assert "refused in the browser" in err
    assert [] == list(folder.glob("*.json"))
