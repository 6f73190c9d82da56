"""`python -m seven_async` is the command `seven`."""

import signal

from seven_async.cli import main


def run() -> None:
    """Run the command, and end the process without heed to a Ctrl-C that comes too late."""
    try:
        main()
    finally:
        # The interpreter would show a traceback of its own ending.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    run()
