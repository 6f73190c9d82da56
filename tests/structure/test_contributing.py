"""The endpoint that CONTRIBUTING.md adds, added to a copy of the package as the page says."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.structure.documents import blocks
from tests.structure.imports import ROOT, modules

PROGRAM = """
from decimal import Decimal
from seven_async import Coverage, Mast, Seven
from seven_async.sandbox import Sandbox

with Seven(**Sandbox().options) as seven:
    print(seven.coverage.get("AT") == Coverage(country="AT", percent=Decimal("99.80")))
    print([mast.id for mast in seven.coverage.masts(limit=1)])
    print("GET /coverage/masts" in [row.line for row in type(seven.coverage).rows])
"""


def insert_before(file: Path, mark: str, line: str) -> None:
    """Puts a line before the first one that begins with a mark."""
    text = file.read_text("utf-8")
    assert text.count(f"\n{mark}") == 1
    file.write_text(text.replace(f"\n{mark}", f"\n{line}\n{mark}"), "utf-8")


def test_made_up_endpoint_works_in_the_places_that_are_listed(tmp_path: Path) -> None:
    """A group is its file, its handler and four lines; all are what the page shows."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Adding an endpoint")[2]
    module, handler, lines = (one.text for one in blocks(page) if one.language == "python")
    imported, attribute, exported, named = re.findall(r"^(.+?) +# api/", lines, re.MULTILINE)
    package = tmp_path / "seven_async"
    shutil.copytree(ROOT / "seven_async", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "api/coverage.py").write_text(module, "utf-8")
    (package / "sandbox/products/coverage.py").write_text(handler, "utf-8")
    insert_before(package / "api/table.py", "    from seven_async.api.groups", imported)
    insert_before(package / "api/table.py", "    groups: Final = ", attribute)
    insert_before(package / "api/names.py", "    from seven_async.api.groups", exported)
    insert_before(package / "api/names.py", '        "seven_async.api.groups"', named)

    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert ("", ["True", "['1', '2']", "True"]) == (ended.stderr, ended.stdout.splitlines())


def test_terms_name_classes_that_exist() -> None:
    """A class that is renamed takes its line of the list of terms along."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    terms = page.partition("## One word per idea")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z]\w+)`", terms))
    classes = {
        node.name
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }

    assert len(named) > 30
    assert set() == named - classes
