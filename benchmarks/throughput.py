"""Decisions per second, on SQLite and on PostgreSQL, with 1 and 8 clients; bare Litestar as the floor.

    python benchmarks/throughput.py            12 s each
    python benchmarks/throughput.py --quick    3 s each

Service and local sevdesk are processes. On two processors or more the service runs on one of them, the local sevdesk
and the load generator (benchmarks/clients.py, a process, too) on another; PostgreSQL runs where it likes. The
applications are those of the sandbox's healthy agency, each with an idempotency key of its own, so that each is read,
decided and stored. PostgreSQL is that of TEST_POSTGRES_URL, postgresql+asyncpg://postgres@127.0.0.1:5432/postgres
unless it is set; a database is made for the run and dropped. Bare Litestar (benchmarks/bare.py) decodes the same
application and answers.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from rich.progress import track
from sqlalchemy.engine import URL, make_url

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.clients import Seen, Task
from benchmarks.results import ROOT, Section, number, run, spread, table
from demo.stack import free_port, running

CLIENTS = (1, 8)
POSTGRES = "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
APPLICATION = {
    "borrower_ref": "agency",
    "legal_form": "gmbh",
    "product": "working_capital",
    "amount": {"value": "25000.00", "currency": "EUR"},
    "term_months": 12,
    "purpose": "benchmark",
    "language": "de",
}


def cores() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Processors of the service, and of the local sevdesk and the load generator; empty where there is only one."""
    available = sorted(os.sched_getaffinity(0))
    return ((available[1],), (available[0],)) if len(available) > 1 else ((), ())


def pin(pid: int, processors: tuple[int, ...]) -> None:
    """Keep a process, all its threads and those that they will start, on some processors."""
    if processors:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), processors)


def drive(url: str, headers: dict[str, str], body: dict[str, Any], clients: int, seconds: float) -> dict[str, float]:
    """Put load on an address from another process; rate and latency."""
    address = httpx.URL(url)
    task = Task(
        host=address.host,
        port=address.port or 80,
        path=address.path,
        headers=headers,
        body=msgspec.json.encode(body).decode(),
        clients=clients,
        seconds=seconds,
        warm_seconds=seconds / 4,
        cores=cores()[1],
        run=secrets.token_hex(4),
    )
    script = Path(__file__).with_name("clients.py")
    done = subprocess.run([sys.executable, script], input=msgspec.json.encode(task), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the load generator failed:\n{done.stderr.decode()[-2000:]}")
    milliseconds = msgspec.json.decode(done.stdout, type=Seen).milliseconds
    return {"per_second": len(milliseconds) / seconds, **spread(milliseconds)}


def service(seconds: float, settings: dict[str, str]) -> dict[str, Any]:
    """The service under load, per number of clients."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        directory = books.export(books.FIRM, folder / "books")
        with running(folder / "data", books=folder / "books", settings=settings) as stack:
            for process, processors in zip((stack.service, stack.sandbox), cores(), strict=True):
                pin(process.pid, processors)
            headers = {"Authorization": f"Bearer {stack.api_key}"}
            opened = httpx.post(
                f"{stack.service_url}/v1/connections",
                headers=headers,
                json={"borrower_ref": APPLICATION["borrower_ref"], "sevdesk_token": books.token_of(directory)},
            )
            opened.raise_for_status()
            body = {**APPLICATION, "connection_id": opened.json()["connection_id"]}
            url = f"{stack.service_url}/v1/decisions"
            return {str(clients): drive(url, headers, body, clients, seconds) for clients in CLIENTS}


def floor(seconds: float) -> dict[str, Any]:
    """Bare Litestar under the same load, served as the service is."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", "--port", str(port), "--log-level", "warning"]
    with subprocess.Popen([*command, "--no-access-log"], cwd=ROOT) as process:
        try:
            url = f"http://127.0.0.1:{port}/v1/decisions"
            _wait(url)
            pin(process.pid, cores()[0])
            body = {**APPLICATION, "connection_id": "con_bare"}
            return {str(clients): drive(url, {}, body, clients, seconds) for clients in CLIENTS}
        finally:
            process.terminate()


def _wait(url: str) -> None:
    """Wait until the server listens.

    Raises:
        RuntimeError: it did not start in time.
    """
    for _ in range(600):
        try:
            httpx.get(url, timeout=2.0)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing answers {url}")


@contextmanager
def database() -> Iterator[str | None]:
    """A temporary database on the PostgreSQL server; None if there is no server."""
    server = make_url(os.environ.get("TEST_POSTGRES_URL", POSTGRES))
    name = f"hauptbuch_bench_{os.getpid()}"
    try:
        asyncio.run(_execute(server, f'CREATE DATABASE "{name}"'))
    except (OSError, asyncpg.PostgresError):
        yield None
        return
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _execute(server: URL, statement: str) -> None:
    url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All servers, one after another."""
    seconds = 3.0 if is_quick else 12.0
    figures: dict[str, Any] = {}
    with database() as postgres:
        runs = {"SQLite": {}} | ({"PostgreSQL": {"SCORING_DATABASE_URL": postgres}} if postgres else {})
        for name in track([*runs, "bare Litestar"], description="deciding"):
            figures[name] = service(seconds, runs[name]) if name in runs else floor(seconds)
    return Section(name="throughput", title="Decisions per second", text=section(figures, seconds), figures=figures)


def section(figures: dict[str, Any], seconds: float) -> str:
    """Rate and latency per server and number of clients."""
    rows = [
        [name, clients, *(number(found[key]) for key in ("per_second", "min", "p50", "p95", "p99"))]
        for name, by_clients in figures.items()
        for clients, found in by_clients.items()
    ]
    header = ("", "clients", "per second", "ms, least", "median", "p95", "p99")
    where = "one processor for the service, another for the local sevdesk and the load generator"
    skipped = "" if "PostgreSQL" in figures else "\n\nPostgreSQL was left out: no server answered at TEST_POSTGRES_URL."
    return f"""The sandbox's {books.FIRM}, read, decided and stored anew by every request; {seconds:.0f} s each after
{seconds / 4:.0f} s to warm up, {where if cores()[0] else "all on the only processor"}.
Bare Litestar decodes the same application and answers without any work: the floor.

{table(header, rows)}{skipped}"""


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
