"""The files of the project: those that git tracks, whatever else lies in the folder.

In: a folder. Out: paths. I/O: asks git; without git or a repository, walks the folder.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.structure.imports import ROOT

_BUILT = {"__pycache__", "build", "dist", "node_modules"}


def tracked_files(root: Path = ROOT) -> list[Path]:
    """List the files of a project; links to nowhere and deleted files aside."""
    names = _git_files(root)
    paths = _walk(root) if names is None else (root / name for name in names)
    return sorted(path for path in paths if path.is_file())


def _git_files(root: Path) -> list[str] | None:
    """Ask git; None where there is no git, or the folder is not the top of a repository."""
    if not (root / ".git").exists():
        return None
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached"], cwd=root, check=True, capture_output=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]


def _walk(root: Path) -> Iterator[Path]:
    """Find files outside of hidden folders, virtual environments and what was built."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _BUILT
            and not name.endswith(".egg-info")
            and not (here / name / "pyvenv.cfg").exists()
        ]
        yield from (here / name for name in names)
