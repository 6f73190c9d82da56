"""The examples that end by themselves: started with their one command, in an empty folder.

In: the files of examples/. Out: what they print. I/O: files of their own; a browser in a process.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.browser import skip_without_chromium
from tests.examples.servers import EXAMPLES, SETTINGS, build_environment

ID = r"77\d{9}"
PRINTS = {
    "send_async": [rf"{ID} 0\.075 \d+\.\d+", ".* Your table is ready .*"],
    "send_blocking": [rf"491711234567 {ID}", rf"43664123456 {ID}", "123 Invalid recipient", ".*"],
    "send_campaign": [
        "3 messages = 2 to send .*",
        ".*",
        "line 4: refused .* letters in the number",
        "line 2: accepted ",
        "line 3: accepted ",
        "spring: 3 given = 2 accepted .*",
    ],
    "celery_tasks": [rf"sent as {ID}", "answer lost: unknown"],
    "taskiq_tasks": [rf"sent as {ID}", "answer lost, the journal says accepted"],
    "polars_campaign": ["Anna accepted ", "Cleo rejected DailyLimitError 403"],
    "whatsapp_then_sms": [
        "line 2: waba accepted ",
        "line 3: sms accepted ",
        r"WA .*Hi Anna, order A-7 is ready\..*",
        r"SMS Hi Ben, order A-8 is ready\.",
    ],
    "lambda_handler": [
        rf"sent: p-1 {ID}",
        r"\{'batchItemFailures': \[\]\}",
        "answer lost: p-2 accepted",
        "refused: p-3 .* code 202, .*",
        r"\{'batchItemFailures': \[\{'itemIdentifier': 'record-p-4'\}\]\}",
    ],
}
"""What each prints, as regular expressions; `.*` alone stands for any lines."""

NEEDS = {"celery_tasks": "celery", "taskiq_tasks": "taskiq", "polars_campaign": "polars"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no account."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_program(name: str) -> None:
    """Run an example as its one command does, in this process: to start fifteen takes a minute."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


@pytest.mark.parametrize("name", PRINTS)
def test_program_runs_without_an_account(name: str, capsys: pytest.CaptureFixture[str]):
    """It starts with its one command, prints what it promises, and ends."""
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"not installed here: {NEEDS[name]}")

    run_program(name)

    printed, errors = capsys.readouterr()
    lines = "".join(r"(.*\n)*" if line == ".*" else rf"{line}\n" for line in PRINTS[name])
    assert "" == errors
    assert re.fullmatch(lines, printed), printed


def test_program_can_be_run_again():
    """What a first run of a campaign leaves behind does not stop a second one."""
    run_program("send_campaign")
    run_program("send_campaign")


def test_test_in_a_browser_passes(folder: Path):
    """A person signs up with the code that stands in the inbox."""
    skip_without_chromium()
    pytest.importorskip("playwright", reason="not installed here: playwright")
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", *options, str(EXAMPLES / "signup_playwright.py")]

    ended = subprocess.run(
        command, env=build_environment({}), check=False, capture_output=True, text=True
    )

    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr


def run_cell(source: str, namespace: dict[str, Any]) -> object:
    """Run a cell as a notebook does; return the value of its last line."""
    tree = ast.parse(source)
    value: object = None
    if isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, "cell", "exec"), namespace)
        value = eval(compile(last, "cell", "eval"), namespace)
    else:
        exec(compile(tree, "cell", "exec"), namespace)
    return value


def test_cells_of_the_notebook_run():
    """Each cell runs in its turn, on an event loop as in Jupyter."""
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    namespace: dict[str, Any] = {}
    values: list[object] = []

    async def run_all() -> None:
        values.extend(run_cell(cell, namespace) for cell in cells)

    anyio.run(run_all)

    assert [1, 3] == values[1]
    assert ["accepted", "accepted", "rejected"] == sorted(state for _, state, _ in values[4])
    assert 3 == len(values[5])
    assert all(cell.get("outputs", []) == [] for cell in notebook["cells"])
