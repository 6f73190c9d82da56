"""What documentation and help say of the command line is what its tables say."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from seven_async.cli.commands import COMMANDS, ENVIRONMENT
from seven_async.cli.exit_status import EXIT_STATUSES
from seven_async.cli.products.table import PRODUCTS, lines
from tests.structure.imports import ROOT

PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")
BY_HAND = {"segments", "reconcile", "hooks sync"}


def documented(heading: str) -> dict[str, str]:
    """The rows of the table below a heading of the page, by their first cell."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `?([^|`]+)`? \| (.+) \|$", section, re.MULTILINE)
    return {name.strip(): text for name, text in rows if text not in ("does", "holds", "means")}


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("The key and the gateway", ENVIRONMENT),
        ("Exit status", {str(status): text for status, text in EXIT_STATUSES.items()}),
    ],
)
def test_page_and_help_have_the_same_table(heading: str, table: Mapping[str, str], seven) -> None:
    """A reader of either knows what the other says."""
    assert table == documented(heading)
    shown = " ".join(seven("--help")[1].split())
    for name, text in table.items():
        assert f"{name} {text}" in shown


def test_page_has_every_command_of_the_products() -> None:
    """A new line of the table has its line on the page."""
    page = documented("Products")
    table = {words: command.help for words, command in lines()}

    assert table == {words: text for words, text in page.items() if words not in BY_HAND}
    assert page.keys() >= BY_HAND


def test_readme_names_the_variables() -> None:
    """Who never opens the documentation finds them, too."""
    readme = (ROOT / "README.md").read_text("utf-8")

    assert [] == [name for name in ENVIRONMENT if f"`{name}`" not in readme]


def test_products_come_first() -> None:
    """`seven --help` begins with what people do daily."""
    assert [*PRODUCTS] == [*COMMANDS][: len(PRODUCTS)]
