"""The README keeps its word: its programs are the examples, its table is what was measured."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import anyio
import pytest

from tests.structure.documents import blocks
from tests.structure.imports import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PROGRAMS = ("send_async", "send_blocking", "send_campaign")


def load_benchmark(name: str) -> ModuleType:
    """Import a script of benchmarks/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_programs_are_the_examples():
    """What a reader pastes is what `python examples/…` runs, without the words at its head."""
    shown = [block.text for block in blocks(README) if block.language == "python"]
    files = [(ROOT / "examples" / f"{name}.py").read_text("utf-8") for name in PROGRAMS]

    assert [re.sub(r'\A""".*?"""\n+', "", text, flags=re.DOTALL) for text in files] == shown


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_is_called_by_its_file(name: str):
    """A reader finds the file of each program."""
    assert f"`{name}.py`" in README


def test_table_has_the_counts_of_the_benchmark():
    """Counts go by seed, so that they are the same wherever the benchmark runs."""
    bench = load_benchmark("plain_httpx_bench")
    plain, seven = anyio.run(bench.run_plain), anyio.run(bench.run_seven)
    wrong = bench.PEOPLE // bench.WRONG

    assert re.search(
        rf"^\| people who got the message twice, of {bench.PEOPLE:,} .*"
        rf"\| {plain.twice} \| {seven.twice} \|$",
        README,
        re.MULTILINE,
    )
    assert re.search(
        rf"^\| wrong numbers taken for sent, of {wrong} .*"
        rf"\| {plain.believed_sent} \| {seven.believed_sent} \|$",
        README,
        re.MULTILINE,
    )
    assert (0, 0) == (seven.twice, seven.believed_sent)
    page = (ROOT / "docs" / "sending-safely.md").read_text("utf-8")
    assert f"sent {plain.twice} of {bench.PEOPLE:,} people" in " ".join(page.split())
