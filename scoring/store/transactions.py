"""Transactions as the store uses them, the same on both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import anyio.to_thread
from anyio import CancelScope, CapacityLimiter
from sqlalchemy import CursorResult, Executable
from sqlalchemy.engine import Connection, Dialect, Engine

T = TypeVar("T")


class Transaction(Protocol):
    """What may be asked in a transaction."""

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]:  # noqa: ANN401  values
        """Run one statement."""

    async def run_sync(self, work: Callable[[Connection], T], /) -> T:
        """Run several in one go; the connection must not be used outside of it."""


class ThreadedTransaction:
    """A transaction of a driver that blocks: each call is one change to a worker thread, and is awaited to its end."""

    def __init__(self, connection: Connection, limiter: CapacityLimiter) -> None:
        """Take an open connection whose transaction has begun."""
        self._connection = connection
        self._limiter = limiter

    @property
    def dialect(self) -> Dialect:
        """Which database it is."""
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]:  # noqa: ANN401  values
        """Run one statement."""
        return await self.run_sync(lambda connection: connection.execute(statement, parameters))

    async def run_sync(self, work: Callable[[Connection], T], /) -> T:
        """Run several in one go."""
        return await anyio.to_thread.run_sync(work, self._connection, limiter=self._limiter)


@asynccontextmanager
async def begin_threaded(
    engine: Engine, limiter: CapacityLimiter, *, is_kept: bool
) -> AsyncIterator[ThreadedTransaction]:
    """A transaction in worker threads.

    Args:
        engine: of a driver that blocks.
        limiter: how many threads work for it; at least as many as it has connections.
        is_kept: commit at the end; without it, and when the block raises, everything is rolled back.
    """
    connection = await anyio.to_thread.run_sync(_open, engine, limiter=limiter)
    ending = connection.rollback
    try:
        yield ThreadedTransaction(connection, limiter)
        if is_kept:
            ending = connection.commit
    finally:
        with CancelScope(shield=True):
            await anyio.to_thread.run_sync(_close, connection, ending, limiter=limiter)


async def run_threaded(
    engine: Engine, limiter: CapacityLimiter, work: Callable[[Connection], T], *, is_kept: bool
) -> T:
    """A whole transaction in one go, in one worker thread."""

    def run() -> T:
        with engine.connect() as connection:
            connection.begin()
            done = work(connection)
            if is_kept:
                connection.commit()
            return done

    return await anyio.to_thread.run_sync(run, limiter=limiter)


def _open(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


def _close(connection: Connection, ending: Callable[[], None]) -> None:
    with connection:
        ending()
