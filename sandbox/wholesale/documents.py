"""The documents of a big trade, in columns: what became of them by the end of the books."""

import numpy as np
import polars as pl

from sandbox.life.calendar import Calendar
from sandbox.wholesale.trade import Buying, Selling

_NOT_BOOKED = {"booked": 0, "written_off": 0, "last_day": 0, "last_recorded": 0}


def credit_notes(selling: Selling, when: Calendar, booked: pl.DataFrame) -> pl.DataFrame:
    """Credit notes, settled against their invoice, refunded, or open; ``index`` is that of the invoice."""
    notes = selling.notes.filter(pl.col("day") <= when.last).with_columns(issued=pl.col("day") + when.start).drop("day")
    notes = notes.with_columns(
        recorded=pl.col("issued"),
        tax=pl.col("gross") - pl.col("net"),
        customer=pl.Series(selling.invoices.party[notes["index"]]),
        rate=pl.Series(selling.invoices.rate[notes["index"]]),
    )
    notes = _with_bookings(notes, booked, "CreditNote")
    return notes.with_columns(
        booked=-pl.col("booked"),
        is_closed=pl.col("is_closed") | ~pl.col("is_refunded"),
        is_linked_by_origin=pl.col("index") % 3 == 0,
    )


def bills(buying: Buying, when: Calendar, booked: pl.DataFrame, first_supplier: int) -> pl.DataFrame:
    """Bills, and what is none: a draft and a template."""
    bought = buying.bills
    frame = pl.DataFrame(
        {
            "index": np.arange(len(bought.net)),
            "supplier": bought.party + first_supplier,
            "issued": bought.issued + when.start,
            "deadline": bought.due + when.start,
            "is_stated": buying.is_stated,
            "net": bought.net,
            "tax": bought.tax,
            "gross": bought.gross,
            "rate": bought.rate,
        }
    )
    frame = _with_bookings(frame, booked, "Voucher").with_columns(
        deadline=pl.when("is_stated").then("deadline"),
        recorded=pl.col("issued"),
        booked=-pl.col("booked"),
        number=pl.format("{}-{}", pl.col("supplier") - first_supplier + 100, 10_000 + pl.col("index")),
        kind=pl.lit("VOU"),
        is_draft=pl.lit(value=False),
    )
    odd = _without_bookings(frame[:1]).with_columns(number=pl.lit("E-1"))
    last = when.start + when.last
    draft = odd.with_columns(is_draft=pl.lit(value=True), issued=pl.lit(last), recorded=pl.lit(last))
    return pl.concat([frame, draft, odd.with_columns(kind=pl.lit("RV"))], how="vertical_relaxed")


def invoices(selling: Selling, when: Calendar, booked: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """Invoices, cancellations, reminders, and what is none of them: two drafts and a template."""
    sold = selling.invoices
    frame = pl.DataFrame(
        {
            "index": np.arange(len(sold.net)),
            "customer": sold.party,
            "issued": sold.issued + when.start,
            "net": sold.net,
            "tax": sold.tax,
            "gross": sold.gross,
            "rate": sold.rate,
        }
    )
    cancelled = selling.cancellations.filter(pl.col("day") <= when.last)
    credited = notes.filter(~pl.col("is_refunded")).select("index", credited="gross")
    frame = _with_bookings(frame, booked, "Invoice").join(credited, on="index", how="left", maintain_order="left")
    is_cancelled = np.zeros(len(sold.net), dtype=np.bool_)
    is_cancelled[cancelled["index"]] = True
    frame = frame.with_columns(
        pl.col("credited").fill_null(0),
        kind=pl.lit("RE"),
        recorded=pl.col("issued"),
        level=pl.lit(None, pl.Int64),
        is_draft=pl.lit(value=False),
        is_cancelled=pl.Series(is_cancelled),
    )
    frame = frame.with_columns(is_closed=pl.col("is_closed") | (pl.col("credited") >= pl.col("gross")))
    return pl.concat(
        [
            frame,
            _follow_up(frame, "SR", cancelled, when).with_columns(-pl.col("net", "tax", "gross")),
            _follow_up(frame, "MA", selling.reminders.filter(pl.col("day") <= when.last), when),
            _oddments(frame, when),
        ],
        how="vertical_relaxed",
    )


def _follow_up(invoices: pl.DataFrame, kind: str, happened: pl.DataFrame, when: Calendar) -> pl.DataFrame:
    """Documents that refer to an invoice: a copy of it under another date and kind."""
    level = happened["level"] if "level" in happened.columns else pl.lit(None, pl.Int64)
    return _without_bookings(invoices[happened["index"]]).with_columns(
        issued=happened["day"] + when.start,
        recorded=happened["day"] + when.start,
        kind=pl.lit(kind),
        level=level,
    )


def _oddments(invoices: pl.DataFrame, when: Calendar) -> pl.DataFrame:
    first, last = _without_bookings(invoices[:1]), _without_bookings(invoices[-1:])
    last = last.with_columns(issued=pl.lit(when.start + when.last), recorded=pl.lit(when.start + when.last))
    odd = [first.with_columns(kind=pl.lit("WKR")), last, last.with_columns(customer=pl.lit(None, pl.Int64))]
    return pl.concat(odd, how="vertical_relaxed").with_columns(is_draft=pl.lit(value=True))


def _with_bookings(documents: pl.DataFrame, booked: pl.DataFrame, kind: str) -> pl.DataFrame:
    found = booked.filter(pl.col("kind") == kind).drop("kind")
    joined = documents.join(found, on="index", how="left", maintain_order="left")
    return joined.with_columns(
        *(pl.col(name).fill_null(0) for name in _NOT_BOOKED),
        pl.col("is_closed").fill_null(value=False),
        has_booking=pl.col("is_closed").is_not_null(),
    )


def _without_bookings(documents: pl.DataFrame) -> pl.DataFrame:
    return documents.with_columns(
        *(pl.lit(0, pl.Int64).alias(name) for name in (*_NOT_BOOKED, "credited") if name in documents.columns),
        *(
            pl.lit(value=False).alias(name)
            for name in ("is_closed", "has_booking", "is_cancelled")
            if name in documents.columns
        ),
    )
