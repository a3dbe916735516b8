"""Books after something changed: which facts a payment, a link to the bank and time touch, and which they leave."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from builders import (
    feature_of,
    make_account,
    make_balance,
    make_bill,
    make_closing,
    make_invoice,
    make_ledger,
    make_level,
    make_payment,
    make_transaction,
)

from features.changed import cash_cents, fed_account, fed_days, linked, open_documents, rolled, settled
from features.ledger import SCHEMAS, Ledger, Resource

AS_OF = date(2026, 3, 31)
LONG_AGO, LATE, SOON = date(2025, 11, 1), date(2026, 3, 1), date(2026, 3, 30)


def ledger_of(**changes: Any) -> Ledger:  # noqa: ANN401  frames
    """Three open sales, one open bill, and what a customer and a supplier paid and got before."""
    old = make_invoice(document_id=1, customer=7, issued_on=LONG_AGO)
    bought = make_bill(document_id=9, supplier=8, issued_on=LONG_AGO)
    frames: dict[str, Any] = {
        "invoices": [
            old,
            make_invoice(document_id=2, customer=7, issued_on=LONG_AGO, net_cents=200_00),
            make_invoice(document_id=3, customer=6, issued_on=LATE),
            make_invoice(document_id=4, customer=6, issued_on=SOON),
        ],
        "bills": [bought, make_bill(document_id=10, supplier=8, issued_on=LATE)],
        "payments": [make_payment(old, transaction_id=50), make_payment(bought, transaction_id=51)],
        "closings": [make_closing(old, transaction_id=50), make_closing(bought, transaction_id=51)],
        "transactions": [
            make_transaction(
                transaction_id=50, amount_cents=119_00, category="customer_receipt", counterparty=70,
                counterparty_account=71, happened_on=LATE,
            ),
            make_transaction(
                transaction_id=51, amount_cents=-119_00, category="supplier", counterparty=80, counterparty_account=81,
                happened_on=LATE,
            ),
        ],
        "accounts": [make_account()],
        "balances": [make_balance()],
        "levels": [make_level()],
    }  # fmt: skip
    return make_ledger(**(frames | changes))


def test_what_is_open_stands_with_its_days() -> None:
    """The longest overdue first; what is not due has none. A bill is to be paid, a sale to be collected."""
    found = open_documents(ledger_of(), AS_OF)
    assert [(one.is_sale, one.document_id, one.owed_cents, one.past_due_days) for one in found] == [
        (True, 2, 238_00, 136),
        (True, 3, 119_00, 16),
        (False, 10, 119_00, 16),
        (True, 4, 119_00, 0),
    ]


def test_sold_and_retained_receivables_are_not_the_firms_to_collect() -> None:
    """What a customer may keep back is not owed yet, and a factor collects what it bought."""
    invoices = [
        make_invoice(document_id=2, issued_on=LONG_AGO, sold_on=LONG_AGO),
        make_invoice(document_id=3, issued_on=LONG_AGO, retention_cents=5_00),
    ]
    found = open_documents(ledger_of(invoices=invoices, bills=[]), AS_OF)
    assert [(one.document_id, one.owed_cents) for one in found] == [(3, 114_00)]


def test_a_payment_touches_three_frames() -> None:
    """One line that the bank delivered, from the account that paid before; levels are those before all lines."""
    before = ledger_of()
    paid = [one for one in open_documents(before, AS_OF) if one.document_id in {2, 10}]
    after = settled(before, paid, AS_OF)
    assert after is not None
    touched = {name for name in SCHEMAS if not getattr(before, name).equals(getattr(after, name))}
    assert touched == {"payments", "closings", "transactions"}
    assert all(frame.schema == SCHEMAS[name] for name, frame in after.frames().items())
    lines = after.transactions.tail(2).select(
        "transaction_id", "account_id", "amount_cents", "category", "counterparty_account", "is_fed", "happened_on"
    )
    assert lines.rows() == [
        (52, 1, 238_00, "customer_receipt", 71, True, AS_OF),
        (53, 1, -119_00, "supplier", 81, True, AS_OF),
    ]
    for frame in (after.payments, after.closings):
        new = frame.tail(2).select("document", "document_id", "transaction_id", "amount_cents", "happened_on")
        assert new.rows() == [("invoice", 2, 52, 238_00, AS_OF), ("voucher", 10, 53, 119_00, AS_OF)]
    assert after.closings["means"].to_list()[-2:] == ["bank", "bank"]
    assert open_documents(after, AS_OF)[0].document_id == 3


def test_a_payment_is_seen_by_features() -> None:
    """Of 476 euro that are open, 357 are overdue; collected, the rest is not due. The money is on the account."""
    before = ledger_of(invoices=[
        *(make_invoice(document_id=number, customer=7, issued_on=LONG_AGO) for number in (2, 3, 4)),
        *(make_invoice(document_id=number, customer=7, issued_on=SOON) for number in (11, 12, 13, 14, 15)),
    ])  # fmt: skip
    overdue = [one for one in open_documents(before, AS_OF) if one.is_sale and one.past_due_days > 0]
    after = settled(before, overdue, AS_OF)
    assert after is not None
    name = "receivables_overdue_share_v2"
    assert (feature_of(name, AS_OF, before), feature_of(name, AS_OF, after)) == (0.375, 0.0)
    assert (cash_cents(before, AS_OF), cash_cents(after, AS_OF)) == (1_000_00, 1_357_00)


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([make_account()], (1, 1)),
        ([make_account(provenance="file_import", feed="none")], None),
        ([make_account(feed="stale")], None),
        ([make_account(account_id=2), make_account()], (1, 1)),
        ([], None),
    ],
)
def test_only_the_bank_shows_a_payment(accounts: list[dict[str, Any]], expected: tuple[int, int] | None) -> None:
    """On the account with most lines of those that the bank delivers; where it delivers none, nothing is paid."""
    ledger = ledger_of(accounts=accounts)
    assert fed_account(ledger) == expected
    assert (settled(ledger, open_documents(ledger, AS_OF), AS_OF) is None) is (expected is None)


def test_books_of_version_1_are_paid_on_the_account_that_the_bank_feeds() -> None:
    """They do not say whether the feed is current."""
    ledger = ledger_of(accounts=[make_account(feed="none")], fetched=set(Resource) - {Resource.RECOGNITION})
    assert fed_account(ledger) == (1, 1)


def test_without_a_confirmed_level_nothing_is_known_of_the_cash() -> None:
    """So no bill is paid out of it."""
    assert cash_cents(ledger_of(levels=[make_level(state="unverified")]), AS_OF) is None
    assert cash_cents(ledger_of(levels=[]), AS_OF) is None


def test_a_linked_bank_delivers_what_the_books_hold() -> None:
    """Lines, level and what was booked over them; neither a till nor an account whose feed has stopped."""
    before = ledger_of(
        accounts=[
            make_account(provenance="file_import", feed="none"),
            make_account(account_id=2, feed="stale"),
            make_account(account_id=3, kind="register", provenance="none", feed="none"),
        ],
        transactions=[
            make_transaction(transaction_id=50 + number, account_id=number, is_fed=False) for number in (1, 2, 3)
        ],
        levels=[make_level(bank_account_id=1, state="unverified"), make_level(bank_account_id=2, state="stale")],
        balances=[make_balance(is_level_verified=False)],
        closings=[make_closing(document_id=1, transaction_id=50 + number, means="manual") for number in (1, 2, 3)],
    )
    after = linked(before, AS_OF)
    assert after is not None
    assert after.accounts.select("provenance", "feed", "covered_until").rows() == [
        ("bank_feed", "current", AS_OF),
        ("bank_feed", "stale", None),
        ("none", "none", None),
    ]
    assert after.transactions["is_fed"].to_list() == [True, False, False]
    assert after.levels["state"].to_list() == ["verified", "stale"]
    assert after.balances["is_level_verified"].to_list() == [True]
    assert after.closings["means"].to_list() == ["bank", "manual", "manual"]
    assert all(frame.schema == SCHEMAS[name] for name, frame in after.frames().items())


def test_where_every_bank_is_linked_nothing_can_be() -> None:
    """Not even one whose feed has stopped: what happened since is unknown."""
    assert linked(ledger_of(), AS_OF) is None
    assert linked(ledger_of(accounts=[make_account(feed="stale")]), AS_OF) is None


def test_the_days_of_the_shortest_bank_account() -> None:
    """From its first line to the day of observation, both included."""
    assert fed_days(ledger_of(), AS_OF) == 31
    assert fed_days(ledger_of(transactions=[]), AS_OF) == 0


FEE, RETURN = "payables_reminder_fee_count_12m_v2", "liquidity_returned_debit_count_90d_v2"


@pytest.mark.parametrize(
    ("category", "feature", "happened_on", "until", "expected"),
    [
        # Twelve full months before the later day: April is full on its last day.
        ("reminder_fee", FEE, date(2025, 4, 30), date(2026, 4, 29), 1.0),
        ("reminder_fee", FEE, date(2025, 4, 30), date(2026, 4, 30), 0.0),
        ("reminder_fee", FEE, date(2025, 5, 1), date(2026, 4, 30), 1.0),
        ("returned_debit", RETURN, date(2026, 3, 1), date(2026, 5, 29), 1.0),
        ("returned_debit", RETURN, date(2026, 3, 1), date(2026, 5, 30), 0.0),
        ("garnishment", "liquidity_garnishment_count_12m_v2", date(2025, 4, 30), date(2027, 3, 31), 1.0),
        ("insolvency_own", "liquidity_insolvency_sign_count_12m_v2", date(2025, 4, 30), date(2027, 3, 31), 1.0),
    ],
)
def test_a_sign_counts_until_its_time_is_over(
    category: str, feature: str, happened_on: date, until: date, expected: float
) -> None:
    """To the day, and none of those that are no matter of waiting."""
    history = [
        make_transaction(amount_cents=1_00, happened_on=AS_OF - timedelta(days=30 * number)) for number in range(24)
    ]
    sign = make_transaction(category=category, amount_cents=-5_00, happened_on=happened_on)
    ledger = ledger_of(transactions=[*history, sign])
    assert feature_of(feature, AS_OF, ledger) == 1.0
    assert feature_of(feature, AS_OF, rolled(ledger, until)) == expected


def test_time_takes_no_money_away() -> None:
    """What a fee cost stays an expense, on its day: business goes on as it did."""
    fee = make_transaction(category="reminder_fee", nature="reminder_fee", amount_cents=-5_00, happened_on=LONG_AGO)
    before = ledger_of(transactions=[fee])
    after = rolled(before, date(2027, 3, 31))
    assert after.transactions.select("category", "nature").row(0) == ("other", "other")
    unchanged = pl.exclude("category", "nature")
    assert after.transactions.select(unchanged).equals(before.transactions.select(unchanged))
