"""Ledger and spine to feature rows: the catalogue, its version, the one ``derive()`` for serving and training."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType
from typing import cast

import msgspec
import polars as pl

from features import (
    accounts,
    ageing,
    bookkeeping,
    collection,
    customers,
    diligence,
    liquidity,
    needs,
    payables,
    receivables,
    revenue,
    trust,
    vat,
)
from features.feature import Feature, Missing, Need, Selection
from features.ledger import Ledger, Resource, collect
from features.measure import Measure, Term
from features.positions import PositionViews
from features.shared import Shared, shared
from features.spine import SPINE, observed, spine_of
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
    aggregates: tuple[tuple[View, Shared], ...]
    """Every view once, with all measures that are taken of it."""
    filled: pl.Expr
    """Of several points: the measures that are 0 where their view has no row of a point."""
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
            measured = [staged(views[view], taken.stages).select(taken.expressions) for view, taken in self.aggregates]
            wide = pl.concat([points, *measured], how="horizontal")
        else:
            measured = [
                staged(views[view], taken.stages).group_by("point").agg(taken.expressions)
                for view, taken in self.aggregates
            ]
            wide = points
            for measures in measured:
                wide = wide.join(measures, on="point", how="left", maintain_order="left")
            wide = wide.with_columns(self.filled)
        keys = ("point", *KEY)
        row = collect(staged(wide, self.stages).select(*keys, *self.columns))
        if not self.names:
            return row[list(keys)], row[list(keys)]
        columns = row.get_columns()[len(keys) :]
        stacked = {name: pl.concat([columns[position] for position in stack]) for name, stack in self.stacks.items()}
        rules = self.rules if row.height == 1 else self.rules.select(pl.all().repeat_by(row.height).explode())
        long = rules.hstack([stack.alias(name) for name, stack in stacked.items()]).lazy()
        done = collect(staged(long, self.formulas).select("value", "cause"))
        key = row[list(keys)]
        return key.hstack(self._apart(done["value"])), key.hstack(self._apart(done["cause"]))

    def _apart(self, stack: pl.Series) -> list[pl.Series]:
        height = len(stack) // len(self.names)
        return [stack.slice(index * height, height).alias(name) for index, name in enumerate(self.names)]


def staged(frame: pl.LazyFrame, stages: Iterable[Iterable[pl.Expr]]) -> pl.LazyFrame:
    """The frame with the columns of all stages, each of which reads those of the stages before it."""
    for stage in stages:
        frame = frame.with_columns(stage)
    return frame


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
        is_both = measure.view is View.SALES and View.RECEIVABLES in views
        view = View.RECEIVABLES if is_both else measure.view
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
        aggregates=tuple((view, shared(aggregates)) for view, aggregates in by_view.items()),
        filled=pl.col([measure.name for measure in needed if measure.has_empty]).fill_null(0),
        stages=tuple(stages),
        columns=tuple(expression.alias(str(index)) for index, expression in columns.values()),
        stacks=stacks,
        rules=pl.DataFrame(rules),
        formulas=_formulas(slots, sorted({feature.precision for feature in features})),
    )


def rounded(value: pl.Expr, decimals: int) -> pl.Expr:
    """A value as it is kept and binned. Rounding is monotone, and leaves infinite values as they are."""
    return value.round(decimals)


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
    places = (pl.when(precision == decimals).then(rounded(value, decimals)) for decimals in precisions)
    # Adding 0.0 turns the negative zero that rounding may leave into the ordinary one.
    kept = pl.coalesce(places) + 0.0
    # The first need that fails, or that it is undefined; null where there is a value.
    cause: pl.Expr = pl.when(value.is_null()).then(pl.lit(Missing.UNDEFINED.value, dtype=CAUSE))
    # From the last need to the first, so that the first is asked first. A need that is null does not hold.
    for slot in reversed(slots):
        cause = pl.when(f"holds_{slot}").then(cause).otherwise(f"cause_{slot}")
    return (
        (quotient.alias("value"),),
        (kept.alias("value"), cause.alias("cause")),
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


CATALOGUE_VERSION = "2"
"""The newest catalogue. Features may be added under it; it is raised when a served model must be trained anew.

