"""Books as documents alone tell them: what a model learns from that scores without bank data.

Where bank data are left out, neither bank lines nor the payment log are fetched. A document then says of itself how
much of it was paid, and once it is settled, the day of the last payment: ``docs/ledger.md``. Facts that were fetched
with bank data know more, so they are told again with what the documents alone would have told on each day.
"""

from typing import Final

import polars as pl

from features.ledger import BANK_DATA, CLOSINGS, DOCUMENT, MEANS, SCHEMAS, Ledger

_POINT: Final = "point"
_DOCUMENT: Final = (_POINT, "document", "document_id")
_ASSUMED_TERM_DAYS: Final = 30
_BILL_DISCOUNT_DIVISOR: Final = 20
"""A bill that was paid in time, and a twentieth less at most, was paid with discount, as docs/ledger.md has it."""
_NOT_TOLD: Final = ("payments", "settlements", "accounts", "balances", "transactions", "levels")
"""Frames without a row: bank data, and the facts of version 1, of which no model is trained without bank data."""

_PAID: Final = pl.col("paid_cents")
_IS_INVOICE: Final = pl.col("document") == "invoice"
_IS_NOTE: Final = pl.col("document") == "credit_note"
_IS_CLOSED: Final = (pl.col("closed_cents") + pl.col("credited_cents")) * pl.col("gross_cents").sign() >= pl.col(
    "gross_cents"
).abs()
_STATED: Final = (
    # A closed invoice says that it was paid whole, whatever was deducted; a credit note says nothing of a part.
    pl.when(_IS_CLOSED & _IS_INVOICE)
    .then(pl.col("gross_cents") - pl.col("set_off_cents"))
    .when(_IS_NOTE)
    .then(pl.when(_IS_CLOSED).then(pl.col("gross_cents")).otherwise(0))
    .when(_IS_CLOSED)
    .then(pl.min_horizontal(_PAID, "gross_cents"))
    .otherwise(_PAID)
)
_LEFT: Final = pl.col("gross_cents") - pl.col("stated_cents")
_DUE_BY: Final = pl.max_horizontal("due_on", pl.col("issued_on") + pl.duration(days=_ASSUMED_TERM_DAYS))
_IS_DISCOUNT: Final = (
    ~pl.col("is_income") & (pl.col("gross_cents") >= _LEFT * _BILL_DISCOUNT_DIVISOR) & (pl.col("last_on") <= _DUE_BY)
)


def as_documents_tell(ledger: Ledger, points: pl.DataFrame) -> tuple[Ledger, pl.DataFrame]:
    """The facts at each point of a spine, as they would have been fetched there without bank data.

    Args:
        ledger: Facts that were fetched with bank data.
        points: Rows of a spine; each stands once.

    Returns:
        A ledger whose borrowers are the numbers of the points, and the points in their order with that number as
        ``borrower``.
    """
    numbered = points.with_row_index(_POINT).with_columns(pl.col(_POINT).cast(pl.Int64))
    days = numbered.select(_POINT, "borrower", "as_of")
    facts = {
        name: pl.DataFrame(schema=SCHEMAS[name])
        if name in _NOT_TOLD
        else frame.join(days, on="borrower").filter(pl.col("recorded_on") <= pl.col("as_of"))
        for name, frame in ledger.frames().items()
    }
    told = {
        **facts,
        "invoices": facts["invoices"].with_columns(pl.lit(None, dtype=pl.Date).alias("sold_on")),
        "closings": _closings(ledger, facts, days),
        "set_aside": facts["set_aside"].filter(~pl.col("kind").is_in(["account", "bank_line", "log_entry"])),
    }
    frames = {
        name: (frame if name in _NOT_TOLD else frame.with_columns(pl.col(_POINT).alias("borrower"))).select(
            SCHEMAS[name].names()
        )
        for name, frame in told.items()
    }
    by_point = numbered.with_columns(pl.col(_POINT).alias("borrower")).select(points.columns)
    sorted_frames = {name: frame.sort("borrower", maintain_order=True) for name, frame in frames.items()}
    return Ledger(**sorted_frames, fetched=ledger.fetched - BANK_DATA), by_point


def _closings(ledger: Ledger, facts: dict[str, pl.DataFrame], days: pl.DataFrame) -> pl.DataFrame:
    """What documents say of their payments at each point."""
    documents = _documents(facts)
    booked = _booked(ledger, days)
    notes = _credited(facts["credit_notes"], booked)
    credited = notes.group_by(_DOCUMENT).agg(
        pl.col("note_cents").sum().alias("credited_cents"),
        pl.col("note_cents").filter("is_set_off").sum().alias("set_off_cents"),
    )
    known = (
        documents.join(booked, on=_DOCUMENT, how="inner")
        .join(credited, on=_DOCUMENT, how="left")
        .with_columns(pl.col("credited_cents", "set_off_cents").fill_null(0))
        .with_columns(_STATED.alias("stated_cents"), _IS_CLOSED.alias("is_closed"))
        # While a document is not settled, it names no day: then what was paid is known on the day of reading.
        .with_columns(pl.when("is_closed").then("last_on").otherwise("as_of").alias("day"))
        .with_columns(pl.col("day").alias("known_on"))
    )
    paid = known.filter(pl.col("stated_cents") != 0).select(*_row("stated_cents", pl.lit("stated", dtype=MEANS)))
    means = (
        pl.when(_LEFT < 0)
        .then(pl.lit("fee", dtype=MEANS))
        .when(_IS_DISCOUNT)
        .then(pl.lit("discount", dtype=MEANS))
        .otherwise(pl.lit("short", dtype=MEANS))
    )
    is_left = pl.col("is_closed") & ~_IS_INVOICE & ~_IS_NOTE & (_LEFT != 0)
    left = known.filter(is_left).with_columns(_LEFT.alias("left_cents"))
    return pl.concat([paid, left.select(*_row("left_cents", means)), *_set_off_later(notes, known)])


