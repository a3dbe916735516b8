"""Decisions while the service is killed and its database cut: is any lost, doubled, half, or stuck?

    python benchmarks/kills.py                                    150 kills and 50 cuts within 40 minutes
    python benchmarks/kills.py --kills 40 --cuts 15 --minutes 10  a shorter run

Clients post applications of a small firm, each with an idempotency key of its own, and repeat each until it is
answered with a decision. Meanwhile the service is killed (SIGKILL) at random moments and started again, and all its
connections to PostgreSQL are ended by the server. Then every key is repeated, and the database is compared with the
answers. PostgreSQL is that of benchmarks/throughput.py; a database is made for the run and dropped.
"""

import argparse
import asyncio
import itertools
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.results import ROOT, Section, keep, number, quantile, table
from benchmarks.throughput import APPLICATION, database
from demo.stack import Stack, free_port, running

CLIENTS = 8
INVOICES = 60
"""Of the firm: a small one, so that many decisions are under way when the service dies."""
STUCK_SECONDS = 60.0
_ANSWER_SECONDS = 45.0
_PAUSE_SECONDS = 0.25
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> $1"


@dataclass(slots=True)
class Seen:
    """What the clients saw."""

    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By idempotency key, the answer."""
    seconds: list[float] = field(default_factory=list)
    """From the first attempt of each key to its answer."""
    attempts: Counter[str] = field(default_factory=Counter)
    """By outcome: the status, or the error of the connection."""
    unanswered: list[str] = field(default_factory=list)
    """Keys that had no answer long after the last kill."""


class Victim:
    """The service as a process that can be killed and started again."""

    def __init__(self, stack: Stack, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._process = stack.service

    def kill(self) -> None:
        """Kill the process, and start another at once."""
        self.end()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "scoring", "serve"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def end(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()


async def client(http: httpx.AsyncClient, numbers: Iterator[int], body: dict[str, Any], end: float, seen: Seen) -> None:
    """Post one key after another, each until it is answered with a decision."""
    while time.monotonic() < end:
        key = f"key-{next(numbers)}"
        began = time.monotonic()
        while key not in seen.decisions:
            if time.monotonic() > max(began, end) + 3 * STUCK_SECONDS:
                seen.unanswered.append(key)
                return
            try:
                answer = await http.post("/v1/decisions", json=body, headers={"Idempotency-Key": key})
            except httpx.HTTPError as error:
                seen.attempts[type(error).__name__] += 1
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            seen.attempts[str(answer.status_code)] += 1
            if answer.status_code == httpx.codes.CREATED:
                seen.decisions[key] = answer.json()
                seen.seconds.append(time.monotonic() - began)
            elif answer.status_code < 500 and answer.status_code != httpx.codes.CONFLICT:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:300]}")
            else:
                await asyncio.sleep(_PAUSE_SECONDS)


async def cut(url: str) -> None:
    """End all connections of the service to its database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET application_name = 'cut'")
        await connection.fetch(_CUT, connection.get_server_pid())
    finally:
        await connection.close()


async def disturb(victim: Victim, url: str, kills: int, cuts: int, seconds: float) -> None:
    """Kill and cut at random moments, evenly enough that the service comes up between two kills."""
    chosen = random.SystemRandom()
    deeds = ["kill"] * kills + ["cut"] * cuts
    chosen.shuffle(deeds)
    began, step = time.monotonic(), seconds / len(deeds)
    for place, deed in enumerate(deeds):
        moment = began + step * (place + chosen.random() * 0.8)
        await asyncio.sleep(max(0.0, moment - time.monotonic()))
        if deed == "kill":
            await asyncio.to_thread(victim.kill)
        else:
            await cut(url)


async def check(http: httpx.AsyncClient, url: str, body: dict[str, Any], seen: Seen) -> dict[str, int]:
    """Repeat every key, and compare the database with the answers."""
    found = Counter[str](lost=0, doubled=0, half=0, different=0)
    connection = await asyncpg.connect(url)
    try:
        keys = dict(await connection.fetch("SELECT idempotency_key, decision_id FROM idempotency"))
        stored = {row["id"] for row in await connection.fetch("SELECT id FROM decisions")}
        for part in ("snapshots", "document_numbers"):
            whole = {row["decision_id"] for row in await connection.fetch(f"SELECT decision_id FROM {part}")}  # noqa: S608  of two names
            found["half"] += len(stored ^ whole)
    finally:
        await connection.close()
    found["doubled"] = len(stored) - len(set(keys.values()) - {None})
    for key, decision in seen.decisions.items():
        identifier = decision["decision_id"]
        if keys.get(key) != identifier or identifier not in stored:
            found["lost"] += 1
            continue
        read = await http.get(f"/v1/decisions/{identifier}")
        again = await http.post("/v1/decisions", json=body, headers={"Idempotency-Key": key})
        found["different"] += not (read.json() == again.json() == decision)
    return dict(found)


