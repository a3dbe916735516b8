"""Four eyes and authority: laws that hold after any sequence of steps that were allowed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from case_builders import BOUNDS, FILE, NAMES, NOW, actor, opened, powers, subject
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.base.identifiers import day_in_berlin, instant
from scoring.decisions.authority import Diverging, load_authority
from scoring.decisions.cases import (
    Answered,
    Asked,
    Assigned,
    Case,
    CaseState,
    Claimed,
    Commented,
    Facts,
    Linked,
    Opened,
    Released,
    Reopened,
    ReviewReason,
    Step,
    Then,
    Voted,
    Withdrawn,
    after,
    decode_facts,
    encode_facts,
    fold,
)
from scoring.decisions.decision import Verdict
from scoring.decisions.reviews import Ballot, Context, Powers, StepRefusedError, refusal_of, vote_of

RULES = load_authority(FILE.encode()).lenders["bank"]
PEOPLE = (*NAMES, "stranger", "system")
CENTS = st.sampled_from(
    (None, None, None, None, 500_000, 2_500_000, 2_500_001, 2_999_999, 3_000_000, 6_000_000, 10_000_000)
)
APPROVALS = st.builds(
    Ballot,
    verdict=st.just(Verdict.APPROVE),
    reason=st.just(ReviewReason.OTHER),
    amount_cents=CENTS,
    annual_rate_bps=st.sampled_from((None, None, None, 690)),
)
DECLINES = st.just(Ballot(verdict=Verdict.DECLINE, reason=ReviewReason.OTHER))
PLAIN = st.sampled_from((Claimed(), Released(), Commented(), Asked(), Answered(), Withdrawn()))
ASSIGNED = st.builds(Assigned, to=st.sampled_from([f"pri-{name}" for name in PEOPLE]))
REOPENED = st.just(Reopened(due_at=instant(NOW), undecided_days=90))
LINKED = st.builds(
    lambda verdict, asked_by: Linked(
        subject=subject(decision_id="dec_2", verdict=verdict, asked_by=f"pri-{asked_by}"),
        due_at=instant(NOW),
        undecided_days=90,
    ),
    st.sampled_from(Verdict),
    st.sampled_from(PEOPLE),
)
OTHERS = st.one_of(PLAIN, ASSIGNED, REOPENED, LINKED)
MIXED: dict[int, st.SearchStrategy[Facts | Ballot]] = {0: OTHERS, 1: DECLINES, 2: REOPENED, 3: REOPENED, 4: REOPENED}
WANTED = st.tuples(
    st.sampled_from(PEOPLE),
    # most of what is tried are approvals, soon after each other, and what ended begins anew: else hardly a case would
    # see a second vote
    st.sampled_from(range(12)).flatmap(lambda number: MIXED.get(number, APPROVALS)),
    st.sampled_from((0, 0, 0, 0, 0, 48)),
    st.sampled_from((0, 0, 500_000)),
)
Wanted = tuple[str, Facts | Ballot, int, int]


def tried(case: Case, wanted: list[Wanted], rules: Powers) -> Iterator[tuple[Case, Step, Case]]:
    """Each step that was allowed, with the case before and after it."""
    now = NOW
    names = {f"pri-{name}": name for name in PEOPLE}
    for name, doing, hours, exposure in wanted:
        now += timedelta(hours=hours)
        who = actor(name, is_person=name != "system")
        around = Context(day=day_in_berlin(now), names=names)
        steps: list[Facts] = []
        if isinstance(doing, Ballot):
            if refusal_of(case, Claimed(), who, rules, around) is None and case.claimed_by != who.id:
                steps.append(Claimed())
        elif refusal_of(case, doing, who, rules, around) is None:
            steps.append(doing)
        for facts in steps:
            yield (before := case), (step := taken(before, facts, who.id, now)), (case := after(before, step))
        if isinstance(doing, Ballot):
            try:
                vote = vote_of(case, doing, who, rules, now=now, exposure_cents=exposure)
            except StepRefusedError:
                continue
            yield (before := case), (step := taken(before, vote, who.id, now)), (case := after(before, step))


def taken(case: Case, facts: Facts, by: str, now: datetime) -> Step:
    """The next step of a case."""
    return Step(number=case.number + 1, at=instant(now), by=by, facts=facts)


@settings(max_examples=200)
@given(
    amount=st.sampled_from((2_000_000, 2_999_999, 3_000_000, 4_000_000, 5_000_000, 6_000_000)),
    requester=st.sampled_from(PEOPLE),
    wanted=st.lists(WANTED, min_size=20, max_size=40),
    diverging=st.sampled_from(Diverging),
)
def test_whatever_happens_four_eyes_and_authority_hold(
    amount: int, requester: str, wanted: list[Wanted], diverging: Diverging
) -> None:
    """No requester and no system votes, nobody twice, nothing above a limit, and no large approval by one alone."""
    rules = powers(RULES if diverging is RULES.diverging else load_authority(DECLINING).lenders["bank"])
    case = opened(amount_cents=amount, limit_cents=amount, asked_by=f"pri-{requester}")
    steps = [
        Step(
            number=1,
            at=instant(NOW),
            by=None,
            facts=Opened(subject=case.subject, due_at=case.due_at, undecided_days=90),
        )
    ]
    for before, step, now in tried(case, wanted, rules):
        steps.append(step)
        if isinstance(step.facts, Voted):
            check_vote(before, step, step.facts, rules)
        if now.resolution is not None and now.resolution.by_person and isinstance(step.facts, Voted):
            check_resolution(now, rules)
        case = now
    # the present follows from the steps alone, read back as they are stored
    stored = [(step.number, step.at, step.by, encode_facts(step.facts)) for step in steps]
    assert fold(Step(number=n, at=at, by=by, facts=decode_facts(facts)) for n, at, by, facts in stored) == case


DECLINING = FILE.replace('diverging = "escalate"', 'diverging = "decline"').encode()


def check_vote(before: Case, step: Step, vote: Voted, rules: Powers) -> None:
    """Laws of every vote."""
    assert step.by not in before.requesters
    assert step.by not in {by for by, _ in before.votes}
    assert step.by == before.claimed_by
    assert vote.name != "system"
    assert before.state in {CaseState.OPEN, CaseState.SECOND_VOTE}
    if vote.verdict is Verdict.APPROVE:
        assert (vote.amount_cents or 0) + vote.exposure_cents <= RULES.limit(vote.name, "working_capital")
        assert (vote.amount_cents or 0) <= BOUNDS["working_capital"].maximum_cents
        assert day_in_berlin_of(step.at) <= before.subject.valid_until
        assert vote.valid_until is not None
        assert vote.valid_until <= before.subject.valid_until
        if vote.is_override:
            assert vote.valid_until <= day_in_berlin_of(step.at) + timedelta(days=rules.override_days)


def check_resolution(case: Case, rules: Powers) -> None:
    """Laws of what persons decided."""
    resolution, votes = case.resolution, [vote for _, vote in case.votes]
    assert resolution is not None
    assert 1 <= len(votes) <= 3
    if resolution.verdict is not Verdict.APPROVE:
        return
    last = votes[-1]
    assert (resolution.amount_cents, resolution.annual_rate_bps) == (last.amount_cents, last.annual_rate_bps)
    if not rules.needs_second("working_capital", (resolution.amount_cents or 0) + last.exposure_cents):
        return
    if len(votes) == 2:
        first, second = votes
        assert RULES.person(first.name).office == "front"  # type: ignore[union-attr]  # an approval has a person
        assert RULES.may_second(first.name, second.name)
        assert first.verdict is second.verdict
        assert first.amount_cents == second.amount_cents
    else:
        # one alone only where the amount that counted at the first vote was below, or somebody above both decided
        assert len(votes) == 3
        limits = [RULES.limit(vote.name, "working_capital") for vote in votes]
        assert limits[2] > max(limits[:2])
        assert votes[1].then is Then.ESCALATED


def day_in_berlin_of(at: str) -> date:
    """The day of a stored instant."""
    return day_in_berlin(datetime.fromisoformat(at))
