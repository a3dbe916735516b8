"""Application to recorded decision: reserve, read, evaluate, record.

Reading is asynchronous; everything from the books to the canonical bytes is one call in a worker thread; decision,
snapshot and the completion of the idempotency key are one transaction, committed before the caller hears of it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import anyio.to_thread
import msgspec
import polars as pl
from anyio import CapacityLimiter
from sqlalchemy.engine import Connection

from features.ledger import Ledger, Resource
from scoring.base.credentials import Credential
from scoring.base.identifiers import BERLIN, Clock, Randomness, day_in_berlin, instant, new_id
from scoring.base.secrets import Cipher
from scoring.decisions.authority import Authority
from scoring.decisions.cases import CaseState, Subject
from scoring.decisions.decide import check_terms
from scoring.decisions.decision import (
    CONSENT_LACKS,
    Circumstances,
    Compared,
    Comparison,
    Coverage,
    Decision,
    Evidence,
    HolderCheck,
    Snoozed,
    Terms,
)
from scoring.decisions.holders import Party, compare_holder, compare_legal_form, must_be_told
from scoring.decisions.limits import own_loans
from scoring.decisions.loans import Loan
from scoring.decisions.policy import Policy
from scoring.decisions.reviews import SENTENCES, Refusal, StepRefusedError
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import Serving, resources_of
from scoring.runtime.settings import Settings
from scoring.sources.bank_lines.lender_rules import RulesFile
from scoring.sources.bank_lines.recognition import NOTHING_ADDED, LineKnowledge
from scoring.sources.errors import BigBooksError
from scoring.sources.port import BookSource, DocumentKey, ReadBooks
from scoring.store import borrowers, cases, decisions, line_corrections, loans, observations, quotas, snapshots
from scoring.store.audit import Action, Trail, Who
from scoring.store.borrowers import Borrower, Particulars, Written, borrower_of
from scoring.store.cases import UnknownCaseError
from scoring.store.connections import OpenedConnection
from scoring.store.database import Database
from scoring.store.decisions import NewDecision, RecordChangedError, Reservation, SealedSnapshot, StoredDecision
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.observations import NewObservation
from scoring.store.quotas import Counted, Quota
from scoring.store.snapshots import Snapshot
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import StageTimer, Telemetry
from scoring.usecases.admission import Admission, HangUp, stays, unless_hung_up
from scoring.usecases.application import Application, ForeignCaseError, ForeignConnectionError
from scoring.usecases.books import BookAccess, allowed
from scoring.usecases.evaluate import evaluate

T = TypeVar("T")
SMALL_LIST: Final = 5_000
"""Objects of the longest list of books that are read at once."""
_LONGEST_NUMBER: Final = 64
"""Of a document, in characters. The firm writes it, and people read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What an attempt holds until it has made its decision."""

    reservation: Reservation | None = None
    counted: Counted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """An attempt in the making: for whom, what it holds, and what of the books is the lender's own."""

    serving: Serving
    """What decides, from the first to the last: it may be replaced meanwhile."""
    borrower: Borrower
    held: _Held
    earlier: str | None
    """The decision that was made before for the same key."""
    written: tuple[Written, ...]
    snoozed: tuple[Snoozed, ...]
    """Rules that persons have set aside for the borrower."""
    own_loans: tuple[Loan, ...] | None
    """What the lender itself has lent to the borrower; None where the policy does not look at it."""
    asked_by: str | None = None
    prefix: str = "dec"
    """Of the identifier of what is made."""
    beside: tuple[str, ...] = ()
    """Features that are derived beside those that decide."""
    payout: Coverage | None = None
    """Of a decision that is watched: the account to which its loan goes is not kept, so what it found stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A record, not yet ready to be stored."""

    decision: Decision
    content: bytes
    """Its canonical bytes."""
    snapshot: bytes
    particulars: Particulars
    behind: Mapping[str, Evidence]
    """The documents behind the features beside those that decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read of one account."""

    source: BookSource
    books: ReadBooks
    notes: tuple[str, ...]
    """What the firm's consent kept from being read."""
    holder: Party | None = None
    """Whose account it is, where that was asked."""


