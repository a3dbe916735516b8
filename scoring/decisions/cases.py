"""The case of an application: from the machine's decision to what a person decides.

A case is a fold over its steps. Steps are only ever added; nothing is overwritten. Whoever stores one first asks
``scoring.decisions.reviews`` whether the actor may take it. Facts are codes and numbers: what people write is kept
beside them, sealed.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from scoring.base.identifiers import day_in_berlin, instant
from scoring.decisions.authority import SERVICE_LEVEL_HOURS, UNDECIDED_DAYS, LenderAuthority
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.inquiries import ItemKind
from scoring.decisions.snoozes import Snooze


class CaseState(StrEnum):
    """What a case waits for, or how it ended."""

    OPEN = "open"
    WAITING = "waiting"
    """For the applicant."""
    SECOND_VOTE = "second_vote"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody decided in time, or the day until which an approval stood is over."""


ENDED: Final = frozenset({CaseState.DECIDED, CaseState.WITHDRAWN, CaseState.EXPIRED})


class ReviewReason(StrEnum):
    """Why a person votes as she does. The codes are stored: they may be added to, and never change their meaning."""

    AS_RECOMMENDED = "as_recommended"
    DATA_EXPLAINED = "data_explained"
    """What looked bad, or could not be read, was explained and proved."""
    ONE_OFF = "one_off"
    """A single event that does not come again."""
    COLLATERAL = "collateral"
    """Security or a guarantee that the books do not show."""
    KNOWN_CUSTOMER = "known_customer"
    """The lender's own experience with the firm."""
    TERMS_FIT = "terms_fit"
    """Amount, term or price were changed so that the loan can be carried."""
    NOT_AFFORDABLE = "not_affordable"
    DATA_DOUBTFUL = "data_doubtful"
    INFORMATION_MISSING = "information_missing"
    """The applicant did not answer, or not enough."""
    OTHER_KNOWLEDGE = "other_knowledge"
    """Facts that the books do not show speak against the loan."""
    OTHER = "other"


_FOR: Final = frozenset(
    {
        ReviewReason.DATA_EXPLAINED,
        ReviewReason.ONE_OFF,
        ReviewReason.COLLATERAL,
        ReviewReason.KNOWN_CUSTOMER,
        ReviewReason.TERMS_FIT,
    }
)
_EITHER: Final = frozenset({ReviewReason.AS_RECOMMENDED, ReviewReason.OTHER})
REASONS: Final[Mapping[Verdict, frozenset[ReviewReason]]] = {
    Verdict.APPROVE: _FOR | _EITHER,
    Verdict.DECLINE: (frozenset(ReviewReason) - _FOR),
}
"""The reasons that fit a verdict."""


class Then(StrEnum):
    """What a vote leads to."""

    DECIDED = "decided"
    SECOND_VOTE = "second_vote"
    ESCALATED = "escalated"
    """The votes differ, and somebody with a higher limit decides."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a case knows of a decision of the machine; all of it is in the decision's record, too."""

    decision_id: str
    verdict: Verdict
    recommendation: Verdict
    product: str
    amount_cents: int
    """Asked for."""
    term_months: int
    """Asked for."""
    valid_until: date
    asked_by: str | None
    """The requester, who never reviews; null in decisions before 0.6."""
    limit_cents: int | None
    """Null without an offer, as the next two."""
    max_term_months: int | None
    annual_rate_bps: int | None


def subject_of(decision: Decision) -> Subject:
    """What a case knows of a decision."""
    terms, assessment = decision.terms, decision.assessment
    offer = assessment.offer
    return Subject(
        decision_id=decision.decision_id,
        verdict=assessment.verdict,
        recommendation=assessment.recommendation,
        product=terms.product,
        amount_cents=terms.amount_cents,
        term_months=terms.term_months,
        valid_until=decision.valid_until,
        asked_by=decision.asked_by,
        limit_cents=None if offer is None else offer.limit_cents,
        max_term_months=None if offer is None else offer.max_term_months,
        annual_rate_bps=None if offer is None else offer.annual_rate_bps,
    )


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """By when a case should be decided, and how long it waits for that."""

    due_at: str
    undecided_days: int


