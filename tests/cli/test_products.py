"""The products' commands: every line of their table works, for a person and for a program."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seven_async.cli.products.line import Command
from seven_async.cli.products.methods import methods
from seven_async.cli.products.table import PRODUCTS, lines
from seven_async.sandbox import Sandbox
from tests.api.method_examples import sandbox

Run = Callable[..., tuple[int, str, str]]
LINES = dict(lines())
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([+-]\d\d:\d\d)?")


@pytest.fixture
def served(seven: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A gateway that has what the examples name; `seven` takes the key away first."""
    world = sandbox()
    with world.serve() as server:
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        monkeypatch.setenv("SEVEN_API_KEY", "sandbox-key")
        yield world


def example(words: str) -> list[str]:
    """The example of a command, as words of it."""
    return shlex.split(f"{words} {LINES[words].example}")


def test_the_table_reaches_every_method_and_nothing_else() -> None:
    """Each group of the API has its commands, and no line names a method that there is not."""
    reached = [command.method for command in LINES.values()]

    assert sorted(methods()) == sorted(reached)


@pytest.mark.parametrize("words", LINES)
def test_help_has_the_example_and_nothing_of_python(words: str, seven: Run) -> None:
    """What somebody needs who knows the shell."""
    status, out, _ = seven(*words.split(), "-h")

    assert 0 == status
    assert shlex.split(out.partition("For example:")[2].partition("\n\n")[2].splitlines()[0])[
        1:
    ] == (example(words))
    for python in (
        "Decimal",
        "datetime",
        "mapping",
        "as a list",
        "or a list",
        "tuple",
        "True",
        "`",
        "None",
        "()",
    ):
        assert python not in out


@pytest.mark.parametrize("words", LINES)
def test_every_example_runs(words: str, served: Sandbox, seven: Run) -> None:
    """As it stands in the help: something is shown, and nothing is wrong."""
    status, out, err = seven(*example(words))

    assert (0, "") == (status, err)
    assert out


