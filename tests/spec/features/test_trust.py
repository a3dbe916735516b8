"""Trust: literal books and their values."""

from datetime import date, timedelta

import pytest
from builders import (
    Row,
    feature_of,
    make_account,
    make_bill,
    make_invoice,
    make_ledger,
    make_payment,
    make_transaction,
)

from features.derive import derive
from features.ledger import Resource
from features.spine import spine_of

YEAR_END = date(2024, 12, 31)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2024, 1, 15), 0),
        (date(2024, 2, 13), 0),
        (date(2024, 2, 14), 1),  # a month has passed at the end of this day
        (date(2025, 1, 14), 12),
    ],
)
def test_history_is_counted_in_full_months_to_the_end_of_the_day(as_of: date, expected: int) -> None:
    """Since an invoice of the 15th of January."""
    ledger = make_ledger(invoices=[make_invoice(issued_on=date(2024, 1, 15))])
    assert feature_of("trust_history_months", as_of, ledger) == expected


def test_history_begins_with_the_first_document_or_bank_line() -> None:
    """Whichever comes first; nothing at all is a history of 0."""
    invoice = make_invoice(issued_on=date(2024, 9, 1))
    bill = make_bill(issued_on=date(2024, 7, 1))
    line = make_transaction(happened_on=date(2024, 10, 1))
    assert feature_of("trust_history_months", YEAR_END, make_ledger(invoices=[invoice], transactions=[line])) == 4
    assert feature_of("trust_history_months", YEAR_END, make_ledger(bills=[bill], transactions=[line])) == 6
    assert feature_of("trust_history_months", YEAR_END, make_ledger(transactions=[line])) == 3
    assert feature_of("trust_history_months", YEAR_END, make_ledger()) == 0


def test_history_does_without_bank_data_but_not_without_documents() -> None:
    """Where bank data is not fetched the documents tell."""
    documents = {Resource.INVOICES, Resource.VOUCHERS}
    ledger = make_ledger(invoices=[make_invoice(issued_on=date(2024, 9, 1))], fetched=documents)
    assert feature_of("trust_history_months", YEAR_END, ledger) == 4
    assert feature_of("trust_history_months", YEAR_END, make_ledger(fetched={Resource.INVOICES})) == "not_fetched"


def _payment(day: date, euro: int, source: str = "bank", **overrides: object) -> Row:
    return make_payment(happened_on=day, amount_cents=euro * 100, source=source, **overrides)


def test_paid_without_inflow_is_what_only_the_document_says() -> None:
    """100 of 400 euro have neither a bank line nor a line of the till; payments of bills are not looked at."""
    payments = [
        _payment(date(2024, 1, 1), 60, "document"),
        _payment(YEAR_END, 40, "document"),
        _payment(date(2024, 6, 1), 200),
        _payment(date(2024, 6, 1), 50),
        _payment(date(2024, 6, 1), 50, "register"),
        _payment(date(2023, 12, 31), 999, "document"),
        _payment(date(2024, 6, 1), 999, "document", document="voucher"),
        _payment(date(2024, 6, 1), -50),  # a payment that was taken back
    ]
    ledger = make_ledger(payments=payments)
    assert feature_of("trust_paid_without_inflow_share_12m", YEAR_END, ledger) == 0.25


def test_paid_without_inflow_needs_five_payments_and_the_log() -> None:
    """Four payments are too few, and without the log nothing is linked to anything."""
    payments = [_payment(date(2024, 6, 1), 10) for _ in range(5)]
    few = make_ledger(payments=payments[:4])
    assert feature_of("trust_paid_without_inflow_share_12m", YEAR_END, few) == "too_few_documents"
    unlogged = make_ledger(payments=payments, fetched=set(Resource) - {Resource.PAYMENT_LOG})
    assert feature_of("trust_paid_without_inflow_share_12m", YEAR_END, unlogged) == "not_fetched"


def test_bank_feed_share_is_by_volume_of_lines_without_tills() -> None:
    """75 euro moved on a fed account, 25 on an imported one, and the till does not count.

    An account that became known later is not known to be fed.
    """
    accounts = [
        make_account(),
        make_account(account_id=2, provenance="file_import"),
        make_account(account_id=3, kind="register", provenance="none"),
        make_account(account_id=4, recorded_on=date(2025, 1, 1)),
    ]
    lines = [
        make_transaction(happened_on=date(2024, 1, 1), amount_cents=50_00),
        make_transaction(happened_on=YEAR_END, amount_cents=-25_00),
        make_transaction(happened_on=date(2023, 12, 31), amount_cents=999_00),
        make_transaction(happened_on=YEAR_END, amount_cents=15_00, account_id=2),
        make_transaction(happened_on=YEAR_END, amount_cents=10_00, account_id=4),
        make_transaction(happened_on=YEAR_END, amount_cents=77_00, account_id=3),
    ]
    ledger = make_ledger(accounts=accounts, transactions=lines)
    assert feature_of("trust_bank_feed_share_12m", YEAR_END, ledger) == 0.75


