"""The schema: from empty, from every earlier version, by many processes at once, and never from a newer one."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from service import running
from sqlalchemy import Connection, MetaData, insert, select, text, update

from scoring.base.secrets import Secret
from scoring.store import schema, tables
from scoring.store.database import Database
from scoring.store.errors import NewerSchemaError, NoDatabaseError

ROOT = Path(__file__).parents[3]
MIGRATIONS = Path(schema.__file__).parent / "migrations"
AT = "2026-01-31T10:00:00.000Z"
FIRST_ROWS: dict[str, dict[str, Any]] = {
    "principals": {"id": "pri_1", "lender_id": "bank", "kind": "person", "name": "Änne Öztürk", "created_at": AT},
    "api_keys": {
        "prefix": "abcdefgh",
        "principal_id": "pri_1",
        "sha256": "0" * 64,
        "roles": "apply,audit",
        "created_at": AT,
    },
    "borrowers": {
        "id": "bor_1",
        "lender_id": "bank",
        "borrower_ref": "Straße 1",
        "key_id": "k1",
        "sealed_key": bytes(range(256)),
        "created_at": AT,
    },
    "connections": {
        "id": "con_1",
        "lender_id": "bank",
        "borrower_id": "bor_1",
        "key_id": "k1",
        "sealed_token": b"\x00\xff",
        "status": "working",
        "created_at": AT,
        "checked_at": AT,
    },
    "decisions": {
        "id": "dec_1",
        "lender_id": "bank",
        "borrower_id": "bor_1",
        "record": b"{}",
        "sha256": "1" * 64,
        "created_at": AT,
        "as_of": date(2026, 1, 31),
        "verdict": "refer",
        "recommendation": "approve",
        "score": 724.2344199307263,
    },
    "snapshots": {
        "decision_id": "dec_1",
        "lender_id": "bank",
        "key_id": "k1",
        "sealed": bytes(1000),
        "sha256": "2" * 64,
        "expires_at": AT,
    },
    "idempotency": {
        "lender_id": "bank",
        "idempotency_key": "key-1",
        "body_sha256": "3" * 64,
        "attempt": "att_1",
        "reserved_at": AT,
        "decision_id": "dec_1",
    },
}
"""One row of each table of the first schema."""
CONSENTED: dict[str, dict[str, Any]] = {
    "connect_sessions": {
        "id": "cns_1",
        "lender_id": "bank",
        "borrower_id": "bor_1",
        "secret_sha256": "4" * 64,
        "return_url": "https://bank.example/",
        "lender_name": "Muster Bank",
        "privacy_url": "https://bank.example/privacy",
        "privacy_email": "privacy@bank.example",
        "language": "de",
        "purposes": "decision",
        "status": "completed",
        "tries": 1,
        "created_at": AT,
        "expires_at": AT,
        "ended_at": AT,
        "connection_id": "con_1",
    },
    "consents": {
        "connect_session_id": "cns_1",
        "lender_id": "bank",
        "borrower_id": "bor_1",
        "connection_id": "con_1",
        "language": "de",
        "purposes": "decision",
        "text_version": "2",
        "text_sha256": "5" * 64,
        "text": "Kurz gesagt\n",
        "given_at": AT,
    },
}
"""A link that was used, and its consent, in the third schema."""


@pytest.fixture
def url(each_url: str) -> str:
    """The address of an empty database of each kind."""
    return each_url


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration as the service makes it."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


REVISIONS = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]


def fill(connection: Connection) -> None:
    """Put the rows into the first schema, as its tables are and not as the code of today has them."""
    command.upgrade(config(connection), REVISIONS[0])
    found = MetaData()
    found.reflect(connection)
    for name, row in FIRST_ROWS.items():
        connection.execute(insert(found.tables[name]).values(**row))


def rows_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """What is in the columns of the first schema."""
    found = MetaData()
    found.reflect(connection)
    return {
        name: [
            dict(line._mapping)
            for line in connection.execute(select(*(found.tables[name].c[column] for column in row)))
        ]
        for name, row in FIRST_ROWS.items()
    }


def test_schemas_are_numbered_in_order() -> None:
    """A newer schema is known by its higher number, though this version has never heard of it."""
    assert sorted(REVISIONS) == REVISIONS
    assert all(len(revision) == 4 and revision.isdecimal() for revision in REVISIONS)


async def test_an_empty_database_gets_the_tables_of_the_code(url: str) -> None:
    """Column by column; a second start changes nothing."""
    database = Database(Secret(url))
    await database.migrate()
    await database.migrate()
    async with database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), tables.metadata)
        )
    await database.close()
    assert differences == []


@pytest.mark.parametrize("earlier", REVISIONS)
async def test_rows_survive_the_way_from_every_earlier_schema(url: str, earlier: str) -> None:
    """Every value of every column that the first schema had, in a database that stopped at this version."""
    database = Database(Secret(url))
    async with database.write() as connection:
        await connection.run_sync(fill)
        await connection.run_sync(lambda sync: command.upgrade(config(sync), earlier))
    await database.migrate()
    async with database.read() as connection:
        kept = await connection.run_sync(rows_of)
        reached = await connection.run_sync(schema.revision)
    assert await database.is_reachable()
    await database.close()
    assert reached == tables.HEAD
    assert kept == {name: [row] for name, row in FIRST_ROWS.items()}


async def test_connections_from_before_purposes_and_sources_are_for_decisions_at_sevdesk(url: str) -> None:
    """As are those that an older process still adds; what was agreed to on a page stays as it was recorded."""
    database = Database(Secret(url))
    async with database.write() as connection:
        await connection.run_sync(fill)
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0003"))
        for name, row in CONSENTED.items():
            await connection.run_sync(partial(put, name, row))
    await database.migrate()
    async with database.write() as connection:
        await connection.run_sync(partial(put, "connections", FIRST_ROWS["connections"] | {"id": "con_2"}))
    async with database.read() as connection:
        columns = (tables.connections.c.id, tables.connections.c.purposes, tables.connections.c.source)
        found = (await connection.execute(select(*columns))).all()
        kept = {
            name: [dict(line._mapping) for line in await connection.execute(select(tables.metadata.tables[name]))]
            for name in CONSENTED
        }
    await database.close()
    later = {"consents": {"withdrawn_at": None, "reads": None}}
    assert sorted(map(tuple, found)) == [("con_1", "decision", "sevdesk"), ("con_2", "decision", "sevdesk")]
    assert kept == {name: [row | later.get(name, {})] for name, row in CONSENTED.items()}


async def test_the_newest_migration_leaves_all_that_the_version_before_uses(url: str) -> None:
    """So that processes of both versions can run side by side: no column is changed or demanded, nothing is gone."""
    database = Database(Secret(url))
    async with database.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0010"))
        before = await connection.run_sync(_columns)
    await database.migrate()
    async with database.read() as connection:
        after = await connection.run_sync(_columns)
    await database.close()
    for table, columns in before.items():
        assert {name: after[table][name] for name in columns} == columns
        assert all(not is_demanded for name, (_, is_demanded) in after[table].items() if name not in columns)


async def test_of_runs_of_one_schedule_at_a_time_the_newest_goes_on(url: str) -> None:
    """Versions whose claims were not exclusive could leave several; each of the others is taken up after it."""
    database = Database(Secret(url))
    async with database.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0032"))
        for name, day, state in (
            ("encryption", 1, "running"),
            ("encryption", 2, "running"),
            ("encryption", 3, "running"),
            ("encryption", 4, "done"),
            ("retention", 1, "running"),
            ("watching", 1, "waiting"),
        ):
            due_at = f"2026-02-0{day}T03:17:00.000Z"
            row = {"id": f"run_{name}_{day}", "schedule": name, "due_at": due_at, "state": state, "tries": 1}
            await connection.run_sync(partial(put, "scheduled_runs", row))
    await database.migrate()
    runs = tables.scheduled_runs
    async with database.read() as connection:
        found = (await connection.execute(select(runs.c.id, runs.c.state).order_by(runs.c.id))).all()
    await database.close()
    assert dict(map(tuple, found)) == {
        "run_encryption_1": "waiting",
        "run_encryption_2": "waiting",
        "run_encryption_3": "running",
        "run_encryption_4": "done",
        "run_retention_1": "running",
        "run_watching_1": "waiting",
    }


def _columns(connection: Connection) -> dict[str, dict[str, tuple[str, bool]]]:
    """Type, and whether a value is demanded, by table and column."""
    found = MetaData()
    found.reflect(connection)
    return {
        name: {
            column.name: (str(column.type), not column.nullable and column.server_default is None)
            for column in table.columns
        }
        for name, table in found.tables.items()
    }


def put(name: str, row: dict[str, Any], connection: Connection) -> None:
    """Add a row to a table as it is at present."""
    found = MetaData()
    found.reflect(connection)
    connection.execute(insert(found.tables[name]).values(**row))


async def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
    """Not even the tables that were made before the one that failed; the next start begins anew."""
    database = Database(Secret(url))
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE idempotency (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="idempotency"):
        await database.migrate()
    async with database.read() as connection:
        left = await connection.run_sync(lambda sync: set(_names(sync)))
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE idempotency"))
    await database.migrate()
    assert await database.is_reachable()
    await database.close()
    assert left == {"idempotency"}


def _names(connection: Connection) -> list[str]:
    found = MetaData()
    found.reflect(connection)
    return list(found.tables)


async def test_a_newer_schema_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start says so and changes nothing; a service that runs is not ready any more."""
    monkeypatch.setattr("service.database_in", lambda _folder: url)
    async with running(tmp_path) as service:
        database = Database(Secret(url))
        async with database.write() as connection:
            for table in (tables.schema_version, tables.required_schema):
                await connection.execute(update(table).values(version_num="9999"))
        with pytest.raises(NewerSchemaError, match="schema 9999"):
            await database.migrate()
        async with database.read() as connection:
            found = await connection.run_sync(schema.revision)
        await database.close()
        ready = await service.http.get("/health/ready")
        live = await service.http.get("/health/live")
    done = await asyncio.to_thread(serve, environ(url, tmp_path))
    assert found == "9999"
    assert (ready.status_code, live.status_code) == (503, 200)
    assert ready.json()["checks"]["database"] == "belongs to a newer version of the service"
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("scoring: the database has schema 9999, this version of the service")
    assert "Traceback" not in done.stderr


