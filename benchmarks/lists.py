"""A long list over a slow network: our client against the critical path, plain gather, and the client of PyPI.

    python benchmarks/lists.py            100, 2,000 and 20,000 invoices at 20, 100 and 300 ms, with and without 429s
    python benchmarks/lists.py --quick    100 and 2,000 invoices at 20 ms

Only invoices are read, from one running local sevdesk, which waits that long before each answer. The critical path is
`max(L * (1 + ceil((P - 1) / 16)), 2 * L + (P - 2) * s) + s`: P pages, latency L, 16 requests at once, and s, the time
of one page of 1,000 without latency (server, network, decoding and typing). With 429s every tenth request is refused
once, without a time to wait.

Plain gather is what one writes first: `asyncio.gather` over httpx with a semaphore of 16, the same pages, decoded by
`json`, without retries, checks or types; with 429s it asks again at once. The client `sevdesk` asks for one page after
another and makes pydantic models; with 429s it fails, and is left out.
"""

import asyncio
import json
import logging
import math
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import requests
import structlog
from sevdesk import Client

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.results import Section, number, run, table
from demo.stack import Stack, running
from features.ledger import Resource
from scoring.sevdesk import pages
from scoring.sevdesk.client import SevdeskClient
from scoring.sevdesk.token import Token

PAGE = 1_000
AT_ONCE = 16
EVERY_TENTH = tuple(range(10, 5_000, 10))


class Lists:
    """The contestants, all reading the invoices of one account of one running sevdesk."""

    def __init__(self, stack: Stack, token: str) -> None:
        self._api = f"{stack.sandbox_url}/api/v1"
        self._control = f"{stack.sandbox_url}/sandbox/faults"
        self._token = token
        self._loop = asyncio.new_event_loop()
        self._http = httpx.AsyncClient(limits=httpx.Limits(max_connections=64, max_keepalive_connections=32))
        self._session = requests.Session()
        self._peer = Client(token, self._api, self._session)
        self.requests = 0
        """Sent since they were last counted."""
        self._http.event_hooks["request"] = [self._count]
        self._session.hooks["response"] = [lambda *_args, **_kwargs: self._add()]

    async def _count(self, _: httpx.Request) -> None:
        self._add()

    def _add(self) -> None:
        self.requests += 1

    def slow_down(self, seconds: float, *, is_limited: bool) -> None:
        """Let the local sevdesk wait before each answer, and refuse every tenth request."""
        httpx.delete(self._control).raise_for_status()
        limited = {"requests": EVERY_TENTH, "status": 429, "latency_s": seconds, "resource": "Invoice"}
        for fault in ([limited] if is_limited else []) + ([{"latency_s": seconds}] if seconds else []):
            httpx.post(self._control, json=fault).raise_for_status()

    def ours(self) -> int:
        """By our client, decoded, typed and checked; a new one each time, with nothing remembered."""
        client = SevdeskClient(self._http, self._api, Token(self._token))
        fetched = self._loop.run_until_complete(client.fetch(frozenset({Resource.INVOICES}), fetched_on=books.today()))
        return fetched.invoices.height

    def gather(self) -> int:
        """By gather and a semaphore."""
        return self._loop.run_until_complete(self._gather())

    async def _gather(self) -> int:
        slots = asyncio.Semaphore(AT_ONCE)

        async def page(offset: int) -> dict[str, Any]:
            params = {"limit": PAGE, "offset": offset, "countAll": "true"}
            while True:
                async with slots:
                    answer = await self._http.get(
                        f"{self._api}/Invoice", params=params, headers={"Authorization": self._token}
                    )
                if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    found: dict[str, Any] = json.loads(answer.content)
                    return found

        first = await page(0)
        rest = await asyncio.gather(*map(page, range(PAGE, int(first["total"]), PAGE)))
        return sum(len(part["objects"]) for part in (first, *rest))

    def peer(self) -> int:
        """By the client of PyPI, one page after another."""
        count, length = 0, PAGE
        while length == PAGE:
            self._session.params = {"limit": str(PAGE), "offset": str(count)}
            length = len(self._peer.invoice.getInvoices())
            count += length
        return count

    def one_page(self) -> float:
        """Seconds of one page of 1,000 without latency: server, network, decoding and typing; median of 15."""

        async def once() -> float:
            started = time.perf_counter()
            answer = await self._http.get(
                f"{self._api}/Invoice", params={"limit": PAGE, "offset": 0}, headers={"Authorization": self._token}
            )
            pages.INVOICE.frame(pages.INVOICE.decoder.decode(answer.content).objects)
            return time.perf_counter() - started

        self.slow_down(0, is_limited=False)
        return statistics.median(self._loop.run_until_complete(once()) for _ in range(15))

    def close(self) -> None:
        """End the waiting and give back connections."""
        self.slow_down(0, is_limited=False)
        self._loop.run_until_complete(self._http.aclose())
        self._loop.close()
        self._session.close()


