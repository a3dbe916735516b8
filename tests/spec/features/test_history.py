"""What pages show over time: literal books and their series."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from builders import (
    Row,
    make_account,
    make_balance,
    make_cancellation,
    make_closing,
    make_invoice,
    make_ledger,
    make_level,
    make_payment,
    make_transaction,
)

from features.history import BalanceStretch, DelayMonth, FlowMonth, History, RevenueMonth, history_of
from features.ledger import Ledger, Resource

AS_OF = date(2024, 12, 31)
"""A month that ends on the day of observation is full."""

OF_VERSION_1 = frozenset(Resource) - {Resource.RECOGNITION}
BOTH_VERSIONS = pytest.mark.parametrize("version", [1, 2])
"""The same books as facts of either version tell the same."""


def _ledger(version: int, *, payments: Iterable[Row] = (), balances: Iterable[Row] = (), **frames: list[Row]) -> Ledger:
    """Books with payments and levels, as facts of that version."""
    if version == 1:
        return make_ledger(payments=payments, balances=balances, **frames, fetched=OF_VERSION_1)
    closed = ("document", "document_id", "amount_cents", "happened_on")
    known = ("level_cents", "happened_on")
    return make_ledger(
        closings=[make_closing(**{name: payment[name] for name in closed}) for payment in payments],
        levels=[
            make_level(
                **{name: balance[name] for name in known},
                state="verified" if balance["is_level_verified"] else "unverified",
            )
            for balance in balances
        ],
        **frames,
    )


@pytest.mark.parametrize(
    ("days_past_due", "band"), [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (400, 4)]
)
def test_receivables_are_aged_by_days_past_due(days_past_due: int, band: int) -> None:
    """What falls due today is not late; the bands end with their last day."""
    due_on = AS_OF - timedelta(days=days_past_due)
    invoice = make_invoice(issued_on=min(due_on, AS_OF), due_on=due_on, net_cents=100_00)
    ages = history_of(make_ledger(invoices=[invoice]), AS_OF).ages
    assert ages is not None
    assert [age.count for age in ages] == [int(number == band) for number in range(5)]
    assert ages[band].open_cents == 119_00


@BOTH_VERSIONS
def test_only_what_is_open_is_aged(version: int) -> None:
    """A paid invoice is gone, one paid in part counts with the rest."""
    paid, part = make_invoice(issued_on=date(2024, 11, 1)), make_invoice(issued_on=date(2024, 11, 1))
    payments = [make_payment(paid), make_payment(part, amount_cents=100_00)]
    ages = history_of(_ledger(version, invoices=[paid, part], payments=payments), AS_OF).ages
    assert ages is not None
    assert [(age.open_cents, age.count) for age in ages] == [(0, 0), (0, 0), (19_00, 1), (0, 0), (0, 0)]


def test_revenue_is_told_per_full_month_from_the_first_on() -> None:
    """A month without an invoice is 0, a cancelled invoice is none, the running month is not told."""
    cancelled = make_invoice(issued_on=date(2024, 9, 5))
    ledger = make_ledger(
        invoices=[
            make_invoice(issued_on=date(2024, 8, 1), net_cents=100_00),
            make_invoice(issued_on=date(2024, 8, 31), net_cents=50_00),
            cancelled,
            make_invoice(issued_on=date(2024, 10, 31), net_cents=70_00),
            make_invoice(issued_on=date(2024, 11, 1), net_cents=999_00),
        ],
        cancellations=[make_cancellation(invoice_id=cancelled["document_id"], happened_on=date(2024, 9, 6))],
    )
    assert history_of(ledger, date(2024, 11, 29)).revenue == (
        RevenueMonth(month=date(2024, 8, 1), net_cents=150_00),
        RevenueMonth(month=date(2024, 9, 1), net_cents=0),
        RevenueMonth(month=date(2024, 10, 1), net_cents=70_00),
    )


@pytest.mark.parametrize(("issued_on", "months"), [(date(2023, 1, 1), 24), (date(2022, 12, 31), 0)])
def test_revenue_goes_back_twenty_four_full_months(issued_on: date, months: int) -> None:
    """From January of the year before to the December that ends today."""
    revenue = history_of(make_ledger(invoices=[make_invoice(issued_on=issued_on)]), AS_OF).revenue
    assert revenue is not None
    assert len(revenue) == months


@BOTH_VERSIONS
def test_delay_is_the_median_of_what_fell_due_in_a_month(version: int) -> None:
    """Two days early, ten late, and one still open since the 1st of December: 30 days past due so far."""
    early = make_invoice(issued_on=date(2024, 10, 1), due_on=date(2024, 10, 15))
    late = make_invoice(issued_on=date(2024, 10, 1), due_on=date(2024, 10, 31))
    still_open = make_invoice(issued_on=date(2024, 11, 1), due_on=date(2024, 12, 1))
    ledger = _ledger(
        version,
        invoices=[early, late, still_open],
        payments=[
            make_payment(early, happened_on=date(2024, 10, 13)),
            make_payment(late, happened_on=date(2024, 11, 10)),
        ],
    )
    assert history_of(ledger, AS_OF).delays == (
        DelayMonth(month=date(2024, 10, 1), count=2, delay_days=4.0),
        DelayMonth(month=date(2024, 11, 1), count=0, delay_days=None),
        DelayMonth(month=date(2024, 12, 1), count=1, delay_days=30.0),
    )


def _bank(version: int, *, is_level_verified: bool) -> Ledger:
    known = make_balance(happened_on=date(2024, 12, 9), level_cents=100_00, is_level_verified=is_level_verified)
    lines = [
        make_transaction(happened_on=date(2024, 12, 10), amount_cents=50_00),
        make_transaction(happened_on=date(2024, 12, 20), amount_cents=-200_00),
    ]
    return _ledger(version, accounts=[make_account()], balances=[known], transactions=lines)


@BOTH_VERSIONS
@pytest.mark.parametrize("is_level_verified", [True, False])
def test_the_balance_is_told_from_the_first_line_on(version: int, *, is_level_verified: bool) -> None:
    """100 before it, 150 on its day, minus 50 from the 20th to today; and whether the bank confirms that."""
    balance = history_of(_bank(version, is_level_verified=is_level_verified), AS_OF).balance
    assert balance is not None
    assert balance.is_confirmed == is_level_verified
    assert balance.stretches == (
        BalanceStretch(first_on=date(2024, 12, 10), last_on=date(2024, 12, 19), level_cents=150_00),
        BalanceStretch(first_on=date(2024, 12, 20), last_on=AS_OF, level_cents=-50_00),
    )


@BOTH_VERSIONS
def test_the_balance_goes_back_a_year(version: int) -> None:
    """Days before it are in the first level."""
    lines = [make_transaction(happened_on=day, amount_cents=10_00) for day in (date(2023, 6, 1), date(2024, 6, 1))]
    known = make_balance(happened_on=date(2023, 5, 31), level_cents=0)
    ledger = _ledger(version, accounts=[make_account()], balances=[known], transactions=lines)
    balance = history_of(ledger, AS_OF).balance
    assert balance is not None
    assert [(stretch.first_on, stretch.level_cents) for stretch in balance.stretches] == [
        (date(2024, 1, 2), 10_00),
        (date(2024, 6, 1), 20_00),
    ]


def test_empty_books_have_empty_series() -> None:
    """And no balance that a bank confirms."""
    history = history_of(Ledger.empty(), AS_OF)
    assert (history.revenue, history.delays) == ((), ())
    assert history.ages is not None
    assert not any(age.count for age in history.ages)
    assert history.balance is not None
    assert (history.balance.is_confirmed, history.balance.stretches) == (False, ())


def test_what_was_never_fetched_is_not_told() -> None:
    """An empty frame that nobody asked for says nothing about the firm."""
    nothing = History(ages=None, revenue=None, delays=None, balance=None)
    assert history_of(Ledger.empty(frozenset({Resource.REMINDERS})), AS_OF) == nothing


@BOTH_VERSIONS
def test_the_future_is_not_seen(version: int) -> None:
    """A payment of tomorrow leaves the invoice open today."""
    invoice = make_invoice(issued_on=date(2024, 12, 1), due_on=date(2024, 12, 20))
    ledger = _ledger(version, invoices=[invoice], payments=[make_payment(invoice, happened_on=date(2025, 1, 1))])
    ages = history_of(ledger, AS_OF).ages
    assert ages is not None
    assert [age.count for age in ages] == [0, 1, 0, 0, 0]


def test_what_version_two_recognises_is_told() -> None:
    """Copies are no revenue, remainders are not open, what is kept back is not late, losses are late to this day."""
    paid = make_invoice(issued_on=date(2024, 10, 1), due_on=date(2024, 10, 15), net_cents=100_00)
    lost = make_invoice(issued_on=date(2024, 11, 1), due_on=date(2024, 11, 15), net_cents=200_00)
    unknown = make_invoice(issued_on=date(2024, 12, 1), due_on=date(2024, 12, 15), net_cents=300_00)
    kept = make_invoice(
        issued_on=date(2024, 12, 1), due_on=date(2024, 12, 21), net_cents=1_000_00, retention_cents=100_00
    )
    ledger = make_ledger(
        invoices=[paid, paid | {"document_id": 1, "is_duplicate": True}, lost, unknown, kept],
        closings=[
            make_closing(paid, amount_cents=118_00, happened_on=date(2024, 10, 15)),
            make_closing(lost, means="clearing", happened_on=date(2024, 11, 15)),
            make_closing(unknown, happened_on=AS_OF, is_day_known=False),
        ],
    )
    history = history_of(ledger, AS_OF)
    assert history.revenue is not None
    assert [month.net_cents for month in history.revenue] == [100_00, 200_00, 1_300_00]
    assert history.delays is not None
    assert [(month.count, month.delay_days) for month in history.delays] == [(1, 0.0), (1, 46.0), (1, 10.0)]
    assert history.ages is not None
    assert [(age.open_cents, age.count) for age in history.ages[:3]] == [(100_00, 1), (1_090_00, 1), (0, 0)]


@pytest.mark.parametrize(("state", "is_confirmed"), [("verified", True), ("unused", True), ("stale", False)])
def test_a_feed_that_stopped_confirms_no_balance(state: str, *, is_confirmed: bool) -> None:
    """An account that was never used needs no confirmation."""
    level = make_level(happened_on=date(2024, 12, 9), level_cents=0, state=state)
    ledger = make_ledger(accounts=[make_account()], levels=[level])
    balance = history_of(ledger, AS_OF).balance
    assert balance is not None
    assert balance.is_confirmed == is_confirmed


@BOTH_VERSIONS
def test_money_in_and_out_is_of_full_months(version: int) -> None:
    """From the first month with a line on; the running month is left out."""
    ledger = _bank(version, is_level_verified=True)
    assert history_of(ledger, AS_OF).flows == (FlowMonth(month=date(2024, 12, 1), in_cents=50_00, out_cents=200_00),)
