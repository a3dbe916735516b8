"""Portfolios: applications of one file, each a job of the queue; what of the file could not be read stands beside."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, case, exists, func, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant
from scoring.base.secrets import Sealed
from scoring.decisions.decision import Verdict
from scoring.decisions.portfolios import Earlier, Outcome
from scoring.store.audit import Who
from scoring.store.database import add_if_new, add_new
from scoring.store.jobs import OPEN, QUEUED, JobState, PortfolioState, cancel_jobs, shown, stored_state
from scoring.store.tables import borrowers, jobs, portfolio_faults, portfolios

LIVE: Final = (PortfolioState.TAKING, PortfolioState.OPEN, PortfolioState.PAUSED)
"""States of portfolios that have not ended."""
REFUSED: Final = "refused"
"""State of a line that could not be read, beside those of jobs."""
_GO_ON: Final = frozenset({JobState.WAITING, JobState.RUNNING})
MOST_ROWS: Final = 50_000
"""Of one portfolio."""


class NewPortfolio(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio whose rows are still to be stored."""

    id: str
    who: Who
    key_prefix: str | None
    idempotency_key: str | None
    body_sha256: str
    name: str | None
    priority: int
    created_at: datetime
    expires_at: datetime


class Portfolio(msgspec.Struct, frozen=True, kw_only=True):
    """A stored portfolio."""

    id: str
    lender_id: str
    principal_id: str | None
    """Who sent it; none where an operator or a schedule did."""
    actor: str | None
    """The operator or the schedule."""
    name: str | None
    state: PortfolioState
    priority: int
    rows: int
    created_at: str
    ended_at: str | None
    expires_at: str
    rests_until: str | None
    body_sha256: str
    counts: dict[str, int] = {}
    """Rows by state, if loaded; what could not be read is ``refused``."""

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVE

    @property
    def ended_rows(self) -> int:
        """How many rows have ended, by ``counts``."""
        return sum(count for state, count in self.counts.items() if state not in _GO_ON)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A choice of rows."""

    state: str | None = None
    """Of a job, or ``refused``."""
    verdict: Verdict | None = None


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """An application of a portfolio, ready to be stored."""

    id: str
    line: int
    borrower_id: str
    row_key: str | None
    account: str
    has_credential: bool
    sealed: Sealed


class NewFault(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no application."""

    line: int
    problem: str
    """JSON."""
    borrower_id: str | None = None


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a portfolio and what became of it."""

    line: int
    state: str
    """Of a job, or ``refused``."""
    borrower_ref: str | None
    job_id: str | None
    decision_id: str | None
    ended_at: str | None
    outcome: Outcome | None
    before: Earlier | None
    problem: str | None
    """JSON: what POST would have answered."""


def add_portfolio(connection: Connection, new: NewPortfolio) -> bool:
    """Store a portfolio without rows; False where another one has its idempotency key."""
    who = new.who
    return add_if_new(
        connection,
        portfolios,
        id=new.id,
        lender_id=who.lender_id,
        principal_id=who.principal_id,
        actor=who.actor,
        address=who.address,
        request_id=who.request_id,
        key_prefix=new.key_prefix,
        idempotency_key=new.idempotency_key,
        body_sha256=new.body_sha256,
        name=new.name,
        state=PortfolioState.TAKING,
        priority=new.priority,
        rows=0,
        created_at=instant(new.created_at),
        expires_at=instant(new.expires_at),
    )


def add_rows(
    connection: Connection,
    portfolio: Portfolio,
    rows: Sequence[NewRow],
    faults: Sequence[NewFault],
    *,
    expires_at: datetime,
) -> None:
    """Store lines of a portfolio of which none is there yet, see ``stored_lines``."""
    values = [
        {
            "id": row.id,
            "lender_id": portfolio.lender_id,
            "borrower_id": row.borrower_id,
            "body_sha256": "",  # its idempotency key, if it has one, is bound when it is decided on
            "state": QUEUED,
            "tries": 0,
            "due_at": portfolio.created_at,
            "created_at": portfolio.created_at,
            "expires_at": instant(expires_at),
            "has_credential": row.has_credential,
            "key_id": row.sealed.key_id,
            "sealed": row.sealed.sealed,
            "portfolio_id": portfolio.id,
            "line": row.line,
            "row_key": row.row_key,
            "account": row.account,
        }
        for row in rows
    ]
    add_new(connection, jobs, values)
    found = [{"portfolio_id": portfolio.id, **msgspec.structs.asdict(fault)} for fault in faults]
    add_new(connection, portfolio_faults, found)


def stored_lines(connection: Connection, portfolio: Portfolio, lines: Collection[int]) -> set[int]:
    """Which of these lines a portfolio has, as applications or as refused. The caller has locked the portfolio."""
    found = [
        connection.execute(select(table.c.line).where((table.c.portfolio_id == portfolio.id) & table.c.line.in_(lines)))
        for table in (jobs, portfolio_faults)
    ]
    return {line for each in found for line in each.scalars()}


def still_to_add(connection: Connection, portfolio: Portfolio, refs: Collection[str]) -> tuple[set[str], int]:
    """Which of these borrowers have no line in a portfolio yet, and the last line that it has.

    The caller has locked the portfolio. One that was erased meanwhile is no borrower any more.
    """
    has_row = exists().where((jobs.c.portfolio_id == portfolio.id) & (jobs.c.borrower_id == borrowers.c.id))
    has_fault = exists().where(
        (portfolio_faults.c.portfolio_id == portfolio.id) & (portfolio_faults.c.borrower_id == borrowers.c.id)
    )
    mine = (borrowers.c.lender_id == portfolio.lender_id) & borrowers.c.borrower_ref.in_(refs)
    left = select(borrowers.c.borrower_ref).where(mine & ~has_row & ~has_fault).order_by(borrowers.c.id)
    found = set(connection.execute(left.with_for_update(read=True, of=borrowers)).scalars())
    lasts = [
        connection.execute(select(func.max(table.c.line)).where(table.c.portfolio_id == portfolio.id)).scalar() or 0
        for table in (jobs, portfolio_faults)
    ]
    return found, max(lasts)


def open_portfolio(connection: Connection, portfolio_id: str, *, expires_at: datetime) -> None:
    """Let its rows be decided on, once all are stored; nothing where another request did."""
    if locked_state(connection, portfolio_id) is not PortfolioState.TAKING:
        return
    stored = sum(count_rows(connection, portfolio_id).values())
    values = {"state": PortfolioState.OPEN, "rows": stored, "expires_at": instant(expires_at)}
    connection.execute(update(portfolios).where(portfolios.c.id == portfolio_id).values(**values))


def find_portfolio(connection: Connection, portfolio_id: str, *, lender_id: str | None) -> Portfolio | None:
    """One portfolio of this lender, or of any where none is named; with counts."""
    which = portfolios.c.id == portfolio_id
    if lender_id is not None:
        which &= portfolios.c.lender_id == lender_id
    row = connection.execute(_portfolios().where(which)).first()
    return None if row is None else _portfolio(row, count_rows(connection, portfolio_id))


def find_by_key(connection: Connection, *, lender_id: str, key: str) -> Portfolio | None:
    """The portfolio that has this idempotency key; with counts."""
    which = (portfolios.c.lender_id == lender_id) & (portfolios.c.idempotency_key == key)
    row = connection.execute(_portfolios().where(which)).first()
    return None if row is None else _portfolio(row, count_rows(connection, row.id))


def list_portfolios(
    connection: Connection, *, lender_id: str | None, before: str | None = None, limit: int
) -> list[Portfolio]:
    """Portfolios of a lender or of all, newest first, with counts."""
    statement = _portfolios().order_by(portfolios.c.id.desc()).limit(limit)
    if lender_id is not None:
        statement = statement.where(portfolios.c.lender_id == lender_id)
    if before is not None:
        statement = statement.where(portfolios.c.id < before)
    return [_portfolio(row, count_rows(connection, row.id)) for row in connection.execute(statement).all()]


def locked_state(connection: Connection, portfolio_id: str) -> PortfolioState:
    """The state of a portfolio, which nobody else changes until the caller's transaction ends."""
    mine = select(portfolios.c.state).where(portfolios.c.id == portfolio_id).with_for_update()
    return PortfolioState(connection.execute(mine).scalar_one())


