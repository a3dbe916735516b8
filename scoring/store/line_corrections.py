"""What persons said that single bank lines are about, for later decisions on the same borrower. Never a line's text."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant, is_id
from scoring.store.audit import Mark
from scoring.store.borrowers import demand_open
from scoring.store.database import Database
from scoring.store.tables import borrowers, connections, line_corrections


class LineCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """One correction."""

    line_id: str
    """Of the bank line, in the bookkeeping system."""
    category: str
    """As in ``features.ledger.CATEGORY``."""
    principal_id: str
    """Who said so."""
    created_at: str


async def add_correction(  # noqa: PLR0913  each is named by its caller
    database: Database,
    *,
    lender_id: str,
    connection_id: str,
    line_id: str,
    category: str,
    principal_id: str,
    now: datetime,
    mark: Mark,
) -> LineCorrection | None:
    """Store a correction for the borrower of a connection; None if the lender has no such connection.

    An earlier correction of the line stays, and no longer counts.
    """
    if not is_id(connection_id, "con"):
        return None
    of_whom = select(connections.c.borrower_id, connections.c.source).where(
        (connections.c.lender_id == lender_id) & (connections.c.id == connection_id)
    )
    correction = LineCorrection(
        line_id=line_id,
        category=category,
        principal_id=principal_id,
        created_at=instant(now),
    )

    def work(connection: Connection) -> bool:
        row = connection.execute(of_whom).first()
        if row is None:
            return False
        demand_open(connection, row.borrower_id)
        connection.execute(
            insert(line_corrections).values(
                lender_id=lender_id,
                borrower_id=row.borrower_id,
                source=row.source,
                **msgspec.structs.asdict(correction),
            )
        )
        mark.put(connection, object_id=connection_id, borrower_id=row.borrower_id)
        return True

    return correction if await database.write_at_once(work) else None


async def list_corrections(database: Database, *, lender_id: str, connection_id: str) -> list[LineCorrection] | None:
    """The newest correction of each line of a connection's borrower; None if the lender has no such connection."""
    if not is_id(connection_id, "con"):
        return None
    of_whom = (
        select(borrowers.c.borrower_ref, connections.c.source)
        .join_from(connections, borrowers)
        .where((connections.c.lender_id == lender_id) & (connections.c.id == connection_id))
    )
    row = await database.read_at_once(lambda connection: connection.execute(of_whom).first())
    if row is None:
        return None
    return await _newest(database, lender_id=lender_id, borrower_ref=row.borrower_ref, source=row.source)


async def corrections_of(database: Database, *, lender_id: str, borrower_ref: str, source: str) -> dict[str, str]:
    """Category by the source's id of a line, for one borrower."""
    found = await _newest(database, lender_id=lender_id, borrower_ref=borrower_ref, source=source)
    return {correction.line_id: correction.category for correction in found}


async def _newest(database: Database, *, lender_id: str, borrower_ref: str, source: str) -> list[LineCorrection]:
    said = line_corrections.c
    statement = (
        select(said.line_id, said.category, said.principal_id, said.created_at)
        .join_from(line_corrections, borrowers)
        .where((said.lender_id == lender_id) & (borrowers.c.borrower_ref == borrower_ref) & (said.source == source))
        .order_by(said.number)
    )
    async with database.read() as connection:
        rows = await connection.execute(statement)
        newest = {row.line_id: LineCorrection(**row._mapping) for row in rows}  # noqa: SLF001  public in SQLAlchemy
    return list(newest.values())
