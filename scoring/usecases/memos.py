"""Credit memos for the lender's file: gathered from what is stored, and printed. Nothing of them is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Literal, TypeAlias

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from features.feature import Text
from features.history import History, history_of
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.decision import Circumstances, Decision, Document, Evidence
from scoring.decisions.loans import Loan
from scoring.papers.memo import pdf_of, workbook_of
from scoring.store.audit import Action, Trail, Who
from scoring.store.cases import CaseChangedError, kind_of
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError, StoredDecision, with_particulars
from scoring.store.loans import loans_of
from scoring.store.principals import Principal
from scoring.store.snapshots import KeptBooks, SnapshotError
from scoring.texts import memo_words
from scoring.texts.catalogue import newest, released
from scoring.texts.memo import Evidenced, File, Reviewed, memo_of
from scoring.texts.rendering import label_of, words_of
from scoring.usecases.cases import Cases, ShownCase
from scoring.usecases.inputs import DecisionInputs
from scoring.usecases.reading import Reading

MemoFormat: TypeAlias = Literal["pdf", "xlsx"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memos:
    """Makes memos. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    clock: Clock
    trail: Trail
    reading: Reading
    reviews: Cases
    inputs: DecisionInputs
    links: Callable[[Document, Circumstances], str | None]
    """Where a document is in the bookkeeping system."""
    printing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    """Who waits for the printer takes no place of the work on decisions."""

    async def make(
        self, who: Who, reader: Principal, decision_id: str, *, paper: MemoFormat, language: str | None
    ) -> bytes | None:
        """The memo on a decision; None where the lender has no such decision.

        Args:
            who: for the audit trail.
            reader: who asks; decision and case count as read.
            decision_id: on which it is.
            paper: its format.
            language: None is that of the application.

        Raises:
            RestrictedError, ErasedDecisionError, RecordChangedError, NewerRecordError: as ``Reading.find``.
        """
        stored = await self.reading.find(decision_id, reader=reader, who=who)
        if stored is None:
            return None
        stored = await with_particulars(self.database, self.cipher, stored, lender_id=reader.lender_id)
        case_id = stored.case_id or await self.reviews.find_of(reader, decision_id)
        case = None
        if case_id is not None:
            try:
                case = await self.reviews.read(who, reader, case_id)
            except CaseChangedError as error:
                raise RecordChangedError(str(error)) from None
        loan = await self.database.read_at_once(partial(self._loan, stored=stored))
        books = await self._books(stored)
        await self.trail.note(who, Action.MEMO_MADE, object_id=decision_id, borrower_id=stored.borrower_id)
        work = partial(self._print, stored, case, loan, books, paper, language or stored.decision.terms.language)
        return await anyio.to_thread.run_sync(work, limiter=self.printing)

    def _loan(self, connection: Connection, *, stored: StoredDecision) -> Loan | None:
        if stored.borrower_id is None:
            return None
        found = loans_of(connection, self.cipher, stored.borrower_id)
        return next((one.fold() for one in found if one.decision_id == stored.decision_id), None)

    async def _books(self, stored: StoredDecision) -> KeptBooks | None:
        try:
            return await self.inputs.books_of(stored)
        except (SnapshotError, DecryptionError):
            return None

    def _print(
        self,
        stored: StoredDecision,
        case: ShownCase | None,
        loan: Loan | None,
        books: KeptBooks | None,
        paper: MemoFormat,
        language: str,
    ) -> bytes:
        decision, now = stored.decision, self.clock()
        file = File(
            borrower=stored.borrower_ref or "\N{EN DASH}",
            applicant=None if stored.particulars.applicant is None else stored.particulars.applicant.name,
            decision=decision,
            words=stored.words or words_of(decision),
            purpose=stored.purpose,
            history=_history(decision, books),
            evidence=tuple(self._evidence(stored)),
            steps=() if case is None else tuple(_steps(case, language)),
            resolution=None if case is None else _resolution(case),
            loan=loan,
            statement=None if stored.signed is None else stored.signed.number,
            as_of=day_in_berlin(now),
        )
        memo = memo_of(file, language)
        moment = datetime.fromtimestamp(int(now.timestamp()), tz=now.tzinfo)
        return pdf_of(memo, moment) if paper == "pdf" else workbook_of(memo, moment)

    def _evidence(self, stored: StoredDecision) -> Iterator[Evidenced]:
        decision = stored.decision
        catalogue = released().get(decision.versions.texts or "") or newest()
        figures: list[tuple[Text, Evidence]] = []
        for cause in decision.assessment.causes:
            rule = catalogue.rules.get(cause.rule)
            figures.append((Text(de=cause.rule, en=cause.rule) if rule is None else rule.subject, cause.evidence))
        figures += [(label_of(one.features, catalogue), one.evidence) for one in decision.assessment.reasons]
        for figure, evidence in figures:
            for document in evidence.documents:
                yield Evidenced(
                    figure=figure,
                    document=document,
                    number=stored.particulars.number_of(document) or str(document.id),
                    link=self.links(document, decision.circumstances),
                )


def _history(decision: Decision, books: KeptBooks | None) -> History | None:
    if books is None:
        return None
    try:
        snapshot = books.snapshot
    except SnapshotError:
        return None
    return history_of(snapshot.ledger, decision.as_of)


def _steps(case: ShownCase, language: str) -> Iterator[Reviewed]:
    system = memo_words.SYSTEM.en if language == "en" else memo_words.SYSTEM.de
    for step in case.stored.steps:
        yield Reviewed(
            step=step,
            kind=kind_of(step.facts),
            by=system if step.by is None else case.names.get(step.by, step.by),
            text=case.stored.texts.get(step.number),
        )


def _resolution(case: ShownCase) -> tuple[str, int | None, date] | None:
    found = case.stored.case.resolution
    return None if found is None else (found.verdict, found.amount_cents, found.valid_until)
