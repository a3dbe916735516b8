"""Revenue share of items that the same customer is invoiced again and again; literal books."""

from datetime import date

import pytest
from builders import Row, feature_of, make_invoice, make_ledger, make_position

from features.ledger import Resource

AS_OF = date(2024, 12, 31)
"""The six full months are July to December 2024."""
NAME = "customers_regular_item_share_6m_v2"
OLD = make_invoice(issued_on=date(2024, 1, 1), customer=99)


def _sold(
    months: tuple[int, ...], net: int = 100_00, *, customer: int | None = 1, item: int | None = 7
) -> tuple[list[Row], list[Row]]:
    """An invoice with one position in each of these months of 2024."""
    sales = [make_invoice(issued_on=date(2024, month, 5), net_cents=net, customer=customer) for month in months]
    return sales, [make_position(sale, item=item) for sale in sales]


def _value(*sold: tuple[list[Row], list[Row]]) -> float | str:
    sales = [sale for some, _ in sold for sale in some]
    parts = [part for _, some in sold for part in some]
    return feature_of(NAME, AS_OF, make_ledger(invoices=[OLD, *sales], positions=parts))


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ((7, 8, 9), 0.0),
        ((7, 8, 9, 10), 1.0),
        ((6, 7, 8, 9), 0.0),  # June is before the six months
        ((7, 7, 8, 9), 0.0),  # twice in one month
    ],
)
def test_four_of_six_months(months: tuple[int, ...], expected: float) -> None:
    """Months of issue."""
    assert _value(_sold(months)) == expected


def test_it_is_a_share_of_all_net_sales() -> None:
    """What is sold once, or to nobody in particular, is in the whole alone."""
    regular = _sold((7, 8, 9, 10))
    assert _value(regular, _sold((11,), 600_00, item=8)) == 0.4
    assert _value(regular, _sold((11,), 600_00, item=None)) == 0.4
    assert _value(regular, _sold((7, 8, 9, 10), 150_00, customer=None)) == 0.4


def test_the_same_item_for_other_customers_is_not_regular() -> None:
    """Goods that many buy once."""
    assert _value(*(_sold((month,), customer=month) for month in (7, 8, 9, 10, 11))) == 0.0


def test_positions_that_were_recorded_later_are_not_known() -> None:
    """An edit replaces positions."""
    sales, parts = _sold((7, 8, 9, 10))
    later = [{**part, "recorded_on": date(2025, 1, 1)} for part in parts]
    assert _value((sales, later)) == 0.0


def test_without_positions_it_is_not_fetched() -> None:
    """Customers that are invoiced in most months are another feature."""
    ledger = make_ledger(invoices=[OLD], fetched=set(Resource) - {Resource.POSITIONS})
    assert feature_of(NAME, AS_OF, ledger) == "not_fetched"
