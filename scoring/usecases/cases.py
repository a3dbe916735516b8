"""Working on cases: each step is checked, stored, signed and in the audit trail, in one transaction."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, day_in_berlin, instant
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.authority import Authority
from scoring.decisions.cases import (
    Answered,
    Asked,
    Assigned,
    CaseState,
    Claimed,
    Commented,
    Facts,
    GuarantorNamed,
    GuarantorReleased,
    Released,
    Reopened,
    SnoozeAsked,
    SnoozeConfirmed,
    SnoozeEnded,
    Step,
    Voted,
    Withdrawn,
    schedule_of,
    subject_of,
)
from scoring.decisions.consumer_credit import REFUSED, least_of
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.inquiries import Item
from scoring.decisions.records import NewerRecordError
from scoring.decisions.reviews import (
    SENTENCES,
    Actor,
    Ballot,
    Bounds,
    Context,
    Powers,
    Refusal,
    StepRefusedError,
    refusal_of,
    vote_of,
    why_no_vote,
)
from scoring.decisions.snoozes import SNOOZABLE
from scoring.decisions.statements import StatementKind
from scoring.runtime.in_force import InForce
from scoring.store import applicant_links, cases
from scoring.store.applicant_links import ApplicantLink
from scoring.store.audit import Action, Trail, Who, page_id
from scoring.store.borrowers import demand_open, find_borrower, seal_text
from scoring.store.case_documents import CaseDocument, documents_of
from scoring.store.cases import CaseFilter, DamagedCase, Sort, StoredCase, UnknownCaseError
from scoring.store.database import Database
from scoring.store.decisions import (
    ErasedDecisionError,
    RecordChangedError,
    StoredDecision,
    decision_in,
    find_decision,
    with_particulars,
)
from scoring.store.erasure import lock
from scoring.store.loans import lent
from scoring.store.principals import Principal, Role, names_of
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import Telemetry
from scoring.usecases.reading import RestrictedError

_ACTIONS: Final[Mapping[type[Facts] | type[Ballot], Action]] = {
    Claimed: Action.CASE_CLAIMED,
    Released: Action.CASE_RELEASED,
    Assigned: Action.CASE_ASSIGNED,
    Commented: Action.CASE_COMMENTED,
    Asked: Action.CASE_ASKED,
    Answered: Action.CASE_ANSWERED,
    Ballot: Action.CASE_VOTED,
    Reopened: Action.CASE_REOPENED,
    Withdrawn: Action.CASE_WITHDRAWN,
    SnoozeAsked: Action.SNOOZE_ASKED,
    SnoozeConfirmed: Action.SNOOZE_CONFIRMED,
    SnoozeEnded: Action.SNOOZE_ENDED,
    GuarantorNamed: Action.GUARANTOR_NAMED,
    GuarantorReleased: Action.GUARANTOR_RELEASED,
}
OPEN: Final = (CaseState.OPEN, CaseState.WAITING, CaseState.SECOND_VOTE)
READERS: Final = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)


class CaseMovedError(Exception):
    """Somebody took a step since the caller looked."""


class UnknownPersonError(Exception):
    """The lender has no person of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """A case as a reader may see it."""

    stored: StoredCase
    state: CaseState
    names: Mapping[str, str]
    """Of the lender's principals, by identifier."""
    why_no_vote: Refusal | None
    """Why the reader may not review it; None where she may."""
    is_hidden: bool
    """Whether the machine's recommendation is not shown yet."""
    documents: tuple[CaseDocument, ...] = ()
    """Only of a case that is shown by itself, as the next two."""
    applicant_links: tuple[ApplicantLink, ...] = ()
    asked: tuple[Item, ...] = ()
    """What the applicant is asked for with the link whose answer is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A case with all that belongs to it."""

    stored: StoredCase
    documents: tuple[CaseDocument, ...]
    links: tuple[ApplicantLink, ...]
    asked: tuple[Item, ...]


