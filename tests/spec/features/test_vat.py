"""Value added tax that was due by documents against what was paid to the tax office; literal books."""

from datetime import date
from typing import Any

import pytest
from builders import (
    Row,
    feature_of,
    make_account,
    make_bill,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_transaction,
)

from features.ledger import Ledger, Resource

AS_OF = date(2025, 12, 31)
"""Payments are those of January to December 2025."""
CENTS, SHARE = "trust_vat_shortfall_12m_cents_v2", "trust_vat_shortfall_share_12m_v2"
OLDEST = date(2024, 1, 1)
"""Makes the history of sales and of the bank long enough."""


def _month(number: int, day: int = 10) -> date:
    """A day of a month, counted from January 2024 as 1."""
    return date(2024 + (number - 1) // 12, (number - 1) % 12 + 1, day)


def _sales(months: range, net: int = 100_00, **overrides: Any) -> list[Row]:  # noqa: ANN401  fields of many types
    """A sale a month, of 1,000 euro less or more."""
    return [make_invoice(issued_on=_month(month), net_cents=net, **overrides) for month in months]


def _paid(months: range, cents: int = 19_00, **overrides: Any) -> list[Row]:  # noqa: ANN401  the same
    """A payment to the tax office a month."""
    given = {"category": "vat", "amount_cents": -cents, **overrides}
    return [make_transaction(happened_on=_month(month), **given) for month in months]


def _books(**frames: Any) -> Ledger:  # noqa: ANN401  the same
    # Paid once before the twelve months: else nothing would be said.
    lines = [*frames.pop("transactions", ()), *_paid(range(1, 2), 1)]
    lines.append(make_transaction(happened_on=OLDEST, amount_cents=1))
    lines.append(make_transaction(happened_on=date(2025, 12, 30), amount_cents=1))
    return make_ledger(accounts=[make_account(recorded_on=OLDEST)], transactions=lines, **frames)


def _both(ledger: Ledger, as_of: date = AS_OF) -> tuple[float | str, float | str]:
    return feature_of(CENTS, as_of, ledger), feature_of(SHARE, as_of, ledger)


@pytest.mark.parametrize(
    ("payments", "shortfall", "share"),
    [
        (_paid(range(13, 25)), 0, 0.0),  # monthly, on the tenth of the next month
        (_paid(range(13, 25), 9_50), 12 * 9_50, 0.5),
        ([], 12 * 19_00, 1.0),
        (_paid(range(13, 25, 3), 57_00), 0, 0.0),  # quarterly
        (_paid(range(13, 25), 25_00), 0, 0.0),  # more than is due
        (_paid(range(13, 25), category="other_tax"), 0, 0.0),  # the bank says no more than the tax office
        (_paid(range(13, 25), category="income_tax"), 12 * 19_00, 1.0),
        (_paid(range(12, 24)), 19_00, 0.0833),  # December 2024 is before the twelve months
        (_paid(range(13, 25), is_duplicate=True), 12 * 19_00, 1.0),
        (_paid(range(13, 25), transfer="link"), 12 * 19_00, 1.0),
        (_paid(range(13, 25), is_fed=False), 12 * 19_00, 1.0),  # entered by hand
    ],
)
def test_steady_sales_owe_a_fifth_of_themselves(payments: list[Row], shortfall: int, share: float) -> None:
    """Sales of 100 euro a month, unpaid by customers: as invoiced 19 euro a month are due."""
    sales = _sales(range(1, 25))
    # Paid at once, so that tax as received is the same.
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    assert _both(_books(invoices=sales, closings=closings, transactions=payments)) == (shortfall, share)


def test_tax_as_received_counts_where_less_is_due_by_it() -> None:
    """What customers did not pay owes nothing then; who pays so little may owe by it."""
    sales = _sales(range(1, 25))
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales[:6]]
    assert _both(_books(invoices=sales, closings=closings)) == (0, 0.0)
    half = [make_closing(sale, amount_cents=59_50, happened_on=sale["issued_on"]) for sale in sales]
    assert _both(_books(invoices=sales, closings=half)) == (12 * 9_50, 1.0)


def test_bills_notes_and_cancellations_lower_what_is_due() -> None:
    """Input tax, credit notes, and invoices that were taken back."""
    sales = _sales(range(1, 25))
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    bills = [make_bill(issued_on=_month(month), net_cents=50_00) for month in range(1, 25)]
    assert _both(_books(invoices=sales, closings=closings, bills=bills))[0] == 12 * 9_50
    notes = [make_credit_note(sales[18], issued_on=_month(19), net_cents=100_00)]
    assert _both(_books(invoices=sales, closings=closings, credit_notes=notes))[0] == 11 * 19_00
    gone = [make_cancellation(sales[18], happened_on=_month(19))]
    assert _both(_books(invoices=sales, closings=closings, cancellations=gone))[0] == 11 * 19_00


@pytest.mark.parametrize(
    ("tax", "on_sales", "on_bills"),
    [
        (None, 12 * 19_00, 12 * 9_50),
        ("standard", 12 * 19_00, 12 * 9_50),
        ("one_stop_shop", 0, 12 * 9_50),  # other states are owed it
        ("small_business", 0, 12 * 19_00),
        ("not_deductible", 12 * 19_00, 12 * 19_00),
        ("other", 12 * 19_00, 12 * 9_50),
    ],
)
def test_the_tax_rule_says_who_is_owed_what_a_document_states(tax: str | None, on_sales: int, on_bills: int) -> None:
    """Of sales, and of bills of half as much."""
    sales = _sales(range(1, 25), tax=tax)
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    assert _both(_books(invoices=sales, closings=closings))[0] == on_sales
    plain = _sales(range(1, 25))
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in plain]
    bills = [make_bill(issued_on=_month(month), net_cents=50_00, tax=tax) for month in range(1, 25)]
    assert _both(_books(invoices=plain, closings=closings, bills=bills))[0] == on_bills


