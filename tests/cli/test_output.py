"""What a command writes where it cannot be shown or written: poor pipes, full disks."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seven_async.cli.screen import to_visible
from seven_async.cli.streams import Unbreakable, guard_streams
from seven_async.cli.wording import to_command_words

SENT = "the sandbox's ledger holds 1 message; nothing was really sent"
LOST = "seven: standard output cannot be written to ({}); the rest is not shown\n"


@pytest.fixture
def one(tmp_path: Path) -> list[str]:
    """The command that sends to one person on the embedded gateway."""
    file = tmp_path / "in.csv"
    file.write_text("phone,name\n+491713920011,Anna\n", "utf-8")
    command = [sys.executable, "-m", "seven_async", "campaign", "send", str(file)]
    return [*command, "--text", "Hi {name}", "--sandbox"]


def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    return subprocess.run(command, text=True, timeout=60, check=False, **options)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_pipe_that_cannot_encode_a_line(one: list[str], encoding: str) -> None:
    """The summary is complete, in what the pipe can show; the exit status is that of the run."""
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    ended = run(one, env=environment, capture_output=True, encoding=encoding)

    assert (0, "") == (ended.returncode, ended.stderr)
    states = ("rejected", "unknown", "skipped", "refused")
    counts = ["accepted  1", *(f"{state:<8}  0" for state in states), "-----------", "given     1"]
    assert counts == ended.stdout.splitlines()[1:8]
    assert SENT == ended.stdout.splitlines()[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_full_disk(one: list[str]) -> None:
    """The run goes on to its end; one sentence says what is wrong with the output."""
    with Path("/dev/full").open("w") as full:
        ended = run(one, stdout=full, stderr=subprocess.PIPE)

    assert (1, LOST.format("No space left on device")) == (ended.returncode, ended.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in the POSIX way")
@pytest.mark.parametrize("words", [None, ["--help"], ["--version"]])
def test_closed_pipe(one: list[str], words: list[str] | None) -> None:
    """A reader that went away is told of in one sentence, in help as in a campaign."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = one if words is None else [*one[:3], *words]
        ended = run(command, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)

    assert (1, LOST.format("Broken pipe")) == (ended.returncode, ended.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in the POSIX way")
def test_both_streams_closed(one: list[str]) -> None:
    """Without any output a command still ends with its status."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = run(one, stdout=writer, stderr=writer)
    finally:
        os.close(writer)

    assert 1 == ended.returncode


def test_first_error_is_told_once_and_the_rest_dropped() -> None:
    """A broken stream is not asked again, and takes everything."""
    told: list[str] = []

    class Full(io.RawIOBase):
        def write(self, data: object) -> int:
            raise OSError(28, "full")

    stream = Unbreakable(Full(), lambda error: told.append(str(error.strerror)))

    assert [3, 4] == [stream.write(b"abc"), stream.write(b"defg")]
    assert ["full"] == told


def test_streams_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a console has no streams; what is written goes nowhere."""
    monkeypatch.setattr(sys, "stdout", None)
    with guard_streams(lambda _: None) as streams:
        print("nowhere")  # noqa: T201 - what is tested

    assert (False, None) == (streams.is_output_lost, sys.stdout)


def test_characters_that_no_terminal_has(seven, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-alikes stand for what cannot be encoded, a question mark for the rest."""
    plain = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    with guard_streams(lambda _: None):
        print("— × … “ø” ─ 😀 \ud800")  # noqa: T201 - what is tested

    assert b'- x ... "?" - ? ?\n' == plain.buffer.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc\x7f", r"a\r\nb\tc\x7f"),
        ("gnp.exe\u202e", r"gnp.exe\u202e"),
        ("\u2066x\u2069\u2028", r"\u2066x\u2069\u2028"),
        ("\udc9b", r"\udc9b"),
        ("Łukasz 张 نرمال\u200cفزار 👩\u200d👧", "Łukasz 张 نرمال\u200cفزار 👩\u200d👧"),
    ],
)
def test_what_a_terminal_would_obey(text: str, shown: str) -> None:
    """Escape sequences and changes of direction are shown, letters of all scripts stay."""
    assert shown == to_visible(text)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A table whose name, headings and values have escape sequences."""
    file = tmp_path / "ev\x1b[31mil.csv"
    file.write_text(
        "na\x1b[2Jme,phone\n\x1b]0;x\x07Anna,+491713920011\nBen,12\u202e\nCleo,\x9b1\n", "utf-8"
    )
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
@pytest.mark.parametrize(
    "words",
    [
        ["plan", "{file}", "--text", "Hi", "--sandbox"],
        ["plan", "{file}", "--text", "Hi {x}", "--sandbox"],
        ["send", "{file}", "--text", "Hi", "--sandbox", "--max-cost", "0.01"],
        ["send", "{file}", "--text", "Hi", "--sandbox", "--recipient", "\x1b[1m"],
        ["send", "{file}", "{file}", "--text", "Hi"],
        ["send", "{file}x", "--text", "Hi"],
        ["export", "{file}", "--to", "x.csv"],
        ["nonsense\x1b[1m\u202e"],
        ["plan", "--x\x1b[1m"],
    ],
)
def test_hostile_names_and_files(seven, hostile: Path, words: list[str]) -> None:
    """Nothing of a file, a name or an argument reaches a terminal as an escape sequence."""
    _, out, err = seven("campaign", *(word.replace("{file}", str(hostile)) for word in words))

    assert out + err
    assert [] == [sign for sign in "\x1b\x9b\x07\u202e" if sign in out + err]


def test_hostile_answer_of_the_gateway(seven, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error text of the gateway is shown, not obeyed."""
    from seven_async.sandbox import Sandbox

    sandbox = Sandbox()
    body = b'{"success": "100", "messages": [{"recipient": "49\\u001b[31m", "success": false,'
    body += b' "error": "202", "error_text": "\\u001b]0;x\\u0007\\u202e", "id": null}]}'
    sandbox.fault("POST /sms", status=200, body=body)
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", sandbox.api_key)
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        _, out, err = seven("sms", "send", "+491711234567", "--text", "Hi")

    assert r"\x1b]0;x\x07\u202e" in out
    assert [] == [sign for sign in "\x1b\x9b\x07\u202e" if sign in out + err]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("say encoding='cp1250' or another", "say --encoding cp1250 or another"),
        ("say delimiter=", "say --delimiter"),
        ("say recipient='Mobile Phone'", "say --recipient 'Mobile Phone'"),
        ('say recipient="Anna\'s"', "say --recipient 'Anna'\"'\"'s'"),
        ("say default_country='DE' for", "say --country DE for"),
        ("give resend_unknown=True to", "give --resend-unknown to"),
        ("say QuietHours(zone=…)", "say QuietHours(zone=…)"),
        ("say required=", "say required="),
    ],
)
def test_options_in_the_words_of_the_caller(sentence: str, words: str) -> None:
    """An error names the option of the command, not the argument of the function."""
    assert words == to_command_words(sentence)


def test_encoding_and_delimiter_of_a_file(seven, tmp_path: Path) -> None:
    """The command line asks for the option that it has, and then takes it."""
    file = tmp_path / "in.csv"
    file.write_bytes("name:phone\nA:+491713920011\n".encode("utf-16-le"))
    command = ("campaign", "send", file, "--text", "Hi {name}", "--sandbox")
    _, _, asked_for_encoding = seven(*command)
    _, _, asked_for_delimiter = seven(*command, "--encoding", "utf-16-le")
    status, _, _ = seven(*command, "--encoding", "utf-16-le", "--delimiter", ":")

    assert "say --encoding utf-16-le" in asked_for_encoding
    assert "say --delimiter" in asked_for_delimiter
    assert 0 == status


def test_reason_of_a_row_names_the_option(seven, tmp_path: Path) -> None:
    """What a row needs is said in the words of the command line, too."""
    file = tmp_path / "in.csv"
    file.write_text("phone\n0171 3920011\n", "utf-8")
    _, out, _ = seven("campaign", "plan", file, "--text", "Hi", "--sandbox")

    assert "say --country DE for" in out
    assert "default_country" not in out


@pytest.mark.parametrize("tab", ["tab", r"\t", "\t"])
def test_tab_as_delimiter(seven, tmp_path: Path, tab: str) -> None:
    """A tab can be typed as a word."""
    file = tmp_path / "in.csv"
    file.write_text("a,b\tphone\nx\t+491713920011\n", "utf-8")

    assert 0 == seven("campaign", "send", file, "--text", "x", "--sandbox", "--delimiter", tab)[0]


def test_error_of_a_suppression_list_names_the_list(seven, people: Path, tmp_path: Path) -> None:
    """Two files are read; the error says which one is wrong."""
    stop = tmp_path / "stop.csv"
    stop.write_text("name,phone\nAnna,12\n", "utf-8")
    status, _, err = seven(
        "campaign", "send", people, "--text", "Hi", "--sandbox", "--suppress", stop
    )

    assert 2 == status
    assert f"--suppress {stop}: line 2" in err


def test_wrong_words_are_one_sentence(seven) -> None:
    """A wrong command line is told like any other error, without a box around it."""
    status, out, err = seven("campaign", "send")

    assert (2, "") == (status, out)
    assert "seven: Missing argument 'file'.\nseven: see seven campaign send --help\n" == err


@pytest.mark.parametrize("words", [[], ["sms"], ["campaign"]])
def test_a_group_without_a_command_is_its_help(seven, words: list[str]) -> None:
    """As `--help` shows it, on standard error and with status 2."""
    status, out, err = seven(*words)

    assert (2, "") == (status, out)
    assert seven(*words, "--help")[1] == err


def test_folder_that_is_not_there(seven, tmp_path: Path) -> None:
    """A file that cannot be written is a sentence with its name."""
    status, _, err = seven("campaign", "suppress", tmp_path / "no" / "stop.txt", "+491711234567")

    assert 1 == status
    assert err.startswith(f"seven: {tmp_path}/no/stop.txt: No such file")
