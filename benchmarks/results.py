"""What the benchmarks share: the command line, interleaved runs, percentiles, results as data, and the one page.

Each benchmark writes its figures and its section to ``build/bench/NAME.json``; the page is put together from these
files, and of what was not measured here, from the sections that the page has.
"""

import argparse
import gc
import json
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from rich.progress import track

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "bench"
PAGE = ROOT / "benchmarks" / "RESULTS.md"
SECTIONS = (
    "service",
    "paired",
    "stages",
    "fetch",
    "lists",
    "served",
    "predict",
    "derive",
    "catalogue",
    "simulations",
    "throughput",
    "load",
    "kills",
)
"""In the order of the page; what was measured by hand follows, as it stands there."""
PACKAGES = ("litestar", "polars", "msgspec", "aiohttp", "httpx", "sqlalchemy", "uvicorn", "asyncpg", "numpy")
HEAD = """Written by `make bench`; [README.md](README.md) says what each benchmark does. Each can be run again alone, by
its command. Service, local sevdesk and peers share the machine; times are wall times, and what is compared ran in
turn."""
_MEASURED_BY = re.compile(r"`python benchmarks/(\w+)\.py[^`]*`(.*)")
PEERS = ("pandas", "scikit-learn", "shap", "sevdesk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one benchmark found."""

    name: str
    """The script's, one of ``SECTIONS``, and that of its file in ``build/bench``."""
    title: str
    text: str
    """Markdown below the title: what was compared, tables, what the peer leaves out."""
    figures: dict[str, Any]
    """Every number behind the text, as JSON."""


def run(description: str | None, measure: Callable[[bool], Section]) -> int:
    """The command line of one benchmark: measure, print the section; unless quick, keep it and write the page.

    Args:
        description: The script's docstring, for ``--help``.
        measure: Takes whether the run is a quick one.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few repetitions on small books; writes nothing")
    is_quick = parser.parse_args().quick
    started = time.perf_counter()
    section = measure(is_quick)
    seconds = time.perf_counter() - started
    print(f"\n{section.text}\nTook {seconds:.0f} s.")
    if is_quick:
        return 0
    keep(section, seconds)
    return 0


def keep(section: Section, seconds: float) -> None:
    """Keep what was measured, and write the page anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = {
        "title": section.title,
        "text": section.text,
        "figures": section.figures,
        "measured_on": str(datetime.now(tz=UTC).date()),
        "seconds": round(seconds),
        "machine": machine(),
        "versions": versions(),
    }
    (FOLDER / f"{section.name}.json").write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(page(FOLDER, PAGE.read_text() if PAGE.exists() else ""))


def page(folder: Path, earlier: str = "") -> str:
    """The results page, from the files of all benchmarks that were run here.

    Args:
        folder: Where the files are.
        earlier: The page so far: its sections stay where there is no file.
    """
    files = {name: folder / f"{name}.json" for name in SECTIONS}
    found = {name: json.loads(path.read_text()) for name, path in files.items() if path.exists()}
    newest = max(found.values(), key=lambda section: section["measured_on"])
    measured = f"{newest['machine']}, {newest['versions']}."
    above, *kept = earlier.split("\n## ")
    with_what, *remarks = above.strip().split("\n\n")[2:] or [measured]
    sections = {}
    for text in kept:
        by = _MEASURED_BY.search(text)
        if by is not None:
            if with_what != measured and "Measured with" not in by[2]:
                text = text.replace(by[0], f"{by[0]} Measured with {with_what}", 1)  # noqa: PLW2901  one line of it
            sections[by[1]] = text.strip()
    for name, section in found.items():
        line = f"`python benchmarks/{name}.py`, {section['measured_on']}, {section['seconds']} s."
        if section["machine"] != newest["machine"] or section["versions"] != newest["versions"]:
            line += f" Measured with {section['machine']}, {section['versions']}."
        sections[name] = "\n\n".join([section["title"], line, section["text"].strip()])
    ordered = [*(name for name in SECTIONS if name in sections), *(name for name in sections if name not in SECTIONS)]
    parts = ["# Measured", HEAD, measured, *remarks, *(f"## {sections[name]}" for name in ordered)]
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """Processors, memory and Python."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    processor = names[0].split(":", 1)[1].strip() if names else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} processors ({processor}), {memory:.0f} GiB, Python {platform.python_version()}"


def versions() -> str:
    """Of the libraries measured, ours and those of the peers, as far as they are installed."""
    installed = {found.name.lower() for found in distributions()}
    return ", ".join(f"{name} {version(name)}" for name in (*PACKAGES, *PEERS) if name in installed)


def interleaved(
    runs: Mapping[str, Callable[[], Mapping[str, float]]], repetitions: int, doing: str, *, warm: bool = True
) -> dict[str, dict[str, list[float]]]:
    """Run the contestants in turn, so that a slow moment of the machine meets all of them.

    Args:
        runs: Contestant to one run, which returns milliseconds by stage.
        repetitions: Runs of each.
        doing: For the progress bar.
        warm: Whether each runs once before, uncounted.

    Returns:
        Contestant to stage to the milliseconds of its runs.
    """
    for once in runs.values() if warm else ():
        once()
    gc.collect()
    gc.freeze()  # what was set up is not looked at again, whoever runs
    found: dict[str, dict[str, list[float]]] = {name: {} for name in runs}
    for _ in track(range(repetitions), description=doing):
        for name, once in runs.items():
            for stage, milliseconds in once().items():
                found[name].setdefault(stage, []).append(milliseconds)
    gc.unfreeze()
    return found


class Stopwatch:
    """Milliseconds by stage: each lap ends a stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.laps[stage] = 1e3 * (now - self._last)
        self._last = now


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Smallest, median and the upper percentiles."""
    return {
        "min": min(values),
        "p50": statistics.median(values),
        "p95": quantile(values, 0.95),
        "p99": quantile(values, 0.99),
    }


def number(value: float) -> str:
    """Three significant digits or whole: what a reader can compare."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)
