"""What an applicant is told of a decision: how the application stands, and who says so. Facts, no words."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from scoring.base.identifiers import day_in_berlin
from scoring.decisions.cases import Case, CaseState, Linked, Opened, Reopened, ReviewReason, Step, Then, Voted, fold
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.rules import NOT_CHECKED, RuleKind


class Outcome(StrEnum):
    """How an application stands. The codes are stored: they may be added to, and never change their meaning."""

    APPROVED = "approved"
    DECLINED = "declined"
    IN_REVIEW = "in_review"
    """A person has not decided yet."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody decided in time, or an approval was not taken up."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """What had been decided before a person reviews it. It does not hold while it is reviewed."""

    is_approved: bool
    by_person: bool
    decided_on: date
    is_contested: bool
    """Whether the applicant objected; else it is looked at again without that."""
    amount_cents: int
    """Asked for, as the next."""
    term_months: int
    answer_by: date | None
    """The last day for an answer to what was contested."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How an application stands, by its decision and its case."""

    outcome: Outcome
    by_person: bool
    """Whether a person decided."""
    decided_at: str | None
    """Null while nobody has decided."""
    amount_cents: int | None = None
    """Of an approval, as the next three."""
    term_months: int | None = None
    annual_rate_bps: int | None = None
    valid_until: date | None = None
    reasons: tuple[ReviewReason, ...] = ()
    """Of the persons who declined."""
    expires_on: date | None = None
    """The last day on which a person can decide; null where somebody has, or nothing says it."""
    earlier: Earlier | None = None
    """Of an application in review that had been decided."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes to applicants, and how a person of theirs is reached."""

    name: str
    address: str
    contact: str
    """A person or desk that can look at a decision again and change it."""
    email: str
    phone: str | None = None
    privacy_email: str | None = None
    """Null where it is ``email``."""
    authority: str | None = None
    """The supervisory authority for data protection, by name; null leaves it to the applicant."""


class NotNewestError(Exception):
    """The case of a decision has a newer one; the message names it."""


def standing_of(decision: Decision, case: Case | None, steps: tuple[Step, ...], today: date) -> Standing:
    """How the application of a decision stands.

    Args:
        decision: of the machine.
        case: it is in; None for one of a version without cases.
        steps: of the case.
        today: on which approvals and undecided cases expire.

    Raises:
        NotNewestError: the case has a newer decision, about which the applicant is told.
    """
    if case is None:
        return _by_machine(decision)
    if case.subject.decision_id != decision.decision_id:
        raise NotNewestError(f"the case of this decision has a newer one: {case.subject.decision_id}")
    state, resolution = case.state_on(today), case.resolution
    if state is CaseState.WITHDRAWN:
        return Standing(outcome=Outcome.WITHDRAWN, by_person=False, decided_at=case.changed_at)
    if state is CaseState.EXPIRED:
        return Standing(outcome=Outcome.EXPIRED, by_person=False, decided_at=None)
    if resolution is None:
        return Standing(
            outcome=Outcome.IN_REVIEW,
            by_person=False,
            decided_at=None,
            expires_on=case.expires_on,
            earlier=_earlier(decision, steps),
        )
    if not resolution.by_person:
        return _by_machine(decision)
    against = [vote.reason for _, vote in case.votes if vote.verdict is Verdict.DECLINE]
    is_approved = resolution.verdict is Verdict.APPROVE
    return Standing(
        outcome=Outcome.APPROVED if is_approved else Outcome.DECLINED,
        by_person=True,
        decided_at=next(step.at for step in reversed(steps) if isinstance(step.facts, Voted)),
        amount_cents=resolution.amount_cents,
        term_months=resolution.term_months,
        annual_rate_bps=resolution.annual_rate_bps,
        valid_until=resolution.valid_until if is_approved else None,
        reasons=() if is_approved else tuple(dict.fromkeys(against)),
    )


def _earlier(decision: Decision, steps: tuple[Step, ...]) -> Earlier | None:
    """What is reviewed since the case was reopened; None where nothing had been decided, or persons have since."""
    index = next((at for at in reversed(range(len(steps))) if isinstance(steps[at].facts, Reopened)), None)
    if index is None:
        return None
    facts, before, since = steps[index].facts, steps[:index], steps[index:]
    assert isinstance(facts, Reopened)  # noqa: S101  for mypy
    case = fold(before)
    if case.resolution is None or any(isinstance(one.facts, Voted) and one.facts.then is Then.DECIDED for one in since):
        return None
    by_person = case.resolution.by_person
    kinds = Voted if by_person else (Opened, Linked)
    at = next(step.at for step in reversed(before) if isinstance(step.facts, kinds))
    if not by_person and case.subject.decision_id == decision.decision_id:
        at = decision.created_at  # a case of an earlier version was opened later
    return Earlier(
        is_approved=case.resolution.verdict is Verdict.APPROVE,
        by_person=by_person,
        decided_on=day_in_berlin(datetime.fromisoformat(at)),
        is_contested=facts.contest is not None,
        amount_cents=case.subject.amount_cents,
        term_months=case.subject.term_months,
        answer_by=None if facts.contest is None else facts.contest.answer_by,
    )


def _by_machine(decision: Decision) -> Standing:
    verdict, offer = decision.assessment.verdict, decision.assessment.offer
    if verdict is Verdict.REFER:
        return Standing(outcome=Outcome.IN_REVIEW, by_person=False, decided_at=None)
    if verdict is Verdict.DECLINE:
        return Standing(outcome=Outcome.DECLINED, by_person=False, decided_at=decision.created_at)
    return Standing(
        outcome=Outcome.APPROVED,
        by_person=False,
        decided_at=decision.created_at,
        amount_cents=decision.terms.amount_cents,
        term_months=decision.terms.term_months,
        annual_rate_bps=None if offer is None else offer.annual_rate_bps,
        valid_until=decision.valid_until,
    )


TOLD: Final = frozenset(
    {
        *("AMOUNT_BELOW_PRODUCT", "TERM_TOO_SHORT", "TERM_TOO_LONG", "PAYOUT_NOT_MATCHED", "BANK_FEED_SHARE_LOW"),
        *("BALANCE_LEVEL_UNVERIFIED", "FOREIGN_CURRENCY_ACCOUNT", "PAYMENT_LOG_UNAVAILABLE", "DUE_DATES_ASSUMED"),
        *("BOOKS_IDLE", "AS_OF_RECONSTRUCTED", "OVERDRAFT_LONG", "GARNISHMENT_SUSPECTED", "INSOLVENCY_SIGN"),
        *("LOSSES_HIGH", "BANK_DATA_OLD", "SET_ASIDE_MANY", "SET_ASIDE_AMOUNT", "ACCOUNT_TWICE"),
        *("CUSTOMER_DOMINANT", "HOLDER_DIFFERS", "LEGAL_FORM_DIFFERS"),
    }
)
"""Doubts that an applicant is told with value and threshold: they are met by honest books alone, or settled by a person
who looks at proof. All other doubts are named without them: whoever invents sales would learn how many pass."""


def is_told(rule: str, kind: str) -> bool:
    """Whether an applicant is told the value and the threshold of a rule.

    Args:
        rule: its identifier.
        kind: as in its result.
    """
    return kind != RuleKind.CAP or rule.removesuffix(NOT_CHECKED) in TOLD
