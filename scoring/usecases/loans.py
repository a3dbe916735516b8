"""Loans of a lender: granted on an approval, then told entry by entry, each once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import BERLIN, Clock, Randomness, day_in_berlin, instant
from scoring.base.secrets import Cipher
from scoring.decisions.cases import Linked, Reopened, Resolution, Voted, Withdrawn
from scoring.decisions.consumer_credit import CONDITION, MARKED, REFUSED, least_of
from scoring.decisions.decision import Verdict
from scoring.decisions.loans import Condition, Entry, Granted, LoanError, PaidOut, euro, fold
from scoring.decisions.monitoring import EndCause
from scoring.store import loans, subscriptions
from scoring.store.audit import Action, Trail, Who, page_id
from scoring.store.borrowers import demand_open
from scoring.store.cases import CaseChangedError, StoredCase, case_of
from scoring.store.cases import load as load_case
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, decision_in
from scoring.store.loans import LoanFilter, NewEntry, StoredLoan
from scoring.store.principals import Principal
from scoring.store.statements import Signer
from scoring.store.tables import decisions, monitoring_subscriptions
from scoring.usecases.application import ApplicationError
from scoring.usecases.reading import RestrictedError


class UnknownLoanError(ApplicationError):
    """The lender has no such loan, or no such decision."""


class NotApprovedError(ApplicationError):
    """No approval covers what was granted; the message says why."""


class ReferenceUsedError(ApplicationError):
    """The lender's reference stands for something else already."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a lender may grant on one decision."""

    decision_id: str
    borrower_id: str
    product: str
    amount_cents: int
    """At most."""
    term_months: tuple[int, int]
    """From the term that was decided on to the longest: a shorter one has higher instalments."""
    annual_rate_bps: int | None
    """The price that persons approved; None where the machine did."""
    approved_on: date
    valid_until: date
    least_cents: int = 1
    """Less would be consumer credit, which the lender does not give."""
    consumer_below_cents: int = 0
    """Less is consumer credit, which has a condition of its own."""
    is_guaranteed: bool = False
    """Somebody was named in its case; the signed guarantee is a condition."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A loan after something was entered about it."""

    loan: StoredLoan
    is_new: bool
    """Whether the loan was not there before."""
    said: tuple[str, ...]
    """What is signed of the entries that were new; the others were there, word for word."""


GUARANTEE: Final = "guarantee"
"""The condition of a loan that somebody guarantees: the guarantee is signed."""
Asked = Callable[[str], tuple[Condition, ...]]
"""The conditions before pay-out of a product."""


def approval_of(connection: Connection, signer: Signer, *, lender_id: str, decision_id: str) -> Approval | None:
    """The approval that a decision gives; None where it gives none, or the lender has no such decision.

    Where it is in a case, what was resolved there counts: what persons decided, or the machine's newest decision.

    Raises:
        RecordChangedError: the decision is not what was signed.
        CaseChangedError: its case is not what was signed.
        NewerRecordError: a newer version of the service recorded it.
        ErasedDecisionError: it was erased.
    """
    stored = decision_in(connection, signer, lender_id=lender_id, decision_id=decision_id)
    if stored is None:
        return None
    case_id = case_of(connection, lender_id=lender_id, decision_id=decision_id)
    found = None if case_id is None else load_case(connection, signer, lender_id=lender_id, case_id=case_id)
    if found is not None:
        resolution = found.case.resolution
        is_newest = found.case.subject.decision_id == decision_id
        if resolution is None or resolution.verdict is not Verdict.APPROVE or not is_newest:
            return None
        if resolution.by_person:
            return _by_person(stored, found, resolution)
    if stored.decision.assessment.verdict is not Verdict.APPROVE:
        return None
    decision, offer = stored.decision, stored.decision.assessment.offer
    terms = decision.terms
    return Approval(
        decision_id=decision_id,
        is_guaranteed=found is not None and bool(found.case.guarantors),
        borrower_id=stored.borrower_id or "",
        product=terms.product,
        amount_cents=terms.amount_cents if offer is None else max(offer.limit_cents, terms.amount_cents),
        term_months=(terms.term_months, terms.term_months if offer is None else offer.max_term_months),
        annual_rate_bps=None,
        approved_on=_day_of(decision.created_at),
        valid_until=decision.valid_until,
        **_consumer_credit(stored),
    )


