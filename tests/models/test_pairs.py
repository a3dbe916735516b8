import dataclasses
from itertools import pairwise, product

import msgspec
import numpy as np
import polars as pl
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from features.derive import CATALOGUE
from features.feature import Risk
from models.additive import Sample
from models.boosters import Seen, Sum, look_up, missing_again
from models.boosting import AdditiveBoosting
from models.card import _pairs
from models.export import Exported, ExportError, Format, check_equal, export, proof_rows, score_in_sqlite, to_sql
from models.gates import wrong_steps
from models.pairs import clearest, interactions, lifted, purified
from models.points import InvalidTableError, PointsTable
from models.registry import ARTIFACTS, Registry, ServedModel
from models.report import _pair
from models.scorecard import frame_of, largest_difference
from models.steps import PAIRED
from models.validate import TRUSTED_TYPES
from models.version_changes import _points, _same_rows
from models.worth import added

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NAMES = ["x0", "x1", "x2"]
DIRECTIONS = [1, 1, -1]


def sample(rows: int = 3000, *, seed: int = 0, together: float = 2.5) -> tuple[Floats, Bools]:
    """Rows of three columns and outcomes.

    Risk rises with the first and the second column, and where both are high by ``together`` more; it falls with the
    third. The first two depend on each other, and a tenth is missing.
    """
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3))
    x[:, 1] += 0.5 * x[:, 0]
    x = x.round(2)
    log_odds = -2.5 + 0.3 * x[:, 0] + 0.3 * x[:, 1] - 0.6 * x[:, 2] + together * ((x[:, 0] > 0.3) & (x[:, 1] > 0.3))
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    x[random.random(x.shape) < 0.1] = np.nan
    return x, is_bad


def fitted(x: Floats, is_bad: Bools, **parameters: object) -> AdditiveBoosting:
    """Boosting with pairs and the directions of ``sample``."""
    settled = {"monotonic_cst": DIRECTIONS, "decimals": [2] * 3, "bags": 20, "trees": 60, "pairs": 2} | parameters
    return AdditiveBoosting(**settled).fit(x, is_bad)


X, IS_BAD = sample()
MODEL = fitted(X, IS_BAD)
TABLE = MODEL.points_table(X, IS_BAD)
PAIR = TABLE.pairs[0]
REGISTERED = Registry(root=ARTIFACTS).load("sme", "4")
EXPORTED = Exported(title="pairs", table=TABLE, sha256="0" * 64, note="A note.")
FOUND = score_in_sqlite(to_sql(EXPORTED), proof_rows(TABLE))


def test_columns_that_act_together_are_found_and_help() -> None:
    """The pair of the sample is in the table, and new rows are predicted better than without it."""
    assert ("x0", "x1") in [(pair.first, pair.second) for pair in TABLE.pairs]
    new, new_bad = sample(20_000, seed=1)
    without = fitted(X, IS_BAD, pairs=0)
    losses = [log_loss(new_bad, model.predict_proba(new)[:, 1]) for model in (MODEL, without)]
    assert losses[0] < losses[1] - 0.0005


def test_where_nothing_acts_together_the_model_is_the_one_without_pairs() -> None:
    """Asking for pairs does no harm: the same bytes as without."""
    x, is_bad = sample(1500, seed=2, together=0.0)
    tables = [fitted(x, is_bad, pairs=pairs, trees=30).points_table(x, is_bad) for pairs in (0, 3)]
    assert not tables[1].pairs
    assert tables[0].to_json() == tables[1].to_json()


def test_a_feature_is_taken_out_with_its_pairs() -> None:
    """What it adds is what the model loses without its column and without every cell that it is in."""
    rows = pl.DataFrame({name: pl.Series(X[:, place]).fill_nan(None) for place, name in enumerate(NAMES)})
    rows = rows.with_columns(borrower=pl.Series(range(len(X))), outcome=pl.Series(np.where(IS_BAD, "bad", "good")))
    scored = TABLE.score_frame(rows)
    rest = scored["score"] - scored[PAIR.first]
    for pair in TABLE.pairs:
        if PAIR.first in {pair.first, pair.second}:
            rest = rest - scored[pair.name]
    found = {one.name: one.auc_without for one in added(TABLE, rows)}
    assert found[PAIR.first] == pytest.approx(roc_auc_score(IS_BAD, -rest.to_numpy()))


