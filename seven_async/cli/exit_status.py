"""How a command ends. 0 is done."""

from typing import Final

EXIT_FAILED: Final = 1
"""Something was not sent, or the output could not be written."""

EXIT_USAGE: Final = 2
"""The command or its settings were wrong; nothing was sent."""
