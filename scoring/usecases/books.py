"""Access to books: use a credential, store whether it worked, and complete work after a disconnect."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import msgspec

from features.ledger import Resource
from scoring.base.credentials import Credential
from scoring.base.identifiers import Clock
from scoring.base.secrets import Cipher
from scoring.decisions.holders import Party
from scoring.sources.bank_lines.recognition import NOTHING_ADDED, LineKnowledge
from scoring.sources.errors import CredentialRejectedError
from scoring.sources.port import BookSource, ReadBooks
from scoring.sources.registry import Sources
from scoring.store import connections
from scoring.store.connections import EVERYTHING, Allowed, OpenedConnection
from scoring.store.database import Database
from scoring.usecases.application import UnknownConnectionError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAccess:
    """Checks credentials and reads books, with the credential of a request or of a connection."""

    sources: Sources
    database: Database
    cipher: Cipher
    clock: Clock
    check_deadline_seconds: float
    fetch_deadline_seconds: float

    async def open(self, *, lender_id: str, connection_id: str) -> OpenedConnection:
        """The connection of this lender, with its credential.

        Raises:
            UnknownConnectionError: The lender has no such connection.
            DecryptionError: The stored credential cannot be decrypted.
        """
        found = await connections.open_connection(
            self.database, self.cipher, lender_id=lender_id, connection_id=connection_id
        )
        if found is None:
            raise UnknownConnectionError("there is no connection with this identifier")
        return found

    def source_of(self, access: Credential | OpenedConnection) -> BookSource:
        """The bookkeeping system of the credential."""
        return self.sources[_credential(access).source]

    async def check(self, access: Credential | OpenedConnection) -> None:
        """Ask the source whether the credential works.

        Raises:
            SourceError: It does not (``CredentialRejectedError``), or the source could not be asked.
        """
        source = self.source_of(access)

        async def work(credential: Credential) -> None:
            await source.check(credential, deadline_seconds=self.check_deadline_seconds)

        await use(self.database, self.clock, access, work, is_check=True)

    async def read_holder(self, access: Credential | OpenedConnection) -> Party:
        """Ask whose account it is. What cannot be told is null.

        Raises:
            SourceError: The credential does not work, or the source could not be asked.
        """
        source = self.source_of(access)

        async def work(credential: Credential) -> Party:
            holder = await source.read_holder(credential, deadline_seconds=self.fetch_deadline_seconds)
            return Party(name=holder.name, tax_number=holder.tax_number, vat_id=holder.vat_id)

        return await use(self.database, self.clock, access, work)

    async def read(
        self,
        access: Credential | OpenedConnection,
        resources: frozenset[Resource],
        *,
        read_on: date,
        since: date | None,
        knowledge: LineKnowledge = NOTHING_ADDED,
        at_most: int | None = None,
        optional: frozenset[Resource] = frozenset(),
    ) -> ReadBooks:
        """Read the books, no further than the firm's consent goes; see ``allowed``.

        Args:
            access: To the books.
            resources: What the plan needs.
            read_on: Today.
            since: First day that the plan looks at.
            knowledge: What the lender adds to the recognition of bank lines.
            at_most: Objects of a list; None for any number.
            optional: As ``BookSource.read``.

        Raises:
            BigBooksError: A list has more.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
        """
        source, may = self.source_of(access), allowed(access)
        if not may.names_funders:
            knowledge = msgspec.structs.replace(knowledge, names_funders=False)

        async def work(credential: Credential) -> ReadBooks:
            return await source.read(
                credential,
                resources & may.resources,
                read_on=read_on,
                since=since,
                deadline_seconds=self.fetch_deadline_seconds,
                knowledge=knowledge,
                at_most=at_most,
                optional=optional,
            )

        return await use(self.database, self.clock, access, work)


def allowed(access: Credential | OpenedConnection) -> Allowed:
    """What may be read with a credential: of a connection that the firm made by a link, what its consent names."""
    return access.allowed if isinstance(access, OpenedConnection) else EVERYTHING


async def use(
    database: Database,
    clock: Clock,
    access: Credential | OpenedConnection,
    work: Callable[[Credential], Awaitable[T]],
    *,
    is_check: bool = False,
) -> T:
    """Use a credential and, for a connection, store whether it worked.

    Args:
        database: Where the connection is.
        clock: The present.
        access: A connection, or a credential that is stored nowhere.
        work: What to do.
        is_check: As ``remember``.

    Raises:
        SourceError: As the work does.
    """
    try:
        outcome = await work(_credential(access))
    except CredentialRejectedError:
        await remember(database, clock, access, is_working=False)
        raise
    await remember(database, clock, access, is_working=True, is_check=is_check)
    return outcome


async def remember(
    database: Database,
    clock: Clock,
    access: Credential | OpenedConnection,
    *,
    is_working: bool,
    is_check: bool = False,
) -> None:
    """Store whether a connection's credential is rejected; nothing for credentials of requests.

    Args:
        database: Where the connection is.
        clock: The present.
        access: What was used.
        is_working: Whether the source accepted it.
        is_check: Store also that it still works, with the time; decisions spare themselves this write.
    """
    if not isinstance(access, OpenedConnection):
        return
    status = connections.WORKING if is_working else connections.REJECTED
    if is_check or connections.REJECTED in {status, access.status}:
        await connections.note_check(
            database, lender_id=access.lender_id, connection_id=access.id, status=status, now=clock()
        )


def _credential(access: Credential | OpenedConnection) -> Credential:
    return access.credential if isinstance(access, OpenedConnection) else access


class StoppingError(Exception):
    """The service was told to stop before the work was done; what the work held is free again."""


class Running:
    """The decisions in progress in this process."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: set[asyncio.Task[Any]] = set()

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the work to completion, even if the caller is cancelled.

        Raises:
            StoppingError: ``cut`` ended it.
        """
        return await self._unless_cut(asyncio.shield(self._begun(work)))

    async def follow(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the work until the caller is cancelled, and it with it.

        Raises:
            StoppingError: ``cut`` ended it.
        """
        return await self._unless_cut(self._begun(work))

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do the work beside what is being answered; it ends with the process, and what it raises is its own affair."""
        self._begun(work)

    def _begun(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    async def _unless_cut(self, running: asyncio.Future[T]) -> T:
        try:
            return await running
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
        raise StoppingError("the service is being stopped; nothing was decided")

    def cut(self) -> None:
        """End what is running; it frees what it holds."""
        for task in self._tasks:
            task.cancel()

    async def drain(self) -> None:
        """Wait until nothing is running."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # nobody awaits the task after a disconnect; asyncio would log an unretrieved exception
