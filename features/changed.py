"""The ledger as it would be after something changed: documents paid, a bank linked, time gone by.

What a firm can do about its books, applied to the facts that sevdesk's books would show afterwards. Nothing here says
whether a change helps: the changed ledger is decided on like any other.

A payment is a line that the bank delivers on the firm's own account, booked in full on its document. The level of an
account is that at the end of a day before its lines, so that a new line changes no level.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import msgspec
import polars as pl

from features.ledger import DOCUMENT, Ledger, Resource, appended, collect
from features.recognised import RecognisedViews
from features.spine import observed, spine_of
from features.views import WINDOW_90D, View, Views

SIGNS: Final = ("reminder_fee", "returned_debit")
"""Categories of bank lines that speak against the firm by being there, and are counted for some time only. Not those of
knock-outs and doubts: these are no matter of waiting."""


class OpenDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document on which something is owed on the day of observation."""

    is_sale: bool
    """To be collected by the firm; else to be paid."""
    document: str
    """``invoice`` or ``voucher``."""
    document_id: int
    owed_cents: int
    """Above 0: what is open, without what the customer may keep back."""
    past_due_days: int
    """0 where it is not due yet."""


def open_documents(ledger: Ledger, as_of: date) -> tuple[OpenDocument, ...]:
    """What is owed to and by the one borrower of a ledger; sold receivables are not the firm's to collect.

    The longest overdue come first, of these the largest.
    """
    is_recognised = Resource.RECOGNITION in ledger.fetched
    views = (RecognisedViews if is_recognised else Views)(ledger, observed(spine_of(as_of)))
    owed = pl.col("owed_cents" if is_recognised else "open_cents").alias("owed_cents")
    is_own = ~pl.col("is_sold") if is_recognised else pl.lit(value=True)
    sales = collect(views[View.RECEIVABLES].filter(is_own).select("is_invoice", "document_id", owed, "dpd"))
    bills = collect(views[View.PAYABLES].select("document_id", "open_cents", "dpd"))
    found = [
        OpenDocument(
            is_sale=True,
            document="invoice" if is_invoice else "voucher",
            document_id=number,
            owed_cents=cents,
            past_due_days=days,
        )
        for is_invoice, number, cents, days in sales.iter_rows()
        if cents > 0
    ] + [
        OpenDocument(is_sale=False, document="voucher", document_id=number, owed_cents=cents, past_due_days=days)
        for number, cents, days in bills.iter_rows()
        if cents > 0
    ]
    return tuple(sorted(found, key=lambda one: (-one.past_due_days, -one.owed_cents, one.document_id)))


def cash_cents(ledger: Ledger, as_of: date) -> int | None:
    """What is on all accounts at the end of the day; None where a bank does not confirm it."""
    make = RecognisedViews if Resource.RECOGNITION in ledger.fetched else Views
    views = make(ledger, observed(spine_of(as_of)))
    levels = collect(views[View.LEVELS])
    if not levels.height or not levels["is_level_verified"].fill_null(value=False).all():
        return None
    return int(collect(views[View.BALANCE])["level_cents"][-1])


def fed_account(ledger: Ledger) -> tuple[int, int | None] | None:
    """The account with most lines of those that the bank delivers, and its number at the bank; None where none is."""
    is_fed = pl.col("provenance") == "bank_feed"
    if Resource.RECOGNITION in ledger.fetched:
        is_fed &= pl.col("feed") == "current"
    fed = ledger.accounts.filter(is_fed).select("account_id", "bank_account_id")
    lines = ledger.transactions.group_by("account_id").len("count")
    counted = fed.join(lines, on="account_id", how="left").with_columns(pl.col("count").fill_null(0))
    ordered = counted.sort("count", "account_id", descending=[True, False])
    return None if ordered.is_empty() else (ordered.item(0, "account_id"), ordered.item(0, "bank_account_id"))


def settled(ledger: Ledger, documents: Sequence[OpenDocument], on: date) -> Ledger | None:
    """The ledger after each document was paid in full, on one day and by one line each.

    Args:
        ledger: of one borrower.
        documents: of ``open_documents``, at least one.
        on: the day.

    Returns:
        None where the bank delivers no account: a payment that only the firm can see is none.
    """
    account = fed_account(ledger)
    if account is None:
        return None
    first = 1 + ledger.transactions.select(pl.col("transaction_id").max().fill_null(0)).item()
    paid = pl.DataFrame(
        {
            "document": [one.document for one in documents],
            "document_id": [one.document_id for one in documents],
            "amount_cents": [one.owed_cents for one in documents],
            "is_sale": [one.is_sale for one in documents],
            "transaction_id": [first + place for place in range(len(documents))],
        },
        schema={"document": pl.String, "document_id": pl.Int64, "amount_cents": pl.Int64}
        | {"is_sale": pl.Boolean, "transaction_id": pl.Int64},
    ).with_columns(
        pl.lit(_borrower(ledger)).alias("borrower"), pl.lit(on).alias("happened_on"), pl.lit(on).alias("recorded_on")
    )
    paid = paid.join(
        _payers(ledger, documents), on=["is_sale", "document_id", "document"], how="left", maintain_order="left"
    )
    closed = paid.with_columns(means=pl.lit("bank"), source=pl.lit("bank"), is_day_known=pl.lit(value=True))
    lines = paid.with_columns(
        pl.when("is_sale").then("amount_cents").otherwise(-pl.col("amount_cents")).alias("amount_cents"),
        pl.when("is_sale").then(pl.lit("customer_receipt")).otherwise(pl.lit("supplier")).alias("category"),
        *(pl.lit(value).alias(name) for name, value in _LINE.items()),
        account_id=pl.lit(account[0], dtype=pl.Int64),
        bank_account_id=pl.lit(account[1], dtype=pl.Int64),
        rule=pl.lit(None, dtype=pl.String),
    )
    return replace(
        ledger,
        payments=appended(ledger.payments, closed),
        closings=appended(ledger.closings, closed),
        transactions=appended(ledger.transactions, lines),
    )