def _version(table: PointsTable) -> ServedModel:
    return dataclasses.replace(REGISTERED, table=table)


def test_pairs_that_come_and_go_are_told() -> None:
    """From one version to the next."""
    before, after = _version(msgspec.structs.replace(TABLE, schema=2, pairs=())), _version(TABLE)
    assert f"Pairs that are new: {PAIR.name}" in " ".join(_points(before, after))
    assert f"Pairs that left: {PAIR.name}" in " ".join(_points(after, before))
    assert _points(after, after) == []


def test_the_same_dataset_with_another_label_has_other_rows() -> None:
    """Figures on them are not figures of the models alone."""
    manifest = REGISTERED.manifest
    training = manifest.training
    assert training is not None
    assert training.definition is not None
    other = msgspec.structs.replace(training, definition=msgspec.structs.replace(training.definition, name="another"))
    assert _same_rows(manifest, manifest) == ""
    assert "on other rows" in _same_rows(manifest, msgspec.structs.replace(manifest, training=other))


def test_table_equals_estimator_in_every_cell() -> None:
    """Rows, every edge and its neighbours, in both columns of a pair, missing and infinite values."""
    assert largest_difference(TABLE, NAMES, MODEL.decision_function, X) < 1e-9


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), rows=st.integers(150, 600), pairs=st.integers(1, 3), columns=st.integers(2, 5))
def test_any_table_with_pairs_equals_its_estimator(seed: int, rows: int, pairs: int, columns: int) -> None:
    """On random rows, labels, directions, missing values and repeated values; weights and bags included."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns)).round(int(random.integers(0, 3)))
    x[random.random(x.shape) < random.choice([0.0, 0.2])] = np.nan
    seen = np.nan_to_num(x)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(1.0 - 3.0 * seen[:, 0] * seen[:, 1]))
    is_bad[:2] = True, False
    weight = random.integers(1, 3, rows).astype(np.float64)
    directions = random.integers(-1, 2, columns).tolist()
    model = AdditiveBoosting(
        monotonic_cst=directions, bags=4, trees=20, pairs=pairs, min_samples_leaf=10, min_z=0.0
    ).fit(x, is_bad, sample_weight=weight)
    if not any(steps.any() for steps in model.steps_):
        return
    names = [f"x{place}" for place in range(columns)]
    table = model.points_table(x, is_bad, weight)
    assert PointsTable.from_json(table.to_json()) == table
    assert largest_difference(table, names, model.decision_function, x) < 1e-9
    assert wrong_steps(table, dict(zip(names, map(Risk, directions), strict=True))) == 0
    assert np.average(table.score_frame(frame_of(x, names))["score"], weights=weight) == pytest.approx(
        table.base, abs=1e-3
    )


def test_a_score_is_the_exact_sum_with_one_contribution_per_pair() -> None:
    """One row and many rows agree bit for bit, and a pair has both values and both bins."""
    rows = frame_of(X[:200], NAMES)
    many = TABLE.score_frame(rows)
    for row, score in zip(rows.iter_rows(named=True), many["score"], strict=True):
        found = TABLE.score(row)
        assert found.score == score == found.base + sum(one.points for one in found.contributions)
        assert [one.name for one in found.contributions] == [*TABLE.names, *(pair.name for pair in TABLE.pairs)]
        pair = found.contributions[len(TABLE.names)]
        assert (pair.value, pair.second_value) == (row[pair.feature], row[pair.second_feature])
        assert pair.points == many[pair.name][rows.rows().index(tuple(row.values()))]
        assert found.low <= found.score <= found.high


def test_what_a_pair_adds_is_nothing_on_average_in_every_row_and_column() -> None:
    """Purified by the training rows that have both values; of a missing value exactly nothing."""
    for pair in TABLE.pairs:
        points, shares = np.array(pair.points), np.array(pair.shares)
        inside = points[:-1, :-1] * shares[:-1, :-1]
        for axis in (0, 1):
            np.testing.assert_allclose(inside.sum(axis=axis), 0.0, atol=2e-4 * shares.sum(axis=axis)[:-1].max())
        assert not points[-1].any()
        assert not points[:, -1].any()


def test_every_step_of_a_pair_with_its_columns_goes_the_declared_way() -> None:
    """Beside every value of the other columns, missing included, to the last bit of a score's points."""
    risks = dict(zip(NAMES, map(Risk, DIRECTIONS), strict=True))
    assert wrong_steps(TABLE, risks) == 0
    values = [[None, -10.0, *feature.edges] for feature in TABLE.features]
    for place, (name, direction) in enumerate(zip(NAMES, DIRECTIONS, strict=True)):
        others = [some if number != place else [None] for number, some in enumerate(values)]
        for row in product(*others):
            scores = [
                TABLE.score(dict(zip(NAMES, row, strict=True)) | {name: value}).score for value in values[place][1:]
            ]
            assert all(direction * (right - left) <= 1e-8 for left, right in pairwise(scores))
    turned = {name: Risk(-risk) for name, risk in risks.items()}
    assert wrong_steps(TABLE, turned) > 0