def _give_back(held: _Held, connection: Connection) -> None:
    """For an attempt that failed."""
    if held.reservation is not None:
        decisions.release(connection, held.reservation)
    if held.counted is not None:
        quotas.take_back(connection, held.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Decides on applications. Built once, from the parts that this takes."""

    books: BookAccess
    database: Database
    cipher: Cipher
    signer: Signer
    in_force: InForce
    telemetry: Telemetry
    clock: Clock
    randomness: Randomness
    workers: CapacityLimiter
    big_books: Admission
    """Turns of books with a list beyond ``SMALL_LIST``: they take seconds where others take a tenth of one."""
    settings: Settings
    trail: Trail
    bank_rules: RulesFile | None = None
    """The lenders' own rules for bank lines."""
    authority: Authority | None = None
    """Who may decide on the cases of decisions."""
    shadow: Callable[[Decision], None] | None = None
    """Is told of each decision that was stored; returns at once."""
    stale_after: timedelta
    """Age from which a reservation may be taken over. An attempt at work renews its own three times in that time."""

    async def assess(  # noqa: PLR0913  each is named by its caller
        self,
        application: Application,
        *,
        who: Who,
        idempotency_key: str | None,
        body_digests: Collection[str],
        quota: Quota | None = None,
        hung_up: HangUp | None = None,
        traceparent: str | None = None,
        earlier: Subject | None = None,
        beside: Callable[[Connection, Decision], Mapping[str, str]] | None = None,
    ) -> StoredDecision:
        """Decide on an application and record the decision.

        Args:
            application: What is asked.
            who: The principal that asks, for its lender.
            idempotency_key: Its repetition answers with the first decision.
            body_digests: Digests of the request's body, the one to store first, see ``decisions.reserve``.
            quota: Of the key that was used; a decision is counted when it is begun, and taken back if none is made.
            hung_up: Ends when the caller has left. Its books are not read any further then; None reads them anyway.
            traceparent: The caller's span, see ``scoring.telemetry.telemetry``.
            earlier: The decision of which this is a repetition on fresh books: who asked for that one stays who asked.
            beside: As ``decisions.record``; not called where the decision was made before.

        Raises:
            TermsError: The policy does not know what was asked for.
            KeyReusedError: The idempotency key belongs to another body.
            QuotaUsedUpError: The key has asked for as many decisions as it may.
            InFlightError: The same request is being worked on.
            ReservationLostError: A repetition took over; nothing was stored.
            BorrowerRestrictedError: The borrower's data are only kept.
            HungUpError: The caller left; nothing was stored.
            UnknownConnectionError: The lender has no such connection.
            UnknownCaseError: The lender has no such case.
            ForeignCaseError: The case is another borrower's.
            StepRefusedError: The case was withdrawn.
            ForeignConnectionError: The connection is another borrower's.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
            DecryptionError: A stored secret cannot be decrypted.
        """
        lender_id = who.lender_id or ""
        with self.telemetry.decision(traceparent) as timer:
            serving = self.in_force.serving.of(lender_id).for_form(application.terms.legal_form)
            check_terms(application.terms, serving.policy)
            asked_by = who.principal_id if earlier is None else earlier.asked_by
            begun = await self._reserve(application, serving, lender_id, idempotency_key, body_digests, quota)
            if begun.earlier is not None:
                self.telemetry.repeated(begun.earlier)
                return await self._earlier(begun.earlier, who, begun.borrower, idempotency_key)
            begun = replace(begun, asked_by=asked_by)
            async with self._holding(begun.held):
                made = await self._make(application, begun, partial(self._ready, application, begun), timer, hung_up)
                with timer.stage("record"):
                    await decisions.record(
                        self.database,
                        self.signer,
                        made,
                        borrower=begun.borrower,
                        reservation=begun.held.reservation,
                        mark=self.trail.mark(who, Action.DECISION_MADE),
                        beside=beside,
                    )
            self.telemetry.decided(made.stored.decision, timer)
            if self.shadow is not None:
                self.shadow(made.stored.decision)
            return made.stored

    async def observe(
        self, watched: StoredDecision, connection_id: str, beside: Collection[str] = ()
    ) -> tuple[Borrower, NewObservation]:
        """Make the record that a decision would be today, on the terms of an earlier one; nothing is stored.

        Args:
            watched: the earlier one, with its particulars.
            connection_id: by which the books are read.
            beside: features that are derived beside those that decide.

        Raises:
            TermsError: The policy in force does not know what was asked for.
            BorrowerRestrictedError: The borrower's data are only kept.
            UnknownConnectionError: There is no such connection any more.
            SourceError: The books could not be read; see ``scoring.sources.errors``.
            DecryptionError: A stored secret cannot be decrypted.
        """
        lender_id, terms = watched.lender_id, watched.decision.terms
        serving = self.in_force.serving.of(lender_id).for_form(terms.legal_form)
        check_terms(terms, serving.policy)
        serving = serving.with_features(beside)
        application = Application(
            borrower_ref=watched.borrower_ref or "",
            terms=terms,
            purpose=watched.purpose,
            payout_iban=None,
            as_of=None,
            connection_id=connection_id,
            credential=None,
            applicant=watched.particulars.applicant,
        )
        now = self.clock()
        payout = watched.decision.circumstances.coverage

        def work(connection: Connection) -> _Begun:
            found = self._begin(connection, application, serving, lender_id, now)
            return replace(found, prefix=observations.PREFIX, payout=payout, beside=tuple(beside))

        begun = await self.database.write_at_once(work)
        timer = StageTimer()
        made = await self._make(application, begun, partial(self._observed, begun.borrower), timer, None)
        return begun.borrower, made

    def _observed(self, borrower: Borrower, made: _Made) -> NewObservation:
        """Sealed, on a worker thread."""
        identifier = made.decision.decision_id
        return NewObservation(
            record=made.decision,
            sealed=observations.seal_record(made.content, borrower, identifier, self.randomness),
            particulars=observations.seal_particulars(made.particulars, borrower, identifier, self.randomness),
            books=observations.seal_books(made.snapshot, borrower, identifier, self.randomness),
            books_expire_at=self.clock() + timedelta(days=self.settings.snapshot_days),
            behind=made.behind,
        )

    async def _reserve(
        self,
        application: Application,
        serving: Serving,
        lender_id: str,
        key: str | None,
        body_digests: Collection[str],
        quota: Quota | None,
    ) -> _Begun:
        """In one transaction: the borrower, the key and quota for this attempt, or the decision made before."""
        now = self.clock()
        reservation = None
        if key is not None:
            reservation = Reservation(lender_id=lender_id, key=key, attempt=new_id("att", now, self.randomness))

        def work(connection: Connection) -> _Begun:
            begun = self._begin(connection, application, serving, lender_id, now)
            borrower = begun.borrower
            if application.case_id is not None:
                self._check_case(connection, borrower, application.case_id)
            earlier, counted = None, None
            if reservation is not None:
                # with a key of the borrower: a body is short enough to be guessed from a plain digest
                keyed = [borrower.keyed("idempotency", digest.encode()) for digest in body_digests]
                earlier = decisions.reserve(
                    connection,
                    reservation,
                    body_digests=(*keyed, *body_digests),  # the plain ones are of versions before 0.6
                    now=now,
                    stale_after=self.stale_after,
                )
            if quota is not None and earlier is None:
                counted = quotas.count(connection, quota, now=now)
            return replace(begun, held=_Held(reservation=reservation, counted=counted), earlier=earlier)

        return await self.database.write_at_once(work)

    def _begin(
        self, connection: Connection, application: Application, serving: Serving, lender_id: str, now: datetime
    ) -> _Begun:
        """The borrower, added if new, and what of its books is known here."""
        borrower = borrower_of(
            connection,
            lender_id=lender_id,
            ref=application.borrower_ref,
            cipher=self.cipher,
            now=now,
            randomness=self.randomness,
        )
        snoozed = cases.snoozed_for(
            connection, self.signer, lender_id=lender_id, borrower_id=borrower.id, day=day_in_berlin(now)
        )
        return _Begun(
            serving=serving,
            borrower=borrower,
            held=_Held(),
            earlier=None,
            written=borrowers.written_for(connection, borrower.id),
            snoozed=tuple(snoozed),
            own_loans=_open_loans(connection, borrower) if serving.policy.reads_borrowings else None,
        )

    def _check_case(self, connection: Connection, borrower: Borrower, case_id: str) -> None:
        """Refuse before books are read what cannot be linked."""
        found = cases.load(connection, self.signer, lender_id=borrower.lender_id, case_id=case_id)
        if found is None:
            raise UnknownCaseError("there is no case with this identifier")
        if found.borrower_id != borrower.id:
            raise ForeignCaseError("belongs to a different borrower than borrower_ref")
        if found.case.state is CaseState.WITHDRAWN:
            raise StepRefusedError(Refusal.WITHDRAWN, SENTENCES[Refusal.WITHDRAWN])

    async def _earlier(
        self, decision_id: str, who: Who, borrower: Borrower, idempotency_key: str | None
    ) -> StoredDecision:
        """The decision that was made for this idempotency key before.

        Raises:
            RecordChangedError: it was made for another key, or is not what was signed.
        """
        lender_id = borrower.lender_id
        found = await decisions.find_decision(self.database, self.signer, lender_id=lender_id, decision_id=decision_id)
        if found is None:
            raise RecordChangedError(f"the decision {decision_id} of an idempotency key does not exist")
        if not decisions.was_made_for(found, idempotency_key or "", borrower):
            raise RecordChangedError(f"the idempotency key leads to decision {decision_id}, which was made for another")
        await self.trail.note(who, Action.DECISION_READ, object_id=decision_id, borrower_id=found.borrower_id)
        return await decisions.with_particulars(self.database, self.cipher, found, lender_id=lender_id)

    @asynccontextmanager
    async def _holding(self, held: _Held) -> AsyncIterator[None]:
        """Keep the idempotency key while the attempt works; give key and quota back when it fails."""
        renewing = asyncio.create_task(self._renew(held.reservation))
        is_done = False
        try:
            yield
            is_done = True
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})
            if not is_done and held != _Held():
                await self.database.write_at_once(partial(_give_back, held))

    async def _renew(self, reservation: Reservation | None) -> None:
        """Most decisions are made before the first renewal; a process that died renews nothing."""
        while reservation is not None:
            await asyncio.sleep(self.stale_after.total_seconds() / 3)
            with suppress(DatabaseUnavailableError):
                await decisions.renew(self.database, reservation, now=self.clock())

    async def _make(
        self,
        application: Application,
        begun: _Begun,
        ready: Callable[[_Made], T],
        timer: StageTimer,
        hung_up: HangUp | None,
    ) -> T:
        """Read and evaluate; big books wait for their turn."""
        try:
            return await self._try_to_make(application, begun, ready, timer, hung_up, at_most=SMALL_LIST)
        except BigBooksError:
            async with AsyncExitStack() as place:
                with timer.stage("fetch"):
                    lender_id = begun.borrower.lender_id
                    await place.enter_async_context(self.big_books.turn(lender_id, hung_up=hung_up or stays))
                return await self._try_to_make(application, begun, ready, timer, hung_up, at_most=None)

    async def _try_to_make(
        self,
        application: Application,
        begun: _Begun,
        ready: Callable[[_Made], T],
        timer: StageTimer,
        hung_up: HangUp | None,
        *,
        at_most: int | None,
    ) -> T:
        """Read, and evaluate on a worker thread; ``ready`` takes what was made there.

        Raises:
            BigBooksError: A list has more objects than ``at_most``.
        """
        read_on = day_in_berlin(self.clock())
        with timer.stage("fetch"):
            reading = self._read(application, begun, read_on, at_most)
            read = await unless_hung_up(reading, hung_up)
        return await anyio.to_thread.run_sync(
            lambda: ready(self._evaluate(application, begun, read, read_on, timer)), limiter=self.workers
        )

    async def _read(self, application: Application, begun: _Begun, read_on: date, at_most: int | None) -> _Read:
        """What was read at the source; whose account it is only where that is compared with something."""
        lender_id = begun.borrower.lender_id
        access: Credential | OpenedConnection
        if application.credential is not None:
            access = application.credential
        else:
            access = await self.books.open(lender_id=lender_id, connection_id=application.connection_id or "")
            if access.borrower_ref != application.borrower_ref:
                raise ForeignConnectionError("belongs to a different borrower than borrower_ref")
        policy, plan = begun.serving.policy, begun.serving.plan_for(application.terms.legal_form)
        source = self.books.source_of(access)
        knowledge = NOTHING_ADDED
        if Resource.RECOGNITION in plan.resources:
            corrections = await line_corrections.corrections_of(
                self.database, lender_id=lender_id, borrower_ref=application.borrower_ref, source=source.name
            )
            rules = None if self.bank_rules is None else self.bank_rules.of(lender_id)
            if rules is not None or corrections:
                knowledge = LineKnowledge(rules=rules, corrections=corrections)
        wanted, may = resources_of(plan, self.settings), allowed(access)
        looks = Resource.RECOGNITION in wanted and policy.reads_borrowings
        compares = application.applicant is not None or _looks_at_legal_form(policy, application.terms)
        beside = {
            "funders": looks and not may.names_funders,
            "holder": compares and not may.names_holder,
        }
        lacking = (*sorted(wanted - may.resources), *(name for name, is_lacking in beside.items() if is_lacking))
        notes = tuple(f"{CONSENT_LACKS}{one}" for one in lacking)
        reading_books = self.books.read(
            access,
            wanted,
            read_on=read_on,
            since=plan.since(application.as_of or read_on),
            knowledge=knowledge,
            at_most=at_most,
            optional=wanted - plan.resources,
        )
        if not compares:
            return _Read(source=source, books=await reading_books, notes=notes)
        if not may.names_holder:  # nobody was told that it is read: then it cannot be compared
            return _Read(source=source, books=await reading_books, notes=notes, holder=Party())
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                books = group.create_task(reading_books)
                holder = group.create_task(self.books.read_holder(access))
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        if failure is not None:
            raise failure  # outside of the handler: its own cause stays, and not the group
        held = holder.result()
        if application.applicant is None:  # nothing to compare numbers with, so they are not kept
            held = Party(name=held.name)
        return _Read(source=source, books=books.result(), notes=notes, holder=held)

    def _evaluate(
        self,
        application: Application,
        begun: _Begun,
        read: _Read,
        read_on: date,
        timer: StageTimer,
    ) -> _Made:
        """Books to a record and a snapshot, on one worker thread."""
        borrower, source, books = begun.borrower, read.source, read.books
        serving = begun.serving
        timer.move("fetch", "parse", books.parse_seconds)
        with timer.stage("parse"):
            built = books.build(
                hash_key=borrower.subkey("ledger"),
                payout_iban=None if application.payout_iban is None else application.payout_iban.reveal(),
                own=[(one.document_id, one.amount_cents) for one in begun.written if one.source == source.name],
            )
            coverage = msgspec.structs.replace(built.coverage, notes=(*built.coverage.notes, *read.notes))
            if begun.payout is not None:
                fed_days = begun.payout.payout_fed_days
                coverage = msgspec.structs.replace(coverage, payout=begun.payout.payout, payout_fed_days=fed_days)
            snapshot = snapshots.encode(
                Snapshot(
                    ledger=built.ledger,
                    coverage=coverage,
                    fetched_on=read_on,
                    features=serving.features,
                    source_ids=built.source_ids,
                )
            )
        as_of = application.as_of or read_on
        circumstances = Circumstances(
            as_of=as_of,
            is_reconstructed=as_of < read_on,
            source=source.name,
            is_sandbox=source.is_sandbox,
            coverage=coverage,
            holder=_check_holder(application, read.holder),
            legal_form=_check_legal_form(serving.policy, application, read.holder),
            snoozed=begun.snoozed,
            own_loans=None
            if begun.own_loans is None
            else own_loans(begun.own_loans, last_line_on(built.ledger, as_of)),
        )
        found = evaluate(
            built.ledger,
            application.terms,
            circumstances,
            serving,
            timer,
            source_ids=built.source_ids,
            beside=begun.beside,
        )
        now = self.clock()
        decision = Decision(
            decision_id=new_id(begun.prefix, now, self.randomness),
            created_at=instant(now),
            valid_until=now.astimezone(BERLIN).date() + timedelta(days=serving.policy.validity_days),
            borrower_digest=borrower.digest(),
            as_of=as_of,
            terms=application.terms,
            circumstances=circumstances,
            row=found.row,
            missing=found.missing,
            assessment=found.assessment,
            model=serving.card,
            snapshot_sha256=hashlib.sha256(snapshot).hexdigest(),
            versions=serving.versions,
            timing=timer.times(),
            asked_by=begun.asked_by,
            borrowings=found.borrowings,
            largest_instalment=found.largest_instalment,
        )
        content, canonical = decisions.encode(decision)
        found_numbers = books.find_numbers(_documents(canonical, found.behind.values()))
        numbers = {document: _one_line(number) for document, number in found_numbers.items()}
        particulars = Particulars(numbers, application.purpose, applicant=application.applicant, holder=read.holder)
        return _Made(
            decision=canonical, content=content, snapshot=snapshot, particulars=particulars, behind=found.behind
        )

    def _ready(self, application: Application, begun: _Begun, made: _Made) -> NewDecision:
        """A decision, sealed on a worker thread."""
        borrower, decision_id, particulars = begun.borrower, made.decision.decision_id, made.particulars
        purpose = snapshots.snapshot_purpose(decision_id)
        return NewDecision(
            stored=StoredDecision(
                decision=made.decision,
                lender_id=borrower.lender_id,
                borrower_ref=borrower.ref,
                purpose=application.purpose,
                particulars=particulars,
                case_id=application.case_id or cases.case_id_of(decision_id),
            ),
            content=made.content,
            into_case=application.case_id,
            authority=None if self.authority is None else self.authority.of(borrower.lender_id),
            particulars=borrowers.seal_particulars(particulars, borrower, decision_id, self.randomness),
            snapshot=SealedSnapshot(
                sealed=self.cipher.seal(made.snapshot, lender_id=borrower.lender_id, purpose=purpose),
                sha256=made.decision.snapshot_sha256,
                expires_at=datetime.fromisoformat(made.decision.created_at)
                + timedelta(days=self.settings.snapshot_days),
            ),
        )


