"""Contacts, groups and hooks, in today's and the older form; in: wire calls; no I/O."""

from __future__ import annotations

import pytest

from tests.sandbox.caller import Caller


def contact(caller: Caller, **form: object) -> int:
    """The id of a new contact."""
    return caller.json("POST /contacts", form=form)["id"]


def test_contacts_live_through_their_states():
    """Created, read, changed where sent, deleted; then unknown."""
    caller = Caller()
    number = contact(caller, firstname="Ada", mobile_number="491716992343", shoe_size="38")
    caller.json(f"PATCH /contacts/{number}", form={"lastname": "Lovelace"})
    properties = caller.json(f"GET /contacts/{number}")["properties"]

    assert ("Ada Lovelace", "38", None) == (
        properties["fullname"],
        properties["shoe_size"],
        properties["city"],
    )
    assert {"success": True} == caller.json(f"DELETE /contacts/{number}")
    assert not caller.json(f"DELETE /contacts/{number}")["success"]
    assert 404 == caller.ask(f"GET /contacts/{number}").status
    assert 404 == caller.ask(f"PATCH /contacts/{number}").status


def test_groups_of_a_contact_are_replaced_as_a_whole():
    """`groups[]` is the new membership; leaving it out leaves it; an empty one empties it."""
    caller = Caller()
    first, second = (caller.json("POST /groups", form={"name": name})["id"] for name in "ab")
    number = contact(caller, firstname="Ada", **{"groups[]": first})
    path = f"PATCH /contacts/{number}"

    assert [first] == caller.json(path, form={"city": "Kiel"})["groups"]
    assert [second] == caller.json(path, json={"groups": [second, 999]})["groups"]
    assert 1 == caller.json(f"GET /groups/{second}")["members_count"]
    assert [] == caller.json(path, form={"groups[]": ""})["groups"]


def test_json_booleans_are_written_like_a_forms():
    """`true` is kept as `1` and `false` as `0`, and false switches nothing on."""
    caller = Caller()
    created = caller.json("POST /contacts", json={"vip": True, "blocked": False})
    group = caller.json("POST /groups", form={"name": "g"})["id"]
    member = contact(caller, **{"groups[]": group})
    caller.json(f"DELETE /groups/{group}", json={"delete_contacts": False})

    assert ("1", "0") == (created["properties"]["vip"], created["properties"]["blocked"])
    assert 200 == caller.ask(f"GET /contacts/{member}").status


def test_contacts_are_paged():
    """`limit` and `offset` count rows; `has_more` says whether there are others."""
    caller = Caller()
    for index in range(7):
        contact(caller, firstname=f"n{index}")
    first = caller.json("GET /contacts", query={"limit": 5})
    rest = caller.json("GET /contacts", query={"limit": 5, "offset": 5})

    assert {"offset": 0, "count": 5, "total": 7, "limit": 5, "has_more": True} == first[
        "pagingMetadata"
    ]
    assert (2, False) == (len(rest["data"]), rest["pagingMetadata"]["has_more"])


def test_contacts_are_searched_sorted_and_of_a_group():
    """In all columns, by any of them, both ways."""
    caller = Caller()
    group = caller.json("POST /groups", form={"name": "g"})["id"]
    contact(caller, firstname="Bob", city="Kiel", **{"groups[]": group})
    contact(caller, firstname="Ada", city="KIEL")
    contact(caller, firstname="Eve")

    def names(**query: object) -> list[str]:
        rows = caller.json("GET /contacts", query=query)["data"]
        return [row["properties"]["firstname"] for row in rows]

    assert ["Bob", "Ada"] == names(search="kiel")
    assert ["Ada", "Bob", "Eve"] == names(order_by="firstname")
    assert ["Eve", "Ada", "Bob"] == names(order_by="id", order_direction="desc")
    assert ["Bob"] == names(group_id=group)


def test_deleting_a_group_can_take_its_members():
    """Without `delete_contacts` people stay and lose the group, with it they go."""
    caller = Caller()
    kept, gone = (caller.json("POST /groups", form={"name": name})["id"] for name in "ab")
    stays = contact(caller, firstname="Ada", **{"groups[]": kept})
    goes = contact(caller, firstname="Bob", **{"groups[]": gone})
    caller.json(f"DELETE /groups/{kept}")
    caller.json(f"DELETE /groups/{gone}", query={"delete_contacts": "true"})

    assert [] == caller.json(f"GET /contacts/{stays}")["groups"]
    assert 404 == caller.ask(f"GET /contacts/{goes}").status
    assert {"success": False} == caller.json(f"DELETE /groups/{gone}")
    assert 404 == caller.ask(f"GET /groups/{gone}").status
    assert 404 == caller.ask(f"PATCH /groups/{gone}").status


