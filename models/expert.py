"""A scorecard that people set: points from a TOML file, for lenders without outcomes.

Points are centred, so that the average firm of the portfolio has none, and the base is solved, so that the mean PD is
the bad rate that the file names. Where nothing is known of the portfolio, the anchor is one firm with typical values.

Everything follows from the text of the file and the portfolio, so a registered card is derived again whenever it is
read (``check_table``): a model that was trained cannot pass for one, and leave out the gates of trained models.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor, fsum, isfinite
from typing import Any, Literal

import msgspec
import polars as pl

from features.derive import CATALOGUE
from features.feature import Feature, Risk
from models.candidates import candidate_features
from models.points import InvalidTableError, PointsTable, log_odds_of, probability
from models.records import DatasetReference, ExpertRecord, Gate, Portfolio
from models.steps import FeatureSteps, to_resolution

Anchor = Literal["portfolio", "shares", "typical"]
"""Firms of a dataset; shares of firms per bin, features taken as independent; one firm with the typical values."""

LARGEST_POINTS = 1000.0
ANCHOR_TOLERANCE = 1e-6
"""Largest distance of the mean PD from the bad rate that was asked for."""
BASE_TOLERANCE = 2.0**-20
"""Points by which the base may differ where it is solved again: ``exp`` of another machine may."""
GATES = frozenset({"monotone", "complete", "anchored"})
_TENTHS = 10
_FARTHEST = 30_000.0
"""The base is looked for this far on both sides of 0."""


class ExpertError(ValueError):
    """A file of experts that is no scorecard: one line per fault, with the feature and what to do."""


class ExpertFeature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says of one feature."""

    edges: tuple[float, ...]
    points: tuple[float, ...]
    """One per bin, that is one more than edges; the level does not matter."""
    missing: float
    """Points for a missing value, on the same level."""
    typical: float | None = None
    shares: tuple[float, ...] | None = None
    """Share of firms per bin."""
    missing_share: float | None = None
    comment: str = ""


class ExpertCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says."""

    name: str
    set_by: str
    reason: str
    bad_rate: float
    """Share of firms that are expected to default within the horizon."""
    features: dict[str, ExpertFeature]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A points table, and what it is anchored on."""

    card: ExpertCard
    table: PointsTable
    anchor: Anchor
    mean_pd: float
    gates: tuple[Gate, ...]


def read_card(text: str) -> ExpertCard:
    """Read a file; features are put into the order of the catalogue.

    Raises:
        ExpertError: it is no TOML, has another form, or names unknown features.
    """
    try:
        content = tomllib.loads(text)
        # one by one, since the library does not name the key of a dictionary
        for name, feature in _tables_of(content).items():
            try:
                msgspec.convert(feature, ExpertFeature)
            except msgspec.ValidationError as error:
                raise ExpertError(f"{name}: {error}") from error
        card = msgspec.convert(content, ExpertCard)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExpertError(str(error)) from error
    unknown = [name for name in card.features if name not in CATALOGUE]
    if unknown:
        raise ExpertError("\n".join(f"{name}: no such feature; take a name of docs/features.md" for name in unknown))
    order = {name: place for place, name in enumerate(CATALOGUE)}
    named = dict(sorted(card.features.items(), key=lambda item: order[item[0]]))
    return msgspec.structs.replace(card, features=named)


def _tables_of(content: dict[str, Any]) -> dict[str, Any]:
    found = content.get("features")
    return found if isinstance(found, dict) else {}


def check_card(card: ExpertCard) -> None:
    """Check what people wrote.

    Raises:
        ExpertError: it has faults.
    """
    faults = list(_faults(card))
    if faults:
        raise ExpertError("\n".join(faults))


def portfolio_of(card: ExpertCard, rows: pl.DataFrame, dataset: DatasetReference) -> Portfolio:
    """Count the bins of a portfolio, for a card that was read.

    Args:
        card: The features and edges.
        rows: One column per feature, rounded, null where missing.
        dataset: Which data they are of.
    """
    bins = [
        pl.when(pl.col(name).is_null())
        .then(len(feature.edges) + 1)
        .otherwise(pl.sum_horizontal(pl.lit(0), *(pl.col(name) >= edge for edge in feature.edges)))
        .cast(pl.Int64)
        .alias(name)
        for name, feature in card.features.items()
    ]
    names = list(card.features)
    counted = rows.select(bins).group_by(names).len("rows").sort(names)
    return Portfolio(dataset=dataset, patterns=tuple(counted.select("rows", *names).rows()))


