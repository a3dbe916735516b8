"""The last application of each connected borrower, made anew: what a lender asks that goes through its portfolio."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher
from scoring.decisions import records
from scoring.decisions.records import NewerRecordError, Recorded, RecordError
from scoring.store.borrowers import NOTHING_KEPT, Particulars, load_particulars
from scoring.store.connections import WORKING
from scoring.store.database import Database
from scoring.store.portfolios import MOST_ROWS
from scoring.store.tables import borrowers, connections, decisions

_CONNECTIONS: Final = 2000
_DECISIONS: Final = 200
"""Read at once: other requests are answered between two pages."""


class TooManyConnectedError(Exception):
    """More borrowers are connected than a portfolio has rows."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} borrowers are connected, and a portfolio has at most {MOST_ROWS} rows; send them in files"
        )


async def applications_again(
    database: Database, cipher: Cipher, workers: CapacityLimiter, *, lender_id: str
) -> list[tuple[str, bytes | None]]:
    """Reference and body of each borrower with a connection for decisions that works, by reference; the newest is used.

    What is asked for, and who applies, is what the newest decision on the borrower was asked for; the body is None
    where there is none that can be read. The account for the pay-out is not kept with a decision, and so is left out.

    Raises:
        TooManyConnectedError: more than a portfolio takes.
    """
    usable: dict[str, str] = {}
    after = ""
    while page := await database.read_at_once(partial(_connections, lender_id=lender_id, after=after)):
        usable |= {row.borrower_id: row.id for row in page if Purpose.DECISION in row.purposes.split(",")}
        after = page[-1].id
    if len(usable) > MOST_ROWS:
        raise TooManyConnectedError(len(usable))
    identifiers, made = sorted(usable), list[tuple[str, bytes | None]]()
    for start in range(0, len(identifiers), _DECISIONS):
        search = partial(_last, identifiers=identifiers[start : start + _DECISIONS])
        refs, last = await database.read_at_once(search)
        ids = [row.id for row in last]
        kept = await load_particulars(database, cipher, lender_id=lender_id, decision_ids=ids)
        bodies = partial(_bodies, refs, last, kept, usable)
        made += await anyio.to_thread.run_sync(bodies, limiter=workers)
    return sorted(made, key=lambda one: one[0])


def _connections(connection: Connection, lender_id: str, after: str) -> Sequence[Any]:
    columns = (connections.c.id, connections.c.borrower_id, connections.c.purposes)
    which = (connections.c.lender_id == lender_id) & (connections.c.status == WORKING) & (connections.c.id > after)
    return connection.execute(select(*columns).where(which).order_by(connections.c.id).limit(_CONNECTIONS)).all()


def _last(connection: Connection, identifiers: Sequence[str]) -> tuple[dict[str, str], Sequence[Any]]:
    """References of borrowers of whom data may be used, and the newest decision on each."""
    may_be_used = borrowers.c.id.in_(identifiers) & borrowers.c.restricted_at.is_(None)
    columns = (borrowers.c.id, borrowers.c.borrower_ref)
    found = connection.execute(select(*columns).where(may_be_used & borrowers.c.erased_at.is_(None)))
    mine = decisions.c.borrower_id.in_(identifiers) & decisions.c.erased_at.is_(None)
    newest = select(func.max(decisions.c.id)).where(mine).group_by(decisions.c.borrower_id)
    last = select(decisions.c.id, decisions.c.borrower_id, decisions.c.record).where(decisions.c.id.in_(newest))
    return {row.id: row.borrower_ref for row in found}, connection.execute(last).all()


def _bodies(
    refs: Mapping[str, str], last: Sequence[Any], kept: Mapping[str, Particulars], usable: Mapping[str, str]
) -> list[tuple[str, bytes | None]]:
    of = {row.borrower_id: row for row in last}
    made: list[tuple[str, bytes | None]] = []
    for identifier, ref in refs.items():
        row = of.get(identifier)
        recorded = None if row is None else _read(row.record)
        body = None
        if row is not None and recorded is not None:
            body = _body(ref, usable[identifier], recorded, kept.get(row.id, NOTHING_KEPT))
        made.append((ref, body))
    return made


def _body(ref: str, connection_id: str, recorded: Recorded, kept: Particulars) -> bytes | None:
    terms = recorded.decision.terms
    if kept.borrower_digest not in {None, recorded.decision.borrower_digest}:
        return None  # it stands under another reference than it was made for
    euro, cents = divmod(terms.amount_cents, 100)
    body = {
        "borrower_ref": ref,
        "legal_form": terms.legal_form,
        "product": terms.product,
        "amount": {"value": f"{euro}.{cents:02d}", "currency": terms.currency},
        "term_months": terms.term_months,
        "starts_business": terms.starts_business,
        "language": terms.language,
        "connection_id": connection_id,
        "purpose": kept.purpose or recorded.purpose,
        "applicant": kept.applicant,  # or a friend's books would pass at the second try
    }
    return msgspec.json.encode(body)


def _read(record: bytes) -> Recorded | None:
    try:
        return records.decode(record)
    except (RecordError, NewerRecordError):
        return None
