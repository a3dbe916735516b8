"""The parts of a points table: the step function of one feature, and the points of two features together."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from math import isfinite

import msgspec

RESOLUTION = 2.0**-30
"""Points are whole multiples of this."""
BOUND = 2.0**16
"""Magnitude that points and base stay under."""
PAIRED = " x "
"""Between the names of two features that act together."""


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
        return self.names_of(self.edges)

    def names_of(self, edges: Sequence[float]) -> tuple[str, ...]:
        """What the bins between some edges hold, for people; the missing value last."""
        told = [self.told(edge) for edge in edges]
        named = [f"below {told[0]}", *(f"from {edge}" for edge in told)] if told else ["all"]
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


def to_resolution(points: float) -> float:
    """The nearest multiple of ``RESOLUTION``; the scaling by a power of two is exact."""
    return round(points / RESOLUTION) * RESOLUTION


class PairSteps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What two features of a table add together, beyond their own points: a grid of bins, the missing value last."""

    first: str
    """Name of the feature whose bins are the rows; it stands before the other one in the table."""
    second: str
    """Name of the feature whose bins are the columns."""
    first_edges: tuple[float, ...]
    """Some of the edges of the first feature."""
    second_edges: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    """By row and column, relative to the training mean. The last row and the last column are for missing values, and
    never above 0, so that withholding data does not pay."""
    shares: tuple[tuple[float, ...], ...]
    """Share of training rows per cell."""
    bad_rates: tuple[tuple[float | None, ...], ...]
    """Observed bad rate of the training rows per cell; null for an empty cell."""
    bag_points: tuple[tuple[tuple[float, ...], ...], ...] = ()
    """Per cell the points of each bag; empty without bags."""

    @property
    def name(self) -> str:
        """Both names, as the pair is called where features are called by theirs."""
        return PAIRED.join((self.first, self.second))

    def place(self, first: float | None, second: float | None) -> tuple[int | None, int | None, float]:
        """The row and the column that hold the values (null for missing), and the points of the cell."""
        row = None if first is None else bisect_right(self.first_edges, first)
        column = None if second is None else bisect_right(self.second_edges, second)
        return row, column, self.points[-1 if row is None else row][-1 if column is None else column]

    @property
    def cells(self) -> Iterator[float]:
        """Points of all cells."""
        return chain.from_iterable(self.points)


def pair_problems(pair: PairSteps, first: FeatureSteps, second: FeatureSteps) -> Iterator[str]:
    """The faults of the points of two features together.

    Args:
        pair: The points.
        first: The steps of its first feature alone.
        second: The steps of its second feature alone.
    """
    rows, columns = len(pair.first_edges) + 2, len(pair.second_edges) + 2
    for edges, alone in ((pair.first_edges, first), (pair.second_edges, second)):
        if list(edges) != sorted(set(edges) & set(alone.edges)):
            yield f"its edges are not some of those of {alone.name}, strictly increasing"
    for what, grid in (("points", pair.points), ("shares", pair.shares), ("bad_rates", pair.bad_rates)):
        if len(grid) != rows or any(len(row) != columns for row in grid):
            yield f"{what} are not {rows} rows of {columns}, missing included"
            return
    if not all(map(is_exact, pair.cells)):
        yield "points are no multiple of 2**-30 under 2**16"
    if max(*pair.points[-1], *(row[-1] for row in pair.points)) > 0.0:
        yield "a missing value earns points; withholding data must not pay"
    rates = (rate for rate in chain.from_iterable(pair.bad_rates) if rate is not None)
    if not all(0.0 <= share <= 1.0 for share in (*chain.from_iterable(pair.shares), *rates)):
        yield "a share or rate is not within 0..1"


def feature_problems(feature: FeatureSteps) -> Iterator[str]:
    """The faults of the steps of one feature."""
    if not feature.name:
        yield "name is empty"
    if feature.precision is not None and not 0 <= feature.precision <= 15:
        yield f"precision {feature.precision} is not within 0..15 decimals"
    if feature.typical is not None and not isfinite(feature.typical):
        yield "the training median (typical) is not finite"
    yield from _bin_problems(feature)
    for points in (*feature.points, feature.missing_points):
        if not is_exact(points):
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


def is_exact(points: float) -> bool:
    """Whether points are a multiple of ``RESOLUTION`` within ``BOUND``."""
    return isfinite(points) and abs(points) < BOUND and (points / RESOLUTION).is_integer()
