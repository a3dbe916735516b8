"""Deciding again on an application that is in a case: the same terms, fresh books, a new decision in the same case."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from sqlalchemy.engine import Connection

from scoring.base.secrets import Secret
from scoring.store import cases
from scoring.store.applicant_links import ApplicantLink
from scoring.store.audit import FIRM, Who
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.cases import StoredCase, UnknownCaseError
from scoring.store.connections import newest_working
from scoring.store.decisions import StoredDecision, find_decision, with_particulars
from scoring.telemetry.logs import failure
from scoring.usecases.admission import Admission, HangUp, stays
from scoring.usecases.application import Application
from scoring.usecases.assess import Assessor

_KEY: Final = "answer-{link}"
_log = structlog.get_logger(__name__)


class NoConnectionError(Exception):
    """The borrower has no account whose books could be read again."""

    def __init__(self) -> None:
        super().__init__(
            "the borrower has no connected account that works: give the identifier of one, or ask the applicant for a"
            " new connection"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAgain:
    """Decides again. Built once, from the parts that this takes."""

    assessor: Assessor
    admission: Admission

    async def decide(
        self,
        who: Who,
        case_id: str,
        *,
        connection_id: str | None = None,
        payout_iban: Secret | None = None,
        idempotency_key: str | None = None,
        body_digests: tuple[str, ...] = (),
        hung_up: HangUp | None = None,
    ) -> StoredDecision:
        """Decide on the newest application of a case once more, with books that are read now.

        Who asked for the first decision stays the one who asked, so that a reviewer who wants fresh books may review.

        Args:
            who: Acts, for its lender.
            case_id: Which case.
            connection_id: Of the account to read; None is the borrower's newest that works.
            payout_iban: Where the loan is to be paid out to; it is stored nowhere, so without it nothing is compared.
            idempotency_key: As for a new application.
            body_digests: As for a new application.
            hung_up: As for a new application.

        Raises:
            UnknownCaseError: the lender has no such case.
            BorrowerRestrictedError: the borrower was erased, or its data are only kept.
            NoConnectionError: there is no account to read.
            ErasedDecisionError, RecordChangedError, NewerRecordError: the application cannot be read any more.
            CaseChangedError: the case is not what was signed.
            Exception: as ``Assessor.assess`` and ``Admission.turn``.
        """
        parts, lender_id = self.assessor, who.lender_id or ""

        def work(connection: Connection) -> StoredCase | None:
            return cases.load(connection, parts.signer, lender_id=lender_id, case_id=case_id)

        found = await parts.database.read_at_once(work)
        if found is None:
            raise UnknownCaseError("there is no case with this identifier")
        if found.borrower_ref is None:
            raise BorrowerRestrictedError(is_erased=True)
        subject = found.case.subject
        stored = await find_decision(parts.database, parts.signer, lender_id=lender_id, decision_id=subject.decision_id)
        if stored is None:
            raise UnknownCaseError("the case has no decision any more")
        stored = await with_particulars(parts.database, parts.cipher, stored, lender_id=lender_id)
        if connection_id is None:
            search = partial(newest_working, lender_id=lender_id, borrower_id=found.borrower_id)
            connection_id = await parts.database.read_at_once(search)
        if connection_id is None:
            raise NoConnectionError
        application = Application(
            borrower_ref=found.borrower_ref,
            terms=stored.decision.terms,
            purpose=stored.purpose,
            payout_iban=payout_iban,
            as_of=None,
            connection_id=connection_id,
            credential=None,
            applicant=stored.particulars.applicant,  # or a friend's books would pass at the second try
            case_id=case_id,
        )
        async with self.admission.turn(lender_id, hung_up=hung_up or stays):
            return await parts.assess(
                application,
                who=who,
                idempotency_key=idempotency_key,
                body_digests=body_digests,
                hung_up=hung_up,
                earlier=subject,
            )

    async def after_answer(self, link: ApplicantLink) -> None:
        """Decide again because the applicant has answered, as who asked wanted it; a person can where this fails."""
        key = _KEY.format(link=link.id)
        who = Who(lender_id=link.lender_id, actor=FIRM)
        try:
            await self.decide(
                who, link.case_id, connection_id=link.connection_id, idempotency_key=key, body_digests=(key,)
            )
        except Exception as error:  # noqa: BLE001  nobody waits for it: the log and the case say that there is none
            _log.warning("not decided again", case=link.case_id, link=link.id, failure=failure(error))
