"""A long list over a slow network: our client against the critical path, plain gather, and the client of PyPI.

    python benchmarks/lists.py            100 to 200,000 invoices at 20, 100 and 300 ms, with and without 429s
    python benchmarks/lists.py --quick    100, 2,000 and 200,000 invoices at 20 ms

Only invoices are read, from one running local sevdesk, which waits that long before each answer; those of the largest
list are its wholesaler's. The critical path is `max(L * (1 + ceil((P - 1) / 16)), 2 * L + (P - 2) * s) + s`: P pages,
latency L, 16 requests at once, and s, the time of one page of 1,000 without latency (server, network, decoding and
typing). With 429s every tenth request of a reading is refused, without a time to wait; the critical path with refusals
counts the round trips that it takes to ask for those pages again at once.

Plain gather is what one writes first: `asyncio.gather` over httpx with a semaphore of 16, the same pages, decoded by
`json`, without retries, checks or types; with 429s it asks again at once. The client `sevdesk` asks for one page after
another and makes pydantic models; with 429s it fails, and is left out.

TokenStates is how far the peak of a fresh process grows while it reads (`peak.py`).
"""

import asyncio
import json
import logging
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.account import EVERY_NTH, PAGE, Account
from benchmarks.results import Section, number, run, table
from demo.stack import running
from features.ledger import Resource
from sandbox.firms.wholesaler import WHOLESALER
from scoring.sources.sevdesk.words import pages

AT_ONCE = 16
LARGEST = 200_000
"""Invoices of the wholesaler."""
PER_INVOICE = 400
"""Peak bytes per invoice, in addition to the pages in flight."""


class Lists(Account):
    """The contestants, all reading the invoices."""

    def ours(self) -> int:
        """By our client."""
        return self.fetch(frozenset({Resource.INVOICES})).invoices.height

    def gather(self) -> int:
        """By gather and a semaphore."""
        found: int = self.run(self._gather())
        return found

    async def _gather(self) -> int:
        slots = asyncio.Semaphore(AT_ONCE)

        async def page(offset: int) -> dict[str, Any]:
            while True:
                async with slots:
                    answer = await self.get(f"{self.api}/Invoice", limit=PAGE, offset=offset, countAll="true")
                if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    found: dict[str, Any] = json.loads(answer.content)
                    return found

        first = await page(0)
        rest = await asyncio.gather(*map(page, range(PAGE, int(first["total"]), PAGE)))
        return sum(len(part["objects"]) for part in (first, *rest))

    def theirs(self) -> int:
        """By the client of PyPI."""
        return self.pages(self.peer.invoice.getInvoices)

    def one_page(self) -> tuple[float, int]:
        """Seconds of a page of 1,000 without latency (server, network, decoding, typing), median of 15; its bytes."""

        async def once(offset: int) -> tuple[float, int]:
            started = time.perf_counter()
            answer = await self.get(f"{self.api}/Invoice", limit=PAGE, offset=offset)
            pages.INVOICE.frame(pages.INVOICE.decoder.decode(answer.content).objects)
            return time.perf_counter() - started, len(answer.content)

        self.slow_down(0)
        found = [self.run(once(offset)) for offset in range(15)]
        return statistics.median(seconds for seconds, _ in found), max(size for _, size in found)


def round_trips(count: int, *, is_limited: bool) -> int:
    """How many, one after the other, so many pages take at least: the first one alone, then 16 at once."""
    missing, sent, trips = count - 1, 1, 1
    while missing:
        some = min(missing, AT_ONCE)
        refused = (sent + some) // EVERY_NTH - sent // EVERY_NTH if is_limited else 0
        missing, sent, trips = missing - some + refused, sent + some, trips + 1
    return trips


def critical_path(invoices: int, latency: float, page: float, *, is_limited: bool = False) -> float:
    """Seconds that a list takes at least, see above."""
    count = max(1, math.ceil(invoices / PAGE))
    return max(latency * round_trips(count, is_limited=is_limited), 2 * latency + (count - 2) * page) + page


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All sizes at all latencies, in turn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sizes, latencies = ((100, 2_000), (0.02,)) if is_quick else ((100, 2_000, 20_000), (0.02, 0.1, 0.3))
    found: dict[str, list[dict[str, Any]]] = {"rows": [], "peaks": []}
    for size in (*sizes, LARGEST):
        repetitions = 1 if is_quick and size == LARGEST else (3 if is_quick or size == LARGEST else 5)
        with served(size) as lists:
            page, page_bytes = lists.one_page()
            found["peaks"].append({**peak(lists), "page_bytes": page_bytes})
            for latency in latencies:
                for is_limited in (False, True):
                    found["rows"].append(one(lists, latency, page, repetitions, is_limited=is_limited))
    return Section(name="lists", title="A long list over a slow network", text=section(**found), figures=found)


