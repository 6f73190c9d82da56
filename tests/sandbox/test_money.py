"""Subaccounts, numbers and analytics; in: wire calls, out: wire answers; no I/O."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.caller import ACCEPTS_JSON, Caller

NOT_FOUND = "Subaccount not found"


def subaccount(caller: Caller) -> str:
    """The id of a new subaccount."""
    form = {"name": "John Doe", "email": "john@acme.test"}
    return caller.json("POST /subaccounts/create", form=form)["subaccount"]["id"]


def test_credit_moves_each_time():
    """Transfers take from the main account and show as text with four decimals."""
    caller = Caller(balance=10)
    number = subaccount(caller)
    for _ in range(2):
        form = {"id": number, "amount": "1.23"}
        assert caller.json("POST /subaccounts/transfer_credits", form=form)["success"]
    (row,) = caller.json("GET /subaccounts/list")

    assert ("2.4600", "0.0000", Decimal("7.54")) == (
        row["balance"],
        row["total_usage"],
        caller.sandbox.balance,
    )


@pytest.mark.parametrize("amount", ["0", "-1", "x", "", "NaN", "1e99", "Infinity"])
def test_nonsense_amounts_are_refused(amount: str):
    """Free text at HTTP 200, and no money moves."""
    caller = Caller(balance=10)
    form = {"id": subaccount(caller), "amount": amount}

    assert {"success": False, "error": "Invalid amount"} == caller.json(
        "POST /subaccounts/transfer_credits", form=form
    )
    assert 10 == caller.sandbox.balance


def test_more_than_there_is_cannot_be_transferred():
    """The main account does not go below zero."""
    caller = Caller(balance=1)
    form = {"id": subaccount(caller), "amount": 2}

    assert (
        "Not enough credit" == caller.json("POST /subaccounts/transfer_credits", form=form)["error"]
    )


def test_top_up_refills_what_is_below_the_threshold():
    """Sending as the subaccount pulls the amount from the main account; 0 switches it off."""
    caller = Caller(balance=10)
    number = subaccount(caller)
    caller.json("POST /subaccounts/transfer_credits", form={"id": number, "amount": 1})
    caller.json("POST /subaccounts/update", form={"id": number, "threshold": 1, "amount": 5})
    below = {**ACCEPTS_JSON, "x-account-id": number}
    caller.json("POST /sms", below, form={"to": "491716992343", "text": "x"})
    (row,) = caller.json("GET /subaccounts/list")

    assert ("5.9250", {"threshold": "1", "amount": "5"}) == (row["balance"], row["auto_topup"])
    caller.json("POST /subaccounts/update", form={"id": number, "threshold": 1, "amount": 0})
    (row,) = caller.json("GET /subaccounts/list")
    assert {"threshold": None, "amount": None} == row["auto_topup"]


def test_top_up_takes_no_more_than_there_is():
    """Where the main account has less than the amount, the subaccount is left as it is."""
    caller = Caller(balance=2)
    number = subaccount(caller)
    caller.json("POST /subaccounts/transfer_credits", form={"id": number, "amount": 1})
    caller.json("POST /subaccounts/update", form={"id": number, "threshold": 1, "amount": 5})
    below = {**ACCEPTS_JSON, "x-account-id": number}
    caller.json("POST /sms", below, form={"to": "491716992343", "text": "x"})

    assert 1 == caller.sandbox.balance
    assert "0.9250" == caller.json("GET /subaccounts/list")[0]["balance"]


@pytest.mark.parametrize("action", ["update", "transfer_credits", "delete"])
def test_unknown_subaccounts_are_named_so(action: str):
    """The same sentence for every action, in both URL styles."""
    caller = Caller()
    refusal = {"success": False, "error": NOT_FOUND}

    assert refusal == caller.json(f"POST /subaccounts/{action}", form={"id": "5"})
    assert refusal == caller.json("POST /subaccounts", query={"action": action}, form={"id": "5"})
    assert refusal == caller.json("POST /subaccounts", form={"action": action, "id": ""})


def test_deleting_gives_the_credit_back():
    """What the subaccount had is the main account's again."""
    caller = Caller(balance=10)
    number = subaccount(caller)
    caller.json("POST /subaccounts/transfer_credits", form={"id": number, "amount": 4})
    caller.json("POST /subaccounts", query={"action": "delete"}, form={"id": number})

    assert 10 == caller.sandbox.balance
    assert [] == caller.json("GET /subaccounts", query={"action": "read"})


