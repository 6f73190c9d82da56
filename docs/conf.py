"""How Sphinx builds these pages. They are Markdown; nothing in them is loaded from another site."""

import re
from importlib import metadata
from inspect import cleandoc

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from seven_async.api.table import groups

project = "seven_async"
release = metadata.version("seven-async")
copyright = "The seven_async developers"  # noqa: A001 (Sphinx asks for this name)

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3

autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"seven_async {release}"

MODULE_OF_A_TYPE = re.compile(r"\b(?:\w+\.)+(?=[A-Z])")


def as_code_block(lines: list[str]) -> None:
    """Makes the `Example:` of a docstring a literal block; napoleon would read it as prose."""
    if "Example:" in lines:
        place = lines.index("Example:")
        lines[place : place + 1] = ["Example::", ""]


class RouteTable(SphinxDirective):
    """Every row of the route table as the method that it is, in the order of the names."""

    def run(self) -> list[nodes.Node]:
        """The nodes of all methods."""
        lines = [
            line for group in groups() for row in group.rows for line in self.method(group, row)
        ]
        return self.parse_text_to_nodes("\n".join(lines))

    def method(self, group: type, row: object) -> list[str]:
        """One row in reStructuredText: call, HTTP line, documentation."""
        route = vars(group)[row.name.partition(".")[2]]
        call = MODULE_OF_A_TYPE.sub("", f"{row.name}{route.__signature__}")
        documentation = cleandoc(route.__doc__).splitlines()
        as_code_block(documentation)
        text = str(GoogleDocstring(documentation, self.config))
        body = [f"   {line}" for line in text.splitlines()]
        return [f".. py:method:: {call}", "", f"   ``{row.line}``", "", *body, ""]


def setup(app: Sphinx) -> None:
    """Makes `route-table` a directive of these pages, and shows tables and examples as they are."""
    # Before napoleon, whose priority is 500.
    app.connect("autodoc-process-docstring", lambda *event: as_code_block(event[-1]), priority=400)
    app.add_directive("route-table", RouteTable)
    app.add_lexer("csv", TextLexer)