def build(card: ExpertCard, portfolio: Portfolio | None) -> Built:
    """The points table of a card that was read.

    Raises:
        ExpertError: nothing says what to anchor it on, or two things do, or a missing value earns points.
    """
    anchor, shares = _anchor(card, portfolio)
    centres = {
        name: sum((share * tenths for share, tenths in zip(shares[name], _tenths(feature), strict=True)), Fraction())
        for name, feature in card.features.items()
    }
    faults = [
        f"{name}: {fault}"
        for name, feature in card.features.items()
        for fault in _missing_faults(_tenths(feature)[-1], centres[name], shares[name][-1], anchor)
    ]
    if faults:
        raise ExpertError("\n".join(faults))
    totals = _totals(card, portfolio, shares)
    level = float(sum(centres.values(), Fraction())) / _TENTHS
    weights = [(tenths / _TENTHS - level, weight) for tenths, weight in sorted(totals.items())]
    base = _solved(weights, card.bad_rate)
    features = tuple(_steps(name, feature, centres[name], shares[name]) for name, feature in card.features.items())
    try:
        table = PointsTable(schema=1, kind="additive_steps", base=base, features=features)
    except InvalidTableError as error:
        raise ExpertError(str(error)) from error
    mean_pd = _mean_pd(weights, base)
    return Built(card=card, table=table, anchor=anchor, mean_pd=mean_pd, gates=_gates(card, table, mean_pd))


def check_table(record: ExpertRecord, table: PointsTable) -> None:
    """Prove that a points table is what its file and its portfolio say, and that the recorded gates are its own.

    Whether the file would still be taken is not asked here: what was once served can be read.

    Raises:
        ExpertError: it is another one.
    """
    built = build(read_card(record.text), record.portfolio)
    if abs(built.table.base - table.base) > BASE_TOLERANCE:
        raise ExpertError(f"the base is {table.base!r}; from what experts wrote follows {built.table.base!r}")
    if msgspec.structs.replace(built.table, base=table.base) != table:
        raise ExpertError("the points are others than experts wrote")
    if [(gate.name, gate.passed) for gate in record.gates] != [(gate.name, gate.passed) for gate in built.gates]:
        raise ExpertError("the gates are not those of a scorecard of experts")


def meant(record: ExpertRecord) -> str:
    """What the PD is of, as a decision says it."""
    return f"set by people, never measured; meant: {record.definition.name}"


def describe(built: Built, portfolio: Portfolio | None) -> str:
    """What a card is anchored on, in a sentence."""
    if portfolio is not None:
        dataset = portfolio.dataset
        rows = sum(pattern[0] for pattern in portfolio.patterns)
        on = f"{rows} rows of {dataset.firms} {dataset.kind} firms, without their outcomes: their mean PD"
    elif built.anchor == "shares":
        on = "the shares of firms in the file, features taken as independent: the mean PD"
    else:
        on = "one firm with all typical values, because nothing is known of the portfolio: its PD"
    return f"Anchored on {on} is {built.mean_pd:.4%}, {built.card.bad_rate:.4%} asked for."


def _faults(card: ExpertCard) -> Iterator[str]:
    for field in ("name", "set_by", "reason"):
        if not getattr(card, field).strip():
            yield f"`{field}` is empty: say it in a sentence"
    if not 0.0001 <= card.bad_rate <= 0.5:
        yield f"`bad_rate` is {card.bad_rate}: set the share of firms expected to default, 0.0001 to 0.5"
    if not card.features:
        yield "there is no feature: add a table [features.NAME] for each"
    first = {CATALOGUE[name].catalogue: name for name in reversed(card.features)}
    if len(first) > 1:
        named = ", ".join(f"{name} is of {catalogue}" for catalogue, name in sorted(first.items()))
        yield f"features of one catalogue alone can stand together: {named}"
    for name, feature in card.features.items():
        yield from (f"{name}: {fault}" for fault in _feature_faults(feature, CATALOGUE[name]))


