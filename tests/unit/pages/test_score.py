"""The waterfall and the scale of a score."""

import msgspec
import pytest
from decision_cases import assess

from models.points import Contribution
from scoring.pages.formats import Formats
from scoring.pages.score import score_scale_of, waterfall_of


def test_the_waterfall_leads_from_base_to_score() -> None:
    """What earns comes first, by weight, then what costs; every step begins where the one before ended."""
    waterfall = waterfall_of(assess())
    assert waterfall is not None
    assert [float(step.points) for step in waterfall.steps] == [30.5, 5.5, -5.3, -20.5]
    assert [float(step.total) for step in waterfall.steps] == [640.5, 646.0, 640.7, 620.2]
    assert (float(waterfall.rounding), float(waterfall.score)) == (0.1, 620.3)


def test_a_tiny_step_can_be_seen() -> None:
    """A point in thousands still has a width."""
    contributions = tuple(
        Contribution(feature=f"f{points}", value=None, bin=None, points=points) for points in (4000.0, 0.1)
    )
    waterfall = waterfall_of(msgspec.structs.replace(assess(), contributions=contributions, score=4610.1))
    assert waterfall is not None
    assert min(step.width for step in waterfall.steps) == 1.0


def test_without_a_score_there_is_nothing_to_draw() -> None:
    """Too little data."""
    assessment = assess(pd=None, row={"trust_history_months": 3.0})
    assert waterfall_of(assessment) is None
    assert score_scale_of(assessment, Formats("en")) is None


def test_the_interval_is_a_band_around_the_score() -> None:
    """From its low to its high end, inside the scale however wide; none where the model has no bags."""
    assert (plain := score_scale_of(assess(), Formats("en"))) is not None
    assert plain.interval is None
    wide = msgspec.structs.replace(assess(), score_low=310.0, score_high=640.0, pd_low=0.01, pd_high=0.8)
    scale = score_scale_of(wide, Formats("en"))
    assert scale is not None
    assert scale.interval is not None
    assert scale.start < scale.interval.start < scale.at < scale.interval.end < scale.end


def test_the_cut_offs_stand_at_their_scores() -> None:
    """4 % and 12 % of the policy; 600 points are 30 good to 1 bad, that is 3.2 %."""
    scale = score_scale_of(assess(), Formats("en"))
    assert scale is not None
    assert scale.approve.score == pytest.approx(587.12, abs=0.01)
    assert scale.decline.score == pytest.approx(518.70, abs=0.01)
    assert scale.start < scale.decline.at < scale.approve.at < scale.at < scale.end
