"""Own time of one decision, time to ready and resident memory, of the running service as a process.

    python benchmarks/service.py            1,000 decisions on a firm with 1,000 invoices and 3,000 bank lines
    python benchmarks/service.py --quick    100 decisions

The firm is one of the sandbox's, its documents repeated under new numbers until the counts are reached. Own time is
what the service reports of itself: everything but waiting for sevdesk, decoding pages included, whether something was
waited for meanwhile or not. Processor time per decision, read from the operating system, stands beside it as a check
that nothing hides.

What a decision adds is measured from outside, in turn with its peer: with a sevdesk that answers after 100 ms, the
whole request, against the bare reading of the same pages with httpx in the same two rounds, nothing decoded.
"""

import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.books import FIRM, export, repeat, today, token_of
from benchmarks.results import Section, quantile, run, table
from demo.stack import Stack, running

INVOICES = 1_000
TRANSACTIONS = 3_000
LATENCY_SECONDS = 0.1
LOG_ENTRIES = 1_700
"""About one for each of the invoices and of the firm's 700 vouchers."""


def export_large_firm(folder: Path) -> str:
    """Export a firm of the sandbox and repeat its documents until the counts are reached; its token."""
    directory = export(FIRM, folder)
    wanted = {"Invoice": INVOICES, "CheckAccountTransaction": TRANSACTIONS, "CheckAccountTransactionLog": LOG_ENTRIES}
    for resource, count in wanted.items():
        path = directory / f"{resource}.json"
        objects = json.loads(path.read_text())["objects"]
        path.write_text(json.dumps({"objects": repeat(objects, count)}))
    return token_of(directory)


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


def poster(service_url: str, api_key: str, token: str) -> Callable[[int], dict[str, Any]]:
    """A function that posts the n-th application and returns the decision."""
    client = httpx.Client(base_url=service_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=60)
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


class BareReading:
    """The pages that a decision reads, with httpx alone: first pages at once, others as soon as a total is known."""

    def __init__(self, stack: Stack, token: str) -> None:
        self._api = f"{stack.sandbox_url}/api/v1"
        self._headers = {"Authorization": token, "Accept": "application/json", "Accept-Encoding": "gzip"}
        self._http = httpx.AsyncClient(limits=httpx.Limits(max_connections=64, max_keepalive_connections=32))
        self._loop = asyncio.new_event_loop()

    def __call__(self) -> None:
        """Read once."""
        self._loop.run_until_complete(self._read())

    def close(self) -> None:
        """Give back the connections."""
        self._loop.run_until_complete(self._http.aclose())
        self._loop.close()

    async def _read(self) -> None:
        lists = ("Invoice", "CreditNote", "Voucher", "CheckAccountTransaction", "CheckAccountTransactionLog")
        await asyncio.gather(self._accounts(), *map(self._list, lists))

    async def _get(self, path: str, **params: str) -> bytes:
        return (await self._http.get(f"{self._api}/{path}", params=params, headers=self._headers)).content

    async def _list(self, resource: str) -> None:
        first = await self._get(resource, limit="1000", offset="0", countAll="true")
        total = re.search(rb'"total":"([0-9]+)"}$', first)
        offsets = range(1_000, int(total[1]) if total else 0, 1_000)
        await asyncio.gather(*(self._get(resource, limit="1000", offset=str(offset)) for offset in offsets))

    async def _accounts(self) -> None:
        found = json.loads(await self._get("CheckAccount", limit="1000", offset="0", countAll="true"))["objects"]
        day = today().isoformat()
        asked = [account["id"] for account in found if account["type"] != "offline"]
        await asyncio.gather(*(self._get(f"CheckAccount/{account}/getBalanceAtDate", date=day) for account in asked))


