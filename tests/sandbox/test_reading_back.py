"""Balance, status, journal and pricing; in: wire calls, out: wire answers; no I/O."""

from __future__ import annotations

import pytest

from tests.sandbox.caller import ACCEPTS_JSON, Caller

ID = "77000000001"


def test_balance_is_an_object_or_a_bare_number():
    """With Accept it is an object, without it the number alone."""
    caller = Caller(balance="54.218")

    assert {"amount": 54.218, "currency": "EUR"} == caller.json("GET /balance")
    assert "54.218" == caller.text("GET /balance")


def test_balance_goes_down_by_what_was_sent():
    """What a message cost is gone from the balance."""
    caller = Caller(balance=1)
    caller.send()

    assert 0.925 == caller.json("GET /balance")["amount"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "sandbox-key"},
        {"authorization": "basic sandbox-key"},
        {"authorization": "Basic sandbox-key"},
        {"authorization": "Bearer sandbox-key"},
    ],
)
def test_keys_are_taken_from_every_published_place(headers: dict[str, str]):
    """X-Api-Key, and Authorization with the raw key behind basic or bearer."""
    answer = Caller().ask("GET /balance", {"accept": "application/json", **headers})

    assert b"amount" in answer.body


def test_the_parameter_p_is_a_key_too():
    """The deprecated `p=` opens the account from query and form."""
    caller = Caller(balance=3)

    assert b"3.0" == caller.ask("GET /balance", {}, query={"p": "sandbox-key"}).body
    assert b"3.0" == caller.ask("POST /balance", {}, form={"p": "sandbox-key"}).body


def test_a_wrong_key_is_900_at_http_200():
    """A JSON string with Accept, bare digits without."""
    caller = Caller()
    wrong = {**ACCEPTS_JSON, "x-api-key": "nonsense"}

    assert "900" == caller.json("GET /balance", wrong)
    assert (200, b"900") == (
        caller.ask("GET /balance", {}).status,
        caller.ask("GET /balance", {}).body,
    )


def test_unknown_paths_are_the_frameworks_404():
    """HTTP 404 with code, message and errors."""
    answer = Caller().ask("GET /nothing/here")

    assert (404, b'{"code":404,"message":"Page not found","errors":[]}') == (
        answer.status,
        answer.body,
    )


def test_reports_move_on_the_clock():
    """ACCEPTED, TRANSMITTED after a second, DELIVERED after four."""
    caller = Caller()
    caller.send()
    seen = []
    for step_s in (0, 1, 3):
        caller.sandbox.advance(step_s)
        seen.append(caller.json("GET /status", query={"msg_id": ID})[0]["status"])

    assert ["ACCEPTED", "TRANSMITTED", "DELIVERED"] == seen


def test_status_of_a_scheduled_message_is_null():
    """There is no report before the message left."""
    caller = Caller()
    caller.send(delay=int(caller.sandbox.clock()) + 60)

    expected = [{"id": ID, "status": None, "status_time": None}]
    assert expected == caller.json("GET /status", query={"msg_id": f"{ID},1"})


def test_status_in_text_is_two_lines_and_unknown_is_600():
    """Status, then its time in Berlin; an unknown id answers 600."""
    caller = Caller()
    caller.send()
    caller.sandbox.advance(10)

    assert "DELIVERED\n2023-11-14 23:13:24.000" == caller.text("GET /status", query={"msg_id": ID})
    assert "600" == caller.text("POST /status", form={"msg_id": "0"})
    caller.sandbox.advance(30 * 86400)
    assert "600" == caller.text("GET /status", query={"msg_id": ID})


def test_journal_row_has_the_published_fields():
    """Ids and prices are text with four decimals, times Berlin wall time with milliseconds."""
    caller = Caller()
    headers = {**ACCEPTS_JSON, "sentwith": "tests"}
    form = {"to": "+491716992343", "text": "hi", "from": "Acme", "foreign_id": "f1", "label": "l"}
    caller.json("POST /sms", headers, form=form)
    caller.sandbox.advance(5)
    expected = {
        "id": ID,
        "to": "491716992343",
        "from": "Acme",
        "text": "hi",
        "timestamp": "2023-11-14 23:13:20.000",
        "price": "0.0750",
        "dlr": "DELIVERED",
        "dlr_timestamp": "2023-11-14 23:13:24.000",
        "mccmnc": "26201",
        "latency": "4.0000",
        "type": "direct",
        "channel": "SMS",
        "connection": "tests",
        "label": "l",
        "foreign_id": "f1",
    }

    assert [expected] == caller.json("GET /journal/outbound")


def test_journal_is_newest_first_and_paged():
    """At most 100 rows, from a row offset on."""
    caller = Caller()
    for number in range(103):
        caller.send(text=str(number))

    first = caller.json("GET /journal/outbound")
    rest = caller.json("GET /journal/outbound", query={"offset": 100, "limit": 500})
    assert (100, "102") == (len(first), first[0]["text"])
    assert ["2", "1", "0"] == [row["text"] for row in rest]


def test_what_was_scheduled_stands_where_it_left():
    """The journal's newest is what left last, not what was accepted last."""
    caller = Caller()
    caller.send(text="later", delay=1_700_000_100)
    caller.send(text="at once")
    caller.sandbox.advance(200)
    rows = caller.json("GET /journal/outbound")

    assert ["later", "at once"] == [row["text"] for row in rows]
    assert rows == caller.json("GET /journal/outbound", query={"to": "491716992343"})


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ({"to": "0171-6992343"}, ["b", "a"]),
        ({"to": "+4917000000"}, []),
        ({"id": "77000000002"}, ["b"]),
        ({"state": "ACCEPTED"}, ["c", "b"]),
        ({"state": "delivered"}, ["a"]),
        ({"date_from": "2023-11-15"}, ["c", "b"]),
        ({"date_to": "2023-11-14"}, ["a"]),
        ({"date_from": "undefined", "date_to": "undefined"}, ["c", "b", "a"]),
        ({"limit": 1, "offset": 1}, ["b"]),
        ({"limit": "x", "offset": "-5"}, ["c", "b", "a"]),
    ],
)
def test_journal_filters(query: dict[str, object], texts: list[str]):
    """By recipient in any spelling, id, state and Berlin day; nonsense filters nothing."""
    caller = Caller()
    caller.send(text="a")
    caller.sandbox.advance(86400)
    caller.send(text="b")
    caller.send(to="+41798072355", text="c")

    rows = caller.json("GET /journal/outbound", query=query)
    assert texts == [row["text"] for row in rows]


def test_pricing_counts_what_it_lists():
    """One country on request, otherwise all, with counters that fit."""
    caller = Caller()
    austria = caller.json("GET /pricing", query={"country": "at"})
    everything = caller.json("GET /pricing")

    assert (1, 4, "43") == (
        austria["countCountries"],
        austria["countNetworks"],
        austria["countries"][0]["countryPrefix"],
    )
    assert everything["countNetworks"] == sum(
        len(country["networks"]) for country in everything["countries"]
    )
    assert 40 < everything["countCountries"] == len(everything["countries"])


def test_pricing_as_csv_is_quoted_and_shifted_as_recorded():
    """Semicolons, quotes, and the price in the last column whatever the head says."""
    csv = Caller().text("GET /pricing", query={"country": "de", "format": "csv"})
    head, first = csv.split("\n")[:2]

    assert '"countryCode";"countryName";"countryPrefix";"mcc";"mnc"' == head[:55]
    assert first.endswith('"Telekom Deutschland GmbH";"alpha,numeric,dlr,sc";"";"0.075"')
