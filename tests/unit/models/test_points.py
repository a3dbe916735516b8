import json
import math
import random
from itertools import pairwise

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.points import InvalidRowError, InvalidTableError, PointsTable, log_odds_of, probability, score_of
from models.steps import BOUND, RESOLUTION, FeatureSteps, to_resolution


def steps(name: str = "receivables_overdue_share", **changes: object) -> FeatureSteps:
    """A feature of three bins, worse from bin to bin."""
    feature = FeatureSteps(
        name=name,
        precision=2,
        edges=(0.1, 0.5),
        points=(12.5, -3.25, -40.0),
        missing_points=-1.5,
        typical=0.05,
        shares=(0.7, 0.2, 0.05),
        missing_share=0.05,
        bad_rates=(0.02, 0.05, None),
        missing_bad_rate=0.04,
    )
    return msgspec.structs.replace(feature, **changes)


def table(*features: FeatureSteps, base: float = 560.0) -> PointsTable:
    """A table of the features, or of the one of ``steps``."""
    return PointsTable(schema=1, kind="additive_steps", base=base, features=features or (steps(),))


POINTS = st.integers(min_value=-(2**46) + 1, max_value=2**46 - 1).map(lambda multiple: multiple * RESOLUTION)
"""Every value that points may take: multiples of 2**-30 under 2**16."""


@st.composite
def tables(draw: st.DrawFn) -> PointsTable:
    """Any valid table of up to 127 features."""
    features = []
    for number in range(draw(st.integers(1, 127))):
        edges = tuple(sorted({round(edge / 100, 2) for edge in draw(st.lists(st.integers(-999, 999), max_size=5))}))
        bins = len(edges) + 1
        features.append(
            FeatureSteps(
                name=f"group_feature_{number}",
                precision=2,
                edges=edges,
                points=tuple(draw(st.lists(POINTS, min_size=bins, max_size=bins))),
                missing_points=-abs(draw(POINTS)),
                typical=None,
                shares=(0.0,) * bins,
                missing_share=0.0,
                bad_rates=(None,) * bins,
                missing_bad_rate=None,
            )
        )
    return PointsTable(schema=1, kind="additive_steps", base=draw(POINTS), features=tuple(features))


VALUES = st.one_of(st.none(), st.floats(allow_nan=False), st.integers(-1000, 1000).map(lambda cents: cents / 100))


@pytest.mark.parametrize(
    ("value", "bin_index", "points"),
    [
        (-math.inf, 0, 12.5),
        (0.0, 0, 12.5),
        (math.nextafter(0.1, 0.0), 0, 12.5),
        (0.1, 1, -3.25),
        (0.49, 1, -3.25),
        (0.5, 2, -40.0),
        (7, 2, -40.0),
        (math.inf, 2, -40.0),
        (None, None, -1.5),
    ],
)
def test_a_value_falls_into_the_bin_whose_lower_edge_it_reaches(
    value: float | None, bin_index: int | None, points: float
) -> None:
    """Bins hold their lower edge, infinities fall into the end bins, null is missing."""
    score = table().score({"receivables_overdue_share": value})
    contribution = score.contributions[0]
    assert (bin_index, points) == (contribution.bin, contribution.points)
    assert 560.0 + points == score.score


def test_600_points_are_odds_of_30_to_1_and_40_points_double_them() -> None:
    """The scale is anchored at 600 points; PD follows from the score alone."""
    assert pytest.approx(probability(log_odds_of(600.0)), rel=1e-15) == 1 / 31
    assert pytest.approx(probability(log_odds_of(640.0)), rel=1e-14) == 1 / 61
    assert pytest.approx(score_of(-math.log(30))) == 600.0


@pytest.mark.parametrize("extreme", [-(2.0**22), 2.0**22])
def test_a_probability_at_the_ends_of_the_scale_is_a_number(extreme: float) -> None:
    """No score overflows the exponential."""
    assert 0.0 <= probability(log_odds_of(extreme)) <= 1.0


@given(tables(), st.lists(VALUES, min_size=127, max_size=127), st.randoms(use_true_random=False))
def test_contributions_add_up_to_the_score_in_every_order(
    model: PointsTable, values: list[float | None], chance: random.Random
) -> None:
    """Base plus points is the score bit for bit, whichever is added first."""
    score = model.score(dict(zip(model.names, values, strict=False)))
    terms = [score.base, *(contribution.points for contribution in score.contributions)]
    chance.shuffle(terms)
    assert sum(terms) == score.score
    assert math.fsum(terms) == score.score


@given(tables())
def test_json_carries_a_table_bit_for_bit(model: PointsTable) -> None:
    """Reading what was written gives the same table, and writing it again the same bytes."""
    content = model.to_json()
    again = PointsTable.from_json(content)
    assert model == again
    assert content == again.to_json()


