"""Guarantors of a case: named, shown and released. Each is a data subject of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant, is_id, new_id
from scoring.decisions.cases import GuarantorNamed, GuarantorReleased
from scoring.decisions.reviews import SENTENCES, Refusal, StepRefusedError
from scoring.store.audit import Action, Who
from scoring.store.cases import StoredCase
from scoring.store.guarantors import PREFIX, Guarantor, Person, add_guarantor, guarantors_of, release_guarantor
from scoring.store.loans import loans_on
from scoring.store.principals import Principal
from scoring.usecases.application import ApplicationError
from scoring.usecases.cases import Cases, ShownCase


class UnknownGuarantorError(ApplicationError):
    """The case has no such guarantor, or it was released."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantors:
    """Names, shows and releases guarantors. Built once, on the cases."""

    cases: Cases

    async def name(self, who: Who, reader: Principal, case_id: str, person: Person) -> Guarantor:
        """Name who guarantees the loan of a case.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            StepRefusedError: the case was withdrawn, or a loan was granted on its newest decision: its conditions are
                settled, and the signed guarantee could not become one.
            BorrowerRestrictedError: the borrower's data are only kept, or were erased.
            CaseChangedError: the case is not what was signed.
        """
        cases, now = self.cases, self.cases.clock()
        identifier = new_id(PREFIX, now, cases.randomness)
        mark = cases.trail.mark(who, Action.GUARANTOR_NAMED)

        def also(connection: Connection, found: StoredCase) -> None:
            newest = [found.case.subject.decision_id]
            if loans_on(connection, lender_id=found.lender_id, decision_ids=newest):
                raise StepRefusedError(Refusal.LOAN_GRANTED, SENTENCES[Refusal.LOAN_GRANTED])
            add_guarantor(
                connection,
                identifier,
                person,
                lender_id=found.lender_id,
                case_id=found.id,
                cipher=cases.cipher,
                now=now,
                randomness=cases.randomness,
            )
            mark.put(connection, object_id=found.id, borrower_id=identifier)

        await cases.move(who, reader, case_id, GuarantorNamed(guarantor_id=identifier), also=also)
        return Guarantor(
            id=identifier, case_id=case_id, named_at=instant(now), released_at=None, is_restricted=False, person=person
        )

    async def release(self, who: Who, reader: Principal, case_id: str, guarantor_id: str) -> ShownCase:
        """Note that a guarantor is none any more. Who it was is kept as long as the lender must, and erased apart.

        Raises:
            UnknownGuarantorError: the case has no such guarantor, or it was released.
            UnknownCaseError, StepRefusedError, BorrowerRestrictedError, CaseChangedError: as ``name``.
        """
        cases = self.cases
        mark = cases.trail.mark(who, Action.GUARANTOR_RELEASED)

        def also(connection: Connection, found: StoredCase) -> None:
            if guarantor_id not in found.case.guarantors:
                raise UnknownGuarantorError("the case has no such guarantor, or it was released before")
            release_guarantor(connection, guarantor_id, at=instant(cases.clock()))
            mark.put(connection, object_id=found.id, borrower_id=guarantor_id)

        if not is_id(guarantor_id, PREFIX):
            raise UnknownGuarantorError("the case has no such guarantor")
        return await cases.move(who, reader, case_id, GuarantorReleased(guarantor_id=guarantor_id), also=also)

    async def of_case(self, who: Who, reader: Principal, case_id: str) -> Sequence[Guarantor]:
        """Those of a case that the reader has read, oldest first; each reading is in the trail of each of them.

        Restricted ones are shown to who may see them, and to all others without who they are.
        """
        cases = self.cases

        def work(connection: Connection) -> list[Guarantor]:
            shown = []
            for one in guarantors_of(connection, cases.cipher, lender_id=reader.lender_id, case_id=case_id):
                is_hidden = one.is_restricted and not reader.sees_restricted
                shown.append(msgspec.structs.replace(one, person=None) if is_hidden else one)
                if not is_hidden:
                    cases.trail.mark(who, Action.GUARANTOR_READ).put(connection, object_id=case_id, borrower_id=one.id)
            return shown

        return await cases.database.write_at_once(work)
