"""Own time of one decision, time to ready and resident memory, of the running service as a process.

    python benchmarks/service.py            1,000 decisions on a firm with 1,000 invoices and 3,000 bank lines
    python benchmarks/service.py --quick    100 decisions

The firm is one of the sandbox's, its documents repeated under new numbers until the counts are reached. Own time is
what the service reports of itself (everything but waiting for sevdesk); processor time per decision, read from the
operating system, stands beside it as a check that nothing hides. Writes benchmarks/RESULTS.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from demo.stack import Stack, running

FIRM = "healthy-agency"
INVOICES = 1_000
TRANSACTIONS = 3_000
LOG_ENTRIES = 1_700
"""About one for each of the invoices and of the firm's 700 vouchers."""
RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("litestar", "polars", "msgspec", "httpx", "sqlalchemy", "uvicorn")


def export_large_firm(folder: Path) -> str:
    """Export a firm of the sandbox and repeat its documents until the counts are reached; its token."""
    subprocess.run([sys.executable, "-m", "sandbox", "export", FIRM, str(folder)], check=True, capture_output=True)
    (firm,) = (path for path in folder.rglob("firm.json"))
    directory = firm.parent
    wanted = {"Invoice": INVOICES, "CheckAccountTransaction": TRANSACTIONS, "CheckAccountTransactionLog": LOG_ENTRIES}
    for resource, count in wanted.items():
        path = directory / f"{resource}.json"
        objects = json.loads(path.read_text())["objects"]
        path.write_text(json.dumps({"objects": repeat(objects, count)}))
    token: str = json.loads(firm.read_text())["token"]
    return token


def repeat(objects: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """``count`` objects: the given ones, then copies under new numbers that refer to one another's copies."""
    copies: list[dict[str, Any]] = []
    generation = 0
    while len(copies) < count:
        copies += [renumber(item, generation * 1_000_000_000) for item in objects]
        generation += 1
    return copies[:count]


def renumber(item: dict[str, Any], offset: int) -> dict[str, Any]:
    """The object with its own number and its references to documents and bank lines moved by ``offset``."""
    moved = {"object", "origin", "checkAccountTransaction", "sourceTransaction", "targetTransaction"}
    copy = {**item, "id": str(int(item["id"]) + offset)}
    for key in moved & item.keys():
        if item[key] is not None:
            copy[key] = {**item[key], "id": str(int(item[key]["id"]) + offset)}
    return copy


def resident_mb(pid: int) -> float:
    """Resident memory of a process, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no VmRSS in the status of process {pid}")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def poster(stack: Stack, token: str) -> Callable[[int], dict[str, Any]]:
    """A function that posts the n-th application and returns the decision."""
    client = httpx.Client(base_url=stack.service_url, headers={"Authorization": f"Bearer {stack.api_key}"}, timeout=60)
    connection = client.post("/v1/connections", json={"borrower_ref": "large", "sevdesk_token": token})
    connection.raise_for_status()
    identifier = connection.json()["connection_id"]

    def post(number: int) -> dict[str, Any]:
        answer = client.post(
            "/v1/decisions",
            headers={"Idempotency-Key": f"bench-{number}"},
            json={
                "borrower_ref": "large",
                "legal_form": "gmbh",
                "product": "working_capital",
                "amount": {"value": "25000.00", "currency": "EUR"},
                "term_months": 12,
                "purpose": "benchmark",
                "language": "de",
                "connection_id": identifier,
            },
        )
        answer.raise_for_status()
        decision: dict[str, Any] = answer.json()
        return decision

    return post


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(decisions: int) -> dict[str, Any]:
    """Start the stack, decide ``decisions`` times one after another, and read times and memory."""
    with tempfile.TemporaryDirectory() as folder:
        token = export_large_firm(Path(folder) / "books")
        ready = []
        for attempt in range(5):
            with running(Path(folder) / f"ready-{attempt}", books=Path(folder) / "books") as stack:
                ready.append(stack.service_ready_seconds)
        with running(Path(folder) / "data", books=Path(folder) / "books") as stack:
            idle = resident_mb(stack.service.pid)
            post = poster(stack, token)
            warm = [post(number) for number in range(20)]
            memory = [resident_mb(stack.service.pid)]
            cpu = cpu_seconds(stack.service.pid)
            timings = []
            for number in track(range(20, 20 + decisions), description="deciding"):
                sent = time.perf_counter()
                timing = post(number)["timing_ms"]
                wall_ms = 1000 * (time.perf_counter() - sent)
                timings.append({**timing, "seen": wall_ms, "seen_own": wall_ms - timing["fetch"]})
                if (number - 19) % max(1, decisions // 10) == 0:
                    memory.append(resident_mb(stack.service.pid))
            cpu = cpu_seconds(stack.service.pid) - cpu
    return {
        "ready": ready,
        "idle_mb": idle,
        "memory_mb": memory,
        "timings": timings,
        "cpu_ms": 1000 * cpu / decisions,
        "coverage": warm[0]["data"],
    }


def write(found: dict[str, Any], decisions: int) -> str:
    """The results page."""
    timings, coverage, ready = found["timings"], found["coverage"], found["ready"]

    def spread(stage: str) -> str:
        values = [timing[stage] for timing in timings]
        return f"{statistics.median(values):.1f} | {percentile(values, 0.95):.1f}"

    firm = (
        f"One firm with {coverage['invoice_count']:,} invoices and {coverage['transaction_count']:,} bank lines\n"
        f"({coverage['bill_count']:,} bills, {coverage['payment_count']:,} payments)"
    )
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    stages = ("parse", "derive", "score", "decide")
    rows = [
        (
            "own time per decision, as the decision states it: all but waiting for sevdesk, until it is stored",
            spread("own"),
        ),
        *((f"of it: {stage}", spread(stage)) for stage in stages),
        ("own time as the client sees it: answer received, less the waiting for sevdesk", spread("seen_own")),
        ("the whole request as the client sees it", spread("seen")),
        (
            "processor time of the service per decision, all threads, reading from sevdesk included",
            f"{found['cpu_ms']:.1f} | ",
        ),
        (
            f"time to ready ({len(ready)} starts)",
            f"{1000 * statistics.median(ready):.0f} | {1000 * max(ready):.0f} (worst)",
        ),
    ]
    memory = [
        ("idle, before the first decision", found["idle_mb"]),
        ("after 20 decisions", found["memory_mb"][0]),
        (f"after {decisions + 20:,} decisions", found["memory_mb"][-1]),
    ]
    return f"""# Measured

`make bench` (`python benchmarks/service.py`), {datetime.now(tz=UTC).date()}, {os.cpu_count()} processors,
{platform.machine()}, Python {platform.python_version()}, {versions}.
Service and local sevdesk share the machine.

{firm},
{decisions:,} decisions one after another, after 20 to warm up.

| milliseconds | median | 95th percentile |
|---|---|---|
{chr(10).join(f"| {name} | {value} |" for name, value in rows)}

| resident memory | MiB |
|---|---|
{chr(10).join(f"| {name} | {value:.0f} |" for name, value in memory)}

Every tenth of the way: {", ".join(f"{value:.0f}" for value in found["memory_mb"])} MiB.
"""


def main() -> int:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="100 decisions instead of 1,000; writes nothing")
    arguments = parser.parse_args()
    decisions = 100 if arguments.quick else 1_000
    page = write(measure(decisions), decisions)
    print(page)
    if not arguments.quick:
        RESULTS.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
