"""The code blocks of the documents, as programs.

In: a Markdown file. Out: its Python blocks, compiled, and the files it shows. I/O: reads the file.

The convention, for README.md and the pages of docs/:

* Every block fenced as `python` is a program of its own: it runs alone, in a folder of its own, as
  a reader pastes it. `await`, `async with` and `async for` may stand at the top, as in notebooks;
  such a block runs once on asyncio and once on trio.
* On the pages of `SESSIONS` the blocks are one session: each goes on from those before it.
* `SEVEN_API_KEY` and `SEVEN_BASE_URL` lead to a sandbox that is served for this document.
* The working directory is empty but for the project's `examples`, and for what the document shows:
  a block fenced as `csv people.csv` is written to that file first.
* A block fenced as `python no-run` is left out; its first line is a comment that says why.
* A block fenced as `python app.py` is no program of the document but a file: it is written, after
  what a block with the same name has written. pytest runs those that are called `test_….py`.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import anyio

from tests.structure.imports import ROOT

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?: +(?P<word>\S+))? *\n(?P<body>.*?)^(?P=indent)``` *$",
    re.DOTALL | re.MULTILINE,
)


SESSIONS = frozenset({"journal-queries", "sandbox"})


class Block(NamedTuple):
    """One fenced block: where it starts, its language, the word after that, and its text."""

    line: int
    language: str
    word: str
    text: str


def documents() -> list[Path]:
    """README and the pages of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def is_session(document: Path) -> bool:
    """Whether the blocks of a page go on from each other."""
    return document.stem in SESSIONS and document.parent.name == "docs"


def blocks(markdown: str) -> Iterator[Block]:
    """Every fenced block that names its language."""
    for fence in FENCE.finditer(markdown):
        line = markdown.count("\n", 0, fence.start("body")) + 1
        indent = re.compile(f"^{fence['indent']}", re.MULTILINE)
        yield Block(line, fence["language"], fence["word"] or "", indent.sub("", fence["body"]))


def programs(document: Path) -> list[CodeType]:
    """The Python blocks that are run; their tracebacks show the document's own lines."""
    return [
        compile(
            "\n" * (block.line - 1) + block.text,
            str(document),
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
        for block in blocks(document.read_text("utf-8"))
        if block.language == "python" and not block.word
    ]


def awaits(program: CodeType) -> bool:
    """Whether a block needs an event loop."""
    return bool(program.co_flags & inspect.CO_COROUTINE)


def run(program: CodeType, namespace: dict[str, Any], backend: str) -> None:
    """Runs one block: with an event loop if it awaits something, else without."""
    if awaits(program):
        anyio.run(eval, program, namespace, backend=backend)  # a coroutine, by the flag
    else:
        exec(program, namespace)


def write_shown_files(document: Path, folder: Path) -> None:
    """Writes what the document shows of its input files."""
    for block in blocks(document.read_text("utf-8")):
        if block.language in ("csv", "python") and block.word not in ("", "no-run"):
            with (folder / block.word).open("a", encoding="utf-8") as file:
                file.write(block.text)


def run_shown_tests(folder: Path) -> str:
    """Runs the tests that a document has shown, as an application would; gives what failed."""
    if not list(folder.glob("test_*.py")):
        return ""
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    ended = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr
