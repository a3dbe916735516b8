"""Portfolios: thousands of applications as one batch of the queue; accept, watch, pause, end, and sum up."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from scoring.base.credentials import TokenCredential
from scoring.base.identifiers import Clock, Randomness, instant, is_id, new_id
from scoring.base.secrets import Cipher, digest
from scoring.decisions.decision import Verdict
from scoring.decisions.portfolios import Counted, PortfolioSummary, summarise
from scoring.store import portfolios
from scoring.store.audit import Action, Trail, Who
from scoring.store.borrowers import identifiers_of
from scoring.store.database import Database
from scoring.store.decisions import KeyReusedError
from scoring.store.jobs import PortfolioState, job_purpose
from scoring.store.portfolios import NewFault, NewPortfolio, NewRow, Portfolio, StoredRow, Wanted
from scoring.store.principals import names_of
from scoring.store.quotas import demand_valid
from scoring.usecases.application import Application
from scoring.usecases.reapplications import applications_again

TAKING: Final = timedelta(minutes=15)
"""In which all rows must be stored: what a process leaves that died is ended after that."""
PRIORITIES: Final = range(1, 10)
USUAL_PRIORITY: Final = 5
_CHUNK: Final = 250
"""Rows of one transaction: others write between two of them."""
_PAGE: Final = 500
"""Rows that are read at once: other requests are answered between two of them."""
_CONNECTED: Final = hashlib.sha256(b"connected").hexdigest()
"""In place of the digest of a file."""


class UnknownPortfolioError(Exception):
    """The lender has no such portfolio."""


class PortfolioStateError(Exception):
    """The portfolio is in a state in which this cannot be done."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An application of a portfolio."""

    line: int
    """Of the file; of connected borrowers the portfolio gives each its line."""
    application: Application
    body: bytes
    """The same as JSON."""
    key: str | None
    """The idempotency key that the file gives it."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no application."""

    line: int
    problem: str
    """JSON: what POST would have answered."""
    borrower_ref: str | None = None
    """Of a borrower that is known; None where only the line says it."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How a portfolio is to be worked on."""

    name: str | None
    priority: int
    """The higher the sooner, among the lender's own."""
    idempotency_key: str | None
    key_prefix: str | None
    """Of the API key that asks; None for operators."""
    file_sha256: str | None
    """None for connected borrowers: each has one row, however often storing them is begun again."""

    @property
    def body_sha256(self) -> str:
        """What a repeated request must have in common with the first."""
        return self.file_sha256 or _CONNECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolios:
    """Takes portfolios and tells how they stand. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    clock: Clock
    randomness: Randomness
    trail: Trail
    workers: CapacityLimiter
    kept: timedelta
    """How long rows may wait."""
    restricted: Callable[[], str]
    """The problem of a row whose borrower's data are only kept, as JSON."""
    wake: Callable[[], None]
    """Tells the worker of this process that there is something to do."""

    async def accept(
        self,
        who: Who,
        order: Order,
        rows: Iterator[Row | Refused],
        *,
        done: Callable[[int], None] = lambda _count: None,
    ) -> Portfolio:
        """Store a portfolio, some rows at a time; the same request again goes on, or leads to the first one.

        Args:
            who: asks, for its lender.
            order: how it is to be worked on.
            rows: of the file, in its order; they are read on a worker thread.
            done: is told how many rows were stored.

        Raises:
            KeyReusedError: the idempotency key belongs to another file.
            KeyRevokedError: the API key is not valid any more.
            PortfolioStateError: it was cancelled or has expired meanwhile.
        """
        portfolio = await self._begin(who, order)
        if portfolio.state is not PortfolioState.TAKING:
            return portfolio
        count = 0
        while chunk := await anyio.to_thread.run_sync(lambda: list(islice(rows, _CHUNK)), limiter=self.workers):
            lines = await anyio.to_thread.run_sync(self._made, portfolio, chunk, limiter=self.workers)
            storing = partial(self._store, portfolio=portfolio, order=order, lines=lines)
            if not await self.database.write_at_once(storing):
                return await self.find(portfolio.lender_id, portfolio.id)
            count += len(chunk)
            done(count)
        ends = self._ends(portfolio)
        opening = partial(portfolios.open_portfolio, portfolio_id=portfolio.id, expires_at=ends)
        await self.database.write_at_once(opening)
        self.wake()
        return await self.find(portfolio.lender_id, portfolio.id)

    async def applications_again(self, lender_id: str) -> list[tuple[str, bytes | None]]:
        """Of each borrower with a connection, its reference and its last application anew; None where it had none.

        Raises:
            TooManyConnectedError: more than a portfolio takes.
        """
        return await applications_again(self.database, self.cipher, self.workers, lender_id=lender_id)

    async def find(self, lender_id: str, portfolio_id: str) -> Portfolio:
        """A portfolio of a lender, with counts.

        Raises:
            UnknownPortfolioError: the lender has none of this identifier.
        """
        found = None
        if is_id(portfolio_id, "pfo"):  # PostgreSQL does not take every text, such as one with a NUL
            search = partial(portfolios.find_portfolio, portfolio_id=portfolio_id, lender_id=lender_id)
            found = await self.database.read_at_once(search)
        if found is None:
            raise UnknownPortfolioError("there is no portfolio with this identifier")
        return found

    async def page(self, lender_id: str, *, before: str | None, limit: int) -> list[Portfolio]:
        """Portfolios of a lender, newest first."""
        search = partial(portfolios.list_portfolios, lender_id=lender_id, before=before, limit=limit)
        return await self.database.read_at_once(search)

    async def senders(self, lender_id: str) -> dict[str, str]:
        """Name of each person and system of a lender, by identifier."""
        return await names_of(self.database, lender_id)

    async def pause(self, who: Who, portfolio_id: str) -> Portfolio:
        """Begin no further row; what has begun is finished. One that is paused stays so.

        Raises:
            UnknownPortfolioError: as ``find``.
            PortfolioStateError: it has ended, or its rows are still being stored.
        """
        return await self._change(
            who, portfolio_id, Action.PORTFOLIO_PAUSED, portfolios.pause, becomes=PortfolioState.PAUSED
        )

    async def resume(self, who: Who, portfolio_id: str) -> Portfolio:
        """Go on; also at once where it rests because of a quota. One that is not paused stays as it is.

        Raises:
            UnknownPortfolioError: as ``find``.
            PortfolioStateError: it has ended.
        """
        return await self._change(
            who, portfolio_id, Action.PORTFOLIO_RESUMED, portfolios.resume, becomes=PortfolioState.OPEN
        )

    async def cancel(self, who: Who, portfolio_id: str) -> Portfolio:
        """End what has not ended; decisions that were made stay. One that has ended stays as it is.

        Raises:
            UnknownPortfolioError: as ``find``.
        """
        found = await self.find(who.lender_id or "", portfolio_id)
        if found.is_live:
            mark, at = self.trail.mark(who, Action.PORTFOLIO_CANCELLED), instant(self.clock())

            def work(connection: Connection) -> None:
                portfolios.end_portfolios(
                    connection, [portfolio_id], state=PortfolioState.CANCELLED, at=at, randomness=self.randomness
                )
                if portfolios.locked_state(connection, portfolio_id) is PortfolioState.CANCELLED:
                    mark.put(connection, object_id=portfolio_id)

            await self.database.write_at_once(work)
        return await self.find(who.lender_id or "", portfolio_id)

    async def verdicts(self, portfolio_id: str, *, with_restricted: bool) -> dict[Verdict, int]:
        """Decided rows of a portfolio that was found, by verdict."""
        count = partial(portfolios.count_verdicts, portfolio_id=portfolio_id, with_restricted=with_restricted)
        return await self.database.read_at_once(count)

    async def rows(
        self,
        who: Who,
        portfolio_id: str,
        *,
        after: int,
        limit: int,
        with_restricted: bool,
        wanted: Wanted = Wanted(),  # noqa: B008  frozen
    ) -> Sequence[StoredRow]:
        """Lines of a portfolio behind a line, those that are wanted, and what became of them.

        Raises:
            UnknownPortfolioError: as ``find``.
        """
        await self._note_reading(who, portfolio_id)
        search = partial(
            portfolios.rows_after,
            portfolio_id=portfolio_id,
            after=after,
            limit=limit,
            with_restricted=with_restricted,
            wanted=wanted,
        )
        return await self.database.read_at_once(search)

    async def all_rows(self, who: Who, portfolio_id: str, *, with_restricted: bool) -> Sequence[StoredRow]:
        """The same, all of them.

        Raises:
            UnknownPortfolioError: as ``find``.
        """
        await self._note_reading(who, portfolio_id)
        return [row async for page in self._pages(portfolio_id, with_restricted=with_restricted) for row in page]

    async def summary(self, who: Who, portfolio_id: str, *, with_restricted: bool) -> PortfolioSummary:
        """What became of it so far, counted.

        Raises:
            UnknownPortfolioError: as ``find``.
        """
        await self._note_reading(who, portfolio_id)
        counted: list[Counted] = []  # no more is kept of a row than is counted
        async for page in self._pages(portfolio_id, with_restricted=with_restricted):
            counted += (Counted(state=row.state, outcome=row.outcome, before=row.before) for row in page)
        return await anyio.to_thread.run_sync(summarise, counted, limiter=self.workers)

    async def _pages(self, portfolio_id: str, *, with_restricted: bool) -> AsyncIterator[list[StoredRow]]:
        """All lines in their order, page by page."""
        after = 0
        while page := await self.database.read_at_once(
            partial(
                portfolios.rows_after,
                portfolio_id=portfolio_id,
                after=after,
                limit=_PAGE,
                with_restricted=with_restricted,
            )
        ):
            after = page[-1].line
            yield page

    async def _note_reading(self, who: Who, portfolio_id: str) -> None:
        await self.find(who.lender_id or "", portfolio_id)
        await self.trail.note(who, Action.PORTFOLIO_READ, object_id=portfolio_id)

    async def _begin(self, who: Who, order: Order) -> Portfolio:
        """A new portfolio, or the one that has the idempotency key."""
        now = self.clock()
        new = NewPortfolio(
            id=new_id("pfo", now, self.randomness),
            who=who,
            key_prefix=order.key_prefix,
            idempotency_key=order.idempotency_key,
            body_sha256=order.body_sha256,
            name=order.name,
            priority=order.priority,
            created_at=now,
            expires_at=now + TAKING,
        )
        mark = self.trail.mark(who, Action.PORTFOLIO_ACCEPTED)

        def work(connection: Connection) -> Portfolio | None:
            if order.key_prefix is not None:
                demand_valid(connection, order.key_prefix)
            if portfolios.add_portfolio(connection, new):
                mark.put(connection, object_id=new.id)
                return portfolios.find_portfolio(connection, new.id, lender_id=who.lender_id)
            return portfolios.find_by_key(connection, lender_id=who.lender_id or "", key=order.idempotency_key or "")

        found = await self.database.write_at_once(work)
        assert found is not None, "it was added, or has the key"  # noqa: S101  for mypy
        if found.body_sha256 != order.body_sha256:
            raise KeyReusedError("this idempotency key was used with another file; use a new key")
        return found

    def _made(self, portfolio: Portfolio, chunk: Iterable[Row | Refused]) -> list[tuple[str | None, NewRow | NewFault]]:
        """Lines ready to be stored, each with the reference of its borrower where one is known."""
        now = self.clock()
        found: list[tuple[str | None, NewRow | NewFault]] = []
        for row in chunk:
            if isinstance(row, Refused):
                found.append((row.borrower_ref, NewFault(line=row.line, problem=row.problem)))
                continue
            job_id = new_id("job", now, self.randomness)
            made = NewRow(
                id=job_id,
                line=row.line,
                borrower_id="",
                row_key=row.key,
                account=digest(_opens(row.application)),
                has_credential=row.application.credential is not None,
                sealed=self.cipher.seal(row.body, lender_id=portfolio.lender_id, purpose=job_purpose(job_id)),
            )
            found.append((row.application.borrower_ref, made))
        return found

    def _ends(self, portfolio: Portfolio) -> datetime:
        """When a portfolio and what waits of it expires."""
        return datetime.fromisoformat(portfolio.created_at) + self.kept

    def _store(
        self,
        connection: Connection,
        portfolio: Portfolio,
        order: Order,
        lines: Sequence[tuple[str | None, NewRow | NewFault]],
    ) -> bool:
        """Store some lines; False where another request with the same key has stored all."""
        state = portfolios.locked_state(connection, portfolio.id)
        if state in {PortfolioState.CANCELLED, PortfolioState.EXPIRED}:  # meanwhile, or its key was revoked
            raise PortfolioStateError(f"the portfolio is {state}; no further rows were stored")
        if state is not PortfolioState.TAKING:
            return False
        if order.file_sha256 is None:
            # who is connected may have changed since another request stored rows: what the portfolio has decides
            named = {ref for ref, _ in lines if ref is not None}
            refs, last = portfolios.still_to_add(connection, portfolio, named)
            left = ((ref, line) for ref, line in lines if ref in refs)
            lines = [
                (ref, msgspec.structs.replace(line, line=number))
                for number, (ref, line) in enumerate(left, start=last + 1)
            ]
        else:
            # a line has one row, also where its borrower was restricted since another request stored it
            there = portfolios.stored_lines(connection, portfolio, [line.line for _, line in lines])
            lines = [(ref, line) for ref, line in lines if line.line not in there]
            refs = {ref for ref, _ in lines if ref is not None}
        known = identifiers_of(
            connection,
            refs,
            lender_id=portfolio.lender_id,
            cipher=self.cipher,
            now=self.clock(),
            randomness=self.randomness,
        )
        rows, faults = [], []
        for ref, line in lines:
            borrower_id, is_restricted = (None, False) if ref is None else known[ref]
            if isinstance(line, NewFault):
                faults.append(msgspec.structs.replace(line, borrower_id=borrower_id))
            elif is_restricted:
                faults.append(NewFault(line=line.line, problem=self.restricted(), borrower_id=borrower_id))
            else:
                rows.append(msgspec.structs.replace(line, borrower_id=borrower_id))
        portfolios.add_rows(connection, portfolio, rows, faults, expires_at=self._ends(portfolio))
        return True

    async def _change(
        self,
        who: Who,
        portfolio_id: str,
        action: Action,
        change: Callable[..., bool],
        *,
        becomes: PortfolioState,
    ) -> Portfolio:
        mark, at = self.trail.mark(who, action), instant(self.clock())
        await self.find(who.lender_id or "", portfolio_id)

        def work(connection: Connection) -> None:
            if change(connection, portfolio_id, at=at):
                mark.put(connection, object_id=portfolio_id)

        await self.database.write_at_once(work)
        self.wake()
        found = await self.find(who.lender_id or "", portfolio_id)
        if found.state is not becomes:
            raise PortfolioStateError(f"the portfolio is {found.state}; nothing was changed")
        return found


def _opens(application: Application) -> str:
    """What opens the books that an application is about."""
    credential = application.credential
    if isinstance(credential, TokenCredential):
        return f"{credential.source}:{credential.secret.reveal()}"
    return application.connection_id or ""
