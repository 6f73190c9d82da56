"""The page at `/`, from the files of the package; what it shows comes from `/_sandbox/…`.

In: a path. Out: the file, with headers that let it load nothing from elsewhere. I/O: reads files.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from seven_async.sandbox.core.wire import Answer, page_not_found
from seven_async.sandbox.server.control import PAGE, PREFIX

FILES: Final = f"{PREFIX}/page/"
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)


def is_page(path: str) -> bool:
    """Return True if a path is one of the page or of a file of it."""
    return path == PAGE or path.startswith(FILES)


def answer(method: str, path: str) -> Answer:
    """Answer with a file of the page."""
    name = "index.html" if path == PAGE else path.removeprefix(FILES)
    content = _read_files().get(name) if method in ("GET", "HEAD") else None
    if content is None:
        return page_not_found()
    return Answer(200, TYPES[name.rpartition(".")[2]], content, HEADERS)


@cache
def _read_files() -> dict[str, bytes]:
    """Read all files at once: a name of a request never becomes a path."""
    folder = files("seven_async.sandbox").joinpath("page")
    known = (file for file in folder.iterdir() if file.name.rpartition(".")[2] in TYPES)
    return {file.name: file.read_bytes() for file in known}
