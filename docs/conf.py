"""How Sphinx builds these pages. They are Markdown; nothing in them is loaded from another site."""

import sys
from importlib import metadata
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

project = "seven_async"
release = metadata.version("seven-async")
copyright = "The seven_async developers"  # noqa: A001 (Sphinx asks for this name)

# `directives` is the file beside this one.
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "directives"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3

autodoc_member_order = "bysource"
# Docstrings put names between single backticks.
default_role = "code"

# “--option” is no dash, and '' is no quotation mark.
smartquotes = False

html_theme = "furo"
html_title = f"seven_async {release}"
html_static_path = ["static"]
html_css_files = ["pages.css"]


def setup(app: Sphinx) -> None:
    """Shows tables as they are."""
    app.add_lexer("csv", TextLexer)
