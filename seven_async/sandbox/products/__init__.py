"""The operations, a file a product, named after the first segment of the path."""

from __future__ import annotations

import importlib
import pkgutil


def register_operations() -> None:
    """Import every file of this folder, which registers its operations."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
