"""What versions before 0.6 stored is signed once, whoever asks for it, and nothing else is."""

import asyncio
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import postgres
import pytest
from service import KEY_MATERIAL
from signing import SIGNER
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.secrets import Cipher, EncryptionKey, Secret
from scoring.store.database import Database
from scoring.store.tables import borrowers, decisions
from scoring.usecases.sign_earlier import sign_earlier

GOLDEN = Path(__file__).parents[1] / "old_database" / "database_0_5.sqlite"
CIPHER = Cipher([EncryptionKey(id="k1", material=Secret(KEY_MATERIAL))], os.urandom)


def put(connection: Connection) -> None:
    """The decisions of 0.5, with their borrowers."""
    with closing(sqlite3.connect(GOLDEN)) as golden:
        golden.row_factory = sqlite3.Row
        for table in (borrowers, decisions):
            for row in golden.execute(f"SELECT * FROM {table.name}"):  # noqa: S608  a name of ours
                values = dict(row)
                if "as_of" in values:
                    values["as_of"] = date.fromisoformat(values["as_of"])
                connection.execute(insert(table).values(**values))


def sign(url: str, clock: Callable[[], datetime]) -> int:
    """As `migrate` does, in a process of its own."""

    async def run() -> int:
        database = Database(Secret(url))
        try:
            return await sign_earlier(database, CIPHER, SIGNER, clock=clock, done=lambda _: None)
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.fixture
def earlier(url: str) -> str:
    """The address of a database with decisions that nobody has signed."""

    async def make() -> None:
        await postgres.migrate(url)
        database = Database(Secret(url))
        await database.write_at_once(put)
        await database.close()

    asyncio.run(make())
    return url


async def test_two_who_sign_at_once_sign_each_decision_once(earlier: str) -> None:
    """The second one waits for the first, which has the rows, and finds nothing left."""
    reached, go_on = threading.Event(), threading.Event()

    def halting() -> datetime:
        reached.set()
        assert go_on.wait(30)
        return datetime(2026, 11, 28, tzinfo=UTC)

    async def until_one_waits() -> None:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not await postgres.ask(earlier, waiting):  # noqa: ASYNC110  the server tells by being asked
            await asyncio.sleep(0.01)

    first = asyncio.create_task(asyncio.to_thread(sign, earlier, halting))
    assert await asyncio.to_thread(reached.wait, 30)
    second = asyncio.create_task(asyncio.to_thread(sign, earlier, lambda: datetime(2026, 11, 28, tzinfo=UTC)))
    waits = asyncio.create_task(until_one_waits())
    await asyncio.wait({second, waits}, return_when=asyncio.FIRST_COMPLETED)
    go_on.set()
    assert await asyncio.gather(first, second) == [0, 0]
    waits.cancel()
    counted = "SELECT count(*), count(DISTINCT object_id) FROM statements WHERE kind = 'decision'"
    assert [tuple(row) for row in await postgres.ask(earlier, counted)] == [(2, 2)]


async def test_a_record_of_this_version_without_a_statement_is_not_signed(earlier: str) -> None:
    """Who puts one into the database does not get it signed by the next migration."""

    def add(connection: Connection) -> None:
        for row in connection.execute(select(decisions)).all():
            content = row.record.replace(b'"schema":3', b'"schema":4', 1)
            forged = {"record": content, "sha256": hashlib.sha256(content).hexdigest()}
            connection.execute(update(decisions).where(decisions.c.id == row.id).values(**forged))

    database = Database(Secret(earlier))
    await database.write_at_once(add)
    await database.close()
    assert await asyncio.to_thread(sign, earlier, lambda: datetime(2026, 11, 28, tzinfo=UTC)) == 2
    assert not await postgres.ask(earlier, "SELECT 1 FROM statements WHERE kind = 'decision'")
