"""Who may take which step of a case, and what a vote leads to: authority, four eyes, second votes, overrides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from scoring.base.identifiers import day_in_berlin, instant
from scoring.decisions.authority import (
    OVERRIDE_DAYS,
    Diverging,
    LenderAuthority,
    Office,
)
from scoring.decisions.cases import (
    ENDED,
    REASONS,
    Answered,
    Asked,
    Assigned,
    Case,
    CaseState,
    Claimed,
    Commented,
    Facts,
    Filed,
    GuarantorNamed,
    GuarantorReleased,
    Linked,
    Released,
    Reopened,
    ReviewReason,
    SnoozeAsked,
    SnoozeConfirmed,
    SnoozeEnded,
    Subject,
    Then,
    Voted,
    Withdrawn,
    agree,
)
from scoring.decisions.decision import Verdict
from scoring.decisions.snoozes import LONGEST, SNOOZABLE


class Refusal(StrEnum):
    """Why an actor may not take a step."""

    ENDED = "ended"
    NOT_ENDED = "not_ended"
    WITHDRAWN = "withdrawn"
    WAITING = "waiting"
    NOT_WAITING = "not_waiting"
    NO_PERSON = "no_person"
    """A system acts where only a person may."""
    REQUESTER = "requester"
    """Who asked for the decision does not review it."""
    VOTED_BEFORE = "voted_before"
    NOT_CLAIMED = "not_claimed"
    CLAIMED_BY_ANOTHER = "claimed_by_another"
    NOT_THE_HOLDER = "not_the_holder"
    """Neither the one who works on it nor a superior."""
    LOAN_GRANTED = "loan_granted"
    """A guarantor is named after the loan was granted, whose conditions are settled."""
    NO_AUTHORITY = "no_authority"
    """None at all for the product."""
    ABOVE_LIMIT = "above_limit"
    FRONT_OFFICE_FIRST = "front_office_first"
    BACK_OFFICE_SECOND = "back_office_second"
    SAME_LINE = "same_line"
    """The second vote comes from the first voter's reporting line."""
    NOT_HIGHER = "not_higher"
    """An escalated case, or one that was declined before, needs somebody with a higher limit than who voted."""
    DECISION_EXPIRED = "decision_expired"
    ASKED_BEFORE = "asked_before"
    """What one person asks for, another one confirms."""
    NO_SNOOZE = "no_snooze"
    """There is none that waits for a second person, or none in force."""
    RULE_MISFIT = "rule_misfit"
    """The rule may not be set aside, or did not refer."""
    UNTIL_MISFIT = "until_misfit"
    """Not a day within the next 90."""
    REASON_MISFIT = "reason_misfit"
    TERMS_MISFIT = "terms_misfit"
    """Outside of what the policy has for the product, or given with a decline."""
    FULL = "full"
    """Nobody writes more into a case: each step is proved whenever the case is read."""


MOST_STEPS: Final = 100
"""From which on nothing more is commented or asked; what decides a case, or ends it, is still taken."""


class StepRefusedError(Exception):
    """An actor may not take a step."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to take a step."""

    id: str
    name: str
    is_person: bool
    may_review: bool
    """Has the role for it."""
    is_admin: bool = False


APPLICANT: Final = Actor(id="", name="", is_person=True, may_review=False)
"""Whoever has the applicant's link."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy in force has for a product."""

    minimum_cents: int
    maximum_cents: int
    minimum_term_months: int
    maximum_term_months: int
    highest_annual_rate_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What persons of one lender may decide: by its part of the file, or without one by role alone."""

    rules: LenderAuthority | None
    digest: str | None
    bounds: Mapping[str, Bounds]
    """By product."""

    @property
    def override_days(self) -> int:
        """How long an override stands."""
        return OVERRIDE_DAYS if self.rules is None else self.rules.override_days

    @property
    def is_recommendation_hidden(self) -> bool:
        """Until the first vote."""
        return self.rules is not None and self.rules.recommendation_hidden

    def limit(self, actor: Actor, product: str) -> int:
        """The highest amount that an actor may approve; 0 for none."""
        if not actor.is_person or not actor.may_review:
            return 0
        if self.rules is not None:
            return self.rules.limit(actor.name, product)
        bounds = self.bounds.get(product)
        return 0 if bounds is None else bounds.maximum_cents

    def needs_second(self, product: str, amount_cents: int) -> bool:
        """Whether an approval of this amount needs a second vote."""
        start = None if self.rules is None else self.rules.second_vote_from_cents.get(product)
        return start is not None and amount_cents >= start

    def is_superior(self, name: str, of: str) -> bool:
        """Whether somebody stands above another."""
        return self.rules is not None and name in self.rules.superiors(of)


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Around a step."""

    day: date
    names: Mapping[str, str]
    """Of the lender's principals, by identifier."""


