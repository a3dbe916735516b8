"""Figures on people's decisions, in literal tables: times, overrides, agreement, signs, and whose votes count."""

from datetime import date
from typing import Any

import msgspec
import pytest
from case_builders import subject
from vote_builders import cast, steps, vote

from scoring.decisions.cases import (
    Answered,
    Asked,
    CaseState,
    Claimed,
    Facts,
    Linked,
    Released,
    Reopened,
    ReviewReason,
    Then,
    Withdrawn,
)
from scoring.decisions.cast_votes import (
    Agreement,
    CastVote,
    Outcome,
    Period,
    Place,
    ReadCase,
    counted_months,
    next_month,
    read_case,
)
from scoring.decisions.decision import Verdict
from scoring.decisions.review_report import Sign, persons_of, report_of, share_of, time_of

APPROVE, DECLINE, REFER = Verdict.APPROVE, Verdict.DECLINE, Verdict.REFER
YEAR = Period(since=date(2026, 1, 1), until=date(2026, 12, 31))
NOW = "2027-01-15T08:00:00.000Z"
FIVE = ("a", "b", "c", "d", "e")
CLAIM = Claimed()


def times(read: ReadCase) -> list[tuple[int, int, int]]:
    """Minutes until the claim, from it to the vote, and from the beginning."""
    return [(one.free_seconds // 60, one.review_seconds // 60, one.whole_seconds // 60) for one in read.votes]


SECOND: dict[str, Any] = {"then": Then.SECOND_VOTE}


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([(10, "a", CLAIM), (30, "a", vote())], [(10, 20, 30)]),
        ([(10, "a", CLAIM), (15, "a", Asked()), (75, "a", Answered()), (90, "a", vote())], [(10, 20, 30)]),
        ([(10, "a", CLAIM), (20, "a", Released()), (50, "b", CLAIM), (60, "b", vote())], [(50, 10, 60)]),
        (
            [(10, "a", CLAIM), (30, "a", vote(**SECOND)), (40, "b", CLAIM), (45, "b", vote(name="berta"))],
            [(10, 20, 30), (10, 5, 45)],
        ),
        (
            [
                *((10, "a", CLAIM), (15, "a", Asked())),
                (100, None, Linked(subject=subject(decision_id="dec_2"), due_at=NOW, undecided_days=90)),
                *((110, "a", CLAIM), (130, "a", vote())),
            ],
            [(10, 20, 30)],
        ),
        (
            [
                *((10, "a", CLAIM), (30, "a", vote())),
                (500, "b", Reopened(due_at=NOW, undecided_days=90)),
                *((510, "b", CLAIM), (515, "b", vote(name="berta"))),
            ],
            [(10, 20, 30), (10, 5, 15)],
        ),
    ],
    ids=["plain", "the applicant was asked", "released", "second vote", "asked, then decided anew", "reopened"],
)
def test_time_runs_while_nobody_waits_for_the_applicant(
    taken: list[tuple[int, str | None, Facts]], expected: list[tuple[int, int, int]]
) -> None:
    """From when a case could be taken to the claim, from the claim to the vote, and from the beginning."""
    assert times(read_case(steps(*taken))) == expected


@pytest.mark.parametrize(
    ("changes", "agreement", "result"),
    [
        ({}, Agreement.SAME, APPROVE),
        ({"amount_cents": 2_400_000}, Agreement.OTHER_TERMS, DECLINE),
        ({"annual_rate_bps": 691}, Agreement.OTHER_TERMS, DECLINE),
        ({"verdict": DECLINE, "amount_cents": None, "term_months": None}, Agreement.OTHER_VERDICT, DECLINE),
        ({"verdict": DECLINE, "then": Then.ESCALATED}, Agreement.OTHER_VERDICT, None),
    ],
)
def test_a_second_vote_agrees_or_differs(changes: dict[str, Any], agreement: Agreement, result: Verdict | None) -> None:
    """Over terms or over the verdict; the result is what the votes together decide."""
    taken = [(1, "a", CLAIM), (2, "a", vote(**SECOND)), (3, "b", CLAIM), (4, "b", vote(name="berta", **changes))]
    first, second = read_case(steps(*taken)).votes
    assert (first.place, first.agreement, first.result) == (Place.FIRST, None, None)
    assert (second.place, second.agreement, second.result) == (Place.SECOND, agreement, result)


def read(*votes: CastVote, **changes: Any) -> ReadCase:  # noqa: ANN401  fields of a subject
    """A case with votes."""
    return msgspec.structs.replace(read_case(steps(**changes)), votes=votes)


def votes_by_five(**changes: Any) -> list[CastVote]:  # noqa: ANN401  fields of a vote
    """Two votes of each of five persons, in a month that has ended."""
    return [cast(by, **changes) for by in FIVE for _ in range(2)]