def test_without_tax_on_sales_nothing_lacks() -> None:
    """Exports, exempt turnover and what the recipient owes (§ 13b UStG) state no tax."""
    sales = [make_invoice(issued_on=_month(month), gross_cents=100_00) for month in range(1, 25)]
    assert _both(_books(invoices=sales)) == (0, 0.0)


def test_what_the_tax_office_pays_back_is_not_paid() -> None:
    """As far as more was deductible than due in some month: other taxes are paid back, too."""
    sales = _sales(range(1, 25))
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    paid = _paid(range(13, 25))
    back = make_transaction(happened_on=_month(20), amount_cents=30_00, category="tax_refund")
    books = {"invoices": sales, "closings": closings, "transactions": [*paid, back]}
    assert _both(_books(**books))[0] == 0
    # 200 euro of goods in June 2025: 38 euro deductible, 19 due.
    bill = make_bill(issued_on=_month(18), net_cents=200_00)
    assert _both(_books(**books, bills=[bill]))[0] == 0
    assert _both(_books(**{**books, "transactions": [*paid[:10], back]}, bills=[bill]))[0] == 19_00


@pytest.mark.parametrize(
    "net",
    [
        100_00,  # of 57 due in the quarter of the machine 19 are deductible, as much as is due in its month
        250_00,  # 47.50, more than in its month: nothing is paid back all the same
        400_00,  # 76: 19 may be paid back, and no more
    ],
)
def test_who_pays_by_quarter_is_paid_back_by_quarter(net: int) -> None:
    """All that is due is paid by quarter, and another tax of 30 euro is paid back in the year of a machine."""
    sales = _sales(range(1, 25))
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    # From October 2024 on: 19 a month, less what the machine of May 2025 has in it.
    bill = make_bill(issued_on=_month(17), net_cents=net)
    deductible = net * 19 // 100
    due = [57_00, 57_00, max(0, 57_00 - deductible), 57_00]
    paid = [
        make_transaction(happened_on=_month(month), category="vat", amount_cents=-cents)
        for month, cents in zip((13, 16, 19, 22), due, strict=True)
        if cents
    ]
    back = make_transaction(happened_on=_month(20), amount_cents=30_00, category="tax_refund")
    books = {"invoices": sales, "closings": closings, "bills": [bill]}
    assert _both(_books(**books, transactions=[*paid, back]))[0] == 0
    assert _both(_books(**books, transactions=[*paid[1:], back]))[0] == 57_00


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2025, 4, 29), "too_little_history"),
        (date(2025, 4, 30), 1.0),  # 16 months of sales since January 2024
    ],
)
def test_it_takes_sixteen_months_of_sales(as_of: date, expected: float | str) -> None:
    """Twelve, and four before by which the documents lie earlier than their tax."""
    sales = [make_invoice(issued_on=_month(month, 1)) for month in range(1, 25)]
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    lines = [make_transaction(happened_on=day, amount_cents=1) for day in (OLDEST, as_of)] + _paid(range(1, 2), 1)
    ledger = make_ledger(
        accounts=[make_account(recorded_on=OLDEST)], transactions=lines, invoices=sales, closings=closings
    )
    assert feature_of(SHARE, as_of, ledger) == expected


@pytest.mark.parametrize(("silent_days", "is_known"), [(45, True), (46, False)])
def test_a_bank_that_fell_silent_hides_payments(silent_days: int, is_known: bool) -> None:  # noqa: FBT001  a column
    """What was paid since is not seen."""
    last = date.fromordinal(AS_OF.toordinal() - silent_days)
    lines = [make_transaction(happened_on=day, amount_cents=1) for day in (OLDEST, last)] + _paid(range(1, 2), 1)
    ledger = make_ledger(accounts=[make_account(recorded_on=OLDEST)], transactions=lines, invoices=_sales(range(1, 25)))
    assert (feature_of(CENTS, AS_OF, ledger) != "too_little_history") is is_known


@pytest.mark.parametrize("missing", [Resource.TRANSACTIONS, Resource.TAXES, Resource.VOUCHERS])
def test_without_bank_taxes_or_bills_nothing_is_said(missing: Resource) -> None:
    """It is not fetched, which is no value."""
    ledger = make_ledger(fetched=set(Resource) - {missing})
    assert _both(ledger) == ("not_fetched", "not_fetched")


def test_who_is_never_seen_to_pay_pays_from_elsewhere() -> None:
    """A payment of any day shows that these books have them; before it nothing can be told."""
    sales = _sales(range(1, 25))
    closings = [make_closing(sale, happened_on=sale["issued_on"]) for sale in sales]
    lines = [make_transaction(happened_on=day, amount_cents=1) for day in (OLDEST, date(2025, 12, 30))]
    frames = {"accounts": [make_account(recorded_on=OLDEST)], "invoices": sales, "closings": closings}
    assert _both(make_ledger(**frames, transactions=lines)) == ("too_few_documents", "too_few_documents")
    assert _both(make_ledger(**frames, transactions=[*lines, *_paid(range(1, 2), 1)]))[1] == 1.0