async def attack(
    stack: Stack, victim: Victim, url: str, body: dict[str, Any], arguments: argparse.Namespace
) -> dict[str, Any]:
    """The whole run; its figures."""
    seen, numbers, seconds = Seen(), itertools.count(), 60.0 * arguments.minutes
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    async with httpx.AsyncClient(base_url=stack.service_url, headers=headers, timeout=_ANSWER_SECONDS) as http:
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(disturb(victim, url, arguments.kills, arguments.cuts, seconds))
            for _ in range(CLIENTS):
                group.create_task(client(http, numbers, body, end, seen))
        found = await check(http, url, body, seen)
    return {
        **found,
        "kills": arguments.kills,
        "cuts": arguments.cuts,
        "minutes": arguments.minutes,
        "decisions": len(seen.decisions),
        "attempts": dict(sorted(seen.attempts.items())),
        "stuck": len(seen.unanswered) + sum(one > STUCK_SECONDS for one in seen.seconds),
        "seconds": {"p50": quantile(seen.seconds, 0.5), "p99": quantile(seen.seconds, 0.99), "most": max(seen.seconds)},
    }


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start everything, attack, and take it down again.

    Raises:
        RuntimeError: No PostgreSQL server answers.
    """
    with tempfile.TemporaryDirectory() as name, database() as address:
        if address is None:
            raise RuntimeError("no server answers at TEST_POSTGRES_URL")
        folder, port = Path(name), free_port()
        directory = books.export(books.FIRM, folder / "books")
        books.resize(directory, INVOICES)
        settings = {"SCORING_DATABASE_URL": address}
        with running(folder / "data", books=folder / "books", service_port=port, settings=settings) as stack:
            victim = Victim(stack, stack.environment, folder / "data" / "scoring.log")
            opened = httpx.post(
                f"{stack.service_url}/v1/connections",
                headers={"Authorization": f"Bearer {stack.api_key}"},
                json={"borrower_ref": APPLICATION["borrower_ref"], "sevdesk_token": books.token_of(directory)},
                timeout=30,
            )
            opened.raise_for_status()
            body = {**APPLICATION, "connection_id": opened.json()["connection_id"], "purpose": secrets.token_hex(4)}
            try:
                return asyncio.run(attack(stack, victim, address.replace("+asyncpg", ""), body, arguments))
            finally:
                victim.end()


def section(found: dict[str, Any]) -> str:
    """What was counted."""
    seconds, attempts = found["seconds"], found["attempts"]
    rows = [
        ["decisions answered", f"{found['decisions']:,}"],
        ["attempts", f"{sum(attempts.values()):,}"],
        ["answered, but not in the database: lost", str(found["lost"])],
        ["decisions without a key of their own: doubled", str(found["doubled"])],
        ["decisions without snapshot or numbers: half", str(found["half"])],
        ["read or repeated, and other than the answer", str(found["different"])],
        [f"keys without a decision for more than {STUCK_SECONDS:.0f} s: stuck", str(found["stuck"])],
        ["seconds from the first attempt to the decision, median, p99, most", ", ".join(map(number, seconds.values()))],
    ]
    outcomes = ", ".join(f"{name} {count:,}" for name, count in attempts.items())
    return f"""{found["kills"]} kills and {found["cuts"]} cuts of PostgreSQL within {found["minutes"]:.0f} minutes, one
process, {CLIENTS} clients, a firm with {INVOICES} invoices; the service is started again at once.

{table(("", "count"), rows)}

Attempts by outcome: {outcomes}."""


def main() -> int:
    """Run, print, keep; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--dry", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    started = time.perf_counter()
    found = measure(arguments)
    text = section(found)
    print(text)
    if not arguments.dry:
        keep(Section(name="kills", title="Killed and cut", text=text, figures=found), time.perf_counter() - started)
    return int(any(found[name] for name in ("lost", "doubled", "half", "different", "stuck")))


if __name__ == "__main__":
    sys.exit(main())