def schedule_of(rules: LenderAuthority | None, at: str) -> Schedule:
    """The schedule of a case that begins, or begins anew, at a moment."""
    hours, days = SERVICE_LEVEL_HOURS, UNDECIDED_DAYS
    if rules is not None:
        hours, days = rules.service_level_hours, rules.undecided_days
    return Schedule(due_at=instant(datetime.fromisoformat(at) + timedelta(hours=hours)), undecided_days=days)


class _Facts(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What a step says beside who took it and when."""


class Opened(_Facts, frozen=True, kw_only=True, tag="opened"):
    """The case of an application begins with the machine's decision."""

    subject: Subject
    due_at: str
    """By when it should be decided."""
    undecided_days: int
    """After the decision, when it expires if nobody decides."""
    assigned_to: str | None = None
    """The principal whose desk it was put on, by the rules."""


class Linked(_Facts, frozen=True, kw_only=True, tag="linked"):
    """The machine decided again on the same application, and earlier votes do not count any more."""

    subject: Subject
    due_at: str
    undecided_days: int


class Claimed(_Facts, frozen=True, kw_only=True, tag="claimed"):
    """The actor works on it, and nobody else does."""


class Released(_Facts, frozen=True, kw_only=True, tag="released"):
    """Nobody works on it any more."""


class Assigned(_Facts, frozen=True, kw_only=True, tag="assigned"):
    """It was put on somebody's desk."""

    to: str
    """A principal."""


class Commented(_Facts, frozen=True, kw_only=True, tag="commented"):
    """Something was written down."""


class Asked(_Facts, frozen=True, kw_only=True, tag="asked"):
    """The applicant was asked something, and the case waits."""

    link: str | None = None
    """The link with which it was asked; null where somebody asked in another way."""
    items: tuple[ItemKind, ...] = ()
    """What was asked for with the link; its words are beside the step, see ``scoring.decisions.inquiries``."""


class Answered(_Facts, frozen=True, kw_only=True, tag="answered"):
    """The applicant answered, or is not waited for any longer."""

    link: str | None = None
    """The link by which the applicant answered itself; null where somebody noted the answer."""


class Filed(_Facts, frozen=True, kw_only=True, tag="filed"):
    """A document was put into the case."""

    document: str
    sha256: str
    """Of the document as it is stored, encrypted: it proves the bytes, and tells nothing once they are gone."""
    media_type: str
    size: int
    """In bytes, before encryption."""
    link: str | None = None
    """The link by which the applicant sent it; null where somebody else put it there."""


class Voted(_Facts, frozen=True, kw_only=True, tag="voted"):
    """A person reviewed the case."""

    verdict: Verdict
    reason: ReviewReason
    name: str
    """Of the person, as the file of authority has it."""
    amount_cents: int | None = None
    """Of an approval, as the next three."""
    term_months: int | None = None
    annual_rate_bps: int | None = None
    valid_until: date | None = None
    is_override: bool
    """Whether it goes another way, or further, than the machine recommended."""
    exposure_cents: int = 0
    """What else stood approved for the borrower; it counts towards the limit."""
    authority: str | None
    """Digest of the file of authority; null without one."""
    seconds: int
    """From the claim to the vote."""
    had_read_recommendation: bool | None = None
    """Whether the person had opened the machine's decision before; null where the file does not hide it."""
    had_opened: bool | None = None
    """Whether the person had opened the case or its decision before; null where that is not known."""
    then: Then


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant contests a decision (Art. 22(3) GDPR); what it says is written beside the step."""

    link: str | None
    """By which it did so itself; null where the lender's system passed it on."""
    wants_talk: bool
    """Whether it wants to talk to a person. A person decides in any case."""
    answer_by: date
    """One month after it came, as for every request of a data subject (Art. 12(3) GDPR)."""


class Reopened(_Facts, frozen=True, kw_only=True, tag="reopened"):
    """What was decided is looked at once more, by a person: the firm contests it, or something new is known."""

    due_at: str
    undecided_days: int
    contest: Contest | None = None
    """How the applicant contested the decision; null where somebody looks again without that."""


class SnoozeAsked(_Facts, frozen=True, kw_only=True, tag="snooze_asked"):
    """A person asks that a rule be set aside for the borrower until a day."""

    rule: str
    until: date


class SnoozeConfirmed(_Facts, frozen=True, kw_only=True, tag="snooze_confirmed"):
    """Another person confirms it: new decisions on the borrower are not referred by the rule."""

    step: int
    """That asked for it."""


class SnoozeEnded(_Facts, frozen=True, kw_only=True, tag="snooze_ended"):
    """A person rejects it, or takes it back before its last day."""

    step: int


class Withdrawn(_Facts, frozen=True, kw_only=True, tag="withdrawn"):
    """The applicant does not want the loan any more."""


class GuarantorNamed(_Facts, frozen=True, kw_only=True, tag="guarantor_named"):
    """Somebody is to guarantee the loan. Who it is stands elsewhere."""

    guarantor_id: str


class GuarantorReleased(_Facts, frozen=True, kw_only=True, tag="guarantor_freed"):
    """The guarantor is none any more."""

    guarantor_id: str


Facts: TypeAlias = (
    Opened
    | Linked
    | Claimed
    | Released
    | Assigned
    | Commented
    | Asked
    | Answered
    | Filed
    | Voted
    | Reopened
    | SnoozeAsked
    | SnoozeConfirmed
    | SnoozeEnded
    | Withdrawn
    | GuarantorNamed
    | GuarantorReleased
)


def is_by_applicant(facts: Facts) -> bool:
    """Whether the applicant took a step itself, with a link."""
    if isinstance(facts, Reopened):
        return facts.contest is not None and facts.contest.link is not None
    return isinstance(facts, Answered | Filed) and facts.link is not None


WITH_TEXT: Final[tuple[type[Facts], ...]] = (
    *(Commented, Asked, Answered, Voted, Reopened, SnoozeAsked, SnoozeConfirmed, SnoozeEnded, Withdrawn),
)
"""Steps at which something is written."""
_encoder: Final = msgspec.json.Encoder(order="deterministic")
_decoder: Final[msgspec.json.Decoder[Facts]] = msgspec.json.Decoder(Facts)


def encode_facts(facts: Facts) -> str:
    """As they are stored and signed."""
    return _encoder.encode(facts).decode()


def decode_facts(stored: str) -> Facts:
    """The facts of a stored step.

    Raises:
        msgspec.DecodeError: they are none that this version knows.
    """
    return _decoder.decode(stored)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a case."""

    number: int
    """From 1, without gaps."""
    at: str
    """UTC instant, ISO 8601, milliseconds."""
    by: str | None
    """The principal; None where the service itself acted."""
    facts: Facts


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What may be acted on."""

    verdict: Verdict
    amount_cents: int | None
    term_months: int | None
    annual_rate_bps: int | None
    valid_until: date
    by_person: bool


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """The present of a case."""

    number: int
    """Of the newest step."""
    state: CaseState
    """Without what the calendar does to it, see ``state_on``."""
    subject: Subject
    """The newest decision of the machine."""
    decisions: tuple[str, ...]
    requesters: frozenset[str]
    opened_at: str
    changed_at: str
    due_at: str
    expires_on: date
    """The last day before it expires."""
    claimed_by: str | None = None
    claimed_at: str | None = None
    assigned_to: str | None = None
    waiting_since: str | None = None
    waiting_link: str | None = None
    """The link whose answer is waited for."""
    contest: Contest | None = None
    """That is not answered yet."""
    votes: tuple[tuple[str, Voted], ...] = ()
    """Those that count, with the principal of each; a new decision or a reopening begins anew."""
    declined_by: tuple[str, ...] = ()
    """The names of those who voted against it before this round, since it was last approved."""
    is_person_needed: bool = False
    """A person has voted or reopened: a new decision of the machine does not decide any more."""
    is_escalated: bool = False
    resolution: Resolution | None = None
    guarantors: frozenset[str] = frozenset()
    """Named and not released."""
    snoozes: tuple[Snooze, ...] = ()
    """Rules set aside for the borrower, in the order in which it was asked for."""

    def state_on(self, today: date) -> CaseState:
        """The state on a day: what is neither declined nor withdrawn expires by the calendar."""
        is_final = self.state is CaseState.WITHDRAWN or (
            self.resolution is not None and self.resolution.verdict is Verdict.DECLINE
        )
        return self.state if is_final or today <= self.expires_on else CaseState.EXPIRED


def fold(steps: Iterable[Step]) -> Case:
    """The present that steps lead to.

    Raises:
        ValueError: they are no case: the first opens none, or a number is missing.
    """
    case: Case | None = None
    for step in steps:
        case = after(case, step)
    if case is None:
        raise ValueError("a case without steps")
    return case


def after(case: Case | None, step: Step) -> Case:
    """The present after one more step.

    Raises:
        ValueError: the step does not follow.
    """
    facts = step.facts
    if case is None:
        if not isinstance(facts, Opened) or step.number != 1:
            raise ValueError("the first step of a case opens it")
        return _opened(step, facts)
    if step.number != case.number + 1 or isinstance(facts, Opened):
        raise ValueError(f"step {step.number} does not follow step {case.number}")
    changes = _CHANGES[type(facts)](case, step, facts)
    return msgspec.structs.replace(case, number=step.number, changed_at=step.at, **changes)


def _opened(step: Step, facts: Opened) -> Case:
    subject = facts.subject
    is_referred = subject.verdict is Verdict.REFER
    return Case(
        number=1,
        state=CaseState.OPEN if is_referred else CaseState.DECIDED,
        subject=subject,
        decisions=(subject.decision_id,),
        requesters=frozenset(() if subject.asked_by is None else (subject.asked_by,)),
        opened_at=step.at,
        changed_at=step.at,
        due_at=facts.due_at,
        expires_on=_undecided_until(subject, facts.undecided_days) if is_referred else subject.valid_until,
        assigned_to=facts.assigned_to,
        resolution=None if is_referred else _of_machine(subject),
    )


def _undecided_until(subject: Subject, days: int) -> date:
    return subject.valid_until + timedelta(days=days)


def _of_machine(subject: Subject) -> Resolution:
    is_approved = subject.verdict is Verdict.APPROVE
    return Resolution(
        verdict=subject.verdict,
        amount_cents=subject.amount_cents if is_approved else None,
        term_months=subject.term_months if is_approved else None,
        annual_rate_bps=subject.annual_rate_bps if is_approved else None,
        valid_until=subject.valid_until,
        by_person=False,
    )


_NEW_ROUND: Final[dict[str, Any]] = {
    "state": CaseState.OPEN,
    "votes": (),
    "is_escalated": False,
    "resolution": None,
    "waiting_since": None,
    "waiting_link": None,
}
_NOBODY: Final[dict[str, Any]] = {"claimed_by": None, "claimed_at": None, "assigned_to": None}


def _against(case: Case) -> tuple[str, ...]:
    """Who has voted against the loan, when a new round begins."""
    if case.resolution is not None and case.resolution.verdict is Verdict.APPROVE:
        return ()
    return (*case.declined_by, *(vote.name for _, vote in case.votes if vote.verdict is Verdict.DECLINE))


def _linked(case: Case, _step: Step, facts: Linked) -> dict[str, Any]:
    subject = facts.subject
    asked = frozenset(() if subject.asked_by is None else (subject.asked_by,))
    changes = _NEW_ROUND | {
        "subject": subject,
        "decisions": (*case.decisions, subject.decision_id),
        "requesters": case.requesters | asked,
        "declined_by": _against(case),
        "due_at": facts.due_at,
        "expires_on": _undecided_until(subject, facts.undecided_days),
    }
    if subject.verdict is Verdict.REFER or case.is_person_needed:
        return changes
    end = {"state": CaseState.DECIDED, "resolution": _of_machine(subject), "expires_on": subject.valid_until}
    return changes | _NOBODY | end


def _answered(case: Case, step: Step, _facts: Facts) -> dict[str, Any]:
    # the time in which the applicant was asked is no time of the lender
    waited = _moment(step.at) - _moment(case.waiting_since or step.at)
    return {
        "state": CaseState.SECOND_VOTE if case.votes and not case.is_escalated else CaseState.OPEN,
        "waiting_since": None,
        "waiting_link": None,
        "due_at": instant(_moment(case.due_at) + waited),
    }


def _reopened(case: Case, step: Step, facts: Reopened) -> dict[str, Any]:
    until = day_in_berlin(_moment(step.at)) + timedelta(days=facts.undecided_days)
    changes = {"is_person_needed": True, "due_at": facts.due_at, "expires_on": until, "declined_by": _against(case)}
    return _NEW_ROUND | _NOBODY | changes | {"contest": facts.contest}


def _voted(case: Case, step: Step, facts: Voted) -> dict[str, Any]:
    changes = _NOBODY | {"votes": (*case.votes, (step.by or "", facts)), "is_person_needed": True}
    match facts.then:
        case Then.SECOND_VOTE:
            return changes | {"state": CaseState.SECOND_VOTE}
        case Then.ESCALATED:
            return changes | {"state": CaseState.OPEN, "is_escalated": True}
        case Then.DECIDED:
            resolution = _resolution(case, facts)
            return changes | {
                "state": CaseState.DECIDED,
                "resolution": resolution,
                "expires_on": resolution.valid_until,
                "contest": None,
            }


def _resolution(case: Case, facts: Voted) -> Resolution:
    """What the last vote decides: votes that differ without an escalation decline."""
    before = [] if case.is_escalated else [vote for _, vote in case.votes]
    is_approved = facts.verdict is Verdict.APPROVE and all(agree(vote, facts) for vote in before)
    dates = [vote.valid_until for vote in (*before, facts) if vote.valid_until is not None]
    return Resolution(
        verdict=Verdict.APPROVE if is_approved else Verdict.DECLINE,
        amount_cents=facts.amount_cents if is_approved else None,
        term_months=facts.term_months if is_approved else None,
        annual_rate_bps=facts.annual_rate_bps if is_approved else None,
        valid_until=min(dates) if is_approved else case.subject.valid_until,
        by_person=True,
    )


def agree(one: Voted, other: Voted) -> bool:
    """Whether two votes say the same: verdict and terms."""
    return (one.verdict, one.amount_cents, one.term_months, one.annual_rate_bps) == (
        other.verdict,
        other.amount_cents,
        other.term_months,
        other.annual_rate_bps,
    )


def _snooze_moved(case: Case, step: Step, facts: SnoozeConfirmed | SnoozeEnded) -> dict[str, Any]:
    field = "confirmed_by" if isinstance(facts, SnoozeConfirmed) else "ended_by"
    if all(one.step != facts.step for one in case.snoozes):
        raise ValueError(f"step {step.number} is about no rule that was to be set aside")
    moved = (msgspec.structs.replace(one, **{field: step.by or ""}) for one in case.snoozes if one.step == facts.step)
    others = (one for one in case.snoozes if one.step != facts.step)
    return {"snoozes": tuple(sorted((*others, *moved), key=lambda one: one.step))}


def _snooze_asked(case: Case, step: Step, facts: SnoozeAsked) -> dict[str, Any]:
    asked = Snooze(step=step.number, rule=facts.rule, until=facts.until, asked_by=step.by or "")
    return {"snoozes": (*case.snoozes, asked)}


_CHANGES: Final[Mapping[type[Facts], Any]] = {
    Linked: _linked,
    Claimed: lambda _case, step, _facts: {"claimed_by": step.by, "claimed_at": step.at},
    Released: lambda _case, _step, _facts: {"claimed_by": None, "claimed_at": None},
    Assigned: lambda _case, _step, facts: {"assigned_to": facts.to},
    Commented: lambda _case, _step, _facts: {},
    Asked: lambda _case, step, facts: {
        "state": CaseState.WAITING,
        "waiting_since": step.at,
        "waiting_link": facts.link,
    },
    Answered: _answered,
    Filed: lambda _case, _step, _facts: {},
    Voted: _voted,
    Reopened: _reopened,
    SnoozeAsked: _snooze_asked,
    SnoozeConfirmed: _snooze_moved,
    SnoozeEnded: _snooze_moved,
    Withdrawn: lambda _case, _step, _facts: (
        _NOBODY | {"state": CaseState.WITHDRAWN, "resolution": None, "contest": None}
    ),
    GuarantorNamed: lambda case, _step, facts: {"guarantors": case.guarantors | {facts.guarantor_id}},
    GuarantorReleased: lambda case, _step, facts: {"guarantors": case.guarantors - {facts.guarantor_id}},
}
"""What each kind of step changes."""


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)
