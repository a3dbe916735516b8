"""The served form of every model: one step function of points per feature, added up.

score = base + sum of points, unclipped; 600 points are odds of 30 good to 1 bad, 40 points double the odds, higher is
better. Prediction and explanation are the same lookup, so the reasons cannot disagree with the score.

Base and points are multiples of 2**-30 with magnitude under 2**16, and no sum of them reaches 2**23: their float sums
are exact in every order, on every machine and in every language, and the JSON text carries them bit for bit. PD follows
from the score alone.

A table of schema 2 also carries bags: the points that the same model gives when it is fitted to samples of the training
firms, drawn with replacement. They score by the same lookup, and the spread of their scores is the interval of a
score. Bags never change the score itself. A table of schema 1 has none, and its scores have no interval.

This module does not import scikit-learn: a table is JSON, and is read and applied without unpickling.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import exp, isfinite, isnan, log
from typing import Literal

import msgspec
import polars as pl

BASE_SCORE = 600.0
BASE_ODDS = 30.0
"""Good to bad, at ``BASE_SCORE``."""
POINTS_TO_DOUBLE_ODDS = 40.0
POINTS_PER_LOG_ODDS = POINTS_TO_DOUBLE_ODDS / log(2.0)

RESOLUTION = 2.0**-30
"""Points are whole multiples of this."""
BOUND = 2.0**16
"""Magnitude that points and base stay under."""
EXACT = 2.0**53 * RESOLUTION
"""Sums of points under this are doubles without rounding: it is 2**23, which 127 features and the base never reach."""


LEFT_OUT = 20
"""The interval leaves out the lowest and the highest of every 20 bags: 5 % at either end."""
FEWEST_BAGS = LEFT_OUT


class InvalidTableError(ValueError):
    """A points table that must not be served: it says which part of it is wrong."""


class InvalidRowError(ValueError):
    """Feature values that cannot be scored: a feature is absent, NaN, or no number."""


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature adds to the score."""

    feature: str
    value: float | None
    """Rounded to the declared precision; null is missing."""
    bin: int | None
    """Index of the bin that was hit; null for missing."""
    points: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction with its complete explanation."""

    score: float
    pd: float
    """Probability of default in the performance window, 0..1."""
    log_odds: float
    """Natural logarithm of the odds of bad."""
    base: float
    contributions: tuple[Contribution, ...]
    """All features of the model, in catalogue order; base plus their points is exactly the score."""
    low: float | None = None
    """Lower end of the interval, which covers the middle 90 % of the bags' scores and the score; null without bags."""
    high: float | None = None
    """Upper end of the interval."""

    @property
    def pd_low(self) -> float | None:
        """Probability at the upper end of the score."""
        return None if self.high is None else probability(log_odds_of(self.high))

    @property
    def pd_high(self) -> float | None:
        """Probability at the lower end of the score."""
        return None if self.low is None else probability(log_odds_of(self.low))


