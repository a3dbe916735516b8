"""Which of a lender's own loans no bank line shows yet, on boundary days."""

from datetime import date

import pytest
from builders import Row, make_ledger, make_transaction

from scoring.decisions.decision import OwnLoans, PendingLoan
from scoring.decisions.limits import own_loans, pending_cents
from scoring.decisions.loans import Granted, Instalment, Loan, PaidOut, Planned, fold
from scoring.usecases.making import last_line_on

GRANTED = date(2026, 1, 5)


def lent(*, paid_out_on: date | None = None, term_months: int = 6, paid_out_cents: int = 1_200_000) -> Loan:
    """12,000 euro without interest, over so many months."""
    due = [Instalment(due_on=date(2026, 6, 1), due_cents=1_200_000)]
    entries = [
        Granted(ref="g", happened_on=GRANTED, amount_cents=1_200_000, term_months=term_months, annual_rate_bps=0),
        Planned(ref="p", happened_on=GRANTED, instalments=tuple(due)),
    ]
    out = [] if paid_out_on is None else [PaidOut(ref="o", happened_on=paid_out_on, amount_cents=paid_out_cents)]
    return fold([*entries, *out])


@pytest.mark.parametrize(
    ("paid_out_on", "last_line_on", "is_pending"),
    [
        (None, date(2026, 2, 1), True),
        (None, None, True),
        (date(2026, 1, 31), date(2026, 2, 1), False),
        (date(2026, 2, 1), date(2026, 2, 1), True),  # it may arrive on the next day
        (date(2026, 2, 2), date(2026, 2, 1), True),
        (date(2026, 1, 10), None, True),
    ],
)
def test_a_loan_is_pending_until_a_later_bank_line(
    paid_out_on: date | None, last_line_on: date | None, *, is_pending: bool
) -> None:
    """It is open and owed either way."""
    found = own_loans([lent(paid_out_on=paid_out_on)], last_line_on)
    assert (found.open_count, found.exposure_cents) == (1, 1_200_000)
    assert found.pending == ((PendingLoan(instalment_cents=200_000, term_months=6),) if is_pending else ())


def test_each_has_its_own_term() -> None:
    """A short one costs more a month, and is over sooner."""
    found = own_loans([lent(term_months=3), lent(term_months=24)], None)
    assert pending_cents(found, 1) == 400_000 + 50_000
    assert pending_cents(found, 12) == 3 * 400_000 + 12 * 50_000
    assert pending_cents(None, 12) == 0


def test_without_loans_nothing_is_pending() -> None:
    """Whatever the bank says."""
    assert own_loans([], None) == OwnLoans(open_count=0, exposure_cents=0, pending=())


def test_a_loan_is_pending_until_all_of_it_is_paid_out() -> None:
    """A part of 1,000 shows nothing of the instalments of 12,000."""
    part = lent(paid_out_on=date(2026, 1, 10), paid_out_cents=100_000)
    assert own_loans([part], date(2026, 2, 1)).pending == (PendingLoan(instalment_cents=200_000, term_months=6),)


MAY = date(2026, 5, 1)
FED = make_transaction(happened_on=MAY, is_fed=True)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([FED], MAY),
        ([FED, make_transaction(happened_on=date(2026, 5, 30), is_fed=False)], MAY),  # the firm enters it itself
        ([FED, make_transaction(happened_on=date(2026, 5, 30), is_fed=True, is_duplicate=True)], MAY),
        ([FED, make_transaction(happened_on=date(2026, 6, 2), is_fed=True)], MAY),  # after the day of observation
        ([make_transaction(happened_on=date(2026, 5, 30), is_fed=False)], date(2026, 5, 30)),  # no bank delivers
    ],
)
def test_the_last_bank_line_is_one_that_the_bank_delivered(lines: list[Row], expected: date | None) -> None:
    """Else a line of the firm's own would make a loan count as seen."""
    assert last_line_on(make_ledger(transactions=lines), date(2026, 6, 1)) == expected