def test_an_unset_id_lists_all():
    """A client that sends `id=undefined` gets the whole list."""
    caller = Caller()
    subaccount(caller)

    assert 1 == len(caller.json("GET /subaccounts/read", query={"id": "undefined"}))


def test_subaccounts_need_name_and_address():
    """Recorded sentence for the address, one of our own for the name."""
    caller = Caller()
    create = "POST /subaccounts/create"

    assert "valid email" in caller.json(create, form={"name": "n", "email": "x"})["error"]
    assert "name" in caller.json(create, form={"email": "a@b.test"})["error"]


def test_numbers_are_ordered_changed_and_cancelled():
    """From the offer to the account, with forwards, until the paid period ends."""
    caller = Caller(balance=1000)
    order = {"number": "+4523854818", "payment_interval": "monthly"}
    path = "/numbers/active/4523854818"

    assert {"error": None, "success": True} == caller.json("POST /numbers/order", json=order)
    assert Decimal("950.2") == caller.sandbox.balance
    assert not caller.json("POST /numbers/order", json=order)["success"]
    offered = caller.json("GET /numbers/available", query={"country": "dk"})["availableNumbers"]
    assert "4523854818" not in [offer["number"] for offer in offered]
    form = {"friendly_name": "desk", "sms_forward[]": "0171 1234567", "email_forward": "a@b.test"}
    changed = caller.json(f"PATCH {path}", form=form)
    assert ("desk", ["491711234567"], True) == (
        changed["friendly_name"],
        changed["forward_sms_mo"]["sms"]["number"],
        changed["forward_sms_mo"]["email"]["enabled"],
    )
    off = caller.json(f"PATCH {path}", form={"sms_forward": ""})
    assert not off["forward_sms_mo"]["sms"]["enabled"]
    assert {"success": True} == caller.json(f"DELETE {path}")
    assert "2023-12-14 23:13:20" == caller.json(f"GET {path}")["expires"]
    caller.sandbox.advance(31 * 86400)
    assert 404 == caller.ask(f"GET {path}").status


def test_numbers_go_at_once_where_asked():
    """`delete_immediately` in query or body; what is not there cannot be deleted."""
    caller = Caller()
    path = "DELETE /numbers/active/4523854818"
    for body in ({"query": {"delete_immediately": "true"}}, {"form": {"delete_immediately": 1}}):
        caller.json("POST /numbers/order", form={"number": "4523854818"})
        assert {"success": True} == caller.json(path, **body)
        assert {"success": False} == caller.json(path, **body)

    assert 404 == caller.ask("PATCH /numbers/active/4523854818").status


def test_numbers_whose_time_ran_out_are_on_offer_again():
    """Also where no call looked at the account that had them."""
    caller = Caller(balance=1000)
    order = {"number": "4523854818", "payment_interval": "monthly"}
    caller.json("POST /numbers/order", form=order)
    caller.json("DELETE /numbers/active/4523854818")
    caller.sandbox.advance(31 * 86_400)
    offered = caller.json("GET /numbers/available", query={"country": "DK"})["availableNumbers"]

    assert "4523854818" in [row["number"] for row in offered]
    assert caller.json("POST /numbers/order", form=order)["success"]