class FeatureSteps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The step function of one feature. Bin ``i`` holds ``edges[i - 1] <= value < edges[i]``."""

    name: str
    precision: int | None
    """Decimals that values were rounded to before binning; the edges are, too. Null: values are taken as they are."""
    edges: tuple[float, ...]
    """Strictly increasing and finite; infinite values fall into the end bins."""
    points: tuple[float, ...]
    """One per bin, that is one more than edges, relative to the training mean."""
    missing_points: float
    """For a missing value; never above 0, so that withholding data does not pay."""
    typical: float | None
    """Training median; null where no row had a finite value."""
    shares: tuple[float, ...]
    """Share of training rows per bin."""
    missing_share: float
    """Share of training rows without a value."""
    bad_rates: tuple[float | None, ...]
    """Observed bad rate of the training rows per bin; null for an empty bin."""
    missing_bad_rate: float | None
    bag_points: tuple[tuple[float, ...], ...] = ()
    """Per bin and, last, for a missing value: the points of each bag. Empty in schema 1."""

    @property
    def bin_names(self) -> tuple[str, ...]:
        """What each bin holds, for people; the missing value last."""
        edges = [self.told(edge) for edge in self.edges]
        named = [f"below {edges[0]}", *(f"from {edge}" for edge in edges)] if edges else ["all"]
        return (*named, "missing")

    def told(self, value: float) -> str:
        """A value of this feature for people: with the decimals of its precision, or with as many as it takes."""
        return str(value) if self.precision is None else format(value, f".{self.precision}f")

    def place(self, value: float | None) -> tuple[int | None, float]:
        """The bin that holds the value (null for missing), and its points."""
        if value is None:
            return None, self.missing_points
        index = bisect_right(self.edges, value)
        return index, self.points[index]


class PointsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An additive model of step functions. It is checked when it is built or read, so every instance can be served."""

    schema: Literal[1, 2]
    """2 exactly where there are bags."""
    kind: Literal["additive_steps"]
    base: float
    """Mean score of the training rows: points are relative to it."""
    features: tuple[FeatureSteps, ...]
    """In catalogue order."""
    bag_bases: tuple[float, ...] = ()
    """The base of each bag."""

    def __post_init__(self) -> None:
        problem = next(_problems(self), None)
        if problem is not None:
            raise InvalidTableError(f"points table: {problem}")

    @classmethod
    def from_json(cls, content: bytes) -> "PointsTable":
        """Read a table.

        Raises:
            InvalidTableError: no JSON, an unknown schema, kind or key, or values outside what can be served.
        """
        try:
            return msgspec.json.decode(content, type=cls)
        except InvalidTableError:
            raise
        except msgspec.ValidationError as error:
            raise InvalidTableError(f"points table does not follow schema 1 or 2: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidTableError(f"points table is not JSON: {error}") from error

    def to_json(self) -> bytes:
        """The table as JSON: the same bytes for equal tables, and every float comes back bit for bit."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the table."""
        return tuple(feature.name for feature in self.features)

    def score(self, values: Mapping[str, float | None]) -> Score:
        """Score one row.

        Args:
            values: Value per feature name, rounded to the declared precision, null where missing. Further names are
                ignored. Infinities fall into the end bins.

        Raises:
            InvalidRowError: a feature of the table is not among the names, is NaN, or is no number. NaN is refused,
                because it says that a computation went wrong, and a missing value is null.
        """
        total = self.base
        contributions = []
        bags = [self.bag_bases]
        for feature in self.features:
            value = _checked(feature.name, values)
            index, points = feature.place(value)
            total += points
            if self.bag_bases:
                bags.append(feature.bag_points[-1 if index is None else index])
            contributions.append(Contribution(feature=feature.name, value=value, bin=index, points=points))
        log_odds = log_odds_of(total)
        low = high = None
        if self.bag_bases:
            ends = middle([sum(bag) for bag in zip(*bags, strict=True)])
            low, high = min(total, ends[0]), max(total, ends[1])
        return Score(
            score=total,
            pd=probability(log_odds),
            log_odds=log_odds,
            base=self.base,
            contributions=tuple(contributions),
            low=low,
            high=high,
        )

    def score_frame(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Score many rows at once, each bit for bit as ``score`` does.

        Args:
            rows: One column per feature of the table, null where missing; further columns are ignored.

        Returns:
            In the order of ``rows``: ``score``, ``log_odds``, ``pd`` and one column of points per feature of the table,
            under the feature's name.

        Raises:
            InvalidRowError: a feature has no column, holds NaN, or is not numeric.
        """
        points = [self._points(feature, rows) for feature in self.features]
        total = pl.Series("score", [self.base], dtype=pl.Float64).new_from_index(0, rows.height)
        for column in points:
            total = total + column
        log_odds = [log_odds_of(value) for value in total]
        # math.exp per row, not a vectorised one: the two may differ in the last bit.
        return pl.DataFrame(
            [
                total.alias("score"),
                pl.Series("log_odds", log_odds, dtype=pl.Float64),
                pl.Series("pd", [probability(value) for value in log_odds], dtype=pl.Float64),
                *points,
            ]
        )

    @staticmethod
    def _points(feature: FeatureSteps, rows: pl.DataFrame) -> pl.Series:
        if feature.name not in rows.columns:
            raise InvalidRowError(f"{feature.name} has no column; a missing value is a null, not an absent column")
        column = rows[feature.name]
        if column.dtype == pl.Null:
            column = column.cast(pl.Float64)
        if not column.dtype.is_numeric():
            raise InvalidRowError(f"{feature.name} is a column of {column.dtype}, not of numbers")
        column = column.cast(pl.Float64)
        if column.is_nan().any():
            raise InvalidRowError(f"{feature.name} holds NaN; a missing value is null")
        # Any number for a missing value: its points are replaced below.
        bins = pl.Series(feature.edges, dtype=pl.Float64).search_sorted(column.fill_null(0.0), side="right")
        hit = pl.Series(feature.points, dtype=pl.Float64).gather(bins)
        missing = pl.Series([feature.missing_points], dtype=pl.Float64)
        return hit.zip_with(column.is_not_null(), missing.new_from_index(0, rows.height)).alias(feature.name)


def middle(bags: Sequence[float]) -> tuple[float, float]:
    """The ends of the middle 90 % of the bags: their lowest and highest value without the 5 % at either end."""
    ordered = sorted(bags)
    left_out = len(ordered) // LEFT_OUT
    return ordered[left_out], ordered[-1 - left_out]


def log_odds_of(score: float) -> float:
    """Natural logarithm of the odds of bad at a score."""
    return -(log(BASE_ODDS) + (score - BASE_SCORE) / POINTS_PER_LOG_ODDS)


def score_of(log_odds: float) -> float:
    """Score at a natural logarithm of the odds of bad; the inverse of ``log_odds_of`` but for the last bits."""
    return BASE_SCORE - POINTS_PER_LOG_ODDS * (log_odds + log(BASE_ODDS))


def probability(log_odds: float) -> float:
    """Probability at a natural logarithm of odds, without overflow at either end."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1.0 + odds)


def to_resolution(points: float) -> float:
    """The nearest multiple of ``RESOLUTION``; the scaling by a power of two is exact."""
    return round(points / RESOLUTION) * RESOLUTION


def _checked(name: str, values: Mapping[str, float | None]) -> float | None:
    if name not in values:
        raise InvalidRowError(f"{name} is absent; a missing value is null, not an absent name")
    value = values[name]
    if value is None:
        return None
    # In Python a bool is an int.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRowError(f"{name} is {type(value).__name__}, not a number")
    if isnan(value):
        raise InvalidRowError(f"{name} is NaN; a missing value is null")
    return float(value)


def _problems(table: PointsTable) -> Iterator[str]:
    """The faults of a table, the most general first."""
    if not table.features:
        yield "has no feature"
    if len(set(table.names)) != len(table.features):
        yield "names a feature twice"
    for base in (table.base, *table.bag_bases):
        if not _is_exact(base):
            yield f"base {base!r} is no multiple of 2**-30 under 2**16"
    yield from _bag_problems(table)
    for feature in table.features:
        yield from (f"{feature.name or 'a feature without name'}: {text}" for text in _feature_problems(feature))
    if _reach(table) >= EXACT:
        yield f"points of {len(table.features)} features reach {_reach(table):.0f} in sum; sums are exact under 2**23"


def _bag_problems(table: PointsTable) -> Iterator[str]:
    bags = len(table.bag_bases)
    if table.schema == 1 and bags:
        yield "has bags, which schema 1 does not know"
    if table.schema == 2 and bags < FEWEST_BAGS:
        yield f"has {bags} bags; schema 2 has at least {FEWEST_BAGS}, so that the interval can leave out its ends"
    for feature in table.features:
        rows = len(feature.edges) + 2 if bags else 0
        if len(feature.bag_points) != rows:
            yield f"{feature.name}: {len(feature.bag_points)} rows of bag points for {rows} bins, missing included"
        elif any(len(row) != bags for row in feature.bag_points):
            yield f"{feature.name}: a row of bag points does not hold one number for each of {bags} bags"
        elif not all(_is_exact(points) for row in feature.bag_points for points in row):
            yield f"{feature.name}: points of a bag are no multiple of 2**-30 under 2**16"


def _feature_problems(feature: FeatureSteps) -> Iterator[str]:
    if not feature.name:
        yield "name is empty"
    if feature.precision is not None and not 0 <= feature.precision <= 15:
        yield f"precision {feature.precision} is not within 0..15 decimals"
    if feature.typical is not None and not isfinite(feature.typical):
        yield "the training median (typical) is not finite"
    yield from _bin_problems(feature)
    for points in (*feature.points, feature.missing_points):
        if not _is_exact(points):
            yield f"{points!r} points are no multiple of 2**-30 under 2**16"
    if feature.missing_points > 0.0:
        yield f"missing earns {feature.missing_points} points; withholding data must not pay"
    rates = (rate for rate in (*feature.bad_rates, feature.missing_bad_rate) if rate is not None)
    if not all(0.0 <= share <= 1.0 for share in (*feature.shares, feature.missing_share, *rates)):
        yield "a share or rate is not within 0..1"


def _bin_problems(feature: FeatureSteps) -> Iterator[str]:
    if not all(map(isfinite, feature.edges)):
        yield "an edge is not finite"
    elif any(low >= high for low, high in pairwise(feature.edges)):
        yield "edges are not strictly increasing"
    elif feature.precision is not None and any(round(edge, feature.precision) != edge for edge in feature.edges):
        yield f"an edge has more than {feature.precision} decimals"
    bins = len(feature.edges) + 1
    lengths = {"points": len(feature.points), "shares": len(feature.shares), "bad_rates": len(feature.bad_rates)}
    for what, length in lengths.items():
        if length != bins:
            yield f"{length} {what} for {bins} bins; there is one more bin than edges"


def _reach(table: PointsTable) -> float:
    """What no sum of base and points exceeds in magnitude, nor that of a bag."""
    own = abs(table.base) + sum(max(map(abs, (*one.points, one.missing_points))) for one in table.features)
    of_bags = max(map(abs, table.bag_bases), default=0.0) + sum(
        max((abs(points) for row in one.bag_points for points in row), default=0.0) for one in table.features
    )
    return max(own, of_bags)


def _is_exact(points: float) -> bool:
    return isfinite(points) and abs(points) < BOUND and (points / RESOLUTION).is_integer()
