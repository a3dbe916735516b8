"""Databases on a real PostgreSQL server, made for the tests and dropped after them.

``TEST_POSTGRES_URL`` names the server and a user who may create databases. Where none answers, the tests are skipped,
or fail when ``POSTGRES_TESTS_REQUIRED`` is set.
"""

import asyncio
import functools
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url

from scoring.base.secrets import Secret
from scoring.store.database import Database

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For tests of the interface that do not depend on the store: one kind of database shows all there is to see."""
EVERY_ROW = pytest.mark.every_row
"""For tests of the interface with a table whose rows reach into the store: PostgreSQL sees them all."""
SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")

_KEEP = """DO $$ DECLARE name text; BEGIN
CREATE SCHEMA migrated;
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
  EXECUTE format('CREATE TABLE migrated.%1$I AS TABLE public.%1$I', name);
END LOOP; END $$"""
_DISCONNECT = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_EMPTY = """DO $$ DECLARE name text; BEGIN
SET LOCAL session_replication_role = replica;  -- neither triggers nor foreign keys
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
  EXECUTE format('DELETE FROM public.%I', name);
  EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM migrated.%1$I', name);
END LOOP;
FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
  EXECUTE format('ALTER SEQUENCE public.%I RESTART', name);
END LOOP; END $$"""


async def ask(url: str, *statements: str) -> list[Any]:
    """Run statements one by one in a connection of their own; the rows of the last."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=5)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return list(await connection.fetch(statements[-1]))
    finally:
        await connection.close()


@functools.cache
def require_server() -> None:
    """Skip the test where no server answers, or fail."""
    try:
        asyncio.run(ask(SERVER, "SELECT 1"))
    except (OSError, asyncpg.PostgresError) as error:
        reason = f"no PostgreSQL server answers at TEST_POSTGRES_URL ({type(error).__name__})"
        if os.environ.get("POSTGRES_TESTS_REQUIRED"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of a database of its own, which sorts like a German dictionary and not like bytes."""
    require_server()
    name = f"scoring_test_{secrets.token_hex(6)}"
    sorting = "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'"
    asyncio.run(ask(SERVER, f"CREATE DATABASE {name} TEMPLATE template0 {sorting}"))
    try:
        yield _address(name)
    finally:
        asyncio.run(ask(SERVER, f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def migrated_database() -> Iterator[str]:
    """The address of a database with the newest schema for many tests: ``empty`` it before each.

    Dropping one waits for a checkpoint of the server, which takes many times as long as emptying it.
    """
    with fresh_database() as url:
        asyncio.run(migrate(url))
        asyncio.run(ask(url, _KEEP))
        yield url


def empty(url: str) -> None:
    """Leave in a ``migrated_database`` what migrating it wrote; who is still connected is not any more."""
    asyncio.run(ask(url, _DISCONNECT, _EMPTY))


async def migrate(url: str) -> None:
    """Bring a database up to date, as a service that starts does."""
    database = Database(Secret(url))
    try:
        await database.migrate()
    finally:
        await database.close()


def _address(name: str) -> str:
    url: URL = make_url(SERVER).set(drivername="postgresql+asyncpg", database=name)
    return url.render_as_string(hide_password=False)
