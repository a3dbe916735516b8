"""Receivables: literal books and their values."""

from datetime import date

import pytest
from builders import (
    Row,
    feature_of,
    make_cancellation,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_payment,
    make_reminder,
    make_settlement,
)

from features.ledger import Resource

YEAR_END = date(2024, 12, 31)
"""The end of a month, so that December is the last full month."""


def _monthly(gross_cents: int = 100_00, months: range = range(1, 13), **overrides: object) -> list[Row]:
    """One invoice on the 10th of each month of 2024, due on the 24th."""
    return [make_invoice(issued_on=date(2024, m, 10), gross_cents=gross_cents, **overrides) for m in months]


def _paid(invoices: list[Row], on: date) -> list[Row]:
    return [make_payment(invoice, happened_on=on) for invoice in invoices]


def test_dso_is_open_over_gross_sales_of_three_full_months_times_their_days() -> None:
    """Open 92.00 of 3 x 100.00 sold in October to December (92 days) are 28.2 days."""
    invoices = _monthly()
    payments = [
        *_paid(invoices[:11], date(2024, 12, 1)),
        make_payment(invoices[11], amount_cents=8_00, happened_on=YEAR_END),
    ]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_dso_days_3m", YEAR_END, ledger) == 28.2


def test_dso_counts_full_months_only() -> None:
    """On the 30th of December the window is September to November (91 days); December is open but not in sales."""
    invoices = _monthly()
    ledger = make_ledger(invoices=invoices, payments=_paid(invoices[:11], date(2024, 12, 1)))
    assert feature_of("receivables_dso_days_3m", date(2024, 12, 30), ledger) == 30.3


@pytest.mark.parametrize(
    ("first_on", "expected"),
    [(date(2024, 10, 1), 92.0), (date(2024, 10, 2), "too_little_history")],
)
def test_dso_needs_three_full_months(first_on: date, expected: float | str) -> None:
    """Books that begin on the 1st of October have three full months on the 31st of December, a day later not."""
    invoices = [make_invoice(issued_on=first_on), make_invoice(issued_on=date(2024, 12, 1))]
    assert feature_of("receivables_dso_days_3m", YEAR_END, make_ledger(invoices=invoices)) == expected


def test_dso_without_sales_is_undefined() -> None:
    """Something open, but nothing sold in three months: no quotient."""
    ledger = make_ledger(invoices=_monthly(months=range(1, 3)))
    assert feature_of("receivables_dso_days_3m", YEAR_END, ledger) == "undefined"


@pytest.mark.parametrize(
    ("open_cents", "expected"),
    [
        (0, 0.0),
        (50_00, 15.5),  # half of December
        (100_00, 31.0),  # all of December
        (150_00, 46.0),  # and half of November
        (1200_00, 366.0),  # the whole leap year
    ],
)
def test_countback_walks_back_through_the_sales(open_cents: int, expected: float) -> None:
    """A month that what is left covers adds its days, the last one a part of them."""
    invoices = _monthly()
    paid_cents = 1200_00 - open_cents
    payments = [
        make_payment(invoice, amount_cents=min(100_00, max(0, paid_cents - 100_00 * i)))
        for i, invoice in enumerate(invoices)
    ]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_countback_dso_days", YEAR_END, ledger) == expected


def test_countback_begins_in_the_running_month() -> None:
    """On the 15th of December: 15 days of December cover 100.00, half of November the other 50.00."""
    invoices = _monthly()
    payments = [*_paid(invoices[:10], date(2024, 11, 30)), make_payment(invoices[10], amount_cents=50_00)]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_countback_dso_days", date(2024, 12, 15), ledger) == 30.0


def test_countback_passes_months_without_sales_and_ends_after_a_year() -> None:
    """Months without sales add their days; what no sales explain stops at the running and twelve full months."""
    silent = [make_invoice(issued_on=date(2024, 1, 1), gross_cents=100_00)]
    assert feature_of("receivables_countback_dso_days", date(2024, 11, 30), make_ledger(invoices=silent)) == 335.0
    old = [make_invoice(issued_on=date(2022, 1, 1), gross_cents=100_00)]
    assert feature_of("receivables_countback_dso_days", date(2024, 12, 10), make_ledger(invoices=old)) == 376.0


def test_countback_needs_six_months() -> None:
    """Books from the 2nd of July have five full months."""
    ledger = make_ledger(invoices=[make_invoice(issued_on=date(2024, 7, 2))])
    assert feature_of("receivables_countback_dso_days", YEAR_END, ledger) == "too_little_history"


