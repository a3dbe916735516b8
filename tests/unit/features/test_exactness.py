"""Reductions over rows are over integers: no float sum can depend on the order of the books."""

import ast
from pathlib import Path

import polars as pl
import pytest
from builders import make_ledger
from strategies import AS_OF

import features
from features.derive import _VIEWS, CATALOGUE, Plan, _plan, staged
from features.feature import Missing
from features.ledger import Resource
from features.spine import observed, spine_of
from features.views import Views

SOURCES = sorted(Path(features.__file__).parent.glob("*.py"))
FORBIDDEN = {"mean", "std", "var", "cov", "corr", "dot", "product", "cum_prod", "skew", "kurtosis", "ewm_mean"}
"""Reductions whose last bits follow the order of rows. Sums are checked by the type of what they add up."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_module_calls_an_inexact_reduction(path: Path) -> None:
    """The source has no mean, variance or the like, whichever frame they would be of."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert not called & FORBIDDEN
    assert not any(name.startswith(("rolling_", "mean_")) for name in called)


def _taken(catalogue: int, resources: frozenset[Resource]) -> tuple[Plan, Views]:
    """The plan of a whole catalogue, and the views that its measures are taken of."""
    names = tuple(name for name, feature in CATALOGUE.items() if feature.catalogue == catalogue)
    return _plan(names, resources), _VIEWS[catalogue](make_ledger(fetched=resources), observed(spine_of(AS_OF)))


EVERY_CATALOGUE = pytest.mark.parametrize("catalogue", _VIEWS)


@EVERY_CATALOGUE
def test_every_aggregate_is_an_integer_and_views_hold_no_floats(catalogue: int) -> None:
    """All measures are integers; the only float is the median delay of a month, exact to half a day."""
    plan, views = _taken(catalogue, frozenset(Resource))
    exceptions = set()
    for view, taken in plan.aggregates:
        for frame in (views[view], staged(views[view], taken.stages).select(taken.expressions)):
            exceptions |= {name for name, dtype in frame.collect_schema().items() if dtype.is_float()}
    medians = {f"median_delay_month_{age}" for age in range(12)}
    assert exceptions == {"delay_days", *medians}


@EVERY_CATALOGUE
def test_sums_of_cents_do_not_wrap_around_at_the_largest_amounts(catalogue: int) -> None:
    """Money is added up in 64 bits or more, products with days in 128."""
    plan, views = _taken(catalogue, frozenset(Resource))
    for view, taken in plan.aggregates:
        schema = staged(views[view], taken.stages).select(taken.expressions).collect_schema()
        for name, dtype in schema.items():
            assert not name.endswith("_cents") or dtype in (pl.Int64, pl.Int128)
            assert not name.endswith("_cent_days") or dtype == pl.Int128


@EVERY_CATALOGUE
def test_causes_are_the_declared_ones(catalogue: int) -> None:
    """A cause that nobody declared cannot be stored."""
    plan, views = _taken(catalogue, frozenset())
    _, causes = plan.derive(views)
    assert set(causes.select(plan.names).row(0)) == {Missing.NOT_FETCHED.value}
