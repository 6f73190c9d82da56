"""Imports point one way (the drawing is in CONTRIBUTING.md, "The tree")."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from tests.structure.imports import cycles, edges, imports, modules, strict_cycles

LAYERS = (
    "start",
    "masking",
    "texts",
    "errors",
    "option_checks",
    "private_file",
    "sqlite_sharing",
    "sms_segments",
    "flow",
    "auth",
    "api",
    "webhooks",
    "receivers",
    "options",
    "engine",
    "finder",
    "reconcile",
    "client",
    "loop_thread",
    "worker_thread",
    "blocking",
    "hook_sync",
    "otel",
    "recipients",
    "campaign",
    "otp",
    "mcp",
    "cli",
)
"""Lower first. A module imports from its own layer and from those before it."""

BESIDE = {
    "sandbox": {"cli", "pytest_plugin"},
    "pytest_plugin": set(),
    "seven_async": {"cli", "pytest_plugin"},
    "__main__": set(),
}
"""What stands beside the layers, and who may import it; the package's face, too."""

ROOMS = {
    "core": 0,
    "faults": 0,
    "magic_numbers": 0,
    "products": 1,
    "webhooks": 1,
    "inbox": 1,
    "simulate": 2,
    "server": 3,
    "sandbox": 4,
    "server.running": 5,
    "": 5,
}
"""The sandbox's rooms, lower first; its face is the last. Failures are the core's vocabulary."""

HTTP = {
    "httpx": {"seven_async.flow.transport", "seven_async.sandbox.server.transport"},
    "httpx2": {"seven_async.flow.transport"},
    "h11": {"seven_async.sandbox.server.http1", "seven_async.flow.network.core_lane"},
    "httpcore": {"seven_async.flow.network.core_lane", "seven_async.flow.network.sockets"},
    "httptools": {"seven_async.flow.network.reply_parser"},
}
"""Their upstream rests, so a move to another library must stay one file each."""


def layer(module: str) -> str:
    """The layer of a module: the part of its name below the package."""
    return module.split(".")[1] if "." in module else module


def is_allowed(upper: str, lower: str) -> bool:
    """Whether one layer may import from another."""
    if lower in BESIDE:
        return upper == lower or upper in BESIDE[lower]
    return upper in BESIDE or LAYERS.index(lower) <= LAYERS.index(upper)


def test_imports_point_one_way():
    """No layer imports from one above it."""
    found = [
        (importer, target) for importer, targets in edges(modules()).items() for target in targets
    ]

    assert [] == [pair for pair in found if not is_allowed(*map(layer, pair))]


def test_every_module_has_its_layer():
    """A new part of the package is given its place here first."""
    assert set() == {layer(module) for module in edges(modules())} - set(LAYERS) - BESIDE.keys()


def test_nothing_imports_in_a_circle():
    """No module needs itself, by whatever way around."""
    assert [] == cycles()


def test_nothing_imports_in_a_circle_by_deferring():
    """A deferred import, or one for type checkers, is no way around."""
    assert [] == strict_cycles("seven_async")


def room(module: str) -> str:
    """The room of a sandbox module: its folder, or the module itself beside the folders."""
    below = module.removeprefix("seven_async.sandbox").lstrip(".")
    return below if below in ROOMS else below.partition(".")[0]


def test_rooms_of_the_sandbox_import_one_way():
    """The gateway's core knows neither products nor webhooks, and none of them a server."""
    inside = {name: tree for name, tree in modules().items() if layer(name) == "sandbox"}
    pairs = {
        (room(importer), room(target))
        for importer, targets in edges(inside).items()
        for target in targets
    }

    assert set() == {pair for pair in pairs if ROOMS[pair[0]] < ROOMS[pair[1]]}


def test_sandbox_takes_nothing_from_the_client():
    """The sandbox cannot inherit a bug of the client: it shares no line with it."""
    taken = [one for one in imports("seven_async") if layer(one.importer) == "sandbox"]

    assert [] == [str(one) for one in taken if layer(one.module) != "sandbox"]


@pytest.mark.parametrize("library", HTTP)
def test_http_library_is_named_in_its_files_only(library: str):
    """The HTTP library can be exchanged in one file."""
    assert set() == {one.importer for one in imports(library)} - HTTP[library]


PUBLIC = {
    "",
    ".auth",
    ".campaign",
    ".errors",
    ".mcp",
    ".otel",
    ".otp",
    ".receivers",
    ".sandbox",
    ".webhooks",
}
"""Modules that users may import from, below `seven_async`."""


def test_command_line_needs_nothing_but_public_names():
    """What the command line can do, a program of a user can do."""
    taken = [
        taking
        for taking in imports("seven_async")
        if layer(taking.importer) == "cli" and layer(taking.module) != "cli"
    ]

    assert len(taken) > 20
    assert [] == [
        str(taking)
        for taking in taken
        if taking.module.removeprefix("seven_async") not in PUBLIC
        or taking.name not in public_names(taking.module)
    ]


def public_names(module: str) -> list[str]:
    """Return what a module exports; of one without a list whatever has no underscore."""
    home = importlib.import_module(module)
    return getattr(home, "__all__", [name for name in vars(home) if not name.startswith("_")])


CAMPAIGN_ROOMS = (
    "results",
    "inputs",
    "prices",
    "journal",
    "unknown",
    "sending",
    "workers",
    "planning",
    "reports",
    "sinks",
    "face",
)
"""The rooms of `campaign/`, lower first."""


def campaign_room(module: str) -> str:
    """Return the room of a module of `campaign/`; what stands beside the rooms is its face."""
    part = module.split(".")[2] if module.count(".") > 1 else "face"
    return part if part in CAMPAIGN_ROOMS else "face"


def test_rooms_of_a_campaign_import_one_way():
    """A message goes one way through the rooms, and so do their imports."""
    inside = "seven_async.campaign."
    pairs = [
        (importer, target)
        for importer, targets in edges(modules()).items()
        for target in targets
        if importer.startswith(inside) and target.startswith(inside)
    ]

    assert len(pairs) > 50
    assert [] == [
        pair
        for pair in pairs
        if CAMPAIGN_ROOMS.index(campaign_room(pair[1]))
        > CAMPAIGN_ROOMS.index(campaign_room(pair[0]))
    ]


def test_rooms_are_not_crowded():
    """A room of `campaign/` or `sandbox/` has at most twenty modules."""
    folders = Counter(module.rpartition(".")[0] for module in modules())
    rooms = {folder for folder in folders if folder.split(".")[1:2] in (["campaign"], ["sandbox"])}

    assert len(rooms) > 8
    assert [] == [folder for folder in rooms if folders[folder] > 20]
