"""The public names: they exist, and each has one home."""

from __future__ import annotations

import importlib
from collections import Counter
from itertools import chain

import pytest

from tests.structure.public_api import PUBLIC


def names(module: str) -> list[str]:
    """What a public module exports."""
    return importlib.import_module(f"seven_async{module}").__all__


@pytest.mark.parametrize("module", PUBLIC)
def test_exported_names_exist(module: str):
    """Whatever `__all__` promises can be imported."""
    found = importlib.import_module(f"seven_async{module}")

    assert [] == [name for name in names(module) if not hasattr(found, name)]


@pytest.mark.parametrize("module", PUBLIC)
def test_exported_names_are_sorted(module: str):
    """A reader finds a name where the alphabet puts it, and finds it once."""
    assert sorted(set(names(module))) == sorted(names(module))


def test_every_name_has_one_home():
    """No name is exported by two public modules."""
    homes = Counter(chain.from_iterable(map(names, PUBLIC)))

    assert [] == [name for name, count in homes.items() if count > 1]
