"""What must be true of the built wheel where only it and its runtime dependencies are installed.

In: the path of the wheel. Out: its sizes on standard output, and an exit status of 1 with the
reason where something is missing. I/O: imports the installed package.
Run by `nox -s wheel` from a folder and in a mode where the source cannot be imported.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from collections import Counter
from importlib.metadata import requires
from pathlib import Path
from pkgutil import walk_packages

import seven_async

NEEDS_MORE = {
    "seven_async.recipients.national": {"phonenumbers"},
    "seven_async.recipients.zones": {"phonenumbers"},
    "seven_async.campaign.journal.postgres": {"procrastinate", "psycopg"},
    "seven_async.campaign.inputs.opt_out_tables": {"psycopg"},
    "seven_async.campaign.workers": {"procrastinate", "psycopg"},
    "seven_async.cli": {"platformdirs", "rich", "typer"},
    "seven_async.flow.network.fast_lane": {"httptools"},
    "seven_async.flow.network.reply_parser": {"httptools"},
    "seven_async.mcp": {"mcp", "mcp_types"},
    "seven_async.otel": {"opentelemetry"},
    "seven_async.pytest_plugin": {"pytest"},
}
"""Modules, and packages with modules, that do not load here, and for want of what."""

CORE = {"anyio", "attrs", "cattrs", "h11", "httpcore", "httpx", "tzdata"}
MAX_WHEEL_BYTES = 1_000_000  # own code only: an SDK is no reason for a slow image


def missing(module: str) -> str:
    """The package for want of which a module does not load; empty if it loads."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        return (error.name or "").partition(".")[0]
    return ""


def unloadable() -> list[str]:
    """Modules that must load without extras and do not."""
    names = [module.name for module in walk_packages(seven_async.__path__, "seven_async.")]
    wanted = {name: missing(name) for name in names if not name.endswith("__main__")}
    return [
        f"{name} does not load without {package}"
        for name, package in wanted.items()
        if package and not may_need(name, package)
    ]


def may_need(module: str, package: str) -> bool:
    """Whether a module, or a package that it is in, is known to need a package."""
    return any(
        package in more and f"{module}.".startswith(f"{part}.") for part, more in NEEDS_MORE.items()
    )


def unexplained_command() -> list[str]:
    """What the command says where its extra is missing: which one, in one line."""
    command = [sys.executable, "-I", "-m", "seven_async"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    is_explained = ended.returncode == 2 and "seven-async[cli]" in ended.stderr
    lines = len(ended.stderr.splitlines())
    return [] if is_explained and lines == 1 else [f"the command does not explain: {ended.stderr}"]


def unexpected_requirements() -> list[str]:
    """What the wheel asks for beyond the five packages it stands on."""
    core = {line for line in requires("seven-async") or () if "extra ==" not in line}
    named = {line.partition(">")[0].partition("<")[0] for line in core}
    return [f"the wheel requires {name}" for name in named ^ CORE]


def files(wheel: Path) -> list[str]:
    """What is missing from the wheel or has no place in it."""
    with zipfile.ZipFile(wheel) as archive:
        entries = {info.filename: info.file_size for info in archive.infolist()}
    print(f"wheel {wheel.stat().st_size:,} bytes, unpacked {sum(entries.values()):,} bytes")
    print(*weights(wheel), sep="\n")
    stray = [name for name in entries if not name.startswith(("seven_async/", "seven_async-"))]
    faults = [f"{name} has no place in the wheel" for name in stray]
    if "seven_async/py.typed" not in entries:
        faults.append("py.typed is not in the wheel: type checkers would ignore every hint")
    page = [name for name in entries if name.startswith("seven_async/sandbox/page/")]
    if not {"html", "css", "js", "svg"} <= {name.rpartition(".")[2] for name in page}:
        faults.append("the sandbox's page is not in the wheel")
    if wheel.stat().st_size > MAX_WHEEL_BYTES:
        faults.append(f"the wheel passes {MAX_WHEEL_BYTES:,} bytes")
    return faults


def weights(wheel: Path) -> list[str]:
    """Return what each part of the package weighs in the wheel, the heaviest first."""
    parts: Counter[str] = Counter()
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            part = "/".join(entry.filename.split("/")[:2])
            # Each name is there twice, in its own header and in the directory, with 76 bytes.
            parts[part] += entry.compress_size + 2 * len(entry.filename) + 76
    return [f"{size:>9,} {part}" for part, size in parts.most_common(12)]


def foreign() -> list[str]:
    """Whether the package under test is another one than the installed one."""
    place = Path(seven_async.__file__)
    return [] if "site-packages" in place.parts else [f"{place} is not the installed package"]


def main(wheel: Path) -> int:
    """Prints every fault of the wheel."""
    faults = [*foreign(), *files(wheel), *unexpected_requirements()]
    faults += [*unloadable(), *unexplained_command()]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