class Desk(StrEnum):
    """Whose cases are meant."""

    MINE = "mine"
    """Claimed by the reader, or on the reader's desk."""
    TEAM = "team"
    """The same for the reader's team."""
    FREE = "free"
    """Unclaimed, and the reader may review them."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One page of cases."""

    items: tuple[ShownCase, ...]
    damaged: tuple[str, ...]
    """Cases whose steps were altered."""
    next_cursor: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases somebody wants to see."""

    states: tuple[CaseState, ...] = ()
    product: str | None = None
    borrower_ref: str | None = None
    desk: Desk | None = None
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Lists, shows and moves cases. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    randomness: Randomness
    trail: Trail
    in_force: InForce
    authority: Authority | None
    telemetry: Telemetry

    def powers(self, lender_id: str) -> Powers:
        """What the lender's persons may decide."""
        rules = None if self.authority is None else self.authority.of(lender_id)
        policy = self.in_force.serving.of(lender_id).policy
        return Powers(
            rules=rules,
            digest=None if rules is None or self.authority is None else self.authority.digest,
            bounds={
                name: Bounds(
                    minimum_cents=product.minimum_cents,
                    maximum_cents=product.maximum_cents,
                    minimum_term_months=product.minimum_term_months,
                    maximum_term_months=product.maximum_term_months,
                    highest_annual_rate_bps=policy.pricing.highest_annual_rate_bps,
                )
                for name, product in policy.products.items()
            },
        )

    async def list(self, who: Who, reader: Principal, wanted: Wanted, *, after: str | None, limit: int) -> Listed:
        """Cases of the reader's lender that come after the case ``after``.

        Of those that the reader may review, others are left out, so that a page may hold fewer than ``limit``.
        """
        powers, actor, now = self.powers(reader.lender_id), actor_of(reader), self.clock()
        names = await names_of(self.database, reader.lender_id)
        chosen = CaseFilter(
            states=wanted.states or (() if wanted.desk is None else OPEN),
            product=wanted.product,
            borrower_ref=wanted.borrower_ref,
            held_by=_holders(wanted.desk, reader, powers, names),
            free_products=_free_products(wanted.desk, actor, powers),
            today=day_in_berlin(now),
            with_restricted=reader.sees_restricted,
        )
        found = await self.database.read_at_once(
            lambda connection: cases.list_cases(
                connection,
                lender_id=reader.lender_id,
                wanted=chosen,
                sort=wanted.sort,
                after_id=after,
                limit=limit + 1,
            )
        )
        page = found[:limit]
        stored = [one for one in page if isinstance(one, StoredCase)]
        of = stored[0].borrower_id if wanted.borrower_ref is not None and stored else None
        seen = sorted(one.id for one in page)  # the trail finds a case between the two ends of a page
        await self.trail.note(who, Action.CASES_LISTED, object_id=page_id(seen), borrower_id=of)
        shown = [self._shown(one, actor, powers, names, now) for one in stored]
        return Listed(
            items=tuple(one for one in shown if wanted.desk is not Desk.FREE or one.why_no_vote is None),
            damaged=tuple(one.id for one in page if isinstance(one, DamagedCase)),
            next_cursor=page[-1].id if len(found) > limit else None,
        )

    async def read(self, who: Who, reader: Principal, case_id: str) -> ShownCase:
        """One case, with what was written.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            RestrictedError: the borrower's data are only kept.
            CaseChangedError: it is not what was signed.
        """

        def work(connection: Connection) -> _Loaded:
            found = self._load(connection, reader.lender_id, case_id)
            if found.is_restricted and not reader.sees_restricted:
                raise RestrictedError
            return self._with_all(connection, found)

        found = await self.database.read_at_once(work)  # to prove many steps takes time, in which others write
        await self.trail.note(who, Action.CASE_READ, object_id=case_id, borrower_id=found.stored.borrower_id)
        names = await names_of(self.database, reader.lender_id)
        return self._shown(found, actor_of(reader), self.powers(reader.lender_id), names, self.clock())

    async def look(self, reader: Principal, case_id: str) -> ShownCase:
        """The same for who has just taken a step, which is in the trail already."""
        found = await self.database.read_at_once(
            lambda connection: self._with_all(connection, self._load(connection, reader.lender_id, case_id))
        )
        names = await names_of(self.database, reader.lender_id)
        return self._shown(found, actor_of(reader), self.powers(reader.lender_id), names, self.clock())

    async def newest_order(self, lender_id: str) -> dict[str, str]:
        """How the lender named itself in its newest link to anybody; empty where it has made none."""
        found = await self.database.read_at_once(
            lambda connection: applicant_links.newest_order(connection, lender_id=lender_id)
        )
        return found or {}

    async def decision_of(self, shown: ShownCase) -> StoredDecision | None:
        """The machine's newest decision of a case that was read; None where it is erased or damaged."""
        lender_id, decision_id = shown.stored.lender_id, shown.stored.case.subject.decision_id
        try:
            found = await find_decision(self.database, self.signer, lender_id=lender_id, decision_id=decision_id)
            if found is None:
                return None
            return await with_particulars(self.database, self.cipher, found, lender_id=lender_id)
        except (ErasedDecisionError, RecordChangedError, NewerRecordError):
            return None

    async def find_of(self, reader: Principal, decision_id: str) -> str | None:
        """The case that a decision is in."""
        return await self.database.read_at_once(
            lambda connection: cases.case_of(connection, lender_id=reader.lender_id, decision_id=decision_id)
        )

    async def open(self, who: Who, reader: Principal, decision_id: str) -> str | None:
        """The case of a decision, which is opened where it has none; None where the lender has no such decision.

        Raises:
            BorrowerRestrictedError: the borrower's data are only kept.
            RestrictedError: the same, and there is a case.
            ErasedDecisionError, RecordChangedError, NewerRecordError: as ``find_decision``.
        """
        stored = await find_decision(self.database, self.signer, lender_id=reader.lender_id, decision_id=decision_id)
        if stored is None or stored.borrower_id is None:
            return None
        if stored.is_restricted and not reader.sees_restricted:
            raise RestrictedError
        subject, borrower_id = subject_of(stored.decision), stored.borrower_id
        mark, powers = self.trail.mark(who, Action.CASE_OPENED), self.powers(reader.lender_id)

        def work(connection: Connection) -> str:
            lock(connection, borrower_id)  # or two could open one at the same time
            known = cases.case_of(connection, lender_id=reader.lender_id, decision_id=decision_id)
            if known is not None:
                return known
            demand_open(connection, borrower_id)
            said = cases.take_decision(
                connection,
                self.signer,
                subject,
                lender_id=reader.lender_id,
                borrower_id=borrower_id,
                into=None,
                rules=powers.rules,
                at=mark.at,
                by=reader.id,
            )
            case_id = cases.case_id_of(decision_id)
            mark.put(connection, object_id=case_id, borrower_id=borrower_id)
            self.signer.add(
                connection,
                lender_id=reader.lender_id,
                kind=StatementKind.REVIEW,
                object_id=case_id,
                at=mark.at,
                facts={"step": said["step"], "digest": said["digest"], "decision": decision_id},
            )
            return case_id

        return await self.database.write_at_once(work)

    async def reopen(self, who: Who, reader: Principal, case_id: str, *, text: str) -> ShownCase:
        """Let persons look once more at what was decided."""
        schedule = schedule_of(self.powers(reader.lender_id).rules, instant(self.clock()))
        facts = Reopened(due_at=schedule.due_at, undecided_days=schedule.undecided_days)
        return await self.move(who, reader, case_id, facts, text=text)

    async def assign(self, who: Who, reader: Principal, case_id: str, *, name: str) -> ShownCase:
        """Put a case on somebody's desk.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            UnknownPersonError: the lender has no such person.
        """

        def work(connection: Connection) -> str | None:
            if cases.owner_of(connection, lender_id=reader.lender_id, case_id=case_id) is None:
                raise UnknownCaseError("there is no case with this identifier")
            return cases.principal_named(connection, reader.lender_id, name)

        to = await self.database.read_at_once(work)
        if to is None:
            raise UnknownPersonError("is not a person of your lender")
        return await self.move(who, reader, case_id, Assigned(to=to))

    async def snooze(
        self, who: Who, reader: Principal, case_id: str, *, rule: str, until: date, text: str
    ) -> ShownCase:
        """Ask that a rule be set aside for the borrower, which must have referred in the newest decision of the case.

        Raises:
            StepRefusedError: it did not, may not be set aside, or the reader may not ask.
            UnknownCaseError, BorrowerRestrictedError, CaseChangedError: as ``move``.
        """
        found = await self.database.read_at_once(lambda connection: self._load(connection, reader.lender_id, case_id))
        names = await names_of(self.database, reader.lender_id)
        shown = self._shown(found, actor_of(reader), self.powers(reader.lender_id), names, self.clock())
        stored = await self.decision_of(shown)
        possible = () if stored is None else snoozable_of(stored.decision)
        if rule not in possible:
            others = f"can be set aside here: {', '.join(possible)}" if possible else "no rule can be set aside here"
            raise StepRefusedError(Refusal.RULE_MISFIT, f"{SENTENCES[Refusal.RULE_MISFIT]}; {others}")
        return await self.move(who, reader, case_id, SnoozeAsked(rule=rule, until=until), text=text)

    async def move(
        self,
        who: Who,
        reader: Principal,
        case_id: str,
        doing: Facts | Ballot,
        *,
        text: str | None = None,
        seen: int | None = None,
        also: Callable[[Connection, StoredCase], None] | None = None,
    ) -> ShownCase:
        """Take a step.

        Args:
            who: for the audit trail.
            reader: who takes it.
            case_id: of which case.
            doing: what; a ballot becomes a vote.
            text: what is written with it.
            seen: the newest step that the reader has seen; with it, nothing is done where there is a newer one.
            also: done in the same transaction, with the case as it was before the step.

        Raises:
            UnknownCaseError: the lender has none of this identifier.
            StepRefusedError: the reader may not take the step.
            CaseMovedError: there is a newer step.
            BorrowerRestrictedError: the borrower's data are only kept, or were erased.
            CaseChangedError: the case is not what was signed.
        """
        names = await names_of(self.database, reader.lender_id)
        powers, actor, now = self.powers(reader.lender_id), actor_of(reader), self.clock()
        mark = self.trail.mark(who, _ACTIONS[type(doing)])
        taken: list[Step] = []

        def work(connection: Connection) -> _Loaded:
            # the borrower before the case, as a new decision does: else two could wait for each other
            borrower_id = cases.owner_of(connection, lender_id=reader.lender_id, case_id=case_id)
            if borrower_id is None:
                raise UnknownCaseError("there is no case with this identifier")
            if isinstance(doing, Ballot):  # two votes on one borrower count each other's amounts
                lock(connection, borrower_id)
            demand_open(connection, borrower_id)
            found = self._load(connection, reader.lender_id, case_id, for_update=True)
            if seen is not None and seen != found.case.number:
                raise CaseMovedError(
                    f"the newest step is {found.case.number}, not {seen}: read it, then name it in `step`"
                )
            if isinstance(doing, Ballot):
                facts: Facts = self._vote(connection, found, doing, actor, powers, now)
            else:
                around = Context(day=day_in_berlin(now), names=names)
                if refusal := refusal_of(found.case, doing, actor, powers, around):
                    raise StepRefusedError(refusal, SENTENCES[refusal])
                if isinstance(doing, Claimed) and found.case.claimed_by == actor.id:
                    return self._with_all(connection, found)  # else the time would begin anew
                facts = doing
            if also is not None:
                also(connection, found)
            step = Step(number=found.case.number + 1, at=instant(now), by=actor.id, facts=facts)
            sealed = None if text is None else self._seal(connection, found, step, text)
            said = cases.add(connection, self.signer, found, step, text=sealed)
            taken.append(step)
            mark.put(connection, object_id=case_id, borrower_id=found.borrower_id)
            cases.sign(connection, self.signer, found, step, said)
            return self._with_all(connection, self._load(connection, reader.lender_id, case_id))

        stored = await self.database.write_at_once(work)
        if taken:  # a claim that is repeated takes no step
            self.telemetry.moved(case_id, cases.kind_of(taken[-1].facts))
        return self._shown(stored, actor, powers, names, now)

    def _vote(
        self,
        connection: Connection,
        found: StoredCase,
        ballot: Ballot,
        actor: Actor,
        powers: Powers,
        now: datetime,
    ) -> Voted:
        # the approval of a loan that was paid out may be over, withdrawn or reopened: the loan counts
        exposure = cases.approved_elsewhere(connection, found, day_in_berlin(now))
        exposure += lent(connection, found.borrower_id, but=found.case.subject.decision_id)
        vote = vote_of(found.case, ballot, actor, powers, now=now, exposure_cents=exposure)
        if vote.amount_cents is not None:
            self._demand_no_consumer_credit(connection, found, vote.amount_cents)
        vote = msgspec.structs.replace(vote, had_opened=cases.has_opened(connection, found, actor.id))
        if not powers.is_recommendation_hidden:
            return vote
        return msgspec.structs.replace(
            vote, had_read_recommendation=cases.has_read_decision(connection, found, actor.id)
        )

    def _demand_no_consumer_credit(self, connection: Connection, found: StoredCase, amount_cents: int) -> None:
        """Refuse to lend less than the policy lends to a natural person who starts a business."""
        decision_id = found.case.subject.decision_id
        stored = decision_in(connection, self.signer, lender_id=found.lender_id, decision_id=decision_id)
        least = None if stored is None else least_of(stored.decision.assessment.rules, REFUSED)
        if least is not None and amount_cents < least:
            raise StepRefusedError(
                Refusal.TERMS_MISFIT,
                f"the loan starts a business: below {least / 100:.2f} it is consumer credit, which is not given",
            )

    def _seal(self, connection: Connection, found: StoredCase, step: Step, text: str) -> bytes:
        borrower = find_borrower(connection, found.borrower_id, lender_id=found.lender_id, cipher=self.cipher)
        assert borrower is not None, "not erased, see demand_open"  # noqa: S101  for mypy
        return seal_text(text, borrower, cases.place_of(found.id, step.number), self.randomness)

    def _load(self, connection: Connection, lender_id: str, case_id: str, *, for_update: bool = False) -> StoredCase:
        found = cases.load(connection, self.signer, lender_id=lender_id, case_id=case_id, for_update=for_update)
        if found is None:
            raise UnknownCaseError("there is no case with this identifier")
        return found

    def _with_all(self, connection: Connection, found: StoredCase) -> _Loaded:
        """With what was written, documents, and links to the applicant."""
        links = applicant_links.links_of(connection, lender_id=found.lender_id, case_id=found.id, now=self.clock())
        waited_for = next((link for link in links if link.id == found.case.waiting_link), None)
        asked: tuple[Item, ...] = ()
        if waited_for is not None:
            with suppress(DecryptionError):
                borrower = find_borrower(connection, found.borrower_id, lender_id=found.lender_id, cipher=self.cipher)
                asked = () if borrower is None else applicant_links.items_of(waited_for, borrower)
        return _Loaded(
            stored=cases.with_texts(connection, self.cipher, found),
            documents=documents_of(connection, self.cipher, found),
            links=links,
            asked=asked,
        )

    def _shown(
        self, found: StoredCase | _Loaded, actor: Actor, powers: Powers, names: Mapping[str, str], now: datetime
    ) -> ShownCase:
        loaded = found if isinstance(found, _Loaded) else None
        stored = found if isinstance(found, StoredCase) else found.stored
        state = stored.case.state_on(day_in_berlin(now))
        why = why_no_vote(stored.case, actor, powers)
        is_open = state in OPEN
        is_hidden = powers.is_recommendation_hidden and is_open and why is None and not stored.case.votes
        return ShownCase(
            stored=stored,
            state=state,
            names=names,
            why_no_vote=why if is_open else Refusal.ENDED,
            is_hidden=is_hidden,
            documents=() if loaded is None else loaded.documents,
            applicant_links=() if loaded is None else loaded.links,
            asked=() if loaded is None else loaded.asked,
        )