@given(tables(), st.lists(st.lists(VALUES, min_size=127, max_size=127), max_size=8))
def test_a_frame_scores_as_its_rows_do(model: PointsTable, rows: list[list[float | None]]) -> None:
    """score_frame equals score bit for bit, row by row."""
    width = len(model.names)
    frame = pl.DataFrame([row[:width] for row in rows], schema=dict.fromkeys(model.names, pl.Float64), orient="row")
    scored = model.score_frame(frame)
    expected = [model.score(row) for row in frame.iter_rows(named=True)]
    assert [(row.score, row.log_odds, row.pd) for row in expected] == scored.select("score", "log_odds", "pd").rows()
    points = [tuple(contribution.points for contribution in row.contributions) for row in expected]
    assert points == scored.select(model.names).rows()


def test_a_frame_may_hold_integers_and_columns_of_nulls() -> None:
    """A column of counts or of nothing but nulls scores like floats."""
    frame = pl.DataFrame({"receivables_overdue_share": [0, 1]})
    assert table().score_frame(frame)["score"].to_list() == [572.5, 520.0]
    assert table().score_frame(pl.DataFrame({"receivables_overdue_share": [None]}))["score"].to_list() == [558.5]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "receivables_overdue_share is absent"),
        ({"receivables_overdue_share": math.nan}, "receivables_overdue_share is NaN"),
        ({"receivables_overdue_share": "0.1"}, "is str, not a number"),
        ({"receivables_overdue_share": True}, "is bool, not a number"),
    ],
)
def test_what_is_no_value_is_refused(row: dict[str, float | None], message: str) -> None:
    """An absent name, NaN, text and booleans are errors, never a silent missing value."""
    with pytest.raises(InvalidRowError, match=message):
        table().score(row)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"other": [0.1]}), "has no column"),
        (pl.DataFrame({"receivables_overdue_share": [0.1, math.nan]}), "NaN"),
        (pl.DataFrame({"receivables_overdue_share": ["0.1"]}), "String"),
    ],
)
def test_a_frame_that_cannot_be_scored_is_refused(frame: pl.DataFrame, message: str) -> None:
    """The same holds for frames."""
    with pytest.raises(InvalidRowError, match=message):
        table().score_frame(frame)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edges": (0.5, 0.1)}, "not strictly increasing"),
        ({"edges": (0.1, 0.1)}, "not strictly increasing"),
        ({"edges": (0.1, math.inf)}, "not finite"),
        ({"edges": (0.1, math.nan)}, "not finite"),
        ({"edges": (0.1,)}, "3 points for 2 bins"),
        ({"edges": (0.1, 0.505)}, "more than 2 decimals"),
        ({"points": (1.0, 0.1, 0.0)}, "0.1 points are no multiple"),
        ({"points": (1.0, BOUND, 0.0)}, "no multiple of 2..-30 under 2..16"),
        ({"points": (1.0, math.nan, 0.0)}, "no multiple"),
        ({"missing_points": 0.5}, "withholding data must not pay"),
        ({"missing_points": -math.inf}, "no multiple"),
        ({"precision": -1}, "precision"),
        ({"typical": math.nan}, "typical"),
        ({"shares": (0.5, 0.5)}, "2 shares for 3 bins"),
        ({"shares": (0.5, 1.5, 0.0)}, "not within 0..1"),
        ({"bad_rates": (0.5, -0.1, 0.0)}, "not within 0..1"),
        ({"name": ""}, "name is empty"),
    ],
)
def test_a_feature_that_cannot_be_served_is_refused(changes: dict[str, object], message: str) -> None:
    """Edges, points and shares are checked, and the message names the feature or what it lacks."""
    with pytest.raises(InvalidTableError, match=message):
        table(steps(**changes))


def test_a_table_needs_a_feature_and_none_twice() -> None:
    """Otherwise there is nothing to add up, or a feature would count double."""
    with pytest.raises(InvalidTableError, match="no feature"):
        PointsTable(schema=1, kind="additive_steps", base=1.0, features=())
    with pytest.raises(InvalidTableError, match="twice"):
        table(steps(), steps())


def test_a_table_has_as_many_features_as_add_up_exactly() -> None:
    """What counts is the largest sum, not the number of features: 2**23 and above could round."""
    many = table(*(steps(f"group_{number}") for number in range(1000)))
    assert many.score(dict.fromkeys(many.names)).score == 560.0 - 1.5 * 1000
    large = [steps(f"group_{number}", points=(32768.0, 0.0, 0.0)) for number in range(256)]
    table(*large[:255], base=32768.0 - RESOLUTION)
    with pytest.raises(InvalidTableError, match="points of 255 features reach 8388608 in sum"):
        table(*large[:255], base=32768.0)


