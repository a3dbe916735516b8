"""Payments against lines of the bank: by the log, else by amount, day and party, strict first."""

from datetime import date, timedelta

import pytest
from builders import Row, make_account, make_closing, make_invoice, make_ledger, make_transaction

from features.matching import Level, Matches, matches_of

AS_OF = date(2026, 3, 31)
DAY = date(2026, 2, 10)
ALWAYS = 77
"""The account that customer 1 pays from."""


def invoice(number: int, customer: int = 1) -> Row:
    """An invoice over 119 euro."""
    return make_invoice(document_id=number, customer=customer, issued_on=DAY - timedelta(days=20))


def line(number: int, cents: int = 119_00, *, days: int = 0, account: int | None = ALWAYS) -> Row:
    """Money from a customer that the bank delivered."""
    return make_transaction(
        transaction_id=number,
        amount_cents=cents,
        happened_on=DAY + timedelta(days=days),
        counterparty_account=account,
        category="customer_receipt",
    )


def matched(invoices: list[Row], closings: list[Row], lines: list[Row]) -> tuple[dict[Level, int], Matches]:
    """How many payments were matched in each way."""
    ledger = make_ledger(invoices=invoices, closings=closings, transactions=lines, accounts=[make_account()])
    found = matches_of(ledger, AS_OF)
    assert sum(one.count for one in found.levels) == sum(one["means"] != "register" for one in closings)
    return {one.level: one.count for one in found.levels if one.count}, found


def logged() -> tuple[Row, Row, Row]:
    """An invoice of customer 1 whose payment the books link with a line."""
    one = invoice(1)
    return one, make_closing(one, means="bank", transaction_id=1, happened_on=DAY), line(1)


def test_the_log_is_strictest() -> None:
    """What it links needs nothing else."""
    one, closing, of_bank = logged()
    counts, found = matched([one], [closing], [of_bank])
    assert counts == {Level.LOG: 1}
    assert (found.levels[0].cents, found.unmatched_inflow_count) == (119_00, 0)


def test_a_pay_out_stands_for_many() -> None:
    """Of a provider or a factor."""
    one = invoice(1)
    assert matched([one], [make_closing(one, means="provider", happened_on=DAY)], [])[0] == {Level.PROVIDER: 1}


@pytest.mark.parametrize(
    ("account", "days", "level"),
    [
        (ALWAYS, 3, Level.AMOUNT_DAY_PARTY),
        (ALWAYS, -3, Level.AMOUNT_DAY_PARTY),
        (ALWAYS, 4, Level.NONE),
        (88, 3, Level.AMOUNT_DAY),
        (None, 0, Level.AMOUNT_DAY),
        (88, 4, Level.NONE),
    ],
)
def test_amount_day_and_party(account: int | None, days: int, level: Level) -> None:
    """At most three days apart, and first what comes from the customer's own account."""
    one, closing, of_bank = logged()
    other = invoice(2)
    stated = make_closing(other, means="stated", happened_on=DAY)
    counts, _ = matched([one, other], [closing, stated], [of_bank, line(2, days=days, account=account)])
    assert counts == {Level.LOG: 1, level: 1}


def test_another_customers_account_pays_for_nobody_else() -> None:
    """It is known whose it is."""
    one, closing, of_bank = logged()
    other = invoice(2, customer=2)
    stated = make_closing(other, means="manual", transaction_id=9, happened_on=DAY)
    counts, found = matched([one, other], [closing, stated], [of_bank, line(2)])
    assert counts == {Level.LOG: 1, Level.NONE: 1}
    assert (found.unmatched_inflow_count, found.unmatched_inflow_cents) == (1, 119_00)


def test_a_line_is_used_once() -> None:
    """The nearest payment does not take it twice; a cent less is another amount."""
    others = [invoice(2), invoice(3)]
    stated = [make_closing(one, means="stated", happened_on=DAY) for one in others]
    assert matched(others, stated, [line(2, account=None)])[0] == {Level.AMOUNT_DAY: 1, Level.NONE: 1}
    assert matched(others[:1], stated[:1], [line(2, 118_99, account=None)])[0] == {Level.NONE: 1}


def test_cash_and_what_nobody_delivered_are_left_out() -> None:
    """A till has no line at a bank, and an entered line proves nothing beside delivered ones."""
    one, other = invoice(1), invoice(2)
    cash = make_closing(one, means="register", happened_on=DAY)
    stated = make_closing(other, means="stated", happened_on=DAY)
    entered = line(2, account=None) | {"is_fed": False}
    counts, _ = matched([one, other], [cash, stated], [entered, line(3, 50_00, account=None)])
    assert counts == {Level.NONE: 1}
