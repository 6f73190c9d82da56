"""The operations, a file a product, named after the first segment of the path."""

from __future__ import annotations

import importlib
from typing import Final

NAMES: Final = (
    "analytics", "balance", "contacts", "groups", "hooks", "journal", "lookup", "numbers",
    "pricing", "rcs", "sms", "status", "subaccounts", "validate_for_voice", "voice", "waba",
)  # fmt: skip


def register_operations() -> None:
    """Import every product, which registers its operations."""
    for name in NAMES:
        importlib.import_module(f"{__name__}.{name}")