def _open_loans(connection: Connection, borrower: Borrower) -> tuple[Loan, ...]:
    return loans.open_loans(connection, borrower.id) if borrowers.has_open_loans(connection, borrower.id) else ()


def last_line_on(ledger: Ledger, as_of: date) -> date | None:
    """The day of the last bank line; None without lines.

    Of those that the bank delivered, if it delivered any: the firm itself enters the others.
    """
    lines = ledger.transactions.filter((pl.col("happened_on") <= as_of) & ~pl.col("is_duplicate"))
    fed = lines.filter(pl.col("is_fed"))
    last_on = (fed if fed.height else lines)["happened_on"].max()
    return last_on if isinstance(last_on, date) else None


def _check_holder(application: Application, holder: Party | None) -> HolderCheck | None:
    """Whose books these are; None where the application names no applicant."""
    if application.applicant is None or holder is None:
        return None
    return compare_holder(application.applicant, holder, legal_form=application.terms.legal_form)


def _looks_at_legal_form(policy: Policy, terms: Terms) -> bool:
    """Whether the account's name must tell the legal form. A natural person's name is not asked for."""
    return bool(policy.caps.legal_form_must_match) and must_be_told(terms.legal_form)


def _check_legal_form(policy: Policy, application: Application, holder: Party | None) -> Compared | None:
    """Whether the account's name tells the legal form that was stated; None where it need not.

    An account without a name says nothing against a company whose name nobody asked for.
    """
    if holder is None or not _looks_at_legal_form(policy, application.terms):
        return None
    found = compare_legal_form(application.terms.legal_form, holder.name)
    is_asked = application.applicant is not None or found.result is not Comparison.UNKNOWN
    return found if is_asked else None


def _documents(decision: Decision, beside: Iterable[Evidence]) -> set[DocumentKey]:
    """Every document that the reasons and causes of a decision point to, and further ones."""
    assessment = decision.assessment
    found = [*beside]
    found += [reason.evidence for reason in assessment.reasons] + [cause.evidence for cause in assessment.causes]
    return {(document.kind, document.id) for evidence in found for document in evidence.documents}


def _one_line(number: str) -> str:
    """Without line breaks, control characters and characters that turn the direction of reading; not endless."""
    cut = number if len(number) <= _LONGEST_NUMBER else number[: _LONGEST_NUMBER - 1] + "…"
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in cut)