_AT_ANY_TIME: Final = (Linked, Filed, GuarantorNamed, GuarantorReleased, SnoozeAsked, SnoozeConfirmed, SnoozeEnded)


def refusal_of(case: Case, facts: Facts, actor: Actor, powers: Powers, context: Context) -> Refusal | None:
    """Why an actor may not take a step; None where she may. A vote is asked about in ``vote_of``."""
    state = case.state_on(context.day)
    is_full = isinstance(facts, Commented | Asked | SnoozeAsked) and case.number >= MOST_STEPS
    if is_full or isinstance(facts, Commented):
        return Refusal.FULL if is_full else None
    if state is CaseState.WITHDRAWN and not isinstance(facts, SnoozeEnded):
        return Refusal.WITHDRAWN
    if isinstance(facts, _AT_ANY_TIME):
        return _why_no_snooze(case, facts, actor, powers, context.day)
    if isinstance(facts, Reopened):
        why_not = None if facts.contest is not None else _no_reviewer(actor)
        return why_not if state in ENDED else Refusal.NOT_ENDED
    is_approved = case.resolution is not None and case.resolution.verdict is Verdict.APPROVE
    if state in ENDED and not (isinstance(facts, Withdrawn) and is_approved and state is CaseState.DECIDED):
        return Refusal.ENDED
    return _refusal_of_open(case, facts, actor, powers, context)


def _refusal_of_open(case: Case, facts: Facts, actor: Actor, powers: Powers, context: Context) -> Refusal | None:
    match facts:
        case Withdrawn():
            return None
        case Answered():
            is_asked = case.state is CaseState.WAITING and facts.link in {None, case.waiting_link}
            return None if is_asked else Refusal.NOT_WAITING
        case Claimed():
            return _why_no_claim(case, actor, powers)
        case Released():
            return _why_no_release(case, actor, powers, context.names)
        case Assigned(to=to):
            refusal = _no_reviewer(actor) or _requester(case, actor)
            return refusal or (Refusal.REQUESTER if to in case.requesters else None)
        case Asked():
            is_waiting = Refusal.WAITING if case.state is CaseState.WAITING else None
            return is_waiting or _no_reviewer(actor) or _requester(case, actor) or _not_held(case, actor)
        case _:
            raise ValueError(f"{type(facts).__name__} is no step that is asked for here")


def _why_no_snooze(case: Case, facts: Facts, actor: Actor, powers: Powers, day: date) -> Refusal | None:
    """Two persons with authority over the product, neither of whom asked for a decision in the case."""
    if not isinstance(facts, SnoozeAsked | SnoozeConfirmed | SnoozeEnded):
        return None
    is_without = powers.limit(actor, case.subject.product) == 0
    refusal = _no_reviewer(actor) or _requester(case, actor) or (Refusal.NO_AUTHORITY if is_without else None)
    if refusal is None and isinstance(facts, SnoozeAsked):
        is_day = day < facts.until <= day + LONGEST
        return Refusal.RULE_MISFIT if facts.rule not in SNOOZABLE else None if is_day else Refusal.UNTIL_MISFIT
    if refusal is not None or isinstance(facts, SnoozeAsked):
        return refusal
    snooze = next((one for one in case.snoozes if one.step == facts.step), None)
    is_open = snooze is not None and snooze.is_open(day)
    if isinstance(facts, SnoozeEnded):
        return None if is_open or (snooze is not None and snooze.is_in_force(day)) else Refusal.NO_SNOOZE
    if snooze is None or not is_open:
        return Refusal.NO_SNOOZE
    return Refusal.ASKED_BEFORE if snooze.asked_by == actor.id else None