async def test_an_empty_database_is_not_filled_by_a_command_that_reads(url: str) -> None:
    """A wrong address must not look like an empty service."""
    database = Database(Secret(url))
    with pytest.raises(NoDatabaseError, match=r"there is no database yet|the database is empty"):
        await database.migrate(create=False)
    async with database.read() as connection:
        assert await connection.run_sync(_names) == []
    await database.close()


MIGRATING = """
import asyncio, sys
import alembic.command
from scoring.base.secrets import Secret
from scoring.store.database import Database

async def start():
    database = Database(Secret(sys.argv[1]))
    await database.migrate()
    print("ready" if await database.is_reachable() else "not ready")
    await database.close()

print("loaded", flush=True)
sys.stdin.readline()
asyncio.run(start())
"""


def test_processes_that_start_together_migrate_once(url: str, tmp_path: Path) -> None:
    """Four of them on an empty database: one runs the migrations, all others wait for it and go on."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATING, url],
            env=environ(url, tmp_path),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "loaded\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [lines.splitlines()[-1] for lines in said] == ["ready"] * 4, said
    assert "".join(said).count("schema migrated") == 1


def test_a_migration_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    """On SQLite, where another process holds the file for a while, too."""
    path = tmp_path / "test.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")

        async def migrate() -> None:
            database = Database(Secret(f"sqlite:///{path}"))
            starting = asyncio.create_task(database.migrate())
            await asyncio.sleep(0.2)  # it is waiting by now, or it would be done
            waited = not starting.done()
            other.execute("COMMIT")
            await starting
            assert await database.is_reachable()
            await database.close()
            assert waited

        asyncio.run(migrate())


def serve(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The service as a process that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "scoring", "serve"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def environ(url: str, folder: Path) -> dict[str, str]:
    """The environment of a process of the service."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCORING_")}
    return kept | {"SCORING_DATABASE_URL": url, "SCORING_DATA_DIR": str(folder)}