def _due(due_on: date, gross_cents: int = 100_00) -> Row:
    return make_invoice(issued_on=min(date(2023, 12, 1), due_on), due_on=due_on, gross_cents=gross_cents)


def test_weighted_delay_takes_what_fell_due_and_counts_open_items_with_their_days() -> None:
    """Nine paid 10 days late and one of nine times the amount open for 30 days: (9 * 10 + 9 * 30) / 18 = 20."""
    prompt = [_due(date(2024, 3, 1)) for _ in range(9)]
    stuck = _due(date(2024, 12, 1), gross_cents=900_00)
    ledger = make_ledger(invoices=[*prompt, stuck], payments=_paid(prompt, date(2024, 3, 11)))
    assert feature_of("receivables_weighted_delay_days_12m", YEAR_END, ledger) == 20.0


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2023, 12, 31), "too_few_documents"),  # fell due before the window
        (date(2024, 1, 1), 0.0),
        (date(2024, 12, 31), 0.0),
        (date(2025, 1, 1), "too_few_documents"),  # not due yet
    ],
)
def test_weighted_delay_window_and_count(due_on: date, expected: float | str) -> None:
    """Ten documents must have fallen due in the twelve full months, both ends included."""
    invoices = [*(_due(date(2024, 6, 1)) for _ in range(9)), _due(due_on)]
    payments = [make_payment(invoice, happened_on=min(invoice["due_on"], YEAR_END)) for invoice in invoices]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_weighted_delay_days_12m", YEAR_END, ledger) == expected


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([("06-11", 100_00)], 1.0),
        ([("06-05", 60_00), ("06-11", 40_00)], 1.0),  # the last instalment closes it
        ([("06-11", 100_00), ("08-01", 5_00)], 1.0),  # paid too much later
        ([("06-05", 100_00), ("06-08", -100_00), ("06-21", 100_00)], 2.0),  # bounced, then paid for good
        ([("06-21", 100_00), ("06-21", -100_00), ("06-21", 100_00)], 2.0),  # within a day only its end counts
        ([("05-22", 100_00)], -1.0),  # ten days early
        ([("06-11", 99_99)], 21.3),  # a cent is open for 213 days
    ],
)
def test_paid_day_is_when_the_open_amount_reached_zero_for_good(moves: list[tuple[str, int]], expected: float) -> None:
    """One of ten equal invoices due on the 1st of June moves; the mean is a tenth of its delay."""
    invoices = [_due(date(2024, 6, 1)) for _ in range(10)]
    payments = [
        *_paid(invoices[1:], date(2024, 6, 1)),
        *(
            make_payment(invoices[0], amount_cents=cents, happened_on=date.fromisoformat(f"2024-{day}"))
            for day, cents in moves
        ),
    ]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_weighted_delay_days_12m", YEAR_END, ledger) == expected


def test_settlements_and_linked_credit_notes_close_an_invoice() -> None:
    """A discount and a credit note close the rest on the day they happen: 10 and 20 days for two of ten."""
    invoices = [_due(date(2024, 6, 1)) for _ in range(10)]
    ledger = make_ledger(
        invoices=invoices,
        payments=[
            *_paid(invoices[2:], date(2024, 6, 1)),
            make_payment(invoices[0], amount_cents=98_00, happened_on=date(2024, 6, 11)),
        ],
        settlements=[make_settlement(invoices[0], amount_cents=2_00, happened_on=date(2024, 6, 11))],
        credit_notes=[make_credit_note(invoices[1], gross_cents=100_00, issued_on=date(2024, 6, 21))],
    )
    assert feature_of("receivables_weighted_delay_days_12m", YEAR_END, ledger) == 3.0


def test_delay_trend_is_the_median_slope_of_monthly_medians() -> None:
    """Paid 0 days late in January, 1 in February and so on: one day per month, whatever one month does."""
    invoices = [_due(date(2024, month, 1)) for month in range(1, 13)]
    payments = [make_payment(invoice, happened_on=date(2024, m + 1, 1 + m)) for m, invoice in enumerate(invoices)]
    payments[5]["happened_on"] = payments[5]["recorded_on"] = date(2024, 12, 1)
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_delay_trend_days_12m", YEAR_END, ledger) == 1.0


