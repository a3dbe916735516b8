"""Which features read the same words as an event of distress.

A feature that reads before a day what makes a firm bad after it tells the outcome in the outcome's own words: returned
debits foretell returned debits. That is no fault, but whoever reads the model must know. What a feature reads is not
listed here by hand: facts are worded anew as the event has them, amounts and days untouched, and every feature whose
value changes is marked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import polars as pl

from features.derive import derive
from features.ledger import CATEGORY, CERTAINTY, DOCUMENT, NATURE, TRANSFER, Ledger, appended
from features.recognised import TAXES
from models.distress_definition import EVENTS, Event

EVERY: Final = 3
"""Facts of one in so many months are worded anew: few enough that others stay, and within every window of a feature."""
WORN_CENTS: Final = 10_000_000_00
"""By so much accounts are lowered: below zero, whatever the firm."""
_OUT: Final = pl.col("amount_cents") < 0


def marks(
    ledger: Ledger, points: pl.DataFrame, names: Sequence[str], events: Sequence[Event] = EVENTS
) -> dict[str, tuple[Event, ...]]:
    """The events whose words each feature reads; features that read none are left out.

    Args:
        ledger: Of some firms with usual books.
        points: Their spine.
        names: Features to ask about, all fetched.
        events: Of the definition.
    """
    asked = [event for event in EVENTS if event in events]
    # Beside books as they are, books that have the words of all events: some words are read only where others are, as
    # wages are where contributions are missing.
    full = _with(ledger, asked)
    pairs = {event: [(ledger, _with(ledger, [event])), (full, _with(ledger, asked, without=event))] for event in asked}
    values = {id(books): derive(books, points, names).values for books in (ledger, full)}
    read: dict[str, list[Event]] = {name: [] for name in names}
    for event, sides in pairs.items():
        worded = [(values[id(one)], derive(other, points, names).values) for one, other in sides]
        for name in names:
            if any(not one[name].equals(other[name], null_equal=True) for one, other in worded):
                read[name].append(event)
    return {name: tuple(found) for name, found in read.items() if found}


def _with(ledger: Ledger, events: Sequence[Event], *, without: Event | None = None) -> Ledger:
    for event in events:
        ledger = ledger if event == without else REWORDED[event](ledger)
    return ledger


def _is_reworded(day: str) -> pl.Expr:
    return pl.col(day).dt.month() % EVERY == 0


_IS_PLAIN: Final = _OUT & pl.col("category").is_in(["other", "supplier"])


def _lines_as(category: str, nature: str, which: pl.Expr) -> Callable[[Ledger], Ledger]:
    is_meant = which & _is_reworded("happened_on")

    def reworded(ledger: Ledger) -> Ledger:
        lines = ledger.transactions.with_columns(
            category=pl.when(is_meant).then(pl.lit(category, dtype=CATEGORY)).otherwise("category"),
            nature=pl.when(is_meant).then(pl.lit(nature, dtype=NATURE)).otherwise("nature"),
            certainty=pl.when(is_meant).then(pl.lit("certain", dtype=CERTAINTY)).otherwise("certainty"),
        )
        return replace(ledger, transactions=lines)

    return reworded


def _worn(ledger: Ledger) -> Ledger:
    """Accounts that lie below zero for some months, by transfers, which are no money in or out."""
    lines = ledger.transactions
    key = ["borrower", "account_id", "month"]
    month = pl.col("happened_on").dt.truncate("1mo")
    firsts = lines.filter(_is_reworded("happened_on")).with_columns(month=month).unique(key, keep="first").sort(key)
    below = firsts.with_columns(amount_cents=pl.lit(-WORN_CENTS), happened_on="month")
    back = firsts.with_columns(amount_cents=pl.lit(WORN_CENTS), happened_on=pl.col("month").dt.offset_by("1mo"))
    moved = pl.concat([below, back]).with_columns(
        transaction_id=pl.int_range(pl.len()) + lines["transaction_id"].max() + 1,
        recorded_on="happened_on",
        category=pl.lit("transfer", dtype=CATEGORY),
        nature=pl.lit("other", dtype=NATURE),
        transfer=pl.lit("link", dtype=TRANSFER),
        is_internal=pl.lit(value=True),
        counterparty=None,
        counterparty_account=None,
    )
    return replace(ledger, transactions=appended(lines, moved).sort("borrower", "happened_on", "transaction_id"))


def _unpaid(ledger: Ledger) -> Ledger:
    bills = ledger.bills.filter(_is_reworded("due_on")).select(
        "borrower", "document_id", pl.lit("voucher", dtype=DOCUMENT).alias("document")
    )
    key = ["borrower", "document", "document_id"]

    def others(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(bills, on=key, how="anti", maintain_order="left")

    return replace(
        ledger,
        closings=others(ledger.closings),
        payments=others(ledger.payments),
        settlements=others(ledger.settlements),
    )


REWORDED: Final[Mapping[Event, Callable[[Ledger], Ledger]]] = MappingProxyType(
    {
        "insolvency": _lines_as("insolvency_own", "other", _IS_PLAIN),
        "garnishment": _lines_as("garnishment", "garnishment", _IS_PLAIN),
        "returned_debits": _lines_as("returned_debit", "returned_debit", _IS_PLAIN),
        "levies_unpaid": _lines_as(
            "reminder_fee", "reminder_fee", _OUT & pl.col("category").is_in([*TAXES, "social_security"])
        ),
        "overdue_bills": _unpaid,
        "overdraft": _worn,
        "wages_stopped": _lines_as("other", "other", _OUT & (pl.col("category") == "wages")),
    }
)
"""A ledger with the words of an event."""
