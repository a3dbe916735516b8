"""Views of positions, which version 3 of the ledger added."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from features.marks import MarkedViews
from features.views import View

_DOCUMENT_KEY: Final = ("document", "document_id")
_IS_NAMED: Final = pl.col("customer").is_not_null()


class PositionViews(MarkedViews):
    """The views of one chunk of borrowers."""

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
