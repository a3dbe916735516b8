"""Until when it is known what was paid, and which loans an export takes."""

from datetime import date

import pytest

from scoring.decisions.loans import Entry, Granted, Instalment, LoanStatus, Paid, PaidOut, Planned, WrittenOff
from scoring.store.loans import StoredEntry, StoredLoan
from scoring.usecases.export import observed_loans

START, DUE = date(2026, 1, 1), date(2026, 2, 1)
GRANTED = Granted(ref="g", happened_on=START, amount_cents=100, term_months=1, annual_rate_bps=0)
PLAN = Planned(ref="plan", happened_on=START, instalments=(Instalment(due_on=DUE, due_cents=100),))
OUT = PaidOut(ref="out", happened_on=START, amount_cents=100)


def a_loan(name: str, *entries: Entry, lender: str = "bank") -> StoredLoan:
    """A loan on the decision of the same name."""
    stored = (
        StoredEntry(number=n, entry=one, proof=None, recorded_at="", recorded_by="")
        for n, one in enumerate((GRANTED, *entries), start=1)
    )
    return StoredLoan(
        id=name,
        lender_id=lender,
        borrower_id=name,
        borrower_ref=name,
        decision_id=name,
        loan_ref=name,
        created_at="",
        is_restricted=False,
        entries=tuple(stored),
    )


def paid(day: date) -> Paid:
    """One cent."""
    return Paid(ref=f"p-{day}", happened_on=day, amount_cents=1)


def test_payments_are_known_until_the_newest_of_the_lender() -> None:
    """Of any of its loans; what another lender entered says nothing."""
    late, other = date(2026, 5, 1), date(2026, 9, 1)
    found = observed_loans(
        [
            a_loan("a", PLAN, OUT),
            a_loan("b", PLAN, OUT, paid(late)),
            a_loan("c", PLAN, OUT, paid(other), lender="other"),
        ]
    )
    assert {name: one.observed_until for name, one in found.items()} == {"a": late, "b": late, "c": other}


@pytest.mark.parametrize("entry", [WrittenOff(ref="w", happened_on=date(2026, 8, 1), amount_cents=1)])
def test_no_other_entry_says_until_when_payments_are_known(entry: Entry) -> None:
    """Or the first loan of autumn would make every instalment of summer late that is not entered yet."""
    found = observed_loans([a_loan("a", PLAN, OUT, paid(DUE)), a_loan("b", PLAN, OUT, entry)])
    assert {one.observed_until for one in found.values()} == {DUE}
    assert found["b"].loan.status is LoanStatus.RUNNING


def test_an_earlier_day_can_be_named_and_no_later_one() -> None:
    """Where the newest payment was entered before others of its day."""
    loans = [a_loan("a", PLAN, OUT, paid(DUE))]
    assert observed_loans(loans, until=date(2026, 1, 20))["a"].loan.paid_cents == 0
    assert observed_loans(loans, until=date(2027, 1, 1))["a"].observed_until == DUE


@pytest.mark.parametrize(
    "loans",
    [
        [a_loan("a", PLAN, OUT)],  # nobody knows what was paid
        [a_loan("a", OUT)],  # no plan
        [a_loan("a", PLAN)],  # nothing was paid out
        [],
    ],
)
def test_what_is_not_known_is_no_outcome(loans: list[StoredLoan]) -> None:
    """Such loans are left out."""
    assert observed_loans(loans) == {}
