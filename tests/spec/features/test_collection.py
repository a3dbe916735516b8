"""Speed of receivables: delays of what fell due, terms, and days of sales that are open; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_closing, make_invoice, make_ledger, make_transaction

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


@pytest.mark.parametrize(
    ("late", "of", "expected"),
    [
        (2, 20, 0.0),  # the eighteenth of twenty
        (3, 20, 30.0),
        (2, 21, 0.0),  # the nineteenth of 21: eighteen would be less than nine in ten
        (3, 21, 30.0),
        (3, 30, 0.0),
        (4, 30, 30.0),
        (19, 19, "too_few_documents"),
    ],
)
def test_the_late_delay_is_the_smallest_that_nine_in_ten_do_not_exceed(
    late: int, of: int, expected: float | str
) -> None:
    """So many of all were paid thirty days late, the others on the day."""
    invoices, closings = _delays(*[30] * late, *[0] * (of - late))
    ledger = make_ledger(invoices=invoices, closings=closings)
    assert feature_of("receivables_late_delay_days_12m_v2", YEAR_END, ledger) == expected


OLD = make_invoice(issued_on=date(2023, 1, 10), gross_cents=1_00)
"""Paid, and makes the books old enough."""
SETTLED = _paid(OLD, 0)


def _value(name: str, invoices: list[Row], closings: list[Row] | None = None, as_of: date = YEAR_END) -> object:
    ledger = make_ledger(invoices=[OLD, *invoices], closings=[SETTLED, *(closings or [])])
    return feature_of(name, as_of, ledger)


def _issued(day: date, gross_cents: int = 100_00, **overrides: object) -> Row:
    return make_invoice(issued_on=day, gross_cents=gross_cents, **overrides)


@pytest.mark.parametrize(
    ("invoices", "expected"),
    [
        ([], 0.0),
        ([_issued(date(2024, 12, 21))], 10.0),
        # Half of November is open for 50 days, all of December for 10.
        ([_issued(date(2024, 12, 21)), _issued(date(2024, 11, 11)), _issued(date(2024, 11, 11))], 35.0),
        ([_issued(date(2024, 12, 21)), _issued(date(2024, 12, 1), -100_00)], 10.0),  # a negative one sells nothing
        ([_issued(date(2024, 1, 1))], 365.0),
        # A day earlier it is older than twelve months: against a twelfth of 1,200.
        ([_issued(date(2023, 12, 31)), _issued(date(2024, 12, 31), 1_200_00)], 366.0),
        ([_issued(date(2023, 12, 31))], "undefined"),
    ],
)
def test_the_true_dso_measures_every_month_against_its_own_sales(invoices: list[Row], expected: float | str) -> None:
    """Nothing of these was paid, but for one invoice of November."""
    paid = [_paid(invoices[2], 0)] if len(invoices) == 3 else []
    assert _value("receivables_true_dso_days_v2", invoices, paid) == expected


@pytest.mark.parametrize(("due_on", "best", "delinquent"), [(YEAR_END, 92.0, 0.0), (date(2024, 12, 30), 0.0, 92.0)])
def test_days_of_sales_are_due_or_overdue(due_on: date, best: float, delinquent: float) -> None:
    """All of a quarter of 92 days is open; on its due day it is not overdue yet."""
    invoice = _issued(date(2024, 10, 10), due_on=due_on)
    assert _value("receivables_best_dso_days_3m_v2", [invoice]) == best
    assert _value("receivables_delinquent_days_3m_v2", [invoice]) == delinquent


def test_what_is_kept_back_is_open_and_not_delinquent() -> None:
    """Of 1,000 a tenth is kept back, the rest is overdue."""
    invoice = _issued(date(2024, 10, 1), 1_000_00, due_on=date(2024, 11, 1), retention_cents=100_00)
    assert _value("receivables_best_dso_days_3m_v2", [invoice]) == 9.2
    assert _value("receivables_delinquent_days_3m_v2", [invoice]) == 82.8


WINDOW_START = YEAR_END - timedelta(days=89)


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ({}, 0.75),  # 300 came in, 100 are overdue
        ({"happened_on": WINDOW_START - timedelta(days=1)}, 0.6667),
        ({"means": "clearing"}, 0.5),  # what was booked off was not collected
        ({"means": "short"}, 0.5),
        ({"means": "discount"}, 0.6667),  # neither received nor lost
        ({"means": "set_off"}, 0.6667),
        ({"means": "register"}, 0.75),
        ({"transaction_id": 7}, 0.6667),  # from an own account
    ],
)
def test_the_collected_share_is_receipts_of_what_should_have_come(closing: dict[str, object], expected: float) -> None:
    """200 were received on the first day of the window, another 100 were closed then in some way."""
    first, odd = _issued(date(2024, 9, 1), 200_00), _issued(date(2024, 9, 1))
    overdue = _issued(date(2024, 9, 1), due_on=date(2024, 12, 30))
    current = _issued(date(2024, 12, 1), 900_00, due_on=YEAR_END)
    closings = [
        make_closing(first, happened_on=WINDOW_START),
        make_closing(odd, **{"happened_on": WINDOW_START} | closing),
    ]
    own = make_transaction(transaction_id=7, happened_on=WINDOW_START, transfer="link")
    ledger = make_ledger(
        invoices=[OLD, first, odd, overdue, current], closings=[SETTLED, *closings], transactions=[own]
    )
    assert feature_of("receivables_collected_share_90d_v2", YEAR_END, ledger) == expected


def test_the_collected_share_of_books_without_anything_due_is_undefined() -> None:
    """And 0 where nothing of it came, whatever was taken back."""
    late = _issued(date(2024, 9, 1))
    back = make_closing(late, happened_on=YEAR_END, amount_cents=-5_00)
    assert _value("receivables_collected_share_90d_v2", []) == "undefined"
    assert _value("receivables_collected_share_90d_v2", [late], [back]) == 0.0


MONTHLY = [
    _issued(date(2023 + (month > 12), (month - 1) % 12 + 1, 1), due_on=date(2025, 1, 1)) for month in range(7, 25)
]


@pytest.mark.parametrize(
    ("first_paid_on", "expected"),
    [
        (date(2023, 7, 1), 1.0),  # all but June's were paid by the end of June (30 days), now all but December's (31)
        (date(2024, 6, 30), 1.0),
        (date(2024, 7, 1), -335.0),  # a year of sales was open until then: 366 days
    ],
)
def test_the_change_of_dso_is_against_the_end_of_the_half_year_before(first_paid_on: date, expected: float) -> None:
    """An invoice of 100 on the first of each month from July 2023 on, paid after 32 days."""
    closings = [
        make_closing(one, happened_on=max(first_paid_on, one["issued_on"] + timedelta(days=32))) for one in MONTHLY
    ]
    assert _value("receivables_dso_change_days_6m_v2", MONTHLY, closings) == expected


def test_half_a_month_of_sales_is_half_its_days_in_both_counts() -> None:
    """Of December half is open: 15.5 days; of June as well: 15."""
    june, december = MONTHLY[11], MONTHLY[17]
    halves = [
        make_closing(june, amount_cents=50_00, happened_on=date(2024, 6, 30)),
        make_closing(june, amount_cents=50_00, happened_on=date(2024, 7, 1)),
        make_closing(december, amount_cents=50_00, happened_on=YEAR_END),
    ]
    closings = [make_closing(one, happened_on=one["issued_on"]) for one in MONTHLY if one not in (june, december)]
    assert _value("receivables_dso_change_days_6m_v2", MONTHLY, [*closings, *halves]) == 0.5


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({"due_on": date(2024, 3, 31)}, 30.0),  # 30 days on 100, 30 on 900
        ({"due_on": date(2024, 4, 30)}, 33.0),
        ({"due_on": date(2025, 3, 1)}, 36.0),  # read as 90 days
        ({"due_on": date(2024, 4, 30), "is_due_assumed": True}, "too_few_documents"),
        ({"due_on": date(2024, 4, 30), "document": "voucher"}, "too_few_documents"),
        ({"due_on": date(2024, 4, 30), "gross_cents": -100_00}, "too_few_documents"),
        ({"due_on": date(2024, 4, 30), "is_duplicate": True}, "too_few_documents"),
    ],
)
def test_the_term_is_weighted_by_amount(odd: dict[str, object], expected: float | str) -> None:
    """Nine invoices with 30 days, and one."""
    nine = [_issued(date(2024, 3, 1), due_on=date(2024, 3, 31)) for _ in range(9)]
    invoice = _issued(date(2024, 3, 1), **odd)
    assert _value("receivables_term_days_12m_v2", [*nine, invoice]) == expected


@pytest.mark.parametrize(
    ("issued_on", "expected"),
    [
        (date(2024, 10, 1), 8.0),  # 10, 10, 10, 10 and 60 days, against 12
        (date(2024, 9, 30), "too_few_documents"),
        (date(2023, 12, 31), "too_few_documents"),
    ],
)
def test_terms_are_compared_between_three_months_and_the_nine_before(issued_on: date, expected: float | str) -> None:
    """Five invoices of 12 days before, four of 10 days in the quarter, and one of 60."""

    def over(day: date, days: int) -> Row:
        return _issued(day, due_on=day + timedelta(days=days))

    before = [over(date(2024, 1, 1), 12), *(over(date(2024, 9, 30), 12) for _ in range(4))]
    recent = [over(YEAR_END, 10) for _ in range(4)]
    assert _value("receivables_term_change_days_12m_v2", [*before, *recent, over(issued_on, 60)]) == expected


@pytest.mark.parametrize(
    ("june", "expected"),
    [
        ({"happened_on": date(2024, 7, 1)}, 1.0),  # open at the end of June: 30 days, against 31 today
        ({"happened_on": date(2024, 6, 30)}, 31.0),
        ({"happened_on": date(2024, 6, 30), "recorded_on": YEAR_END}, 31.0),
        ({"happened_on": date(2024, 6, 30), "recorded_on": date(2025, 1, 1)}, 31.0),  # open then and now: 30 and 61
        ({"happened_on": date(2024, 6, 30), "amount_cents": 99_00}, 31.0),  # but for a remainder
        ({"happened_on": date(2024, 6, 30), "amount_cents": 98_00}, 31.0),  # 0.6 days are open, as then
        ({"happened_on": date(2024, 6, 30), "document": "voucher"}, 31.0),  # paid was a till with its number
        ({"happened_on": YEAR_END, "is_day_known": False}, 31.0),  # nobody knows whether it was open
    ],
)
def test_what_was_open_half_a_year_ago_is_what_had_not_been_paid_by_then(
    june: dict[str, object], expected: float
) -> None:
    """Of an invoice a month all others are paid at once, but for that of December."""
    closings = [make_closing(one, happened_on=one["issued_on"]) for one in MONTHLY[:17] if one is not MONTHLY[11]]
    closings.append(make_closing(MONTHLY[11], **june))
    assert _value("receivables_dso_change_days_6m_v2", MONTHLY, closings) == expected


def test_a_month_of_negative_sales_covers_nothing() -> None:
    """100 are open of December, 200 were taken back in November; then October covers what is open beyond December."""
    sales = [
        _issued(date(2024, 12, 1), due_on=date(2025, 1, 1)),
        _issued(date(2024, 11, 1), -200_00),
        _issued(date(2024, 10, 1), due_on=date(2024, 12, 30)),
    ]
    # 31 + 30 + 31 days; of June nothing was open.
    assert _value("receivables_dso_change_days_6m_v2", sales) == 92.0