def test_bank_feed_share_is_undefined_without_lines_and_unknown_for_earlier_days() -> None:
    """Whether a bank feeds an account is edited in place: it cannot be told for a day before the fetch."""
    ledger = make_ledger(accounts=[make_account()])
    assert feature_of("trust_bank_feed_share_12m", YEAR_END, ledger) == "undefined"
    earlier = derive(ledger, spine_of(YEAR_END, is_reconstructed=True), ["trust_bank_feed_share_12m"])
    assert earlier.missing() == {"trust_bank_feed_share_12m": "not_reconstructable"}


def test_assumed_due_share_is_of_invoices_of_twelve_months() -> None:
    """One of four states no term; a voucher and an old invoice do not count."""
    invoices = [
        make_invoice(issued_on=date(2024, 1, 1), is_due_assumed=True),
        *(make_invoice(issued_on=YEAR_END) for _ in range(3)),
        make_invoice(issued_on=date(2023, 12, 31), is_due_assumed=True),
        make_invoice(issued_on=YEAR_END, document="voucher", is_due_assumed=True),
    ]
    assert feature_of("trust_assumed_due_share_12m", YEAR_END, make_ledger(invoices=invoices)) == 0.25


def test_assumed_due_share_without_invoices_is_undefined() -> None:
    """Nothing invoiced: no share."""
    assert feature_of("trust_assumed_due_share_12m", YEAR_END, make_ledger()) == "undefined"


def _blocks(*net_euro: int) -> list[Row]:
    """One sale on the last day of each stretch of 30 days, the most recent first."""
    days = [YEAR_END - timedelta(days=30 * block) for block in range(len(net_euro))]
    return [make_invoice(issued_on=day, net_cents=euro * 100) for day, euro in zip(days, net_euro, strict=True)]


OLD = make_invoice(issued_on=date(2023, 1, 1))


@pytest.mark.parametrize(
    ("last", "expected"),
    [(100, 0.0), (400, 6.74), (0, -2.25)],
)
def test_burst_is_the_deviation_from_the_six_stretches_before(last: int, expected: float) -> None:
    """Before: 40, 70, 90, 110, 130, 160. Median 100, median deviation 30, so 44.478 is usual."""
    ledger = make_ledger(invoices=[OLD, *_blocks(last, 40, 110, 130, 70, 160, 90)])
    assert feature_of("trust_sales_burst_score_30d", YEAR_END, ledger) == expected


def test_burst_stretches_are_thirty_days() -> None:
    """A sale 29 days ago belongs to the last stretch, one 30 days ago to the one before."""
    for days, expected in ((29, 10.0), (30, 0.0)):
        sale = make_invoice(issued_on=YEAR_END - timedelta(days=days), net_cents=100_00)
        ledger = make_ledger(invoices=[OLD, *_blocks(100, 100, 100, 100, 100, 100, 100), sale])
        assert feature_of("trust_sales_burst_score_30d", YEAR_END, ledger) == expected


def test_burst_needs_seven_months_and_a_typical_month() -> None:
    """Equal stretches have no deviation, so a tenth of the median is taken; without a median there is no score."""
    equal = make_ledger(invoices=[OLD, *_blocks(150, 100, 100, 100, 100, 100, 100)])
    assert feature_of("trust_sales_burst_score_30d", YEAR_END, equal) == 5.0
    assert feature_of("trust_sales_burst_score_30d", YEAR_END, make_ledger(invoices=[OLD])) == "undefined"
    young = make_ledger(invoices=[make_invoice(issued_on=date(2024, 6, 2))])
    assert feature_of("trust_sales_burst_score_30d", YEAR_END, young) == "too_little_history"


def test_booked_sales_to_money_received() -> None:
    """Gross sales over external money in of twelve full months; transfers, loans and contributions are no sales."""
    day = date(2024, 6, 1)
    ledger = make_ledger(
        invoices=[
            make_invoice(issued_on=date(2023, 12, 31), net_cents=90_000),  # the day before the year
            make_invoice(issued_on=date(2024, 1, 1), net_cents=10_000),  # 119 euro gross
            make_invoice(issued_on=YEAR_END, net_cents=20_000),  # 238 euro gross
        ],
        transactions=[
            make_transaction(happened_on=date(2023, 12, 31), amount_cents=7),
            make_transaction(happened_on=day, amount_cents=20_000),
            make_transaction(happened_on=day, amount_cents=-5_000),
            make_transaction(happened_on=day, amount_cents=50_000, is_internal=True),
            make_transaction(happened_on=day, amount_cents=50_000, nature="loan_proceeds"),
            make_transaction(happened_on=day, amount_cents=50_000, nature="owner_contribution"),
        ],
    )
    assert feature_of("trust_sales_inflow_ratio_12m", YEAR_END, ledger) == 1.785  # 357 / 200
    assert feature_of("trust_sales_inflow_ratio_12m", date(2024, 12, 29), ledger) == "too_little_history"
    no_inflow = make_ledger(transactions=[make_transaction(happened_on=date(2023, 1, 1))], invoices=[make_invoice()])
    assert feature_of("trust_sales_inflow_ratio_12m", YEAR_END, no_inflow) == "undefined"
