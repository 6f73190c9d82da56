"""The command `seven`: sends, credit, campaigns and the sandbox from a terminal.

Needs the extra `cli` (`pip install 'seven-async[cli]'`). Exit status: 0 all done, 1 some recipients
were not served or the output could not be written (a run goes on to its end all the same), 2 wrong
usage, 3 the outcome is unknown, 4 nothing was sent, 130 interrupted.
"""

import sys
from typing import NoReturn

from seven_async.cli.exit_status import EXIT_USAGE


def main() -> NoReturn:
    """Run the command line; the entry point of the `seven` script."""
    try:
        from seven_async.cli.app import run  # noqa: PLC0415 - the extra may not be installed
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("seven_async"):
            raise
        sys.stderr.write(
            f"seven: the command line needs {error.name}; "
            f"install it with: pip install 'seven-async[cli]'\n"
        )
        raise SystemExit(EXIT_USAGE) from None
    run()