def count_rows(connection: Connection, portfolio_id: str) -> dict[str, int]:
    """Rows by state."""
    mine = jobs.c.portfolio_id == portfolio_id
    counted = connection.execute(select(jobs.c.state, func.count()).where(mine).group_by(jobs.c.state))
    counts = {shown(state).value: count for state, count in counted}
    faults = select(func.count()).select_from(portfolio_faults).where(portfolio_faults.c.portfolio_id == portfolio_id)
    refused = connection.execute(faults).scalar_one()
    return counts | ({REFUSED: refused} if refused else {})


def close_ended(connection: Connection, identifiers: Collection[str], *, at: str) -> None:
    """End those of these portfolios of which every row has ended, also where they are paused or rest."""
    left = exists().where((jobs.c.portfolio_id == portfolios.c.id) & jobs.c.state.in_(OPEN))
    is_over = portfolios.c.state.in_((PortfolioState.OPEN, PortfolioState.PAUSED)) & ~left
    over = select(portfolios.c.id).where(portfolios.c.id.in_(identifiers) & is_over).order_by(portfolios.c.id)
    found = list(connection.execute(over.with_for_update(of=portfolios)).scalars())
    if found:  # looked at again once they are locked: a failed row may have been given back meanwhile
        which = portfolios.c.id.in_(found) & is_over
        connection.execute(update(portfolios).where(which).values(**_ended(PortfolioState.DONE, at)))