def figures(*votes: CastVote) -> Any:  # noqa: ANN401  what a report says of votes
    """The figures of votes beside those that are enough for a month."""
    found = report_of([read(*votes)], YEAR, product=None, now=NOW).votes
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("recommendation", "result", "is_override", "approval", "decline"),
    [
        (APPROVE, APPROVE, False, 0, 0),
        (APPROVE, APPROVE, True, 1, 0),  # further than the offer
        (REFER, APPROVE, True, 1, 0),
        (DECLINE, APPROVE, True, 1, 0),
        (APPROVE, DECLINE, True, 0, 1),
        (REFER, DECLINE, True, 0, 0),  # a referral asks for a person
        (DECLINE, DECLINE, False, 0, 0),
    ],
)
def test_an_override_has_a_direction(
    recommendation: Verdict,
    result: Verdict,
    is_override: bool,  # noqa: FBT001  a case
    approval: int,
    decline: int,
) -> None:
    """Towards an approval, or towards a decline."""
    one = cast(recommendation=recommendation, verdict=result, result=result, is_override=is_override)
    found = figures(one, *votes_by_five())
    assert (found.towards_approval.count, found.towards_decline.count) == (approval, decline)
    assert found.overrides.count == approval + decline
    assert found.overrides.of == found.decided == 11


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 4, None, None), (0, 5, 0.0, 0.4345), (5, 5, 0.5655, 1.0), (1, 10, 0.0179, 0.4042), (50, 100, 0.4038, 0.5962)],
)
def test_shares_have_wilsons_interval(count: int, of: int, low: float | None, high: float | None) -> None:
    """None of fewer than five; known values of the interval."""
    found = share_of(count, of)
    assert (found.low, found.high) == (low, high)
    assert found.share == (None if of < 5 else count / of)


def test_times_of_few_are_not_given() -> None:
    """Of five they are."""
    assert time_of([1, 2, 3, 4]).median_seconds is None
    found = time_of([10, 20, 30, 40, 50])
    assert (found.median_seconds, found.ninth_decile_seconds) == (30, 46)


@pytest.mark.parametrize(
    ("sign", "changes", "count", "of"),
    [
        (Sign.QUICK, {"review_seconds": 119}, 1, 11),
        (Sign.QUICK, {"review_seconds": 120}, 0, 11),
        (Sign.FOLLOWS, {"recommendation": REFER}, 10, 10),
        (Sign.FOLLOWS, {"recommendation": DECLINE}, 10, 11),
        (Sign.UNOPENED, {"had_opened": False}, 1, 11),
        (Sign.UNOPENED, {"had_opened": None}, 0, 10),
    ],
)
def test_signs_of_rubber_stamps_are_counted(sign: Sign, changes: dict[str, Any], count: int, of: int) -> None:
    """With the boundary of two minutes; what is not known does not count."""
    found = figures(cast(**changes), *votes_by_five())
    (share,) = [one.share for one in found.signs if one.sign is sign]
    assert (share.count, share.of) == (count, of)


@pytest.mark.parametrize(
    ("quick", "slow", "is_noticed"), [(1, 2, False), (3, 7, False), (10, 10, True), (2, 18, False), (30, 70, True)]
)
def test_a_sign_is_told_where_few_votes_cannot_explain_it(quick: int, slow: int, is_noticed: bool) -> None:  # noqa: FBT001  a case
    """The whole interval is above the bound of a fifth."""
    found = figures(
        *(cast(by, review_seconds=30) for by in FIVE for _ in range(quick)),
        *(cast(by) for by in FIVE for _ in range(slow)),
    )
    (sign,) = [one for one in found.signs if one.sign is Sign.QUICK]
    assert sign.is_noticed is is_noticed


SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


@pytest.mark.parametrize(
    ("voters", "is_counted"),
    [
        ("", True),  # that nobody voted tells of nobody
        ("a", False),
        ("aabbccdd", False),
        ("abcde", True),
        ("abcdeaaa", True),  # half of the votes
        ("abcdeaaaa", False),  # over half of them
    ],
)
def test_a_month_counts_if_enough_persons_voted(voters: str, is_counted: bool) -> None:  # noqa: FBT001  a case
    """Five, of whom none gave over half of the votes."""
    votes = [cast(by, SEPTEMBER) for by in voters]
    assert counted_months(votes, [SEPTEMBER]) == ((SEPTEMBER,) if is_counted else ())


def test_parts_of_a_month_count_if_each_has_enough_persons() -> None:
    """Else those that are seen, taken from all, would leave the one that is not."""
    of_five = [cast(by, SEPTEMBER) for by in FIVE]
    of_one = cast("a", SEPTEMBER, product="investment", place=Place.SECOND)
    assert counted_months([*of_five, of_one], [SEPTEMBER]) == (SEPTEMBER,)
    assert counted_months([*of_five, of_one], [SEPTEMBER], is_by_product=True) == ()
    assert counted_months([*of_five, of_one], [SEPTEMBER], is_by_place=True) == ()
    assert counted_months(of_five, [SEPTEMBER], is_by_product=True, is_by_place=True) == (SEPTEMBER,)


