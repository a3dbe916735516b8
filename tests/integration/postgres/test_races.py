"""Two processes that want the same row: PostgreSQL decides, and both get a right answer."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres
import pytest
from service import settings_in
from sqlalchemy import text
from sqlalchemy.engine import Connection

from scoring.base.secrets import Cipher, Secret
from scoring.store import decisions
from scoring.store.borrowers import Borrower, borrower_of
from scoring.store.database import Database
from scoring.store.decisions import InFlightError, KeyReusedError, Reservation

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 10, 1, 10, tzinfo=UTC)
STALE = timedelta(seconds=60)


@pytest.fixture
def migrated(url: str) -> str:
    """The address of a database with the newest schema."""
    asyncio.run(postgres.migrate(url))
    return url


async def reserve(database: Database, attempt: str, *, body: str = "a" * 64, now: datetime = NOW) -> str | None:
    """Reserve the one key of this test for an attempt."""
    reservation = Reservation(lender_id="bank", key="key-1", attempt=attempt)
    async with database.write() as connection:
        return await connection.run_sync(
            lambda sync: decisions.reserve(sync, reservation, body_digests=(body,), now=now, stale_after=STALE)
        )


async def until_one_waits(url: str) -> None:
    """Until a transaction in this database waits for another one."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await postgres.ask(url, waiting):  # noqa: ASYNC110  the server tells by being asked
        await asyncio.sleep(0.01)


async def test_a_key_that_is_just_being_reserved_is_waited_for(migrated: str) -> None:
    """The second attempt learns of the first when that one is stored, and not of a fault of the database."""
    first, second = Database(Secret(migrated)), Database(Secret(migrated))
    mine = Reservation(lender_id="bank", key="key-1", attempt="att_1")
    async with first.write() as connection:
        reserved = await connection.run_sync(
            lambda sync: decisions.reserve(sync, mine, body_digests=("a" * 64,), now=NOW, stale_after=STALE)
        )
        assert reserved is None
        same = asyncio.create_task(reserve(second, "att_2"))
        other_body = asyncio.create_task(reserve(second, "att_3", body="b" * 64))
        await until_one_waits(migrated)
    with pytest.raises(InFlightError):
        await same
    with pytest.raises(KeyReusedError):
        await other_body
    await first.close()
    await second.close()


async def test_a_key_that_is_given_back_meanwhile_goes_to_the_one_who_waits(migrated: str) -> None:
    """It is reserved anew, though it was there a moment ago."""
    first, second = Database(Secret(migrated)), Database(Secret(migrated))
    await reserve(first, "att_1")
    async with first.write() as connection:
        await connection.execute(text("DELETE FROM idempotency"))
        waiting = asyncio.create_task(reserve(second, "att_2"))
        await until_one_waits(migrated)
    assert await waiting is None
    assert [row["attempt"] for row in await postgres.ask(migrated, "SELECT attempt FROM idempotency")] == ["att_2"]
    await first.close()
    await second.close()


async def test_a_stale_key_is_taken_over_by_one(migrated: str) -> None:
    """Of several who find it stale at the same moment; the others find it in flight."""
    databases = [Database(Secret(migrated)) for _ in range(4)]
    await reserve(databases[0], "att_0")
    later = NOW + timedelta(seconds=61)
    tries = (reserve(database, f"att_{number}", now=later) for number, database in enumerate(databases, start=1))
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert found.count(None) == 1
    assert sum(isinstance(outcome, InFlightError) for outcome in found) == 3
    for database in databases:
        await database.close()


async def test_a_borrower_who_is_just_being_added_is_the_same_borrower(migrated: str, tmp_path: Path) -> None:
    """Two applications for a new borrower at once: one row, one secret, for both."""
    first, second = Database(Secret(migrated)), Database(Secret(migrated))
    cipher = Cipher(settings_in(tmp_path).encryption_keys, os.urandom)

    def work(connection: Connection) -> Borrower:
        return borrower_of(connection, lender_id="bank", ref="firm-1", cipher=cipher, now=NOW, randomness=os.urandom)

    async with first.write() as connection:
        made = await connection.run_sync(work)
        waiting = asyncio.create_task(second.write_at_once(work))
        await until_one_waits(migrated)
    assert await waiting == made
    await first.close()
    await second.close()


RESERVING = """
import asyncio, os, sys
from datetime import UTC, datetime, timedelta
from scoring.base.secrets import EncryptionKey, Secret
from scoring.store import decisions
from scoring.store.borrowers import borrower_of
from scoring.base.secrets import Cipher
from scoring.store.database import Database

url, name, material = sys.argv[1:]
cipher = Cipher((EncryptionKey(id="k1", material=Secret(material)),), os.urandom)

async def one(database, number):
    now = datetime.now(UTC)
    mine = decisions.Reservation(lender_id="bank", key=f"key-{number}", attempt=name)
    try:
        def work(connection):
            decisions.reserve(connection, mine, body_digests=("a" * 64,), now=now, stale_after=timedelta(hours=1))
            return borrower_of(
                connection, lender_id="bank", ref=f"firm-{number % 10}", cipher=cipher, now=now, randomness=os.urandom
            )
        borrower = await database.write_at_once(work)
    except decisions.InFlightError:
        return
    print(number, borrower.id)

async def all_of_them():
    database = Database(Secret(url))
    async with database.read():
        print("loaded", flush=True)
        sys.stdin.readline()
    await asyncio.gather(*(one(database, number) for number in range(200)))
    await database.close()

asyncio.run(all_of_them())
"""


def test_two_processes_share_out_two_hundred_keys(migrated: str, tmp_path: Path) -> None:
    """Each key goes to one of them, each of ten borrowers is one, and neither process meets a fault."""
    material = settings_in(tmp_path).encryption_keys[0].material.reveal()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RESERVING, migrated, name, material],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("att_1", "att_2")
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "loaded\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [process.communicate(timeout=60)[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    keys = [int(key) for words in won for key in words[::2]]
    borrowers = {identifier for words in won for identifier in words[1::2]}
    assert sorted(keys) == list(range(200))
    assert len(borrowers) == 10
