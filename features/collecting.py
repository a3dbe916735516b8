"""Collecting lazy frames at the scale of one application: a few thousand rows.

There the optimiser takes longer than the plan that it optimises. So plans are collected as they were written, and are
written as they should run.
"""

from collections.abc import Iterable, Sequence

import polars as pl


def collect_all(*frames: pl.LazyFrame) -> list[pl.DataFrame]:
    """Collect several frames at once, by the operations as they were written."""
    return pl.collect_all(frames, optimizations=pl.QueryOptFlags._eager())  # noqa: SLF001  no public name for it


def collect(frame: pl.LazyFrame) -> pl.DataFrame:
    """Collect one frame by the operations as they were written."""
    return collect_all(frame)[0]


def grouped(frame: pl.LazyFrame, keys: Sequence[str], aggregates: Iterable[pl.Expr]) -> pl.LazyFrame:
    """Aggregate by keys that take few values, sorted by these.

    Groups of rows that are sorted by one column are slices, which takes half the time of hashing; of two it does not.
    """
    if len(keys) == 1:
        return frame.sort(keys).group_by(keys, maintain_order=True).agg(aggregates)
    return frame.group_by(keys).agg(aggregates).sort(keys)