def pause(connection: Connection, portfolio_id: str, *, at: str) -> bool:
    """Let no further row be begun; False where it is not open, or all of its rows have ended."""
    close_ended(connection, [portfolio_id], at=at)
    which = (portfolios.c.id == portfolio_id) & (portfolios.c.state == PortfolioState.OPEN)
    return connection.execute(update(portfolios).where(which).values(state=PortfolioState.PAUSED)).rowcount == 1


def resume(connection: Connection, portfolio_id: str, *, at: str) -> bool:
    """Go on; False where it neither is paused nor rests, or all of its rows have ended."""
    close_ended(connection, [portfolio_id], at=at)
    rests = (portfolios.c.state == PortfolioState.OPEN) & (portfolios.c.rests_until > at)
    which = (portfolios.c.id == portfolio_id) & ((portfolios.c.state == PortfolioState.PAUSED) | rests)
    values = {"state": PortfolioState.OPEN, "rests_until": None}
    return connection.execute(update(portfolios).where(which).values(**values)).rowcount == 1


def rest(connection: Connection, portfolio_id: str, *, until: datetime) -> None:
    """Begin no further row before a moment; nothing where it has ended."""
    which = (portfolios.c.id == portfolio_id) & portfolios.c.state.in_(LIVE)
    connection.execute(update(portfolios).where(which).values(rests_until=instant(until)))


def wake(connection: Connection, identifiers: Collection[str], *, at: str) -> None:
    """Forget the rests of these portfolios that are over."""
    which = portfolios.c.id.in_(identifiers) & (portfolios.c.rests_until <= at)
    connection.execute(update(portfolios).where(which).values(rests_until=None))


def end_portfolios(
    connection: Connection, identifiers: Sequence[str], *, state: PortfolioState, at: str, randomness: Randomness
) -> int:
    """End portfolios that have not ended, and what of them has not; returns how many rows that were.

    One of which every row has ended is done, and what its failed rows keep stays.
    """
    which = portfolios.c.id.in_(identifiers) & portfolios.c.state.in_(LIVE)
    # in the order in which claims lock them: neither waits for what the other holds
    connection.execute(select(portfolios.c.id).where(which).order_by(portfolios.c.id).with_for_update()).all()
    close_ended(connection, identifiers, at=at)
    # first, so that no row is begun meanwhile
    ending = update(portfolios).where(which).values(**_ended(state, at)).returning(portfolios.c.id)
    rows = jobs.c.portfolio_id.in_(list(connection.execute(ending).scalars()))
    return cancel_jobs(connection, rows, at=at, randomness=randomness, state=JobState(state.value))


def stop_key(connection: Connection, prefix: str, *, at: str, randomness: Randomness) -> int:
    """End everything that waits on behalf of an API key that is revoked; returns how many jobs that were.

    What failed jobs keep is deleted, too, also of portfolios that have ended: nothing of it is tried again.
    """
    mine = list(connection.execute(select(portfolios.c.id).where(portfolios.c.key_prefix == prefix)).scalars())
    count = 0
    if mine:
        count = end_portfolios(connection, mine, state=PortfolioState.CANCELLED, at=at, randomness=randomness)
    left = jobs.c.portfolio_id.in_(mine) | (jobs.c.quota_prefix == prefix)
    return count + cancel_jobs(connection, left, at=at, randomness=randomness)


