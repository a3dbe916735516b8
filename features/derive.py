"""Ledger and spine to feature rows: the catalogue, its version, the one ``derive()`` for serving and training."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType
from typing import cast

import msgspec
import polars as pl

from features import customers, liquidity, needs, payables, receivables, revenue, trust
from features.collecting import collect
from features.feature import Feature, Selection
from features.ledger import Ledger, Resource
from features.measure import Measure, Term
from features.plan import KEY, Plan, compile_plan, is_fetched
from features.spine import observed
from features.views import View, Views

CATALOGUE_VERSION = "1"
"""Changes with the set of features; a released definition itself never changes."""

_GROUPS = (receivables, customers, revenue, payables, liquidity, trust)

CATALOGUE: Mapping[str, Feature] = MappingProxyType(
    {feature.name: feature for group in _GROUPS for feature in group.FEATURES}
)
"""Every feature by name, in the order in which rows, contributions and documents list them."""

_NAMES = tuple(CATALOGUE)

_MEASURES: Mapping[str, Measure] = MappingProxyType(
    {measure.name: measure for part in (needs, *_GROUPS) for measure in part.MEASURES}
)

_TERMS: Mapping[str, Term] = MappingProxyType({term.name: term for part in (needs, *_GROUPS) for term in part.TERMS})

_KINDS = ("credit_notes", "invoices", "transactions", "vouchers")
_KIND_OF = {View.PAYABLES: "vouchers", View.CREDIT_NOTES: "credit_notes", View.BANK: "transactions"}
EVIDENCE_LIMIT = 10
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
    """Identifiers of the documents and bank lines behind a value, the heaviest first, cut to ``EVIDENCE_LIMIT``."""

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

    views: Views | None
    """For one point the views behind the values, for ``evidence``; None for several, to save memory."""

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
        ledger: Facts of all borrowers of the spine; facts of others are ignored.
        spine: Observation points, see ``features.spine``.
        names: Features, in any order.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
        polars.exceptions.PolarsError: A frame does not have the schema of ``features.ledger``.
    """
    plan = _plan(known(names), ledger.fetched)
    points = observed(spine)
    if points.height == 1:
        views = Views(ledger, points)
        values, causes = (frame[list(KEY + plan.names)] for frame in plan.derive(views))
        return FeatureRows(names=plan.names, values=values, causes=causes, views=views)
    parts = [plan.derive(Views(facts, some)) for facts, some in _chunks(ledger, points, CHUNK_ROWS)]
    values, causes = (pl.concat(frames).sort("point").drop("point") for frames in zip(*parts, strict=True))
    return FeatureRows(names=plan.names, values=values, causes=causes, views=None)


def evidence(rows: FeatureRows, names: Iterable[str]) -> dict[str, EvidenceIds]:
    """Find the documents behind the values of one applicant.

    Args:
        rows: What ``derive`` returned for one observation point.
        names: Features, derived or not; those that no single document explains, or that were not fetched, have empty
            evidence.

    Raises:
        UnknownFeatureError: A name is not in the catalogue.
        ValueError: The rows are of several observation points, or of none.
    """
    asked, views = known(names), rows.views
    if views is None:
        raise ValueError(f"Evidence is found for one observation point, not for {rows.values.height}. Derive one.")
    found = [
        views[view].filter(where).select(columns)
        for name in asked
        if is_fetched(CATALOGUE[name], views.ledger.fetched)
        for view, where, columns in _selections(name)
    ]
    behind = dict.fromkeys(asked, EvidenceIds())
    if not found:
        return behind
    # A document may be found several times, by several payments of it: it weighs what they weigh together.
    weighed = pl.concat(found).group_by("feature", "kind", "id").agg(pl.col("weight").sum())
    ranked = weighed.sort("weight", "kind", "id", descending=[True, False, False])
    cut = ranked.group_by("feature").agg(pl.len().alias("total"), pl.col("kind", "id").head(EVIDENCE_LIMIT))
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
    if view in (View.SALES, View.RECEIVABLES):
        kind = pl.when("is_invoice").then(_code("invoices")).otherwise(_code("vouchers"))
    else:
        kind = _code(_KIND_OF.get(view, "invoices"))
    columns = (
        pl.lit(_NAMES.index(name), dtype=pl.UInt8).alias("feature"),
        kind.alias("kind"),
        pl.col("transaction_id" if view is View.BANK else "document_id").alias("id"),
        selection.weight.cast(pl.Int128).alias("weight"),
    )
    return view, selection.where, columns


def _code(kind: str) -> pl.Expr:
    return pl.lit(_KINDS.index(kind), dtype=pl.UInt8)


@lru_cache(maxsize=64)
def _plan(names: tuple[str, ...], fetched: frozenset[Resource]) -> Plan:
    return compile_plan([CATALOGUE[name] for name in names], fetched, _MEASURES, _TERMS)


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
    start = frame["borrower"].search_sorted(low, side="left")
    end = frame["borrower"].search_sorted(high, side="right")
    return frame.slice(start, end - start)
