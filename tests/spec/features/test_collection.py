"""Speed of receivables: delays of what fell due, terms, and days of sales that are open; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_closing, make_invoice, make_ledger

YEAR_END = date(2024, 12, 31)
DUE_ON = date(2024, 6, 1)


def _due(due_on: date = DUE_ON, gross_cents: int = 100_00, **overrides: object) -> Row:
    return make_invoice(issued_on=due_on - timedelta(days=45), due_on=due_on, gross_cents=gross_cents, **overrides)


def _paid(document: Row, delay_days: int, **overrides: object) -> Row:
    return make_closing(document, happened_on=document["due_on"] + timedelta(days=delay_days), **overrides)


def _delays(*days: int) -> tuple[list[Row], list[Row]]:
    """One invoice per delay, and what paid it."""
    invoices = [_due() for _ in days]
    return invoices, [_paid(invoice, delay) for invoice, delay in zip(invoices, days, strict=True)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((0, 0, 0, 0, 4, 7, 9, 9, 9, 900), 5.5),  # between the fifth and the sixth
        ((-3, -3, -3, -3, -3, -2, 0, 9, 9, 9, 9), -2.0),  # early is negative; the sixth of eleven
        ((5,) * 9, "too_few_documents"),
    ],
)
def test_the_median_delay_is_that_of_the_document_in_the_middle(days: tuple[int, ...], expected: float | str) -> None:
    """Whatever the amounts."""
    invoices, closings = _delays(*days)
    ledger = make_ledger(invoices=invoices, closings=closings)
    # 900 days after June 2024 is later than today: that one is open, 213 days past due.
    assert feature_of("receivables_median_delay_days_12m_v2", YEAR_END, ledger) == expected


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2023, 12, 31), "too_few_documents"),
        (date(2024, 1, 1), 0.0),
        (date(2024, 12, 31), 0.0),  # the month that ends on the day of observation is full
        (date(2025, 1, 1), "too_few_documents"),
    ],
)
def test_the_median_delay_is_of_what_fell_due_in_twelve_full_months(due_on: date, expected: float | str) -> None:
    """Ten documents, of which one is at the edge."""
    invoices, closings = _delays(*[0] * 9)
    invoices.append(_due(due_on))
    closings.append(make_closing(invoices[-1], happened_on=date(2024, 12, 31)))
    ledger = make_ledger(invoices=invoices, closings=closings)
    assert feature_of("receivables_median_delay_days_12m_v2", YEAR_END, ledger) == expected


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ({"means": "bank"}, 1.0),
        ({"means": "clearing"}, 2.0),  # lost: 213 days, so that the two in the middle are 2 and 2
        ({"means": "short"}, 2.0),
        ({"means": "short", "amount_cents": 1_00}, 2.0),  # 99 are open
        ({"is_day_known": False}, "too_few_documents"),
    ],
)
def test_what_was_not_paid_counts_with_its_days_so_far(closing: dict[str, object], expected: float | str) -> None:
    """Five paid on the day, four two days late, and one that was closed on its due day in some way."""
    invoices, closings = _delays(0, 0, 0, 0, 2, 2, 2, 2, 2)
    odd = _due()
    ledger = make_ledger(invoices=[*invoices, odd], closings=[*closings, _paid(odd, 0, **closing)])
    assert feature_of("receivables_median_delay_days_12m_v2", YEAR_END, ledger) == expected