A released definition itself never changes: the features of catalogue 1 stay beside those of catalogue 2, which have
names of their own.
"""

_GROUPS = (
    *(receivables, customers, revenue, payables, liquidity, trust),
    *(collection, ageing, accounts, bookkeeping, diligence, vat),
)

CATALOGUE: Mapping[str, Feature] = MappingProxyType(
    {feature.name: feature for group in _GROUPS for feature in group.FEATURES}
    | {feature.name: feature for group in _GROUPS for feature in group.FEATURES_2}
)
"""Every feature by name, in the order in which rows, contributions and documents list them."""

_NAMES = tuple(CATALOGUE)

_PARTS = (needs, *_GROUPS)
_FIRST_MEASURES = {measure.name: measure for part in _PARTS for measure in part.MEASURES}
_FIRST_TERMS = {term.name: term for part in _PARTS for term in part.TERMS}
_MEASURES: Mapping[int, Mapping[str, Measure]] = MappingProxyType(
    {1: _FIRST_MEASURES, 2: _FIRST_MEASURES | {m.name: m for part in _PARTS for m in getattr(part, "MEASURES_2", ())}}
)
_TERMS: Mapping[int, Mapping[str, Term]] = MappingProxyType(
    {1: _FIRST_TERMS, 2: _FIRST_TERMS | {t.name: t for part in _PARTS for t in getattr(part, "TERMS_2", ())}}
)
"""By catalogue: the second takes over what it does not declare anew."""
_VIEWS: Mapping[int, type[Views]] = MappingProxyType({1: Views, 2: PositionViews})

_KINDS = ("credit_notes", "invoices", "transactions", "vouchers")
_LINES = (View.BANK, View.LEVIES, View.BOOKED, View.MARKED_LINES)
_NOTES = (View.CREDIT_NOTES, View.CORRECTIONS, View.PEAK_NOTES, View.WAIVED)
_KIND_OF = {
    View.PAYABLES: "vouchers",
    View.MARKED_BILLS: "vouchers",
    **dict.fromkeys(_NOTES, "credit_notes"),
    **dict.fromkeys(_LINES, "transactions"),
}
EVIDENCE_LIMIT = 20
CHUNK_ROWS = 250_000
"""Joined rows (facts times observation points) that one chunk aims at; bounds memory, changes no value."""


class UnknownFeatureError(ValueError):
    """A name that the catalogue does not have."""


class FetchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What must be fetched for a set of features, and no more."""

    resources: frozenset[Resource]
    history_months: int
    """Months before the day of observation; documents that are still open may be older."""

    def since(self, as_of: date) -> date:
        """The first day that the features look at: of a month, so that the longest history has its full months."""
        year, month = divmod(as_of.year * 12 + as_of.month - 1 - self.history_months - 1, 12)
        return date(year, month + 1, 1)