def test_bags_add_up_exactly_too() -> None:
    """Their sums have the same bound."""
    large = [steps(f"group_{number}", bag_points=((-32768.0,) * 20,) * 4) for number in range(256)]
    plain = {"schema": 2, "kind": "additive_steps", "base": 560.0, "bag_bases": (0.0,) * 20}
    PointsTable(features=tuple(large[:255]), **plain)
    with pytest.raises(InvalidTableError, match="points of 256 features reach 8388608 in sum"):
        PointsTable(features=tuple(large), **plain)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema"),
        ({"kind": "two_way"}, "kind"),
        ({"comment": "hello"}, "unknown field"),
        ({"base": 0.1}, "base 0.1"),
        ({"base": None}, "base"),
        ({"features": []}, "no feature"),
    ],
)
def test_a_file_of_another_form_is_refused(change: dict[str, object], message: str) -> None:
    """Unknown schemas, kinds and keys are errors; so is a file that the checks reject."""
    content = json.dumps(json.loads(table().to_json()) | change).encode()
    with pytest.raises(InvalidTableError, match=message):
        PointsTable.from_json(content)


@pytest.mark.parametrize("key", ["schema", "kind", "base", "features"])
def test_every_key_is_required(key: str) -> None:
    """A file without its schema or kind is not guessed at."""
    content = json.loads(table().to_json())
    del content[key]
    with pytest.raises(InvalidTableError, match=key):
        PointsTable.from_json(json.dumps(content).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"schema": 1e999}'])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    """Broken files give the one error that callers catch."""
    with pytest.raises(InvalidTableError):
        PointsTable.from_json(content)


@given(st.floats(min_value=-65000, max_value=65000))
def test_rounding_to_the_resolution_is_near_and_final(points: float) -> None:
    """Rounded points are within half a step, and rounding them again changes nothing."""
    rounded = to_resolution(points)
    assert abs(rounded - points) <= RESOLUTION / 2
    assert to_resolution(rounded) == rounded


def bagged(*bags: tuple[float, float, float, float, float]) -> PointsTable:
    """The table of ``steps`` with bags, each a base, points of three bins, and points of a missing value."""
    rows = tuple(tuple(bag[place] for bag in bags) for place in (1, 2, 3, 4))
    return PointsTable(
        schema=2,
        kind="additive_steps",
        base=560.0,
        features=(steps(bag_points=rows),),
        bag_bases=tuple(bag[0] for bag in bags),
    )


TWENTY = [(560.0, 10.0 + number, -3.0, -40.0, -1.0 - number / 8) for number in range(20)]
"""Bags whose first bin earns 10 to 29 points, and whose missing value costs 1 to 3.375."""


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (0.0, 560.0 + 11.0, 560.0 + 28.0),  # the lowest and the highest of 20 are left out
        (0.2, 560.0 - 3.25, 560.0 - 3.0),  # all bags agree, and the score is below them: widened to it
        (0.9, 520.0, 520.0),
        (None, 560.0 - 3.25, 560.0 - 1.125),
    ],
)
def test_the_interval_is_the_middle_of_the_bags_and_holds_the_score(
    value: float | None, low: float, high: float
) -> None:
    """5 % of the bags are left out at either end; PD follows at both ends."""
    score = bagged(*TWENTY).score({"receivables_overdue_share": value})
    assert (score.low, score.high) == (low, high)
    assert score.pd_high == probability(log_odds_of(low))
    assert score.pd_low == probability(log_odds_of(high))
    assert score.pd_low <= score.pd <= score.pd_high


def test_bags_do_not_touch_score_and_points() -> None:
    """The same table without bags gives the same score, and no interval."""
    row = {"receivables_overdue_share": 0.2}
    plain, with_bags = table().score(row), bagged(*TWENTY).score(row)
    assert msgspec.structs.replace(with_bags, low=None, high=None) == plain
    assert (plain.low, plain.high, plain.pd_low, plain.pd_high) == (None, None, None, None)


@given(st.lists(st.tuples(POINTS, POINTS, POINTS, POINTS, POINTS), min_size=20, max_size=45), VALUES)
def test_the_interval_holds_the_score_and_most_bags(
    bags: list[tuple[float, float, float, float, float]], value: float | None
) -> None:
    """At most one of each 20 bags lies below it, and as many above; JSON carries it bit for bit."""
    model = bagged(*bags)
    score = model.score({"receivables_overdue_share": value})
    place = 4 if score.contributions[0].bin is None else score.contributions[0].bin + 1
    told = [bag[0] + bag[place] for bag in bags]
    assert score.low <= score.score <= score.high
    assert sum(one < score.low for one in told) <= len(bags) // 20
    assert sum(one > score.high for one in told) <= len(bags) // 20
    assert PointsTable.from_json(model.to_json()).score({"receivables_overdue_share": value}) == score


