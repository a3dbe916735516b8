"""What the report on stacking takes of a lender with many borrowers.

    python benchmarks/stacking.py          5,000 borrowers with one decision each, then with four, on SQLite
    python benchmarks/stacking.py URL      the same in an empty PostgreSQL database, as postgresql+asyncpg://...

Each record is the golden one of version 0.7 with the facilities of the local firm `stacked-loans`. Wall time and
processor time are medians of five. The longest pause is that of a task of the event loop that wakes every millisecond,
beside the same without a report.
"""

import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import msgspec
from sqlalchemy import insert, text
from sqlalchemy.engine import Connection

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from benchmarks.facilities import END_ON, ledger_of  # noqa: E402  found through the line above
from benchmarks.results import table  # noqa: E402  the same
from features.spine import spine_of  # noqa: E402  the same
from forecast.facilities import facilities  # noqa: E402  the same
from scoring.base.identifiers import instant, new_id  # noqa: E402  the same
from scoring.base.secrets import Secret  # noqa: E402  the same
from scoring.decisions import records  # noqa: E402  the same
from scoring.decisions.cast_votes import Period  # noqa: E402  the same
from scoring.decisions.decision import SCHEMA, Decision  # noqa: E402  the same
from scoring.store.database import Database  # noqa: E402  the same
from scoring.store.decisions import columns_of  # noqa: E402  the same
from scoring.store.tables import borrowers, decisions  # noqa: E402  the same
from scoring.usecases.stacking_reports import make_stacking_report, usual_stacking_period  # noqa: E402  the same

GOLDEN = ROOT / "tests" / "integration" / "api" / "golden" / "decision_0_7_approve.json"
BORROWERS, ROUNDS, TIMES, LENDER = 5_000, 4, 5, "bank"


def a_decision() -> Decision:
    """The golden one, on a firm with three new loans."""
    decision = records.decode(GOLDEN.read_bytes()).decision
    found = facilities(ledger_of("stacked-loans")[0], spine_of(END_ON))[0]
    return msgspec.structs.replace(decision, schema=SCHEMA, borrowings=found)


def moment(day: date) -> datetime:
    """Its noon."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def identifier(prefix: str, day: date, number: int) -> str:
    """One of its kind."""
    return new_id(prefix, moment(day), number.to_bytes)


def add_borrowers(connection: Connection) -> None:
    """All of them."""
    created = {"lender_id": LENDER, "created_at": instant(moment(END_ON))}
    rows = [
        {"id": identifier("bor", END_ON, number), "borrower_ref": f"firm-{number}", **created}
        for number in range(BORROWERS)
    ]
    connection.execute(insert(borrowers), rows)


def add_round(connection: Connection, decision: Decision, day: date) -> int:
    """A decision on each borrower on a day; returns the bytes of a record."""
    rows, size = [], 0
    for number in range(BORROWERS):
        made = msgspec.structs.replace(
            decision, decision_id=identifier("dec", day, number), created_at=instant(moment(day)), as_of=day
        )
        content = records.encode(made)
        size = len(content)
        borrower = {"lender_id": LENDER, "borrower_id": identifier("bor", END_ON, number)}
        stored = {"record": content, "sha256": hashlib.sha256(content).hexdigest()}
        rows.append({**columns_of(made), **borrower, **stored})
    connection.execute(insert(decisions), rows)
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))  # as the server does by itself after a while
    return size


async def longest_pause(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds by which a task beside it woke too late."""
    pauses = [0.0]

    async def tick() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            pauses.append(1e3 * (time.perf_counter() - begun - 0.001))

    ticking = asyncio.create_task(tick())
    await work()
    ticking.cancel()
    return max(pauses)


async def measured(database: Database, period: Period, stored: int) -> list[str]:
    """One row."""

    async def make() -> None:
        found = await make_stacking_report(database, period, lender_id=LENDER, now=moment(END_ON))
        assert (found.borrowers, found.not_known, found.damaged) == (BORROWERS, 0, ())  # noqa: S101  or it is no measure

    wall, processor, pauses = [], [], []
    for _ in range(TIMES):
        begun, spent = time.perf_counter(), time.process_time()
        await make()
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - spent)
        pauses.append(await longest_pause(make))
    alone = await longest_pause(lambda: asyncio.sleep(median(wall)))
    return [
        f"{stored:,}",
        str((period.until - period.since).days + 1),
        f"{1e3 * median(wall):,.0f}",
        f"{1e3 * median(processor):,.0f}",
        f"{median(pauses):.0f}",
        f"{alone:.0f}",
    ]


async def main(url: str) -> None:
    """Print the table."""
    database, decision, rows = Database(Secret(url)), a_decision(), []
    await database.migrate()
    await database.write_at_once(add_borrowers)
    for number in range(ROUNDS):
        day = END_ON - timedelta(days=60 * number)
        size = await database.write_at_once(lambda connection, day=day: add_round(connection, decision, day))  # type: ignore[misc]  bound at once
        if number == 0:
            print(f"{size:,} bytes a record\n")
            rows.append(await measured(database, usual_stacking_period(END_ON), BORROWERS))
    stored = BORROWERS * ROUNDS
    rows.append(await measured(database, usual_stacking_period(END_ON), stored))
    rows.append(await measured(database, Period(since=END_ON - timedelta(days=364), until=END_ON), stored))
    await database.close()
    head = ("decisions stored", "days", "wall ms", "processor ms", "longest pause ms", "without a report ms")
    print(table(head, rows))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'bench.sqlite'}"))
