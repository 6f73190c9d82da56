"""Tests of the tree look at the project's files only."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.structure.imports import ROOT
from tests.structure.tracked import tracked_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a file of its own, a virtual environment, and what was built."""
    (tmp_path / "README.md").touch()
    for folder in ("venv", ".venv", "build", "seven/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "pyvenv.cfg").touch()
        (tmp_path / folder / "module.py").touch()
    (tmp_path / "seven" / "client.py").touch()
    return tmp_path


def test_folder_without_git(project: Path):
    """An unpacked archive has no history; environments in it are no part of it."""
    names = [str(path.relative_to(project)) for path in tracked_files(project)]

    assert ["README.md", "seven/client.py"] == names


def test_folder_with_git(project: Path):
    """Of a repository it is what git tracks, also where a file was deleted since."""
    (project / "gone.md").touch()
    for command in (["init", "-q"], ["add", "README.md", "gone.md"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    (project / "gone.md").unlink()

    assert [project / "README.md"] == tracked_files(project)


def test_files_of_this_project():
    """The tree itself is found, and nothing that was installed into it."""
    names = {str(path.relative_to(ROOT)) for path in tracked_files()}

    assert {"README.md", "seven_async/client.py", "tests/structure/test_tracked.py"} <= names
    assert not [name for name in names if "site-packages" in name]