def test_what_acts_together_is_told_from_what_acts_alone() -> None:
    """A clear effect of one column alone is no pair; an exclusive or of two is, although neither acts alone."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, size=(4000, 3))
    alone = np.where(codes[:, 0] > 1, 0.3, -0.3)
    together = np.where((codes[:, 1] > 1) != (codes[:, 2] > 1), 0.3, -0.3)
    found = interactions(codes, [4, 4, 4], alone + together, np.full(4000, 0.25), fewest=20)
    assert found[1, 2] > 100
    assert max(found[0, 1], found[0, 2]) < 10
    assert not interactions(codes[:30], [4, 4, 4], alone[:30], np.full(30, 0.25), fewest=20).any()


def test_the_clearest_pairs_are_taken_as_far_as_columns_allow() -> None:
    """In falling order, above the bound, and with no more columns than there may be."""
    found = np.zeros((4, 4))
    found[0, 1], found[2, 3], found[0, 2], found[1, 2] = 50.0, 40.0, 30.0, 5.0
    of, kept = np.array([3, 5, 7, 9]), np.array([3])

    def taken(pairs: int, columns: int) -> list[tuple[int, int]]:
        return clearest(found, of, kept, pairs=pairs, columns=columns, at_least=10.0)

    assert taken(5, 9) == [(3, 5), (3, 7), (7, 9)]
    assert taken(2, 9) == [(3, 5), (7, 9)]
    assert taken(5, 3) == [(3, 5), (3, 7)]
    assert taken(5, 1) == []


@given(seed=st.integers(0, 1000), rows=st.integers(1, 6), columns=st.integers(1, 6), is_empty=st.booleans())
def test_purifying_moves_and_changes_nothing(seed: int, rows: int, columns: int, is_empty: bool) -> None:  # noqa: FBT001  a strategy
    """Grid and both columns add up to what was there, wherever both values are; what is left has means of 0."""
    random = np.random.default_rng(seed)
    grid, weight = random.normal(size=(rows + 1, columns + 1)), random.integers(0, 50, (rows + 1, columns + 1)) * 1.0
    if is_empty:
        weight[0] = 0.0
    left, first, second = purified(grid, weight)
    np.testing.assert_allclose((left + first[:, None] + second)[:-1, :-1], grid[:-1, :-1], atol=1e-6)
    inside = (left * weight)[:-1, :-1]
    for axis in (0, 1):
        np.testing.assert_allclose(inside.sum(axis=axis), 0.0, atol=1e-3)
    assert not left[-1].any()
    assert not left[:, -1].any()


def test_a_step_that_goes_the_wrong_way_beside_some_partner_is_lifted() -> None:
    """By what it lacks, and so are all that follow; a column without direction or pairs is left as it is."""
    steps = np.array([[0.0], [0.2], [0.3], [0.5]])
    grid = np.array([[[0.0], [0.1], [0.0]], [[0.0], [-0.2], [0.0]], [[0.0], [0.0], [0.0]], [[0.0], [0.0], [0.0]]])
    np.testing.assert_allclose(lifted(steps, [grid], 1)[:, 0], [0.0, 0.3, 0.4, 0.5])
    assert lifted(steps, [grid], 0) is steps
    assert lifted(steps, [], 1) is steps


def test_a_missing_value_in_a_pair_is_fitted_to_its_own_outcomes() -> None:
    """Its step alone changes, so far that as many are bad as expected; a good outcome still earns nothing."""
    codes = np.array([[0.0, 0.0]] * 50 + [[1.0, 1.0]] * 50 + [[np.nan, 1.0]] * 50)
    is_bad = np.arange(150) % 50 < np.repeat([5, 10, 30], 50)
    grid = np.array([[0.1, -0.1, 0.0], [-0.1, 0.1, 0.0], [0.0, 0.0, 0.0]])
    one = Sum(steps=[np.array([-0.5, 0.5, 0.0]), np.array([-0.2, 0.1, 0.0])], intercept=-1.5, grids={(0, 1): grid})
    rows = Sample(X=codes, is_bad=is_bad, groups=None, weight=None)
    times = np.ones(150, dtype=np.int64)
    again = missing_again(one, codes, rows, times, ridge=1e-6, fewest=50)
    told = 1.0 / (1.0 + np.exp(-again.of(codes)))
    assert told[100:].mean() == pytest.approx(0.6, abs=1e-3)
    np.testing.assert_allclose(again.of(codes)[:100], one.of(codes)[:100])
    np.testing.assert_allclose(np.diff(again.steps[0][:2]), 1.0)
    assert look_up(again.steps[0], codes[:, 0]).mean() == pytest.approx(0.0)
    good = missing_again(
        one, codes, dataclasses.replace(rows, is_bad=is_bad & (codes[:, 0] <= 1)), times, ridge=5.0, fewest=50
    )
    assert good.steps[0][-1] == pytest.approx(good.steps[0][:2].mean())
    twice = missing_again(one, codes, rows, times * 2, ridge=2.0, fewest=50)
    weighted = missing_again(
        one, codes, dataclasses.replace(rows, weight=np.full(150, 2.0)), times, ridge=2.0, fewest=50
    )
    np.testing.assert_allclose(twice.steps[0], weighted.steps[0])


@pytest.mark.parametrize(
    ("rows", "firms", "is_again"), [(20, None, True), (19, None, False), (40, 20, True), (40, 19, False)]
)
def test_few_missing_values_do_not_move_their_step(rows: int, firms: int | None, *, is_again: bool) -> None:
    """A leaf needs as many rows; several of a firm are one, and so is one that was drawn twice."""
    codes = np.array([[0.0, 0.0]] * 50 + [[1.0, 1.0]] * 50 + [[np.nan, 1.0]] * rows)
    grid = np.array([[0.1, -0.1, 0.0], [-0.1, 0.1, 0.0], [0.0, 0.0, 0.0]])
    one = Sum(steps=[np.array([-0.5, 0.5, 0.3]), np.array([-0.2, 0.1, 0.0])], intercept=-1.5, grids={(0, 1): grid})
    groups = None if firms is None else np.r_[np.arange(100), 100 + np.arange(rows) % firms]
    sample_ = Sample(X=codes, is_bad=np.arange(len(codes)) >= 95, groups=groups, weight=None)
    times = np.full(len(codes), 2, dtype=np.int64)
    again = missing_again(one, codes, sample_, times, ridge=5.0, fewest=20)
    assert (again.steps[0][-1] - again.steps[0][0] > 0.8 + 1e-6) == is_again


def test_three_bad_rows_without_a_value_do_not_make_the_bin() -> None:
    """Beside pairs its points move no further than trees on the pair moved them."""
    x, is_bad = sample(4000, seed=5)
    x[np.isnan(x[:, 0]), 0] = 0.0
    x[:3, 0], is_bad[:3] = np.nan, True
    model = fitted(x, is_bad, bags=6)
    assert [0, 1] in model.pairs_
    alone = fitted(x, is_bad, bags=6, pairs=0)
    assert model.steps_[0][-1] - alone.steps_[0][-1] < 0.3


def test_rows_with_a_missing_value_keep_their_bad_rate_beside_pairs() -> None:
    """Half of them are bad, and among them the partner says most: that it may not say, but how bad they are, it may."""
    x, is_bad = sample(4000, seed=5)
    is_missing = np.isnan(x[:, 0])
    is_bad = np.where(is_missing, np.nan_to_num(x[:, 1]) > 0.0, is_bad)
    model = fitted(x, is_bad, monotonic_cst=[1, 0, -1], bags=6)
    assert [0, 1] in model.pairs_
    told = model.predict_proba(x[is_missing])[:, 1].mean()
    assert told == pytest.approx(is_bad[is_missing].mean(), abs=0.05)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [(None, 4.0 / 4.0**0.5), ([1, 1, 1, 1], 1.0), ([1, 1, 2, 2], 4.0 / 8.0**0.5)],
)
def test_pairs_must_be_better_by_more_than_rows_differ(groups: list[int] | None, expected: float) -> None:
    """Four rows gain as much each: two standard errors, and less where rows depend on each other."""
    rows = Sample(
        X=np.zeros((4, 1)),
        is_bad=np.array([True, False, True, False]),
        groups=None if groups is None else np.array(groups),
        weight=None,
    )
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    nobody = np.zeros(4, dtype=np.bool_)
    before, after = (
        Seen(is_seen=~nobody, calibration=(1.0, 0.0), log_odds=size * signs, loss=0.0) for size in (0.0, 1.0)
    )
    assert after.better_than(before, rows) == pytest.approx(expected)
    assert before.better_than(after, rows) == pytest.approx(-expected)
    assert before.better_than(before, rows) == 0.0
    assert dataclasses.replace(after, is_seen=nobody).better_than(before, rows) == 0.0


@pytest.mark.parametrize("pairs", [-1, 16])
def test_a_number_of_pairs_that_no_table_has_is_refused(pairs: int) -> None:
    """At least 0, at most as many as a points table has."""
    with pytest.raises(ValueError, match="pairs is"):
        AdditiveBoosting(pairs=pairs).fit(X, IS_BAD)


@pytest.mark.parametrize("kind", ["sql", "python"])
def test_an_export_has_the_pairs(kind: Format) -> None:
    """Every cell is among the rows of the proof; the points of a pair have a column of their own."""
    text, rows = export(EXPORTED, kind)
    assert "pair_1" in text
    assert rows >= proof_rows(msgspec.structs.replace(TABLE, schema=2, pairs=())).height + len(list(PAIR.cells))


def test_an_export_that_errs_in_one_cell_is_found() -> None:
    """Whichever cell it is."""
    text = to_sql(EXPORTED)
    rows = proof_rows(TABLE)
    for row, column in product(range(len(PAIR.points)), range(len(PAIR.points[0]))):
        points = [list(line) for line in PAIR.points]
        points[row][column] -= 1.0
        wrong = msgspec.structs.replace(PAIR, points=tuple(map(tuple, points)))
        table = msgspec.structs.replace(TABLE, pairs=(wrong, *TABLE.pairs[1:]))
        with pytest.raises(ExportError, match="differs from the table"):
            check_equal(FOUND, table, rows, pd_tolerance=1e-15)
    assert "-- x0 x x1" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "has pairs, which only schemas 3 and 4 know"),
        ({"pairs": ()}, "has no pair, which schema 3 is for"),
        ({"pairs": (PAIR, PAIR)}, "not each of two features of the table"),
        ({"pairs": (msgspec.structs.replace(PAIR, first="x1", second="x0"),)}, "not each of two features"),
        ({"pairs": (msgspec.structs.replace(PAIR, first="x9"),)}, "not each of two features"),
        ({"pairs": (msgspec.structs.replace(PAIR, first_edges=(0.123,)),)}, "not some of those of x0"),
        (
            {"pairs": (msgspec.structs.replace(PAIR, points=tuple(row[1:] for row in PAIR.points)),)},
            "bag points|are not",
        ),
        ({"pairs": (msgspec.structs.replace(PAIR, shares=()),)}, "shares are not"),
        ({"pairs": (msgspec.structs.replace(PAIR, bag_points=()),)}, "bag points do not hold"),
        (
            {"pairs": (msgspec.structs.replace(PAIR, points=(*PAIR.points[:-1], (1.0,) * len(PAIR.points[0]))),)},
            "a missing value earns points",
        ),
        (
            {"pairs": (msgspec.structs.replace(PAIR, points=((0.1,) * len(PAIR.points[0]), *PAIR.points[1:])),)},
            "no multiple of 2",
        ),
    ],
)
def test_pairs_that_cannot_be_served_are_refused(change: dict[str, object], message: str) -> None:
    """Each is of two features in the table's order, cut where they are, complete and exact; hiding earns nothing."""
    with pytest.raises(InvalidTableError, match=message):
        msgspec.structs.replace(TABLE, **change)


