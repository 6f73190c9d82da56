"""The pages as a whole: links lead somewhere, every public name and command has its place.

In: the Markdown of README, CONTRIBUTING, CHANGELOG and docs/, the package. No I/O but reading.
Sphinx asks more (`nox -s docs`): there a warning is an error.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.structure.documents import documents
from tests.structure.imports import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MODULES = ("", ".auth", ".campaign", ".otel", ".otp", ".receivers", ".sandbox", ".webhooks")

_fenced = re.compile(r"^( *)(```+).*?^\1\2 *$", re.DOTALL | re.MULTILINE)
_code = re.compile(r"`[^`]*`")
_link = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_heading = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
_toctree = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_names = re.compile(r"^```\{public-names\} (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_methods = re.compile(r"^```\{group-methods\} (\w+)\n```$", re.MULTILINE)


def text_of(page: Path) -> str:
    """Return a page without its blocks of code."""
    return _fenced.sub("", page.read_text("utf-8"))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and Sphinx make them."""
    words = [heading.lower().replace("`", "") for heading in _heading.findall(text_of(page))]
    return {re.sub(r"[^\w\- ]", "", each).strip().replace(" ", "-") for each in words}


def broken_links(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere within the tree."""
    for target in _link.findall(_code.sub("", text_of(page))):
        if "://" in target or target.startswith("mailto:"):
            continue
        place, _, anchor = target.partition("#")
        leads_to = (page.parent / place).resolve() if place else page
        is_heading = anchor and leads_to.suffix == ".md"
        if not leads_to.exists() or (is_heading and anchor not in anchors_of(leads_to)):
            yield target


def toctree_of(page: Path) -> list[Path]:
    """Return the pages that a page has in its tables of contents."""
    lines = chain.from_iterable(body.splitlines() for body in _toctree.findall(page.read_text()))
    entries = [line for line in lines if line and not line.startswith(":")]
    return [(page.parent / f"{entry}.md").resolve() for entry in entries]


def documented() -> list[tuple[str, str]]:
    """Return the names that the reference has, with their modules."""
    blocks = chain.from_iterable(
        _names.findall(page.read_text("utf-8")) for page in (DOCS / "reference").glob("*.md")
    )
    return [(module, name) for module, names in blocks for name in names.split()]


@pytest.mark.parametrize(
    "page",
    [*documents(), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_links_lead_somewhere(page: Path):
    """A link within the tree has its file, and its heading."""
    assert [] == list(broken_links(page))


def test_broken_link_is_seen(tmp_path: Path):
    """A link to a page or a heading that is not there is told."""
    (tmp_path / "a.md").write_text("# Alpha\n\n[b](b.md) [x](#alpha) [y](#beta) `[z](z.md)`\n")

    assert ["b.md", "#beta"] == list(broken_links(tmp_path / "a.md"))


def test_every_page_is_in_one_table_of_contents():
    """A reader finds each page in the sidebar, once."""
    listed = Counter(chain.from_iterable(map(toctree_of, PAGES)))

    assert {page.resolve(): 1 for page in PAGES if page != DOCS / "index.md"} == dict(listed)


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_a_place_in_the_reference(module: str):
    """A name that is exported is documented; one that is exported twice, once."""
    there = documented()
    values = {id(getattr(importlib.import_module(home), name)) for home, name in there}
    home = importlib.import_module(f"seven_async{module}")
    public = [name for name in home.__all__ if name != "__version__"]

    assert [] == [name for name in public if id(getattr(home, name)) not in values]


def test_reference_names_what_exists():
    """No name is documented twice, and none that is not public."""
    there = documented()

    assert [] == [entry for entry, count in Counter(there).items() if count > 1]
    assert [] == [
        (home, name) for home, name in there if name not in importlib.import_module(home).__all__
    ]


def test_every_group_has_its_methods_on_one_page():
    """A new group gets its page, with the methods first."""
    from seven_async.api.table import groups

    pages = [page.read_text("utf-8") for page in (DOCS / "reference").glob("*.md")]
    shown = Counter(chain.from_iterable(map(_methods.findall, pages)))
    named = {group.rows[0].name.partition(".")[0] for group in groups()}

    assert dict.fromkeys(named, 1) == dict(shown)


def test_reference_of_commands_has_every_command(monkeypatch: pytest.MonkeyPatch):
    """What the page is made of are the commands themselves, each with its help."""
    from seven_async.cli.commands import COMMANDS
    from seven_async.cli.products.table import lines

    monkeypatch.syspath_prepend(str(DOCS))
    find_commands = importlib.import_module("command_help").find_commands
    shown = {command.words: command.text for command in find_commands()}

    assert {f"seven {word}" for word in COMMANDS} <= shown.keys()
    assert {f"seven {words}" for words, _ in lines()} <= shown.keys()
    assert all(text.startswith(f"Usage: {words}") for words, text in shown.items())
