"""How Sphinx builds these pages. They are Markdown; no page is loaded from another site."""

from importlib import metadata

project = "seven_async"
release = metadata.version("seven-async")
copyright = "The seven_async developers"  # noqa: A001 (Sphinx asks for this name)

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"seven_async {release}"