def added(stack: Stack, token: str, post: Callable[[int], dict[str, Any]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of whole requests and of bare readings, in turn, with a sevdesk that answers after 100 ms."""
    control = f"{stack.sandbox_url}/sandbox/faults"
    httpx.post(control, json={"latency_s": LATENCY_SECONDS}).raise_for_status()
    bare = BareReading(stack, token)
    found: dict[str, list[float]] = {"whole": [], "bare": []}
    try:
        for number in track(range(rounds), description="over a slow network"):
            for name, work in (("bare", bare), ("whole", lambda: post(1_000_000 + number))):  # noqa: B023  called at once
                started = time.perf_counter()
                work()
                found[name].append(1000 * (time.perf_counter() - started))
    finally:
        bare.close()
        httpx.delete(control).raise_for_status()
    return {name: values[rounds // 10 :] for name, values in found.items()}


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
            post = poster(stack.service_url, stack.api_key, token)
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
            network = added(stack, token, post, decisions // 5)
    return {
        "ready": ready,
        "idle_mb": idle,
        "memory_mb": memory,
        "timings": timings,
        "cpu_ms": 1000 * cpu / decisions,
        "network": network,
        "coverage": warm[0]["data"],
    }


def section(found: dict[str, Any]) -> str:
    """Times, then memory."""
    timings, coverage, ready, memory = found["timings"], found["coverage"], found["ready"], found["memory_mb"]

    def spread(stage: str) -> list[str]:
        values = [timing[stage] for timing in timings]
        return [f"{statistics.median(values):.1f}", f"{quantile(values, 0.95):.1f}", f"{quantile(values, 0.99):.1f}"]

    rows = [
        [
            "own time per decision, as the decision states it: all but waiting for sevdesk, until it is stored",
            *spread("own"),
        ],
        *([f"of it: {stage}", *spread(stage)] for stage in ("parse", "derive", "score", "decide")),
        ["own time as the client sees it: answer received, less the waiting for sevdesk", *spread("seen_own")],
        ["the whole request as the client sees it", *spread("seen")],
        [
            "processor time of the service per decision, all threads, reading from sevdesk included",
            *(f"{found['cpu_ms']:.1f}", "", ""),
        ],
        [
            f"time to ready ({len(ready)} starts)",
            *(f"{1000 * statistics.median(ready):.0f}", f"{1000 * max(ready):.0f} (worst)", ""),
        ],
    ]
    network = found["network"]
    differences = [whole - bare for whole, bare in zip(network["whole"], network["bare"], strict=True)]
    over_network = [
        [name, *(f"{quantile(values, share):.1f}" for share in (0.5, 0.95))]
        for name, values in (
            ("a decision, the whole request", network["whole"]),
            ("bare reading of the same pages", network["bare"]),
            ("**what a decision adds to the bare reading**, pair by pair", differences),
        )
    ]
    resident = [
        ["idle, before the first decision", f"{found['idle_mb']:.0f}"],
        ["after 20 decisions", f"{memory[0]:.0f}"],
        [f"after {len(timings) + 20:,} decisions", f"{memory[-1]:.0f}"],
    ]
    return f"""One firm with {coverage["invoice_count"]:,} invoices and {coverage["transaction_count"]:,} bank lines
({coverage["bill_count"]:,} bills, {coverage["payment_count"]:,} payments),
{len(timings):,} decisions one after another over HTTP, after 20 to warm up.

{table(("milliseconds", "median", "p95", "p99"), rows)}

With a sevdesk that answers after {1000 * LATENCY_SECONDS:.0f} ms, {len(differences)} pairs in turn:

{table(("milliseconds", "median", "p95"), over_network)}

{table(("resident memory", "MiB"), resident)}

Every tenth of the way: {", ".join(f"{value:.0f}" for value in memory)} MiB."""


def found_in(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """Measure the service."""
    found = measure(100 if is_quick else 1_000)
    return Section(name="service", title="The service as a process", text=section(found), figures=found)


if __name__ == "__main__":
    sys.exit(run(__doc__, found_in))