def _feature_faults(feature: ExpertFeature, declared: Feature) -> Iterator[str]:
    _, excluded = candidate_features(catalogue=declared.catalogue)
    if (reason := excluded.get(declared.name)) is not None:
        yield f"no model may read it ({reason}); leave it out"
        return
    bins = len(feature.edges) + 1
    numbers = (*feature.edges, *feature.points, feature.missing, *(feature.shares or ()))
    if not all(isfinite(number) for number in (*numbers, feature.typical or 0.0, feature.missing_share or 0.0)):
        yield "a number is not finite; write numbers"
        return
    yield from _edge_faults(feature, declared)
    if len(feature.points) != bins:
        yield f"{len(feature.points)} points for {bins} bins; give one more than edges, and `missing`"
    for points in (*feature.points, feature.missing):
        if round(points, 1) != points or abs(points) > LARGEST_POINTS:
            yield f"{points} points: at most one decimal, and at most {LARGEST_POINTS:.0f} either way"
    wrong = [(left, right) for left, right in pairwise(feature.points) if int(declared.risk) * (right - left) > 0.0]
    if wrong:
        more = "riskier: points must not rise" if declared.risk is Risk.RAISES else "safer: points must not fall"
        yield f"more of it is {more} from bin to bin, but {wrong[0][0]} is followed by {wrong[0][1]}"
    yield from _share_faults(feature, bins)


def _edge_faults(feature: ExpertFeature, declared: Feature) -> Iterator[str]:
    if any(low >= high for low, high in pairwise(feature.edges)):
        yield "edges are not strictly increasing; sort them, and leave out what stands twice"
    fine = [edge for edge in feature.edges if round(edge, declared.precision) != edge]
    if fine:
        yield f"the edge {fine[0]} has more decimals than the value, which has {declared.precision}; round it"


def _share_faults(feature: ExpertFeature, bins: int) -> Iterator[str]:
    if (feature.shares is None) != (feature.missing_share is None):
        yield "`shares` and `missing_share` go together; give both or none"
    if feature.shares is None or feature.missing_share is None:
        return
    shares = (*feature.shares, feature.missing_share)
    if len(feature.shares) != bins:
        yield f"{len(feature.shares)} shares for {bins} bins; give one per bin, and `missing_share`"
    elif min(shares) < 0.0 or abs(fsum(shares) - 1.0) > 1e-6:
        yield f"shares and missing_share add up to {fsum(shares):.6g}; they must be at least 0 and add up to 1"


def _anchor(card: ExpertCard, portfolio: Portfolio | None) -> tuple[Anchor, Mapping[str, Sequence[Fraction]]]:
    """What the card is anchored on, and by feature the share of each bin, missing last."""
    features = card.features
    with_shares = [name for name, feature in features.items() if feature.shares is not None]
    if portfolio is not None:
        if with_shares:
            raise ExpertError(f"{with_shares[0]}: the dataset says how many firms are in a bin; leave out its shares")
        return "portfolio", _counted(card, portfolio)
    if with_shares:
        without = [name for name, feature in features.items() if feature.shares is None]
        if without:
            raise ExpertError(f"{without[0]}: has no shares, other features have; give them for all or for none")
        return "shares", {name: _given(feature) for name, feature in features.items()}
    untyped = [name for name, feature in features.items() if feature.typical is None]
    if untyped:
        raise ExpertError(
            f"{untyped[0]}: nothing says where firms lie; give `typical` for each feature, or `shares` and "
            "`missing_share`, or a dataset with --dataset"
        )
    return "typical", {
        name: [Fraction(place == _bin(feature)) for place in range(len(feature.points) + 1)]
        for name, feature in features.items()
    }


def _missing_faults(missing: int, centre: Fraction, share: Fraction, anchor: Anchor) -> Iterator[str]:
    if missing <= centre:
        return
    # The mean of the firms with a value, because that of all moves with what is set.
    most = floor((centre - share * missing) / (1 - share))
    whom = "typical" if anchor == "typical" else "average"
    yield (
        f"missing earns {float(missing - centre) / _TENTHS:.2f} points more than the {whom} firm; withholding data "
        f"must not pay: set `missing` to {most / _TENTHS} or less"
    )


def _bin(feature: ExpertFeature) -> int:
    """That of the typical value."""
    return sum((feature.typical or 0.0) >= edge for edge in feature.edges)


def _given(feature: ExpertFeature) -> list[Fraction]:
    shares = [Fraction(share) for share in (*(feature.shares or ()), feature.missing_share or 0.0)]
    total = sum(shares, Fraction())
    return [share / total for share in shares]


