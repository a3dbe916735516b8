"""Own time and processor time of a decision, against another version of the service, in turn under one client.

    python benchmarks/paired.py --against ../0.3.0            400 pairs on the firm of service.py, 1,000 invoices
    python benchmarks/paired.py --against ../0.3.0 --quick    40 pairs, printed, written nowhere

``--against`` is a checkout of the other version. It runs with ``.venv/bin/python`` of that checkout where there is one,
with this Python otherwise, or with the one that ``--python`` names.

Both versions run as processes, started by their own command line, and read from one local sevdesk, that of this
checkout. Each pair is one decision of both, and which comes first alternates. A pair gives a ratio, this version by the
other, so that a slow moment of the machine meets both sides of it. Processor time is that of the whole process, user
and system, from one decision to the next.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import ROOT, Section, keep, quantile, table
from benchmarks.service import export_large_firm, poster
from demo.stack import READY_WITHIN_SECONDS, free_port

WARM_UP = 20
PAIRS, QUICK_PAIRS = 400, 40
STAGES = ("own", "parse", "derive", "score", "decide", "fetch")
"""As the answer states them, in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A running service and what its decisions took, in milliseconds by measure."""

    post: Callable[[int], dict[str, Any]]
    pid: int
    taken: dict[str, list[float]] = field(default_factory=dict)

    def decide(self, number: int) -> dict[str, Any]:
        """Decide once more, and keep what it took."""
        started = time.perf_counter()
        decision = self.post(number)
        seen = 1e3 * (time.perf_counter() - started)
        timing = decision["timing_ms"]
        for name, value in (("seen", seen), *((stage, timing[stage]) for stage in STAGES)):
            self.taken.setdefault(name, []).append(value)
        return decision

    def processor_ms(self) -> float:
        """Processor time of the process so far, all threads, those that have ended included."""
        clock = (~self.pid << 3) | 2  # Linux's name for the processor clock of another process
        return 1e3 * time.clock_gettime(clock)


@contextmanager
def process(python: Path, tree: Path, arguments: list[str], ready: str, environ: dict[str, str]) -> Iterator[int]:
    """A server of a checkout, from when it is ready to the end of the block; its process id."""
    with tempfile.TemporaryFile() as log:
        started = subprocess.Popen(
            [str(python), "-m", *arguments], cwd=tree, env=environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            deadline = time.monotonic() + READY_WITHIN_SECONDS
            while not _answers(ready):
                if started.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode(errors="replace")[-2000:]
                    raise SystemExit(f"{arguments[0]} in {tree} does not answer {ready}:\n{said}")
                time.sleep(0.05)
            yield started.pid
        finally:
            started.terminate()
            try:
                started.wait(timeout=15)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@contextmanager
def contestant(python: Path, tree: Path, data: Path, sandbox_url: str, token: str) -> Iterator[Contestant]:
    """The service of a checkout, with a separate database and a connected account."""
    port = free_port()
    environ = {
        **os.environ,
        "SCORING_DATA_DIR": str(data),
        "SCORING_SEVDESK_URL": f"{sandbox_url}/api/v1",
        "SCORING_SEVDESK_SANDBOX": "true",
        "SCORING_PORT": str(port),
        "SCORING_PLAIN_HTTP": "true",
    }
    added = [str(python), "-m", "scoring", "keys", "add", "--lender", "bank", "--name", "bench", "--role", "apply"]
    done = subprocess.run(added, cwd=tree, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"no key from scoring in {tree}:\n{done.stderr[-2000:]}")
    url = f"http://127.0.0.1:{port}"
    with process(python, tree, ["scoring", "serve"], f"{url}/health/ready", environ) as pid:
        yield Contestant(post=poster(url, done.stdout.strip().splitlines()[-1], token), pid=pid)


def measure(tree: Path, python: Path, pairs: int) -> dict[str, Any]:
    """Decide in turn and keep what each decision took."""
    with tempfile.TemporaryDirectory() as name:
        folder, port, mine = Path(name), free_port(), Path(sys.executable)
        token = export_large_firm(folder / "books")
        url = f"http://127.0.0.1:{port}"
        serve = ["sandbox", "serve", "--port", str(port), "--books", str(folder / "books")]
        with (
            process(mine, ROOT, serve, f"{url}/sandbox/health", dict(os.environ)),
            contestant(mine, ROOT, folder / "this", url, token) as this_one,
            contestant(python, tree, folder / "other", url, token) as other_one,
        ):
            sides = [this_one, other_one]
            for number in range(WARM_UP):
                answers = [side.decide(number) for side in sides]
            for side in sides:
                side.taken.clear()
            processor = [[side.processor_ms()] for side in sides]
            for number in track(range(WARM_UP, WARM_UP + pairs), description="deciding in turn"):
                for side in sides if number % 2 else reversed(sides):
                    side.decide(number)
                for read, side in zip(processor, sides, strict=True):
                    read.append(side.processor_ms())
    for read, side in zip(processor, sides, strict=True):
        side.taken["processor"] = [after - before for before, after in pairwise(read)]
    this, that = (side.taken for side in sides)
    return {
        "this": this,
        "other": that,
        "versions": [answer["versions"]["service"] for answer in answers],
        "coverage": answers[0]["data"],
        "different": _different(*answers),
    }


def _different(this: dict[str, Any], other: dict[str, Any]) -> str:
    """What to say where both did not do the same work: another model, policy or catalogue, and so other values."""
    mine, theirs = ((of["verdict"], of["score"]["value"], of["pd"]["value"]) for of in (this, other))
    if mine == theirs:
        return ""
    named = [" and ".join(f"{kind} {of['versions'][kind]}" for kind in ("model", "policy")) for of in (this, other)]
    return f"\nThey decide with {named[0]}, and with {named[1]}: the work differs, the ratio is of both as they are."


def section(found: dict[str, Any]) -> str:
    """Median and least of both, and the ratios pair by pair."""
    names = {
        "own": "**own time**, as the decision states it: all but waiting for the source",
        "processor": "**processor time** of the service, all threads",
        **{stage: f"of it, as the decision states it: {stage}" for stage in STAGES[1:-1]},
        "fetch": "waiting for the source, as the decision states it",
        "seen": "the whole request as the client sees it",
    }
    rows = []
    for name, label in names.items():
        this, other = found["this"][name], found["other"][name]
        ratios = [left / right for left, right in zip(this, other, strict=True) if right]
        quartiles = [quantile(ratios, share) for share in (0.25, 0.75)]
        rows.append(
            [
                label,
                f"{statistics.median(this):.2f}",
                f"{statistics.median(other):.2f}",
                f"{min(this):.2f}",
                f"{min(other):.2f}",
                f"{statistics.median(ratios):.3f}",
                f"{quartiles[0]:.3f} to {quartiles[1]:.3f}",
            ]
        )
    header = (
        *("milliseconds", "this, median", "other, median", "this, least", "other, least"),
        *("ratio, median of the pairs", "middle half of the ratios"),
    )
    coverage, (this_version, other_version) = found["coverage"], found["versions"]
    return f"""One firm with {coverage["invoice_count"]:,} invoices and {coverage["transaction_count"]:,} bank lines,
{len(found["this"]["own"]):,} pairs of decisions over HTTP in turn, after {WARM_UP} to warm up: this version
({this_version}) and the other ({other_version}).{found["different"]}

{table(header, rows)}"""


def main() -> int:
    """Measure and print; unless quick, keep the section for the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, help="a checkout of the other version")
    parser.add_argument("--python", type=Path, help="the Python that runs it")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAIRS} pairs; writes nothing")
    given = parser.parse_args()
    tree = given.against.resolve()
    if not (tree / "scoring").is_dir():
        parser.error(f"--against: {tree} has no folder scoring: it is no checkout of the service")
    own = tree / ".venv" / "bin" / "python"
    python = given.python or (own if own.exists() else Path(sys.executable))
    started = time.perf_counter()
    found = measure(tree, python, QUICK_PAIRS if given.quick else PAIRS)
    text = section(found)
    seconds = time.perf_counter() - started
    print(f"\n{text}\n\nTook {seconds:.0f} s.")
    if not given.quick:
        keep(Section(name="paired", title="Against another version", text=text, figures=found), seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
