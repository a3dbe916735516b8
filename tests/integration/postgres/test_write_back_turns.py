"""Runs that write into the books of one loan take turns, on either database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from scoring.base.identifiers import instant
from scoring.base.secrets import Secret
from scoring.store import tables
from scoring.store.database import Database
from scoring.store.write_backs import UNSURE, BeingWrittenError, Turn, begin, end

NOW = datetime(2026, 10, 1, 10, tzinfo=UTC)
DECISION = {
    "id": "dec_1",
    "lender_id": "bank",
    "borrower_id": "bor_1",
    "record": b"{}",
    "sha256": "1" * 64,
    "created_at": instant(NOW),
    "as_of": date(2026, 10, 1),
    "verdict": "approve",
    "recommendation": "approve",
}


@pytest.fixture
def url(each_url: str) -> str:
    """The address of an empty database of each kind."""
    return each_url


@pytest.fixture
async def databases(url: str) -> AsyncIterator[list[Database]]:
    """The same database as two processes have it, with two decisions."""
    both = [Database(Secret(url)), Database(Secret(url))]
    await both[0].migrate()
    async with both[0].write() as connection:
        await connection.execute(insert(tables.borrowers).values(id="bor_1", lender_id="bank", created_at=instant(NOW)))
        await connection.execute(insert(tables.decisions), [DECISION, DECISION | {"id": "dec_2"}])
    yield both
    for database in both:
        await database.close()


def turn(attempt: str, decision: str = "dec_1") -> Turn:
    """Of one run."""
    return Turn(lender_id="bank", decision_id=decision, attempt=attempt)


async def holders(database: Database) -> list[str]:
    """Runs that have the turn."""
    async with database.read() as connection:
        return list((await connection.execute(select(tables.write_backs.c.attempt))).scalars())


async def test_of_many_runs_at_once_one_begins(databases: list[Database]) -> None:
    """All others are told since when it is at work."""
    runs = [begin(databases[number % 2], turn(f"att_{number}"), now=NOW) for number in range(12)]
    results = await asyncio.gather(*runs, return_exceptions=True)
    refused = [result for result in results if result is not None]
    assert len(refused) == 11
    assert {str(error) for error in refused} == {
        "another run for this decision began at 2026-10-01T10:00:00.000Z and may still write"
    }
    assert await holders(databases[0]) == [f"att_{results.index(None)}"]


async def test_another_decision_has_its_own_turn(databases: list[Database]) -> None:
    """Loans do not wait for each other."""
    await begin(databases[0], turn("att_1"), now=NOW)
    await begin(databases[1], turn("att_2", "dec_2"), now=NOW)
    assert sorted(await holders(databases[0])) == ["att_1", "att_2"]


async def test_what_is_given_back_can_be_taken_at_once(databases: list[Database]) -> None:
    """A run whose end is sure leaves nothing."""
    await begin(databases[0], turn("att_1"), now=NOW)
    await end(databases[0], turn("att_1"))
    assert await holders(databases[0]) == []
    await begin(databases[1], turn("att_2"), now=NOW)


async def test_a_run_that_never_ended_keeps_others_out_for_a_while(databases: list[Database]) -> None:
    """To the millisecond; then the next one takes over."""
    await begin(databases[0], turn("att_1"), now=NOW)
    with pytest.raises(BeingWrittenError):
        await begin(databases[1], turn("att_2"), now=NOW + UNSURE - timedelta(milliseconds=1))
    await begin(databases[1], turn("att_2"), now=NOW + UNSURE)
    await end(databases[0], turn("att_1"))  # the one that was given up comes back, too late
    assert await holders(databases[0]) == ["att_2"]
