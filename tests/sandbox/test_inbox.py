"""The JSON API of the inbox: conversations, messages, campaigns, deliveries, acts; no I/O."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from seven_async.sandbox.webhooks.deliveries import WebAnswer, WebRequest
from tests.sandbox.caller import NOON, Caller

PERSON, FRIEND, SENDER = "491716992343", "41798072355", "4915112345678"


def read(caller: Caller, path: str, **query: Any) -> Any:
    """The decoded answer to a reading control."""
    answer = caller.sandbox.handle("GET", f"/_sandbox{path}?{urlencode(query)}", {})
    return json.loads(answer.body)


def act(caller: Caller, line: str, **body: Any) -> Any:
    """The decoded answer to a control that does something."""
    method, path = line.split(" ")
    headers = {"content-type": "application/json"}
    answer = caller.sandbox.handle(method, f"/_sandbox{path}", headers, json.dumps(body).encode())
    assert 200 == answer.status, answer.body
    return json.loads(answer.body)


def texts(shown: Any) -> list[str]:
    """The texts of messages, as listed."""
    return [message["text"] for message in shown["messages"]]


def numbers(shown: Any) -> list[str]:
    """The numbers of conversations, as listed."""
    return [row["number"] for row in shown["conversations"]]


def write_three() -> Caller:
    """Two messages to a person, one to a friend who answers, each with a label of its own."""
    caller = Caller()
    caller.send(text="one", label="code", foreign_id="order-7")
    caller.sandbox.advance(1)
    caller.send(to=FRIEND, text="Two €", label="news")
    caller.sandbox.advance(1)
    caller.send(text="three")
    caller.sandbox.advance(1)
    caller.sandbox.simulate.sms(FRIEND, "Thanks")
    return caller


def test_conversations_come_newest_first():
    """By the last message of either side, with a preview and a count."""
    caller = write_three()
    shown = read(caller, "/conversations")
    first = shown["conversations"][0]

    assert ([FRIEND, PERSON], 2) == (numbers(shown), shown["total"])
    assert ("Thanks", "in", 2) == (first["last"]["text"], first["last"]["direction"], 2)
    caller.send(text="four")
    assert [PERSON, FRIEND] == numbers(read(caller, "/conversations"))


def test_conversations_come_in_parts():
    """`offset` and `limit` count conversations; `total` is of all."""
    caller = Caller()
    for index in range(7):
        caller.send(to=f"49171699234{index}", text="x")
    shown = read(caller, "/conversations", offset=2, limit=3)

    assert (7, 2, [f"49171699234{index}" for index in (4, 3, 2)]) == (
        shown["total"],
        shown["offset"],
        numbers(shown),
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"contains": "ONE"}, [PERSON]),
        ({"contains": "order-7"}, [PERSON]),
        ({"contains": "7980"}, [FRIEND]),
        ({"contains": "thanks"}, [FRIEND]),
        ({"channel": "sms"}, [FRIEND, PERSON]),
        ({"channel": "WA"}, []),
        ({"label": "news"}, [FRIEND]),
        ({"state": "DELIVERED"}, []),
        ({"state": "transmitted"}, [FRIEND, PERSON]),
        ({"matches": "^t"}, [PERSON]),
        ({"matches": "^T"}, [FRIEND]),
    ],
)
def test_conversations_are_searched_and_filtered(query: dict[str, str], expected: list[str]):
    """By a part of text, number, sender or foreign id, by channel, label and state."""
    assert expected == numbers(read(write_three(), "/conversations", **query))


def test_a_search_follows_the_clock():
    """The same search a moment later has the states of that moment."""
    caller = write_three()
    assert [] == numbers(read(caller, "/conversations", state="delivered"))
    caller.sandbox.advance(2)

    assert [FRIEND, PERSON] == numbers(read(caller, "/conversations", state="delivered"))


def test_messages_of_a_conversation():
    """Both directions, newest first, in parts, the recipient in any spelling."""
    caller = write_three()

    assert ["Thanks", "Two €"] == texts(read(caller, "/messages", to="+41 79 807 23 55"))
    assert ["one"] == texts(read(caller, "/messages", to=PERSON, offset=1, limit=1))
    assert ["one"] == texts(read(caller, "/messages", to=PERSON, label="code"))
    assert ["three", "Two €", "one"] == texts(read(caller, "/messages"))


def test_a_conversation_has_the_marks_that_were_sent():
    """Typing and read marks to the number, reactions to its messages; none of another's."""
    caller = Caller()
    caller.sandbox.simulate.whatsapp(PERSON, "hi", SENDER)
    (received,) = read(caller, "/messages", to=PERSON)["messages"]
    reaction = {"event": "reaction", "msg_id": received["id"], "emoji": "👍"}
    caller.json("POST /waba/events", json=reaction)
    for to in (PERSON, FRIEND):
        event = {"event": "is_typing", "from": SENDER, "to": to}
        caller.json("POST /waba/events", json=event)
    shown = read(caller, "/messages", to=f"+{PERSON}")["events"]

    assert ["reaction", "is_typing"] == [event["event"] for event in shown]


