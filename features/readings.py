"""Doubtful facts read otherwise: a decision that hangs on how they are read is for a person.

Two kinds of facts are doubtful. A *probable* transfer between own accounts (its ``transfer`` is ``entered``,
``own_name`` or ``amount``) may be a payment. What was *set aside* because it could not be read may be the best or the
worst that it can be by what is known of it.

* A sale at its best was issued on its day and paid through the bank when due; at its worst it is open and overdue since
  its day. Without a day it is of the day it was recorded, without a deadline due at once.
* A bill at its best was paid when due; at its worst it is open since its day.
* A credit note or cancellation at its best was none; at its worst it is owed to its customer.
* What may be a sale or a bill is the sale at its best, and the bill at its worst.
* A bank line that was recognised as a sign of distress is one at its worst. Another in is at its best a customer's
  payment, at its worst the proceeds of a loan; one out at its best a purchase, at its worst debt service.

What has no readable amount, and reminders, accounts and log entries, have no such reading: the policy bounds how much
may be set aside, and refers where an amount cannot be read.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import polars as pl

from features.ledger import (
    CATEGORY,
    CERTAINTY,
    DOCUMENT,
    MEANS,
    NATURE,
    TRANSFER,
    Ledger,
    appended,
)

PROBABLE: Final = ("entered", "own_name", "amount")


def transfers_as_payments(ledger: Ledger) -> Ledger | None:
    """Probable transfers are payments; None where there is none."""
    is_probable = pl.col("transfer").is_in(PROBABLE) & ~pl.col("is_duplicate")
    if not ledger.transactions.select(is_probable.any()).item():
        return None
    read = pl.when(is_probable).then(pl.lit("none", dtype=TRANSFER)).otherwise("transfer").alias("transfer")
    return replace(ledger, transactions=ledger.transactions.with_columns(read))


def set_aside_at_best(ledger: Ledger) -> Ledger | None:
    """What was set aside is the best that it can be; None where nothing was."""
    return _with_set_aside(ledger, is_best=True)


def set_aside_at_worst(ledger: Ledger) -> Ledger | None:
    """What was set aside is the worst that it can be; None where nothing was."""
    return _with_set_aside(ledger, is_best=False)


READINGS: Final[Mapping[str, Callable[[Ledger], Ledger | None]]] = MappingProxyType(
    {
        "transfers_as_payments": transfers_as_payments,
        "set_aside_at_best": set_aside_at_best,
        "set_aside_at_worst": set_aside_at_worst,
    }
)
"""By name, each way to read doubtful facts otherwise."""


def differ_in_lines_alone(one: Ledger, other: Ledger) -> bool:
    """Whether a reading of a ledger has every frame of it but that of bank lines."""
    frames = one.frames()
    return {name for name, frame in other.frames().items() if frame is not frames[name]} <= {"transactions"}


_HAS_AMOUNT = pl.col("gross_cents").is_not_null()
_DAY = pl.coalesce("issued_on", "recorded_on")
_DUE = pl.max_horizontal(pl.coalesce("due_on", "issued_on", "recorded_on"), _DAY)
_GROSS = pl.col("gross_cents")
_NET = pl.coalesce("net_cents", "gross_cents")
_DATED = (_DAY.alias("issued_on"), _DUE.alias("due_on"), pl.lit(value=False).alias("is_due_assumed"))
_SALE = (
    pl.lit("invoice", dtype=DOCUMENT).alias("document"),
    *_DATED,
    pl.lit(None, dtype=pl.Int32).alias("discount_days"),
    _NET.alias("net_cents"),
    pl.lit(value=False).alias("is_duplicate"),
    pl.lit(0, dtype=pl.Int64).alias("retention_cents"),
    *(
        pl.lit(None, dtype=pl.Date).alias(name)
        for name in ("sent_on", "duplicate_until", "sold_on", "retained_since", "retained_until")
    ),
)
_BILL = (
    pl.col("customer").alias("supplier"),
    *_DATED,
    _NET.alias("net_cents"),
    pl.lit(value=False).alias("is_duplicate"),
    pl.lit(None, dtype=pl.Date).alias("duplicate_until"),
)
_NOTE = (
    pl.lit(None, dtype=pl.Int64).alias("invoice_id"),
    _DAY.alias("issued_on"),
    _NET.abs().alias("net_cents"),
    _GROSS.abs().alias("gross_cents"),
)


def _paid(document: str) -> tuple[pl.Expr, ...]:
    return (
        pl.lit(document, dtype=DOCUMENT).alias("document"),
        pl.lit(None, dtype=pl.Int64).alias("transaction_id"),
        _GROSS.alias("amount_cents"),
        pl.lit("bank", dtype=MEANS).alias("means"),
        pl.lit(value=True).alias("is_day_known"),
        _DUE.alias("happened_on"),
    )


DISTRESS: Final = ("garnishment", "insolvency_own", "returned_debit", "returned_objection", "reminder_fee")
"""Categories that speak against the firm by being there, whatever their amount."""


_AT_BEST = pl.when(_GROSS > 0).then(pl.lit("customer_receipt")).otherwise(pl.lit("supplier"))
_AT_WORST = pl.when(_GROSS > 0).then(pl.lit("loan_proceeds")).otherwise(pl.lit("loan_service"))
_IS_DISTRESS = pl.col("category").is_in(DISTRESS)


def _main_account(ledger: Ledger) -> int:
    """The account with the most lines of those whose level is known; 0 for none.

    A line of an account without a level would leave the cash of all accounts unknown, which it does not.
    """
    lines = ledger.transactions.filter(pl.col("bank_account_id").is_in(ledger.levels["bank_account_id"].implode()))
    return 0 if lines.is_empty() else int(lines["bank_account_id"].mode().sort()[0])


def _line(category: pl.Expr) -> tuple[pl.Expr, ...]:
    nothing = pl.lit(None, dtype=pl.Int64)
    return (
        pl.col("document_id").alias("transaction_id"),
        _GROSS.alias("amount_cents"),
        pl.lit("other", dtype=NATURE).alias("nature"),
        pl.lit(value=False).alias("is_internal"),
        nothing.alias("counterparty"),
        nothing.alias("counterparty_account"),
        _DAY.alias("happened_on"),
        category.cast(CATEGORY).alias("category"),
        pl.lit("probable", dtype=CERTAINTY).alias("certainty"),
        pl.lit(None, dtype=pl.String).alias("rule"),
        pl.lit("none", dtype=TRANSFER).alias("transfer"),
        pl.lit(value=True).alias("is_fed"),
        pl.lit(value=False).alias("is_duplicate"),
    )


_LINE_AT_BEST = _line(_AT_BEST)
_LINE_AT_WORST = _line(pl.when(_IS_DISTRESS).then(pl.col("category").cast(pl.String)).otherwise(_AT_WORST))


def _with_set_aside(ledger: Ledger, *, is_best: bool) -> Ledger | None:
    known = ledger.set_aside.filter(_HAS_AMOUNT)
    if known.is_empty():
        return None
    sales = known.filter(pl.col("kind") == "sale")
    bills = known.filter(pl.col("kind") == "bill")
    unknown = known.filter(pl.col("kind") == "unknown").with_columns(_GROSS.abs(), pl.col("net_cents").abs())
    sales, bills = (pl.concat([sales, unknown]), bills) if is_best else (sales, pl.concat([bills, unknown]))
    notes = known.filter(pl.col("kind").is_in(["credit_note", "cancellation"]))
    lines = known.filter(pl.col("kind") == "bank_line")
    account = pl.lit(_main_account(ledger), dtype=pl.Int64)
    lines = lines.with_columns(account.alias("account_id"), account.alias("bank_account_id"))
    lines = lines.with_columns(_LINE_AT_BEST if is_best else _LINE_AT_WORST)
    read = replace(
        ledger,
        invoices=appended(ledger.invoices, sales.with_columns(_SALE)),
        bills=appended(ledger.bills, bills.with_columns(_BILL)),
        transactions=appended(ledger.transactions, lines),
    )
    if is_best:
        paid = [sales.with_columns(_paid("invoice")), bills.with_columns(_paid("voucher"))]
        return replace(read, closings=appended(ledger.closings, pl.concat(paid)))
    return replace(read, credit_notes=appended(ledger.credit_notes, notes.with_columns(_NOTE)))
