"""The command `seven`, as typed: what it prints, what it sends, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from seven_async.cli.exit_status import EXIT_NOT_SENT
from seven_async.sandbox import Sandbox
from tests.cli.conftest import Ended
from tests.flow.test_fault_matrix import refusing

EXAMPLE = Path(__file__).parents[2] / "examples" / "recipients.csv"


def test_example_campaign_goes_out_on_the_embedded_gateway(seven) -> None:
    """The README's command: accepted and refused are all rows, and the ledger agrees."""
    status, out, _ = seven(
        "campaign", "send", str(EXAMPLE), "--text", "Hi {first_name}", "--from", "Acme", "--sandbox"
    )
    rows = len(EXAMPLE.read_text("utf-8").splitlines()) - 1
    numbers = {
        name: int(number.replace(",", ""))
        for name, number in re.findall(r"^(accepted|refused|given) +([\d,]+)$", out, re.MULTILINE)
    }

    assert rows == numbers["given"] == numbers["accepted"] + numbers["refused"]
    assert f"ledger holds {numbers['accepted']:,} messages" in out
    assert 1 == status


def test_ledger_that_dropped_messages_is_no_count(
    seven, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the embedded gateway accepted is told, whatever it still has in memory."""
    monkeypatch.setattr("seven_async.sandbox.Sandbox", partial(Sandbox, keep=1))
    people.write_text("phone\n+491711234567\n+491711234568\n+491711234569\n")
    _, out, _ = seven("campaign", "send", str(people), "--text", "Hi", "--sandbox")

    assert "the sandbox accepted 3 messages, of which its ledger keeps 1" in out


def test_campaign_names_line_and_column_of_each_bad_row(seven, people: Path) -> None:
    """A refused row is found by its line and column."""
    status, out, _ = seven("campaign", "send", str(people), "--text", "Hi", "--sandbox")

    assert "line 3, column phone: the number is empty" in out
    assert 1 == status


def test_unknown_placeholder_names_the_columns_and_sends_nothing(
    seven, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt column is a usage error that says which columns there are."""
    sandbox = Sandbox()
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", sandbox.api_key)
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        status, _, err = seven("campaign", "send", str(people), "--text", "Hi {name}")

    assert 2 == status
    assert "'name'" in err
    assert "first_name, phone" in err
    assert 0 == len(sandbox.ledger)


def test_a_gateway_that_is_not_there_is_told_with_host_port_and_reason(
    seven, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who mistypes an address reads what was called, and why that failed."""
    monkeypatch.setenv("SEVEN_API_KEY", "k")
    with refusing() as stage:
        monkeypatch.setenv("SEVEN_BASE_URL", stage.url)
        status, _, err = seven("sms", "send", "+491711234567", "--text", "Hi")

    address = stage.url.removeprefix("http://").removesuffix("/api")
    assert f"no connection to {address}: the connection was refused" in " ".join(err.split())
    assert EXIT_NOT_SENT == status


@pytest.mark.parametrize("command", ["balance", "campaign"])
def test_certificates_that_are_gone_are_told_by_variable_and_path(
    command: str, seven, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A usage error, before anything is sent or written down."""
    monkeypatch.setenv("SEVEN_API_KEY", "k")
    monkeypatch.setenv("SEVEN_BASE_URL", "https://gateway.invalid/api")
    monkeypatch.setenv("SSL_CERT_FILE", "/gone/cacert.pem")
    words = ["campaign", "send", people, "--text", "Hi"] if command == "campaign" else [command]
    status, _, err = seven(*words)

    assert "SSL_CERT_FILE names /gone/cacert.pem" in " ".join(err.split())
    assert 2 == status


def test_campaign_over_http_with_refused_recipients(
    seven, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the gateway refuses is counted by reason, and the command ends with 1."""
    sandbox = Sandbox()
    sandbox.fault(recipient="+491711234568", code=202)
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", sandbox.api_key)
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        status, out, _ = seven("campaign", "send", str(people), "--text", "Hi")

    assert 1 == status
    assert re.search(r"^rejected +1$", out, re.MULTILINE)
    assert "InvalidParameterError 202" in out
    assert 1 == len(sandbox.ledger)


def test_everybody_served_ends_with_zero(seven, tmp_path: Path) -> None:
    """Exit status 0 means that every row went out."""
    file = tmp_path / "all.csv"
    file.write_text("to\n+491711234567\n+491711234568\n")

    assert 0 == seven("campaign", "send", str(file), "--text", "Hi", "--sandbox")[0]


def test_missing_file_is_one_sentence(seven) -> None:
    """A wrong file name is a usage error, not a traceback."""
    status, _, err = seven("campaign", "send", "nowhere.csv", "--text", "Hi", "--sandbox")

    assert 2 == status
    assert "there is no file nowhere.csv" in err


def test_without_a_key_one_sentence_says_what_to_set(seven) -> None:
    """SEVEN_API_KEY unset: the command says so and ends with 2."""
    status, _, err = seven("balance")

    assert 2 == status
    assert "set the environment variable SEVEN_API_KEY" in err
    assert 1 == err.count("\n")


def test_wrong_key_is_an_authentication_error(seven, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway answers a wrong key with HTTP 200 and "900"; the command fails all the same."""
    with Sandbox().serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", "wrong-key")
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        status, _, err = seven("balance")

    assert 4 == status
    assert "code 900" in err
    assert "wrong-key" not in err


def test_sms_is_sent_and_told(seven) -> None:
    """One line per recipient, one for the sum."""
    status, out, _ = seven(
        "sms", "send", "+491711234567", "+4915550000202", "--text", "Hello", "--sandbox"
    )

    assert 1 == status
    assert "accepted" in out
    assert "1 of 2 accepted for 0.075 EUR" in out


def test_balance_of_the_sandbox(seven) -> None:
    """`--sandbox` runs any command on the embedded gateway, without a key."""
    assert (0, "1000000.0 EUR\n", "") == seven("balance", "--sandbox")


@pytest.mark.parametrize(
    "words", [["campaign", "send"], ["sms", "send", "--text", "x"], ["nonsense"], ["balance", "-x"]]
)
def test_wrong_usage_ends_with_two(seven, words: list[str]) -> None:
    """What cannot be understood is a usage error."""
    assert 2 == seven(*words)[0]


@pytest.mark.parametrize(
    "words",
    [[], ["sms"], ["sms", "send"], ["balance"], ["campaign"], ["campaign", "send"], ["sandbox"]],
)
def test_every_command_has_help(seven, words: list[str]) -> None:
    """`--help` tells what a command does."""
    status, out, _ = seven(*words, "--help")

    assert 0 == status
    assert "Usage: seven" in out


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is a POSIX signal")
def test_sandbox_serves_until_sigterm() -> None:
    """The lines that `seven sandbox` prints point a client at it; requests are masked."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "seven_async", "sandbox", "--port", "0"]
    command += ["--signing-secret", "s3cret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5)]
        variables = dict(line.removeprefix("export ").split("=", 1) for line in lines[2:])
        sent = subprocess.run(
            [sys.executable, "-m", "seven_async", "sms", "send", "+491711234567", "--text", "Hi"],
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=10)

    assert "s3cret" == variables["SEVEN_SIGNING_SECRET"]
    assert f"sandbox on {variables['SEVEN_BASE_URL']}" == lines[0]
    assert lines[1].startswith("inbox on http://127.0.0.1:")
    assert 0 == sent.returncode
    assert "1 of 1 accepted" in sent.stdout
    assert "POST /api/sms +49171…567 → 200" in told
    assert "1711234567" not in told
    assert 0 == process.returncode


@pytest.mark.parametrize(("words", "second"), [([], b'"402"'), (["--no-reload-lock"], b"100")])
def test_sandbox_may_accept_the_same_sms_twice(
    seven: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, words: list[str], second: bytes
) -> None:
    """`--no-reload-lock` switches off what an account can switch off."""
    sandboxes: list[Sandbox] = []
    monkeypatch.setattr("seven_async.sandbox.run", lambda sandbox, **_: sandboxes.append(sandbox))
    assert 0 == seven("sandbox", *words)[0]
    headers = {"x-api-key": "sandbox-key", "accept": "application/json"}
    line = ("POST", "/api/sms?to=491711234567&text=Hi", headers)
    sandboxes[0].handle(*line)

    assert second in sandboxes[0].handle(*line).body


@pytest.mark.parametrize(
    "command",
    ["login", "logout", "whoami", "webhooks listen", "webhooks verify", "hooks sync", "sandbox"],
)
def test_help_of_each_command_has_an_example(seven, command: str) -> None:
    """Its options are those of the command; other tests run these commands."""
    _, out, _ = seven(*command.split(), "--help")

    example = re.search(r"For example: seven (.+)", out)
    assert example, out
    assert command.rsplit(maxsplit=1)[-1] in example[1]
    for option in re.findall(r"--[a-z-]+", example[1].replace("--profile", "")):
        assert option in out.replace(example[0], "")
