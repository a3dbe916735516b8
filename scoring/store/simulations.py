"""How many simulations of one borrower's decisions were made in the last hour, counted in the audit trail."""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.store.audit import Action, Mark
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.database import Database
from scoring.store.tables import audit, borrowers

_HOUR: Final = timedelta(hours=1)


class TooManySimulationsError(Exception):
    """There were as many simulations of this borrower as there may be."""

    def __init__(self, at_most: int, retry_after: int) -> None:
        super().__init__(
            f"there were {at_most} simulations of this borrower within an hour, and no more are made; nothing was"
            " worked out"
        )
        self.retry_after = retry_after
        """Seconds until one more may be made."""


async def begin(
    database: Database, *, decision_id: str, borrower_id: str, at_most: int, now: datetime, mark: Mark
) -> None:
    """Count a simulation and write it down, in one transaction.

    Args:
        database: of the service.
        decision_id: that is simulated.
        borrower_id: of the decision.
        at_most: so many in an hour.
        now: the present.
        mark: of the audit trail.

    Raises:
        TooManySimulationsError: there were too many within an hour.
        BorrowerRestrictedError: the borrower's data are only kept, or were erased.
    """

    def work(connection: Connection) -> None:
        # One after the other for a borrower, or several at once would count the same.
        whom = select(borrowers.c.restricted_at, borrowers.c.erased_at).where(borrowers.c.id == borrower_id)
        row = connection.execute(whom.with_for_update()).one()
        if row.restricted_at is not None or row.erased_at is not None:
            raise BorrowerRestrictedError(is_erased=row.erased_at is not None)
        made = (
            select(audit.c.at)
            .where(
                (audit.c.borrower_id == borrower_id)
                & (audit.c.action == Action.DECISION_SIMULATED)
                & (audit.c.at > instant(now - _HOUR))
            )
            .order_by(audit.c.id.desc())
            .limit(at_most)
        )
        times = list(connection.execute(made).scalars())
        if len(times) == at_most:
            left = datetime.fromisoformat(times[-1]) + _HOUR - now
            raise TooManySimulationsError(at_most, max(1, math.ceil(left.total_seconds())))
        mark.put(connection, object_id=decision_id, borrower_id=borrower_id)

    await database.write_at_once(work)
