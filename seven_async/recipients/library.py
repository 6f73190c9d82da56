"""Whether the package phonenumbers is there: the extra `phone`. No I/O but the import."""

from __future__ import annotations

from importlib import import_module


def has_phonenumbers() -> bool:
    """Tell whether national numbers can be read. The first call imports the package: 20 ms."""
    try:
        import_module("phonenumbers")
    except ModuleNotFoundError:
        return False
    return True