@pytest.mark.parametrize("words", LINES)
def test_json_has_what_the_terminal_shows(
    words: str, seven: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cell of the table is a value of the JSON, which has an object on each line."""
    told: list[str] = []
    for form in ([], ["--json"]):
        with sandbox().serve() as server:
            monkeypatch.setenv("SEVEN_BASE_URL", server.url)
            monkeypatch.setenv("SEVEN_API_KEY", "sandbox-key")
            told.append(seven(*example(words), *form)[1])
    shown, written = told

    objects = [json.loads(line, parse_float=str) for line in written.splitlines()]
    assert objects
    assert all(isinstance(each, dict) for each in objects)
    if not LINES[words].says:
        values = {_without_time(value) for each in objects for value in _leaves(each)}
        assert [] == [cell for cell in _cells(shown) if _without_time(cell) not in values]


def _without_time(text: str) -> str:
    """A text with its times blanked: two runs have two times."""
    return _TIME.sub("<time>", text)


def _leaves(value: Any) -> Iterator[str]:
    """All values of a structure, as a person reads them; lists also as a whole."""
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
        yield ", ".join(map(str, value))
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    else:
        yield str(value)


def _cells(shown: str) -> list[str]:
    """The cells of a table or block, without headings and without the sum of a receipt."""
    told = [line for line in shown.splitlines() if not re.fullmatch(r"\d+ of \d+ accepted.*", line)]
    if told and re.match(r"[a-z ]+: ", told[0]):
        return [line.partition(":")[2].strip() for line in told]
    return [cell for line in told[1:] for cell in re.split(r" {2,}", line.strip()) if cell]


@pytest.mark.parametrize("words", [words for words, line in LINES.items() if line.noun])
def test_csv_of_a_listing_has_all_values(words: str, served: Sandbox, seven: Run) -> None:
    """A heading, and as many cells in each row; the columns of the table are among them."""
    status, out, err = seven(*example(words), "--csv")
    rows = list(csv.reader(out.splitlines()))

    assert (0, "") == (status, err)
    assert 1 == len({len(row) for row in rows})
    assert {each.strip().partition("=")[0] for each in LINES[words].columns.split(",")} <= {
        *rows[0]
    }


def test_what_is_named_to_look_at_is_a_command() -> None:
    """Somebody who does not know what became of a call can type it."""
    named = {line.look for line in LINES.values()}

    assert named - LINES.keys() == {"", "reconcile {foreign_id}"}


def test_each_product_has_its_word() -> None:
    """The words of the command line, which scripts rely on."""
    assert {
        "sms", "rcs", "whatsapp", "voice", "lookup", "numbers", "contacts", "groups", "pricing",
        "journal", "analytics", "hooks", "subaccounts", "status", "balance",
    } == PRODUCTS.keys()  # fmt: skip
    assert {"pricing", "status", "balance"} == {
        word for word, product in PRODUCTS.items() if isinstance(product, Command)
    }


def test_limit_all_and_what_is_not_shown(served: Sandbox, seven: Run) -> None:
    """A listing that is cut off says so, in the right number, on standard error."""
    for number in range(60):
        seven("groups", "create", f"group {number}")
    _, first, told = seven("groups", "list")
    _, one, told_of_one = seven("groups", "list", "--limit", 1)
    _, every, nothing = seven("groups", "list", "--all")
    count = len(every.splitlines()) - 1
    _, exactly, nothing_more = seven("groups", "list", "--limit", count)

    assert [51, 2] == [len(first.splitlines()), len(one.splitlines())]
    assert "seven: only the first 50 groups are shown; --all shows all\n" == told
    assert "seven: only the first group is shown; --all shows all\n" == told_of_one
    assert len(every.splitlines()) > 60
    assert every == exactly
    assert "" == nothing == nothing_more


def test_a_limit_of_several_pages(served: Sandbox, seven: Run) -> None:
    """Pages are asked for until there are as many rows; one more would be too many."""
    for number in range(130):
        seven("groups", "create", f"group {number}")
    _, out, told = seven("groups", "list", "--limit", 120, "--json")

    assert 120 == len({json.loads(line)["id"] for line in out.splitlines()})
    assert "only the first 120 groups are shown" in told


BY_HAND = {"segments": 0, "reconcile": 3, "hooks sync": 0, "call": 0}


@pytest.mark.parametrize("words", BY_HAND)
def test_examples_of_commands_by_hand(words: str, seven: Run) -> None:
    """They run as they stand, too; `reconcile` names a message that there is not."""
    told = " ".join(seven(*words.split(), "-h")[1].split())
    found = re.search(r"For example: seven (.+?)(?= [A-Z]\w+: )", told)
    assert found is not None, told
    given = shlex.split(found[1])
    assert words.split() == given[: len(words.split())]
    sandbox_option = [] if words == "segments" else ["--sandbox"]

    assert BY_HAND[words] == seven(*given, *sandbox_option)[0]


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_an_empty_list_says_so(form: list[str], seven: Run) -> None:
    """On standard error, so that a program reads nothing."""
    assert (0, "", "seven: there are no contacts\n") == seven(
        "contacts", "list", "--sandbox", *form
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sms", "send", "a", "--text", ""], "--text: is empty"),
        (["sms", "send", "a", "--text", "x", "--ttl", "soon"], "--ttl: takes a whole number"),
        (["sms", "send", "--text", "x", ""], "TO: "),
        (["sms", "send", "+49", "--text", "x", "--from", "Ä"], "--from: a sender has"),
        (["whatsapp", "read", "--from", "4915112345678"], "--msg-id: give --to or --msg-id,"),
        (["hooks", "delete"], "or instead its --target-url and --event-type"),
        (["contacts", "create", "--custom", "{"], "--custom is no JSON"),
        (["balance", "--json", "--csv"], "No such option: --csv"),
        (["contacts", "list", "--json", "--csv"], "give --json or --csv, not both"),
        (["contacts", "list", "--limit", "0"], "--limit"),
    ],
)
def test_what_is_wrong_is_told_in_words_of_the_shell(
    words: list[str], sentence: str, seven: Run
) -> None:
    """Status 2, the option by its name, and nothing has left."""
    status, out, err = seven(*words, "--sandbox")

    assert (2, "") == (status, out)
    assert sentence in err


def test_a_deletion_that_finds_nothing(served: Sandbox, seven: Run) -> None:
    """It is not done, and the status says so."""
    assert (0, "group 17923 is deleted\n", "") == seven("groups", "delete", 17923)
    status, out, err = seven("groups", "delete", 17923)

    assert (1, "") == (status, out)
    assert "nothing was deleted" in err


@pytest.mark.parametrize(
    ("route", "words", "look"),
    [
        ("POST /contacts", ["contacts", "create", "--city", "Kiel"], "seven contacts list"),
        ("POST /voice", ["voice", "send", "+491711234567", "--text", "Hi"], "seven journal voice"),
        ("POST /groups", ["groups", "create", "x"], "seven groups list"),
    ],
)
def test_an_unknown_outcome_names_the_command_that_tells(
    route: str, words: list[str], look: str, served: Sandbox, seven: Run
) -> None:
    """Status 3; a call has no reference in the gateway's journal, so `reconcile` is not named."""
    served.fault(route, drop="after")
    status, out, err = seven(*words)

    assert (3, "") == (status, out)
    assert f"find out with: {look}\n" in err


def test_a_text_from_standard_input(
    served: Sandbox, seven: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` reads it; an @ in front of a text is an @, so that no file leaves by mistake."""
    import io

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Grüße\n".encode())))
    seven("sms", "send", "+491711234567", "--text", "-")
    seven("sms", "send", "+491711234568", "--text", "@home")

    assert ["Grüße", "@home"] == [entry.text for entry in served.ledger][-2:]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hi", ["encoding:        GSM-7", "segments:        1", "characters left: 158"]),
        ("", ["encoding:        GSM-7", "segments:        0", "characters left: 160"]),
        (
            "Łódź, ź",
            [
                "encoding:        Unicode (UCS-2)",
                "segments:        1",
                "characters left: 63",
                (
                    "needs Unicode:   Ł LATIN CAPITAL LETTER L WITH STROKE (U+0141), at 1; "
                    "ó LATIN SMALL LETTER O WITH ACUTE (U+00F3), at 2; "
                    "ź LATIN SMALL LETTER Z WITH ACUTE (U+017A), at 4, 7"
                ),
            ],
        ),
        (
            "“" + "x" * 80,
            [
                "encoding:        Unicode (UCS-2)",
                "segments:        2",
                "characters left: 53",
                "needs Unicode:   “ LEFT DOUBLE QUOTATION MARK (U+201C), at 1",
                'as GSM text:     "' + "x" * 80,
            ],
        ),
    ],
)
def test_segments_of_a_text(text: str, told: list[str], seven: Run) -> None:
    """Offline: what it takes, what makes it Unicode, and what would not."""
    assert (0, told, "") == (0, seven("segments", text)[1].splitlines(), "")
    written = json.loads(seven("segments", text, "--json")[1])

    assert int(told[1].split()[-1]) == written["segments"]
    assert int(told[2].split()[-1]) == written["characters_left"]


def test_reconcile_as_json(seven: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries of the gateway's journal, one a line."""
    with Sandbox("sandbox-key").serve() as server:
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        monkeypatch.setenv("SEVEN_API_KEY", "sandbox-key")
        seven("sms", "send", "+491711234567", "--text", "Hi", "--foreign-id", "order-1")
        status, out, err = seven("reconcile", "order-1", "--json")

    assert (0, "") == (status, err)
    assert ["order-1"] == [json.loads(line)["foreign_id"] for line in out.splitlines()]


def test_hooks_sync_as_json(served: Sandbox, seven: Run) -> None:
    """What would be changed."""
    words = ["hooks", "sync", "--url", "https://app.example/h", "--events", "dlr", "--prune"]
    status, out, _ = seven(*words, "--dry-run", "--json")
    changes = json.loads(out)

    assert 0 == status
    assert ["dlr"] == [hook["event_type"] for hook in changes["created"]]
    assert (["2045"], []) == ([hook["id"] for hook in changes["deleted"]], changes["kept"])
