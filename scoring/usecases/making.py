"""Books to the record of a decision or an observation: read, evaluate, encode. Nothing is stored.

Reading is asynchronous; everything from the books to the canonical bytes is one call in a worker thread.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
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
from scoring.runtime.serving import Serving, resources_of
from scoring.runtime.settings import Settings
from scoring.sources.bank_lines.lender_rules import RulesFile
from scoring.sources.bank_lines.recognition import NOTHING_ADDED, Called, LineKnowledge
from scoring.sources.errors import BigBooksError
from scoring.sources.port import BookSource, DocumentKey, ReadBooks
from scoring.store import borrowers, cases, connections, decisions, line_corrections, loans, snapshots
from scoring.store.borrowers import Borrower, Particulars, Written, borrower_of
from scoring.store.connections import OpenedConnection
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.snapshots import Snapshot
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.admission import Admission, HangUp, stays, unless_hung_up
from scoring.usecases.application import Application, ForeignConnectionError, UnknownConnectionError
from scoring.usecases.books import BookAccess, allowed
from scoring.usecases.evaluate import evaluate

T = TypeVar("T")
SMALL_LIST: Final = 5_000
"""Objects of the longest list of books that are read at once."""
LOOK_SECONDS: Final = 1.0
"""How often it is looked, while books are being read, whether they may be."""
_LONGEST_NUMBER: Final = 64
"""Of a document, in characters. The firm writes it, and people read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What is to be made: for whom, by what, and what of the books is the lender's own."""

    serving: Serving
    """What decides, from the first to the last: it may be replaced meanwhile."""
    borrower: Borrower
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
class Made:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Reads books and makes records of them; stores nothing. Built once, from the parts that this takes."""

    books: BookAccess
    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    workers: CapacityLimiter
    big_books: Admission
    """Turns of books with a list beyond ``SMALL_LIST``: they take seconds where others take a tenth of one."""
    settings: Settings
    bank_rules: RulesFile | None = None
    """The lenders' own rules for bank lines."""

    def begin(
        self, connection: Connection, application: Application, serving: Serving, lender_id: str, now: datetime
    ) -> Begun:
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
        return Begun(
            serving=serving,
            borrower=borrower,
            written=borrowers.written_for(connection, borrower.id),
            snoozed=tuple(snoozed),
            own_loans=_open_loans(connection, borrower) if serving.policy.reads_borrowings else None,
        )

    async def make(
        self,
        application: Application,
        begun: Begun,
        ready: Callable[[Made], T],
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
        begun: Begun,
        ready: Callable[[Made], T],
        timer: StageTimer,
        hung_up: HangUp | None,
        *,
        at_most: int | None,
    ) -> T:
        """Read, and evaluate on a worker thread; ``ready`` takes what was made there.

        Raises:
            BigBooksError: A list has more objects than ``at_most``.
            UnknownConnectionError: The connection is gone, perhaps since a moment ago.
            BorrowerRestrictedError: The borrower was restricted or erased while its books were being read.
        """
        read_on = day_in_berlin(self.clock())
        with timer.stage("fetch"):
            reading = self._read(application, begun, read_on, at_most)
            while_allowed = unless_hung_up(reading, partial(self._until_forbidden, application, begun))
            read = await unless_hung_up(while_allowed, hung_up)
        return await anyio.to_thread.run_sync(
            lambda: ready(self._evaluate(application, begun, read, read_on, timer)), limiter=self.workers
        )

    async def _until_forbidden(self, application: Application, begun: Begun) -> None:
        """Raise once the books may not be read any more: whoever forbids it, in whatever process, is heard at once."""

        def work(connection: Connection) -> None:
            borrowers.demand_open(connection, begun.borrower.id, is_kept_so=False)
            lender_id, connection_id = begun.borrower.lender_id, application.connection_id
            if connection_id is not None and not connections.is_there(connection, lender_id, connection_id):
                raise UnknownConnectionError("the connection was withdrawn while its books were being read")

        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(DatabaseUnavailableError):
                await self.database.read_at_once(work)

    async def _read(self, application: Application, begun: Begun, read_on: date, at_most: int | None) -> _Read:
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
        begun: Begun,
        read: _Read,
        read_on: date,
        timer: StageTimer,
    ) -> Made:
        """Books to a record and a snapshot, on one worker thread."""
        borrower, source, books = begun.borrower, read.source, read.books
        serving = begun.serving
        timer.move("fetch", "parse", books.parse_seconds)
        with timer.stage("parse"):
            built = books.build(
                hash_key=borrower.subkey("ledger"),
                payout_iban=None if application.payout_iban is None else application.payout_iban.reveal(),
                own=[(one.document_id, one.amount_cents) for one in begun.written if one.source == source.name],
                called=_called(application, read.holder),
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
        return Made(
            decision=canonical, content=content, snapshot=snapshot, particulars=particulars, behind=found.behind
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


def _called(application: Application, holder: Party | None) -> Called:
    """What the firm is called: a company in application and account, a person as it names itself."""
    is_company = must_be_told(application.terms.legal_form)
    parties = (application.applicant, holder) if is_company else (application.applicant,)
    names = (party.name for party in parties if party is not None and party.name is not None)
    return Called(names=frozenset(names), is_company=is_company)


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
