"""`seven call` reaches every method of the API, and prints what it answers as JSON."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import attrs
import pytest

from seven_async import AsyncSeven, CallEvent, InvalidRequestError, Outcome
from seven_async.api.table import endpoints
from seven_async.cli import calls
from seven_async.cli.products import running
from seven_async.flow.values.plain import to_plain, write_json
from tests.api.method_examples import request_of_example, sandbox

Run = Callable[..., tuple[int, str, str]]
ROWS = {endpoint.row.name: endpoint for endpoint in endpoints()}


def words_of(name: str) -> list[str]:
    """The example of a method as words of a command."""
    value: Any = request_of_example(ROWS[name].request)
    parameters = inspect.signature(calls.find_method(name)).parameters
    given = {each: getattr(value, each, None) for each in parameters}
    return [f"{name.rstrip('_')}={word(each)}" for name, each in given.items() if each is not None]


def word(value: Any) -> str:
    """A value as somebody writes it in a shell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(int(value.timestamp()))
    if isinstance(value, (str, int, Decimal, date)):
        return str(value)
    if attrs.has(type(value)) or isinstance(value, (list, tuple, dict)):
        return write_json(without_none(to_plain(value)))
    return str(value)


def without_none(value: Any) -> Any:
    """A structure without what was not given."""
    if isinstance(value, dict):
        return {key: without_none(each) for key, each in value.items() if each is not None}
    return [without_none(each) for each in value] if isinstance(value, list) else value


def test_every_row_is_a_method() -> None:
    """The table and the command have the same names."""
    assert set(ROWS) == set(calls.methods())


@pytest.mark.parametrize("name", ROWS)
def test_every_method_is_reached(
    name: str,
    seven: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The example of its documentation, as words: the reply of the sandbox is JSON."""
    words = words_of(name)
    capsys.readouterr()  # what the example has printed
    with sandbox().serve() as served:
        monkeypatch.setenv("SEVEN_BASE_URL", served.url)
        monkeypatch.setenv("SEVEN_API_KEY", "sandbox-key")
        status, out, err = seven("call", name, *words)

    assert (0, "") == (status, err)
    for line in out.splitlines():
        assert isinstance(json.loads(line), dict)


@pytest.mark.parametrize("name", ROWS)
def test_every_method_has_help_for_a_shell(name: str, seven: Run) -> None:
    """Its arguments and their meaning, nothing of Python."""
    status, out, _ = seven("call", name, "--help")

    assert 0 == status
    assert out.startswith(f"seven call {name}")
    for python in ("Raises:", "Example:", "from_", "await "):
        assert python not in out


def test_without_a_method_all_are_shown(seven: Run) -> None:
    """A line each, with what they do."""
    status, out, _ = seven("call")

    assert (0, len(ROWS)) == (status, len(out.splitlines()))
    assert "contacts.list                    List the contacts" in out


def test_all_pages_of_a_list(seven: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page, or everything with `--all`."""
    world = sandbox()
    with world.serve() as served:
        monkeypatch.setenv("SEVEN_BASE_URL", served.url)
        monkeypatch.setenv("SEVEN_API_KEY", "sandbox-key")
        for number in range(5):
            seven("call", "groups.create", f"name=group {number}")
        first = seven("call", "groups.list", "limit=2")[1].splitlines()
        every = seven("call", "groups.list", "limit=2", "--all")[1].splitlines()

    assert 2 == len(first)
    assert len(every) >= 5


def test_values_from_a_file_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text with line breaks stays as it is; the last one is the editor's."""
    send = AsyncSeven(api_key="k").sms.send
    (tmp_path / "text").write_text("Hi\nthere ä\n", "utf-8")
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"+491711234567\n")))

    arguments = calls.parse_arguments(send, ["to=-", f"text=@{tmp_path / 'text'}"])

    assert {"to": "+491711234567", "text": "Hi\nthere ä"} == arguments


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["+49171", "Hi"], {"to": "+49171", "text": "Hi"}),
        (["+49171", "1 = 1"], {"to": "+49171", "text": "1 = 1"}),
        (["to=a", "to=b", "text=x"], {"to": ["a", "b"], "text": "x"}),
        (["to=a", "text=x", "from=Acme"], {"to": "a", "text": "x", "from_": "Acme"}),
        (["to=a", "text=007", "ttl=300"], {"to": "a", "text": "007", "ttl": 300}),
        (["to=a", "text=@@all"], {"to": "a", "text": "@all"}),
        (["to=a", "text=[x]", "flash=yes"], {"to": "a", "text": "[x]", "flash": True}),
    ],
)
def test_words_become_arguments(words: list[str], expected: dict[str, Any]) -> None:
    """By name or in order; a text is never taken for something else."""
    assert expected == calls.parse_arguments(AsyncSeven(api_key="k").sms.send, words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["to=a"], "text is missing"),
        (["to=a", "txt=x"], "no argument txt; there are to, text, from"),
        (["a", "b", "c"], "no argument c"),
        (["to=a", "text=x", "flash=maybe"], "flash is true or false"),
        (["to=a", "text=x", "files=[1"], "files is no JSON"),
    ],
)
def test_wrong_words_are_told_before_anything_leaves(words: list[str], message: str) -> None:
    """What is wrong, and what there is."""
    with pytest.raises(InvalidRequestError, match=message):
        calls.parse_arguments(AsyncSeven(api_key="k").sms.send, words)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "text: {} cannot be read: No such file"), (b"Gr\xfc\xdfe", "text: {} is not UTF-8")],
    ids=["missing", "latin-1"],
)
def test_a_file_that_cannot_be_read(
    content: bytes | None, message: str, seven: Run, tmp_path: Path
) -> None:
    """One sentence and status 2; nothing has left."""
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    status, out, err = seven("call", "sms.send", "+491711234567", f"@{file}", "--sandbox")

    assert (2, "") == (status, out)
    assert message.format(file) in err


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\xef\xbb\xbfHi\r\nyou\r\n", "Hi\nyou"), (b"Hi", "Hi"), (b"", "")],
)
def test_files_of_windows(content: bytes, expected: str, tmp_path: Path) -> None:
    """A mark in front and other line ends are an editor's, not the text's."""
    (tmp_path / "text").write_bytes(content)
    words = ["to=a", f"text=@{tmp_path / 'text'}"]

    assert expected == calls.parse_arguments(AsyncSeven(api_key="k").sms.send, words)["text"]


