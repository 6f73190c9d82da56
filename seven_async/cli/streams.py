"""Standard output and error that never end a run: whatever cannot be shown or written is left out.

In: text. Out: bytes on the two streams. I/O: writes to them.
"""

from __future__ import annotations

import codecs
import io
import select
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import BinaryIO, Final, TextIO, cast

# What commands and help print beyond ASCII, for terminals and pipes that cannot encode it.
_LOOK_ALIKES: Final = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―─━═╌", "-"),
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┼", "+"),
        **dict.fromkeys("│┃", "|"),
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("“”„", '"'),
        "…": "...",
        "→": "->",
        "×": "x",
        "•": "*",
        "\u00a0": " ",
    }
)
_ERRORS: Final = "seven.look-alikes"


def _look_alikes(error: UnicodeError) -> tuple[str, int]:
    """Return what a terminal of a few characters shows instead: a look-alike or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_LOOK_ALIKES)
    return text.encode("ascii", "replace").decode(), error.end


codecs.register_error(_ERRORS, _look_alikes)


class Unbreakable(io.RawIOBase):
    """A stream whose writes never fail; the first error is told once, and what follows dropped."""

    def __init__(self, target: BinaryIO, tell: Callable[[OSError], None]) -> None:
        super().__init__()
        self._target = target
        self._tell = tell
        self.is_broken: bool = False

    def writable(self) -> bool:
        """Return True: a broken one takes everything, too."""
        return True

    def isatty(self) -> bool:
        """Tell whether a terminal shows it."""
        return self._target.isatty()

    def fileno(self) -> int:
        """Return the file descriptor; raises OSError if there is none."""
        return self._target.fileno()

    def write(self, data: object) -> int:
        """Write bytes, or drop them once the stream is broken."""
        view = memoryview(cast("bytes", data))
        if self.is_broken:
            return len(view)
        try:
            return self._write(view)
        except OSError as error:
            self.is_broken = True
            self._tell(error)
            return len(view)

    def _write(self, view: memoryview) -> int:
        # None: the terminal is non-blocking (another program may have made it so) and full.
        while (count := cast("int | None", self._target.write(view))) is None:
            select.select([], [self._target.fileno()], [])
        return count


class Streams:
    """The two streams of a command while it runs."""

    def __init__(self) -> None:
        self.is_output_lost = False


@contextmanager
def guard_streams(complain: Callable[[str], None]) -> Generator[Streams]:
    """Replace both streams by ones that never fail; `complain` says when output is lost."""
    streams = Streams()

    def tell(error: OSError) -> None:
        streams.is_output_lost = True
        complain(f"standard output cannot be written to ({error.strerror}); the rest is not shown")

    before = sys.stdout, sys.stderr
    try:
        sys.stderr = _guard(sys.stderr, lambda _: None)
        sys.stdout = _guard(sys.stdout, tell)
        yield streams
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = before


def _guard(stream: TextIO | None, tell: Callable[[OSError], None]) -> TextIO:
    """Return a stream around the bytes of another one, without its buffer."""
    if stream is None:  # a program without a console (pythonw), or one whose stream is closed
        return io.TextIOWrapper(io.BytesIO())
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        return stream
    stream.flush()
    # Without the buffer: what a broken one still holds would fail again at exit.
    raw = Unbreakable(getattr(buffer, "raw", buffer), tell)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=_ERRORS,
        line_buffering=True,
    )
