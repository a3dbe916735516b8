"""Reading one account over a slow network: our client, the least that it can take, and the client of PyPI.

    python benchmarks/fetch.py            2,000 invoices, 100 ms latency, 15 readings
    python benchmarks/fetch.py --quick    2,000 invoices, 20 ms latency, 3 readings

All read the same running local sevdesk, which waits that long before each answer: invoices, reminders, credit notes,
vouchers, accounts with their balances, bank lines, and the payment log.

The least is 2 * latency + page time. Two round trips: the first pages, which say how many there are, then all others at
once. Page time: the same answers without latency, read by bare httpx, 16 at once, nothing decoded.

The client `sevdesk` is generated from the API's description: one request after another, objects as pydantic models. Its
lists have no paging and no kind of invoice, so limit, offset and invoiceType ride on the session that one may give it;
it does not know the payment log, which is read by its own request(). It leaves dates as texts, and does not compare
what it read with the stated total.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.account import Account
from benchmarks.results import Section, interleaved, number, run, spread, table
from demo.stack import running
from features.ledger import Resource
from scoring.sources.sevdesk.words.fetched import Fetched

INVOICES = 2_000


class Reading(Account):
    """The contestants, all reading everything."""

    def ours(self) -> Fetched:
        """By our client."""
        self.addresses.clear()
        return self.fetch(frozenset(Resource))

    def ours_by_httpcore(self) -> Fetched:
        """By our client over the transport that httpx has by itself."""
        self.addresses.clear()
        return self.fetch(frozenset(Resource), by_httpcore=True)

    def bare(self) -> int:
        """The answers that our client was given, by bare httpx, nothing decoded; how many bytes they have."""
        addresses = tuple(self.addresses)
        size: int = self.run(self._bare(addresses))
        self.addresses[:] = addresses
        return size

    async def _bare(self, addresses: tuple[str, ...]) -> int:
        slots = asyncio.Semaphore(16)

        async def get(address: str) -> int:
            async with slots:
                return len((await self.get(address)).content)

        return sum(await asyncio.gather(*map(get, addresses)))

    def theirs(self) -> dict[str, int]:
        """By the client of PyPI; how many objects."""
        client, addresses = self.peer, tuple(self.addresses)
        lists: dict[str, Callable[[], Any]] = {
            "invoices": client.invoice.getInvoices,
            "credit_notes": client.creditnote.getCreditNotes,
            "vouchers": client.voucher.getVouchers,
            "transactions": client.checkaccounttransaction.getTransactions,
            "payment_log": lambda: client.request("get", "/CheckAccountTransactionLog", {})["objects"],
        }
        counts = {name: self.pages(get) for name, get in lists.items()}
        counts["reminders"] = self.pages(client.invoice.getInvoices, invoiceType="MA")
        accounts = client.checkaccount.getCheckAccounts()
        for account in accounts:
            if account.type_ != "offline":
                client.checkaccount.getBalanceAtDate(account.id_, books.today().isoformat())
        self.addresses[:] = addresses
        return counts | {"accounts": len(accounts)}


def timed(reading: Reading, work: Callable[[], object], latency: float) -> Callable[[], dict[str, float]]:
    """The work under a latency, in milliseconds."""

    def once() -> dict[str, float]:
        reading.slow_down(latency)
        started, processor = time.perf_counter(), time.process_time()
        found = work()
        milliseconds = {"whole": 1e3 * (time.perf_counter() - started)}
        milliseconds["processor"] = 1e3 * (time.process_time() - processor)
        if isinstance(found, Fetched):
            milliseconds["decode"] = 1e3 * found.parse_seconds
        return milliseconds

    return once


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All in turn, with and without latency."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    latency, repetitions = (0.02, 3) if is_quick else (0.1, 15)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        directory = books.export(books.FIRM, folder / "books")
        books.resize(directory, INVOICES)
        with (
            running(folder / "data", books=folder / "books") as stack,
            closing(Reading(stack, books.token_of(directory))) as reading,
        ):
            counts = same(reading)
            runs = {
                "ours_without_latency": timed(reading, reading.ours, 0),
                "httpcore_without_latency": timed(reading, reading.ours_by_httpcore, 0),
                "page": timed(reading, reading.bare, 0),
                "ours": timed(reading, reading.ours, latency),
                "peer": timed(reading, reading.theirs, latency),
            }
            found = interleaved(runs, repetitions, "reading")
            requests_count = len(reading.addresses)
    figures = {
        "latency_ms": 1e3 * latency,
        "objects": counts,
        "requests": requests_count,
        "repetitions": repetitions,
        "decode": spread(found["ours"]["decode"]),
        "processor": {name: spread(found[f"{name}_without_latency"]["processor"]) for name in ("ours", "httpcore")},
        **{name: spread(stages["whole"]) for name, stages in found.items()},
    }
    return Section(name="fetch", title="Reading an account over a slow network", text=section(figures), figures=figures)


def same(reading: Reading) -> dict[str, int]:
    """Make sure that both clients read the same objects; how many.

    Raises:
        AssertionError: They did not.
    """
    fetched = reading.ours()
    names = ("invoices", "reminders", "credit_notes", "vouchers", "accounts", "transactions", "payment_log")
    counts = {name: getattr(fetched, name).height for name in names}
    theirs = reading.theirs()
    if theirs != counts:
        raise AssertionError(f"the clients read different objects: {counts} and {theirs}")
    return counts


def section(figures: dict[str, Any]) -> str:
    """The contestants against the least."""
    least, alone = 2 * figures["latency_ms"] + figures["page"]["p50"], figures["ours_without_latency"]["p50"]
    ours, httpcore = figures["processor"]["ours"], figures["processor"]["httpcore"]
    lines = [
        ("two round trips plus page time", {"p50": least}),
        ("two round trips plus our client without latency", {"p50": 2 * figures["latency_ms"] + alone}),
        ("our client, everything decoded and typed", figures["ours"]),
        ("of it: decoding and typing", figures["decode"]),
        ("the client `sevdesk`, one request after another", figures["peer"]),
    ]
    rows = [
        [
            label,
            *(number(values[share]) if share in values else "" for share in ("min", "p50", "p95")),
            "" if label.startswith("of it") else f"{values['p50'] / least:.2f}",
        ]
        for label, values in lines
    ]
    objects = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in figures["objects"].items())
    return f"""{objects};
{figures["requests"]} requests, {figures["latency_ms"]:.0f} ms before each answer.
Each was read {figures["repetitions"]} times in turn. Page time, the same answers without latency by bare httpx and
nothing decoded: {number(figures["page"]["p50"])} ms; our client without latency: {number(alone)} ms.
Aim: at most 1.25 times the first line.

{table(("milliseconds", "least", "median", "p95", "times the first"), rows)}

Without latency our client takes {number(alone)} ms and {number(ours["p50"])} ms of processor time; over the transport
that httpx has by itself, httpcore, {number(figures["httpcore_without_latency"]["p50"])} ms and
{number(httpcore["p50"])} ms (medians; the least {number(ours["min"])} and {number(httpcore["min"])} ms).

`sevdesk` has no paging, no kind of invoice and no payment log of its own: limit, offset and invoiceType were put on its
session, the log was read by its own `request`. It leaves dates as texts and does not check what it read for
completeness."""


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