def _by_person(stored: StoredDecision, found: StoredCase, resolution: Resolution) -> Approval:
    """What persons approved: this amount at most, for this term, at this price."""
    voted = max(step.at for step in found.steps if isinstance(step.facts, Voted))
    amount, term = resolution.amount_cents, resolution.term_months
    if amount is None or term is None:
        raise CaseChangedError(f"case {found.id} approves without an amount or a term")
    return Approval(
        decision_id=stored.decision.decision_id,
        is_guaranteed=bool(found.case.guarantors),
        borrower_id=found.borrower_id,
        product=stored.decision.terms.product,
        amount_cents=amount,
        term_months=(term, term),
        annual_rate_bps=resolution.annual_rate_bps,
        approved_on=_day_of(voted),
        valid_until=resolution.valid_until,
        **_consumer_credit(stored),
    )


def _consumer_credit(stored: StoredDecision) -> dict[str, int]:
    """From which amounts on a loan on the decision is no consumer credit, where it may be some."""
    rules = stored.decision.assessment.rules
    return {"least_cents": least_of(rules, REFUSED) or 1, "consumer_below_cents": least_of(rules, MARKED) or 0}


def _day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(BERLIN).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loans:
    """Keeps loans. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail
    asked: Asked

    async def enter(
        self,
        who: Who,
        entries: Sequence[NewEntry],
        *,
        loan_id: str | None = None,
        loan_ref: str | None = None,
        decision_id: str | None = None,
    ) -> Taken:
        """Take entries about one loan, all or none; what is there word for word is not taken twice.

        Args:
            who: enters them, for its lender.
            entries: in their order.
            loan_id: of a loan that is there.
            loan_ref: the lender's reference, of one that is there or is granted now; one of both is given.
            decision_id: which approval it was granted on; needed where it is new.

        Raises:
            UnknownLoanError: there is no such loan, or no such decision.
            NotApprovedError: no approval covers it.
            ReferenceUsedError: a reference stands for something else.
            ConditionOpenError: a pay-out while a condition is open.
            LoanError: the entries contradict what is known.
            BorrowerRestrictedError: nothing may be granted to the borrower or paid out any more.
            ErasedDecisionError: the decision was erased.
            RecordChangedError: the decision is not what was signed.
        """

        def work(connection: Connection) -> Taken:
            taken = self.take(connection, who, entries, loan_id=loan_id, loan_ref=loan_ref, decision_id=decision_id)
            self.sign(connection, [taken])
            return taken

        return await self.database.write_at_once(work)

    def take(
        self,
        connection: Connection,
        who: Who,
        entries: Sequence[NewEntry],
        *,
        loan_id: str | None = None,
        loan_ref: str | None = None,
        decision_id: str | None = None,
    ) -> Taken:
        """The same in the caller's writing transaction, which must end with ``sign``."""
        lender_id = who.lender_id or ""
        loan = loans.find_loan(
            connection, self.cipher, lender_id=lender_id, loan_id=loan_id, loan_ref=loan_ref, is_locked=True
        )
        is_new = False
        if loan is None:
            is_new = self._begin(connection, lender_id, loan_ref, decision_id)
            loan = loans.find_loan(connection, self.cipher, lender_id=lender_id, loan_ref=loan_ref, is_locked=True)
        if loan is None:
            raise ReferenceUsedError(f"decision {decision_id} has become another loan; decide again for this one")
        if decision_id not in {None, loan.decision_id}:
            raise ReferenceUsedError(f"loan {loan.loan_ref!r} was granted on decision {loan.decision_id}")
        added = self._unknown(loan, entries)
        if is_new or any(isinstance(one.entry, Granted) for one in added):
            added = self._approved(connection, loan, added)
        paid_out = [one.entry for one in added if isinstance(one.entry, PaidOut) and one.entry.corrects is None]
        if paid_out:
            demand_open(connection, loan.borrower_id)
            self._demand_standing(connection, loan, max(one.happened_on for one in paid_out))
        self._demand_past(added)
        told = fold([*(one.entry for one in loan.entries), *(one.entry for one in added)])
        said: list[str] = []
        if added:
            mark = self.trail.mark(who, _action(added, is_new=is_new))
            mark.put(connection, object_id=loan.id, borrower_id=loan.borrower_id)
            said = loans.add_entries(
                connection,
                self.cipher,
                self.signer,
                loan,
                added,
                closed_on=told.closed_on,
                now=self.clock(),
                by=who.name,
            )
            if told.closed_on is not None and not loans.open_loans(connection, loan.borrower_id):
                self._stop_monitoring(connection, loan.borrower_id)
            stored = loans.find_loan(connection, self.cipher, lender_id=lender_id, loan_id=loan.id)
            assert stored is not None, "stored just now"  # noqa: S101  for mypy
            loan = stored
        return Taken(loan=loan, is_new=is_new, said=tuple(said))

    def _stop_monitoring(self, connection: Connection, borrower_id: str) -> None:
        """The consent is for the loan: with the last one, reading ends."""
        mine, at = monitoring_subscriptions.c.borrower_id == borrower_id, instant(self.clock())
        subscriptions.end(connection, mine, EndCause.LOAN_ENDED, at=at, randomness=self.randomness)

    def sign(self, connection: Connection, taken: Sequence[Taken]) -> None:
        """Add the statements about what was taken to the lender's chain; the chain is locked from here on."""
        for one in taken:
            if one.said:
                loans.sign(connection, self.signer, one.loan, one.said, now=self.clock())

    async def read(self, who: Who, reader: Principal, loan_id: str) -> StoredLoan:
        """A loan of the reader's lender.

        Raises:
            UnknownLoanError: there is none.
            RestrictedError: the reader may not see it.
            DecryptionError: what was sealed cannot be opened.
        """
        found = await self.database.read_at_once(
            lambda connection: loans.find_loan(connection, self.cipher, lender_id=reader.lender_id, loan_id=loan_id)
        )
        if found is None:
            raise UnknownLoanError("there is no loan with this identifier")
        if found.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        await self.trail.note(who, Action.LOAN_READ, object_id=loan_id, borrower_id=found.borrower_id)
        return found

    async def page(
        self, who: Who, reader: Principal, wanted: LoanFilter, *, before: str | None, limit: int
    ) -> list[StoredLoan]:
        """Loans of the reader's lender, newest first, and one more than fit; restricted ones for who may see them."""
        wanted = msgspec.structs.replace(wanted, with_restricted=reader.sees_restricted)
        found = await self.database.read_at_once(
            lambda connection: loans.list_loans(
                connection, lender_id=reader.lender_id, wanted=wanted, before=before, limit=limit + 1
            )
        )
        seen = page_id([one.id for one in found[:limit]])
        asked_for_one = (wanted.borrower_ref, wanted.decision_id, wanted.loan_ref) != (None, None, None)
        of = found[0].borrower_id if asked_for_one and found else None
        await self.trail.note(who, Action.LOANS_LISTED, object_id=seen, borrower_id=of)
        return found

    def _begin(self, connection: Connection, lender_id: str, loan_ref: str | None, decision_id: str | None) -> bool:
        """Store a loan without entries; False where its reference or its decision has one by now."""
        if loan_ref is None:
            raise UnknownLoanError("there is no loan with this identifier")
        if decision_id is None:
            raise UnknownLoanError(f"there is no loan {loan_ref!r}, and no decision is named on which it was granted")
        approval = self._approval(connection, lender_id, decision_id)
        demand_open(connection, approval.borrower_id)
        return loans.add_loan(
            connection,
            lender_id=lender_id,
            borrower_id=approval.borrower_id,
            decision_id=decision_id,
            loan_ref=loan_ref,
            now=self.clock(),
            randomness=self.randomness,
        )

    def _approval(self, connection: Connection, lender_id: str, decision_id: str) -> Approval:
        approval = approval_of(connection, self.signer, lender_id=lender_id, decision_id=decision_id)
        if approval is not None:
            return approval
        mine = (decisions.c.lender_id == lender_id) & (decisions.c.id == decision_id)
        if connection.execute(select(decisions.c.id).where(mine)).scalar() is None:
            raise UnknownLoanError("there is no decision with this identifier")
        raise NotApprovedError(f"decision {decision_id} does not approve a loan")

    def _unknown(self, loan: StoredLoan, entries: Sequence[NewEntry]) -> list[NewEntry]:
        """Entries that are not there yet.

        Raises:
            ReferenceUsedError: one is there, and says something else.
        """
        known = {one.entry.ref: one for one in loan.entries}
        added: list[NewEntry] = []
        for one in entries:
            before = known.get(one.entry.ref)
            if before is None:
                added.append(one)
            elif (_plain(before.entry), before.proof) != (_plain(one.entry), one.proof):
                raise ReferenceUsedError(
                    f"loan {loan.loan_ref!r} has an entry {one.entry.ref!r} that says something else; a correction"
                    " needs a reference of its own, and the other one in corrects"
                )
        return added

    def _approved(self, connection: Connection, loan: StoredLoan, entries: Sequence[NewEntry]) -> list[NewEntry]:
        """The entries, where an approval covers each granting; with the conditions that are asked for."""
        approval = self._approval(connection, loan.lender_id, loan.decision_id)
        conditions = loan.granted.conditions if loan.entries else self.asked(approval.product)
        checked = []
        for one in entries:
            if isinstance(one.entry, Granted):
                _check(one.entry, approval)
                further = _further_conditions(one.entry, approval, conditions)
                entry = msgspec.structs.replace(one.entry, conditions=(*conditions, *further))
                checked.append(msgspec.structs.replace(one, entry=entry))
            else:
                checked.append(one)
        return checked

    def _demand_standing(self, connection: Connection, loan: StoredLoan, day: date) -> None:
        """Nothing is paid out from the day on which the case was withdrawn, reopened or declined.

        Raises:
            NotApprovedError: the day is one of those.
        """
        lender_id = loan.lender_id
        case_id = case_of(connection, lender_id=lender_id, decision_id=loan.decision_id)
        found = None if case_id is None else load_case(connection, self.signer, lender_id=lender_id, case_id=case_id)
        resolution = None if found is None else found.case.resolution
        if found is None or (resolution is not None and resolution.verdict is Verdict.APPROVE):
            return
        ended = [step.at for step in found.steps if isinstance(step.facts, Linked | Voted | Reopened | Withdrawn)]
        if day >= (since := _day_of(max(ended, default=found.case.opened_at))):
            raise NotApprovedError(f"since {since}, case {found.id} approves no loan: nothing is paid out on it")

    def _demand_past(self, entries: Sequence[NewEntry]) -> None:
        today = day_in_berlin(self.clock())
        for one in entries:
            if one.entry.happened_on > today:
                raise LoanError(f"entry {one.entry.ref!r} is of {one.entry.happened_on}; today is {today}")


