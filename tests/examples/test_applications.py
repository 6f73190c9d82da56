"""The examples that serve: what they answer, and what they send to the gateway.

In: the files of examples/, a served sandbox. Out: replies, the ledger. I/O: loopback, processes.
"""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import httpx
import pytest

from seven_async.sandbox import Sandbox
from tests.examples.servers import EXAMPLES, free_port, run_server

WSGI = (
    "from wsgiref.simple_server import make_server; import {module} as module;"
    "make_server('127.0.0.1', {{port}}, module.application).serve_forever()"
)
SERVERS = {
    "fastapi_app": ["-m", "uvicorn", "fastapi_app:app", "--port", "{port}"],
    "django_asgi_app": ["-m", "uvicorn", "django_asgi_app:application", "--port", "{port}"],
    "django_wsgi_app": ["-c", WSGI.format(module="django_wsgi_app")],
    "flask_app": ["-m", "flask", "--app", "flask_app", "run", "--port", "{port}"],
}
LOST, REFUSED = "+4915550003002", "+4915550000202"


def skip_if_missing(name: str) -> None:
    """Skip where the framework of an example is not installed."""
    module = name.partition("_")[0]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"not installed here: {module}")


def announce(base: str, parcel: str, number: str, *, is_json: bool) -> httpx.Response:
    """Ask an example to tell a customer about a parcel."""
    body = {"json" if is_json else "data": {"number": number}}
    return httpx.post(f"{base}/parcels/{parcel}/arrived", timeout=30, **body)


@pytest.mark.parametrize("name", SERVERS)
def test_application_sends_on_a_request(name: str, tmp_path: Path):
    """It sends once, and tells an unknown outcome from a refusal; mistakes are its caller's."""
    skip_if_missing(name)
    with Sandbox().serve() as gateway:
        environment = {
            "SEVEN_API_KEY": gateway.sandbox.api_key,
            "SEVEN_BASE_URL": gateway.url,
            "PYTHONWARNINGS": "error::ResourceWarning",
        }
        port = free_port()
        with run_server(SERVERS[name], port, tmp_path, environment) as printed:
            base, is_json = f"http://127.0.0.1:{port}", name == "fastapi_app"
            sent = announce(base, "7", "+491711234567", is_json=is_json)
            lost = announce(base, "8", LOST, is_json=is_json)
            wrong = [announce(base, "9", to, is_json=is_json) for to in (REFUSED, "")]
            if is_json:
                run_campaign_of(base, gateway.sandbox)
    (accepted,) = gateway.sandbox.sent(to="+491711234567", text="Parcel 7 has arrived.")

    assert {"state": "accepted", "id": accepted.id} == sent.json(), printed.read_text()
    assert {"state": "unknown", "foreign_id": "parcel-8"} == lost.json()
    assert 1 == len(gateway.sandbox.sent(to=LOST))
    assert [422, 422] == [reply.status_code for reply in wrong]
    assert "Traceback" not in printed.read_text()


def run_campaign_of(base: str, sandbox: Sandbox) -> None:
    """A campaign runs beside the requests; asked for again, it serves only who is new."""
    people = [
        {"number": "+43664123456", "first_name": "Ben"},
        {"number": "+43664123457", "first_name": "Ann"},
    ]
    for count in (1, 2):
        reply = httpx.post(f"{base}/campaigns/doors", json=people[:count])
        assert 202 == reply.status_code
        wait_until_accepted(base, count)

    assert 404 == httpx.get(f"{base}/campaigns/none").status_code
    assert [1, 1] == [len(sandbox.sent(to=person["number"])) for person in people]


def wait_until_accepted(base: str, count: int) -> None:
    """Return once the campaign has ended with so many accepted messages."""
    expected = {"is_running": False, "accepted": count, "rejected": 0, "unknown": 0}
    for _ in range(600):
        answer = httpx.get(f"{base}/campaigns/doors").json()
        if answer == expected:
            return
        time.sleep(0.05)  # a campaign in another process
    pytest.fail(f"the campaign has not ended: {answer}")


def test_login_by_one_time_password(tmp_path: Path):
    """The code of the phone logs in, once; who is no customer gets the same answer and no code."""
    skip_if_missing("fastapi")
    words = ["-m", "uvicorn", "otp_login:app", "--port", "{port}"]
    with Sandbox().serve() as gateway:
        environment = {
            "SEVEN_API_KEY": gateway.sandbox.api_key,
            "SEVEN_BASE_URL": gateway.url,
            "OTP_ANSWER_S": "0.1",
        }
        port = free_port()
        with (
            run_server(words, port, tmp_path, environment) as printed,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as person,
        ):
            stranger = person.post("/login", json={"number": "+436641234567"})
            begun = person.post("/login", json={"number": "0171 1234567"})
            (message,) = gateway.sandbox.ledger
            right = message.text[:6]
            wrong = f"{(int(right) + 1) % 10**6:06}"
            statuses = [
                person.post(
                    "/login/code", json={"number": "+491711234567", "code": code}
                ).status_code
                for code in (wrong, right, right)
            ]

    assert [401, 200, 401] == statuses, printed.read_text()
    assert (202, 202) == (begun.status_code, stranger.status_code)
    assert begun.json() == stranger.json()


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.name)
def test_example_says_how_it_is_run(file: Path):
    """Its head says what it shows, what it needs, how it starts, and how it ends."""
    first, blank, install, start, end, *_ = file.read_text("utf-8").splitlines()

    assert first.startswith('"""')
    assert ("", True) == (
        blank,
        install.startswith(("pip install seven-async", "pip install 'seven-async[")),
    )
    assert file.stem in start
    assert end.startswith(("Ends by itself", "Runs until Ctrl-C."))