def test_a_table_of_schema_1_is_written_as_before() -> None:
    """Without a word of bags, so that its bytes and its digest stay."""
    assert b"bag" not in table().to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 1}, "which schema 1 does not know"),
        ({"bag_bases": ()}, "0 bags; schema 2 has at least 20"),
        ({"bag_bases": (560.0,) * 19}, "19 bags"),
        ({"bag_bases": (560.0,) * 21}, "one number for each of 21 bags"),
        ({"bag_bases": (0.1,) * 20}, "base 0.1"),
        ({"features": (steps(),)}, "0 rows of bag points for 4 bins"),
        ({"features": (steps(bag_points=((0.1,) * 20,) * 4),)}, "points of a bag are no multiple"),
    ],
)
def test_bags_that_cannot_be_served_are_refused(change: dict[str, object], message: str) -> None:
    """Schema and bags belong together, every bin has every bag, and all of them add up exactly."""
    with pytest.raises(InvalidTableError, match=message):
        msgspec.structs.replace(bagged(*TWENTY), **change)


def wider(points: float) -> PointsTable:
    """The table of twenty bags, with an interval that is wider by so many points at either end."""
    return msgspec.structs.replace(bagged(*TWENTY), schema=4, widened_by=points)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (0.0, 560.0 + 11.0 - 16.25, 560.0 + 28.0 + 16.25),
        (0.2, 560.0 - 3.25 - 16.25, 560.0 - 3.0 + 16.25),
        (0.9, 520.0 - 16.25, 520.0 + 16.25),  # where all bags agree with the score, too
        (None, 560.0 - 3.25 - 16.25, 560.0 - 1.125 + 16.25),
    ],
)
def test_either_end_of_a_widened_interval_lies_so_many_points_further_out(
    value: float | None, low: float, high: float
) -> None:
    """On every row; PD follows at both ends, and the score stays as it is."""
    row = {"receivables_overdue_share": value}
    score, before = wider(16.25).score(row), bagged(*TWENTY).score(row)
    assert (score.low, score.high) == (low, high)
    assert (score.pd_low, score.pd_high) == (probability(log_odds_of(high)), probability(log_odds_of(low)))
    assert msgspec.structs.replace(score, low=before.low, high=before.high) == before


@given(
    st.lists(st.tuples(POINTS, POINTS, POINTS, POINTS, POINTS), min_size=20, max_size=45),
    VALUES,
    st.lists(st.integers(1, 4000).map(lambda steps: steps / 4), min_size=2, max_size=2, unique=True),
)
def test_a_wider_interval_holds_a_narrower_one(
    bags: list[tuple[float, float, float, float, float]], value: float | None, points: list[float]
) -> None:
    """And both the score and the interval of the bags alone; JSON carries it bit for bit."""
    plain = bagged(*bags)
    row = {"receivables_overdue_share": value}
    tables = [plain, *(msgspec.structs.replace(plain, schema=4, widened_by=one) for one in sorted(points))]
    scores = [one.score(row) for one in tables]
    for narrow, wide in pairwise(scores):
        assert wide.low < narrow.low <= narrow.score <= narrow.high < wide.high
        assert wide.score == narrow.score
    assert PointsTable.from_json(tables[2].to_json()).score(row) == scores[2]


def test_a_table_that_is_not_widened_is_written_as_before() -> None:
    """Without a word of it, so that its bytes and its digest stay."""
    assert b"widened" not in bagged(*TWENTY).to_json()
    assert b'"widened_by": 0.25' in wider(0.25).to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "has a wider interval, which only schema 4 knows"),
        ({"widened_by": 0.0}, "does not widen the interval, which schema 4 is for"),
        ({"widened_by": -0.25}, "widens the interval by -0.25"),
        ({"widened_by": 0.1}, "widens the interval by 0.1"),
        ({"widened_by": float("nan")}, "widens the interval by nan"),
        ({"widened_by": 65536.0}, "widens the interval by 65536.0"),
        ({"bag_bases": (), "features": (steps(),)}, "0 bags; schema 4 has at least 20"),
    ],
)
def test_widenings_that_cannot_be_served_are_refused(change: dict[str, object], message: str) -> None:
    """They belong to schema 4 and to bags, and add up exactly with all else."""
    with pytest.raises(InvalidTableError, match=message):
        msgspec.structs.replace(wider(1.0), **change)


def test_values_that_are_not_rounded_are_told_with_as_many_digits_as_it_takes() -> None:
    """Without a precision, edges are any doubles, and the file carries them bit for bit."""
    exact = table(steps(precision=None, edges=(1e-20, 0.1 + 0.2)))
    assert PointsTable.from_json(exact.to_json()) == exact
    assert exact.features[0].bin_names == ("below 1e-20", "from 1e-20", "from 0.30000000000000004", "missing")