def test_a_message_has_all_there_is_to_see():
    """Channel, sender, segments, price, state and its next change, label, foreign id."""
    caller = write_three()
    (shown,) = read(caller, "/messages", contains="one")["messages"]

    assert {
        "channel": "SMS",
        "from": "SMS",
        "to": PERSON,
        "direction": "out",
        "segments": 1,
        "price": "0.075",
        "label": "code",
        "foreign_id": "order-7",
        "state": "transmitted",
        "state_since": NOON + 1,
        "state_changes": NOON + 4,
    }.items() <= shown.items()


@pytest.mark.parametrize(
    ("sent", "moved_s", "state", "changes"),
    [
        ({"delay": str(int(NOON) + 60)}, 0, "scheduled", NOON + 60),
        ({}, 9, "delivered", None),
        ({"to": "+4915550001008"}, 0, "pending", None),
        ({"to": "+4915550001005"}, 9, "buffered", NOON + 3600),
    ],
)
def test_states(sent: dict[str, str], moved_s: float, state: str, changes: float | None):
    """In lower case; with the moment at which another one comes by itself."""
    caller = Caller()
    caller.send(**{"to": PERSON, "text": "x", **sent})
    caller.sandbox.advance(moved_s)
    (shown,) = read(caller, "/messages")["messages"]

    assert (state, changes) == (shown["state"], shown["state_changes"])


def test_files_are_shown_without_their_bytes():
    """A list of messages stays small, whatever they carry."""
    caller = Caller()
    file = {"name": "a.pdf", "contents": "eA==" * 1000}
    caller.json("POST /sms", json={"to": PERSON, "text": "[[a.pdf]]", "files": [file]})
    (shown,) = read(caller, "/messages")["messages"]

    assert [{"name": "a.pdf", "contents": None, "length": 4000}] == shown["fields"]["files"]


def test_a_forgotten_conversation_is_gone():
    """What is beyond `keep` is not listed."""
    caller = Caller(keep=2)
    for index in range(5):
        caller.send(to=f"49171699234{index}", text="x")
        read(caller, "/conversations")
    shown = read(caller, "/conversations")

    assert (2, ["491716992344", "491716992343"]) == (shown["total"], numbers(shown))


def test_waiting_finds_what_is_there():
    """The newest message that fits, with the groups of the pattern."""
    caller = Caller()
    caller.send(text="Your code is 111111")
    caller.send(text="Your code is 222222")
    found = read(caller, "/messages/wait", to="0171 6992343", matches=r"code is (\d{6})")

    assert (["222222"], "Your code is 222222") == (found["groups"], found["text"])
    later = {"after": found["id"], "matches": "code"}
    assert "error" in read(caller, "/messages/wait", **later)
    caller.send(text="code 3")
    assert "code 3" == read(caller, "/messages/wait", **later)["text"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"matches": "("}, "no regular expression"),
        ({"timeout_s": "x"}, "`timeout_s` must be"),
        ({"timeout_s": 61}, "`timeout_s` must be"),
        ({"state": "delivered"}, "leave `state` out"),
    ],
)
def test_waiting_for_nonsense_is_refused(query: dict[str, Any], reason: str):
    """At once, with what to change."""
    answer = Caller().sandbox.handle("GET", f"/_sandbox/messages/wait?{urlencode(query)}", {})

    assert 400 == answer.status
    assert reason in json.loads(answer.body)["error"]