@contextmanager
def served(size: int) -> Iterator[Lists]:
    """The invoices of a firm with so many."""
    with tempfile.TemporaryDirectory() as name:
        folder, token = None, WHOLESALER.token
        if size != LARGEST:
            folder = Path(name) / "books"
            directory = books.export(books.FIRM, folder)
            books.resize(directory, size)
            token = books.token_of(directory)
        with running(Path(name) / "data", books=folder) as stack, closing(Lists(stack, token)) as lists:
            lists.ours()
            yield lists


def peak(lists: Lists) -> dict[str, int]:
    """What the reading takes in a fresh process, without latency."""
    lists.slow_down(0)
    script = Path(__file__).with_name("peak.py")
    done = subprocess.run([sys.executable, script, lists.api, lists.token], capture_output=True, text=True, check=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


def one(lists: Lists, latency: float, page: float, repetitions: int, *, is_limited: bool) -> dict[str, Any]:
    """All contestants at one latency, with 429s or without."""

    def timed(work: Callable[[], int], times: int) -> dict[str, float]:
        """Median milliseconds, requests of the last reading, objects."""
        seconds = []
        for _ in range(times):
            lists.slow_down(latency, is_limited=is_limited)
            lists.addresses.clear()
            started = time.perf_counter()
            found = work()
            seconds.append(time.perf_counter() - started)
        return {"ms": 1e3 * statistics.median(seconds), "requests": len(lists.addresses), "objects": found}

    ours = timed(lists.ours, repetitions)
    least = [critical_path(int(ours["objects"]), latency, page, is_limited=limited) for limited in (False, is_limited)]
    return {
        "latency_ms": 1e3 * latency,
        "is_limited": is_limited,
        "page_ms": 1e3 * page,
        "least_ms": 1e3 * least[0],
        "least_with_refusals_ms": 1e3 * least[1],
        "ours": ours,
        "gather": timed(lists.gather, repetitions),
        "peer": None if is_limited else timed(lists.theirs, 1),
    }


def section(rows: list[dict[str, Any]], peaks: list[dict[str, int]]) -> str:
    """One line for each size, latency and rate limit, and the memory of each size."""
    lines = [
        [
            f"{row['ours']['objects']:,.0f}",
            number(row["latency_ms"]),
            "every tenth" if row["is_limited"] else "none",
            number(row["page_ms"]) if row["ours"]["objects"] >= PAGE else "-",
            number(row["least_ms"]),
            number(row["least_with_refusals_ms"]) if row["is_limited"] else "-",
            number(row["ours"]["ms"]),
            f"{row['ours']['ms'] / row['least_ms']:.2f}",
            f"{row['ours']['ms'] / row['least_with_refusals_ms']:.2f}" if row["is_limited"] else "-",
            f"{row['ours']['requests']:.0f}",
            f"{row['gather']['ms'] / row['ours']['ms']:.2f}",
            f"{row['peer']['ms'] / row['ours']['ms']:.1f}" if row["peer"] else "-",
        ]
        for row in rows
    ]
    head = (
        *("invoices", "latency ms", "429s", "one page ms", "critical path ms", "with refusals ms", "ours ms"),
        *("times the path", "times that with refusals", "requests", "plain gather to ours", "`sevdesk` to ours"),
    )
    memory = [
        [
            f"{found['objects']:,}",
            number(found["grown"] / 2**20),
            number(found["grown"] / found["objects"]),
            number(found["columns"] / found["objects"]),
            number((PER_INVOICE * found["objects"] + 2 * in_flight(found)) / 2**20),
        ]
        for found in peaks
    ]
    memory_head = ("invoices", "peak grows by MiB", "bytes an invoice", "of them kept", "aim MiB")
    return f"""Invoices of one account, without its reminders; one request more of ours reads the accounts. Medians.
Aim: at most 1.25 times the critical path and 25 ms, one page in at most 15 ms. Ours checks that pages join, types and
retries; plain gather only decodes. A page that is refused among good answers is asked for again after up to half as
long as an answer takes, by gather at once.

{table(head, lines)}

Peak memory of a fresh process that reads each list without latency. Aim: at most {PER_INVOICE} bytes an invoice and
twice the pages in flight, at most {AT_ONCE}.

{table(memory_head, memory)}"""


def in_flight(found: dict[str, int]) -> int:
    """Bytes of the pages that can be under way at once."""
    return min(AT_ONCE, math.ceil(found["objects"] / PAGE)) * found["page_bytes"]


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
