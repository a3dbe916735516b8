"""Figures on stacking, in literal tables: what counts as open and new, sums, months, and borrowers by funders."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forecast.facilities import Borrowings, Facility, FacilityKind, FacilityState
from forecast.instalments import Rhythm
from scoring.decisions import records
from scoring.decisions.decision import SCHEMA, OwnLoans, PendingLoan
from scoring.decisions.records import RecordError
from scoring.decisions.stacking_report import Counting, FunderFigure, Owed, Position, StackingReport, position_in

GOLDEN = Path(__file__).parents[2] / "integration" / "api" / "golden"
AS_OF = date(2026, 9, 30)
LOAN, LEASE, FACTORING = FacilityKind.LOAN, FacilityKind.LEASE, FacilityKind.FACTORING


def facility(funder: str | None = "online/iwoca", *, days: int = 400, **changes: Any) -> Facility:  # noqa: ANN401  fields
    """A loan that began so many days ago, paid by the month: 100 euro, of 1,000 to 1,400 that remain."""
    fields: dict[str, Any] = {
        "kind": LOAN,
        "funder": funder,
        "party": 1,
        "state": FacilityState.RUNNING,
        "course": None,
        "rhythm": Rhythm.MONTHLY,
        "instalment_cents": 100_00,
        "payments": 3,
        "first_on": AS_OF - timedelta(days=days),
        "last_on": AS_OF,
        "paid_out_cents": 2000_00,
        "remaining_low_cents": 1000_00,
        "remaining_cents": 1200_00,
        "remaining_high_cents": 1400_00,
    }
    return Facility(**(fields | changes))


def owes(*found: Facility, new: int | None = 0, funders: int = 1, own: bool = False) -> Position:
    """A borrower with these facilities."""
    owed = Owed(facilities=found, new_count=new, funder_count=funders)
    return Position(as_of=AS_OF, owed=owed, has_own_loan=own)


def report(*positions: Position | None) -> StackingReport:
    """The report on these borrowers."""
    counting = Counting()
    for one in positions:
        counting.add(one)
    return counting.report(at="2026-09-30T10:00:00.000Z", since=AS_OF, until=AS_OF)


def only(*positions: Position | None) -> FunderFigure:
    """The figures of the only funder."""
    (found,) = report(*positions).funders
    return found


@pytest.mark.parametrize(
    ("found", "counted"),
    [
        (facility(), True),
        (facility(state=FacilityState.NOT_STARTED), True),
        (facility(state=FacilityState.STOPPED), True),
        (facility(state=FacilityState.ENDED), False),
        (facility(kind=LEASE), False),
        (facility(kind=FACTORING), True),
    ],
)
def test_what_has_ended_and_leases_do_not_count(found: Facility, counted: bool) -> None:  # noqa: FBT001  of the table
    """A loan that stopped, or has no instalment yet, is still owed."""
    assert [(one.funder, one.facilities) for one in report(owes(found)).funders] == [("online/iwoca", 1)] * counted


@pytest.mark.parametrize(
    ("days", "new_count", "expected"),
    [
        (0, 1, (1, 0)),
        (89, 1, (1, 0)),
        (90, 0, (0, 0)),
        (89, None, (0, 1)),
        (90, None, (0, 0)),
    ],
)
def test_new_is_what_began_within_ninety_days(days: int, new_count: int | None, expected: tuple[int, int]) -> None:
    """Where bank data are too short, what looks new may only have become visible: it is told apart."""
    found = only(owes(facility(days=days), new=new_count))
    assert (found.new, found.new_not_known) == expected


@pytest.mark.parametrize(
    ("rhythm", "monthly"),
    [
        (Rhythm.DAILY, 10416_67),
        (Rhythm.WEEKLY, 2166_67),
        (Rhythm.FORTNIGHTLY, 1083_33),
        (Rhythm.MONTHLY, 500_00),
        (Rhythm.QUARTERLY, 166_67),
        (Rhythm.HALF_YEARLY, 83_33),
        (Rhythm.YEARLY, 41_67),
        (None, None),
    ],
)
def test_instalments_are_told_by_the_month(rhythm: Rhythm | None, monthly: int | None) -> None:
    """Of five borrowers who pay 100 euro each in that rhythm; rounded once, in the sum."""
    found = only(*[owes(facility(rhythm=rhythm, instalment_cents=100_00)) for _ in range(5)])
    assert found.monthly_cents == monthly
    assert found.without_instalment == (0 if rhythm else 5)


@pytest.mark.parametrize(
    ("positions", "remaining", "without"),
    [
        ([owes(facility())] * 5, (5000_00, 6000_00, 7000_00), 0),
        ([owes(facility())] * 4, (None, None, None), 0),
        ([owes(facility(), facility())] * 4, (None, None, None), 0),
        (
            [owes(facility())] * 4
            + [owes(facility(remaining_low_cents=None, remaining_cents=None, remaining_high_cents=None))],
            (None, None, None),
            1,
        ),
        (
            [owes(facility())] * 5
            + [owes(facility(remaining_low_cents=None, remaining_cents=None, remaining_high_cents=None))],
            (5000_00, 6000_00, 7000_00),
            1,
        ),
        ([owes(facility(remaining_low_cents=0, remaining_cents=0))] * 5, (0, 0, 7000_00), 0),
    ],
)
def test_a_sum_of_fewer_than_five_borrowers_is_not_given(
    positions: list[Position], remaining: tuple[int | None, ...], without: int
) -> None:
    """Five must be in the sum: neither two facilities of one borrower nor one whose rest is not known help."""
    found = only(*positions)
    assert (found.remaining_low_cents, found.remaining_cents, found.remaining_high_cents) == remaining
    assert found.without_remaining == without


def test_funders_are_told_by_code_and_what_has_none_as_unknown() -> None:
    """The one with most borrowers first; a borrower with two facilities counts once."""
    found = report(
        owes(facility("bank/commerz"), facility("bank/commerz"), own=True),
        owes(facility("bank/commerz"), facility(None, party=2), facility(None, party=0), own=True),
        owes(facility("advance/paypal"), facility(None, kind=FacilityKind.OVERDRAFT)),
    ).funders
    assert [(one.funder, one.borrowers, one.with_own_loan, one.facilities) for one in found] == [
        ("bank/commerz", 2, 2, 3),
        ("advance/paypal", 1, 0, 1),
        ("overdraft", 1, 0, 1),
        ("unknown", 1, 1, 2),
    ]


def test_borrowers_are_counted_by_their_number_of_funders() -> None:
    """Four and more are one group; what is not known is none with 0."""
    positions = [owes(funders=number, own=number in {0, 2, 5}) for number in (0, 0, 1, 2, 3, 4, 5)]
    found = report(*positions, None, None)
    assert (found.borrowers, found.not_known) == (9, 2)
    assert [(one.funders, one.borrowers, one.with_own_loan) for one in found.counts] == [
        (0, 2, 2),
        (1, 1, 0),
        (2, 1, 1),
        (3, 1, 0),
        (4, 2, 1),
    ]


def test_two_new_facilities_are_stacked() -> None:
    """One is not; of bank data that are too short it is not known."""
    found = report(owes(new=0), owes(new=1, own=True), owes(new=2, own=True), owes(new=3), owes(new=None), None).new
    assert (found.borrowers, found.with_own_loan, found.not_known) == (2, 1, 1)


def test_nothing_is_a_report_too() -> None:
    """Of a lender without a decision in these days."""
    found = report()
    assert (found.borrowers, found.funders, [one.borrowers for one in found.counts]) == (0, (), [0] * 5)


def record(version: str = "0_7_approve", *, schema: int = SCHEMA, **changes: Any) -> bytes:  # noqa: ANN401  fields
    """A record like a stored one, with these parts."""
    decision = records.decode((GOLDEN / f"decision_{version}.json").read_bytes()).decision
    own = changes.pop("own", None)
    circumstances = msgspec.structs.replace(decision.circumstances, own_loans=own)
    return records.encode(msgspec.structs.replace(decision, schema=schema, circumstances=circumstances, **changes))


OWED = Borrowings(
    facilities=(facility(), facility(None)),
    expected=(1,) * 60,
    low=(0,) * 60,
    high=(2,) * 60,
    new_count=None,
    funder_count=2,
)


@pytest.mark.parametrize(
    ("own", "has_own_loan"),
    [
        (None, False),
        (OwnLoans(open_count=0, exposure_cents=0, pending=()), False),
        (OwnLoans(open_count=1, exposure_cents=5, pending=(PendingLoan(instalment_cents=5, term_months=1),)), True),
    ],
)
def test_a_position_is_what_the_record_says(own: OwnLoans | None, has_own_loan: bool) -> None:  # noqa: FBT001  of the table
    """Read alone, it is the same as in the whole decision."""
    content = record(borrowings=OWED, own=own)
    found, whole = position_in(content), records.decode(content).decision
    assert found is not None
    assert whole.borrowings is not None
    assert (found.as_of, found.owed.facilities) == (whole.as_of, whole.borrowings.facilities)
    assert (found.owed.new_count, found.owed.funder_count, found.has_own_loan) == (None, 2, has_own_loan)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("decision_*.json")), ids=lambda path: path.stem)
def test_of_earlier_schemas_nothing_is_known(path: Path) -> None:
    """They did not look at what a firm owes elsewhere."""
    assert position_in(path.read_bytes()) is None


def test_without_borrowings_nothing_is_known() -> None:
    """That is no borrower without a funder; nor is a record of a newer version guessed at."""
    assert position_in(record()) is None
    assert position_in(record(schema=SCHEMA + 1, borrowings=OWED)) is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"schema":6}', b'{"schema":6,"as_of":"x"}', b"eyJhbGciOiJFZERTQSJ9"])
def test_what_is_no_record_is_refused(content: bytes) -> None:
    """By saying so."""
    with pytest.raises(RecordError):
        position_in(content)
