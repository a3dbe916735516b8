"""Work that is taken by a lease: a worker takes what is due, renews its hold, and ends each piece once.

What it holds may stop being its own while it works: somebody withdraws, or another worker has it. It learns that when
it renews, and stops at once.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Generic, Protocol, TypeVar

import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of

POLL_SECONDS: Final = 5.0
"""How often an idle worker looks for what others have left. What its own process brings wakes it at once, and so does
the end of a piece of work."""
RENEW_SECONDS: Final = 2.0
"""How often a hold is renewed at least: so long goes on what was withdrawn in another process."""
_log = structlog.get_logger(__name__)


class Leased(Protocol):
    """What is held."""

    @property
    def id(self) -> str:
        """Its identifier."""


H = TypeVar("H", bound=Leased)
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseWorker(ABC, Generic[H, R]):
    """Works on what it takes. Says what that is by its five methods."""

    database: Database
    at_once: int
    lease: timedelta
    is_alone: bool
    """Whether no other process works on the same database, as with a SQLite file."""
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to let it look for what is due."""
    poll_seconds: float = POLL_SECONDS
    served: dict[str, int] = field(default_factory=dict)
    """Lenders in the order in which it took theirs."""

    @abstractmethod
    def free(self, connection: Connection) -> None:
        """Free what a process that died has left; asked only where no other process works."""

    @abstractmethod
    async def claim(self, places: int) -> tuple[Sequence[H], float]:
        """Take what is due, as many as there are places, and say in how many seconds it is worth looking again."""

    @abstractmethod
    async def do(self, held: H) -> R:
        """Work on it; cancelled where it is not held any more."""

    @abstractmethod
    async def end(self, held: H, working: asyncio.Task[R]) -> None:
        """Store what the work ended with, unless that was its cancellation."""

    @abstractmethod
    def renew(self, connection: Connection, held: H) -> bool:
        """Prolong the lease; False where it is not held any more."""

    def told(self, held: H) -> None:
        """One attempt is over, whatever came of it."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work beside the block; at its end, nothing more is taken, and what has begun is finished or put back."""
        stopping = asyncio.Event()
        task = asyncio.create_task(self.run(stopping))
        try:
            yield
        finally:
            stopping.set()
            await task

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until it is told to stop; what has begun then is finished, or put back where it is cut."""
        ending = asyncio.create_task(stopping.wait())
        tasks: set[asyncio.Task[None]] = set()
        is_first = self.is_alone
        while not stopping.is_set():
            self.awake.clear()
            seconds = self.poll_seconds
            try:
                if is_first:
                    await self.database.write_at_once(self.free)
                    is_first = False
                taken, seconds = await self.claim(self.at_once - len(tasks))
                tasks |= {asyncio.create_task(self._attempt(held)) for held in taken}
            except Exception as error:  # noqa: BLE001  whatever it is, the next look may do
                _log.warning("nothing can be taken", by=type(self).__name__, reason=kind_of(error))
            looking = asyncio.create_task(self.awake.wait())
            # with a free place it waits for work, else for a place
            waits = {ending, *tasks} if len(tasks) >= self.at_once else {ending, looking, *tasks}
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            looking.cancel()
            tasks = {task for task in tasks if not task.done()}
        if tasks:
            await asyncio.wait(tasks)
        ending.cancel()

    async def _attempt(self, held: H) -> None:
        """Whatever it ends with is stored, or left to the end of the lease."""
        working = asyncio.create_task(self.do(held))
        renewing = asyncio.create_task(self._renew(held, working))
        try:
            await asyncio.wait({working})
            if not working.cancelled():  # else it was lost, or the process is ended
                with suppress(DatabaseUnavailableError):
                    await self.end(held, working)
        except SQLAlchemyError as error:
            _log.warning("attempt not ended", of=held.id, reason=kind_of(error))
        finally:
            renewing.cancel()
            self.told(held)

    async def _renew(self, held: H, working: asyncio.Task[R]) -> None:
        """Prolong the lease; end the work where it is not this attempt's any more."""
        while True:
            await asyncio.sleep(min(self.lease.total_seconds() / 3, RENEW_SECONDS))
            with suppress(DatabaseUnavailableError, SQLAlchemyError):
                if not await self.database.write_at_once(lambda connection: self.renew(connection, held)):
                    working.cancel()
                    return
