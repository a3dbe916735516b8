"""A portfolio of simulated firms on two workers of which one is killed: each decided on once, and at what cost.

    python benchmarks/batch.py              1,000 firms
    python benchmarks/batch.py 10000        as many as are wanted

Every firm is simulated for itself, has a token of its own, and is served by a local sevdesk in a process of its own,
which keeps the books of the last few alone. Two services work on one PostgreSQL database, that of
benchmarks/throughput.py. The file is posted to one; when a third of its rows are decided on, the other is killed
(SIGKILL). At the end the database is read: every row must have one decision, and every decision one row.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import ROOT, machine, number, table, versions
from benchmarks.throughput import database
from demo.stack import free_port
from sandbox.firms.simulation import simulate_firm, traits_of
from sandbox.objects.books import Books
from sandbox.objects.folder import derive_token
from sandbox.rendering.render import books_of
from sandbox.server.app import create_app

SEED = 4711
END_ON = date(2026, 11, 23)
KEPT = 48
"""Firms whose books the local sevdesk keeps."""
KILL_AT = 1 / 3
"""Share of the rows that are decided on when one worker is killed."""
WRONG = ("missing", "without", "doubled", "lost", "kept")
"""Counts that must be 0."""
_LEGAL_FORMS = {"unknown": "gmbh"}


def token_of(firm: int) -> str:
    """What opens the books of a firm."""
    return derive_token(f"simulated-{firm}")


def application(firm: int) -> dict[str, Any]:
    """What a firm asks for."""
    form = traits_of(SEED, firm).legal_form
    return {
        "borrower_ref": f"simulated-{firm}",
        "legal_form": _LEGAL_FORMS.get(form, form),
        "product": "working_capital",
        "amount": {"value": f"{5_000 + 1_000 * (firm % 30)}.00", "currency": "EUR"},
        "term_months": 12,
        "sevdesk_token": token_of(firm),
    }


class Firms:
    """A local sevdesk with any number of firms, whose books are made when they are asked for and soon forgotten."""

    def __init__(self, firms: int) -> None:
        self._by_token = {token_of(firm): firm for firm in range(firms)}
        self._served: OrderedDict[int, asyncio.Task[Any]] = OrderedDict()
        self._requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI
        """Serve one request, by its token; ``/count`` tells how many there were."""
        if scope["type"] != "http":
            return
        if scope["path"] == "/count":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(self._requests).encode()})
            return
        self._requests += 1
        token = next((value.decode() for name, value in scope["headers"] if name == b"authorization"), "")
        firm = self._by_token[token]
        if firm not in self._served:
            self._served[firm] = asyncio.create_task(asyncio.to_thread(self._make, firm))
        self._served.move_to_end(firm)
        while len(self._served) > KEPT:
            self._served.popitem(last=False)
        app = await self._served[firm]
        await app(scope, receive, send)

    @staticmethod
    def _make(firm: int) -> Any:  # noqa: ANN401  an application
        _, history = simulate_firm(SEED, firm, END_ON)
        made: Books = books_of(
            history, firm=f"simulated-{firm}", name=f"Firma {firm}", token=token_of(firm), is_revoked=False
        )
        return create_app([made], today=lambda: END_ON)


def serve(firms: int, port: int) -> None:
    """Serve the firms until the process is ended."""
    import uvicorn  # noqa: PLC0415  only here

    uvicorn.run(Firms(firms), port=port, log_level="warning", lifespan="off")


@contextmanager
def process(
    arguments: list[str], environment: dict[str, str], log: Path, ready: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has answered at an address."""
    with log.open("ab") as file:
        started = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(ready).status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"{ready} does not answer; see {log}")
        yield started
    finally:
        started.kill()
        started.wait()


