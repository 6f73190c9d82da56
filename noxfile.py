"""Everything that can be asked of the tree, one session a question. Plain `nox` asks what CI asks.

`nox -l` lists the sessions, `nox -s tests -- -k retry` hands arguments on,
`nox -s tests -P 3.13` takes another interpreter, which is on PATH or given as a path.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")
OPTIONAL = PROJECT["project"]["optional-dependencies"]
EXTRAS = f".[{','.join(OPTIONAL)}]"

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "check", "wheel"]
# `-P 3.13` on a machine without it is no success.
nox.options.error_on_missing_interpreters = True
# Elsewhere than .nox for whoever wants environments that no earlier run has touched (.ci/run does).
nox.options.envdir = os.environ.get("NOX_ENVDIR", ".nox")


# Many tests wait for processes and sockets: one worker more than there are cores keeps them busy.
# More would slow each other down where the cores have other work, too.
WORKERS = str(min(8, (os.cpu_count() or 1) + 1))


def group(name: str) -> tuple[str, ...]:
    """The requirements of one dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def lowest(requirements: list[str]) -> list[str]:
    """`httpx>=0.28,<1` as `httpx==0.28`; a requirement without a lower bound is an error."""
    bounds = [re.match(r"([\w.-]+)(?:\[\w+\])?>=([\w.]+)", each) for each in requirements]
    return [f"{bound[1]}=={bound[2]}" for bound in bounds]


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, its formatting, and the numbers of the tree."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "-m", "tests.structure.measure")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy and pyright, both strict, over package and tests/typing; all public types are known."""
    session.install("-e", EXTRAS, *group("types"), *group("tests"))
    run_type_checkers(session)


def run_type_checkers(session: nox.Session) -> None:
    """Run what the session `types` is for."""
    session.run("mypy")
    session.run("pyright")
    # What other checkers may infer differently is an error. In a folder without our own options.
    with session.chdir(session.create_tmp()):
        session.run("pyright", "--verifytypes", "seven_async", "--ignoreexternal", silent=True)


def install_chromium(session: nox.Session) -> None:
    """Install Debian's Chromium where CI runs as root; elsewhere its tests say why they skip."""
    is_debian_root = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    if not os.environ.get("CI") or not is_debian_root or shutil.which("chromium"):
        return
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        # 100: no mirror can be reached.
        session.run("apt-get", "-qq", *command, external=True, silent=True, success_codes=[0, 100])


@nox.session
def tests(session: nox.Session) -> None:
    """Every test that CI runs, with short seeds; `-- -n 0` runs them in one process."""
    install_chromium(session)
    session.install("-e", EXTRAS, *group("tests"))
    run_tests(session)


def run_tests(session: nox.Session) -> None:
    """Run what the session `tests` is for; a worker that is done takes tests over from others."""
    session.run("pytest", "-n", WORKERS, "--dist", "worksteal", *session.posargs)


@nox.session
def check(session: nox.Session) -> None:
    """What `types`, `docs` and `tests` do, in one environment: making it takes a minute."""
    install_chromium(session)
    session.install("-e", EXTRAS, *group("types"), *group("docs"), *group("tests"))
    with ExitStack() as steps:  # the last one first; each runs, whatever the others have found
        for step in (run_tests, build_docs, run_type_checkers):
            steps.callback(step, session)


@nox.session
def soak(session: nox.Session) -> None:
    """The tests marked `soak`, and every property with many fresh examples."""
    session.install("-e", EXTRAS, *group("tests"))
    session.run("pytest", "-m", "soak or hypothesis", "--hypothesis-profile=soak", *session.posargs)


@nox.session(name="min")
def minimum(session: nox.Session) -> None:
    """The tests on the lowest version of every direct dependency."""
    direct = [*PROJECT["project"]["dependencies"], *chain.from_iterable(OPTIONAL.values())]
    constraints = Path(session.create_tmp()) / "constraints.txt"
    constraints.write_text("\n".join(lowest(direct)))
    session.install("-e", EXTRAS, *group("tests"), "--constraint", str(constraints))
    session.run("pytest", "-n", WORKERS, *session.posargs)


def build_wheel(session: nox.Session) -> Path:
    """Build the wheel in the session's own folder."""
    folder = Path(session.create_tmp()).resolve()
    for old in folder.glob("*.whl"):
        old.unlink()
    session.run("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), ".")
    (built,) = folder.glob("*.whl")
    return built


@nox.session
def wheel(session: nox.Session) -> None:
    """The built wheel alone: runtime dependencies only, the source out of reach.

    Then a user's program is checked against it, by mypy and by pyright.
    """
    built = build_wheel(session)
    folder = built.parent
    session.install(str(built))
    check = Path("tests/structure/check_wheel.py").resolve()
    shutil.copy("tests/typing/project.py", folder)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    with session.chdir(folder):
        session.run("python", "-I", str(check), str(built))
        session.install(*group("types"))
        session.run("mypy", "--strict", "project.py")
        session.run("pyright", "project.py")


@nox.session
def examples(session: nox.Session) -> None:
    """Each example by its one command, in an environment with what its head names and the wheel.

    `-- send_async` starts one. Its environments take some minutes to make.
    """
    install_chromium(session)
    built = build_wheel(session)
    session.install("pytest")  # what tests.examples imports
    session.run("python", "-m", "tests.examples.alone", str(built), *session.posargs)


@nox.session
def sdist(session: nox.Session) -> None:
    """The source distribution: it has the tests, and passes them; `-- -k retry` picks some."""
    folder = Path(session.create_tmp()).resolve()
    for old in folder.glob("seven_async-*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    session.install("hatchling>=1.27")
    session.run("python", "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder))
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    (source,) = folder.glob("seven_async-*/")
    with session.chdir(source):
        session.install("-e", EXTRAS, *group("tests"))
        session.run("pytest", "-n", WORKERS, *session.posargs)


@nox.session
def cover(session: nox.Session) -> None:
    """The branches that the tests reach, the tests' own included."""
    session.install("-e", EXTRAS, *group("tests"), *group("cover"))
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "report")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation; a warning is an error."""
    session.install("-e", EXTRAS, *group("docs"))
    build_docs(session)


def build_docs(session: nox.Session) -> None:
    """Run what the session `docs` is for."""
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-E", "docs", "build/docs")


@nox.session
def screenshots(session: nox.Session) -> None:
    """Pictures of the sandbox's page, wide and narrow, light and dark; `-- FOLDER` says where."""
    install_chromium(session)
    session.install("-e", EXTRAS, *group("tests"))
    folder = session.posargs[0] if session.posargs else "build/screenshots"
    session.run("python", "-m", "tests.sandbox.screenshots", folder)
    session.log(f"the pictures are in {folder}")


@nox.session
def pictures(session: nox.Session) -> None:
    """Make the pictures in docs/images anew, from real runs on the sandbox."""
    install_chromium(session)
    session.install("-e", EXTRAS, *group("tests"), *group("pictures"))
    session.run("python", "docs/pictures.py", env={"PYTHONPATH": "."})


@nox.session
def bench(session: nox.Session) -> None:
    """Every benchmarks/*_bench.py, on loopback; `-- peers_bench --short` runs one, with options."""
    session.install("-e", EXTRAS, *group("bench"))
    options = [word for word in session.posargs if word.startswith("-")]
    wanted = [word for word in session.posargs if word not in options] or ["*_bench"]
    for script in sorted(path for name in wanted for path in Path("benchmarks").glob(f"{name}.py")):
        session.log(f"running {script}")
        session.run("python", str(script), *options)
