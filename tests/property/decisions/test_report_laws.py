"""Reports on people's decisions: figures add up, and no choice of days and products tells of a single person."""

from collections import Counter
from datetime import date, timedelta
from itertools import product as pairs_of
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from vote_builders import cast, steps

from scoring.decisions.cases import ReviewReason
from scoring.decisions.cast_votes import (
    Agreement,
    CastVote,
    Outcome,
    Period,
    Place,
    ReadCase,
    counted_months,
    of_months,
    read_case,
)
from scoring.decisions.decision import Verdict
from scoring.decisions.review_report import ReviewReport, Sign, report_of, share_of

PRODUCTS = ("working_capital", "investment", "bridge")
DECIDED = (Verdict.APPROVE, Verdict.DECLINE)
DAYS = st.dates(date(2026, 7, 1), date(2026, 9, 30))


def drawn(seed: int) -> list[CastVote]:
    """Votes of a quarter, some months of which have enough persons and some of which one person rules."""
    rng = Random(seed)  # noqa: S311  no secret
    found = []
    for month in (7, 8, 9):
        busy = rng.choice(("abcdefg", "abcdefg", "aaaaaaabcdef", "abc"))
        for _ in range(rng.choice((0, 8, 20, 40, 60))):
            place = rng.choice((Place.FIRST, Place.FIRST, Place.FIRST, Place.SECOND, Place.ESCALATED))
            vote = cast(
                rng.choice("ab" if place is Place.ESCALATED else busy),
                date(2026, month, rng.randint(1, 30)),
                product=rng.choice(PRODUCTS[: rng.randint(1, 3)]),
                place=place,
                verdict=rng.choice(DECIDED),
                reason=rng.choice(tuple(ReviewReason)),
                recommendation=rng.choice(tuple(Verdict)),
                result=rng.choice((None, *DECIDED)),
                is_override=rng.random() < 0.3,
                is_late=rng.random() < 0.3,
                had_opened=rng.choice((None, True, False)),
                agreement=rng.choice((None, *Agreement)),
                review_seconds=rng.randint(0, 1000),
                outcome=rng.choice((None, *Outcome)),
            )
            found.append(vote)
    return found


VOTES = st.builds(drawn, st.integers(0, 2**32))
QUERIES = st.tuples(DAYS, DAYS, st.none() | st.sampled_from(PRODUCTS), st.none() | st.sampled_from(Place))
Query = tuple[date, date, str | None, Place | None]
TODAY = date(2026, 10, 15)
NOW = "2026-10-15T08:00:00.000Z"
BASE = read_case(steps())


def case_of(vote: CastVote) -> ReadCase:
    """A case of its own for a vote."""
    subject = msgspec.structs.replace(BASE.first, product=vote.product)
    present = msgspec.structs.replace(BASE.present, subject=subject)
    return ReadCase(first=subject, present=present, votes=(vote,), waited_seconds=None)


def seen(votes: list[CastVote], query: Query) -> set[int]:
    """Which votes a query counts, by their place in the list."""
    first, second, product, place = query
    period = Period(since=min(first, second), until=max(first, second))
    months = counted_months(
        votes, period.whole_months(TODAY), is_by_product=product is not None, is_by_place=place is not None
    )
    counted = {id(vote) for vote in of_months(votes, months, product) if place in {None, vote.place}}
    return {number for number, vote in enumerate(votes) if id(vote) in counted}


def is_of_many(votes: list[CastVote]) -> bool:
    """Nobody, or at least five persons of whom none gave over half."""
    voters = Counter(vote.by for vote in votes)
    return not voters or (len(voters) >= 5 and 2 * max(voters.values()) <= len(votes))


@given(votes=VOTES, one=QUERIES, other=QUERIES)
def test_no_two_reports_differ_by_the_votes_of_few(votes: list[CastVote], one: Query, other: Query) -> None:
    """What one counts and the other does not, both ways and together, is of nobody or of many."""
    a, b = seen(votes, one), seen(votes, other)
    for left in (a, a - b, b - a, a | b, a ^ b):
        assert is_of_many([votes[number] for number in left])


@given(votes=VOTES)
def test_all_reports_of_a_year_together_leave_nobody(votes: list[CastVote]) -> None:
    """Also by sums and differences of all products and places of every month."""
    months = [(date(2026, month, 1), date(2026, month + 1, 1) - timedelta(days=1)) for month in (7, 8, 9)]
    for first, last in months:
        whole = seen(votes, (first, last, None, None))
        by_product = [seen(votes, (first, last, product, None)) for product in PRODUCTS]
        by_place = [seen(votes, (first, last, None, place)) for place in Place]
        for parts in (by_product, by_place):
            left_by_any(votes, whole, parts)


def left_by_any(votes: list[CastVote], whole: set[int], parts: list[set[int]]) -> None:
    """Whichever parts are taken from all, what is left is of nobody or of many."""
    for chosen in pairs_of((False, True), repeat=len(parts)):
        taken = set[int]().union(*(part for part, is_in in zip(parts, chosen, strict=True) if is_in))
        assert is_of_many([votes[number] for number in whole - taken])


@given(votes=VOTES, days=st.tuples(DAYS, DAYS), product=st.none() | st.sampled_from(PRODUCTS))
def test_figures_add_up(votes: list[CastVote], days: tuple[date, date], product: str | None) -> None:
    """Results, reasons, agreement and signs count the same votes."""
    found = report(votes, days, product)
    if found.votes is None:
        assert found.months == ()
        return
    told = found.votes
    assert sum(one.count for one in told.results) == told.decided <= told.votes
    assert sum(one.count for one in told.reasons) == told.votes
    assert told.overrides.count == told.towards_approval.count + told.towards_decline.count <= told.decided
    assert sum(msgspec.structs.astuple(told.agreement)) == told.agreed.of
    assert told.late.of == told.until_decided.count == told.decided
    assert told.until_vote.count == told.votes
    for sign in Sign:
        by_place = {one.place: one.share for one in told.signs if one.sign is sign}
        assert by_place[None].of <= told.votes
        if len(by_place) > 1 and found.months and sum(share.of for place, share in by_place.items() if place):
            assert sum(share.of for place, share in by_place.items() if place) <= by_place[None].of
    assert set(found.months).isdisjoint(found.months_left_out)


@given(votes=VOTES, days=st.tuples(DAYS, DAYS), product=st.none() | st.sampled_from(PRODUCTS))
def test_no_report_names_a_person(votes: list[CastVote], days: tuple[date, date], product: str | None) -> None:
    """Neither by name nor by identifier, whatever is counted."""
    named = [msgspec.structs.replace(vote, by=f"pri-{vote.by}", name=f"name-{vote.by}") for vote in votes]
    said = msgspec.json.encode(report(named, days, product))
    assert b"pri-" not in said
    assert b"name-" not in said


@given(count=st.integers(0, 500), more=st.integers(0, 500))
def test_an_interval_holds_its_share_and_stays_a_share(count: int, more: int) -> None:
    """And is symmetric: what is true of those that have something is true of those that have not."""
    found, other = share_of(count, count + more), share_of(more, count + more)
    if found.share is None:
        assert count + more < 5
        return
    assert found.low is not None
    assert found.high is not None
    assert other.high is not None
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert abs(found.low - (1 - other.high)) < 2e-4


def report(votes: list[CastVote], days: tuple[date, date], product: str | None) -> ReviewReport:
    """A report over cases of one vote each."""
    period = Period(since=min(days), until=max(days))
    return report_of([case_of(vote) for vote in votes], period, product=product, now=NOW)
