"""Pairs of columns with special values, bins by hand and categories: every law, and no part for such a value."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.feature import Risk
from models.boosting import AdditiveBoosting
from models.export import Exported, export
from models.gates import wrong_steps
from models.points import PointsTable
from models.presets import fit_presets
from models.scorecard import largest_difference

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SPECIAL: list[list[float]] = [[-7.0, 5.0], [], []]
CUTS: list[list[float] | None] = [None, [1.0, 2.0, 3.0], [-0.5, 0.3, 0.8]]
DIRECTIONS = [1, 0, 1]


def sample(rows: int, *, seed: int, together: float = 2.5) -> tuple[Floats, Bools]:
    """Delays, of which -7 and 5 mean something else, codes of kinds, and shares; long delays of two kinds are bad."""
    random = np.random.default_rng(seed)
    delay = random.integers(0, 12, rows).astype(np.float64)
    delay[random.random(rows) < 0.15] = -7.0
    kind = random.integers(0, 4, rows).astype(np.float64)
    share = random.normal(size=rows).round(2)
    is_long = (delay > 5.0) & (kind >= 2.0)
    log_odds = -2.0 + 0.1 * np.maximum(delay, 0.0) + 0.4 * share + together * is_long + 1.0 * (delay == 5.0)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    x = np.column_stack([delay, kind, share])
    x[random.random(x.shape) < 0.05] = np.nan
    return x, is_bad


def fitted(
    x: Floats, is_bad: Bools, *, pairs: int = 2, directions: list[int] = DIRECTIONS, bags: int = 4
) -> AdditiveBoosting:
    """Boosting with what is given of the columns of ``sample``."""
    estimator = AdditiveBoosting(monotonic_cst=directions, decimals=[None] * 3, bags=bags, trees=40, pairs=pairs)
    return fit_presets(estimator, x, is_bad, None, None, special=SPECIAL, cuts=CUTS)


X, IS_BAD = sample(4000, seed=1)
MODEL = fitted(X, IS_BAD, bags=20)
TABLE = MODEL.points_table(X, IS_BAD)
PAIR = next(pair for pair in TABLE.pairs if (pair.first, pair.second) == ("x0", "x1"))


def test_they_are_found_and_cut_where_their_columns_are() -> None:
    """Kinds at the groups that people made; long delays of two kinds cost more together."""
    assert set(PAIR.second_edges) <= {1.0, 2.0, 3.0}
    at = [PAIR.place(11.0, kind)[2] for kind in (0.0, 3.0)]
    assert at[1] < at[0] - 10.0


@pytest.mark.parametrize("value", [-7.0, 5.0, None])
def test_a_special_value_has_no_part_in_a_pair_as_a_missing_one(value: float | None) -> None:
    """Whatever the other value; its neighbours have."""
    assert {PAIR.place(value, kind)[2] for kind in (0.0, 1.0, 2.0, 3.0, None)} == {0.0}
    assert PAIR.place(5.5, 3.0)[2] != 0.0


def test_the_gate_looks_past_special_values() -> None:
    """The bins on both sides of one are neighbours; a step between them against the direction is counted."""
    apart = {"x0": frozenset(SPECIAL[0])}
    risks = {"x0": Risk.RAISES, "x1": Risk.OPEN, "x2": Risk.RAISES}
    assert wrong_steps(TABLE, risks, apart) == 0
    bin_ = PAIR.place(4.0, None)[0]
    assert bin_ is not None
    points = [list(row) for row in PAIR.points]
    points[bin_] = [one - 500.0 for one in points[bin_]]
    points[bin_][-1] = 0.0
    wrong = msgspec.structs.replace(PAIR, points=tuple(map(tuple, points)))
    others = tuple(pair for pair in TABLE.pairs if pair is not PAIR)
    assert wrong_steps(msgspec.structs.replace(TABLE, pairs=(wrong, *others)), risks, apart) > 0


@settings(max_examples=10)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(300, 900),
    pairs=st.integers(1, 3),
    directions=st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=3),
)
def test_any_table_with_them_equals_its_estimator_and_keeps_every_law(
    seed: int, rows: int, pairs: int, directions: list[int]
) -> None:
    """Exact, monotone but for special values, and nothing earned by leaving a value out."""
    x, is_bad = sample(rows, seed=seed, together=4.0)
    model = fitted(x, is_bad, pairs=pairs, directions=directions)
    if not any(len(edges) for edges in model.edges_):
        return
    table = PointsTable.from_json(model.points_table(x, is_bad).to_json())
    names = [f"x{place}" for place in range(3)]
    assert largest_difference(table, names, model.decision_function, x) < 1e-9
    risks = dict(zip(names, map(Risk, directions), strict=True))
    assert wrong_steps(table, risks, {"x0": frozenset(SPECIAL[0])}) == 0
    assert all(feature.missing_points <= 0.0 for feature in table.features)
    for row in x[:50]:
        values = {name: None if np.isnan(value) else float(value) for name, value in zip(names, row, strict=True)}
        score = table.score(values)
        assert table.base + sum(one.points for one in score.contributions) == score.score


def test_where_nothing_acts_together_nothing_changes() -> None:
    """The same bytes as without pairs."""
    x, is_bad = sample(1500, seed=2, together=0.0)
    tables = [fitted(x, is_bad, pairs=pairs).points_table(x, is_bad) for pairs in (0, 3)]
    assert not tables[1].pairs
    assert tables[0].to_json() == tables[1].to_json()


def test_its_export_is_proved_in_every_cell() -> None:
    """Special values are rows of the proof, on both sides of each."""
    exported = Exported(title="pairs", table=TABLE, sha256="0" * 64, note="A note.")
    text, rows = export(exported, "sql")
    assert "pair_1" in text
    assert rows >= len(list(PAIR.cells))
