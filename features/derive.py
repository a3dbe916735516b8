"""Ledger and spine to feature rows: the catalogue, its version, the one ``derive()`` for serving and training."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import cast

import msgspec
import polars as pl

from features import customers, liquidity, payables, receivables, revenue, trust
from features.feature import Feature, Missing
from features.ledger import Ledger, Resource
from features.measure import SPINE_COLUMNS, Measure, Term, observed
from features.spine import SPINE
from features.views import View, Views

CATALOGUE_VERSION = "1"
"""Changes with the set of features; a released definition itself never changes."""

_GROUPS = (receivables, customers, revenue, payables, liquidity, trust)

CATALOGUE: Mapping[str, Feature] = MappingProxyType(
    {feature.name: feature for group in _GROUPS for feature in group.FEATURES}
)
"""Every feature by name, in the order in which rows, contributions and documents list them."""

_MEASURES: Mapping[str, Measure] = MappingProxyType(
    {measure.name: measure for group in _GROUPS for measure in group.MEASURES}
)

_TERMS: Mapping[str, Term] = MappingProxyType({term.name: term for group in _GROUPS for term in group.TERMS})

CAUSE = pl.Enum([cause.value for cause in Missing])
KEY = ("borrower", "as_of", "is_reconstructed")
CHUNK_ROWS = 250_000
"""Joined rows (facts times observation points) that one chunk aims at; bounds memory, changes no value."""


class UnknownFeatureError(ValueError):
    """A name that the catalogue does not have."""


class FetchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What must be fetched for a set of features, and no more."""

    resources: frozenset[Resource]
    history_months: int
    """Months before the day of observation; documents that are still open may be older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRows:
    """Values and causes of absence, one row per row of the spine, in its order."""

    names: tuple[str, ...]
    """The features, in catalogue order."""
    values: pl.DataFrame
    """The columns of the spine, then one Float64 per feature, rounded; null is missing."""
    causes: pl.DataFrame
    """The columns of the spine, then the cause per feature; null where there is a value."""

    def row(self, index: int = 0) -> dict[str, float | None]:
        """The values of one row by feature."""
        return dict(zip(self.names, self.values.row(index)[len(KEY) :], strict=True))

    def missing(self, index: int = 0) -> dict[str, str]:
        """The causes of one row, of the features that are missing."""
        causes = zip(self.names, self.causes.row(index)[len(KEY) :], strict=True)
        return {name: cause for name, cause in causes if cause is not None}


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names once each, in catalogue order.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
    """
    asked = set(names)
    unknown = sorted(asked - CATALOGUE.keys())
    if unknown:
        raise UnknownFeatureError(f"No such feature in catalogue version {CATALOGUE_VERSION}: {', '.join(unknown)}.")
    return tuple(name for name in CATALOGUE if name in asked)


def fetch_plan(names: Iterable[str]) -> FetchPlan:
    """What must be fetched to derive these features: the union of their resources and the longest history.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
    """
    features = [CATALOGUE[name] for name in known(names)]
    return FetchPlan(
        resources=frozenset[Resource]().union(*(feature.resources for feature in features)),
        history_months=max((feature.history_months for feature in features), default=0),
    )


def derive(ledger: Ledger, spine: pl.DataFrame, names: Sequence[str]) -> FeatureRows:
    """Derive features at every point of a spine, one row or many thousands, from what was visible there.

    Args:
        ledger: Facts of all borrowers of the spine; facts of others are left aside.
        spine: Where to look, see ``features.spine``.
        names: Features, in any order.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
        polars.exceptions.PolarsError: A frame does not have the schema of ``features.ledger``.
    """
    plan = _plan(known(names), ledger.fetched)
    points = observed(spine.select(SPINE.names()))
    parts = [plan.derive(facts, some) for facts, some in _chunks(ledger, points, CHUNK_ROWS)]
    if not parts:
        parts = [plan.derive(Ledger.empty(ledger.fetched), points)]
    rows = pl.concat(parts).sort("point")
    return FeatureRows(
        names=plan.names,
        values=rows.select(*KEY, *plan.names),
        causes=rows.select(*KEY, *(pl.col(_cause(name)).alias(name) for name in plan.names)),
    )


