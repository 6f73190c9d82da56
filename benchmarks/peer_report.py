"""What `peers_bench` tells: a table, promises, a baseline to compare with, a page and its picture.

In: the runs of each client. Out: text, `peers_baseline.json`, the marked part of
docs/performance.md, and docs/images/performance.svg.
"""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BASELINE = HERE / "peers_baseline.json"
DOCUMENT = HERE.parent / "docs" / "performance.md"
PICTURE = HERE.parent / "docs" / "images" / "performance.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PACKAGES = (
    "anyio", "httpcore", "h11", "httptools", "httpx", "httpx2", "aiohttp", "pyreqwest", "uvloop",
    "trio", "requests", "sms77api", "twilio",
)  # fmt: skip
# A ratio is worse than the baseline's beyond this, if its whole spread is.
WORSE = 0.1


class Setting(NamedTuple):
    """Milliseconds until the gateway answers, and how many requests are in flight."""

    delay_ms: int
    in_flight: int


class Run(NamedTuple):
    """What one client did in one round."""

    per_s: float
    cpu_us: float
    p99_ms: float


Rounds = dict[Setting, dict[str, list[Run]]]
Medians = dict[Setting, dict[str, Run]]


class Ratio(NamedTuple):
    """A ratio of two clients: the median of the rounds, the least and the most."""

    median: float
    least: float
    most: float