@pytest.mark.parametrize(("months", "expected"), [(6, 0.0), (5, "too_few_documents")])
def test_delay_trend_needs_six_months_with_something_due(months: int, expected: float | str) -> None:
    """Months in which nothing fell due have no delay."""
    invoices = [_due(date(2024, month, 1)) for month in range(1, months + 1)]
    payments = [make_payment(invoice, happened_on=invoice["due_on"]) for invoice in invoices]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_delay_trend_days_12m", YEAR_END, ledger) == expected


def test_on_time_share_counts_the_due_date_itself() -> None:
    """Of ten, five were paid on the due date, four a day later, one not at all."""
    invoices = [_due(date(2024, 6, 1)) for _ in range(10)]
    payments = [*_paid(invoices[:5], date(2024, 6, 1)), *_paid(invoices[5:9], date(2024, 6, 2))]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_on_time_share_12m", YEAR_END, ledger) == 0.5


def test_on_time_share_needs_ten_due() -> None:
    """Nine are too few."""
    ledger = make_ledger(invoices=[_due(date(2024, 6, 1)) for _ in range(9)])
    assert feature_of("receivables_on_time_share_12m", YEAR_END, ledger) == "too_few_documents"


def test_overdue_share_begins_the_day_after_the_due_date() -> None:
    """Due today is not overdue, due yesterday is: 300.00 of 700.00; what is paid is not open."""
    due = [date(2024, 12, 31), date(2024, 12, 31), date(2025, 1, 9), date(2024, 12, 30), date(2024, 1, 2)]
    cents = [100_00, 200_00, 100_00, 200_00, 100_00]
    invoices = [_due(day, gross) for day, gross in zip(due, cents, strict=True)]
    paid = _due(date(2024, 5, 1))
    ledger = make_ledger(invoices=[*invoices, paid], payments=_paid([paid], date(2024, 5, 1)))
    assert feature_of("receivables_overdue_share", YEAR_END, ledger) == 0.4286


def test_overdue_share_needs_five_open() -> None:
    """Four open documents are too few, however many are paid."""
    invoices = [_due(date(2024, 6, 1)) for _ in range(6)]
    ledger = make_ledger(invoices=invoices, payments=_paid(invoices[:2], date(2024, 6, 1)))
    assert feature_of("receivables_overdue_share", YEAR_END, ledger) == "too_few_documents"


def test_over_60d_share_begins_on_the_61st_day() -> None:
    """Due on the 1st of November is 60 days past due, on the 31st of October 61."""
    late = [_due(date(2024, 10, 31))]
    ledger = make_ledger(invoices=[*late, *(_due(date(2024, 11, 1)) for _ in range(4))])
    assert feature_of("receivables_over_60d_share", YEAR_END, ledger) == 0.2


def test_over_60d_share_needs_five_open() -> None:
    """Without open documents there is no share."""
    assert feature_of("receivables_over_60d_share", YEAR_END, make_ledger()) == "too_few_documents"


def test_open_amounts_are_never_negative() -> None:
    """What one customer paid too much does not pay for another."""
    invoices = [_due(date(2024, 6, 1)) for _ in range(5)] + [_due(date(2025, 6, 1)) for _ in range(5)]
    payments = [make_payment(invoices[0], amount_cents=500_00)]
    ledger = make_ledger(invoices=invoices, payments=payments)
    assert feature_of("receivables_overdue_share", YEAR_END, ledger) == 0.4444


def test_dilution_counts_credit_notes_and_discounts_but_no_write_offs() -> None:
    """60.00 credited (linked or not) and 6.00 discount on 1,200.00 invoiced; a write-off is a loss, not dilution."""
    invoices = _monthly()
    ledger = make_ledger(
        invoices=invoices,
        credit_notes=[
            make_credit_note(invoices[0], gross_cents=30_00, issued_on=date(2024, 1, 1)),
            make_credit_note(gross_cents=30_00, issued_on=YEAR_END),
            make_credit_note(gross_cents=99_00, issued_on=date(2023, 12, 31)),
        ],
        settlements=[
            make_settlement(invoices[1], amount_cents=6_00, happened_on=date(2024, 3, 1)),
            make_settlement(invoices[2], amount_cents=50_00, cause="write_off", happened_on=date(2024, 4, 1)),
        ],
    )
    assert feature_of("receivables_dilution_share_12m", date(2025, 1, 15), ledger) == 0.055


def test_dilution_needs_history_and_sales() -> None:
    """Five full months are too few; long books without sales in the window have no denominator."""
    young = make_ledger(invoices=[make_invoice(issued_on=date(2024, 7, 2))])
    assert feature_of("receivables_dilution_share_12m", YEAR_END, young) == "too_little_history"
    silent = make_ledger(invoices=[make_invoice(issued_on=date(2023, 1, 2))])
    assert feature_of("receivables_dilution_share_12m", YEAR_END, silent) == "undefined"


