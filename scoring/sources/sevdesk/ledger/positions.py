"""Positions of sevdesk's documents to positions of the ledger, with what each is about."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from features.ledger import COST_KIND, DOCUMENT, POSITIONS
from scoring.sources.booking_accounts import chart_of, kinds_of
from scoring.sources.sevdesk.ledger.documents import BORROWER, Documents, Parties
from scoring.sources.sevdesk.words.fetched import ACCOUNTS_UNNUMBERED, CHART_UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Positions of one account, and what is to be said about them."""

    frame: pl.LazyFrame
    """As ``features.ledger.POSITIONS``."""
    notes: tuple[str, ...]


_KINDS: Final = {"Invoice": "invoice", "CreditNote": "credit_note", "Voucher": "voucher"}
_IS_NOTE: Final = pl.col("resource") == "CreditNote"
_IS_BOOKED: Final = pl.col("account_datev").is_not_null() | pl.col("accounting_type").is_not_null()
# As the amounts of the document: a credit note's are positive in the ledger, whichever sign they have in the books. A
# position of the other sign than its document keeps that: it does not add up, and is not made to.
_SIGN: Final = pl.when(_IS_NOTE & (pl.col("net_cents").sum().over("resource", "document") < 0)).then(-1).otherwise(1)


def build_positions(found: pl.DataFrame, documents: Documents, parties: Parties) -> Positions:
    """The positions that can be read, in the columns of the ledger.

    What an invoice or a credit note is for is revenue; what a voucher is for, its booking account says. A position
    without a readable amount is left out: its document then has an amount that its positions do not explain.

    Args:
        found: As ``reading.positions.POSITIONS``, of documents that are facts.
        documents: Of the same books.
        parties: Hashes of articles and their names.
    """
    vouchers_there = pl.concat([documents.revenue["id"], documents.expenses["id"]]).implode()
    # The lender's own vouchers were read, and are none of the firm's.
    is_own = (pl.col("resource") == "Voucher") & ~pl.col("document").is_in(vouchers_there)
    read = found.filter(~is_own, pl.all_horizontal(pl.col("net_cents", "gross_cents", "created_on").is_not_null()))
    revenue = documents.revenue["id"].implode()
    vouchers = read.filter((pl.col("resource") == "Voucher") & pl.col("account").is_not_null())
    sales = vouchers["document"].is_in(revenue)
    chart = chart_of(zip(vouchers["account"].to_list(), sales.to_list(), strict=True))
    booked = read.filter(_IS_BOOKED & (pl.col("resource") == "Voucher"))
    notes = {
        ACCOUNTS_UNNUMBERED: booked["account"].null_count() > 0,
        CHART_UNKNOWN: chart is None and vouchers.height > 0,
    }
    kinds = kinds_of(read["account"], chart)
    items = parties.items(read["part"], read["name"])
    frame = read.lazy().select(
        BORROWER,
        pl.col("resource").replace_strict(_KINDS, return_dtype=DOCUMENT).alias("document"),
        pl.col("document").alias("document_id"),
        pl.col("id").alias("position_id"),
        items.alias("item"),
        "account",
        pl.when(pl.col("resource") == "Voucher")
        .then(pl.lit(kinds))
        .otherwise(pl.lit("revenue", dtype=COST_KIND))
        .alias("kind"),
        pl.col("net_cents") * _SIGN,
        pl.col("gross_cents") * _SIGN,
        # A position is known with its document at the latest: edits replace positions, and say nothing on the day.
        pl.col("created_on").alias("recorded_on"),
    )
    return Positions(frame=frame.select(POSITIONS.names()), notes=tuple(note for note, holds in notes.items() if holds))
