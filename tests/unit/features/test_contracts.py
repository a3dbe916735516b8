"""Ledger contracts: the thorough and the cheap check reject the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from builders import (
    Row,
    make_account,
    make_balance,
    make_bill,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_level,
    make_payment,
    make_position,
    make_reminder,
    make_set_aside,
    make_settlement,
    make_spine,
    make_transaction,
)
from hypothesis import given
from strategies import Rows, ledger_rows

from features.contracts import CONTRACTS, MAX_CENTS, LedgerError, check_ledger, validate_ledger, validate_spine
from features.ledger import SCHEMAS, Ledger

CHECKS = pytest.mark.parametrize("check", [check_ledger, validate_ledger])

Check = Callable[[Ledger], None]


def _whole() -> dict[str, list[Row]]:
    invoice, bill = make_invoice(), make_bill()
    return {
        "invoices": [invoice, make_invoice(document="voucher", due_on=date(2024, 1, 1))],
        "bills": [bill, make_bill(due_on=date(2024, 1, 1))],
        "payments": [make_payment(invoice), make_payment(bill, amount_cents=-5)],
        "settlements": [make_settlement(invoice)],
        "credit_notes": [make_credit_note(invoice), make_credit_note()],
        "cancellations": [make_cancellation(invoice)],
        "reminders": [make_reminder(invoice), make_reminder(document_id=5)],
        "accounts": [make_account()],
        "balances": [make_balance()],
        "transactions": [make_transaction(), make_transaction(account_id=99)],
        "levels": [make_level()],
        "closings": [make_closing(invoice), make_closing(bill, means="set_off", amount_cents=-5)],
        "set_aside": [make_set_aside(), make_set_aside(kind="bank_line", gross_cents=None)],
        "positions": [make_position(invoice), make_position(bill, account=4400, kind="rent")],
    }


@CHECKS
def test_a_sound_ledger_passes(check: Check) -> None:
    """Ledgers with every kind of fact, and without any."""
    check(make_ledger(**_whole()))
    check(Ledger.empty())


@given(rows=ledger_rows())
def test_generated_ledgers_are_sound(rows: Rows) -> None:
    """What the other properties are tried on keeps the contract."""
    check_ledger(make_ledger(**rows))
    validate_ledger(make_ledger(**rows))


BAD = [
    ("invoices", {"recorded_on": None}, "recorded_on|nullability"),
    ("invoices", {"document": "credit_note"}, "document|check"),
    ("invoices", {"due_on": date(2024, 1, 14)}, "due_not_before_issue"),
    ("invoices", {"gross_cents": MAX_CENTS + 1}, "gross_cents|max"),
    ("invoices", {"net_cents": -MAX_CENTS - 1}, "net_cents|min"),
    ("invoices", {"issued_on": date(1969, 12, 31)}, "issued_on|min"),
    ("invoices", {"due_on": date(2200, 1, 1)}, "due_on|max"),
    ("invoices", {"discount_days": -1}, "discount_days|min"),
    ("bills", {"document_id": None}, "document_id|nullability"),
    ("bills", {"is_due_assumed": None}, "is_due_assumed|nullability"),
    ("payments", {"amount_cents": None}, "amount_cents|nullability"),
    ("payments", {"source": None}, "source|nullability"),
    ("settlements", {"cause": None}, "cause|nullability"),
    ("credit_notes", {"gross_cents": -1}, "gross_cents|min"),
    ("cancellations", {"invoice_id": None}, "invoice_id|nullability"),
    ("reminders", {"level": -1}, "level|min"),
    ("accounts", {"kind": None}, "kind|nullability"),
    ("balances", {"account_id": 99}, "known_account"),
    ("transactions", {"happened_on": date(1900, 1, 1)}, "happened_on|min"),
    ("transactions", {"transfer": None}, "transfer|nullability"),
    ("invoices", {"retention_cents": -1}, "retention_cents|min"),
    ("levels", {"bank_account_id": 99}, "known_account"),
    ("closings", {"means": None}, "means|nullability"),
    ("set_aside", {"field": None}, "field|nullability"),
]


@CHECKS
@pytest.mark.parametrize(("frame", "change", "rule"), BAD)
def test_a_broken_rule_is_named(check: Check, frame: str, change: Row, rule: str) -> None:
    """The error says which frame breaks which rule in how many rows."""
    rows = _whole()
    rows[frame][0] = {**rows[frame][0], **change}
    with pytest.raises(LedgerError) as caught:
        check(make_ledger(**rows))
    assert (caught.value.frame, caught.value.rule, caught.value.row_count) == (frame, rule, 1)


@CHECKS
@pytest.mark.parametrize("frame", [name for name, contract in CONTRACTS.items() if contract.primary_key()])
def test_a_repeated_key_is_named(check: Check, frame: str) -> None:
    """The same fact twice is an error, of one borrower as of several; of two borrowers it is not."""
    rows = _whole()
    first = rows[frame][0]
    for others in ([], [{**first, "borrower": 1}]):
        twice = {**rows, frame: [first, first, *others]}
        if frame == "balances":
            twice["accounts"] = [make_account(), make_account(borrower=1)]
        with pytest.raises(LedgerError) as caught:
            check(make_ledger(**twice))
        assert (caught.value.frame, caught.value.rule, caught.value.row_count) == (frame, "primary_key", 2)


@CHECKS
def test_facts_of_two_borrowers_may_share_numbers(check: Check) -> None:
    """Numbers are those of each borrower's own books."""
    rows = _whole()
    both = {name: [*some, *({**row, "borrower": 1} for row in some)] for name, some in rows.items()}
    check(make_ledger(**both))


@CHECKS
def test_a_voucher_is_revenue_or_a_bill(check: Check) -> None:
    """On both sides its payments would count twice."""
    rows = _whole()
    rows["bills"].append(make_bill(document_id=rows["invoices"][1]["document_id"]))
    with pytest.raises(LedgerError, match="voucher_on_one_side") as caught:
        check(make_ledger(**rows))
    assert caught.value.row_count == 1


@CHECKS
@pytest.mark.parametrize("frame", list(SCHEMAS))
def test_another_schema_is_named(check: Check, frame: str) -> None:
    """A missing column, or one of another type, is an error even in an empty frame."""
    ledger = Ledger.empty()
    short = getattr(ledger, frame).drop("borrower")
    retyped = getattr(ledger, frame).cast({"borrower": pl.Int32})
    for wrong in (short, retyped):
        with pytest.raises(LedgerError, match="schema"):
            check(replace(ledger, **{frame: wrong}))


def test_a_sound_spine_passes() -> None:
    """Several borrowers, several days."""
    validate_spine(make_spine((0, date(2024, 1, 1)), (0, date(2024, 1, 2)), (1, date(2024, 1, 1))))


def test_a_spine_names_each_borrower_once_a_day() -> None:
    """A repeated point would count twice in training."""
    with pytest.raises(LedgerError, match="primary_key"):
        validate_spine(make_spine((0, date(2024, 1, 1)), (0, date(2024, 1, 1))))


def test_a_spine_has_its_schema() -> None:
    """Without the day there is no point of observation."""
    with pytest.raises(LedgerError, match="schema"):
        validate_spine(make_spine((0, date(2024, 1, 1))).drop("as_of"))
