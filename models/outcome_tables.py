"""What became of loans, as tables: under several definitions side by side, and by the quarter of the decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.metrics import wilson
from models.outcomes import Definition

HEAD = ("good", "bad", "indeterminate", "cohort not over", "bad rate (95 %)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Loans by what became of them."""

    good: int
    bad: int
    indeterminate: int
    immature: int
    """Of cohorts whose performance window is not over, whatever was seen of them."""

    @property
    def cells(self) -> tuple[str, ...]:
        """As texts, in the order of ``HEAD``."""
        known = self.good + self.bad
        rate = ""
        if known:
            low, high = wilson(self.bad, known)
            rate = f"{self.bad / known:.1%} ({low:.1%} to {high:.1%})"
        return (*(str(one) for one in (self.good, self.bad, self.indeterminate, self.immature)), rate)


def counted(found: pl.DataFrame) -> Counted:
    """Count outcomes, as ``models.outcomes.outcomes`` gives them."""
    known = found.filter("is_mature")["outcome"]
    good, bad, indeterminate = (int((known == one).sum()) for one in ("good", "bad", "indeterminate"))
    return Counted(good=good, bad=bad, indeterminate=indeterminate, immature=found.height - len(known))


def by_definition(each: Sequence[tuple[Definition, pl.DataFrame]]) -> Iterator[tuple[str, ...]]:
    """One row per definition: its name, then ``HEAD``."""
    for definition, found in each:
        yield (definition.name, *counted(found).cells)


def by_quarter(found: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """One row per quarter of the decision, then ``HEAD``."""
    quarter = pl.col("as_of").dt.truncate("1q").alias("quarter")
    for rows in found.sort("as_of").with_columns(quarter).partition_by("quarter", maintain_order=True):
        first: date = rows["quarter"][0]
        yield (f"{first:%Y} Q{(first.month + 2) // 3}", *counted(rows).cells)
