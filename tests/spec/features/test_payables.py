"""Payables: literal books and their values."""

from datetime import date

import pytest
from builders import Row, feature_of, make_bill, make_ledger, make_payment, make_transaction

YEAR_END = date(2024, 12, 31)


def _bill(due_on: date, gross_cents: int = 100_00, **overrides: object) -> Row:
    return make_bill(issued_on=date(2023, 12, 1), due_on=due_on, gross_cents=gross_cents, **overrides)


def test_own_delay_is_weighted_by_amount_and_counts_unpaid_bills() -> None:
    """Nine paid 4 days early, one of nine times the amount open for 30 days: (9 * -4 + 9 * 30) / 18 = 13."""
    prompt, stuck = [_bill(date(2024, 5, 5)) for _ in range(9)], _bill(date(2024, 12, 1), 900_00)
    payments = [make_payment(bill, happened_on=date(2024, 5, 1)) for bill in prompt]
    ledger = make_ledger(bills=[*prompt, stuck], payments=payments)
    assert feature_of("payables_own_delay_days_12m", YEAR_END, ledger) == 13.0


@pytest.mark.parametrize(
    ("tenth", "expected"),
    [
        (_bill(date(2024, 1, 1), 1), 0.0),
        (_bill(date(2023, 12, 31), 1), "too_few_documents"),
        (_bill(date(2024, 6, 1), 1, is_due_assumed=True), "too_few_documents"),
        (_bill(date(2024, 6, 1), 0), "too_few_documents"),
    ],
)
def test_own_delay_needs_ten_bills_with_a_stated_due_date(tenth: Row, expected: float | str) -> None:
    """A bill with an assumed due date, one due before the window, and one over nothing do not count."""
    bills = [*(_bill(date(2024, 6, 1), 1_000_00) for _ in range(9)), tenth]
    payments = [make_payment(bill, happened_on=bill["due_on"]) for bill in bills]
    ledger = make_ledger(bills=bills, payments=payments)
    assert feature_of("payables_own_delay_days_12m", YEAR_END, ledger) == expected


def test_overdue_share_begins_the_day_after_the_due_date() -> None:
    """Due yesterday is overdue, due today is not; assumed due dates count here."""
    due = [date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 1)]
    bills = [*map(_bill, due), _bill(date(2024, 12, 1), is_due_assumed=True)]
    ledger = make_ledger(bills=bills, payments=[make_payment(bills[0], amount_cents=50_00)])
    assert feature_of("payables_overdue_share", YEAR_END, ledger) == 0.3333


def test_overdue_share_needs_five_open_bills() -> None:
    """Four are too few."""
    bills = [_bill(date(2024, 12, 1)) for _ in range(5)]
    ledger = make_ledger(bills=bills, payments=[make_payment(bills[0], happened_on=YEAR_END)])
    assert feature_of("payables_overdue_share", YEAR_END, ledger) == "too_few_documents"


def _fee(day: date, amount_cents: int = -5_00, nature: str = "reminder_fee") -> Row:
    return make_transaction(happened_on=day, amount_cents=amount_cents, nature=nature)


def test_reminder_fees_count_in_twelve_full_months_and_the_running_one() -> None:
    """Only money that goes out is a fee paid."""
    lines = [
        _fee(date(2023, 6, 1), nature="other"),
        _fee(date(2023, 11, 30)),
        _fee(date(2023, 12, 1)),
        _fee(date(2024, 12, 15)),
        _fee(date(2024, 12, 16)),
        _fee(date(2024, 5, 1), amount_cents=5_00),
    ]
    ledger = make_ledger(transactions=lines)
    assert feature_of("payables_reminder_fee_count_12m", date(2024, 12, 15), ledger) == 2


@pytest.mark.parametrize(
    ("first_on", "nature", "expected"),
    [
        (date(2024, 7, 1), "other", 0),
        (date(2024, 7, 2), "other", "too_little_history"),
        (date(2024, 7, 2), "reminder_fee", 1),
    ],
)
def test_reminder_fees_need_six_months_unless_there_are_some(
    first_on: date, nature: str, expected: float | str
) -> None:
    """Short bank history cannot rule fees out, but what it shows is reported."""
    ledger = make_ledger(transactions=[_fee(first_on, nature=nature)])
    assert feature_of("payables_reminder_fee_count_12m", YEAR_END, ledger) == expected