_LINE: Final = {
    "nature": "other",
    "is_internal": False,
    "certainty": "certain",
    "transfer": "none",
    "is_fed": True,
    "is_duplicate": False,
}
"""What every line of a payment has."""


def _borrower(ledger: Ledger) -> int:
    return int(ledger.accounts["borrower"][0])


def _payers(ledger: Ledger, documents: Sequence[OpenDocument]) -> pl.DataFrame:
    """Of each document the account at the other end of its party's last payment: who paid before pays again."""
    parts = []
    for is_sale, of_side, party in ((True, ledger.invoices, "customer"), (False, ledger.bills, "supplier")):
        wanted = [one.document_id for one in documents if one.is_sale is is_sale]
        if not wanted:
            continue
        kind = pl.col("document") if is_sale else pl.lit("voucher", dtype=DOCUMENT).alias("document")
        side = of_side.select(kind, "document_id", pl.col(party).alias("party")).filter(pl.col("party").is_not_null())
        asked = side.filter(pl.col("document_id").is_in(wanted))
        theirs = side.filter(pl.col("party").is_in(asked["party"].implode()))
        lines = ledger.transactions.filter(pl.col("category") == ("customer_receipt" if is_sale else "supplier"))
        paid = theirs.join(ledger.payments, on=["document", "document_id"]).select("party", "transaction_id")
        known = paid.join(lines, on="transaction_id").sort("happened_on", "transaction_id")
        last = known.group_by("party").agg(pl.col("counterparty", "counterparty_account").last())
        parts.append(
            asked.join(last, on="party", how="left").select(
                pl.lit(value=is_sale).alias("is_sale"),
                pl.col("document").cast(pl.String),
                "document_id",
                "counterparty",
                "counterparty_account",
            )
        )
    return pl.concat(parts)


def linked(ledger: Ledger, as_of: date) -> Ledger | None:
    """The ledger after the bank was linked and delivered what the books hold: lines and levels are the bank's.

    Accounts that a bank has delivered, and delivers no more, are left as they are: what happened since is unknown.

    Returns:
        None where no bank account is without a link.
    """
    is_new = (pl.col("kind") == "online") & (pl.col("provenance") != "bank_feed")
    new = ledger.accounts.filter(is_new)
    if new.is_empty():
        return None
    ids, bank_ids = new["account_id"].implode(), new["bank_account_id"].implode()
    is_line = pl.col("account_id").is_in(ids)
    transactions = ledger.transactions.with_columns((pl.col("is_fed") | is_line).alias("is_fed"))
    of_lines = transactions.filter(is_line)["transaction_id"].implode()
    is_shown = (pl.col("means") == "manual") & pl.col("transaction_id").is_in(of_lines)
    is_level = pl.col("bank_account_id").is_in(bank_ids) & (pl.col("state") == "unverified")
    return replace(
        ledger,
        transactions=transactions,
        accounts=ledger.accounts.with_columns(
            _where(is_new, "provenance", "bank_feed", ledger.accounts),
            _where(is_new, "feed", "current", ledger.accounts),
            pl.when(is_new).then(pl.lit(as_of)).otherwise("covered_until").alias("covered_until"),
        ),
        balances=ledger.balances.with_columns(
            (pl.col("is_level_verified") | pl.col("account_id").is_in(ids)).alias("is_level_verified")
        ),
        levels=ledger.levels.with_columns(_where(is_level, "state", "verified", ledger.levels)),
        closings=ledger.closings.with_columns(_where(is_shown, "means", "bank", ledger.closings)),
    )


def fed_days(ledger: Ledger, as_of: date) -> int:
    """The days that the shortest history of a bank account spans; 0 where there is none with lines."""
    accounts = ledger.accounts.filter(pl.col("kind") == "online").select("account_id")
    firsts = ledger.transactions.join(accounts, on="account_id").group_by("account_id").agg(pl.col("happened_on").min())
    latest = firsts["happened_on"].max()
    return (as_of - latest).days + 1 if isinstance(latest, date) else 0


def rolled(ledger: Ledger, until: date) -> Ledger:
    """The ledger as it would look on a later day if business went on as it did, and no further sign came.

    Then the last year looks as it does today, but signs that are counted for some time only count no more where that
    time is over. What such a line cost stays: only that it is a sign is taken from it.

    Args:
        ledger: of one borrower.
        until: the later day.
    """
    year_day = observed(spine_of(until)).item(0, "year_day")
    day = pl.col("happened_on").cast(pl.Int32)
    last_day = pl.lit(until).cast(pl.Int32)
    is_over = {"reminder_fee": day < year_day, "returned_debit": day <= last_day - WINDOW_90D}

    def without(column: str) -> pl.Expr:
        is_gone = pl.any_horizontal((pl.col(column) == sign) & is_over[sign] for sign in SIGNS)
        other = pl.lit("other", dtype=ledger.transactions.schema[column])
        return pl.when(is_gone).then(other).otherwise(column).alias(column)

    return replace(ledger, transactions=ledger.transactions.with_columns(without("category"), without("nature")))


def _where(condition: pl.Expr, column: str, value: str, frame: pl.DataFrame) -> pl.Expr:
    return pl.when(condition).then(pl.lit(value, dtype=frame.schema[column])).otherwise(column).alias(column)
