"""The pictures of README and docs: there, small, shown somewhere, and they load nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.structure.documents import documents
from tests.structure.imports import ROOT

IMAGES = ROOT / "docs" / "images"
PICTURES = sorted(IMAGES.iterdir())
MOST_BYTES = 150_000

_shown = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<path>[^)]+)\)")


def shown_pictures() -> dict[Path, str]:
    """The pictures that documents show, with the words for whoever does not see them."""
    return {
        (document.parent / match["path"]).resolve(): match["words"]
        for document in documents()
        for match in _shown.finditer(document.read_text("utf-8"))
        if "://" not in match["path"]
    }


def test_every_picture_is_shown_and_every_shown_one_is_there():
    """No document has a hole, and no file is left over; each picture is told in words, too."""
    assert PICTURES
    assert PICTURES == sorted(shown_pictures())
    assert all(len(words.split()) >= 4 for words in shown_pictures().values())


def test_readme_begins_with_a_campaign():
    """A reader sees what the command does before the first page is over."""
    beginning = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:40])

    assert "(docs/images/campaign.svg)" in beginning


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_picture_is_made_by_the_project(path: Path):
    """A picture that is here is one that `nox -s pictures` or a benchmark makes, and small."""
    makers = [ROOT / "docs" / "pictures.py", ROOT / "benchmarks" / "peer_report.py"]
    text = "".join(maker.read_text("utf-8") for maker in makers)

    assert f'"{path.stem}"' in text or f'"{path.name}"' in text
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("path", [path for path in PICTURES if path.suffix == ".svg"])
def test_picture_of_a_terminal_loads_nothing(path: Path):
    """It has no script and no font from elsewhere, and shows no folder of a machine."""
    text = path.read_text("utf-8")

    assert ["http://www.w3.org/2000/svg"] == re.findall(r"https?://[^\"\s)]+", text)
    for trace in ("<script", "@font-face", "/tmp", "/home", "/root"):
        assert trace not in text