class Promise(NamedTuple):
    """What a ratio has to be."""

    name: str
    ratio: Ratio | None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the median keeps the bound."""
        if self.ratio is None:
            return True
        if self.at_least is not None:
            return self.ratio.median >= self.at_least
        return self.at_most is None or self.ratio.median <= self.at_most

    @property
    def bound(self) -> str:
        """The bound, for people."""
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


def median_of(runs: Sequence[Run]) -> Run:
    """The median of each number."""
    return Run(*(statistics.median(column) for column in zip(*runs, strict=True)))


def ratio_of(upper: Iterable[float], lower: Iterable[float]) -> Ratio:
    """The ratios of pairs that were measured in the same round."""
    ratios = [above / below for above, below in zip(upper, lower, strict=True) if below]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def find_ratio(runs: Rounds, setting: Setting, field: str, ours: str, other: str) -> Ratio | None:
    """How two clients compare in one number; None unless both were measured."""
    by_name = runs.get(setting, {})
    if ours not in by_name or other not in by_name:
        return None
    return ratio_of(
        (getattr(run, field) for run in by_name[ours]),
        (getattr(run, field) for run in by_name[other]),
    )


def _share_of_delay(runs: Rounds, setting: Setting, name: str) -> Ratio | None:
    """How much of in-flight ÷ delay a client reaches."""
    most = setting.in_flight / setting.delay_ms * 1000
    of_name = runs.get(setting, {}).get(name)
    return (
        None if of_name is None else ratio_of((run.per_s for run in of_name), [most] * len(of_name))
    )


def promises_of(runs: Rounds) -> Iterator[Promise]:
    """All that is promised, as far as it was measured."""
    yield from _promises_by_default(runs)
    bound = Setting(35, 64)
    share = _share_of_delay(runs, bound, "seven, fast")
    yield Promise("fast, 64 at 35 ms: share of what delay allows", share, 0.97)
    yield _beside_bare(runs, "fast, ", "seven, fast")
    late = find_ratio(runs, bound, "p99_ms", "seven, fast", "aiohttp")
    yield Promise("fast, 64 at 35 ms: p99 beside aiohttp", late, at_most=1.1)
    for setting in (Setting(0, 64), Setting(0, 256), Setting(0, 1000), Setting(35, 1000)):
        yield from _promises_of_fast(runs, setting)
    yield from _promises_of_threads(runs)


def _beside_bare(runs: Rounds, prefix: str, name: str) -> Promise:
    """What is lost by the client: stub, loop and machine hold up a bare protocol as well."""
    ratio = find_ratio(runs, Setting(35, 64), "per_s", name, "bare protocol")
    return Promise(f"{prefix}64 at 35 ms: beside a bare protocol", ratio, 0.97)


def _promises_by_default(runs: Rounds) -> Iterator[Promise]:
    bound, more, most = Setting(35, 64), Setting(35, 256), Setting(35, 1000)
    share = _share_of_delay(runs, bound, "seven")
    yield Promise("64 at 35 ms: share of what delay allows", share, 0.94)
    yield _beside_bare(runs, "", "seven")
    cost = find_ratio(runs, bound, "cpu_us", "seven", "httpx")
    yield Promise("64 at 35 ms: CPU beside httpx", cost, at_most=0.25)
    beside = find_ratio(runs, more, "per_s", "seven", "httpx")
    yield Promise("256 at 35 ms: beside httpx", beside, 20)
    at_most, at_more = (runs.get(load, {}).get("seven") for load in (most, more))
    if at_most and at_more:
        ratio = ratio_of((run.per_s for run in at_most), (run.per_s for run in at_more))
        yield Promise("1000 at 35 ms: beside our own 256", ratio, 0.95)


def _promises_of_fast(runs: Rounds, setting: Setting) -> Iterator[Promise]:
    at = f"fast, {setting.in_flight} at {setting.delay_ms} ms:"
    beside = find_ratio(runs, setting, "per_s", "seven, fast", "aiohttp")
    yield Promise(f"{at} beside aiohttp", beside, 1.2)
    cost = find_ratio(runs, setting, "cpu_us", "seven, fast", "aiohttp")
    yield Promise(f"{at} CPU beside aiohttp", cost, at_most=0.8)
    beside = find_ratio(runs, setting, "per_s", "seven, fast", "pyreqwest")
    yield Promise(f"{at} beside pyreqwest", beside, 0.7)
    beside = find_ratio(runs, setting, "per_s", "seven, fast, uvloop", "pyreqwest, uvloop")
    yield Promise(f"{at} beside pyreqwest, both on uvloop", beside, 0.9)
    beside = find_ratio(runs, setting, "per_s", "seven, fast, trio", "seven, trio")
    yield Promise(f"{at} on trio, beside the default there", beside, 2)


def _promises_of_threads(runs: Rounds) -> Iterator[Promise]:
    alone, together = Setting(0, 1), Setting(0, 32)
    time_of_one = find_ratio(runs, alone, "per_s", "httpx.Client", "Seven, fast")
    yield Promise("Seven, fast, 1 thread: time beside httpx.Client", time_of_one, at_most=1.1)
    for ours, bound in (("Seven", 1.3), ("Seven, fast", 3)):
        for other, at_least in (("httpx.Client", bound), ("sms77api", 8)):
            ratio = find_ratio(runs, together, "per_s", ours, other)
            yield Promise(f"{ours}, 32 threads: beside {other}", ratio, at_least)


def print_table(medians: Medians, runs: Rounds) -> None:
    """Print the medians of all clients, with the spread of requests/s."""
    print(
        f"{'delay':>6} {'in flight':>9}  {'client':<22} {'requests/s':>10} {'(spread)':>15} "
        f"{'CPU µs':>7} {'p99 ms':>8}"
    )
    for setting, by_name in medians.items():
        for name, run in by_name.items():
            values = [one.per_s for one in runs[setting][name]]
            spread = f"({min(values):.0f} to {max(values):.0f})"
            print(
                f"{setting.delay_ms:>3} ms {setting.in_flight:>9}  {name:<22} {run.per_s:>10,.0f} "
                f"{spread:>15} {run.cpu_us:>7.0f} {run.p99_ms:>8.2f}"
            )


def verdict(runs: Rounds) -> int:
    """Print which promises hold; returns how many do not."""
    failed = 0
    for promise in promises_of(runs):
        if promise.ratio is None:
            continue
        failed += not promise.holds
        median, least, most = promise.ratio
        print(
            f"{'ok ' if promise.holds else 'NOT'} {promise.name}: {median:.2f} "
            f"({least:.2f} to {most:.2f}; promised {promise.bound})"
        )
    return failed


def _ours(runs: Rounds) -> Iterator[tuple[Setting, str, str]]:
    """Each setting with a client of ours, and the peer that it is compared with."""
    for setting, by_name in runs.items():
        for name in by_name:
            other = {"seven": "aiohttp", "Seven": "httpx.Client"}.get(name.partition(",")[0])
            if other in by_name:
                yield setting, name, str(other)


def to_ratios(runs: Rounds) -> dict[str, list[float]]:
    """What a baseline keeps: our ratios to one peer, with their spread."""
    return {
        f"{name} ÷ {other}: {field}, {setting.in_flight} at {setting.delay_ms} ms": [
            round(number, 4) for number in ratio
        ]
        for setting, name, other in _ours(runs)
        for field in ("per_s", "cpu_us")
        if (ratio := find_ratio(runs, setting, field, name, other)) is not None
    }


def compare(runs: Rounds) -> int:
    """Print what is worse than the baseline, beyond noise; returns how much is."""
    if not BASELINE.exists():
        print(f"no baseline: --write makes {BASELINE.name}")
        return 0
    before: Mapping[str, Sequence[float]] = json.loads(BASELINE.read_text("utf-8"))["ratios"]
    worse = 0
    for name, now in to_ratios(runs).items():
        if name not in before:
            continue
        is_cost = ": cpu_us" in name
        change = now[0] / before[name][0] - 1
        beyond = now[1] > before[name][0] if is_cost else now[2] < before[name][0]
        is_worse = beyond and (change > WORSE if is_cost else change < -WORSE)
        worse += is_worse
        print(f"{'WORSE' if is_worse else 'ok   '} {name}: {before[name][0]:.2f} → {now[0]:.2f}")
    return worse


def _versions() -> dict[str, str]:
    versions = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def write_baseline(medians: Medians, runs: Rounds, conditions: str) -> None:
    """Write what later runs are compared with."""
    baseline = {
        "conditions": conditions,
        "versions": _versions(),
        "medians": [
            {"delay_ms": setting.delay_ms, "in_flight": setting.in_flight, "client": name}
            | {field: round(number, 2) for field, number in run._asdict().items()}
            for setting, by_name in medians.items()
            for name, run in by_name.items()
        ],
        "ratios": to_ratios(runs),
    }
    BASELINE.write_text(json.dumps(baseline, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_documents(medians: Medians, runs: Rounds, conditions: str) -> None:
    """Write the table between the marks of the page, and the picture beside it."""
    text = DOCUMENT.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(
        f"{head}{BEGIN}\n\n{_page(medians, runs, conditions)}\n{END}{tail}", "utf-8"
    )
    PICTURE.write_text(_picture(medians), "utf-8")


def noise_of(runs: Rounds) -> float:
    """By how much the rounds of one client and load differ, in the median of all of them."""
    return statistics.median(
        (max(values) - min(values)) / statistics.median(values)
        for by_name in runs.values()
        for of_name in by_name.values()
        if (values := [run.per_s for run in of_name])
    )


def _page(medians: Medians, runs: Rounds, conditions: str) -> str:
    settings = list(medians)
    names = list(dict.fromkeys(name for by_name in medians.values() for name in by_name))
    lines = [
        conditions[0].upper()
        + conditions[1:]
        + ". Each cell: messages a second, CPU µs of one, p99 in ms.",
        "",
    ]
    for delay_ms in sorted({setting.delay_ms for setting in settings}):
        columns = [setting for setting in settings if setting.delay_ms == delay_ms]
        title = "at once" if not delay_ms else f"after {delay_ms} ms"
        lines.append(
            f"| the gateway answers {title}; in flight | "
            + " | ".join(str(setting.in_flight) for setting in columns)
            + " |"
        )
        lines.append("|---|" + "---|" * len(columns))
        for name in names:
            cells = [_cell(medians[setting].get(name)) for setting in columns]
            if any(cells):
                lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["| promise | bound | median | spread |", "|---|---|---|---|"]
    for promise in promises_of(runs):
        if promise.ratio is not None:
            median, least, most = promise.ratio
            kept = promise.bound if promise.holds else f"{promise.bound} (not met)"
            lines.append(f"| {promise.name} | {kept} | {median:.2f} | {least:.2f} to {most:.2f} |")
    noise = (
        f"Between rounds, a client's messages a second differ by {noise_of(runs):.0%} of their "
        f"median (itself the median of all clients and loads): beyond 20 %, other work ran on the "
        f"machine, and what delay and cores allow was not there to be reached."
    )
    lines += ["", noise]
    versions = ", ".join(f"{name} {number}" for name, number in _versions().items())
    return "\n".join([*lines, "", f"Versions: {versions}.", ""])


def _cell(run: Run | None) -> str:
    if run is None:
        return ""
    text = f"{run.per_s:,.0f} · {run.cpu_us:.0f} · {run.p99_ms:.1f}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")  # in one line also where the page is narrow


PANELS = (Setting(35, 64), Setting(0, 64), Setting(0, 256), Setting(0, 1000))
NOT_DRAWN = ("httpx2", "bare protocol")  # as httpx; and what is no client
ROW, NAME_WIDTH, BAR_WIDTH = 20, 150, 420


def _picture(medians: Medians) -> str:
    """Bars of messages a second, a panel for each of the settings that matter most."""
    parts: list[str] = []
    top = 24
    for setting in PANELS:
        by_name = {
            name: run for name, run in medians.get(setting, {}).items() if name not in NOT_DRAWN
        }
        if not by_name:
            continue
        title = f"{setting.in_flight} in flight, answer after {setting.delay_ms} ms: messages/s"
        parts.append(f'<text x="8" y="{top}" class="title">{title}</text>')
        top += 8
        most = max(run.per_s for run in by_name.values())
        for name, run in sorted(by_name.items(), key=lambda pair: -pair[1].per_s):
            kind = "ours" if name.startswith("seven") else "other"
            width = max(1, round(run.per_s / most * BAR_WIDTH))
            label = f"{run.per_s:,.0f} ({run.cpu_us:.0f} µs of CPU)"
            parts.append(
                f'<text x="{NAME_WIDTH}" y="{top + 14}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{NAME_WIDTH + 8}" y="{top + 2}" width="{width}" height="15" '
                f'class="{kind}"/>'
                f'<text x="{NAME_WIDTH + 14 + width}" y="{top + 14}">{label}</text>'
            )
            top += ROW
        top += 30
    style = (
        "text{font:12px sans-serif;fill:#24292f}.title{font-weight:bold}"
        ".ours{fill:#0b7a75}.other{fill:#b8c0c8}"
    )
    width = NAME_WIDTH + BAR_WIDTH + 190
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" '
        f'viewBox="0 0 {width} {top}"><style>{style}</style>'
        f'<rect width="{width}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
