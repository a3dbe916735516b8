"""The lines of a big trade's accounts, in columns, and what was booked on each document."""

import numpy as np
import polars as pl

from sandbox.bookkeeping.history import CLEARING, MAIN
from sandbox.life.calendar import Calendar
from sandbox.life.traits import Traits
from sandbox.wholesale.trade import Buying, Floats, Ints, Selling

LEAST = 5_000_000
"""The bank account never holds less, in cents: its opening balance is as large as that takes."""
OTHERS = ("Sammler Personal", "Techniker Krankenkasse", "Hausverwaltung Sommer", "Finanzamt Mitte")
"""Parties beside customers and suppliers."""

_STAFF, _INSURER, _LANDLORD, _TAX_OFFICE = range(len(OTHERS))
_SCHEMA = pl.Schema(
    {
        "kind": pl.String(),
        "index": pl.Int64(),
        "day": pl.Int64(),
        "amount": pl.Int64(),
        "account": pl.Int64(),
        "party": pl.Int64(),
        "purpose": pl.String(),
        "entry_text": pl.String(),
        "nature": pl.String(),
        "closes": pl.Boolean(),
    }
)
"""Kind and index say which document a line settles, if any."""


def lines(traits: Traits, selling: Selling, buying: Buying, when: Calendar) -> pl.DataFrame:
    """The lines that the books have seen by the end, in the order of recording; days are ordinals.

    The first is the opening balance; a copy of one was deleted again.
    """
    moves = pl.concat([_of_customers(selling), _of_suppliers(traits, buying), _monthly(traits, selling, buying, when)])
    moves = moves.filter(pl.col("day").is_between(when.opens, when.last), pl.col("amount") != 0)
    daily = moves.filter(pl.col("account") == MAIN).group_by("day").agg(pl.col("amount").sum()).sort("day")
    opening = _lines(
        pl.DataFrame({"day": [when.opens], "amount": [LEAST - min(0, *daily["amount"].cum_sum())]}),
        purpose="Anfangsbestand",
    )
    seen = pl.concat([opening, moves]).with_columns(
        recorded=pl.col("day") + ((pl.col("day") % 3 == 0) & pl.col("kind").is_not_null()).cast(pl.Int64),
        is_deleted=pl.lit(value=False),
    )
    seen = seen.filter(pl.col("recorded") <= when.last).sort("recorded", "day", maintain_order=True)
    deleted = seen[:1].with_columns(is_deleted=pl.lit(value=True))
    return pl.concat([seen[:1], deleted, seen[1:]]).with_columns(pl.col("day", "recorded") + when.start)


def booked(some: pl.DataFrame) -> pl.DataFrame:
    """What lines settled, by kind and index of the document; signed as the lines."""
    is_clearing = pl.col("account") == CLEARING
    groups = some.filter(pl.col("kind").is_not_null()).group_by("kind", "index")
    return groups.agg(
        booked=pl.col("amount").filter(~is_clearing).sum(),
        written_off=pl.col("amount").filter(is_clearing).sum(),
        is_closed=pl.col("closes").any(),
        last_day=pl.col("day").max(),
        last_recorded=pl.col("recorded").max(),
    )


def _lines(frame: pl.DataFrame, **constants: object) -> pl.DataFrame:
    """The frame with all columns of lines: the given ones, constants, and what is usual."""
    usual = {"account": MAIN, "nature": "other", "closes": False, **constants}
    columns = [
        pl.col(name) if name in frame.columns else pl.lit(usual.get(name)).alias(name) for name in _SCHEMA.names()
    ]
    return frame.select(columns).cast(_SCHEMA)


def _of_customers(selling: Selling) -> pl.DataFrame:
    receipts = selling.receipts
    is_lost, is_refund = pl.col("fate") == "written_off", pl.col("fate") == "refund"
    return _lines(
        receipts.select(
            "index",
            "day",
            "amount",
            kind=pl.when(is_refund).then(pl.lit("CreditNote")).otherwise(pl.lit("Invoice")),
            account=pl.when(is_lost).then(CLEARING).otherwise(MAIN),
            party=pl.when(~is_lost).then(pl.Series(selling.invoices.party[receipts["index"]])),
            purpose=pl.when(is_lost)
            .then(pl.lit("Forderungsausfall"))
            .when(is_refund)
            .then(pl.lit("Gutschrift"))
            .otherwise(pl.lit("Rechnung")),
            closes=pl.col("closes") | is_refund,
        )
    )


def _of_suppliers(traits: Traits, buying: Buying) -> pl.DataFrame:
    bills = buying.bills
    columns = {
        "index": np.arange(len(bills.net)),
        "day": buying.paid,
        "amount": -bills.gross,
        "party": bills.party + traits.customers,
    }
    constants = {"kind": "Voucher", "purpose": "Rechnung", "entry_text": "UEBERWEISUNG", "closes": True}
    return _lines(pl.DataFrame(columns), **constants)


def _monthly(traits: Traits, selling: Selling, buying: Buying, when: Calendar) -> pl.DataFrame:
    """Wages, contributions and rent of each month, and the value added tax of the month before."""
    firsts = np.array(when.month_first)
    sold, bought = selling.invoices, buying.bills
    vat = _by_month(firsts, sold.issued, sold.tax) - _by_month(firsts, bought.issued, bought.tax)
    sales = np.full(len(firsts), 100 * traits.sales)
    plans = (
        (_STAFF, 27, "Lohn Gehalt", "wages", 0.8 * traits.wages * sales),
        (_INSURER, 25, "Beitraege", "social_security", 0.2 * traits.wages * sales),
        (_LANDLORD, 2, "Miete", "rent", traits.rent * sales),
        (_TAX_OFFICE, 9, "Umsatzsteuer", "tax", np.concatenate([[0.0], vat[:-1]])),
    )
    frames = []
    for party, day, purpose, nature, owed in plans:
        columns = {"day": np.array(when.next_working)[firsts + day], "amount": -np.rint(owed).astype(np.int64)}
        # Money back from the tax office is no tax payment.
        natures = pl.when(pl.col("amount") < 0).then(pl.lit(nature)).otherwise(pl.lit("other"))
        entry_text = "LASTSCHRIFT" if party == _INSURER else "UEBERWEISUNG"
        number = traits.customers + traits.suppliers + party
        frame = pl.DataFrame(columns).with_columns(nature=natures)
        frames.append(_lines(frame, purpose=purpose, entry_text=entry_text, party=number))
    return pl.concat(frames)


def _by_month(firsts: Ints, days: Ints, cents: Ints) -> Floats:
    month = np.searchsorted(firsts, days, side="right") - 1
    total: Floats = np.bincount(month, weights=cents, minlength=len(firsts)).astype(np.float64)
    return total
