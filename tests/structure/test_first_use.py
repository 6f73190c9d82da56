"""What is loaded late: by places that are written down, complete, and in a process of its own."""

from __future__ import annotations

import ast
import subprocess
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

import seven_async
from seven_async import Options
from seven_async.api.table import GROUPS
from seven_async.start.first_use import load
from tests.structure.imports import imports_of, is_for_checkers, late_places, modules, walk
from tests.structure.test_exports import PUBLIC

FACES = (
    ["seven_async.api.names"]
    + [
        f"seven_async{name}"
        for name in PUBLIC
        if "names_on_first_use" in ast.dump(modules()[f"seven_async{name}"])
    ]
    + ["seven_async.auth"]
)
"""The packages whose names are loaded when they are used."""

LOADERS = {
    "seven_async.start.first_use": "the one way",
    "seven_async.cli.lazy_group": "the same for commands",
    "seven_async.cli.products.commands": "the same for commands of products",
    "seven_async.auth.stores": "an extra",
    "seven_async.recipients.library": "an extra",
    "seven_async.flow.shared_pace": "an extra",
    "seven_async.loop_thread": "a module of Python",
    "seven_async.sandbox.products": "every file of its folder",
    "seven_async.otp.redis_store": "an extra",
    "seven_async.webhooks.redis_nonces": "an extra",
}
"""Modules that import by a text, and what. There are to be no others."""

DEFERRED = {
    "seven_async.recipients.recipient": "an extra",
    "seven_async.campaign.sending.quiet_hours": "an extra",
    "seven_async.cli": "an extra",
    "seven_async.cli.campaign.many": "an extra",
    "seven_async.cli.gateway": "only with --sandbox",
    "seven_async.cli.products.output": "only with --csv",
    "seven_async.cli.screen": "a part of rich, for lines that are too long for the terminal",
    "seven_async.cli.servers.sandboxes": "after the words are understood",
    "seven_async.pytest_plugin": "after coverage has begun",
    "seven_async.sandbox.sandbox": "httpx, which a served sandbox does not need",
}
"""Modules with an import of the package in a function, and why. There are to be no others."""


