"""Views of value added tax and of positions, which version 3 of the ledger added.

How tax applies to a document is a resource of its own; where nothing is known the tax that the document states counts.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from features.ledger import collect
from features.marks import MarkedViews
from features.recognised import IS_RECEIPT
from features.views import View, month_of

UNTAXED: Final = ("one_stop_shop", "small_business")
"""Sales whose tax, if any, is not owed to the tax office: other states are, or nobody."""
UNDEDUCTED: Final = ("not_deductible", "small_business")
"""Bills whose tax is not deducted."""
PAYS_VAT: Final = ("vat", "other_tax")
"""Categories of payments of value added tax; a payment to the tax office that says no more may be one."""
_DOCUMENT_KEY: Final = ("document", "document_id")
_IS_NAMED: Final = pl.col("customer").is_not_null()


class TaxedViews(MarkedViews):
    """The views of one chunk of borrowers."""

    SALE_COLUMNS = (*MarkedViews.SALE_COLUMNS, pl.col("tax"))
    BILL_COLUMNS = (*MarkedViews.BILL_COLUMNS, pl.col("tax"))
    NOTE_COLUMNS = (*MarkedViews.NOTE_COLUMNS, pl.col("tax"))

    _TAX = pl.col("gross_cents") - pl.col("net_cents")
    # Null, where nothing is noted, is in no list.
    _ON_SALE = pl.when(pl.col("tax").is_in(UNTAXED)).then(0).otherwise(_TAX)
    _ON_BILL = pl.when(pl.col("tax").is_in(UNDEDUCTED)).then(0).otherwise(_TAX)
    # In 128 bits: an amount times a tax may not fit into 64.
    _IN_RECEIPT = (pl.col("amount_cents").cast(pl.Int128) * pl.col("vat_cents") // pl.col("gross_cents")).cast(pl.Int64)
    _MONTH_BACK = (pl.col("last_full_month") - month_of(pl.col("day").cast(pl.Date))).alias("age")
    _OF_VAT = ("issued_cents", "received_cents", "deductible_cents", "paid_cents", "refunded_cents")

    def _vat_part(self, rows: pl.LazyFrame, **cents: pl.Expr) -> pl.LazyFrame:
        nothing = pl.lit(0, dtype=pl.Int64)
        columns = (cents.get(name, nothing).alias(name) for name in self._OF_VAT)
        return rows.select(*self.by, self._MONTH_BACK, *columns)

    def _vat_months(self) -> pl.LazyFrame:
        lines = self[View.BANK].filter(~pl.col("is_internal") & pl.col("is_proven"))
        amount = pl.col("amount_cents")
        paid = lines.filter(pl.col("category").is_in(PAYS_VAT) & (amount < 0))
        refunded = lines.filter((pl.col("category") == "tax_refund") & (amount > 0))
        parts = pl.concat(
            [
                self._vat_part(self[View.SALES], issued_cents=self._ON_SALE),
                # A note lowers what is due on either basis: when it is paid out makes no difference over a year.
                self._vat_part(self[View.CREDIT_NOTES], issued_cents=-self._ON_SALE, received_cents=-self._ON_SALE),
                self._vat_part(self._taxed_receipts(), received_cents=self._IN_RECEIPT),
                self._vat_part(self._bills(), deductible_cents=self._ON_BILL),
                self._vat_part(paid, paid_cents=-amount),
                self._vat_part(refunded, refunded_cents=amount),
            ]
        )
        return parts.group_by(*self.by, "age").agg(pl.col(self._OF_VAT).sum())

    def _taxed_receipts(self) -> pl.LazyFrame:
        """What was received on sales, each with gross amount and tax of its sale."""
        sales, _ = self._documents
        receipts = collect(self._closings(IS_RECEIPT & (pl.col("item") < sales.height)))
        of_sale = sales.select(*self.by, "gross_cents", self._ON_SALE.alias("vat_cents"), "last_full_month")
        return receipts.hstack(of_sale[receipts["item"]]).lazy().filter(pl.col("gross_cents") != 0)

    _OF_POSITION = (
        pl.col("borrower", "document_id", "item", "net_cents"),
        pl.col("document").to_physical(),
    )
    _OF_ITEM = (
        pl.col("net_cents").sum(),
        pl.col("age").filter(pl.col("net_cents") > 0).n_unique().alias("months_6m"),
    )

    def seen_positions(self, columns: Sequence[pl.Expr]) -> pl.LazyFrame:
        """Columns of the positions that were recorded by then."""
        return self._seen(self.ledger.positions, columns, happened="recorded_on")

    def _sold_items(self) -> pl.LazyFrame:
        key = [*self.by, *_DOCUMENT_KEY]
        sales = self[View.SALES].filter(_IS_NAMED & pl.col("age").is_between(0, 5)).select(*key, "customer", "age")
        positions = self.seen_positions(self._OF_POSITION).filter(pl.col("item").is_not_null())
        joined = positions.select(*key, "item", "net_cents").join(sales, on=key)
        return joined.group_by(*self.by, "customer", "item").agg(self._OF_ITEM)