class EvidenceIds(msgspec.Struct, frozen=True, kw_only=True):
    """Identifiers of the documents and bank lines behind a value, the heaviest first, cut to a limit."""

    invoices: tuple[int, ...] = ()
    vouchers: tuple[int, ...] = ()
    credit_notes: tuple[int, ...] = ()
    transactions: tuple[int, ...] = ()
    total: int = 0
    """How many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRows:
    """Values and causes of absence, one row per row of the spine, in its order."""

    names: tuple[str, ...]
    """The features, in catalogue order."""
    values: pl.DataFrame
    """The columns of the spine, then one Float64 per feature, rounded; null is missing."""
    causes: pl.DataFrame
    """The columns of the spine, then the cause per feature; null where there is a value."""

    views: Mapping[int, Views] | None
    """For one point the views behind the values by catalogue, for ``evidence``; None for several, to save memory."""

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


def catalogue_of(names: Iterable[str]) -> str:
    """The newest catalogue that these features belong to.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
    """
    return str(max((CATALOGUE[name].catalogue for name in known(names)), default=int(CATALOGUE_VERSION)))


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


def measures_of(name: str) -> Mapping[str, Measure | Term]:
    """Every measure and term behind a feature, by name, what is read before what reads it.

    Raises:
        UnknownFeatureError: The name is not in the catalogue.
    """
    (chosen,) = known([name])
    feature = CATALOGUE[chosen]
    measures, terms = _MEASURES[feature.catalogue], _TERMS[feature.catalogue]
    found: dict[str, Measure | Term] = {}

    def add(asked: str) -> None:
        if asked not in found:
            if asked in measures:
                found[asked] = measures[asked]
                return
            for read in terms[asked].reads:
                add(read)
            found[asked] = terms[asked]

    for asked in feature.measures:
        add(asked)
    return found


def derive(ledger: Ledger, spine: pl.DataFrame, names: Sequence[str]) -> FeatureRows:
    """Derive features at every point of a spine, one row or many thousands, from what was visible there.

    Args:
        ledger: Facts of all borrowers of the spine; facts of others are ignored.
        spine: Observation points, see ``features.spine``.
        names: Features, in any order.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
        polars.exceptions.PolarsError: A frame does not have the schema of ``features.ledger``.
    """
    chosen, points = known(names), observed(spine)
    by_catalogue = {number: tuple(n for n in chosen if CATALOGUE[n].catalogue == number) for number in _VIEWS}
    # Without any name the rows are those of the spine.
    numbers = [number for number, some in by_catalogue.items() if some] or [1]
    views: dict[int, Views] = {}
    values, causes = points.select(KEY), points.select(KEY)
    for number in numbers:
        plan = _plan(by_catalogue[number], ledger.fetched)
        if points.height == 1:
            views[number] = _VIEWS[number](ledger, points)
            found = plan.derive(views[number])
        else:
            chunks = _chunks(ledger, points, CHUNK_ROWS, _VIEWS[number].UNREAD)
            parts = [plan.derive(_VIEWS[number](facts, some)) for facts, some in chunks]
            found = tuple(pl.concat(frames).sort("point") for frames in zip(*parts, strict=True))
        values, causes = (
            rows.hstack(frame.get_columns()[1 + len(KEY) :])
            for rows, frame in zip((values, causes), found, strict=True)
        )
    return FeatureRows(names=chosen, values=values, causes=causes, views=views or None)


def derive_again(rows: FeatureRows, ledger: Ledger) -> FeatureRows:
    """Derive for one applicant what bank lines tell, once more, from a ledger whose lines alone say something else.

    Args:
        rows: What ``derive`` returned for one observation point; what no bank line tells is taken from it.
        ledger: The same but for its bank lines.

    Raises:
        ValueError: The rows are of several observation points, or of none.
    """
    if rows.views is None:
        raise ValueError(f"Only one observation point is derived again, not {rows.values.height}.")
    views = {number: before.with_lines_of(ledger) for number, before in rows.views.items()}
    values, causes = rows.values, rows.causes
    for number, seen in views.items():
        told = tuple(
            name
            for name in rows.names
            if CATALOGUE[name].catalogue == number and Resource.TRANSACTIONS in CATALOGUE[name].resources
        )
        values, causes = (
            frame.with_columns(found.get_columns()[1 + len(KEY) :])
            for frame, found in zip((values, causes), _plan(told, ledger.fetched).derive(seen), strict=True)
        )
    return FeatureRows(names=rows.names, values=values, causes=causes, views=views)


def workings(ledger: Ledger, as_of: date, name: str) -> dict[str, float | int | list[float] | None]:
    """What the value of a feature of one applicant is worked out from: its measures and terms, by name.

    Raises:
        UnknownFeatureError: The name is not in the catalogue.
    """
    (chosen,) = known([name])
    feature = CATALOGUE[chosen]
    plan, points = _plan((chosen,), ledger.fetched), observed(spine_of(as_of))
    views = _VIEWS[feature.catalogue](ledger, points)
    measured = [staged(views[view], taken.stages).select(taken.expressions) for view, taken in plan.aggregates]
    wide = pl.concat([points.lazy(), *measured], how="horizontal")
    row = collect(staged(wide, plan.stages)).row(0, named=True)
    return {one: row[one] for one in feature.measures if one in row}


def evidence(rows: FeatureRows, names: Iterable[str], limit: int = EVIDENCE_LIMIT) -> dict[str, EvidenceIds]:
    """Find the documents behind the values of one applicant.

    Args:
        rows: What ``derive`` returned for one observation point.
        names: Features, derived or not; those that no single document explains, or that were not fetched, have empty
            evidence.
        limit: The most that are named of a feature.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
        ValueError: The rows are of several observation points, or of none.
    """
    asked, views = known(names), rows.views
    if views is None:
        raise ValueError(f"Evidence is found for one observation point, not for {rows.values.height}. Derive one.")
    found = [
        views[number][view].filter(where).select(columns)
        for name in asked
        if (number := CATALOGUE[name].catalogue) in views
        if is_fetched(CATALOGUE[name], views[number].ledger.fetched)
        for view, where, columns in _selections(name)
    ]
    behind = dict.fromkeys(asked, EvidenceIds())
    if not found:
        return behind
    # A document may be found several times, by several payments of it: it weighs what they weigh together.
    weighed = pl.concat(found).group_by("feature", "kind", "id").agg(pl.col("weight").sum())
    ranked = weighed.sort("weight", "kind", "id", descending=[True, False, False])
    cut = ranked.group_by("feature").agg(pl.len().alias("total"), pl.col("kind", "id").head(limit))
    for number, total, kinds, ids in collect(cut).iter_rows():
        kept: dict[str, list[int]] = {}
        for kind, identifier in zip(kinds, ids, strict=True):
            kept.setdefault(_KINDS[kind], []).append(identifier)
        behind[_NAMES[number]] = EvidenceIds(**{kind: tuple(some) for kind, some in kept.items()}, total=total)
    return behind


@cache
def _selections(name: str) -> tuple[tuple[View, pl.Expr, tuple[pl.Expr, ...]], ...]:
    """Of each selection of a feature: view, condition, and the columns that evidence of all features has."""
    return tuple(_selection(name, selection) for selection in CATALOGUE[name].evidence)


def _selection(name: str, selection: Selection) -> tuple[View, pl.Expr, tuple[pl.Expr, ...]]:
    view = View(selection.view)
    is_of_sales = view in (View.SALES, View.RECEIVABLES)
    if is_of_sales or (CATALOGUE[name].catalogue > 1 and view in (View.RECEIPTS, View.LOSSES, View.VOIDED)):
        kind = pl.when("is_invoice").then(_code("invoices")).otherwise(_code("vouchers"))
    else:
        kind = _code(_KIND_OF.get(view, "invoices"))
    columns = (
        pl.lit(_NAMES.index(name), dtype=pl.UInt16).alias("feature"),
        kind.alias("kind"),
        pl.col("transaction_id" if view in _LINES else "document_id").alias("id"),
        selection.weight.cast(pl.Int128).alias("weight"),
    )
    return view, selection.where, columns


def _code(kind: str) -> pl.Expr:
    return pl.lit(_KINDS.index(kind), dtype=pl.UInt8)


@lru_cache(maxsize=64)
def _plan(names: tuple[str, ...], fetched: frozenset[Resource]) -> Plan:
    features = [CATALOGUE[name] for name in names]
    number = max((feature.catalogue for feature in features), default=1)
    return compile_plan(features, fetched, _MEASURES[number], _TERMS[number])


def _chunks(
    ledger: Ledger, points: pl.DataFrame, chunk_rows: int, unread: frozenset[str]
) -> Iterator[tuple[Ledger, pl.DataFrame]]:
    """Cut ledger and points into pieces of whole borrowers with about so many joined rows each.

    Frames that nobody reads are neither sorted nor cut: a piece has them without any column, so that reading one fails.
    """
    frames = {name: frame for name, frame in ledger.frames().items() if name not in unread}
    if points["borrower"].n_unique() == 1 or sum(f.height for f in frames.values()) * points.height <= chunk_rows:
        yield ledger, points
        return
    nothing = dict.fromkeys(unread, pl.DataFrame())
    sorted_frames = {name: _by_borrower(frame) for name, frame in frames.items()}
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
        yield Ledger(**some, **nothing, fetched=ledger.fetched), _between(ordered, low, high)


def _by_borrower(frame: pl.DataFrame) -> pl.DataFrame:
    """Sorted by borrower. A ledger is stored that way as a rule, and asking is far cheaper than sorting."""
    return frame if frame["borrower"].is_sorted() else frame.sort("borrower")


def _between(frame: pl.DataFrame, low: int, high: int) -> pl.DataFrame:
    """The rows of a frame sorted by borrower whose borrower lies between two, both included."""
    start = frame["borrower"].search_sorted(low, side="left")
    end = frame["borrower"].search_sorted(high, side="right")
    return frame.slice(start, end - start)