def run(program: str) -> list[str]:
    """Return the words that a fresh process prints, which has the package that is tested here."""
    begin = f"import sys; sys.path.insert(0, {str(Path(seven_async.__file__).parents[1])!r})\n"
    command = [sys.executable, "-I", "-c", begin + program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def for_checkers(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Module and name of all that type checkers alone import."""
    blocks = (
        ast.Module(node.body, [])
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and is_for_checkers(node)
    )
    for taking in chain.from_iterable(imports_of("", block) for block in blocks):
        if (taking.module, taking.name) == (FACES[0], "*"):
            continue  # it is compared by itself
        names = [taking.name] if taking.name != "*" else import_module(taking.module).__all__
        yield from ((taking.module, name) for name in names)


def in_table(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Module and name of all that the tables of a module have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None:
                    yield from ((ast.literal_eval(key), name) for name in ast.literal_eval(value))


@pytest.mark.parametrize("face", FACES)
def test_table_has_what_type_checkers_read(face: str):
    """A name is where editors and checkers find it, and no name is in one of both only."""
    tree = modules()[face]
    read = set(for_checkers(tree))

    assert len(read) > 4
    assert read == set(in_table(tree))


def test_groups_are_what_type_checkers_read():
    """The text behind a group and its type name the same class of the same module."""
    tree = modules()["seven_async.api.table"]
    lines = {
        ast.literal_eval(node.func.slice): ast.literal_eval(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("LateGroup[")
    }
    read = {f"{name}[M]": f"{module}:{name}" for module, name in for_checkers(tree)}

    assert len(GROUPS) == len(lines)
    assert read == lines


@pytest.mark.parametrize(
    "place",
    sorted(
        {f"{module}:{name}" for tree in modules().values() for module, name in late_places(tree)}
    ),
)
def test_places_exist(place: str):
    """What is loaded late is there."""
    module, _, name = place.partition(":")

    assert load(place) if name else import_module(module)


def test_one_way_to_load_late():
    """No module is imported by a text but through `first_use`, which tests of imports read."""
    by_text = {
        name
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in ("import_module", "__import__", "LazyLoader"))
        or (isinstance(node, ast.Attribute) and node.attr in ("import_module", "LazyLoader"))
    }

    assert by_text == LOADERS.keys()


def test_no_import_hides_in_a_function():
    """The package imports its own at the top of a module, or through `first_use`."""
    hidden = {
        name
        for name, tree in modules().items()
        for function in walk(tree, at_run_time=True)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seven_async")
    }

    assert DEFERRED.keys() == hidden


@pytest.mark.parametrize("face", FACES[1:])
def test_no_name_is_a_module_beside(face: str):
    """Importing a module puts it into its package, over a name that is not loaded yet."""
    package = import_module(face)
    beside = {name.removeprefix(f"{face}.") for name in modules() if name.startswith(f"{face}.")}

    assert set() == beside & set(package.__all__)


@pytest.mark.parametrize("face", FACES[1:])
def test_dir_and_star_have_every_name(face: str):
    """A prompt completes names that nobody has used yet, and a star brings them all."""
    names = import_module(face).__all__
    program = f"import {face} as face; print(*dir(face), '|')\nfrom {face} import *; print(*vars())"
    words = run(program)
    bar = words.index("|")

    assert set() == set(names) - set(words[:bar])
    assert set() == set(names) - set(words[bar:])


def test_unknown_name_is_an_attribute_error():
    """A misspelt name fails as in any module."""
    with pytest.raises(AttributeError, match="module 'seven_async' has no attribute 'AsyncSven'"):
        _ = seven_async.AsyncSven
    with pytest.raises(ImportError, match="cannot import name 'AsyncSven'"):
        from seven_async import AsyncSven  # noqa: F401


@pytest.mark.parametrize("name", ["auth", "errors", "webhooks"])
def test_public_modules_need_no_import_of_their_own(name: str):
    """`seven_async.errors.SevenError` is there after `import seven_async`."""
    assert [name] == run(f"import seven_async; print(seven_async.{name}.__name__[12:])")


def test_types_of_public_classes_can_be_read():
    """Whoever builds forms or documentation of the annotations finds every class that they name."""
    kinds = [getattr(seven_async, name) for name in seven_async.__all__]
    # What `transport` takes is named in the words of libraries that need not be installed.
    classes = [kind for kind in kinds if isinstance(kind, type) and kind is not Options]

    assert len(classes) > 150
    assert all(isinstance(typing.get_type_hints(kind), dict) for kind in classes)


HEAVY = "{'attrs', 'anyio', 'httpcore', 'httpx', 'trio', 'cattrs', 'decimal'}"
GROUPS_LOADED = "{place.partition(':')[0] for place in PLACES} & sys.modules.keys()".replace(
    "PLACES", repr([group.place for group in GROUPS.values()])
)


def test_import_loads_nothing():
    """`import seven_async` alone is a table of names."""
    program = f"import sys, seven_async; print(*sorted({HEAVY} & sys.modules.keys()))"

    assert [] == run(program)


def test_client_waits_for_no_group_and_no_transport():
    """A client is made without the classes of any reply, and without the HTTP library."""
    program = (
        "import sys; from seven_async import AsyncSeven; AsyncSeven(api_key='x');"
        f"print(*{GROUPS_LOADED}, *{{'httpcore', 'httpx', 'trio'}} & sys.modules.keys())"
    )

    assert [] == run(program)


def test_a_group_is_loaded_alone():
    """The first message waits for the classes of messages only."""
    program = (
        "import sys; from seven_async import AsyncSeven; AsyncSeven(api_key='x').sms;"
        f"print(*{GROUPS_LOADED})"
    )

    assert ["seven_async.api.sms"] == run(program)


def test_threads_that_come_at_once_get_the_same_group():
    """A group is one object for its client, whoever asks first."""
    program = """
import threading
from seven_async import Seven
seven, groups, barrier = Seven(api_key="x"), [], threading.Barrier(8)
def use():
    barrier.wait()
    groups.append(seven.sms)
threads = [threading.Thread(target=use) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(groups), len(set(map(id, groups))), groups[0] is seven.sms)
seven.close()
"""

    assert ["8", "1", "True"] == run(program)


def test_a_group_is_looked_up_once():
    """After the first use it is an attribute of the client like any other."""
    client = seven_async.AsyncSeven(api_key="x")
    group = client.sms

    assert group is vars(client)["sms"] is client.sms
    assert client.with_options(timeout_s=5).sms is not group
