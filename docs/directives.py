"""What these pages are generated from: the route table, the public names, the commands.

In: the package. Out: Sphinx directives. No I/O.
"""

from __future__ import annotations

import importlib
import inspect
import re
from enum import Enum
from inspect import cleandoc
from pathlib import Path
from typing import Any

from command_help import CommandHelp, find_commands
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.ext.napoleon import GoogleDocstring
from sphinx.util.docutils import SphinxDirective

from seven_async.api.table import endpoints, groups
from seven_async.flow.values.plain import PlainValue

ERROR = re.compile(r" {4}\w+Error: .+\.$")
"""An error of a docstring that takes one line."""

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


def escape_underscores(lines: list[str]) -> None:
    """Keep the last letter of `from_`, which otherwise makes a reference of it."""
    lines[:] = [re.sub(r"^( *:param \w+)_:", r"\1\\_:", line) for line in lines]


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
        routes = [vars(group)[row.name.partition(".")[2]] for group, row in rows]
        shared = shared_errors([cleandoc(route.__doc__) for route in routes])
        lines = ["Each of them may raise, beside what it names itself:", ""] if shared else []
        for name, why in map(split_error, shared):
            lines.append(f"* :py:exc:`{name} <seven_async.{name}>` -- {why}")
        lines.append("")
        for (_, row), route in zip(rows, routes, strict=True):
            lines += self.method(row, route, shared)
        return self.parse_text_to_nodes(as_restructured_text(lines))

    def method(self, row: Any, route: Any, shared: list[str]) -> list[str]:
        """Return one row in reStructuredText: call, HTTP line, documentation."""
        call = MODULE_OF_A_TYPE.sub("", f"{row.name}{route.__signature__}")
        documentation = cleandoc(route.__doc__).splitlines()
        documentation = [line for line in documentation if line not in shared]
        if documentation[-1] == "Raises:":
            documentation.pop()
        as_code_block(documentation)
        text = str(GoogleDocstring(documentation, self.config)).splitlines()
        escape_underscores(text)
        body = [f"   {line}" for line in text]
        return [f".. py:method:: {call}", "", f"   ``{row.line}``", "", *body, ""]


def shared_errors(documentations: list[str]) -> list[str]:
    """Return the lines about errors that the documentation of each method has."""
    if len(documentations) == 1:
        return []
    others = [set(documentation.splitlines()) for documentation in documentations]
    lines = documentations[0].splitlines()
    return [line for line in lines if ERROR.match(line) and all(line in each for each in others)]


def split_error(line: str) -> tuple[str, str]:
    """Return the name of an error and what is said of it."""
    name, _, why = line.strip().partition(": ")
    return name, why


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
    if not isinstance(value, type):
        return [] if inspect.isroutine(value) else ["   :no-value:"]
    # How a reply is read is of no use to who gets the model.
    options = ["   :members:", "   :exclude-members: is_whole"]
    if issubclass(value, BaseException):
        return [*options, "   :show-inheritance:"]
    own = {name for name in methods_of(value) if name in vars(value)}
    return options if own == methods_of(value) else [*options, "   :inherited-members:"]


def methods_of(value: type) -> set[str]:
    """Return the public methods of a class and of its bases; what all models have is left out."""
    if issubclass(value, Enum):
        return set()
    bases = [each for each in value.__mro__ if each.__module__.startswith("seven_async.")]
    return {
        name
        for base in bases
        if base is value or not (issubclass(PlainValue, base) or base.__name__.startswith("_"))
        for name, member in vars(base).items()
        if not name.startswith("_") and inspect.isfunction(member)
    }


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
            home = importlib.import_module(module)
            for name in names.split():
                value = getattr(home, name)
                methods = methods_of(value) if isinstance(value, type) else ()
                wanted |= {f"{module}.{name}", *(f"{module}.{name}.{each}" for each in methods)}
    if wanted - built:
        raise SphinxError(f"no entry for {', '.join(sorted(wanted - built))}")


_NAMES = re.compile(r"^```\{public-names\} (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def methods_of_requests() -> dict[type, str]:
    """Return the request classes, each with its method."""
    rows = [endpoint for endpoint in endpoints() if hasattr(endpoint, "request")]
    several = {row.many: row.row.name for row in rows if hasattr(row, "many")}
    return {**several, **{row.request: row.row.name for row in rows}}


def shorten(value: object, lines: list[str]) -> None:
    """Leave of a request class what its method does not say: which method that is."""
    method = methods_of_requests().get(value) if isinstance(value, type) else None
    if method is not None:
        lines[:] = [f"What :py:meth:`{method}` sends, with its arguments.", ""]


def show_signature(signature: str | None, returned: str | None) -> tuple[str, str] | None:
    """Return a signature as a reader knows it: the two clients, three dots for a fresh default."""
    if signature is None:
        return None
    clients = re.sub(r"~?[\w.]*\bTable\[[~\w.]*\bM\]", "AsyncSeven | Seven", signature)
    return clients.replace("NOTHING", "..."), returned or ""


def setup(app: Sphinx) -> None:
    """Make the directives known, and show examples of docstrings as they are."""
    # Before napoleon, whose priority is 500.
    app.connect("autodoc-process-docstring", lambda *event: as_code_block(event[-1]), priority=400)
    app.connect(
        "autodoc-process-docstring", lambda *event: shorten(event[3], event[-1]), priority=300
    )
    app.connect(
        "autodoc-process-docstring", lambda *event: escape_underscores(event[-1]), priority=600
    )
    app.connect("autodoc-process-signature", lambda *event: show_signature(*event[-2:]))
    app.connect("build-finished", check_objects)
    app.add_directive("group-methods", GroupMethods)
    app.add_directive("public-names", PublicNames)
    app.add_directive("command-reference", CommandReference)