def _no_reviewer(actor: Actor) -> Refusal | None:
    if not actor.is_person:
        return Refusal.NO_PERSON
    return None if actor.may_review else Refusal.NO_AUTHORITY


def _requester(case: Case, actor: Actor) -> Refusal | None:
    return Refusal.REQUESTER if actor.id in case.requesters else None


def _not_held(case: Case, actor: Actor) -> Refusal | None:
    if case.claimed_by is None:
        return Refusal.NOT_CLAIMED
    return None if case.claimed_by == actor.id else Refusal.CLAIMED_BY_ANOTHER


def _why_no_claim(case: Case, actor: Actor, powers: Powers) -> Refusal | None:
    if case.claimed_by is not None and case.claimed_by != actor.id:
        return Refusal.CLAIMED_BY_ANOTHER
    return why_no_vote(case, actor, powers)


def _why_no_release(case: Case, actor: Actor, powers: Powers, names: Mapping[str, str]) -> Refusal | None:
    if refusal := _no_reviewer(actor):
        return refusal
    if case.claimed_by is None:
        return Refusal.NOT_CLAIMED
    is_mine = case.claimed_by == actor.id or actor.is_admin
    return None if is_mine or powers.is_superior(actor.name, names.get(case.claimed_by, "")) else Refusal.NOT_THE_HOLDER


def why_no_vote(case: Case, actor: Actor, powers: Powers) -> Refusal | None:
    """Why an actor may never vote on a case as it stands, whatever the vote; None where she may."""
    if refusal := _no_reviewer(actor) or _requester(case, actor):
        return refusal
    if actor.id in {by for by, _ in case.votes}:
        return Refusal.VOTED_BEFORE
    if powers.limit(actor, case.subject.product) == 0:
        return Refusal.NO_AUTHORITY
    return _why_no_further_vote(case, actor, powers) if case.votes else None


