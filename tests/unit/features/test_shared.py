"""What several expressions share is computed once, and nothing else changes."""

import polars as pl
import pytest
from builders import make_ledger
from hypothesis import given, settings
from polars.testing import assert_frame_equal
from strategies import AS_OF, Rows, ledger_rows

from features.derive import _MEASURES, _VIEWS, CATALOGUE, _plan, staged
from features.ledger import Resource, collect
from features.shared import shared
from features.spine import observed, spine_of

_A, _B = pl.col("a"), pl.col("b")
_IS_LARGE = (_A > 3) & (_B != 0) & ~_A.is_between(7, 8)
FRAME = pl.DataFrame({"a": [1, 4, 7, 9, None], "b": [0, 2, 5, None, 1]}, schema={"a": pl.Int64, "b": pl.Int64})
UNLIKE = tuple((_A * number).max().alias(f"other_{number}") for number in range(2, 9))
"""As many as it takes for looking at all; they share nothing."""


def test_a_condition_of_several_aggregates_becomes_a_column() -> None:
    """It is read by its name where it stood."""
    sums = (pl.when(_IS_LARGE).then(_A).otherwise(0).sum().alias("sum"), _IS_LARGE.sum().alias("count"))
    found = shared((*sums, *UNLIKE))
    assert len(found.stages) == 1
    assert len(found.stages[0]) == 1
    assert found.expressions[1].meta.root_names() == [found.stages[0][0].meta.output_name()]
    assert [one.meta.output_name() for one in found.expressions[:2]] == ["sum", "count"]
    expected = FRAME.select(*sums, *UNLIKE)
    assert_frame_equal(collect(staged(FRAME.lazy(), found.stages).select(found.expressions)), expected)


@pytest.mark.parametrize(
    "part",
    [_A.sum() + _B.sum() * 2, _A.cum_sum() + _B.shift(1) * 2, _A.rank() * 2 - _B, _A.filter(_B > 0).max() * 2 + 1],
    ids=["of aggregates", "of rows before", "of all rows", "of some rows"],
)
def test_what_reads_more_than_its_row_stays_where_it_is(part: pl.Expr) -> None:
    """As a column of all rows it would not be the same within a group or a filter."""
    found = shared([(part + number).last().alias(str(number)) for number in range(8)])
    parts = [one for stage in found.stages for one in stage]
    assert not any(set(one.meta.root_names()) >= {"a", "b"} for one in parts)
    expected = FRAME.select((part + number).last().alias(str(number)) for number in range(8))
    assert_frame_equal(collect(staged(FRAME.lazy(), found.stages).select(found.expressions)), expected)


@pytest.mark.parametrize("catalogue", _VIEWS)
@settings(max_examples=max(5, settings().max_examples // 10))  # an example takes every view
@given(rows=ledger_rows())
def test_measures_are_those_that_are_declared(catalogue: int, rows: Rows) -> None:
    """Of every view of any books, alone and by groups."""
    names = tuple(name for name, feature in CATALOGUE.items() if feature.catalogue == catalogue)
    views = _VIEWS[catalogue](make_ledger(**rows), observed(spine_of(AS_OF)))
    for view, taken in _plan(names, frozenset(Resource)).aggregates:
        frame = collect(views[view]).with_columns(group=pl.int_range(pl.len()) % 2).lazy()
        declared = [_MEASURES[catalogue][one.meta.output_name()] for one in taken.expressions]
        aggregates = [measure.aggregate.alias(measure.name) for measure in declared]
        found = staged(frame, taken.stages)
        assert_frame_equal(collect(found.select(taken.expressions)), collect(frame.select(aggregates)))
        groups = [
            collect(one.sort("group"))
            for one in (found.group_by("group").agg(taken.expressions), frame.group_by("group").agg(aggregates))
        ]
        assert_frame_equal(*groups)