def _cause(name: str) -> str:
    return f"{name}/cause"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The expressions for one set of features and one set of fetched resources, built once."""

    names: tuple[str, ...]
    aggregates: tuple[tuple[View, tuple[pl.Expr, ...]], ...]
    gathered: tuple[pl.Expr, ...]
    stages: tuple[tuple[pl.Expr, ...], ...]

    def derive(self, ledger: Ledger, points: pl.DataFrame) -> pl.DataFrame:
        """Aggregate every view once, then compute all features within the rows."""
        views = Views(ledger, points)
        measured = [views[view].group_by("point").agg(aggregates) for view, aggregates in self.aggregates]
        # One row per point and view, with the measures of the other views null: adding them up lays them side by side.
        wide = pl.concat([points, *measured], how="diagonal").group_by("point").agg(self.gathered)
        for stage in self.stages:
            wide = wide.with_columns(stage)
        return wide.select("point", *KEY, *self.names, *map(_cause, self.names))


@lru_cache(maxsize=64)
def _plan(names: tuple[str, ...], fetched: frozenset[Resource]) -> _Plan:
    """Work out which measures the features need, and the expressions from measures to values and causes."""
    features = [CATALOGUE[name] for name in names]
    derived = [feature for feature in features if not feature.resources - feature.fallback - fetched]
    measures, terms = _resolve(name for feature in derived for name in feature.measures)
    views = {measure.view for measure in measures}
    by_view: dict[View, list[pl.Expr]] = {}
    for measure in measures:
        # Receivables are the sales with more columns: one pass serves both.
        shared = measure.view is View.SALES and View.RECEIVABLES in views
        view = View.RECEIVABLES if shared else measure.view
        by_view.setdefault(view, []).append(measure.aggregate.alias(measure.name))
    raw: list[pl.Expr] = []
    causes: list[pl.Expr] = []
    values: list[pl.Expr] = []
    for feature in features:
        name, cause = feature.name, pl.col(_cause(feature.name))
        if feature in derived:
            value = feature.expression.cast(pl.Float64)
            # Adding 0.0 turns the negative zero that rounding may leave into the ordinary one.
            raw.append((value.round(feature.precision) + 0.0).alias(name))
            causes.append(_cause_of(feature).alias(_cause(name)))
            values.append(pl.when(cause.is_null()).then(name).alias(name))
        else:
            raw.append(pl.lit(None, dtype=pl.Float64).alias(name))
            causes.append(pl.lit(Missing.NOT_FETCHED.value, dtype=CAUSE).alias(_cause(name)))
    return _Plan(
        names=names,
        aggregates=tuple((view, tuple(aggregates)) for view, aggregates in by_view.items()),
        gathered=(
            pl.col(*KEY, *SPINE_COLUMNS[1:]).max(),
            *(pl.col(m.name).sum() if m.has_empty else pl.col(m.name).max() for m in measures),
        ),
        stages=(*terms, tuple(raw), tuple(causes), tuple(values)),
    )


def _resolve(names: Iterable[str]) -> tuple[list[Measure], list[tuple[pl.Expr, ...]]]:
    """The measures behind names of measures and terms, and the terms in stages that only read earlier ones."""
    measures: dict[str, Measure] = {}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        """How many terms lie one above the other up to this one."""
        if name in _MEASURES:
            measures[name] = _MEASURES[name]
            return 0
        if name not in depths:
            depths[name] = 1 + max(depth(read) for read in _TERMS[name].reads)
        return depths[name]

    stages = range(1, 1 + max(map(depth, names), default=0))
    aliased = {name: _TERMS[name].expression.alias(name) for name in depths}
    return list(measures.values()), [tuple(aliased[n] for n in depths if depths[n] == stage) for stage in stages]


def _cause_of(feature: Feature) -> pl.Expr:
    """Why the value is missing: the first need that fails, or that it is undefined; null where there is a value."""
    cause = pl.when(pl.col(feature.name).is_null()).then(pl.lit(Missing.UNDEFINED.value, dtype=CAUSE))
    expression: pl.Expr = cause.otherwise(pl.lit(None, dtype=CAUSE))
    for need in reversed(feature.needs):
        fails = ~need.holds.fill_null(value=False)
        expression = pl.when(fails).then(pl.lit(need.cause.value, dtype=CAUSE)).otherwise(expression)
    if not feature.reconstructable:
        cause_text = pl.lit(Missing.NOT_RECONSTRUCTABLE.value, dtype=CAUSE)
        expression = pl.when("is_reconstructed").then(cause_text).otherwise(expression)
    return expression


def _chunks(ledger: Ledger, points: pl.DataFrame, chunk_rows: int) -> Iterator[tuple[Ledger, pl.DataFrame]]:
    """Cut ledger and points into pieces of whole borrowers with about so many joined rows each."""
    frames = ledger.frames()
    if points["borrower"].n_unique() == 1 or sum(f.height for f in frames.values()) * points.height <= chunk_rows:
        yield ledger, points
        return
    sorted_frames = {name: frame.sort("borrower") for name, frame in frames.items()}
    facts = pl.concat([frame.select("borrower") for frame in sorted_frames.values()]).group_by("borrower").len("facts")
    # Facts times points of a borrower is what its join yields; borrowers are numbered in the order of their ids.
    sizes = (
        points.group_by("borrower")
        .agg(pl.len().alias("points"))
        .join(facts, on="borrower", how="left")
        .sort("borrower")
        .with_columns((pl.col("points") * pl.col("facts").fill_null(0)).alias("rows"))
        .with_columns((pl.col("rows").cum_sum() // chunk_rows).alias("chunk"))
    )
    ordered = points.sort("borrower", "point")
    for bounds in (
        sizes.group_by("chunk")
        .agg(pl.col("borrower").min().alias("low"), pl.col("borrower").max().alias("high"))
        .sort("chunk")
        .iter_rows(named=True)
    ):
        low, high = cast("int", bounds["low"]), cast("int", bounds["high"])
        some = {name: _between(frame, low, high) for name, frame in sorted_frames.items()}
        yield Ledger(**some, fetched=ledger.fetched), _between(ordered, low, high)


def _between(frame: pl.DataFrame, low: int, high: int) -> pl.DataFrame:
    """The rows of a frame sorted by borrower whose borrower lies between two, both included."""
    start = cast("int", frame["borrower"].search_sorted(low, side="left"))
    end = cast("int", frame["borrower"].search_sorted(high, side="right"))
    return frame.slice(start, end - start)