def processor_seconds(pid: int) -> float:
    """Of a process and all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Pings:
    """Asks whether the service lives, ten times a second, while the block runs; the slowest answer is told."""

    def __init__(self, url: str) -> None:
        self._url, self._stopped = url, threading.Event()
        self._thread = threading.Thread(target=self._ping)
        self.slowest = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _ping(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stopped.wait(0.1):
                began = time.perf_counter()
                client.get(f"{self._url}/health/live")
                self.slowest = max(self.slowest, time.perf_counter() - began)


async def check(address: str, firms: int) -> dict[str, int]:
    """What the database says of the rows and their decisions."""
    connection = await asyncpg.connect(address)
    try:
        rows = await connection.fetch("SELECT line, state, decision_id, tries, sealed IS NULL AS is_gone FROM jobs")
        stored = {row["id"] for row in await connection.fetch("SELECT id FROM decisions")}
    finally:
        await connection.close()
    told = [row["decision_id"] for row in rows if row["decision_id"] is not None]
    return {
        "rows": len(rows),
        "missing": firms - len({row["line"] for row in rows}),
        "without": sum(row["state"] != "done" for row in rows),
        "doubled": len(stored) - len(set(told)) + len(told) - len(set(told)),
        "lost": len(set(told) - stored),
        "taken_over": sum(row["tries"] > 1 for row in rows),
        "kept": sum(not row["is_gone"] for row in rows),
    }


def measure(firms: int) -> dict[str, Any]:
    """The whole run; its figures.

    Raises:
        RuntimeError: no PostgreSQL server answers, or a process does not.
    """
    with tempfile.TemporaryDirectory() as name, database() as address:
        if address is None:
            raise RuntimeError("no server answers at TEST_POSTGRES_URL")
        folder, sandbox, ports = Path(name), free_port(), (free_port(), free_port())
        environment = {
            **os.environ,
            "SCORING_DATA_DIR": name,
            "SCORING_DATABASE_URL": address,
            "SCORING_SEVDESK_URL": f"http://127.0.0.1:{sandbox}/api/v1",
            "SCORING_SEVDESK_SANDBOX": "true",
            "SCORING_SANDBOX_TODAY": str(END_ON),
            "SCORING_PLAIN_HTTP": "true",
            "SCORING_LOG_LEVEL": "warning",
        }
        added = ["-m", "scoring", "keys", "add", "--lender", "bank", "--role", "admin", "--name", "batch"]
        made = subprocess.run([sys.executable, *added], cwd=ROOT, env=environment, capture_output=True, check=True)
        key = made.stdout.decode().strip()
        content = "\n".join(json.dumps(application(firm)) for firm in range(firms)).encode()
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        serving = [str(Path(__file__)), "--serve", str(sandbox), str(firms)]
        with (
            process(serving, environment, folder / "sandbox.log", f"http://127.0.0.1:{sandbox}/count"),
            process(
                ["-m", "scoring", "serve"],
                {**environment, "SCORING_PORT": str(ports[0])},
                folder / "first.log",
                f"{urls[0]}/health/ready",
            ) as first,
            process(
                ["-m", "scoring", "serve"],
                {**environment, "SCORING_PORT": str(ports[1])},
                folder / "second.log",
                f"{urls[1]}/health/ready",
            ) as second,
            httpx.Client(base_url=urls[0], headers={"Authorization": f"Bearer {key}"}, timeout=300) as client,
        ):
            before = processor_seconds(first.pid), processor_seconds(second.pid)
            began = time.perf_counter()
            with Pings(urls[0]) as pings:
                sent = client.post("/v1/portfolios", content=content, headers={"Content-Type": "application/x-ndjson"})
                sent.raise_for_status()
                accepted = time.perf_counter() - began
            path = sent.headers["Location"]
            while _done(client, path) < firms * KILL_AT:
                time.sleep(0.2)
            of_killed = processor_seconds(second.pid) - before[1]
            second.send_signal(signal.SIGKILL)
            second.wait()
            at_kill, killed_at = _done(client, path), time.perf_counter() - began
            while client.get(path).json()["ended_at"] is None:
                time.sleep(0.5)
            seconds = time.perf_counter() - began
            processors = of_killed + processor_seconds(first.pid) - before[0]
            summary = client.get(f"{path}/summary").json()
            requests = int(httpx.get(f"http://127.0.0.1:{sandbox}/count").text)
            reading = time.perf_counter()
            parquet = client.get(f"{path}/results", params={"format": "parquet"}).content
            reading = time.perf_counter() - reading
        found = asyncio.run(check(address.replace("+asyncpg", ""), firms))
    return {
        **found,
        "firms": firms,
        "accepted": accepted,
        "slowest": pings.slowest,
        "at_kill": at_kill,
        "killed_at": killed_at,
        "seconds": seconds,
        "processors": processors,
        "requests": requests,
        "parquet": {"seconds": reading, "bytes": len(parquet)},
        "summary": summary,
    }


def _done(client: httpx.Client, path: str) -> int:
    counts: dict[str, int] = client.get(path).json()["counts"]
    return sum(count for state, count in counts.items() if state not in {"waiting", "running"})


def section(found: dict[str, Any]) -> str:
    """What was measured."""
    firms, rest = found["firms"], found["firms"] - found["at_kill"]
    two = (found["at_kill"]) / (found["killed_at"] - found["accepted"])
    rows = [
        ["rows stored after, s", number(found["accepted"])],
        ["slowest answer of /health/live meanwhile, ms", number(1e3 * found["slowest"])],
        [f"decisions per second, two workers, the first {found['at_kill']:,}", number(two)],
        [
            f"decisions per second, one worker, the other {rest:,}",
            number(rest / (found["seconds"] - found["killed_at"])),
        ],
        ["requests of sevdesk per second, whole run", number(found["requests"] / found["seconds"])],
        ["processor time of the workers per decision, ms", number(1e3 * found["processors"] / firms)],
        ["the whole, s", number(found["seconds"])],
        ["results as Parquet, s", number(found["parquet"]["seconds"])],
        ["rows begun again, because their worker was killed", str(found["taken_over"])],
        [
            "**rows missing; without a decision; decisions doubled; lost; applications kept**",
            "; ".join(str(found[name]) for name in WRONG),
        ],
    ]
    verdicts = ", ".join(f"{name} {count:,}" for name, count in found["summary"]["recommendations"].items())
    return f"""{firms:,} simulated firms, each with books of its own, in one file; two workers on one PostgreSQL, one of
which is killed (SIGKILL) at a third. Workers, local sevdesk (which simulates each firm when it is asked) and database
share the machine. Recommendations: {verdicts}.

{table(("what", "measured"), rows)}"""


def main() -> int:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("firms", type=int, nargs="?", default=1000)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS, metavar="PORT")
    asked = parser.parse_args()
    if asked.serve is not None:
        serve(asked.firms, asked.serve)
        return 0
    started = time.perf_counter()
    found = measure(asked.firms)
    took = time.perf_counter() - started
    print(f"\n{datetime.now(tz=UTC).date()}, {took:.0f} s. {machine()}, {versions()}.\n\n{section(found)}")
    return int(any(found[name] for name in WRONG))


if __name__ == "__main__":
    sys.exit(main())
