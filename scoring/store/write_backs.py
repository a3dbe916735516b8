"""What the lender writes into the books of borrowers: one run at a time for a decision, and what came of it.

A run that has begun keeps others out until what became of it is sure. One that never said so (it was killed, or sevdesk
gave no answer) keeps them out for ``UNSURE``: by then sevdesk has ended with what it took in, and reading shows it.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.store.audit import Mark
from scoring.store.borrowers import Written
from scoring.store.database import Database, add_if_new
from scoring.store.tables import write_backs, written_documents

UNSURE = timedelta(minutes=15)
"""Gateways time out after one to five minutes; the request behind them ends within this time."""


class BeingWrittenError(Exception):
    """Another run for this decision may still be writing."""

    def __init__(self, begun_at: str) -> None:
        super().__init__(f"another run for this decision began at {begun_at} and may still write")
        self.begun_at = begun_at


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The right of one run to write for a decision."""

    lender_id: str
    decision_id: str
    attempt: str


async def remember(database: Database, turn: Turn, *, borrower_id: str, written: Written, now: datetime) -> None:
    """Keep that a document is the lender's own, so that it is no evidence about the firm."""
    values = msgspec.structs.asdict(written) | {"lender_id": turn.lender_id, "decision_id": turn.decision_id}

    def work(connection: Connection) -> None:
        add_if_new(connection, written_documents, borrower_id=borrower_id, written_at=instant(now), **values)

    await database.write_at_once(work)


async def begin(database: Database, turn: Turn, *, now: datetime, mark: Mark | None = None) -> None:
    """Take the turn.

    Raises:
        BeingWrittenError: another run has it.
    """
    mine = write_backs.c.decision_id == turn.decision_id

    def work(connection: Connection) -> None:
        take(connection)
        if mark is not None:
            mark.put(connection, object_id=turn.decision_id)

    def take(connection: Connection) -> None:
        held = {"lender_id": turn.lender_id, "attempt": turn.attempt, "begun_at": instant(now)}
        row = None
        while row is None:  # again where the other run gave it back between the two statements
            if add_if_new(connection, write_backs, decision_id=turn.decision_id, **held):
                return
            row = connection.execute(select(write_backs).where(mine).with_for_update()).first()
        if row.begun_at > instant(now - UNSURE):
            raise BeingWrittenError(row.begun_at)
        connection.execute(update(write_backs).where(mine).values(**held))

    await database.write_at_once(work)


async def end(database: Database, turn: Turn) -> None:
    """Release the turn: the outcome of this run is known."""
    mine = (write_backs.c.decision_id == turn.decision_id) & (write_backs.c.attempt == turn.attempt)
    await database.write_at_once(lambda connection: connection.execute(delete(write_backs).where(mine)))
