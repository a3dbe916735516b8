"""The served form of every model: one step function of points per feature, added up.

score = base + sum of points, unclipped; 600 points are odds of 30 good to 1 bad, 40 points double the odds, higher is
better. Prediction and explanation are the same lookup, so the reasons cannot disagree with the score.

Base and points are multiples of 2**-30 with magnitude under 2**16, and no sum of them reaches 2**23: their float sums
are exact in every order, on every machine and in every language, and the JSON text carries them bit for bit. PD follows
from the score alone.

A table of schema 2 also carries bags: the points that the same model gives when it is fitted to samples of the training
firms, drawn with replacement. They score by the same lookup, and the spread of their scores is the interval of a
score. Bags never change the score itself. A table of schema 1 has none, and its scores have no interval.

A table of schema 3 also has pairs: a grid of points for two of its features, added like any other points. With bags or
without them.

A table of schema 4 also says by how many points either end of the interval lies further out than its bags say, as
training measured it. With pairs or without them.

This module does not import scikit-learn: a table is JSON, and is read and applied without unpickling.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import exp, isnan, log
from typing import Literal

import msgspec
import polars as pl

from models.steps import PAIRED, RESOLUTION, FeatureSteps, PairSteps, feature_problems, is_exact, pair_problems

BASE_SCORE = 600.0
BASE_ODDS = 30.0
"""Good to bad, at ``BASE_SCORE``."""
POINTS_TO_DOUBLE_ODDS = 40.0
POINTS_PER_LOG_ODDS = POINTS_TO_DOUBLE_ODDS / log(2.0)

EXACT = 2.0**53 * RESOLUTION
"""Sums of points under this are doubles without rounding: it is 2**23, which 127 features and the base never reach."""


MOST_PAIRS = 15
"""More of them nobody can read."""
LEFT_OUT = 20
"""The interval leaves out the lowest and the highest of every 20 bags: 5 % at either end."""
FEWEST_BAGS = LEFT_OUT
WIDENING_STEP = 0.25
"""Intervals are widened by whole multiples of this many points."""


class InvalidTableError(ValueError):
    """A points table that must not be served: it says which part of it is wrong."""


class InvalidRowError(ValueError):
    """Feature values that cannot be scored: a feature is absent, NaN, or no number."""


class Contribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one feature, or two of them together, add to the score."""

    feature: str
    value: float | None
    """Rounded to the declared precision; null is missing."""
    bin: int | None
    """Index of the bin that was hit; null for missing."""
    points: float
    second_feature: str | None = None
    """The other feature, where these are the points of two together; absent where they are those of one alone."""
    second_value: float | None = None
    """Absent where it is missing."""
    second_bin: int | None = None

    @property
    def name(self) -> str:
        """The feature, or both: unlike the feature alone, no two contributions to a score have the same."""
        return self.feature if self.second_feature is None else PAIRED.join((self.feature, self.second_feature))


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction with its complete explanation."""

    score: float
    pd: float
    """Probability of default in the performance window, 0..1."""
    log_odds: float
    """Natural logarithm of the odds of bad."""
    base: float
    contributions: tuple[Contribution, ...]
    """All features of the model, in catalogue order, then its pairs; base plus their points is exactly the score."""
    low: float | None = None
    """Lower end of the interval, which covers the middle 90 % of the bags' scores and the score, and what it was
    widened by; null without bags."""
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


class PointsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An additive model of step functions. It is checked when it is built or read, so every instance can be served."""

    schema: Literal[1, 2, 3, 4]
    """4 exactly where the interval is widened; else 3 exactly where there are pairs; else 2 exactly where there are
    bags."""
    kind: Literal["additive_steps"]
    base: float
    """Mean score of the training rows: points are relative to it."""
    features: tuple[FeatureSteps, ...]
    """In catalogue order."""
    bag_bases: tuple[float, ...] = ()
    """The base of each bag."""
    pairs: tuple[PairSteps, ...] = ()
    """Of features of the table, which may have no points alone; at most ``MOST_PAIRS``."""
    widened_by: float = 0.0
    """Points by which either end of the interval lies further out than the middle of the bags and the score."""

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
            raise InvalidTableError(f"points table does not follow schema 1, 2, 3 or 4: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidTableError(f"points table is not JSON: {error}") from error

    def to_json(self) -> bytes:
        """The table as JSON: the same bytes for equal tables, and every float comes back bit for bit."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the table."""
        return tuple(feature.name for feature in self.features)

    def points_of(self, name: str, value: float | None, known: Mapping[str, float | None]) -> float:
        """Points of a feature at a value, alone and with its partners.

        Args:
            name: Of the table.
            value: Null where missing.
            known: Values of the partners; one that is not there is missing.
        """
        points = self.features[self.names.index(name)].place(value)[1]
        for pair in self.pairs:
            if name in (pair.first, pair.second):
                both = {**known, name: value}
                points += pair.place(both.get(pair.first), both.get(pair.second))[2]
        return points

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
        # Every feature of a pair was checked above.
        for pair in self.pairs:
            first, second = values[pair.first], values[pair.second]
            row, column, points = pair.place(first, second)
            total += points
            if self.bag_bases:
                bags.append(pair.bag_points[-1 if row is None else row][-1 if column is None else column])
            contributions.append(
                Contribution(
                    feature=pair.first,
                    value=None if first is None else float(first),
                    bin=row,
                    points=points,
                    second_feature=pair.second,
                    second_value=None if second is None else float(second),
                    second_bin=column,
                )
            )
        log_odds = log_odds_of(total)
        low = high = None
        if self.bag_bases:
            ends = middle([sum(bag) for bag in zip(*bags, strict=True)])
            low, high = min(total, ends[0]) - self.widened_by, max(total, ends[1]) + self.widened_by
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
            In the order of ``rows``: ``score``, ``log_odds``, ``pd`` and one column of points per feature and per pair
            of the table, under its name.

        Raises:
            InvalidRowError: a feature has no column, holds NaN, or is not numeric.
        """
        points = [_points_of_feature(feature, rows) for feature in self.features]
        points += [_points_of_pair(pair, rows) for pair in self.pairs]
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


def _column(name: str, rows: pl.DataFrame) -> pl.Series:
    """The values of a feature, as doubles."""
    if name not in rows.columns:
        raise InvalidRowError(f"{name} has no column; a missing value is a null, not an absent column")
    column = rows[name]
    if column.dtype == pl.Null:
        column = column.cast(pl.Float64)
    if not column.dtype.is_numeric():
        raise InvalidRowError(f"{name} is a column of {column.dtype}, not of numbers")
    column = column.cast(pl.Float64)
    if column.is_nan().any():
        raise InvalidRowError(f"{name} holds NaN; a missing value is null")
    return column


def _bins(column: pl.Series, edges: tuple[float, ...]) -> pl.Series:
    """The bin of each value, the one after the last for a missing one."""
    # Any number for a missing value: its bin is replaced.
    bins = pl.Series(edges, dtype=pl.Float64).search_sorted(column.fill_null(0.0), side="right")
    missing = pl.Series([len(edges) + 1], dtype=bins.dtype).new_from_index(0, len(column))
    return bins.zip_with(column.is_not_null(), missing)


def _points_of_feature(feature: FeatureSteps, rows: pl.DataFrame) -> pl.Series:
    bins = _bins(_column(feature.name, rows), feature.edges)
    return pl.Series((*feature.points, feature.missing_points), dtype=pl.Float64).gather(bins).alias(feature.name)


def _points_of_pair(pair: PairSteps, rows: pl.DataFrame) -> pl.Series:
    row = _bins(_column(pair.first, rows), pair.first_edges)
    column = _bins(_column(pair.second, rows), pair.second_edges)
    cells = row * (len(pair.second_edges) + 2) + column
    return pl.Series(list(pair.cells), dtype=pl.Float64).gather(cells).alias(pair.name)


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
        if not is_exact(base):
            yield f"base {base!r} is no multiple of 2**-30 under 2**16"
    yield from _bag_problems(table)
    yield from _problems_of_widening(table)
    for feature in table.features:
        yield from (f"{feature.name or 'a feature without name'}: {text}" for text in feature_problems(feature))
    yield from _problems_of_pairs(table)
    if _reach(table) >= EXACT:
        yield f"points of {len(table.features)} features reach {_reach(table):.0f} in sum; sums are exact under 2**23"


def _problems_of_pairs(table: PointsTable) -> Iterator[str]:
    if table.pairs and table.schema < 3:
        yield "has pairs, which only schemas 3 and 4 know"
    if table.schema == 3 and not table.pairs:
        yield "has no pair, which schema 3 is for"
    if len(table.pairs) > MOST_PAIRS:
        yield f"has {len(table.pairs)} pairs; more than {MOST_PAIRS} nobody reads"
    order = {name: place for place, name in enumerate(table.names)}
    ordered = [(order.get(pair.first, -1), order.get(pair.second, -1)) for pair in table.pairs]
    if any(first < 0 or second <= first for first, second in ordered) or ordered != sorted(set(ordered)):
        yield "pairs are not each of two features of the table, in its order, and once"
        return
    for pair, (first, second) in zip(table.pairs, ordered, strict=True):
        yield from (
            f"{pair.name}: {text}" for text in pair_problems(pair, table.features[first], table.features[second])
        )


def _bag_problems(table: PointsTable) -> Iterator[str]:
    bags = len(table.bag_bases)
    if table.schema == 1 and bags:
        yield "has bags, which schema 1 does not know"
    if (table.schema in {2, 4} or bags) and bags < FEWEST_BAGS:
        yield f"has {bags} bags; schema {table.schema} has at least {FEWEST_BAGS}: the interval leaves out its ends"
    for feature in table.features:
        rows = len(feature.edges) + 2 if bags else 0
        if len(feature.bag_points) != rows:
            yield f"{feature.name}: {len(feature.bag_points)} rows of bag points for {rows} bins, missing included"
        elif any(len(row) != bags for row in feature.bag_points):
            yield f"{feature.name}: a row of bag points does not hold one number for each of {bags} bags"
        elif not all(is_exact(points) for row in feature.bag_points for points in row):
            yield f"{feature.name}: points of a bag are no multiple of 2**-30 under 2**16"
    for pair in table.pairs:
        cells = [cell for row in pair.bag_points for cell in row]
        shape = [len(row) for row in pair.points] if bags else []
        if [len(row) for row in pair.bag_points] != shape or any(len(cell) != bags for cell in cells):
            yield f"{pair.name}: bag points do not hold one number for each cell and each of {bags} bags"
        elif not all(is_exact(points) for cell in cells for points in cell):
            yield f"{pair.name}: points of a bag are no multiple of 2**-30 under 2**16"


def _problems_of_widening(table: PointsTable) -> Iterator[str]:
    if (table.schema == 4) != (table.widened_by != 0.0):
        yield (
            "has a wider interval, which only schema 4 knows"
            if table.widened_by
            else ("does not widen the interval, which schema 4 is for")
        )
    if not (is_exact(table.widened_by) and table.widened_by >= 0.0):
        yield f"widens the interval by {table.widened_by!r}; it takes a multiple of 2**-30 under 2**16, not below 0"


def _reach(table: PointsTable) -> float:
    """What no sum of base and points exceeds in magnitude, nor that of a bag."""
    own = abs(table.base) + sum(max(map(abs, (*one.points, one.missing_points))) for one in table.features)
    own += sum(max(map(abs, pair.cells)) for pair in table.pairs)
    grids = [one.bag_points for one in table.features]
    grids += [tuple(chain.from_iterable(pair.bag_points)) for pair in table.pairs]
    of_bags = max(map(abs, table.bag_bases), default=0.0) + sum(
        max((abs(points) for row in grid for points in row), default=0.0) for grid in grids
    )
    return max(own, of_bags) + abs(table.widened_by)