def test_a_receipt_with_failures_is_not_done(seven: Run) -> None:
    """A script sees it by the status; the reply is printed all the same."""
    status, out, _ = seven("call", "sms.send", "to=+491711234567,12", "text=Hi", "--sandbox")

    assert 1 == status
    assert json.loads(out)["messages"]


@pytest.mark.parametrize(
    ("line", "outcome", "status", "words"),
    [
        ("GET /contacts", Outcome.UNKNOWN, 130, "interrupted"),
        ("POST /sms", Outcome.UNKNOWN, 3, "the message may have been sent"),
        ("POST /sms", None, 3, "find out with: seven reconcile ref"),
        ("POST /sms", Outcome.NOT_SENT, 130, "interrupted"),
    ],
)
def test_an_interrupted_call(
    line: str,
    outcome: Outcome | None,
    status: int,
    words: str,
    *,
    seven: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A read has changed nothing; what may have left is told with its reference."""

    def interrupt(_: Any, *arguments: Any) -> None:
        arguments[-1](
            CallEvent(
                route="sms.send",
                request_line=line,
                attempt=1,
                waited_s=0.0,
                took_s=0.1,
                status=None,
                code=None,
                outcome=outcome,
                cause="Cancelled",
                foreign_id="ref",
                will_retry=False,
                server="127.0.0.1",
            )
        )
        raise KeyboardInterrupt

    monkeypatch.setattr(running.anyio, "run", interrupt)
    ended, out, err = seven("call", "sms.send", "to=+491711234567", "text=Hi", "--sandbox")

    assert (status, "") == (ended, out)
    assert words in err


def test_a_method_that_there_is_not(seven: Run) -> None:
    """The others of its group are named."""
    status, _, err = seven("call", "sms.sedn")

    assert 2 == status
    assert "there are sms.delete, sms.send" in err
