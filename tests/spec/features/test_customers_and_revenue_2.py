"""Customers and revenue, catalogue 2: copies, losses, credit notes and the first credible day; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_closing, make_credit_note, make_invoice, make_ledger

from features.ledger import Resource

YEAR_END = date(2024, 12, 31)
EARLIER = make_invoice(issued_on=date(2023, 1, 1), net_cents=1_00, customer=9)
"""Makes the books old enough, outside every window of 12 months."""


def _sale(day: date, net_euro: int, customer: int | None = 1, **overrides: object) -> Row:
    return make_invoice(issued_on=day, net_cents=net_euro * 100, customer=customer, **overrides)


def _series(*net_euro: int, first_month: int = 1, **overrides: object) -> list[Row]:
    """One sale on the 15th of each month of 2024."""
    return [_sale(date(2024, first_month + i, 15), euro, **overrides) for i, euro in enumerate(net_euro)]


def test_top_share_is_of_all_revenue_from_which_negative_customers_are_deducted() -> None:
    """40 of 190: customers with 40, 90 to several small ones, 90 to nobody named, and one with minus 30."""
    small = [_sale(date(2024, 5, 1), 10, customer=number) for number in range(10, 19)]
    invoices = [EARLIER, _sale(date(2024, 5, 1), 40), _sale(date(2024, 5, 1), 90, customer=None), *small]
    negative = _sale(date(2024, 5, 1), -30, customer=2)
    share = "customers_top1_share_12m_v2"
    assert feature_of(share, YEAR_END, make_ledger(invoices=[*invoices, negative])) == 0.2105
    assert feature_of("customers_top1_share_12m", YEAR_END, make_ledger(invoices=[*invoices, negative])) == 0.1818
    assert feature_of(share, YEAR_END, make_ledger(invoices=invoices)) == 0.1818


@pytest.mark.parametrize(("other_euro", "expected"), [(-50, 1.0), (-100, "undefined"), (-99, 1.0)])
def test_top_share_is_at_most_all_there_is(other_euro: int, expected: float | str) -> None:
    """100 of the largest customer, from which others take back: then it is all; without revenue there is no share."""
    invoices = [EARLIER, _sale(date(2024, 5, 1), 100), _sale(date(2024, 5, 1), other_euro, customer=2)]
    assert feature_of("customers_top1_share_12m_v2", YEAR_END, make_ledger(invoices=invoices)) == expected


def test_copies_are_neither_revenue_nor_a_customer() -> None:
    """One invoice of 100 entered ten times, and one of 50 of another customer."""
    copies = [_sale(date(2024, 5, 1), 100, is_duplicate=True) for _ in range(9)]
    lost = _sale(date(2024, 1, 5), 10, customer=7, is_duplicate=True)
    books = [EARLIER, _sale(date(2024, 5, 1), 100), _sale(date(2024, 12, 1), 50, customer=2), *copies, lost]
    ledger = make_ledger(invoices=books)
    assert feature_of("revenue_net_12m_cents_v2", YEAR_END, ledger) == 150_00
    assert feature_of("revenue_log_12m_v2", YEAR_END, ledger) == 5.017  # ln 151
    assert feature_of("customers_top1_share_12m_v2", YEAR_END, ledger) == 0.6667
    assert feature_of("customers_churn_share_12m_v2", YEAR_END, ledger) == 1.0  # customer 1, and not 7


def test_net_revenue_is_less_losses_at_the_ratio_of_net_to_gross_and_less_credit_notes() -> None:
    """1,000 net, 1,190 gross: 119.01 lost are 100.00 net, rounded down; a note of 50 net."""
    lost, paid = _sale(date(2024, 5, 1), 1_000), _sale(date(2024, 6, 1), 500)
    frames = {
        "invoices": [EARLIER, lost, paid],
        "closings": [make_closing(lost, amount_cents=119_01, means="short"), make_closing(paid)],
        "credit_notes": [
            make_credit_note(paid, net_cents=50_00, issued_on=YEAR_END),
            make_credit_note(net_cents=70_00, issued_on=date(2023, 12, 31)),
        ],
    }
    assert feature_of("revenue_net_12m_cents_v2", YEAR_END, make_ledger(**frames)) == 1_350_00
    # The logarithm, the trend and the like are of what was invoiced.
    assert feature_of("revenue_log_12m_v2", YEAR_END, make_ledger(**frames)) == 7.314
    without = make_ledger(**frames, fetched=set(Resource) - {Resource.CREDIT_NOTES})
    assert feature_of("revenue_net_12m_cents_v2", YEAR_END, without) == "not_fetched"


def test_what_was_lost_of_a_document_is_at_most_the_document() -> None:
    """Booked off twice, it is lost once."""
    lost = _sale(date(2024, 5, 1), 100)
    closings = [make_closing(lost, means="clearing") for _ in range(2)]
    ledger = make_ledger(invoices=[EARLIER, lost, _sale(date(2024, 5, 1), 100)], closings=closings)
    assert feature_of("revenue_net_12m_cents_v2", YEAR_END, ledger) == 100_00


Q1_END = date(2024, 3, 31)
DEADLINE = Q1_END + timedelta(days=45)


@pytest.mark.parametrize(
    ("issued_on", "recorded_on", "months"),
    [
        (date(2024, 1, 1), DEADLINE, 12),
        (date(2024, 1, 1), DEADLINE + timedelta(days=1), 5),  # then only the invoice of the 15th of July counts
        (date(2024, 3, 31), DEADLINE, 9),
        (date(2024, 4, 1), DEADLINE + timedelta(days=1), 9),  # the next quarter has its own deadline
        (date(2023, 10, 1), date(2024, 2, 14), 15),  # across the year
        (date(2023, 10, 1), date(2024, 2, 15), 5),
    ],
)
def test_history_of_sales_begins_with_what_was_recorded_in_time(
    issued_on: date, recorded_on: date, months: int
) -> None:
    """Until 45 days after the quarter of its issue; what was recorded later proves no history.

    The day is seen by the needs of features: three, six, twelve and fifteen months.
    """
    first = make_invoice(issued_on=issued_on, recorded_on=recorded_on, net_cents=1)
    ledger = make_ledger(invoices=[first, *_series(100, 100, 100, 100, 100, 100, first_month=7)])
    for name, needed in (
        ("receivables_dso_days_3m_v2", 3),
        ("revenue_net_12m_cents_v2", 6),
        ("trust_sales_burst_score_30d_v2", 7),
        ("customers_churn_share_12m_v2", 12),
        ("revenue_drop_3m_v2", 15),
    ):
        is_too_young = feature_of(name, YEAR_END, ledger) == "too_little_history"
        assert is_too_young == (months < needed), name


@pytest.mark.parametrize(
    ("paid_on", "paid_cents", "means", "is_credible"),
    [
        (DEADLINE, 59_50, "bank", True),
        (DEADLINE, 59_50, "provider", True),
        (DEADLINE, 59_49, "bank", False),  # less than half of 119
        (DEADLINE, -119_00, "bank", False),  # money that went out pays no invoice
        (DEADLINE + timedelta(days=1), 119_00, "bank", False),  # too late to show that it was there
        (DEADLINE, 119_00, "manual", False),
        (DEADLINE, 119_00, "clearing", False),
    ],
)
def test_what_was_recorded_late_is_credible_once_it_was_paid_through_the_bank_in_time(
    paid_on: date, paid_cents: int, means: str, *, is_credible: bool
) -> None:
    """At least half of it, by the same day: a cent paid today makes no history of the year before."""
    first = make_invoice(issued_on=date(2024, 1, 1), recorded_on=YEAR_END)
    closing = make_closing(first, happened_on=paid_on, amount_cents=paid_cents, means=means, recorded_on=YEAR_END)
    ledger = make_ledger(invoices=[first, make_invoice(issued_on=date(2024, 10, 1))], closings=[closing])
    assert (feature_of("revenue_net_12m_cents_v2", YEAR_END, ledger) == 200_00) == is_credible


def test_one_cent_that_was_dated_back_is_no_history() -> None:
    """Three months of business, one cent of the year before recorded today, and paid today."""
    cent = make_invoice(issued_on=date(2023, 5, 1), recorded_on=YEAR_END, net_cents=1)
    paid = make_closing(cent, happened_on=YEAR_END)
    ledger = make_ledger(invoices=[cent, *_series(100, 100, 100, first_month=10)], closings=[paid])
    assert feature_of("revenue_log_12m_v2", YEAR_END, ledger) == "too_little_history"
    assert feature_of("revenue_log_12m", YEAR_END, ledger) == 5.707  # what catalogue 1 made of it


def test_trend_and_volatility_read_no_months_before_the_first_credible_sale() -> None:
    """Six level months are level, whatever was dated back before them."""
    back = _sale(date(2024, 1, 15), 1_000, recorded_on=YEAR_END)
    first = _sale(date(2024, 7, 1), 0)
    ledger = make_ledger(invoices=[back, first, *_series(100, 100, 100, 100, 100, 100, first_month=7)])
    assert feature_of("revenue_trend_12m_v2", YEAR_END, ledger) == 0.0
    assert feature_of("revenue_volatility_12m_v2", YEAR_END, ledger) == 0.0
    rising = make_ledger(invoices=[EARLIER, *_series(*range(100, 220, 10))])
    assert feature_of("revenue_trend_12m_v2", YEAR_END, rising) == 0.0645
    swinging = make_ledger(invoices=[EARLIER, *_series(*[80, 120] * 6)])
    assert feature_of("revenue_volatility_12m_v2", YEAR_END, swinging) == 0.2


def test_a_draft_that_was_sent_late_is_revenue_of_its_month_from_then_on() -> None:
    """Dated October, sent on the 30th of December: the drop is seen until then."""
    before = [_sale(date(2023, 10, 15), 100)]
    draft = _sale(date(2024, 10, 15), 100, sent_on=date(2024, 12, 30))
    ledger = make_ledger(invoices=[EARLIER, *before, draft, _sale(date(2024, 11, 1), 0)])
    assert feature_of("revenue_drop_3m_v2", date(2024, 12, 29), ledger) == -1.0
    assert feature_of("revenue_drop_3m_v2", YEAR_END, ledger) == 0.0