def count_verdicts(connection: Connection, portfolio_id: str, *, with_restricted: bool) -> dict[Verdict, int]:
    """Decided rows of a portfolio by verdict; reads each of them.

    Without the restricted borrowers where they are not asked for: else the difference would tell what became of one.
    """
    counts = [func.count(case((_has(verdict), 1))) for verdict in Verdict]
    mine = (jobs.c.portfolio_id == portfolio_id) & jobs.c.outcome.is_not(None)
    counted = select(*counts).select_from(jobs).where(mine)
    if not with_restricted:
        counted = counted.join(borrowers, borrowers.c.id == jobs.c.borrower_id)
        counted = counted.where(borrowers.c.restricted_at.is_(None))
    found = connection.execute(counted).one()
    return {verdict: count for verdict, count in zip(Verdict, found, strict=True) if count}


def rows_after(
    connection: Connection,
    portfolio_id: str,
    *,
    after: int,
    limit: int,
    with_restricted: bool,
    wanted: Wanted = Wanted(),  # noqa: B008  frozen
) -> list[StoredRow]:
    """Lines of a portfolio in their order, from behind a line on, those that are wanted.

    Rows of restricted borrowers are left out where they are not asked for.
    """
    columns = ("line", "state", "id", "decision_id", "ended_at", "outcome", "before", "problem")
    rows = (
        select(*(jobs.c[name] for name in columns), borrowers.c.borrower_ref)
        .join_from(jobs, borrowers)
        .where((jobs.c.portfolio_id == portfolio_id) & (jobs.c.line > after))
    )
    if wanted.state is not None:
        rows = rows.where(jobs.c.state == stored_state(wanted.state))
    if wanted.verdict is not None:
        rows = rows.where(_has(wanted.verdict))
    if not with_restricted:
        rows = rows.where(borrowers.c.restricted_at.is_(None))
    columns_of_faults = (portfolio_faults.c.line, portfolio_faults.c.problem, borrowers.c.borrower_ref)
    faults = (
        select(*columns_of_faults)
        .select_from(portfolio_faults.outerjoin(borrowers))
        .where((portfolio_faults.c.portfolio_id == portfolio_id) & (portfolio_faults.c.line > after))
    )
    if not with_restricted:
        faults = faults.where(borrowers.c.restricted_at.is_(None))
    found = [_row(row) for row in connection.execute(rows.order_by(jobs.c.line).limit(limit))]
    if wanted.verdict is not None or wanted.state not in {None, REFUSED}:
        return found
    found += [
        StoredRow(
            line=row.line,
            state=REFUSED,
            borrower_ref=row.borrower_ref,
            job_id=None,
            decision_id=None,
            ended_at=None,
            outcome=None,
            before=None,
            problem=row.problem,
        )
        for row in connection.execute(faults.order_by(portfolio_faults.c.line).limit(limit))
    ]
    return sorted(found, key=lambda one: one.line)[:limit]


def _has(verdict: Verdict) -> ColumnElement[bool]:
    """Whether a row was decided so, by its outcome as it is encoded: decisions lie too far apart to be counted."""
    return jobs.c.outcome.contains(f'"verdict":"{verdict.value}"')


def _ended(state: PortfolioState, at: str) -> dict[str, Any]:
    return {"state": state, "ended_at": at, "rests_until": None}


_NAMES: Final = tuple(name for name in Portfolio.__struct_fields__ if name != "counts")


def _portfolios() -> Any:  # noqa: ANN401  a statement
    return select(*(portfolios.c[name] for name in _NAMES))


def _portfolio(row: Row[Any], counts: dict[str, int]) -> Portfolio:
    return Portfolio(**{**row._mapping, "state": PortfolioState(row.state)}, counts=counts)  # noqa: SLF001  public in SQLAlchemy


def _row(row: Row[Any]) -> StoredRow:
    return StoredRow(
        line=row.line,
        state=shown(row.state),
        borrower_ref=row.borrower_ref,
        job_id=row.id,
        decision_id=row.decision_id,
        ended_at=row.ended_at,
        outcome=_read(row.outcome, Outcome),
        before=_read(row.before, Earlier),
        problem=row.problem,
    )


def _read(text: str | None, kind: type[Any]) -> Any:  # noqa: ANN401  of that kind
    return None if text is None else msgspec.json.decode(text, type=kind)
