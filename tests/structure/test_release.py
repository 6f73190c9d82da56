"""The tree agrees with itself: version, changelog, commands, and no word of another place."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version

from seven_async.start.version import VERSION
from tests.structure.imports import ROOT
from tests.structure.tracked import tracked_files

# Classes of one letter, so that this file does not find itself.
MACHINE_PATH = re.compile(rb"/(?:[w]ork|[f]arm|[r]oot|[h]ome/\w+)/|/tmp/[b]ash")


def test_changelog_starts_with_this_version():
    """The newest entry is the version that is built."""
    entry = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert VERSION == entry[1]


def test_installed_version_is_this_version():
    """What is tested is what is in the tree."""
    assert VERSION == version("seven-async")


def test_ci_runs_the_command_of_the_readme():
    """What a newcomer is told to run is what runs on every change; only the folder differs."""
    script = (ROOT / ".ci/run").read_text("utf-8")
    command = re.search(r'^python3 -m venv "\$venv" && .+nox"$', script, re.MULTILINE)[0]
    shown = command.replace('"', "").replace("$venv", ".venv")

    assert shown in (ROOT / "README.md").read_text("utf-8").splitlines()


def test_contributing_draws_the_package_as_it_is():
    """Whoever opens CONTRIBUTING.md sees every part of the package, and none that is not there."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    drawing = re.search(r"^seven_async/\n((?: .*\n)+)", page, re.MULTILINE)
    drawn = set(re.findall(r"^  ([a-z_]+(?:\.py|/)) ", drawing[1], re.MULTILINE))
    parts = {one.name for one in (ROOT / "seven_async").glob("[a-z]*.py")}
    parts |= {f"{one.parent.name}/" for one in (ROOT / "seven_async").glob("*/__init__.py")}

    assert parts == drawn


def test_every_extra_is_in_the_table():
    """Whoever installs sees what each extra brings and weighs."""
    page = (ROOT / "docs/first-send.md").read_text("utf-8").partition("## Extras")[2]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = re.findall(r"^\| `(\w+)` \|(?: [^|]*\|){3}$", page, re.MULTILINE)

    assert sorted(project["optional-dependencies"]) == sorted(rows)


def test_no_file_names_a_place_on_one_machine():
    """A path of somebody's machine is of no use to anybody else."""
    found = [file.name for file in tracked_files() if MACHINE_PATH.search(file.read_bytes())]

    assert [] == found


def test_import_is_lean():
    """`import seven_async` loads no command line, no server and no web framework."""
    unwanted = {"typer", "click", "rich", "starlette", "uvicorn", "seven_async.sandbox"}
    program = f"import sys, seven_async; print(*sorted({unwanted} & sys.modules.keys()))"
    # -I: not the working directory, not the environment; what counts is the installed package.
    command = [sys.executable, "-I", "-c", program]

    assert "\n" == subprocess.run(command, check=True, capture_output=True, text=True).stdout
