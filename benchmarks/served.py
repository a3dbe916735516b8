"""The local sevdesk itself: how long a page of 1,000 takes, and until 200,000 invoices are ready.

    python benchmarks/served.py            30 pages of each list, 5 starts of the large firm
    python benchmarks/served.py --quick    5 pages of each list, 1 start

Pages are asked of the application over ASGI, so that neither the network nor another process counts: routing, token,
selection, cut, JSON. The ordinary firm keeps the JSON of its objects once it was made, the wholesaler fills its own in
anew each time. Ready means the first invoice of the wholesaler in a fresh process that has imported everything.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.results import ROOT, Section, number, run, spread, table
from sandbox.firms.personas import PERSONAS
from sandbox.firms.wholesaler import WHOLESALER
from sandbox.server.app import create_app

LISTS = ("Invoice", "Voucher", "CheckAccountTransaction", "CheckAccountTransactionLog")
QUERIES = {
    "whole list": "",
    "from a day on": "startDate=1735686000",
    "open and older": "endDate=1735686000&status[]=200&status[]=750",
    "overdue": "delinquent=true",
    "by sum": "orderBy[0][field]=sumGross",
}
"""What invoices are selected by; the first page of each is worked out anew."""
_START = """
import json, time
from datetime import date
from benchmarks import memory
from sandbox.account.account import Account
from sandbox.account.quirks import Quirks
from sandbox.firms.wholesaler import WHOLESALER

before, started = memory.forget_peak(), time.perf_counter()
account = Account(WHOLESALER.books(date.fromisoformat("{day}")), Quirks())
account.bodies("Invoice", range(1), [])
print(json.dumps({{"ms": 1e3 * (time.perf_counter() - started), "mib": (memory.peak() - before) / 2**20}}))
"""


async def pages(token: str, app: Any, count: int) -> dict[str, dict[str, list[float]]]:  # noqa: ANN401  an application
    """Milliseconds: list to those of its pages, and query to that of its first page."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox/api/v1", headers={"Authorization": token}
    ) as http:

        async def timed(path: str) -> float:
            started = time.perf_counter()
            answer = await http.get(path)
            milliseconds = 1e3 * (time.perf_counter() - started)
            answer.raise_for_status()
            return milliseconds

        found: dict[str, list[float]] = {}
        for resource in LISTS:
            total = int((await http.get(f"{resource}?limit=1&countAll=true")).json()["total"])
            offsets = [max(0, (total - 1_000) * step // count) for step in range(count)]
            for offset in offsets:  # the ordinary firm makes its JSON now
                await timed(f"{resource}?limit=1000&offset={offset}")
            found[resource] = [
                await timed(f"{resource}?limit=1000&offset={offset}&countAll=true") for offset in offsets
            ]
        selections = {name: [await timed(f"Invoice?limit=1000&{query}&x={name}")] for name, query in QUERIES.items()}
    return {"pages": found, "selections": selections}


def starts(count: int) -> dict[str, list[float]]:
    """Milliseconds and MiB until the wholesaler is ready, each in a process of its own."""
    found: dict[str, list[float]] = {"ms": [], "mib": []}
    for _ in track(range(count), description="starting"):
        script = _START.format(day=books.today())
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
        for name, value in json.loads(done.stdout).items():
            found[name].append(value)
    return found


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """Both firms, then the starts."""
    count, times = (5, 1) if is_quick else (30, 5)
    (ordinary,) = (persona for persona in PERSONAS if persona.firm == books.FIRM)
    app = create_app([ordinary.books(books.today()), WHOLESALER.books(books.today())], today=books.today)
    found = {firm.firm: asyncio.run(pages(firm.token, app, count)) for firm in (ordinary, WHOLESALER)}
    started = starts(times)
    figures = {
        "pages": {firm: {name: spread(values) for name, values in of["pages"].items()} for firm, of in found.items()},
        "selections": {
            firm: {name: values[0] for name, values in of["selections"].items()} for firm, of in found.items()
        },
        "ready_ms": spread(started["ms"]),
        "ready_mib": max(started["mib"]),
    }
    return Section(name="served", title="The local sevdesk", text=section(figures), figures=figures)


def section(figures: dict[str, Any]) -> str:
    """One line for each list and firm, one for each selection, and the start."""
    lines = [
        [resource, firm, *(number(values[share]) for share in ("min", "p50", "p95"))]
        for resource in LISTS
        for firm, values in ((firm, of[resource]) for firm, of in figures["pages"].items())
    ]
    selections = [[name, *(number(of[name]) for of in figures["selections"].values())] for name in QUERIES]
    return f"""Pages of 1,000 objects, or of all where there are fewer, over ASGI. Aim: a page of 1,000 invoices in less
than 10 ms.

{table(("milliseconds", "firm", "least", "median", "p95"), lines)}

The first page of another selection of invoices, which is worked out once:

{table(("milliseconds", *figures["selections"]), selections)}

The wholesaler is ready {number(figures["ready_ms"]["p50"])} ms after somebody asks for it (worst of all starts
{number(figures["ready_ms"]["p99"])} ms), and the peak of the process grows by {number(figures["ready_mib"])} MiB.
Aim: 3 seconds."""


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
