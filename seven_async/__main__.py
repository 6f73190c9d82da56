"""`python -m seven_async` is the command `seven`."""

from seven_async.cli import main

main()
