"""Both estimators tell a rare value apart, and a value that separates almost perfectly, wherever it lies."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from features.derive import CATALOGUE
from models.additive import AdditiveClassifier
from models.boosting import AdditiveBoosting
from models.points import PointsTable
from models.records import NotBinned
from models.scorecard import compile_table, largest_difference
from models.train import columns_of, not_binned
from models.woe import WoeScorecard
from models.wording import not_binned_rows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Estimator = WoeScorecard | AdditiveBoosting

ROWS = 6000
ESTIMATORS = [
    pytest.param(lambda directions: WoeScorecard(monotonic_cst=directions), id="scorecard"),
    pytest.param(lambda directions: AdditiveBoosting(monotonic_cst=directions, bags=5, trees=60), id="boosting"),
]
Making = Callable[[list[int]], Estimator]


def drawn(share: float, above: float, below: float, *, seed: int = 3) -> tuple[Floats, Bools]:
    """A count of 1 to 3 on a share of the rows, else 0, with these bad rates."""
    random = np.random.default_rng(seed)
    is_hit = random.random(ROWS) < share
    values = np.where(is_hit, random.integers(1, 4, ROWS), 0).astype(np.float64)
    return values, random.random(ROWS) < np.where(is_hit, above, below)


def exactly(*parts: tuple[float, int, int]) -> tuple[Floats, Bools]:
    """Rows of value, number and bads, in an order that hides the outcome from folds."""
    values = np.concatenate([np.full(rows, value) for value, rows, _ in parts])
    is_bad = np.concatenate([np.arange(rows) < bads for _, rows, bads in parts])
    order = np.random.default_rng(5).permutation(len(values))
    return values[order], is_bad[order]


def tie_in_the_middle() -> tuple[Floats, Bools]:
    """Different values, and one on 4 % of the rows that is riskier."""
    random = np.random.default_rng(6)
    values = np.where(random.random(ROWS) < 0.04, 1.0, random.normal(1.0, 1.0, ROWS).round(3) + 0.0005)
    return values, random.random(ROWS) < np.where(values == 1.0, 0.4, 0.06)


@pytest.mark.parametrize("make", ESTIMATORS)
@pytest.mark.parametrize(
    ("sample", "direction"),
    [
        pytest.param(drawn(0.06, 0.40, 0.06), 1, id="a count above 0 on 6 %"),
        pytest.param(drawn(0.07, 0.208, 0.057), 1, id="a count above 0 on 7 %, as returned debits"),
        pytest.param(exactly((0, 5820, 340), (1, 180, 54)), 1, id="a flag on 3 %"),
        pytest.param(exactly((0, 5400, 290), (1, 600, 598)), 1, id="a flag on 10 %, all but two bad"),
        pytest.param(exactly((0, 5400, 290), (1, 600, 600)), 1, id="a flag on 10 %, all bad"),
        pytest.param(exactly((0, 5400, 540), (1, 600, 0)), -1, id="a flag on 10 %, all good"),
        pytest.param(exactly((0, 3000, 600), (1, 3000, 150)), -1, id="a flag on 50 %"),
        pytest.param(exactly((0, 3600, 720), (0.5, 240, 26), (1, 2160, 50)), -1, id="mass at both ends"),
        pytest.param(tie_in_the_middle(), 0, id="a tie in the middle"),
        pytest.param(exactly((0, 270, 16), (1, 30, 15)), 1, id="a small sample"),
    ],
)
def test_rare_and_pure_values_are_told_apart(make: Making, sample: tuple[Floats, Bools], direction: int) -> None:
    """What is predicted for a value that many rows share is near to the bad rate of these rows."""
    values, is_bad = sample
    model = make([direction]).fit(values.reshape(-1, 1), is_bad)
    for value in (0.0, 0.5, 1.0):
        held = values == value
        if held.sum() < 30:
            continue
        rate = is_bad[held].mean()
        predicted = model.predict_proba([[value]])[0, 1]
        assert predicted == pytest.approx(rate, abs=0.025 + 0.2 * min(rate, 1 - rate)), value


NAMES = [
    "liquidity_returned_debit_count_90d",
    "payables_reminder_fee_count_12m",
    "receivables_overdue_share",
    "receivables_dunned_share_12m",
    "receivables_dilution_share_12m",
    "customers_top1_share_12m",
    "revenue_drop_3m",
]


def several() -> tuple[Floats, Bools]:
    """Rows of seven features: two that tell, and one of each kind that fails."""
    random = np.random.default_rng(9)
    returned = np.where(random.random(ROWS) < 0.07, random.integers(1, 4, ROWS), 0)
    # One firm in 300 has two reminder fees: too few to tell from one.
    fees = np.where(random.random(ROWS) < 0.1, 1.0, 0.0)
    fees[:18] = 2.0
    rate = 0.04 + 0.2 * (returned > 0) + 0.2 * (fees > 0)
    is_bad = random.random(ROWS) < rate
    turned = np.where(is_bad, random.random(ROWS) < 0.1, random.random(ROWS) < 0.5)
    rare = np.zeros(ROWS)
    rare[:7] = 1.0
    noise = np.where(random.random(ROWS) < 0.3, 0.5, 0.0)
    columns = [returned, fees, turned, rare, np.zeros(ROWS), np.full(ROWS, np.nan), noise]
    return np.column_stack(columns).astype(np.float64), is_bad


def listed(model: Estimator, values: Floats, is_bad: Bools) -> tuple[PointsTable, tuple[NotBinned, ...]]:
    """Its table, and what got no points."""
    features = [CATALOGUE[name] for name in NAMES]
    table = compile_table(model.decision_function, columns_of(model, features), values, is_bad)
    return table, not_binned(model, features, values, is_bad, table.names)


@pytest.mark.parametrize("make", ESTIMATORS)
def test_what_got_no_points_is_listed_with_the_reason(make: Making) -> None:
    """Whole features, and values within a feature of the model, in the order of the catalogue, with the numbers."""
    values, is_bad = several()
    model = make([int(CATALOGUE[name].risk) for name in NAMES]).fit(values, is_bad)
    table, entries = listed(model, values, is_bad)
    assert table.names == ("liquidity_returned_debit_count_90d", "payables_reminder_fee_count_12m")
    assert largest_difference(table, NAMES, model.decision_function, values) < 1e-9
    whole = {entry.feature: entry for entry in entries if entry.is_whole_feature}
    assert {name: entry.reason for name, entry in whole.items()} == {
        "receivables_overdue_share": "not_monotone",
        "receivables_dunned_share_12m": "too_few_rows_in_value",
        "receivables_dilution_share_12m": "constant",
        "customers_top1_share_12m": "no_value",
        "revenue_drop_3m": "no_separation",
    }
    rare = whole["receivables_dunned_share_12m"]
    assert (rare.edge, rare.found, rare.asked) == (1.0, 7, 60)
    assert rare.above is not None
    assert rare.above[0] == 7
    turned = whole["receivables_overdue_share"]
    assert turned.below is not None
    assert turned.above is not None
    assert turned.above[1] / turned.above[0] < turned.below[1] / turned.below[0]
    cells = {(row[0], row[1]): row[2:] for row in not_binned_rows(entries)}
    assert rare.below == (5993, is_bad.sum() - rare.above[1])
    above, below = (f"{rows} rows, {bads} bad ({bads / rows:.1%})" for rows, bads in (rare.above, rare.below))
    assert cells["receivables_dunned_share_12m", "all"] == [
        "too_few_rows_in_value: too few rows on one side",
        f"from 1: {above}; below: {below}; rows 7, at least 60 asked",
    ]
    assert cells["receivables_dilution_share_12m", "all"] == [
        "constant: all training rows with a value have the same",
        f"6000 rows, {is_bad.sum()} bad ({is_bad.mean():.1%})",
    ]


def test_a_value_with_too_few_rows_is_listed_within_its_feature() -> None:
    """The scorecard joined two reminder fees to one, because 18 rows have them and 60 are asked."""
    values, is_bad = several()
    model = WoeScorecard(monotonic_cst=[int(CATALOGUE[name].risk) for name in NAMES]).fit(values, is_bad)
    _, entries = listed(model, values, is_bad)
    (joined,) = [entry for entry in entries if entry.feature == "payables_reminder_fee_count_12m"]
    assert not joined.is_whole_feature
    assert (joined.reason, joined.edge, joined.found, joined.asked) == ("too_few_rows_in_value", 2.0, 18, 60)


@pytest.mark.parametrize("make", ESTIMATORS)
def test_a_feature_that_repeats_another_is_too_weak(make: Making) -> None:
    """It has bins, and next to no evidence beside the other; the record says how much."""
    values, is_bad = several()
    random = np.random.default_rng(1)
    values[:, 2] = values[:, 0] * (random.random(ROWS) < 0.9)
    model: AdditiveClassifier = make([1] * len(NAMES)).fit(values, is_bad)
    assert isinstance(model, WoeScorecard | AdditiveBoosting)
    _, entries = listed(model, values, is_bad)
    (copy,) = [entry for entry in entries if entry.feature == "receivables_overdue_share"]
    assert (copy.reason, copy.asked) == ("too_weak", model.min_z)
    assert copy.found is not None
    assert copy.found < model.min_z