def test_campaign_numbers():
    """Counts by state, cost and segments; bars of one width over the time it took."""
    caller = Caller()
    for second in range(3):
        for index in range(second + 1):
            caller.send(to=f"49171699234{index}", text=f"{second}", label="spring")
        caller.sandbox.advance(1)
    caller.send(text="other")
    shown = read(caller, "/campaign", label="spring")

    assert (6, 3, 6, "0.450", 3, 1) == tuple(
        shown[name]
        for name in ("messages", "recipients", "segments", "cost", "peak_per_s", "width_s")
    )
    assert {"transmitted": 6} == shown["states"]
    assert [1, 2, 3] == [bar["messages"] for bar in shown["bars"]]


def test_bars_are_few_however_long_it_took():
    """A plot has so many columns at most, and none is lost."""
    caller = Caller()
    for _ in range(4):
        caller.send(text=f"{caller.sandbox.clock()}")
        caller.sandbox.advance(1000)
    shown = read(caller, "/campaign")

    assert len(shown["bars"]) <= 60
    assert 4 == sum(bar["messages"] for bar in shown["bars"])
    assert 0 == read(Caller(), "/campaign")["messages"]


def test_overview():
    """Labels with their counts, the last one first; hooks and what the account has."""
    caller = write_three()
    caller.json("POST /hooks", form={"target_url": "http://a.test/", "event_type": "all"})
    shown = read(caller, "/overview")

    assert [{"label": "news", "count": 1}, {"label": "code", "count": 1}] == shown["labels"]
    assert (3, 1, "sandbox-key", NOON + 3) == tuple(
        shown[name] for name in ("messages", "received", "api_key", "now")
    )
    assert ["http://a.test/"] == [hook["target_url"] for hook in shown["hooks"]]


class Receiver:
    """Takes webhooks and answers as told."""

    def __init__(self) -> None:
        self.requests: list[WebRequest] = []
        self.answer = WebAnswer(500, b"no database")

    def __call__(self, request: WebRequest) -> WebAnswer:
        """Take one."""
        self.requests.append(request)
        return self.answer


def hook_up(event: str = "all") -> tuple[Caller, Receiver]:
    """A caller whose account has a hook."""
    receiver = Receiver()
    caller = Caller(post_webhook=receiver)
    form = {"target_url": "http://a.test/", "event_type": event, "request_method": "JSON"}
    caller.json("POST /hooks", form=form)
    return caller, receiver


def test_deliveries_are_shown_with_request_and_answer():
    """What was sent to the hook, signed, and what it answered."""
    caller, _ = hook_up()
    act(caller, "POST /inbound/sms", **{"from": PERSON, "text": "hi"})
    assert caller.sandbox.settle()
    (shown,) = read(caller, "/attempts")

    assert (1, "sms_mo", 500, "no database") == (
        shown["id"],
        shown["event"],
        shown["status"],
        shown["answer"]["body"],
    )
    assert "X-Signature" in shown["request"]["headers"]
    assert "hi" == json.loads(shown["request"]["body"])["data"]["text"]


def test_a_webhook_is_delivered_again():
    """The same event with a signature of its own; if it fails, no further attempt follows."""
    caller, receiver = hook_up()
    receiver.answer = WebAnswer(404)
    act(caller, "POST /inbound/sms", **{"from": PERSON, "text": "hi"})
    assert caller.sandbox.settle()
    receiver.answer = WebAnswer(503)
    act(caller, "POST /attempts/repeat", id=1)
    assert caller.sandbox.settle()
    caller.sandbox.advance(1_000_000)
    assert caller.sandbox.settle()
    first, second = receiver.requests

    assert first.body == second.body
    assert first.headers["X-Nonce"] != second.headers["X-Nonce"]
    assert [False, True] == [row["is_repeat"] for row in read(caller, "/attempts")]
    assert [2] == [row["id"] for row in read(caller, "/attempts", limit=1)]


def test_a_delivery_that_is_not_there_cannot_be_repeated():
    """HTTP 400 with the reason."""
    answer = Caller().sandbox.handle("POST", "/_sandbox/attempts/repeat?id=5", {})

    assert 400 == answer.status


