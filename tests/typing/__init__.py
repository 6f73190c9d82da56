"""What type checkers must see: read by mypy and pyright (`nox -s types`), never run.

Right calls state their result with `assert_type`. A wrong call stands with an ignore that names the
finding; the day a checker accepts the call, the ignore itself is the error.
"""
