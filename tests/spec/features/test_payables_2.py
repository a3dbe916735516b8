"""Payables, catalogue 2: literal books and their values."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_bill, make_closing, make_ledger, make_transaction

YEAR_END = date(2024, 12, 31)


def _bill(due_on: date, gross_cents: int = 100_00, **overrides: object) -> Row:
    stated = {"issued_on": due_on - timedelta(days=30), "due_on": due_on, "gross_cents": gross_cents}
    return make_bill(**stated | overrides)


def _delay(bills: list[Row], closings: list[Row]) -> object:
    return feature_of("payables_own_delay_days_12m_v2", YEAR_END, make_ledger(bills=bills, closings=closings))


def _nine() -> tuple[list[Row], list[Row]]:
    bills = [_bill(date(2024, 5, 5)) for _ in range(9)]
    return bills, [make_closing(bill, happened_on=date(2024, 5, 5)) for bill in bills]


def test_a_deadline_before_the_document_is_its_own_date() -> None:
    """Dated the 20th of May, due on the 5th by a slip, paid on the 30th: 10 days late, not 25; a tenth of the mean."""
    bills, closings = _nine()
    slip = _bill(date(2024, 5, 5), issued_on=date(2024, 5, 20))
    paid = make_closing(slip, happened_on=date(2024, 5, 30))
    assert _delay([*bills, slip], [*closings, paid]) == 1.0


@pytest.mark.parametrize(("open_cents", "expected"), [(5_00, 0.0), (5_01, 125.8)])
def test_a_remainder_does_not_keep_a_bill_open(open_cents: int, expected: float) -> None:
    """1,000 euro but for 5 euro on the due date; a cent more, and the bill is open for 239 days to this day."""
    bills, closings = _nine()
    large = _bill(date(2024, 5, 6), 1_000_00)
    paid = make_closing(large, happened_on=date(2024, 5, 6), amount_cents=1_000_00 - open_cents)
    assert _delay([*bills, large], [*closings, paid]) == expected


@pytest.mark.parametrize(
    "odd", [{"is_day_known": False}, {"means": "clearing"}, {"means": "short"}], ids=["day", "clearing", "short"]
)
def test_a_bill_that_was_closed_in_a_way_that_shows_no_day_is_left_out(odd: dict[str, object]) -> None:
    """Paid by the owner, set aside, or without a day: neither late nor in time; nine are left, which is too few."""
    bills, closings = _nine()
    strange = _bill(date(2024, 5, 5))
    closing = make_closing(strange, happened_on=YEAR_END, **odd)
    assert _delay([*bills, strange], [*closings, closing]) == "too_few_documents"
    late = _bill(date(2024, 5, 5))
    paid = make_closing(late, happened_on=date(2024, 5, 15))
    assert _delay([*bills, strange, late], [*closings, closing, paid]) == 1.0


def test_a_bill_of_the_same_number_counts_once() -> None:
    """Ten bills, of which one is a copy, are nine; and a copy is not open."""
    bills, closings = _nine()
    copy = _bill(date(2024, 5, 5), is_duplicate=True)
    assert _delay([*bills, copy], closings) == "too_few_documents"
    open_bills = [_bill(date(2024, 12, 1)), *(_bill(date(2025, 1, 9)) for _ in range(4))]
    ledger = make_ledger(bills=[*open_bills, *(bill | {"is_duplicate": True} for bill in bills)])
    assert feature_of("payables_overdue_share_v2", YEAR_END, ledger) == 0.2


def test_reminder_fees_are_lines_of_that_category_that_go_out() -> None:
    """In twelve full months and the running one; copies, money in, and what version 1 took for a fee do not count."""
    fee = {"category": "reminder_fee", "amount_cents": -5_00}
    lines = [
        make_transaction(happened_on=date(2023, 6, 1)),
        make_transaction(happened_on=date(2023, 11, 30), **fee),
        make_transaction(happened_on=date(2023, 12, 1), **fee),
        make_transaction(happened_on=date(2024, 12, 15), **fee, is_fed=False),
        make_transaction(happened_on=date(2024, 12, 15), **fee, is_duplicate=True),
        make_transaction(happened_on=date(2024, 12, 16), **fee),
        make_transaction(happened_on=date(2024, 5, 1), category="reminder_fee", amount_cents=5_00),
        make_transaction(happened_on=date(2024, 5, 1), nature="reminder_fee", amount_cents=-5_00),
    ]
    ledger = make_ledger(transactions=lines)
    assert feature_of("payables_reminder_fee_count_12m_v2", date(2024, 12, 15), ledger) == 2


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ({"happened_on": date(2024, 7, 1)}, 0),
        ({"happened_on": date(2024, 7, 2)}, "too_little_history"),
        ({"happened_on": date(2024, 7, 1), "is_fed": False}, "too_little_history"),  # entered by hand: proves nothing
        ({"happened_on": date(2024, 7, 2), "category": "reminder_fee", "amount_cents": -1}, 1),
    ],
)
def test_reminder_fees_need_six_months_of_proven_lines_unless_there_are_some(
    first: dict[str, object], expected: int | str
) -> None:
    """Short history cannot rule fees out."""
    recent = make_transaction(happened_on=YEAR_END - timedelta(days=9))
    ledger = make_ledger(transactions=[make_transaction(**first), recent])
    assert feature_of("payables_reminder_fee_count_12m_v2", YEAR_END, ledger) == expected
