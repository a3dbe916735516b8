"""Notices to applicants: what is said of a decision and its case, printed once and kept as it was issued.

The same request is answered with the same bytes until a fact changes: the decision's case, the sender, the words.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, TypeAlias

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant, is_id, new_id
from scoring.base.secrets import Cipher
from scoring.decisions.changes import Change
from scoring.decisions.decision import Verdict
from scoring.decisions.notices import Outcome, Sender, Standing, standing_of
from scoring.papers.notice import html_of, pdf_of
from scoring.store import cases, notices
from scoring.store.audit import Action, Trail, Who
from scoring.store.borrowers import BorrowerRestrictedError, demand_open, find_borrower
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, with_particulars
from scoring.store.erasure import lock
from scoring.store.notices import Notice
from scoring.store.principals import Principal
from scoring.store.snapshots import SnapshotGoneError
from scoring.store.statements import Signer
from scoring.texts.notice_letter import Told
from scoring.texts.notice_words import VERSION
from scoring.texts.notices import letter_of
from scoring.texts.rendering import words_of
from scoring.usecases.cases import CaseMovedError
from scoring.usecases.changes import find_changes
from scoring.usecases.inputs import DecisionInputs, InputsGoneError
from scoring.usecases.reading import Reading, RestrictedError

Format: TypeAlias = Literal["html", "pdf"]
Language: TypeAlias = Literal["de", "en"]
_CHANGEABLE: Final = frozenset({Outcome.DECLINED, Outcome.IN_REVIEW})


class NoSenderError(Exception):
    """Nobody is named whom an applicant could reach."""


class UnknownNoticeError(Exception):
    """The lender has no such notice."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with its bytes."""

    notice: Notice
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Issues notices, and finds those that were. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail
    reading: Reading
    inputs: DecisionInputs
    workers: CapacityLimiter
    senders: Mapping[str, Sender]
    kept_days: int
    """How long a decision is kept."""
    printing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    """Who waits for the printer takes no place of the work on decisions."""

    async def issue(
        self, who: Who, reader: Principal, decision_id: str, *, paper: Format, language: Language | None
    ) -> Issued | None:
        """The notice on a decision: the stored one if it says what holds now, else a new one.

        Args:
            who: for the audit trail.
            reader: who asks; the decision counts as read.
            decision_id: on which the notice is.
            paper: its format.
            language: None is that of the application.

        Returns:
            None where the lender has no such decision.

        Raises:
            NoSenderError: the operator has named nobody for the lender.
            NotNewestError: the decision's case has a newer one.
            BorrowerRestrictedError: the borrower's data are only kept, or were erased; nothing was stored.
            CaseMovedError: somebody took a step meanwhile; nothing was stored.
            RestrictedError, ErasedDecisionError, RecordChangedError, NewerRecordError: as ``Reading.find``.
            CaseChangedError, NoticeChangedError: something is not what was signed.
        """
        stored = await self.reading.find(decision_id, reader=reader, who=who)
        if stored is None or stored.borrower_id is None:
            return None
        if stored.borrower_ref is None:
            raise BorrowerRestrictedError(is_erased=True)
        sender = self._sender(reader.lender_id)
        stored = await with_particulars(self.database, self.cipher, stored, lender_id=reader.lender_id)
        wanted = language or ("en" if stored.decision.terms.language == "en" else "de")
        look = partial(self._look, stored=stored, sender=sender, paper=paper, language=wanted)
        standing, basis, known = await self.database.read_at_once(look)
        if known is not None:
            return await self._told(who, known)
        return await self._make(who, stored, sender, standing, basis, paper, wanted)

    async def list(self, who: Who, reader: Principal, decision_id: str) -> list[Notice] | None:
        """The notices on a decision, newest first; None where the lender has no such decision.

        Raises:
            RestrictedError, ErasedDecisionError, RecordChangedError, NewerRecordError: as ``Reading.look``.
        """
        stored = await self.reading.look(decision_id, reader=reader)
        if stored is None:
            return None
        await self.trail.note(who, Action.NOTICES_LISTED, object_id=decision_id, borrower_id=stored.borrower_id)
        found = partial(notices.list_notices, lender_id=reader.lender_id, decision_id=decision_id)
        return await self.database.read_at_once(found)

    async def read(self, who: Who, reader: Principal, notice_id: str) -> Issued:
        """A notice as it was issued.

        Raises:
            UnknownNoticeError: the lender has none of this identifier.
            RestrictedError: the reader may not see it.
            NoticeChangedError: it is not what was signed.
            DecryptionError: it cannot be decrypted.
        """
        find = partial(notices.find, signer=self.signer, lender_id=reader.lender_id, notice_id=notice_id)
        found = await self.database.read_at_once(find) if is_id(notice_id, notices.PREFIX) else None
        if found is None:
            raise UnknownNoticeError("there is no notice with this identifier")
        if found.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        return await self._told(who, found)

    def _sender(self, lender_id: str) -> Sender:
        sender = self.senders.get(lender_id)
        if sender is None:
            raise NoSenderError(
                f"nobody is named whom an applicant of the lender {lender_id!r} could reach: SCORING_LENDERS_FILE has"
                " no such lender"
            )
        return sender

    def _look(
        self, connection: Connection, *, stored: StoredDecision, sender: Sender, paper: Format, language: Language
    ) -> tuple[Standing, str, Notice | None]:
        """How the application stands, the digest of what a notice would say, and the notice that says it."""
        lender_id, decision_id = stored.lender_id, stored.decision_id
        case_id = stored.case_id or cases.case_of(connection, lender_id=lender_id, decision_id=decision_id)
        found = None
        if case_id is not None:
            found = cases.load(connection, self.signer, lender_id=lender_id, case_id=case_id)
        standing = standing_of(
            stored.decision,
            None if found is None else found.case,
            () if found is None else found.steps,
            day_in_berlin(self.clock()),
        )
        facts = [decision_id, stored.borrower_ref, standing, sender, VERSION]
        basis = hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()
        known = next(
            (
                one
                for one in notices.list_notices(connection, lender_id=lender_id, decision_id=decision_id)
                if (one.basis, one.format, one.language) == (basis, paper, language)
            ),
            None,
        )
        if known is not None:
            known = notices.find(connection, self.signer, lender_id=lender_id, notice_id=known.id)
        return standing, basis, known

    async def _told(self, who: Who, notice: Notice) -> Issued:
        """A stored notice, once the trail says that it was read."""
        mark = self.trail.mark(who, Action.NOTICE_READ)

        def work(connection: Connection) -> bytes:
            content = notices.content_of(
                connection, self.cipher, notice.id, lender_id=notice.lender_id, borrower_id=notice.borrower_id
            )
            mark.put(connection, object_id=notice.id, borrower_id=notice.borrower_id)
            return content

        return Issued(notice=notice, content=await self.database.write_at_once(work))

    async def _make(
        self,
        who: Who,
        stored: StoredDecision,
        sender: Sender,
        standing: Standing,
        basis: str,
        paper: Format,
        language: Language,
    ) -> Issued:
        now = self.clock()
        notice_id = new_id(notices.PREFIX, now, self.randomness)
        told = Told(
            notice_id=notice_id,
            issued_on=day_in_berlin(now),
            borrower_ref=stored.borrower_ref or "",
            applicant=None if stored.particulars.applicant is None else stored.particulars.applicant.name,
            decision=stored.decision,
            words=stored.words or words_of(stored.decision),
            standing=standing,
            changes=await self._changes(stored, standing),
            sender=sender,
            statement=None if stored.signed is None else stored.signed.number,
            kept_until=day_in_berlin(datetime.fromisoformat(stored.decision.created_at))
            + timedelta(days=self.kept_days),
        )
        content = await anyio.to_thread.run_sync(_print, told, paper, language, now, limiter=self.printing)
        notice = Notice(
            id=notice_id,
            lender_id=stored.lender_id,
            borrower_id=stored.borrower_id or "",
            decision_id=stored.decision_id,
            format=paper,
            language=language,
            texts=VERSION,
            basis=basis,
            sha256=hashlib.sha256(content).hexdigest(),
            issued_at=instant(now),
            issued_by=who.name,
        )
        mark = self.trail.mark(who, Action.NOTICE_ISSUED)

        def work(connection: Connection) -> Notice | None:
            lock(connection, notice.borrower_id)  # or two could issue the same one
            demand_open(connection, notice.borrower_id)
            _, newest, known = self._look(connection, stored=stored, sender=sender, paper=paper, language=language)
            if known is not None:
                return known
            if newest != basis:
                raise CaseMovedError("the case of the decision has a newer step: ask for the notice again")
            borrower = find_borrower(connection, notice.borrower_id, lender_id=notice.lender_id, cipher=self.cipher)
            assert borrower is not None, "not erased, see demand_open"  # noqa: S101  for mypy
            mark.put(connection, object_id=notice.id, borrower_id=notice.borrower_id)
            notices.add(connection, self.signer, notice, content, borrower=borrower, randomness=self.randomness)
            return None

        earlier = await self.database.write_at_once(work)
        return Issued(notice=notice, content=content) if earlier is None else await self._told(who, earlier)

    async def _changes(self, stored: StoredDecision, standing: Standing) -> tuple[Change, ...] | None:
        """What would change the decision; None where what it was made from is gone."""
        is_better_already = stored.decision.assessment.recommendation is Verdict.APPROVE
        if is_better_already or standing.outcome not in _CHANGEABLE:
            return ()
        try:
            books = await self.inputs.books_of(stored)
            serving = await self.inputs.serving_of(stored.decision)
        except (SnapshotGoneError, InputsGoneError):
            return None
        return await anyio.to_thread.run_sync(find_changes, stored.decision, books, serving, limiter=self.workers)


def _print(told: Told, paper: Format, language: Language, now: datetime) -> bytes:
    letter = letter_of(told, language)
    return html_of(letter) if paper == "html" else pdf_of(letter, now)
