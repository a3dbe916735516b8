"""The quality of data: what each flag costs, what missing flags change, and what a firm could try."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.derive import CATALOGUE
from features.feature import Group
from features.quality import CAUSES, FEWEST_POINTS, FLAGS, Part, quality_of

FLAWLESS = {name: flag.good for name, flag in FLAGS.items()}
WORST = {name: flag.bad for name, flag in FLAGS.items()}
VALUES = st.fixed_dictionaries(
    {name: st.none() | st.floats(-1, 40, allow_nan=False).map(lambda x: round(x, 4)) for name in FLAGS}
)


def scored(row: dict[str, float | None]) -> int | None:
    """The score of a row whose missing flags were not fetched."""
    return quality_of(row, {name: "not_fetched" for name, value in row.items() if value is None}).score


def test_weights_add_up_to_a_hundred() -> None:
    """And every flag is a feature of trust of the newest catalogue, of one of five parts."""
    assert sum(flag.weight for flag in FLAGS.values()) == 100
    assert {CATALOGUE[name].group for name in FLAGS} == {Group.TRUST}
    assert {flag.part for flag in FLAGS.values()} == set(Part)
    assert len(Part) == 5


def test_the_worse_side_of_a_flag_is_that_of_its_feature() -> None:
    """Where more raises the risk, more costs; where the feature leaves it open, the table does not say otherwise."""
    for name, flag in FLAGS.items():
        risk = CATALOGUE[name].risk.value
        assert risk == 0 or (flag.bad > flag.good) is (risk > 0), name


@pytest.mark.parametrize(
    ("value", "lost"),
    [(1.0, 0), (0.9, 0), (0.75, Fraction(1, 4)), (0.6, Fraction(1, 2)), (0.3, 1), (0.0, 1)],
)
def test_a_flag_costs_in_proportion_between_good_and_bad(value: float, lost: Fraction) -> None:
    """Locked invoices: nothing at nine tenths, all at three tenths."""
    assert FLAGS["trust_locked_share_12m_v2"].lost(value) == lost


def test_flawless_and_worst() -> None:
    """100 with no cause; 0 with the three dearest."""
    best, worst = quality_of(FLAWLESS, {}), quality_of(WORST, {})
    assert (best.score, best.confidence, best.causes, best.unavailable) == (100, 100, (), ())
    assert (worst.score, worst.confidence) == (0, 100)
    assert [cause.points for cause in worst.causes] == [12.0, 10.0, 8.0]
    assert worst.causes[0].feature == "trust_paid_without_inflow_share_12m_v2"
    assert len(worst.causes) == CAUSES
    assert {part.score for part in worst.parts} == {0}


def test_one_flaw() -> None:
    """It costs its weight, its part alone suffers, and it is named with its value."""
    found = quality_of(FLAWLESS | {"trust_number_gap_share_12m_v2": 0.2}, {})
    assert found.score == 96
    assert [(cause.feature, cause.value, cause.points) for cause in found.causes] == [
        ("trust_number_gap_share_12m_v2", 0.2, 4.0)
    ]
    assert {part.part: part.score for part in found.parts} == dict.fromkeys(Part, 100) | {Part.CONSISTENCY: 80}


def test_missing_flags_lower_the_confidence_and_not_the_score() -> None:
    """Each is named with its cause and weight."""
    row = FLAWLESS | {"trust_locked_share_12m_v2": None, "trust_number_gap_share_12m_v2": None}
    causes = {"trust_locked_share_12m_v2": "not_fetched", "trust_number_gap_share_12m_v2": "too_few_documents"}
    found = quality_of(row, causes)
    assert (found.score, found.confidence) == (100, 94)
    assert {one.feature: (one.cause, one.weight) for one in found.unavailable} == {
        "trust_number_gap_share_12m_v2": ("too_few_documents", 4),
        "trust_locked_share_12m_v2": ("not_fetched", 2),
    }


def test_too_little_is_no_score() -> None:
    """Nothing is scored on less than two fifths of the weight."""
    known, row = 0, dict[str, float | None](dict.fromkeys(FLAGS))
    for name, flag in FLAGS.items():
        if known + flag.weight >= FEWEST_POINTS:
            break
        row[name], known = flag.good, known + flag.weight
    assert scored(row) is None
    assert scored(row | {name: FLAGS[name].good}) == 100
    assert quality_of({}, {}).score is None


@given(VALUES, st.sampled_from(sorted(FLAGS)), st.floats(0, 10, allow_nan=False))
def test_a_worse_flag_never_raises_the_score(row: dict[str, float | None], name: str, step: float) -> None:
    """Nor does it change what is known."""
    value, flag = row[name], FLAGS[name]
    if value is None:
        return
    worse = value + (step if flag.bad > flag.good else -step)
    before, after = quality_of(row, {}), quality_of(row | {name: worse}, {})
    assert before.confidence == after.confidence
    assert (before.score is None) == (after.score is None)
    if before.score is not None and after.score is not None:
        assert after.score <= before.score


@given(VALUES)
def test_causes_are_ordered_and_within_what_is_lost(row: dict[str, float | None]) -> None:
    """The score is between 0 and 100, and what causes cost is no more than what is missing of it."""
    found = quality_of(row, {})
    if found.score is None:
        return
    assert 0 <= found.score <= 100
    points = [cause.points for cause in found.causes]
    assert points == sorted(points, reverse=True)
    assert sum(points) <= 100 - found.score + 0.2
