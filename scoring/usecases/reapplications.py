"""The last application of each connected borrower, made anew: what a lender asks that goes through its portfolio."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from scoring.base.purposes import Purpose
from scoring.decisions import records
from scoring.decisions.decision import Terms
from scoring.decisions.records import NewerRecordError, RecordError
from scoring.store.connections import WORKING
from scoring.store.database import Database
from scoring.store.tables import borrowers, connections, decisions

_BATCH: Final = 200


async def applications_again(database: Database, *, lender_id: str) -> list[tuple[str, bytes | None]]:
    """Reference and body of each borrower whose newest connection works and may be decided on, by reference.

    What is asked for is what the newest decision on the borrower was asked for; the body is None where there is none
    that can be read. Account for the pay-out and purpose are not kept with a decision, and so are left out.
    """
    newest = partial(_connected, lender_id=lender_id)
    found = await database.read_at_once(newest)
    made: list[tuple[str, bytes | None]] = []
    for start in range(0, len(found), _BATCH):
        made += await database.read_at_once(partial(_again, page=found[start : start + _BATCH]))
    return made


def _connected(connection: Connection, lender_id: str) -> Sequence[Any]:
    columns = (connections.c.id.label("connection_id"), connections.c.purposes)
    statement = (
        select(borrowers.c.id, borrowers.c.borrower_ref, *columns)
        .join_from(connections, borrowers)
        .where(
            (connections.c.lender_id == lender_id)
            & (connections.c.status == WORKING)
            & borrowers.c.restricted_at.is_(None)
        )
        .order_by(connections.c.id)
    )
    usable = (row for row in connection.execute(statement) if Purpose.DECISION in row.purposes.split(","))
    newest = {row.borrower_ref: row for row in usable}
    return [newest[ref] for ref in sorted(newest)]


def _again(connection: Connection, page: Sequence[Any]) -> list[tuple[str, bytes | None]]:
    mine = decisions.c.borrower_id.in_([row.id for row in page])
    newest = select(func.max(decisions.c.id)).where(mine & decisions.c.erased_at.is_(None))
    last = select(decisions.c.borrower_id, decisions.c.record).where(
        decisions.c.id.in_(newest.group_by(decisions.c.borrower_id))
    )
    terms = {row.borrower_id: _terms_in(row.record) for row in connection.execute(last)}
    return [(row.borrower_ref, _body(row, terms.get(row.id))) for row in page]


def _terms_in(record: bytes) -> Terms | None:
    try:
        return records.decode(record).decision.terms
    except (RecordError, NewerRecordError):
        return None


def _body(row: Any, terms: Terms | None) -> bytes | None:  # noqa: ANN401  a row
    if terms is None:
        return None
    euro, cents = divmod(terms.amount_cents, 100)
    return msgspec.json.encode(
        {
            "borrower_ref": row.borrower_ref,
            "legal_form": terms.legal_form,
            "product": terms.product,
            "amount": {"value": f"{euro}.{cents:02d}", "currency": terms.currency},
            "term_months": terms.term_months,
            "starts_business": terms.starts_business,
            "language": terms.language,
            "connection_id": row.connection_id,
        }
    )