def snoozable_of(decision: Decision) -> tuple[str, ...]:
    """The rules that referred in a decision and may be set aside."""
    return tuple(
        rule.id
        for rule in decision.assessment.rules
        if rule.id in SNOOZABLE and rule.result == "fail" and rule.effect is Verdict.REFER
    )


def actor_of(principal: Principal) -> Actor:
    """A principal in front of a case; roles of the key or the session that is used."""
    return Actor(
        id=principal.id,
        name=principal.name,
        is_person=principal.is_person,
        may_review=bool(principal.roles & {Role.UNDERWRITE, Role.ADMIN}),
        is_admin=Role.ADMIN in principal.roles,
    )


def _holders(desk: Desk | None, reader: Principal, powers: Powers, names: Mapping[str, str]) -> tuple[str, ...] | None:
    """Whose desks are meant."""
    if desk is Desk.MINE:
        return (reader.id,)
    if desk is not Desk.TEAM:
        return None
    team = {reader.name} if powers.rules is None else set(powers.rules.team(reader.name))
    return tuple(sorted(identifier for identifier, name in names.items() if name in team))


def _free_products(desk: Desk | None, actor: Actor, powers: Powers) -> tuple[str, ...] | None:
    """The products that the actor has authority over."""
    return (
        tuple(product for product in powers.bounds if powers.limit(actor, product) > 0) if desk is Desk.FREE else None
    )
