"""Declarations to expressions: what a set of features needs, compiled once and applied to every chunk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from features.collecting import collect
from features.feature import Feature, Missing, Need
from features.ledger import Resource
from features.measure import Measure, Term
from features.spine import SPINE, SPINE_COLUMNS
from features.views import View, Views

CAUSE = pl.Enum([cause.value for cause in Missing])
KEY = tuple(SPINE.names())


def is_fetched(feature: Feature, fetched: frozenset[Resource]) -> bool:
    """Whether all resources that a feature requires were requested."""
    return feature.resources - feature.fallback <= fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The expressions for one set of features and one set of fetched resources.

    Rows of one measure per column are stacked, all points of the first feature above all of the second: quotient,
    rounding and causes are then the same few expressions for all features. ``stacks`` says which columns are stacked.
    """

    names: tuple[str, ...]
    aggregates: tuple[tuple[View, tuple[pl.Expr, ...]], ...]
    """Every view once, with all measures that are taken of it."""
    gathered: tuple[pl.Expr, ...]
    """Of several points, from one row per point and view to one row per point."""
    stages: tuple[tuple[pl.Expr, ...], ...]
    """Terms, within a row, each reading only what is before it."""
    columns: tuple[pl.Expr, ...]
    """Distinct expressions, and numerators, denominators and needs of the features by their position in them."""
    stacks: Mapping[str, tuple[int, ...]]
    rules: pl.DataFrame
    """Precision of each feature, and the cause that each of its needs stands for."""
    formulas: tuple[tuple[pl.Expr, ...], ...]
    """Over the stack, each stage reading what is before it: value and cause."""

    def derive(self, views: Views) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Aggregate every view once, then compute all features within the rows.

        Returns:
            Values and causes, each with ``point`` and ``KEY``, in no order of rows.
        """
        points = views.points.lazy()
        if not views.by:
            # One application: no groups to tell apart, which takes a quarter of the time.
            measured = [views[view].select(aggregates) for view, aggregates in self.aggregates]
            wide = pl.concat([points, *measured], how="horizontal")
        else:
            measured = [views[view].group_by("point").agg(aggregates) for view, aggregates in self.aggregates]
            # One row per point and view, with the measures of other views null: adding up lays them side by side.
            wide = pl.concat([points, *measured], how="diagonal").group_by("point").agg(self.gathered)
        for stage in self.stages:
            wide = wide.with_columns(stage)
        keys = ("point", *KEY)
        row = collect(wide.select(*keys, *self.columns))
        if not self.names:
            return row, row
        columns = row.get_columns()[len(keys) :]
        stacked = {name: pl.concat([columns[position] for position in stack]) for name, stack in self.stacks.items()}
        rules = self.rules if row.height == 1 else self.rules.select(pl.all().repeat_by(row.height).explode())
        long = rules.hstack([stack.alias(name) for name, stack in stacked.items()]).lazy()
        for formula in self.formulas:
            long = long.with_columns(formula)
        done = collect(long.select("value", "cause"))
        key = row[list(keys)]
        return key.hstack(self._apart(done["value"])), key.hstack(self._apart(done["cause"]))

    def _apart(self, stack: pl.Series) -> list[pl.Series]:
        height = len(stack) // len(self.names)
        return [stack.slice(index * height, height).alias(name) for index, name in enumerate(self.names)]


def compile_plan(
    features: Sequence[Feature],
    fetched: frozenset[Resource],
    measures: Mapping[str, Measure],
    terms: Mapping[str, Term],
) -> Plan:
    """Work out which measures and terms the features need, and the expressions from them to values and causes."""
    derived = [feature for feature in features if is_fetched(feature, fetched)]
    needed, stages = _resolve((name for feature in derived for name in feature.measures), measures, terms)
    views = {measure.view for measure in needed}
    by_view: dict[View, list[pl.Expr]] = {}
    for measure in needed:
        # Receivables are the sales with more columns: one pass serves both.
        shared = measure.view is View.SALES and View.RECEIVABLES in views
        view = View.RECEIVABLES if shared else measure.view
        by_view.setdefault(view, []).append(measure.aggregate.alias(measure.name))
    needs = [_needs(feature, fetched) for feature in features]
    slots = range(max(map(len, needs), default=0))
    padded = [[*some, *[_NO_NEED] * (len(slots) - len(some))] for some in needs]
    columns: dict[bytes, tuple[int, pl.Expr]] = {}

    def position(expression: pl.Expr) -> int:
        """The position of an expression among the columns; equal expressions are computed once."""
        return columns.setdefault(expression.meta.serialize(), (len(columns), expression))[0]

    values = [(f.expression, f.denominator) if f in derived else (_NOTHING, None) for f in features]
    stacks = {
        "value": tuple(position(value.cast(pl.Float64)) for value, _ in values),
        "denominator": tuple(position(_ONE if per is None else per.cast(pl.Float64)) for _, per in values),
        **{f"holds_{slot}": tuple(position(some[slot].holds) for some in padded) for slot in slots},
    }
    rules = {"precision": pl.Series([f.precision for f in features], dtype=pl.UInt8)} | {
        f"cause_{slot}": pl.Series([some[slot].cause.value for some in padded], dtype=CAUSE) for slot in slots
    }
    return Plan(
        names=tuple(feature.name for feature in features),
        aggregates=tuple((view, tuple(aggregates)) for view, aggregates in by_view.items()),
        gathered=(
            pl.col(*KEY, *SPINE_COLUMNS).max(),
            *(pl.col(m.name).sum() if m.has_empty else pl.col(m.name).max() for m in needed),
        ),
        stages=tuple(stages),
        columns=tuple(expression.alias(str(index)) for index, expression in columns.values()),
        stacks=stacks,
        rules=pl.DataFrame(rules),
        formulas=_formulas(slots, sorted({feature.precision for feature in features})),
    )


_NOTHING = pl.lit(None, dtype=pl.Float64)
_ONE = pl.lit(1.0)
_NO_NEED = Need(holds=pl.lit(value=True), cause=Missing.UNDEFINED)
_NOT_FETCHED = Need(holds=pl.lit(value=False), cause=Missing.NOT_FETCHED)
_NOT_STALE = Need(holds=~pl.col("is_reconstructed"), cause=Missing.NOT_RECONSTRUCTABLE)


def _needs(feature: Feature, fetched: frozenset[Resource]) -> tuple[Need, ...]:
    """The conditions for a value, in the order in which they name its cause of absence."""
    if not is_fetched(feature, fetched):
        return (_NOT_FETCHED,)
    return feature.needs if feature.reconstructable else (_NOT_STALE, *feature.needs)


def _formulas(slots: range, precisions: Sequence[int]) -> tuple[tuple[pl.Expr, ...], ...]:
    """From numerators, denominators and needs to value and cause."""
    quotient = pl.when(pl.col("denominator") > 0).then(pl.col("value") / pl.col("denominator"))
    value, precision = pl.col("value"), pl.col("precision")
    # Adding 0.0 turns the negative zero that rounding may leave into the ordinary one.
    rounded = pl.coalesce(pl.when(precision == places).then(value.round(places)) for places in precisions) + 0.0
    # The first need that fails, or that it is undefined; null where there is a value.
    cause: pl.Expr = pl.when(value.is_null()).then(pl.lit(Missing.UNDEFINED.value, dtype=CAUSE))
    # From the last need to the first, so that the first is asked first. A need that is null does not hold.
    for slot in reversed(slots):
        cause = pl.when(f"holds_{slot}").then(cause).otherwise(f"cause_{slot}")
    return (
        (quotient.alias("value"),),
        (rounded.alias("value"), cause.alias("cause")),
        (pl.when(pl.col("cause").is_null()).then("value").alias("value"),),
    )


def _resolve(
    names: Iterable[str], measures: Mapping[str, Measure], terms: Mapping[str, Term]
) -> tuple[list[Measure], list[tuple[pl.Expr, ...]]]:
    """The measures behind names of measures and terms, and the terms in stages that only read earlier ones."""
    needed: dict[str, Measure] = {}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        """The length of the longest chain of terms that ends in this one; 0 for a measure."""
        if name in measures:
            needed[name] = measures[name]
            return 0
        if name not in depths:
            depths[name] = 1 + max(depth(read) for read in terms[name].reads)
        return depths[name]

    stages = range(1, 1 + max(map(depth, names), default=0))
    aliased = {name: terms[name].expression.alias(name) for name in depths}
    return list(needed.values()), [tuple(aliased[n] for n in depths if depths[n] == stage) for stage in stages]
