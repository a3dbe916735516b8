"""Payables, catalogue 2 without predecessors: days payable, own delays and suppliers; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_bill, make_closing, make_invoice, make_ledger, make_transaction

YEAR_END = date(2024, 12, 31)
EARLIER = make_bill(issued_on=date(2023, 1, 1), supplier=9)
"""Paid, and makes the books old enough."""
PAID = make_closing(EARLIER, happened_on=date(2023, 1, 15))


def _bill(day: date, gross_cents: int = 100_00, **overrides: object) -> Row:
    return make_bill(issued_on=day, gross_cents=gross_cents, **overrides)


def _value(name: str, bills: list[Row], closings: list[Row] | None = None, **frames: list[Row]) -> object:
    ledger = make_ledger(bills=[EARLIER, *bills], closings=[PAID, *(closings or [])], **frames)
    return feature_of(name, YEAR_END, ledger)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 10, 1), 46.0),  # 100 of 200
        (date(2024, 12, 31), 46.0),
        (date(2024, 9, 30), 92.0),  # 100 is open, and only 100 was bought in the quarter
        (date(2025, 1, 1), 0.0),
    ],
)
def test_days_payable_are_measured_against_three_full_months(day: date, expected: float) -> None:
    """A quarter of 92 days; 100 was bought in November and paid."""
    paid = _bill(date(2024, 11, 1))
    closing = make_closing(paid, happened_on=date(2024, 11, 5))
    assert _value("payables_dpo_days_3m_v2", [paid, _bill(day)], [closing]) == expected


def test_days_payable_need_three_months_of_bills_that_were_recorded_in_time() -> None:
    """What was recorded a year later proves no history."""

    def dpo(first: Row) -> object:
        bills = [first, _bill(date(2024, 12, 1))]
        return feature_of("payables_dpo_days_3m_v2", YEAR_END, make_ledger(bills=bills))

    assert dpo(_bill(date(2024, 10, 1))) == 92.0
    assert dpo(_bill(date(2024, 10, 2))) == "too_little_history"
    assert dpo(_bill(date(2024, 1, 1), recorded_on=YEAR_END)) == "too_little_history"
    assert _value("payables_dpo_days_3m_v2", []) == "undefined"


def _due(due_on: date, delay_days: int, count: int, **overrides: object) -> tuple[list[Row], list[Row]]:
    bills = [_bill(due_on - timedelta(days=30), due_on=due_on, **overrides) for _ in range(count)]
    return bills, [make_closing(bill, happened_on=due_on + timedelta(days=delay_days)) for bill in bills]


@pytest.mark.parametrize(
    ("due_on", "overrides", "expected"),
    [
        (date(2024, 10, 1), {}, 7.0),  # 4, 4, 4, 4 and 24 days, against 1
        (date(2024, 9, 30), {}, "too_few_documents"),
        (date(2025, 1, 1), {}, "too_few_documents"),
        (date(2024, 10, 1), {"gross_cents": 400_00}, 13.0),  # weighted by amount: 14 days against 1
        (date(2024, 10, 1), {"is_due_assumed": True}, "too_few_documents"),
        (date(2024, 10, 1), {"is_duplicate": True}, "too_few_documents"),
    ],
)
def test_own_delays_of_three_months_are_compared_with_the_nine_before(
    due_on: date, overrides: dict[str, object], expected: float | str
) -> None:
    """Five bills due at the end of September, paid a day late; four of the quarter, and one."""
    before, paid_before = _due(date(2024, 9, 30), 1, 5)
    recent, paid_recent = _due(date(2024, 12, 1), 4, 4)
    last, paid_last = _due(due_on, 24, 1, **overrides)
    bills, closings = [*before, *recent, *last], [*paid_before, *paid_recent, *paid_last]
    assert _value("payables_delay_change_days_12m_v2", bills, closings) == expected


def test_a_bill_that_was_booked_off_shows_no_delay() -> None:
    """As in the delay of twelve months."""
    before, paid_before = _due(date(2024, 9, 30), 1, 5)
    recent, paid_recent = _due(date(2024, 12, 1), 4, 5)
    paid_recent[0]["means"] = "short"
    bills, closings = [*before, *recent], [*paid_before, *paid_recent]
    assert _value("payables_delay_change_days_12m_v2", bills, closings) == "too_few_documents"


@pytest.mark.parametrize(
    ("bills", "top1", "hhi"),
    [
        ([(1, 50, 2024), (1, 10, 2024), (2, 40, 2024)], 0.6, 0.52),
        ([(1, 50, 2024), (None, 25, 2024), (None, 25, 2024)], 0.5, 0.375),
        ([(None, 50, 2024)], 0.0, 1.0),
        ([(1, 50, 2024), (2, -40, 2024)], 1.0, 1.0),
        ([(1, 50, 2024), (2, 90, 2023)], 1.0, 1.0),
        ([(1, 50, 2023)], "undefined", "undefined"),
    ],
)
def test_supplier_concentration_is_of_the_bills_of_a_year(
    bills: list[tuple[int | None, int, int]], top1: float | str, hhi: float | str
) -> None:
    """Net amounts by supplier."""
    made = [
        make_bill(issued_on=date(year, 5, 1), supplier=supplier, net_cents=euro * 100) for supplier, euro, year in bills
    ]
    assert _value("payables_top1_share_12m_v2", made) == top1
    assert _value("payables_hhi_12m_v2", made) == hhi


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"happened_on": date(2024, 1, 1)}, 12_50),
        ({"happened_on": date(2023, 12, 31)}, 5_00),
        ({"happened_on": date(2025, 1, 1)}, 5_00),
        ({"happened_on": date(2024, 5, 1), "amount_cents": 7_50}, 5_00),
        ({"happened_on": date(2024, 5, 1), "is_duplicate": True}, 5_00),
        ({"happened_on": date(2024, 5, 1), "category": "bank_fee"}, 5_00),
    ],
)
def test_reminder_fees_are_added_up(line: dict[str, object], expected: int) -> None:
    """5 euro in June, and 7.50 at some time."""
    fee = {"category": "reminder_fee", "amount_cents": -7_50}
    lines = [
        make_transaction(happened_on=date(2024, 6, 1), **fee | {"amount_cents": -5_00}),
        make_transaction(**fee | line),
    ]
    assert _value("payables_reminder_fee_12m_cents_v2", [], transactions=lines) == expected


def test_no_fees_in_half_a_year_are_none_and_in_less_unknown() -> None:
    """As of their number."""
    for first, expected in ((date(2024, 7, 1), 0), (date(2024, 7, 2), "too_little_history")):
        lines = [make_transaction(happened_on=first)]
        assert _value("payables_reminder_fee_12m_cents_v2", [], transactions=lines) == expected


def test_the_gap_is_days_of_sales_minus_days_payable() -> None:
    """Half of the sales of the quarter is open, and a quarter of the purchases: 46 minus 23 days."""
    paid, open_bill = _bill(date(2024, 11, 1), 300_00), _bill(date(2024, 11, 1))
    old = make_invoice(issued_on=date(2024, 6, 1), gross_cents=1_00)
    sold, open_sale = (make_invoice(issued_on=date(2024, 11, 1), gross_cents=100_00) for _ in range(2))
    closings = [make_closing(one, happened_on=date(2024, 11, 2)) for one in (paid, old, sold)]
    name, bills = "payables_cash_gap_days_3m_v2", [paid, open_bill]
    assert _value(name, bills, closings, invoices=[old, sold, open_sale]) == 23.0
    assert _value(name, [], closings, invoices=[old, sold, open_sale]) == "undefined"
    assert _value(name, bills, closings, invoices=[sold, open_sale]) == "too_little_history"


STRETCHED = "payables_stretched_months_v2"
LONG = date(2025, 2, 28)


@pytest.mark.parametrize(
    ("bill", "expected"),
    [
        (_bill(date(2024, 11, 1), due_on=LONG), 0.0),  # 60 days old
        (_bill(date(2024, 10, 31), due_on=LONG), 1.0),
        (_bill(date(2024, 10, 31), due_on=date(2024, 12, 31)), 1.0),  # due today, and not overdue
        (_bill(date(2024, 10, 31), due_on=date(2024, 12, 30)), 0.0),  # overdue, as everybody sees
        (_bill(date(2024, 12, 20), due_on=LONG, recorded_on=date(2024, 10, 31)), 1.0),  # dated anew
        (_bill(date(2024, 10, 1), due_on=LONG, recorded_on=date(2024, 12, 30)), 0.0),  # overdue: at most 90 days
        (_bill(date(2024, 10, 15), due_on=LONG, recorded_on=date(2024, 12, 30)), 1.0),  # entered late
    ],
)
def test_old_bills_that_are_not_due_are_measured_in_months_of_purchases(bill: Row, expected: float) -> None:
    """1,200 were bought in twelve months; a deadline that was moved hides no arrears."""
    year = _bill(date(2024, 2, 1), 1_100_00)
    assert _value(STRETCHED, [year, bill], [make_closing(year, happened_on=date(2024, 2, 9))]) == expected


def test_small_bills_hide_no_old_ones() -> None:
    """Five of one euro, due next month, make an overdue share of 0 where there were too few bills."""
    old = _bill(date(2024, 10, 15), 100_00, due_on=LONG)
    small = [_bill(date(2024, 12, 20), 1_00, due_on=LONG) for _ in range(5)]
    assert _value("payables_overdue_share_v2", [old]) == "too_few_documents"
    assert _value(STRETCHED, [old]) == 12.0
    assert _value(STRETCHED, [old, *small]) == 11.4286  # of 105


def test_who_has_few_bills_has_no_old_ones() -> None:
    """Nothing follows from it."""
    assert _value(STRETCHED, []) == "undefined"
    assert feature_of(STRETCHED, YEAR_END, make_ledger(bills=[_bill(date(2024, 12, 1))])) == "too_little_history"