def test_dunned_share_counts_each_invoice_once() -> None:
    """Three of twenty have reminders, one of them two; a reminder of tomorrow and one of a voucher do not count."""
    invoices = [make_invoice(issued_on=date(2024, 5, 1)) for _ in range(20)]
    till = make_invoice(document="voucher", issued_on=date(2024, 5, 1))
    reminders = [
        *(make_reminder(invoice, happened_on=YEAR_END) for invoice in [*invoices[:3], invoices[0]]),
        make_reminder(invoices[4], happened_on=date(2025, 1, 1)),
        make_reminder(till, happened_on=date(2024, 6, 1)),
    ]
    ledger = make_ledger(invoices=[*invoices, till], reminders=reminders)
    assert feature_of("receivables_dunned_share_12m", YEAR_END, ledger) == 0.15


def test_dunned_share_needs_twenty_invoices_and_reminders_that_were_asked_for() -> None:
    """Nineteen invoices are too few; without reminders in the fetch there is no statement at all."""
    invoices = [make_invoice(issued_on=date(2024, 5, 1)) for _ in range(20)]
    few = make_ledger(invoices=invoices[:19])
    assert feature_of("receivables_dunned_share_12m", YEAR_END, few) == "too_few_documents"
    unasked = make_ledger(invoices=invoices, fetched=set(Resource) - {Resource.REMINDERS})
    assert feature_of("receivables_dunned_share_12m", YEAR_END, unasked) == "not_fetched"


def test_eligible_leaves_out_late_items_and_cross_aged_customers() -> None:
    """Customer 1 owes half late (not more): its current half counts. Customer 2 owes more than half late: nothing does.

    Documents without a customer stand alone.
    """
    late, current = date(2024, 10, 31), date(2024, 11, 1)
    rows = [(1, late, 50_00), (1, current, 50_00), (2, late, 51_00), (2, current, 50_00)]
    rows += [(None, late, 70_00), (None, current, 7_00)]
    invoices = [
        make_invoice(customer=customer, issued_on=due_on, due_on=due_on, gross_cents=cents)
        for customer, due_on, cents in rows
    ]
    assert feature_of("receivables_eligible_cents", YEAR_END, make_ledger(invoices=invoices)) == 57_00


def test_eligible_is_zero_when_nothing_is_open() -> None:
    """An amount, not a share: without open documents it is 0."""
    assert feature_of("receivables_eligible_cents", YEAR_END, make_ledger()) == 0


def test_a_cancelled_invoice_counts_until_its_cancellation_is_dated_and_recorded() -> None:
    """Cancelled on the 10th, recorded on the 12th: open on the 11th, gone on the 12th."""
    invoice = make_invoice(issued_on=date(2024, 12, 1), gross_cents=100_00)
    cancellation = make_cancellation(invoice, happened_on=date(2024, 12, 10), recorded_on=date(2024, 12, 12))
    ledger = make_ledger(invoices=[invoice], cancellations=[cancellation])
    assert feature_of("receivables_eligible_cents", date(2024, 12, 11), ledger) == 100_00
    assert feature_of("receivables_eligible_cents", date(2024, 12, 12), ledger) == 0


def test_a_cancellation_does_not_cancel_a_voucher_with_the_same_number() -> None:
    """Numbers of invoices and vouchers are apart."""
    voucher = make_invoice(document="voucher", document_id=7, issued_on=date(2024, 12, 1), gross_cents=100_00)
    cancellation = make_cancellation(voucher, happened_on=date(2024, 12, 10))
    ledger = make_ledger(invoices=[voucher], cancellations=[cancellation])
    assert feature_of("receivables_eligible_cents", YEAR_END, ledger) == 100_00


def test_payments_come_from_documents_where_the_log_is_not_fetched() -> None:
    """Open amounts need payments, wherever they are from: without the log the value stays."""
    invoice = make_invoice(issued_on=date(2024, 12, 1), gross_cents=100_00)
    ledger = make_ledger(
        invoices=[invoice],
        payments=[make_payment(invoice, amount_cents=40_00, source="document")],
        fetched=set(Resource) - {Resource.PAYMENT_LOG},
    )
    assert feature_of("receivables_eligible_cents", YEAR_END, ledger) == 60_00
