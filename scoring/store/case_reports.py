"""Cases for reports: of one lender, page by page, with their steps as they are stored."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, exists, func, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import BERLIN, instant
from scoring.decisions.cases import CaseState
from scoring.store.database import Database
from scoring.store.principals import list_lenders
from scoring.store.tables import borrowers, case_steps, cases

_PAGE: Final = 500
_OPEN: Final = (CaseState.OPEN, CaseState.WAITING, CaseState.SECOND_VOTE)


class CaseRows(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it is stored."""

    id: str
    steps: tuple[Row[Any], ...]


async def reported_cases(
    database: Database, *, lender_id: str, since: date, until: date, today: date
) -> AsyncIterator[list[CaseRows]]:
    """Pages of cases that were opened or voted on in days, both included, or are open; restricted borrowers left out.

    Args:
        database: in use by running services, too.
        lender_id: whose.
        since: the first day.
        until: the last day.
        today: on which cases expire.
    """
    first, end = _midnight(since), _midnight(until + timedelta(days=1))
    voted = exists().where(
        (case_steps.c.case_id == cases.c.id)
        & (case_steps.c.kind == "voted")
        & (case_steps.c.at >= first)
        & (case_steps.c.at < end)
    )
    is_open = cases.c.state.in_(_OPEN) & (cases.c.expires_on >= today)
    was_opened = (cases.c.opened_at >= first) & (cases.c.opened_at < end)
    wanted = (
        select(cases.c.id)
        .join_from(cases, borrowers)
        .where((cases.c.lender_id == lender_id) & borrowers.c.restricted_at.is_(None) & (was_opened | is_open | voted))
        .order_by(cases.c.id)
        .limit(_PAGE)
    )
    last = ""
    while True:

        def work(connection: Connection, last: str = last) -> list[CaseRows]:
            found: dict[str, list[Row[Any]]] = {
                identifier: [] for identifier in connection.execute(wanted.where(cases.c.id > last)).scalars()
            }
            steps = select(case_steps).where(case_steps.c.case_id.in_(found))
            for row in connection.execute(steps.order_by(case_steps.c.case_id, case_steps.c.number)):
                found[row.case_id].append(row)
            return [CaseRows(id=identifier, steps=tuple(rows)) for identifier, rows in found.items()]

        page = await database.read_at_once(work)
        if page:
            yield page
            last = page[-1].id
        if len(page) < _PAGE:
            return


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Open cases of all lenders."""

    states: dict[CaseState, int]
    late: int
    """Those that should have been decided; one that waits for the applicant is not late."""
    oldest_at: str | None
    """When the oldest one was opened; None where there is none."""


async def queue_of_all(database: Database, *, now: datetime, today: date) -> Queue:
    """Open cases of all lenders, for metrics."""
    # with the lenders named, the index of the queue finds open cases, which are few, among all
    lenders = await list_lenders(database)
    is_late = (cases.c.due_at < instant(now)) & (cases.c.state != CaseState.WAITING)
    statement = (
        select(
            cases.c.state,
            func.count().label("number"),
            func.count().filter(is_late).label("late"),
            func.min(cases.c.opened_at).label("oldest_at"),
        )
        .where(cases.c.lender_id.in_(lenders) & cases.c.state.in_(_OPEN) & (cases.c.expires_on >= today))
        .group_by(cases.c.state)
    )
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    counts = {CaseState(row.state): int(row.number) for row in rows}
    return Queue(
        states={state: counts.get(state, 0) for state in _OPEN},
        late=sum(row.late for row in rows),
        oldest_at=min((row.oldest_at for row in rows), default=None),
    )


def _midnight(day: date) -> str:
    return instant(datetime(day.year, day.month, day.day, tzinfo=BERLIN))