def test_numbers_are_filtered_by_features():
    """Only numbers that have what is asked for."""
    query = {"features_voice": "true", "features_a2p_sms": 1, "country": "DE"}
    offers = Caller().json("GET /numbers/available", query=query)["availableNumbers"]

    assert [True] == [
        offer["features"]["voice"] and offer["features"]["a2p_sms"] for offer in offers
    ]


@pytest.mark.parametrize(
    ("balance", "form", "error"),
    [
        (1000, {"number": "49"}, "Number not available"),
        (1000, {"number": "4523854818", "payment_interval": "daily"}, "Invalid payment interval"),
        (1, {"number": "4523854818"}, "Not enough credit"),
    ],
)
def test_orders_are_refused_with_a_reason(balance: int, form: dict[str, str], error: str):
    """Success false and free text at HTTP 200."""
    answer = Caller(balance=balance).json("POST /numbers/order", form=form)

    assert {"error": error, "success": False} == answer


def sums(rows: list[dict], key: str) -> dict[str, tuple[int, float]]:
    """SMS count and usage by the row's own key."""
    return {row[key]: (row["sms"], row["usage_eur"]) for row in rows if row["usage_eur"]}


def test_analytics_sum_what_was_sent():
    """By country, label, day and account, without what was cancelled."""
    caller = Caller()
    caller.send(label="a")
    caller.send(to="+41798072355", text="x" * 161)
    caller.sandbox.advance(86400)
    caller.send(label="a", text="next day")
    caller.send(text="never", delay="2030-01-01 00:00:00")
    caller.json("DELETE /sms", json={"ids": ["77000000004"]})
    caller.json("POST /voice", form={"to": "491716992343", "text": "x"})

    assert {"DE": (2, 0.195), "CH": (1, 0.16)} == sums(
        caller.json("GET /analytics/country"), "country"
    )
    assert {"a": (2, 0.15), "": (1, 0.205)} == sums(caller.json("GET /analytics/label"), "label")
    assert {"2023-11-14": (2, 0.235), "2023-11-15": (1, 0.12)} == sums(
        caller.json("GET /analytics/date"), "date"
    )
    assert {"Sandbox": (3, 0.355)} == sums(caller.json("GET /analytics/subaccount"), "account")
    assert 1 == sum(row["voice"] for row in caller.json("GET /analytics", query={}))


def test_analytics_by_day_have_every_day():
    """31 rows without parameters, and one per day of a range."""
    caller = Caller()
    query = {"start": "2023-11-01", "end": "2023-11-03"}

    assert 31 == len(caller.json("GET /analytics/date"))
    assert ["2023-11-01", "2023-11-02", "2023-11-03"] == [
        row["date"] for row in caller.json("GET /analytics/date", query=query)
    ]


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({"label": "a"}, ["a"]),
        ({"label": ""}, [""]),
        ({"label": "all"}, ["", "a"]),
        ({"start": "2023-11-15"}, []),
        ({"start": "2023-11-14", "end": "2023-11-14"}, ["", "a"]),
        ({"end": "0001-01-01"}, []),
        ({"start": "nonsense"}, ["", "a"]),
        ({"subaccounts": "5"}, []),
        ({"subaccounts": "all"}, ["", "a"]),
    ],
)
def test_analytics_filters(query: dict[str, str], labels: list[str]):
    """By label (empty is without one), range and accounts."""
    caller = Caller()
    caller.send(label="a")
    caller.send(text="b")

    rows = caller.json("GET /analytics/label", query=query)
    assert labels == [row["label"] for row in rows]


def test_lookups_and_replies_are_counted():
    """HLR, MNP and inbound messages have counters of their own."""
    caller = Caller()
    for kind in ("hlr", "mnp", "mnp"):
        caller.json(f"GET /lookup/{kind}", query={"number": "491716992343"})
    caller.sandbox.simulate.sms("+491716992343", "hi")
    (row,) = caller.json("GET /analytics/country")

    assert (1, 2, 1, 0.02) == (row["hlr"], row["mnp"], row["inbound"], row["usage_eur"])