def _counted(card: ExpertCard, portfolio: Portfolio) -> dict[str, list[Fraction]]:
    rows = sum(pattern[0] for pattern in portfolio.patterns)
    widths = [len(feature.points) + 1 for feature in card.features.values()]
    for pattern in portfolio.patterns:
        is_whole = len(pattern) == len(widths) + 1 and pattern[0] > 0
        if not is_whole or not all(0 <= place < width for place, width in zip(pattern[1:], widths, strict=True)):
            raise ExpertError(f"the portfolio does not fit the features: {pattern}")
    if not rows:
        raise ExpertError("the portfolio has no rows")
    counts = {name: [0] * width for name, width in zip(card.features, widths, strict=True)}
    for number, *places in portfolio.patterns:
        for name, place in zip(card.features, places, strict=True):
            counts[name][place] += number
    return {name: [Fraction(number, rows) for number in numbers] for name, numbers in counts.items()}


def _totals(
    card: ExpertCard, portfolio: Portfolio | None, shares: Mapping[str, Sequence[Fraction]]
) -> dict[int, float]:
    """How many firms, or which share of them, have which sum of points, in tenths."""
    totals: dict[int, float] = {}
    if portfolio is not None:
        tenths = [_tenths(feature) for feature in card.features.values()]
        for number, *places in portfolio.patterns:
            total = sum(points[place] for points, place in zip(tenths, places, strict=True))
            totals[total] = totals.get(total, 0.0) + number
        return totals
    totals = {0: 1.0}
    for name, feature in card.features.items():
        added: dict[int, float] = {}
        for total, weight in totals.items():
            for points, share in zip(_tenths(feature), shares[name], strict=True):
                if share:
                    added[total + points] = added.get(total + points, 0.0) + weight * float(share)
        totals = added
    return totals


def _tenths(feature: ExpertFeature) -> list[int]:
    """Points per bin and for a missing value in tenths, which are whole numbers."""
    return [round(points * _TENTHS) for points in (*feature.points, feature.missing)]


def _mean_pd(weights: Sequence[tuple[float, float]], base: float) -> float:
    total = fsum(weight for _, weight in weights)
    return fsum(weight * probability(log_odds_of(base + points)) for points, weight in weights) / total


def _solved(weights: Sequence[tuple[float, float]], bad_rate: float) -> float:
    """The base at which the mean PD is the bad rate."""
    low, high = -_FARTHEST, _FARTHEST
    # More halvings than there are steps of 2**-30 in between.
    for _ in range(60):
        middle = (low + high) / 2.0
        if _mean_pd(weights, middle) > bad_rate:
            low = middle
        else:
            high = middle
    return to_resolution(high)


def _steps(name: str, feature: ExpertFeature, centre: Fraction, shares: Sequence[Fraction]) -> FeatureSteps:
    *points, missing = (to_resolution(float((tenths - centre) / _TENTHS)) for tenths in _tenths(feature))
    return FeatureSteps(
        name=name,
        precision=CATALOGUE[name].precision,
        edges=feature.edges,
        points=tuple(points),
        missing_points=missing,
        # It would be called a median of training firms, and there were none.
        typical=None,
        shares=tuple(float(share) for share in shares[:-1]),
        missing_share=float(shares[-1]),
        bad_rates=(None,) * len(points),
        missing_bad_rate=None,
    )


def _gates(card: ExpertCard, table: PointsTable, mean_pd: float) -> tuple[Gate, ...]:
    wrong = sum(
        int(CATALOGUE[feature.name].risk) * (right - left) > 0.0
        for feature in table.features
        for left, right in pairwise(feature.points)
    ) + sum(feature.missing_points > 0.0 for feature in table.features)
    absent = sum(len(card.features[feature.name].edges) + 1 - len(feature.points) for feature in table.features)
    found = (
        ("monotone", "steps against the declared direction of risk, or points for missing values", wrong, 0.0),
        ("complete", "bins without points", absent, 0.0),
        ("anchored", "distance of the mean PD from the bad rate", abs(mean_pd - card.bad_rate), ANCHOR_TOLERANCE),
    )
    return tuple(
        Gate(name=name, meaning=meaning, at_least=None, at_most=most, value=float(value), passed=value <= most)
        for name, meaning, value, most in found
    )