def _why_no_further_vote(case: Case, actor: Actor, powers: Powers) -> Refusal | None:
    """The same for a vote that comes after another."""
    rules, product = powers.rules, case.subject.product
    if rules is None:  # the file that asked for it is gone: anybody else may give it
        return None
    if case.is_escalated:
        highest = max(rules.limit(vote.name, product) for _, vote in case.votes)
        return None if rules.limit(actor.name, product) > highest else Refusal.NOT_HIGHER
    person = rules.person(actor.name)
    if person is None or person.office is not Office.BACK:
        return Refusal.BACK_OFFICE_SECOND
    _, first = case.votes[0]
    return None if rules.is_outside(first.name, actor.name) else Refusal.SAME_LINE


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody wants to vote. Terms that an approval leaves out are those asked for, at the offered price."""

    verdict: Verdict
    reason: ReviewReason
    amount_cents: int | None = None
    term_months: int | None = None
    annual_rate_bps: int | None = None


def vote_of(case: Case, ballot: Ballot, actor: Actor, powers: Powers, *, now: datetime, exposure_cents: int) -> Voted:
    """The vote that follows from a ballot.

    Args:
        case: the present.
        ballot: how the actor wants to vote.
        actor: who votes.
        powers: of the actor's lender.
        now: the present moment.
        exposure_cents: what else stands approved for the borrower.

    Raises:
        StepRefusedError: the actor may not vote so.
    """
    today = day_in_berlin(now)
    state = case.state_on(today)
    if state in ENDED:
        raise StepRefusedError(Refusal.ENDED, f"the case is {state}: it can be reopened")
    if refusal := why_no_vote(case, actor, powers) or _not_held(case, actor):
        raise StepRefusedError(refusal, SENTENCES[refusal])
    if state is CaseState.WAITING:
        raise StepRefusedError(Refusal.WAITING, SENTENCES[Refusal.WAITING])
    if ballot.verdict not in REASONS or ballot.reason not in REASONS[ballot.verdict]:
        fitting = ", ".join(sorted(REASONS.get(ballot.verdict, ())))
        raise StepRefusedError(Refusal.REASON_MISFIT, f"reason must be one of {fitting} for such a vote")
    vote = _facts_of(case, ballot, actor, powers, now=now, exposure_cents=exposure_cents)
    then = _then(case, vote, powers)
    if then is Then.DECIDED and not _may_overrule(case, vote, powers):
        raise StepRefusedError(
            Refusal.NOT_HIGHER,
            "the loan was declined before: who declined it, or somebody with a higher limit, can approve it",
        )
    return msgspec.structs.replace(vote, then=then)


def _may_overrule(case: Case, vote: Voted, powers: Powers) -> bool:
    """Whether a vote may approve what a person declined before the case was reopened or decided on anew."""
    rules, product = powers.rules, case.subject.product
    if rules is None or not case.declined_by or vote.verdict is not Verdict.APPROVE:
        return True
    highest = max(rules.limit(name, product) for name in case.declined_by)
    names = (vote.name, *(other.name for _, other in case.votes if other.verdict is Verdict.APPROVE))
    return any(name in case.declined_by or rules.limit(name, product) > highest for name in names)


def _facts_of(case: Case, ballot: Ballot, actor: Actor, powers: Powers, *, now: datetime, exposure_cents: int) -> Voted:
    seconds = int((now - datetime.fromisoformat(case.claimed_at or instant(now))).total_seconds())
    subject = case.subject
    terms: tuple[int, int, int] | None = None
    valid_until = None
    is_override = ballot.verdict is not subject.recommendation
    if ballot.verdict is Verdict.APPROVE:
        amount, term, rate = terms = _checked_terms(case, ballot, actor, powers, now=now, exposure_cents=exposure_cents)
        is_override = is_override or _goes_beyond(subject, amount, term, rate)
        override_until = day_in_berlin(now) + timedelta(days=powers.override_days)
        valid_until = min(subject.valid_until, override_until) if is_override else subject.valid_until
    elif (ballot.amount_cents, ballot.term_months, ballot.annual_rate_bps) != (None, None, None):
        raise StepRefusedError(Refusal.TERMS_MISFIT, "amount, term and rate are given with an approval only")
    return Voted(
        verdict=ballot.verdict,
        reason=ballot.reason,
        name=actor.name,
        amount_cents=None if terms is None else terms[0],
        term_months=None if terms is None else terms[1],
        annual_rate_bps=None if terms is None else terms[2],
        valid_until=valid_until,
        is_override=is_override,
        exposure_cents=exposure_cents,
        authority=powers.digest,
        seconds=max(seconds, 0),
        then=Then.DECIDED,
    )


def _goes_beyond(subject: Subject, amount: int, term: int, rate: int) -> bool:
    """Whether an approval grants more than the policy offers."""
    if subject.limit_cents is None or subject.max_term_months is None or subject.annual_rate_bps is None:
        return True
    return amount > subject.limit_cents or term > subject.max_term_months or rate < subject.annual_rate_bps


def _checked_terms(
    case: Case, ballot: Ballot, actor: Actor, powers: Powers, *, now: datetime, exposure_cents: int
) -> tuple[int, int, int]:
    """The terms of an approval: amount, term, rate."""
    subject = case.subject
    if day_in_berlin(now) > subject.valid_until:
        day = subject.valid_until.isoformat()
        raise StepRefusedError(
            Refusal.DECISION_EXPIRED, f"the decision was valid until {day}: decide again, then approve, or decline"
        )
    bounds = powers.bounds.get(subject.product)
    if bounds is None:
        raise StepRefusedError(Refusal.TERMS_MISFIT, f"the policy in force has no product {subject.product}")
    amount = subject.amount_cents if ballot.amount_cents is None else ballot.amount_cents
    term = subject.term_months if ballot.term_months is None else ballot.term_months
    rate = subject.annual_rate_bps if ballot.annual_rate_bps is None else ballot.annual_rate_bps
    if rate is None:
        raise StepRefusedError(Refusal.TERMS_MISFIT, "the machine made no offer: give annual_rate_percent")
    for what, value, low, high in (
        ("amount", amount, bounds.minimum_cents, bounds.maximum_cents),
        ("term_months", term, bounds.minimum_term_months, bounds.maximum_term_months),
        ("annual_rate_percent", rate, 0, bounds.highest_annual_rate_bps),
    ):
        if not low <= value <= high:
            scale = 1 if what == "term_months" else 100
            said = f"{low / scale:.{0 if scale == 1 else 2}f} to {high / scale:.{0 if scale == 1 else 2}f}"
            raise StepRefusedError(Refusal.TERMS_MISFIT, f"{what} must be {said} for {subject.product}")
    limit = powers.limit(actor, subject.product)
    if amount + exposure_cents > limit:
        more = f" and {exposure_cents / 100:.2f} that stand approved already or are owed" if exposure_cents else ""
        raise StepRefusedError(
            Refusal.ABOVE_LIMIT, f"you may approve up to {limit / 100:.2f} euro; this is {amount / 100:.2f}{more}"
        )
    if not case.votes and powers.needs_second(subject.product, amount + exposure_cents):
        person = None if powers.rules is None else powers.rules.person(actor.name)
        if person is None or person.office is not Office.FRONT:
            raise StepRefusedError(Refusal.FRONT_OFFICE_FIRST, SENTENCES[Refusal.FRONT_OFFICE_FIRST])
    return amount, term, rate


def _then(case: Case, vote: Voted, powers: Powers) -> Then:
    """What a vote leads to."""
    if case.is_escalated:
        return Then.DECIDED
    product = case.subject.product
    if not case.votes:
        amount = (vote.amount_cents or 0) + vote.exposure_cents
        is_approved = vote.verdict is Verdict.APPROVE
        return Then.SECOND_VOTE if is_approved and powers.needs_second(product, amount) else Then.DECIDED
    if all(agree(other, vote) for _, other in case.votes):
        return Then.DECIDED
    rules = powers.rules
    if rules is None or rules.diverging is Diverging.DECLINE:
        return Then.DECIDED
    voters = {vote.name, *(other.name for _, other in case.votes)}
    highest = max(rules.limit(name, product) for name in voters)
    is_anybody_above = any(rules.limit(one.name, product) > highest for one in rules.persons)
    return Then.ESCALATED if is_anybody_above else Then.DECIDED


SENTENCES: Final[Mapping[Refusal, str]] = {
    Refusal.ENDED: "the case has ended: it can be reopened",
    Refusal.NOT_ENDED: "the case has not ended",
    Refusal.WITHDRAWN: "the case was withdrawn: a new application begins a new one",
    Refusal.WAITING: "the case waits for the applicant: note the answer first",
    Refusal.NOT_WAITING: "the case does not wait for the applicant",
    Refusal.NO_PERSON: "only a person may do this: use the key or the session of a person",
    Refusal.REQUESTER: "who asked for the decision does not review it: somebody else has to",
    Refusal.VOTED_BEFORE: "you have voted on this case: the next vote is another person's",
    Refusal.NOT_CLAIMED: "the case is not claimed: claim it first",
    Refusal.CLAIMED_BY_ANOTHER: "somebody else works on the case: wait until it is released",
    Refusal.NOT_THE_HOLDER: "only who works on the case, a superior, or an administrator may release it",
    Refusal.LOAN_GRANTED: "a loan was granted on this case, and its conditions are settled: to have a guarantee, decide"
    " again in the case, name the guarantor, and grant on the new decision",
    Refusal.NO_AUTHORITY: "you have no authority over this product",
    Refusal.ABOVE_LIMIT: "the amount is above your limit",
    Refusal.FRONT_OFFICE_FIRST: "where a second vote is needed, the first comes from the front office",
    Refusal.BACK_OFFICE_SECOND: "the second vote comes from the back office",
    Refusal.SAME_LINE: "the second vote comes from outside of the first voter's reporting line",
    Refusal.NOT_HIGHER: "the votes differ: somebody with a higher limit than both voters decides",
    Refusal.DECISION_EXPIRED: "the decision is not valid any more: decide again, then approve, or decline",
    Refusal.ASKED_BEFORE: "you asked for it: another person has to confirm it",
    Refusal.NO_SNOOZE: "there is no such request to set a rule aside, or it has ended",
    Refusal.RULE_MISFIT: "the rule cannot be set aside, or it did not refer in the newest decision of this case",
    Refusal.UNTIL_MISFIT: "the last day must be after today, and within 90 days",
    Refusal.REASON_MISFIT: "the reason does not fit the vote",
    Refusal.TERMS_MISFIT: "amount, term or rate do not fit",
    Refusal.FULL: f"the case has {MOST_STEPS} steps: decide it, or keep further notes elsewhere",
}
