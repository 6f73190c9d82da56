"""What the documents show is true: their code runs (convention: tests/structure/documents.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.structure.documents import (
    Block,
    awaits,
    blocks,
    documents,
    is_session,
    programs,
    run,
    run_shown_tests,
    write_shown_files,
)
from tests.structure.imports import ROOT

API_KEY = "key-of-the-documents"
TICKS = "`" * 3


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch):
    """A served sandbox that the environment points to."""
    from seven_async.sandbox import Sandbox

    with Sandbox(api_key=API_KEY).serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", API_KEY)
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory that has the project's examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def name_of(document: Path) -> str:
    """A page by its place: some are called alike."""
    return document.relative_to(ROOT).as_posix()


WITH_PROGRAMS = [page for page in documents() if programs(page)]
CASES = [
    pytest.param(page, backend, id=f"{name_of(page)}-{backend}")
    for page in WITH_PROGRAMS
    for backend in ("asyncio", "trio")
    if backend == "asyncio" or any(map(awaits, programs(page)))
]


@pytest.mark.parametrize(("document", "backend"), CASES)
def test_code_of_a_document_runs(
    document: Path, backend: str, folder: Path, gateway, monkeypatch: pytest.MonkeyPatch
):
    """Every Python block of a page runs as it stands, alone unless the page is a session."""
    write_shown_files(document, folder)
    namespace = {"__name__": "__main__"}
    for place, program in enumerate(programs(document)):
        if not is_session(document):
            namespace = {"__name__": "__main__"}
            own = folder / f"block-{place}"
            own.mkdir()
            monkeypatch.chdir(own)
            write_shown_files(document, own)
            gateway.sandbox.reset()
        run(program, namespace, backend)


@pytest.mark.parametrize("document", WITH_PROGRAMS, ids=name_of)
def test_tests_of_a_document_pass(document: Path, folder: Path):
    """What a document shows as a test is one, and it passes."""
    write_shown_files(document, folder)

    assert "" == run_shown_tests(folder)


def test_failing_test_of_a_document_is_seen(folder: Path):
    """The tests of a document are run, not only collected."""
    (folder / "test_wrong.py").write_text("def test_wrong():\n    assert 1 == 2\n")

    assert "1 failed" in run_shown_tests(folder)


def test_block_left_out_says_why():
    """Code that is not run starts with the reason."""
    silent = [
        f"{document.name}:{block.line}"
        for document in documents()
        for block in blocks(document.read_text("utf-8"))
        if block.word == "no-run" and not block.text.startswith("# ")
    ]

    assert [] == silent


def test_block_is_found_with_its_line_and_word():
    """A block knows where it stands, in a list too, and what is written behind its language."""
    markdown = f"Text\n\n  {TICKS}csv a.csv\n  to\n\n  +49\n  {TICKS}\n"

    assert [Block(4, "csv", "a.csv", "to\n\n+49\n")] == list(blocks(markdown))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_blocks_share_a_namespace_with_and_without_a_loop(tmp_path: Path, backend: str):
    """A later block sees the names of an earlier one, whether or not one of them awaits."""
    document = tmp_path / "page.md"
    document.write_text(
        f"{TICKS}python\nimport anyio\nasync def two():\n    return 2\n{TICKS}\n"
        f"{TICKS}python\ntwice = 2 * await two()\n{TICKS}\n"
        f"{TICKS}python no-run\n# reason\nraise AssertionError\n{TICKS}\n"
        f"{TICKS}python\nthrice = twice + 2\n{TICKS}\n"
    )
    namespace = {}

    for program in programs(document):
        run(program, namespace, backend)

    assert (4, 6) == (namespace["twice"], namespace["thrice"])


def test_failing_block_shows_its_line_in_the_document(tmp_path: Path):
    """The traceback of a wrong block leads to the line to mend."""
    document = tmp_path / "page.md"
    document.write_text(f"# Title\n\n{TICKS}python\nfine = 1\n1 / 0\n{TICKS}\n")

    with pytest.raises(ZeroDivisionError) as caught:
        run(programs(document)[0], {}, "asyncio")

    assert (str(document), 5) == (str(caught.traceback[-1].path), caught.traceback[-1].lineno + 1)


def test_shown_file_is_written(tmp_path: Path):
    """The input that a document shows is the input that its code reads."""
    document = tmp_path / "page.md"
    document.write_text(f"{TICKS}csv people.csv\nto\n+491711234567\n{TICKS}\n")

    write_shown_files(document, tmp_path)

    assert "to\n+491711234567\n" == (tmp_path / "people.csv").read_text()