def test_card_and_report_show_each_pair() -> None:
    """As a table with points and shares, and as a heat map that says what it shows."""
    catalogue = dict(zip(NAMES, CATALOGUE.values(), strict=False))
    card = "\n".join(_pairs(TABLE, catalogue))
    plate = _pair(PAIR, TABLE, catalogue).plate
    cells = len(list(PAIR.cells))
    assert card.count("(`x0`)") == 2 * sum("x0" in (pair.first, pair.second) for pair in TABLE.pairs)
    assert f"{PAIR.points[0][0]:+.1f} ({PAIR.shares[0][0]:.1%})" in card
    assert len(plate.table.rows) * (len(plate.table.head) - 1) == cells
    assert f">{PAIR.points[0][0]:+.1f}<" in plate.svg
    assert 'role="img"' in plate.svg


def test_few_trees_and_bags_are_enough_to_fit() -> None:
    """Fewer trees than are compared at a time, too few bags for an interval, and a column with one value or none."""
    x = np.where(np.isnan(X), np.nan, np.column_stack([X[:, :2], np.zeros(len(X))]))
    table = fitted(x, IS_BAD, trees=2, bags=2, min_z=0.0).points_table(x, IS_BAD)
    assert not table.bag_bases
    assert table.schema == (3 if table.pairs else 1)


def test_a_file_of_the_estimator_keeps_the_pairs() -> None:
    """Read back with the types that are trusted, it predicts the same, and compiles to the same table."""
    content = skops.io.dumps(MODEL)
    assert set(skops.io.get_untrusted_types(data=content)) <= TRUSTED_TYPES
    again = skops.io.loads(content, trusted=sorted(TRUSTED_TYPES))
    assert again.points_table(X, IS_BAD).to_json() == TABLE.to_json()


def test_points_at_a_value_count_the_pairs_beside_what_is_known() -> None:
    """What a missing value would bring: alone, and with each partner that has a value."""
    row = {"x0": 0.5, "x1": 0.7, "x2": -0.2}
    found = {one.name: one.points for one in TABLE.score(row).contributions}
    for name, value in row.items():
        paired = sum(points for title, points in found.items() if name in title.split(PAIRED))
        assert TABLE.points_of(name, value, row) == paired
        alone = dict.fromkeys(row)
        assert TABLE.points_of(name, value, alone) == found[name]
