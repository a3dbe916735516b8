"""What can never happen in a report on stacking, whatever borrowers owe."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forecast.facilities import Facility, FacilityKind, FacilityState
from forecast.instalments import OF_RHYTHM, Rhythm
from scoring.decisions.stacking_report import Counting, Owed, Position, StackingReport

AS_OF = date(2026, 9, 30)
CODES = ("bank/commerz", None)


@st.composite
def facilities(draw: st.DrawFn) -> Facility:
    """Of few funders, so that borrowers share them."""
    rhythm = draw(st.sampled_from((*Rhythm, None)))
    low, middle, high = sorted(draw(st.lists(st.integers(0, 10**9), min_size=3, max_size=3)))
    is_known = draw(st.sampled_from((True, True, True, False)))
    return Facility(
        kind=draw(st.just(FacilityKind.LOAN) | st.sampled_from(FacilityKind)),
        funder=draw(st.sampled_from(CODES)),
        party=draw(st.integers(0, 3)),
        state=draw(st.just(FacilityState.RUNNING) | st.sampled_from(FacilityState)),
        course=None,
        rhythm=rhythm,
        instalment_cents=None if rhythm is None else draw(st.integers(1, 10**7)),
        payments=1,
        first_on=AS_OF - timedelta(days=draw(st.integers(0, 400))),
        last_on=AS_OF,
        paid_out_cents=None,
        remaining_low_cents=low if is_known else None,
        remaining_cents=middle if is_known else None,
        remaining_high_cents=high if is_known else None,
    )


POSITIONS = st.builds(
    Position,
    as_of=st.just(AS_OF),
    owed=st.builds(
        Owed,
        facilities=st.lists(facilities(), min_size=2, max_size=3).map(tuple),
        new_count=st.none() | st.integers(0, 4),
        funder_count=st.integers(0, 9),
    ),
    has_own_loan=st.booleans(),
)
BORROWERS = st.lists(POSITIONS | st.none(), max_size=6) | st.lists(POSITIONS, min_size=7, max_size=8)
"""Also so many that sums are given."""


def report(positions: list[Position | None]) -> StackingReport:
    """On these borrowers."""
    counting = Counting()
    for one in positions:
        counting.add(one)
    return counting.report(at="", since=AS_OF, until=AS_OF)


@given(st.data(), BORROWERS)
def test_the_order_of_borrowers_changes_nothing(data: st.DataObject, positions: list[Position | None]) -> None:
    """Pages of the database come in any order."""
    assert report(data.draw(st.permutations(positions))) == report(positions)


@given(BORROWERS)
def test_every_borrower_counts_once(positions: list[Position | None]) -> None:
    """Among those of whom nothing is known, or in one group by funders."""
    found = report(positions)
    assert found.not_known + sum(one.borrowers for one in found.counts) == found.borrowers == len(positions)
    assert found.new.borrowers + found.new.not_known <= found.borrowers - found.not_known
    for one in (*found.counts, *found.funders, found.new):
        assert 0 <= one.with_own_loan <= one.borrowers


@given(BORROWERS)
def test_a_funder_has_what_a_second_count_finds(positions: list[Position | None]) -> None:
    """Facilities and sums, of five borrowers at least, counted again in another way."""
    found = report(positions)
    for code in (*CODES, "overdraft"):
        open_ones = [
            (number, one)
            for number, position in enumerate(positions)
            if position is not None
            for one in position.owed.facilities
            if (one.funder or ("overdraft" if one.kind == "overdraft" else None)) == code
            and one.kind != "lease"
            and one.state != "ended"
        ]
        figures = [one for one in found.funders if one.funder == (code or "unknown")]
        assert len(figures) == bool(open_ones)
        for figure in figures:
            known = [(number, one.remaining_cents) for number, one in open_ones if one.remaining_cents is not None]
            is_told = len({number for number, _ in known}) >= 5
            assert figure.remaining_cents == (sum(cents for _, cents in known) if is_told else None)
            assert (figure.facilities, figure.without_remaining) == (len(open_ones), len(open_ones) - len(known))
            paid = [
                (number, one.instalment_cents * OF_RHYTHM[one.rhythm].a_year / 12)
                for number, one in open_ones
                if one.instalment_cents is not None and one.rhythm is not None
            ]
            assert (figure.monthly_cents is None) == (len({number for number, _ in paid}) < 5)
            if figure.monthly_cents is not None:
                assert abs(figure.monthly_cents - sum(cents for _, cents in paid)) <= 0.51
            if figure.remaining_low_cents is not None:
                assert figure.remaining_low_cents <= (figure.remaining_cents or 0) <= (figure.remaining_high_cents or 0)
            assert figure.new + figure.new_not_known <= figure.facilities