def _check(granted: Granted, approval: Approval) -> None:
    """Whether an approval covers a granting.

    Raises:
        NotApprovedError: it does not.
    """
    of = f"decision {approval.decision_id}"
    if not approval.approved_on <= granted.happened_on <= approval.valid_until:
        raise NotApprovedError(
            f"{of} can be granted from {approval.approved_on} to {approval.valid_until}, not on {granted.happened_on}"
        )
    if 0 < granted.amount_cents < approval.least_cents:
        raise NotApprovedError(
            f"{of} approves a loan that starts a business: below {euro(approval.least_cents)} EUR it is consumer"
            " credit, which is not given"
        )
    if not 0 < granted.amount_cents <= approval.amount_cents:
        raise NotApprovedError(
            f"{of} approves up to {euro(approval.amount_cents)} EUR, not {euro(granted.amount_cents)} EUR"
        )
    shortest, longest = approval.term_months
    if not shortest <= granted.term_months <= longest:
        term = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
        raise NotApprovedError(f"{of} approves {term} months, not {granted.term_months}")
    if approval.annual_rate_bps not in {None, granted.annual_rate_bps}:
        raise NotApprovedError(
            f"{of} is approved at {euro(approval.annual_rate_bps or 0)} % a year, not {euro(granted.annual_rate_bps)} %"
        )


def _further_conditions(granted: Granted, approval: Approval, conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """What the law of consumer credit and guarantors ask for beside the conditions of the product."""
    is_consumer_credit = granted.amount_cents < approval.consumer_below_cents
    needed = ((CONDITION, is_consumer_credit), (GUARANTEE, approval.is_guaranteed))
    asked = {one.name for one in conditions}
    return tuple(Condition(name=name) for name, is_needed in needed if is_needed and name not in asked)


def _plain(entry: Entry) -> Entry:
    """An entry as the lender sends it: the conditions of a granting are added here."""
    return msgspec.structs.replace(entry, conditions=()) if isinstance(entry, Granted) else entry


def _action(added: Sequence[NewEntry], *, is_new: bool) -> Action:
    """What the trail says of entries that were taken together."""
    if is_new:
        return Action.LOAN_GRANTED
    if any(one.entry.corrects is not None for one in added):
        return Action.LOAN_CORRECTED
    return Action.LOAN_PAID_OUT if any(isinstance(one.entry, PaidOut) for one in added) else Action.LOAN_CHANGED
