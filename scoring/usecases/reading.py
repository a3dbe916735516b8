"""Reading one decision: by whom it may be read, and that it was."""

from dataclasses import dataclass

from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, decision_before, find_decision
from scoring.store.principals import Principal
from scoring.store.statements import Signer


class RestrictedError(Exception):
    """The data of the borrower are only kept; this reader may not see them."""

    def __init__(self) -> None:
        super().__init__("the borrower's data are restricted: only auditors and administrators can read them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Finds decisions for readers. Built once, from the parts that this takes."""

    database: Database
    signer: Signer
    trail: Trail

    async def find(self, decision_id: str, *, reader: Principal, who: Who) -> StoredDecision | None:
        """A decision of the reader's lender; None where there is none.

        Raises:
            RestrictedError: the reader may not see it.
            ErasedDecisionError: its record was erased.
            RecordChangedError: as ``find_decision``.
            NewerRecordError: as ``find_decision``.
        """
        stored = await self.look(decision_id, reader=reader)
        if stored is not None:
            await self.trail.note(who, Action.DECISION_READ, object_id=decision_id, borrower_id=stored.borrower_id)
        return stored

    async def look(self, decision_id: str, *, reader: Principal) -> StoredDecision | None:
        """The same for who writes down something else than that it was read.

        Raises:
            RestrictedError: as ``find``; so are the others.
        """
        stored = await find_decision(self.database, self.signer, lender_id=reader.lender_id, decision_id=decision_id)
        if stored is not None and stored.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        return stored

    async def look_before(
        self, stored: StoredDecision, *, reader: Principal, earlier: str | None = None
    ) -> StoredDecision | None:
        """An earlier decision on the same borrower, the newest unless another is named; None where there is none.

        Raises:
            RestrictedError: as ``find``; so are the others.
        """
        identifier = earlier or await decision_before(self.database, stored)
        found = None if identifier is None else await self.look(identifier, reader=reader)
        if found is None or found.borrower_id != stored.borrower_id or found.decision_id >= stored.decision_id:
            return None
        return found
