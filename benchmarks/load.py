"""Small decisions in a crowd: with many clients, of one and of two lenders, and while others ask for big books.

    python benchmarks/load.py                a minute each, five pairs
    python benchmarks/load.py --quick        eight seconds each, one pair
    python benchmarks/load.py --pairs-only   only the pairs

The service runs on one processor, the local sevdesk and the load generators (benchmarks/clients.py) on another. Small
books are those of the sandbox's healthy agency, big ones have 22,000 invoices. In a pair 56 clients ask for small
decisions, once alone and once beside 8 that ask for big ones; in turn, and every second pair the other way round.
"""

import argparse
import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.clients import Seen, Task
from benchmarks.results import Section, keep, number, quantile, table
from benchmarks.throughput import APPLICATION, cores, database, pin
from demo.stack import Stack, api_key, running

BIG = "borderline-retailer"
INVOICES = 22_000
CROWDS = (1, 8, 64, 200)
SMALL_CLIENTS, BIG_CLIENTS = 56, 8
BOUND = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A lender's key, and its connection to the books of one firm."""

    key: str
    connection_id: str


class Field:
    """A running stack, and those who call it."""

    def __init__(self, stack: Stack, firms: Mapping[str, Path]) -> None:
        self._url = httpx.URL(f"{stack.service_url}/v1/decisions")
        self._stack = stack
        first, second = stack.api_key, api_key(stack, "second-bank", is_new=True)
        self.small = [self._caller(key, firms[books.FIRM]) for key in (first, second)]
        self.big = self._caller(first, firms[BIG])

    def _caller(self, key: str, directory: Path) -> Caller:
        opened = httpx.post(
            f"{self._stack.service_url}/v1/connections",
            headers={"Authorization": f"Bearer {key}"},
            json={"borrower_ref": directory.name, "sevdesk_token": books.token_of(directory)},
            timeout=60,
        )
        opened.raise_for_status()
        return Caller(key=key, connection_id=opened.json()["connection_id"])

    def run(self, seconds: float, *crowds: tuple[Caller, int]) -> list[Seen]:
        """Let crowds of clients ask at the same time; what each of them saw."""
        return asyncio.run(self._run(seconds, crowds))

    async def _run(self, seconds: float, crowds: Sequence[tuple[Caller, int]]) -> list[Seen]:
        return await asyncio.gather(*(self._drive(caller, clients, seconds) for caller, clients in crowds))

    async def _drive(self, caller: Caller, clients: int, seconds: float) -> Seen:
        name = BIG if caller is self.big else books.FIRM
        body = {**APPLICATION, "borrower_ref": name, "connection_id": caller.connection_id}
        task = Task(
            host=self._url.host,
            port=self._url.port or 80,
            path=self._url.path,
            headers={"Authorization": f"Bearer {caller.key}"},
            body=msgspec.json.encode(body).decode(),
            clients=clients,
            seconds=seconds,
            warm_seconds=seconds / 4,
            cores=cores()[1],
            run=secrets.token_hex(4),
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("clients.py")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        found, _ = await process.communicate(msgspec.json.encode(task))
        if process.returncode:
            raise RuntimeError("the load generator failed")
        return msgspec.json.decode(found, type=Seen)


@contextmanager
def field() -> Iterator[Field]:
    """The stack with both firms, each process on its processor."""
    with tempfile.TemporaryDirectory() as name, database() as address:
        folder = Path(name)
        firms = {firm: books.export(firm, folder / "books") for firm in (books.FIRM, BIG)}
        books.resize(firms[BIG], INVOICES)
        settings = {} if address is None else {"SCORING_DATABASE_URL": address}
        with running(folder / "data", books=folder / "books", settings=settings) as stack:
            for process, processors in zip((stack.service, stack.sandbox), cores(), strict=True):
                pin(process.pid, processors)
            yield Field(stack, firms)


def p95(seen: Seen) -> float:
    """Of its milliseconds."""
    return quantile(seen.milliseconds, 0.95)


def pairs(place: Field, count: int, seconds: float) -> list[dict[str, Any]]:
    """Small decisions alone and beside big ones, in turn."""
    found = []
    for pair in track(range(count), description="in pairs"):
        runs: dict[str, Any] = {}
        for name in ("alone", "beside")[:: 1 if pair % 2 == 0 else -1]:
            crowds = [(place.small[0], SMALL_CLIENTS), *([(place.big, BIG_CLIENTS)] if name == "beside" else [])]
            small, *big = place.run(seconds, *crowds)
            runs[name] = {"p50": statistics.median(small.milliseconds), "p95": p95(small)}
            runs[name] |= {"decisions": len(small.milliseconds), "refused": small.refused}
            if big:
                runs["big"] = {"decisions": len(big[0].milliseconds), "p50": _median(big[0]), "refused": big[0].refused}
        found.append({**runs, "ratio": runs["beside"]["p95"] / runs["alone"]["p95"]})
    return found


def _median(seen: Seen) -> float | None:
    return statistics.median(seen.milliseconds) if seen.milliseconds else None


def crowds(place: Field, seconds: float) -> list[dict[str, Any]]:
    """Small decisions, by number of clients and lenders."""
    found = []
    for clients in track(CROWDS, description="in crowds"):
        for lenders in (1, 2) if clients > 1 else (1,):
            seen = place.run(seconds, *((caller, clients // lenders) for caller in place.small[:lenders]))
            milliseconds = [one for each in seen for one in each.milliseconds]
            found.append(
                {
                    "clients": clients,
                    "lenders": lenders,
                    "per_second": len(milliseconds) / seconds,
                    "p50": statistics.median(milliseconds),
                    "p95": quantile(milliseconds, 0.95),
                    "p99": quantile(milliseconds, 0.99),
                    "refused": sum(each.refused for each in seen),
                }
            )
    return found


def section(found: dict[str, Any], seconds: float) -> str:
    """Pairs, then crowds."""
    rows = [
        [
            *(number(one[name][key]) for name in ("alone", "beside") for key in ("p50", "p95")),
            f"{one['ratio']:.2f}",
            *(str(one[name]["decisions"]) for name in ("alone", "beside", "big")),
            "-" if one["big"]["p50"] is None else number(one["big"]["p50"]),
            f"{one['alone']['refused']}, {one['beside']['refused']}, {one['big']['refused']}",
        ]
        for one in found["pairs"]
    ]
    header = (
        *("alone: median ms", "p95", "beside: median ms", "p95", "p95, beside to alone"),
        *("decisions alone", "beside", "big ones", "big: median ms", "refused: alone, beside, big"),
    )
    ratio = statistics.median(one["ratio"] for one in found["pairs"])
    text = f"""{SMALL_CLIENTS} clients ask for small decisions, alone and beside {BIG_CLIENTS} that ask for books with
{INVOICES:,} invoices; {seconds:.0f} s each. The median of the ratios is {ratio:.2f}; at most {BOUND} is wanted.

{table(header, rows)}"""
    if not found["crowds"]:
        return text
    figures = ("per_second", "p50", "p95", "p99", "refused")
    rows = [
        [*(str(one[key]) for key in ("clients", "lenders")), *(number(one[key]) for key in figures)]
        for one in found["crowds"]
    ]
    header = ("clients", "lenders", "decisions per second", "median ms", "p95", "p99", "refused attempts")
    return f"""{text}

Small decisions only; whoever is refused tries again after a second, and the time runs on.

{table(header, rows)}"""


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="eight seconds each, one pair; writes nothing")
    parser.add_argument("--pairs-only", action="store_true", help="no crowds; writes nothing")
    parser.add_argument("--seconds", type=float, help="of each run")
    arguments = parser.parse_args()
    seconds = arguments.seconds or (8.0 if arguments.quick else 60.0)
    started = time.perf_counter()
    with field() as place:
        found: dict[str, Any] = {"seconds": seconds, "pairs": pairs(place, 1 if arguments.quick else 5, seconds)}
        found["crowds"] = [] if arguments.pairs_only else crowds(place, seconds)
    text = section(found, seconds)
    print(text)
    if not (arguments.quick or arguments.pairs_only):
        keep(
            Section(name="load", title="Small decisions in a crowd", text=text, figures=found),
            time.perf_counter() - started,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