def test_groups_are_renamed_and_listed_ten_a_page():
    """A page of groups has ten rows unless asked otherwise."""
    caller = Caller()
    for index in range(12):
        caller.json("POST /groups", form={"name": str(index)})
    caller.json("PATCH /groups/17001", form={"name": "renamed"})
    page = caller.json("GET /groups")

    assert (10, "renamed", True) == (
        len(page["data"]),
        page["data"][0]["name"],
        page["pagingMetadata"]["has_more"],
    )
    assert not caller.json("POST /groups", form={})["success"]


def test_names_of_contacts_and_groups_are_recipients():
    """`to` mixes numbers, contact names and group names, in order."""
    caller = Caller()
    group = caller.json("POST /groups", form={"name": "friends"})["id"]
    contact(caller, firstname="Ada", lastname="L", mobile_number="0171 1000001")
    for digit in (2, 3):
        contact(caller, mobile_number=f"4917100000{digit}0", **{"groups[]": group})
    answer = caller.send(to="0171 1000000,friends,Ada L,Nobody")

    assert ["491711000000", "491710000020", "491710000030", "491711000001", "Nobody"] == [
        row["recipient"] for row in answer["messages"]
    ]
    assert 202 == answer["messages"][-1]["error"]


def test_legacy_contacts():
    """`action=write|read|del` answers 152 for written, 151 for unchanged."""
    caller = Caller()
    form = {"action": "write", "nick": "Hansi", "empfaenger": "004917666666666"}

    assert "152\n12000001" == caller.text("POST /contacts", form=form)
    read = caller.json("GET /contacts", query={"action": "read"})
    assert [{"ID": "12000001", "Name": "Hansi", "Number": "004917666666666"}] == read
    assert '"12000001";"Hansi";"004917666666666"' == caller.text(
        "POST /contacts", form={"action": "read"}
    )
    changed = {**form, "id": 12000001, "nick": "Hans"}
    assert "152\n12000001" == caller.text("GET /contacts", query=changed)
    assert "151" == caller.text("GET /contacts", query={**changed, "id": 5})
    gone = {"action": "del", "id": 12000001}
    assert ["152", "151"] == [caller.text("GET /contacts", query=gone) for _ in range(2)]
    assert "400" == caller.text("GET /contacts", query={"action": "dance"})


def test_hooks_ids_are_numbers_once_and_text_later():
    """Created with a number, listed as text, deleted by either; gone is told."""
    caller = Caller()
    created = caller.json(
        "POST /hooks", json={"target_url": "https://a.test/", "event_type": "all"}
    )
    (listed,) = caller.json("GET /hooks")["hooks"]

    assert (2001, "2001", "POST", True) == (
        created["id"],
        listed["id"],
        listed["request_method"],
        listed["enabled"],
    )
    assert caller.json("DELETE /hooks", json={"id": 2001})["success"]
    assert {"success": False, "code": None, "error_message": "Hook not found"} == caller.json(
        "DELETE /hooks", query={"id": 2001}
    )


def test_hooks_are_deleted_by_target_too():
    """Target, event and method name a hook as well as its id."""
    caller = Caller()
    form = {"target_url": "https://a.test/", "event_type": "dlr", "request_method": "GET"}
    caller.json("POST /hooks", form=form)

    assert not caller.json("DELETE /hooks", form={**form, "event_type": "all"})["success"]
    assert caller.json("DELETE /hooks", form=form)["success"]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"target_url": "ThisShouldBeAUrl", "event_type": "all"}, "Invalid URL"),
        ({"target_url": "http://[::1", "event_type": "all"}, "Invalid URL"),
        ({"target_url": "ftp://a.test/", "event_type": "all"}, "Invalid URL"),
        ({"target_url": "http://a.test/"}, "Invalid event type"),
        (
            {"target_url": "http://a.test/", "event_type": "all", "request_method": "PUT"},
            "Invalid request method",
        ),
    ],
)
def test_bad_hooks_are_refused(form: dict[str, str], reason: str):
    """HTTP 200 with success false and the reason."""
    answer = Caller().json("POST /hooks", form=form)

    assert {"success": False, "code": None, "error_message": reason} == answer


def test_legacy_hooks():
    """`action=subscribe|read|unsubscribe`, all by POST or GET."""
    caller = Caller()
    form = {"action": "subscribe", "target_url": "https://a.test/", "event_type": "dlr"}
    number = caller.json("POST /hooks", form=form)["id"]

    assert 1 == len(caller.json("GET /hooks", query={"action": "read"})["hooks"])
    assert caller.json("POST /hooks", form={"action": "unsubscribe", "id": number})["success"]
    assert "400" == caller.json("GET /hooks", query={"action": "dance"})
