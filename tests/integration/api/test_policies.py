"""The policies that were in force are kept by the database, and a version stands for one text."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from decision_cases import POLICY_FILE
from service import a_serving, application, running, settings_in
from signing import SIGNER
from sqlalchemy import delete, select, update

from scoring.runtime.serving import Serving, combine, keep_policy
from scoring.store import policies, tables
from scoring.store.database import Database
from scoring.store.policies import PolicyEditedError, find_policy

RELEASED = POLICY_FILE.read_bytes()
EDITED = RELEASED.replace(b"validity_days = 14", b"validity_days = 15")
NEXT = EDITED.replace(b'version = "1"', b'version = "2"')
DIGESTS = {content: hashlib.sha256(content).hexdigest() for content in (RELEASED, EDITED, NEXT)}
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def under(content: bytes) -> Serving:
    """The model of the tests under another policy."""
    serving = a_serving()
    return combine(serving.card, serving.table, content)


@asynccontextmanager
async def database_of(folder: Path) -> AsyncIterator[Database]:
    """The database of a service with its data in this folder, with the newest schema."""
    database = Database(settings_in(folder).database_url)
    await database.migrate()
    yield database
    await database.close()


async def kept(database: Database) -> dict[str, bytes]:
    """Version to text of every policy that is kept."""
    async with database.read() as connection:
        rows = await connection.execute(select(tables.policies.c.version, tables.policies.c.content))
        return {row.version: row.content for row in rows}


async def test_a_start_keeps_the_policy_and_refuses_another_of_its_version(tmp_path: Path) -> None:
    """Starting again changes nothing; a new version stands beside the old one, which may come back."""
    assert len(set(DIGESTS.values())) == 3
    async with running(tmp_path, serving=under(RELEASED)), database_of(tmp_path) as database:
        assert await kept(database) == {"1": RELEASED}
        for content in (RELEASED, NEXT, RELEASED):
            await keep_policy(database, SIGNER, under(content), NOON)
        with pytest.raises(PolicyEditedError) as refused:
            await keep_policy(database, SIGNER, under(EDITED), NOON)
        assert str(refused.value) == (
            'the policy says version "1", but another policy of that version was in force here on 2026-10-01'
            f" (digest {DIGESTS[RELEASED][:12]}). A released policy is never edited: put that one back, or give the"
            " changed file a new version"
        )
        assert await kept(database) == {"1": RELEASED, "2": NEXT}
        assert [await find_policy(database, DIGESTS[content]) for content in (NEXT, EDITED)] == [NEXT, None]


async def test_of_starts_at_once_one_policy_wins(tmp_path: Path) -> None:
    """All that have its text go on, all others are refused."""
    async with database_of(tmp_path), database_of(tmp_path) as one, database_of(tmp_path) as other:
        starts = [(database, content) for content in (RELEASED, EDITED) for database in (one, other) * 3]
        ends = await asyncio.gather(
            *(policies.keep(database, SIGNER, version="1", content=content, now=NOON) for database, content in starts),
            return_exceptions=True,
        )
        (winner,) = (await kept(one)).values()
    expected = [type(None) if content == winner else PolicyEditedError for _, content in starts]
    assert [type(end) for end in ends] == expected


async def test_what_decided_before_texts_were_kept_is_known_by_its_decisions(tmp_path: Path) -> None:
    """The newest record of that version says its digest; a damaged one in between says nothing."""
    async with running(tmp_path, serving=under(RELEASED)) as service:
        first = (await service.post("/v1/decisions", application())).json()["decision_id"]
        service.clock.advance(seconds=1)
        second = (await service.post("/v1/decisions", application())).json()["decision_id"]
    async with database_of(tmp_path) as database:
        async with database.write() as connection:
            await connection.execute(delete(tables.policies))
            await connection.execute(
                update(tables.decisions).where(tables.decisions.c.id == second).values(record=b"\xff{")
            )
        with pytest.raises(
            PolicyEditedError, match=r'version "1".* in force here on 2026-10-01 \(digest 5c48b1ad8817\)'
        ):
            await policies.keep(database, SIGNER, version="1", content=EDITED, now=NOON)
        assert await kept(database) == {}
        await policies.keep(database, SIGNER, version="2", content=NEXT, now=NOON)
        await policies.keep(database, SIGNER, version="1", content=RELEASED, now=NOON)
        assert await kept(database) == {"1": RELEASED, "2": NEXT}
    assert first < second