BUTTONS = [{"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}]
ROWS = [{"title": "Time", "rows": [{"id": "r1", "title": "Noon"}]}]
SUGGESTION = {"reply": {"text": "Track", "postbackData": "track-7"}}


@pytest.mark.parametrize(
    ("sent", "choice", "told"),
    [
        (
            {"interactive_type": "button", "buttons": BUTTONS},
            "y",
            {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}},
        ),
        (
            {"interactive_type": "list", "button_text": "Pick", "sections": ROWS},
            "Noon",
            {"type": "list_reply", "list_reply": {"id": "r1", "title": "Noon"}},
        ),
    ],
)
def test_whatsapp_buttons_are_pressed(sent: dict[str, Any], choice: str, told: dict[str, Any]):
    """By id or title; the webhook has the choice, and the conversation shows it."""
    caller, receiver = hook_up("wa_mo")
    caller.sandbox.simulate.whatsapp(PERSON, "hi", SENDER)
    form = {"from": SENDER, "to": PERSON, "type": "interactive", "body": "Coming?", **sent}
    message_id = caller.json("POST /waba/messages", json=form)["messages"][0]["id"]
    act(caller, "POST /inbound/choice", id=message_id, choice=choice)
    assert caller.sandbox.settle()
    message = json.loads(receiver.requests[-1].body)["data"]["message"]
    reply, *_ = read(caller, "/messages", to=PERSON)["messages"]

    assert {"type": "interactive", "interactive": told} == message
    assert (message_id, "in", message) == (reply["reply_to"], reply["direction"], reply["content"])


def test_rcs_suggestions_are_pressed():
    """Wherever they are in the content, whose schema is not published."""
    caller, receiver = hook_up("rcs")
    card = {"richCard": {"standaloneCard": {"cardContent": {"suggestions": [SUGGESTION]}}}}
    form = {"to": PERSON, "text": card}
    message_id = caller.json("POST /rcs/messages", json=form)["messages"][0]["id"]
    (shown,) = read(caller, "/messages")["messages"]
    act(caller, "POST /inbound/choice", id=message_id, choice="track-7")
    assert caller.sandbox.settle()
    told = json.loads(receiver.requests[-1].body)["data"]

    assert [{"kind": "suggestion", "id": "track-7", "text": "Track"}] == shown["choices"]
    assert card == shown["content"]
    assert {"postbackData": "track-7", "text": "Track", "type": "REPLY"} == told[
        "suggestion_response"
    ]


def test_what_is_not_offered_cannot_be_chosen():
    """HTTP 400 with the reason."""
    caller = Caller()
    caller.send()
    path = "/_sandbox/inbound/choice?id=77000000001&choice=y"
    answer = caller.sandbox.handle("POST", path, {})

    assert (400, b"offers no such choice" in answer.body) == (answer.status, True)


def test_keys_of_a_call_are_shown():
    """In the order they were pressed."""
    caller = Caller()
    caller.json("POST /voice", form={"to": PERSON, "text": "x"})
    for key in "1#":
        act(caller, "POST /inbound/dtmf", call_id="1000001", key=key)

    assert "1#" == read(caller, "/messages")["messages"][0]["keys"]


def test_messages_are_cleared_and_the_rest_stays():
    """Hooks, keys, clock and faults are the application's; ids go on."""
    caller, _ = hook_up()
    caller.send()
    caller.sandbox.simulate.sms(PERSON, "hi")
    caller.sandbox.fault("GET /balance", status=503)
    assert caller.sandbox.settle()
    act(caller, "DELETE /messages")
    shown = read(caller, "/overview")

    assert (0, 0, 1, 0) == (
        shown["messages"],
        shown["received"],
        len(shown["hooks"]),
        len(read(caller, "/attempts")),
    )
    assert (0, 1) == (read(caller, "/conversations")["total"], len(caller.sandbox.faults))
    assert "77000000002" == caller.send()["messages"][0]["id"]  # no reload lock either
    assert 1 == read(caller, "/conversations")["total"]


@pytest.mark.parametrize(
    "rule",
    [
        "POST /sms times=3 status=503 retry_after=2",
        "recipient=491716992343 code=600",
        "GET /contacts/{id} probability=0.1 delay=5s",
        "POST /sms nth=2 drop=after",
        "status=500 body='a b' processed",
    ],
)
def test_rules_are_listed_as_they_are_written(rule: str):
    """What is listed can be given again."""
    caller = Caller()
    act(caller, "POST /faults", rule=rule)

    assert [rule] == [fault["rule"] for fault in read(caller, "/faults")]