def _set_off_later(notes: pl.DataFrame, known: pl.DataFrame) -> list[pl.DataFrame]:
    """Closed invoices that were credited after they were paid look short paid until the day of the credit note."""
    closed = known.filter("is_closed").select(_DOCUMENT)
    later = notes.filter(pl.col("is_set_off") & ~pl.col("is_before")).join(closed, on=_DOCUMENT)
    means = pl.lit("short", dtype=MEANS)
    looked = later.with_columns(pl.col("last_on").alias("day"), pl.col("last_on").alias("known_on"))
    explained = later.with_columns(
        pl.max_horizontal("issued_on", "last_on").alias("day"),
        pl.max_horizontal("recorded_on", "last_on").alias("known_on"),
        (-pl.col("note_cents")).alias("note_cents"),
    )
    return [frame.select(*_row("note_cents", means)) for frame in (looked, explained)]


def _row(cents: str, means: pl.Expr) -> list[pl.Expr]:
    known = {
        "transaction_id": pl.lit(None, dtype=pl.Int64),
        "amount_cents": pl.col(cents),
        "means": means,
        "is_day_known": pl.lit(value=True),
        "happened_on": pl.col("day"),
        "recorded_on": pl.col("known_on"),
    }
    return [pl.col(_POINT), *(known.get(name, pl.col(name)).alias(name) for name in CLOSINGS.names()[1:])]


def _documents(facts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The documents that can be paid, at each point."""
    columns = (_POINT, "as_of", "document", "document_id", "issued_on", "due_on", "gross_cents", "is_income")
    bills = facts["bills"].with_columns(
        pl.lit("voucher", dtype=DOCUMENT).alias("document"), is_income=pl.lit(value=False)
    )
    notes = facts["credit_notes"].with_columns(
        pl.lit("credit_note", dtype=DOCUMENT).alias("document"),
        pl.col("issued_on").alias("due_on"),
        is_income=pl.lit(value=False),
    )
    sales = facts["invoices"].with_columns(is_income=pl.lit(value=True))
    return pl.concat([frame.select(columns) for frame in (sales, bills, notes)])


def _booked(ledger: Ledger, days: pl.DataFrame) -> pl.DataFrame:
    """Of each document with a booking: what was paid, what closed it in all, and the day of the last payment."""
    is_money = pl.col("cause").is_null() | (pl.col("cause") == "write_off")
    columns = ("borrower", "document", "document_id", "amount_cents", "happened_on", "recorded_on", "source", "cause")
    frames = [ledger.payments.select(*columns[:-1]), ledger.settlements.select(*columns[:-2], columns[-1])]
    return (
        pl.concat(frames, how="diagonal")
        .join(days, on="borrower")
        .filter((pl.col("recorded_on") <= pl.col("as_of")) & (pl.col("happened_on") <= pl.col("as_of")))
        .group_by(_DOCUMENT)
        .agg(
            pl.col("amount_cents").filter(is_money).sum().alias("paid_cents"),
            pl.col("amount_cents").sum().alias("closed_cents"),
            pl.col("happened_on").filter(is_money).max().alias("last_on"),
            (pl.col("source") == "document").any().alias("is_stated"),
        )
        .filter(pl.col("last_on").is_not_null())
    )


def _credited(notes: pl.DataFrame, booked: pl.DataFrame) -> pl.DataFrame:
    """Credit notes on invoices that were paid, at each point, with what was booked on the invoice."""
    on_invoices = notes.filter(pl.col("invoice_id").is_not_null() & (pl.col("issued_on") <= pl.col("as_of"))).select(
        _POINT,
        pl.lit("invoice", dtype=DOCUMENT).alias("document"),
        pl.col("invoice_id").alias("document_id"),
        pl.col("document_id").alias("note_id"),
        pl.col("issued_on", "recorded_on"),
        pl.col("gross_cents").alias("note_cents"),
    )
    of_note = booked.filter(_IS_NOTE).select(_POINT, pl.col("document_id").alias("note_id"), "is_stated")
    return (
        on_invoices.join(booked.drop("is_stated"), on=_DOCUMENT)
        .join(of_note, on=[_POINT, "note_id"], how="left")
        # A note that was set off against its invoice says that it is paid, and no line paid it.
        .with_columns(pl.col("is_stated").fill_null(value=False).alias("is_set_off"))
        .with_columns((pl.max_horizontal("issued_on", "recorded_on") <= pl.col("last_on")).alias("is_before"))
    )