def critical_path(invoices: int, latency: float, page: float) -> float:
    """Seconds that a list takes at least, see above."""
    count = max(1, math.ceil(invoices / PAGE))
    waiting = latency * (1 + math.ceil((count - 1) / AT_ONCE))
    return max(waiting, 2 * latency + (count - 2) * page) + page


def timed(lists: Lists, work: Callable[[], int], repetitions: int) -> dict[str, float]:
    """Median milliseconds, requests of the last reading, objects."""
    seconds = []
    for _ in range(repetitions):
        lists.requests = 0
        started = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - started)
    return {"ms": 1e3 * statistics.median(seconds), "requests": lists.requests, "objects": found}


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All sizes at all latencies, in turn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    sizes, latencies = ((100, 2_000), (0.02,)) if is_quick else ((100, 2_000, 20_000), (0.02, 0.1, 0.3))
    found = [row for size in sizes for row in of_size(size, latencies, 3 if is_quick else 5)]
    figures = {"rows": found, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    return Section(name="lists", title="A long list over a slow network", text=section(found), figures=figures)


def of_size(size: int, latencies: tuple[float, ...], repetitions: int) -> list[dict[str, Any]]:
    """One firm at all latencies."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        directory = books.export(books.FIRM, Path(name) / "books")
        books.resize(directory, size)
        with (
            running(Path(name) / "data", books=Path(name) / "books") as stack,
            closing(Lists(stack, books.token_of(directory))) as lists,
        ):
            count = lists.ours()
            page = lists.one_page() if count >= PAGE else 0.0
            for latency in latencies:
                for is_limited in (False, True):
                    lists.slow_down(latency, is_limited=is_limited)
                    row = {"size": size, "objects": count, "latency_ms": 1e3 * latency, "is_limited": is_limited}
                    row |= {"page_ms": 1e3 * page, "least_ms": 1e3 * critical_path(count, latency, page)}
                    row["ours"] = timed(lists, lists.ours, repetitions)
                    row["gather"] = timed(lists, lists.gather, repetitions)
                    row["peer"] = None if is_limited else timed(lists, lists.peer, 1)
                    rows.append(row)
    return rows


def section(rows: list[dict[str, Any]]) -> str:
    """One line for each size, latency and rate limit."""
    lines = [
        [
            f"{row['objects']:,}",
            number(row["latency_ms"]),
            "every tenth" if row["is_limited"] else "none",
            number(row["page_ms"]) if row["page_ms"] else "-",
            number(row["least_ms"]),
            number(row["ours"]["ms"]),
            f"{row['ours']['ms'] / row['least_ms']:.2f}",
            f"{row['ours']['requests']:.0f}",
            f"{row['gather']['ms'] / row['ours']['ms']:.2f}",
            f"{row['peer']['ms'] / row['ours']['ms']:.1f}" if row["peer"] else "-",
        ]
        for row in rows
    ]
    head = (
        *("invoices", "latency ms", "429s", "one page ms", "critical path ms", "ours ms", "times the path"),
        *("requests", "plain gather to ours", "`sevdesk` to ours"),
    )
    return f"""Invoices of one account, without its reminders; one request more of ours reads the accounts. Medians.
Aim: at most 1.25 times the critical path and 25 ms. Ours checks that pages join, types and retries; plain gather only
decodes.

{table(head, lines)}"""


if __name__ == "__main__":
    sys.exit(run("lists", __doc__, measure))
