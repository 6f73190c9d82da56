"""Files with numbers: whole or not at all, for their owner only, over no journal or input."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from seven_async import InvalidRequestError
from seven_async.campaign import Suppression
from seven_async.private_file import replace_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and devices of POSIX")


def written(path: Path, *inputs: Path) -> str:
    """Write a file; what it holds then."""
    with replace_file(path, inputs) as temporary:
        temporary.write_text("new")
    return path.read_text()


def database(path: Path) -> Path:
    """A small database in WAL mode, whose log is not empty."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE message (key)")
    return path


@posix
def test_old_file_that_others_could_read(tmp_path):
    """What is written is for its owner only, whatever mode the old file had."""
    path = tmp_path / "missed.csv"
    path.write_text("old")
    path.chmod(0o644)

    assert "new" == written(path)
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


def break_off(path: Path) -> None:
    """Fail in the middle of writing."""
    with replace_file(path) as temporary:
        temporary.write_text("ne")
        raise LookupError


def test_writing_that_fails_leaves_the_old_file(tmp_path):
    """A file is replaced when all of the new one is on the disk, not before."""
    path = tmp_path / "missed.csv"
    path.write_text("old")
    with pytest.raises(LookupError):
        break_off(path)

    assert "old" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


@posix
def test_link_stays_a_link(tmp_path):
    """What a link leads to is replaced, not the link."""
    link = tmp_path / "link.csv"
    link.symlink_to("there.csv")

    assert "new" == written(link)
    assert link.is_symlink()
    assert "new" == (tmp_path / "there.csv").read_text()


@posix
def test_device_is_written_to(tmp_path):
    """There is nothing to replace: `--to /dev/stdout` works."""
    with replace_file(Path("/dev/null")) as file:
        file.write_text("new")

    assert Path("/dev/null").is_char_device()


def test_folder_that_is_not_there(tmp_path):
    """The error names the folder, and no temporary file."""
    with (
        pytest.raises(FileNotFoundError, match="nowhere"),
        replace_file(tmp_path / "nowhere" / "x"),
    ):
        pass


@pytest.mark.parametrize("name", ["j.db", "link.db", "j.db-wal"])
def test_database_is_not_replaced(tmp_path, name):
    """A journal stays, under whatever name, and so does what belongs to it."""
    path = database(tmp_path / "j.db")
    (tmp_path / "link.db").symlink_to(path)
    before = path.read_bytes()
    with pytest.raises(InvalidRequestError, match="is a database"):
        written(tmp_path / name)

    assert before == path.read_bytes()


@pytest.mark.parametrize("name", ["people.csv", "link.csv", "./people.csv"])
def test_input_is_not_replaced(tmp_path, name):
    """The file that is read stays, under whatever name."""
    path = tmp_path / "people.csv"
    path.write_text("to\n+491711234567\n")
    (tmp_path / "link.csv").symlink_to(path)
    with pytest.raises(InvalidRequestError, match="would be overwritten"):
        written(tmp_path / name, path)

    assert "+491711234567" in path.read_text()


STILL_LOCKED = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], timeout=0).execute("BEGIN IMMEDIATE")
"""


def test_looking_at_a_database_keeps_its_locks(tmp_path):
    """A file that is closed by its process loses the locks of SQLite, unless SQLite closes it."""
    path = database(tmp_path / "j.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(InvalidRequestError):
            written(path)
        command = [sys.executable, "-c", STILL_LOCKED, str(path)]
        other = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert "database is locked" in other.stderr


@pytest.mark.parametrize(
    "before",
    [b"", b"+491711111111", b"+491711111111\r\n", "to\n+491711111111\n".encode("utf-16"), b"to\n"],
    ids=["empty", "no newline", "CRLF", "UTF-16", "header"],
)
def test_list_gets_a_line(tmp_path, before):
    """A number that is added is on the list afterwards, and the others still are."""
    path = tmp_path / "stop.txt"
    path.write_bytes(before)
    path.chmod(0o644)

    assert 1 == Suppression.add_to_file(path, ["+491712222222", "00491712222222"])
    listed = Suppression.read(path)
    assert "+491712222222" in listed
    assert "+491711111111" in listed or b"4" not in before
    assert 0o600 == path.stat().st_mode & 0o777 or os.name == "nt"


def test_table_in_which_a_number_would_be_lost(tmp_path):
    """A line that nobody would find is not written: the opt-out is refused aloud."""
    path = tmp_path / "stop.csv"
    path.write_text("name,phone\nAnna,+491711111111\n")
    with pytest.raises(InvalidRequestError, match=r"stop\.csv"):
        Suppression.add_to_file(path, ["+491712222222"])

    assert "name,phone\nAnna,+491711111111\n" == path.read_text()


def test_numbers_are_not_added_to_a_journal(tmp_path):
    """A journal is no list."""
    path = database(tmp_path / "j.db")
    with pytest.raises(InvalidRequestError, match="is a database"):
        Suppression.add_to_file(path, ["+491712222222"])


@posix
def test_numbers_added_at_the_same_time(tmp_path):
    """Nobody's opt-out is lost to another one's."""
    path = tmp_path / "stop.txt"
    numbers = [f"+4917122222{place:02d}" for place in range(40)]
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda number: Suppression.add_to_file(path, [number]), numbers))

    assert [1] * 40 == added
    assert sorted(numbers) == sorted(path.read_text().split())