@pytest.mark.parametrize(
    ("since", "until", "today", "months"),
    [
        (date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 1), [SEPTEMBER]),
        (date(2026, 9, 1), date(2026, 9, 30), date(2026, 9, 30), []),
        (date(2026, 9, 2), date(2026, 10, 31), date(2026, 12, 1), [OCTOBER]),
        (date(2026, 9, 1), date(2026, 10, 30), date(2026, 12, 1), [SEPTEMBER]),
        (date(2025, 12, 31), date(2026, 2, 1), date(2026, 12, 1), [date(2026, 1, 1)]),
        (date(2026, 9, 15), date(2026, 9, 20), date(2026, 12, 1), []),
    ],
)
def test_only_whole_months_that_have_ended_count(since: date, until: date, today: date, months: list[date]) -> None:
    """Single days, and a month that goes on, would tell of the one vote by which two reports differ."""
    assert list(Period(since=since, until=until).whole_months(today)) == months
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)


def test_without_enough_persons_there_are_no_figures_of_votes() -> None:
    """Cases and the queue are told all the same; the month that is left out is named."""
    found = report_of([read(cast("a"))], Period(since=SEPTEMBER, until=date(2026, 9, 30)), product=None, now=NOW)
    assert found.votes is None
    assert found.months_left_out == (SEPTEMBER,)
    assert (found.cases.opened, found.cases.referred.count) == (1, 1)


def test_a_works_agreement_opens_months_from_its_day_on() -> None:
    """Months that began earlier stay as they are for others."""
    votes = [cast("a"), cast("a", date(2026, 10, 2))]
    found = report_of([read(*votes)], YEAR, product=None, now=NOW, open_since=date(2026, 9, 2))
    assert SEPTEMBER in found.months_left_out
    assert OCTOBER in found.months
    assert found.votes is not None
    assert found.votes.votes == 1


def test_cases_are_told_by_what_the_machine_said_first() -> None:
    """And by what became of them; the queue is what waits today."""
    asked = [(10, "a", CLAIM), (20, "a", Asked()), (80, "a", Answered())]
    decided = [(10, "a", CLAIM), (20, "a", vote())]
    found = report_of(
        [
            read_case(steps(*asked)),
            read_case(steps(*decided)),
            read_case(steps((5, "s", Withdrawn()))),
            read_case(steps(verdict=APPROVE)),
            read_case(steps(verdict=APPROVE, product="investment")),
        ],
        Period(since=date(2026, 9, 1), until=date(2026, 9, 30)),
        product="working_capital",
        now="2026-09-03T08:00:00.000Z",
    )
    assert (found.cases.opened, found.cases.referred.count, found.cases.referred.share) == (4, 3, None)
    assert found.cases.states == dict.fromkeys(CaseState, 0) | {
        CaseState.OPEN: 1,
        CaseState.DECIDED: 2,
        CaseState.WITHDRAWN: 1,
    }
    assert [(one.month, one.opened, one.referred) for one in found.cases.months] == [(SEPTEMBER, 4, 3)]
    assert (found.queue.states[CaseState.OPEN], found.queue.late, found.queue.oldest_days) == (1, 1, 2)
    assert found.cases.waited.count == 1


def test_overrides_stand_beside_what_became_of_the_loans() -> None:
    """No share of fewer than five."""
    found = figures(
        *(cast(by, outcome=Outcome.GOOD) for by in FIVE),
        cast("a", outcome=Outcome.BAD),
        cast("b", is_override=True, outcome=Outcome.BAD),
        cast("b", is_override=True),
    )
    plain, overridden = found.loans
    assert (plain.bad.count, plain.bad.of) == (1, 6)
    assert (overridden.bad.count, overridden.bad.of, overridden.bad.share) == (1, 1, None)


def test_reasons_come_by_how_often_they_are_given() -> None:
    """The most frequent first."""
    found = figures(*votes_by_five(), cast(verdict=DECLINE, result=DECLINE, reason=ReviewReason.OTHER))
    assert [(one.verdict, one.reason, one.count) for one in found.reasons] == [
        (APPROVE, ReviewReason.AS_RECOMMENDED, 10),
        (DECLINE, ReviewReason.OTHER, 1),
    ]


def test_persons_are_told_by_their_votes_of_the_days() -> None:
    """Both ends included; of fewer than five votes there is neither share nor time."""
    votes = [cast("a", date(2026, 9, day), review_seconds=30) for day in (1, 2, 3, 4, 5, 6)] + [cast("b")]
    a, b = persons_of(votes, since=date(2026, 9, 2), until=date(2026, 9, 15))
    assert (a.votes, a.quick.share, a.until_vote.median_seconds) == (5, 1.0, 30)
    assert (b.votes, b.quick.share, b.until_vote.median_seconds) == (1, None, None)
    assert persons_of(votes, since=date(2026, 9, 16), until=date(2026, 9, 30)) == ()
