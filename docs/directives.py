"""What these pages are generated from: the route table, the public names, the commands.

In: the package. Out: Sphinx directives. No I/O.
"""

from __future__ import annotations

import importlib
import inspect
import re
from inspect import cleandoc
from pathlib import Path
from typing import Any

from command_help import CommandHelp, find_commands
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from seven_async.api.table import groups

MODULE_OF_A_TYPE = re.compile(r"\b(?:\w+\.)+(?=[A-Z])")


def as_code_block(lines: list[str]) -> None:
    """Make the `Example:` of a docstring, and what it fences, literal blocks."""
    if "Example:" in lines:
        place = lines.index("Example:")
        lines[place : place + 1] = ["Example::", ""]
    is_fenced = False
    for place, line in enumerate(lines):
        if line.startswith("```"):
            is_fenced = not is_fenced
            lines[place] = "::\n" if is_fenced else ""
        elif is_fenced:
            lines[place] = f"    {line}"
    lines[:] = "\n".join(lines).split("\n")


def as_restructured_text(lines: list[str]) -> str:
    """Return lines as a block that a Markdown page reads as reStructuredText."""
    fence = "`" * 7
    return "\n".join([f"{fence}{{eval-rst}}", *lines, fence])


class GroupMethods(SphinxDirective):
    """Every row of a group as the method that it is, in the order of the file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of all methods."""
        (rows,) = [
            [(group, row) for row in group.rows]
            for group in groups()
            if group.rows and group.rows[0].name.startswith(f"{self.arguments[0]}.")
        ]
        lines = [line for group, row in rows for line in self.method(group, row)]
        return self.parse_text_to_nodes(as_restructured_text(lines))

    def method(self, group: type, row: Any) -> list[str]:
        """Return one row in reStructuredText: call, HTTP line, documentation."""
        route = vars(group)[row.name.partition(".")[2]]
        call = MODULE_OF_A_TYPE.sub("", f"{row.name}{route.__signature__}")
        documentation = cleandoc(route.__doc__).splitlines()
        as_code_block(documentation)
        text = str(GoogleDocstring(documentation, self.config))
        body = [f"   {line}" for line in text.splitlines()]
        return [f".. py:method:: {call}", "", f"   ``{row.line}``", "", *body, ""]


class PublicNames(SphinxDirective):
    """The names of a public module, one a line, with their documentation."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the nodes of all names."""
        module = self.arguments[0]
        lines: list[str] = []
        for name in self.content:
            value = getattr(importlib.import_module(module), name)
            lines += [f".. {_directive_of(value)}:: {module}.{name}", *_options_of(value), ""]
        return self.parse_text_to_nodes(as_restructured_text(lines))


def _directive_of(value: object) -> str:
    if isinstance(value, type):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if inspect.isroutine(value) else "autodata"


def _options_of(value: object) -> list[str]:
    if isinstance(value, type):
        return ["   :members:", "   :show-inheritance:"]
    return [] if inspect.isroutine(value) else ["   :no-value:"]


class CommandReference(SphinxDirective):
    """The help of every command, a section each."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return [self.section(command) for command in find_commands()]

    def section(self, command: CommandHelp) -> nodes.Node:
        """Return the section of a command."""
        section = nodes.section(ids=[command.words.replace(" ", "-")], names=[command.words])
        section += nodes.title(text=command.words)
        section += nodes.literal_block(command.text, command.text, language="text")
        return section


def check_objects(app: Sphinx, failure: Exception | None) -> None:
    """Refuse a build in which a method or a public name has become no entry of the index.

    Raises:
        SphinxError: Names what is missing; a directive that is not read makes no warning.
    """
    if failure is not None:
        return
    built = {name for name, *_ in app.env.get_domain("py").get_objects()}
    pages = [Path(app.srcdir, f"{page}.md").read_text("utf-8") for page in app.env.found_docs]
    wanted = {row.name for group in groups() for row in group.rows}
    for page in pages:
        for module, names in _NAMES.findall(page):
            wanted |= {f"{module}.{name}" for name in names.split()}
    if wanted - built:
        raise SphinxError(f"no entry for {', '.join(sorted(wanted - built))}")


_NAMES = re.compile(r"^```\{public-names\} (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Make the directives known, and show examples of docstrings as they are."""
    # Before napoleon, whose priority is 500.
    app.connect("autodoc-process-docstring", lambda *event: as_code_block(event[-1]), priority=400)
    app.connect("build-finished", check_objects)
    app.add_directive("group-methods", GroupMethods)
    app.add_directive("public-names", PublicNames)
    app.add_directive("command-reference", CommandReference)
