"""The newest decision of each borrower of one lender, page by page, as it is stored."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import BERLIN, new_id
from scoring.store.database import Database
from scoring.store.tables import borrowers, decisions

_PAGE: Final = 200
_IS_OPEN: Final = (
    borrowers.c.restricted_at.is_(None) & borrowers.c.erased_at.is_(None) & decisions.c.erased_at.is_(None)
)


async def newest_decisions(
    database: Database, *, lender_id: str, since: date, until: date
) -> AsyncIterator[Sequence[Row[Any]]]:
    """Pages of records with their identifiers and digests: of each borrower the newest that looks at one of these days.

    Of decisions on the same day the last one made counts. Restricted and erased borrowers are left out, also where that
    happens meanwhile.

    Args:
        database: in use by running services, too.
        lender_id: whose.
        since: the first day.
        until: the last day, that day included.
    """
    # A decision looks at no later day than its own, so what was made before these days is passed over by the index.
    earliest = new_id("dec", datetime(since.year, since.month, since.day, tzinfo=BERLIN), bytes)
    place = func.row_number().over(
        partition_by=decisions.c.borrower_id, order_by=(decisions.c.as_of.desc(), decisions.c.id.desc())
    )
    ranked = (
        select(decisions.c.id, place.label("place"))
        .join_from(decisions, borrowers)
        .where(
            (decisions.c.lender_id == lender_id)
            & (decisions.c.id >= earliest)
            & decisions.c.as_of.between(since, until)
            & _IS_OPEN
        )
        .subquery()
    )
    newest = select(ranked.c.id).where(ranked.c.place == 1).order_by(ranked.c.id)
    found = await database.read_at_once(lambda connection: connection.execute(newest).scalars().all())
    async for page in records_of(database, found):
        yield page


async def records_of(database: Database, identifiers: Sequence[str]) -> AsyncIterator[Sequence[Row[Any]]]:
    """Pages of records with their identifiers and digests, but for those of restricted and erased borrowers.

    Args:
        database: in use by running services, too.
        identifiers: of the decisions.
    """
    for start in range(0, len(identifiers), _PAGE):
        records = (
            select(decisions.c.id, decisions.c.record, decisions.c.sha256)
            .join_from(decisions, borrowers)
            .where(decisions.c.id.in_(identifiers[start : start + _PAGE]) & _IS_OPEN)
        )

        def work(connection: Connection, records: Any = records) -> Sequence[Row[Any]]:  # noqa: ANN401  a statement
            return connection.execute(records).all()

        yield await database.read_at_once(work)
