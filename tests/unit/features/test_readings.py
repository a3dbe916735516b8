"""What was set aside, read at its best and at its worst."""

from datetime import date

import pytest
from builders import (
    Row,
    feature_of,
    make_account,
    make_bill,
    make_invoice,
    make_ledger,
    make_level,
    make_set_aside,
    make_transaction,
)

from features.ledger import Ledger
from features.readings import set_aside_at_best, set_aside_at_worst

AS_OF = date(2024, 12, 31)
RECORDED_ON = date(2024, 12, 10)
BALANCE = "liquidity_minimum_balance_months_90d_v2"
SUSPECTED = "liquidity_garnishment_suspected_count_12m_v2"
RETURNED = "liquidity_returned_debit_count_90d_v2"
SERVICE = "liquidity_debt_service_12m_cents_v2"


def _books(**set_aside: object) -> Ledger:
    """Two years of lines on two accounts, one of which was archived long ago, and something set aside."""
    lines = [
        make_transaction(happened_on=date(2023 + month // 12, month % 12 + 1, 5), amount_cents=euro * 100)
        for month in range(24)
        for euro in (900, -300)
    ]
    other = make_transaction(happened_on=date(2023, 1, 5), account_id=2, bank_account_id=2, amount_cents=0)
    return make_ledger(
        accounts=[make_account(), make_account(account_id=2, bank_account_id=2)],
        levels=[
            make_level(happened_on=AS_OF, level_cents=20_000_00, state="verified"),
            make_level(happened_on=AS_OF, bank_account_id=2, level_cents=0, state="verified"),
        ],
        transactions=[*lines, other],
        invoices=[make_invoice(document_id=1)],
        bills=[make_bill(document_id=2)],
        set_aside=[make_set_aside(recorded_on=RECORDED_ON, **set_aside)],
    )


def _line(euro: float, category: str = "other") -> Row:
    return {"kind": "bank_line", "gross_cents": round(euro * 100), "net_cents": None, "category": category}


def _read(ledger: Ledger) -> tuple[Ledger, Ledger]:
    best, worst = set_aside_at_best(ledger), set_aside_at_worst(ledger)
    assert best is not None
    assert worst is not None
    return best, worst


@pytest.mark.parametrize("euro", [-47.6, 47.6])
def test_a_line_that_was_set_aside_leaves_the_cash_known(euro: float) -> None:
    """One slip of a few euro does not take every level from an honest firm."""
    for ledger in _read(_books(**_line(euro))):
        assert isinstance(feature_of(BALANCE, AS_OF, ledger), float)
        assert ledger.transactions["account_id"].to_list()[-1] == 1


@pytest.mark.parametrize(
    ("category", "feature", "at_best", "at_worst"),
    [
        ("garnishment", SUSPECTED, 0, 1),
        ("returned_debit", RETURNED, 0, 1),
        ("rent", SUSPECTED, 0, 0),
        ("rent", SERVICE, 0, 900_00),
        ("garnishment", SERVICE, 0, 0),
    ],
)
def test_a_line_that_shows_distress_shows_it_at_worst(
    category: str, feature: str, at_best: float, at_worst: float
) -> None:
    """Nobody hides a garnishment by giving its line a day that cannot be read."""
    best, worst = _read(_books(**_line(-900, category)))
    assert (feature_of(feature, AS_OF, best), feature_of(feature, AS_OF, worst)) == (at_best, at_worst)


def test_what_may_be_a_sale_or_a_bill_is_the_sale_at_best_and_the_bill_at_worst() -> None:
    """At best it was paid when due, at worst it is owed since its day."""
    best, worst = _read(_books(kind="unknown", document_id=7, gross_cents=-119_00, net_cents=-100_00))
    assert best.invoices["document_id"].to_list() == [1, 7]
    assert best.bills["document_id"].to_list() == [2]
    assert best.closings.select("document_id", "amount_cents").rows() == [(7, 119_00)]
    assert worst.invoices["document_id"].to_list() == [1]
    assert worst.bills.filter(document_id=7).select("net_cents", "issued_on", "due_on").rows() == [
        (100_00, RECORDED_ON, RECORDED_ON)
    ]
    assert worst.closings.is_empty()


def test_without_an_amount_there_is_no_reading() -> None:
    """The policy refers what has none."""
    ledger = _books(gross_cents=None)
    assert set_aside_at_best(ledger) is None
    assert set_aside_at_worst(ledger) is None
