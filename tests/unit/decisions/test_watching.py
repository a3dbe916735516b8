"""Watching a model: tests against tables and a second library, what is added up, and what is told."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import pytest
from scipy import stats

from models.registry import ARTIFACTS, Registry
from scoring.decisions.decision import Verdict
from scoring.decisions.records import RecordError
from scoring.decisions.watching import (
    Counting,
    Outcome,
    Watched,
    seen_in,
    watched,
)

MODEL = Registry(root=ARTIFACTS).load("sme", "4")
assert MODEL.manifest.training is not None
assert MODEL.manifest.validation is not None
TRAINING, VALIDATION = MODEL.manifest.training, MODEL.manifest.validation
GOLDEN = Path(__file__).parents[2] / "integration" / "api" / "golden"
SINCE, UNTIL = date(2026, 1, 1), date(2026, 3, 31)


def counting(size: int = 200, *, worst: int = 0, refer: int = 100) -> Counting:
    """Borrowers as the model's training; some of them in the worst bin of its first feature."""
    found = Counting(scored=size, pds=0.05 * size)
    for place, steps in enumerate(MODEL.table.features):
        shares = [*steps.shares, steps.missing_share]
        ends = [round(size * sum(shares[: at + 1])) for at in range(len(shares))]
        cells = [end - start for start, end in zip([0, *ends], ends, strict=False)]
        if place == 0 and worst:
            lowest = steps.points.index(min(steps.points))
            cells = [cell * (size - worst) // size for cell in cells]
            cells[lowest] += size - sum(cells)
        found.bins[steps.name] = Counter({None if at == len(shares) - 1 else at: n for at, n in enumerate(cells)})
    bands = sorted(VALIDATION.bands, key=lambda one: one.score_from or float("-inf"))
    rows = sum(band.rows for band in bands)
    found.scores = [band.score_from or -999.0 for band in bands for _ in range(round(size * band.rows / rows))]
    found.mix = Counter({Verdict.APPROVE: size - refer, Verdict.REFER: refer})
    return found


def watching(now: Counting, before: Counting, *outcomes: Outcome) -> Watched:
    """What is found."""
    whole = {"model": "sme/4", "of_other_models": 3, "since": SINCE, "until": UNTIL}
    return watched(now, before, MODEL.table, TRAINING, VALIDATION, outcomes, **whole)


def test_firms_like_those_of_the_training_raise_nothing() -> None:
    """The score first, then features by how far they moved; the mean score is that of the training."""
    found = watching(counting(), counting())
    assert (found.alarms, found.scored, found.of_other_models) == ((), 200, 3)
    assert found.features[0].name == "score"
    assert max(one.psi for one in found.features) < 0.05
    assert found.mean_score_before == pytest.approx(MODEL.table.base, abs=0.01)


def test_a_feature_that_moved_is_named_with_what_it_costs() -> None:
    """Sixty of two hundred in its worst bin: points are lost, and nothing else is told."""
    first = MODEL.table.features[0].name
    found = watching(counting(worst=60), counting())
    figure = next(one for one in found.features if one.name == first)
    assert (found.alarms, figure.is_alarm, figure.psi > 0.1) == ((first,), True, True)
    assert figure.points is not None
    assert figure.points < -1


def test_few_decisions_are_not_compared() -> None:
    """Twenty-nine tell nothing; thirty do."""
    assert watching(counting(29), counting()).features == ()
    assert watching(counting(29), counting()).mix_p is None
    assert watching(counting(30), counting(30)).features != ()


@pytest.mark.parametrize(("refer", "alarms"), [(100, ()), (119, ()), (120, ()), (150, ("recommendations",))])
def test_another_mix_of_recommendations_is_told(refer: int, alarms: tuple[str, ...]) -> None:
    """Of ten points at least, and beyond chance."""
    assert watching(counting(refer=refer), counting()).alarms == alarms


@pytest.mark.parametrize(("bads", "alarms"), [(5, ()), (10, ()), (25, ("calibration",))])
def test_what_came_true_is_set_beside_what_was_said(bads: int, alarms: tuple[str, ...]) -> None:
    """Of a hundred loans with a probability of 5 %: by quarter of the grant, with the exact chance."""
    loans = [Outcome(granted_on=date(2025, 5, 31), pd=0.05, is_bad=number < bads) for number in range(100)]
    found = watching(counting(), counting(), *loans)
    (vintage,) = found.vintages
    assert (vintage.quarter, vintage.loans, vintage.bads) == (date(2025, 4, 1), 100, bads)
    assert vintage.expected_bads == pytest.approx(5.0)
    low, high = stats.binom.cdf(bads, 100, 0.05), stats.binom.sf(bads - 1, 100, 0.05)
    assert vintage.p == pytest.approx(min(1.0, 2 * min(float(low), float(high))))
    assert found.alarms == alarms


def test_one_bad_year_is_not_hidden_by_a_good_one() -> None:
    """Too many in one quarter and too few in the next are about right together, and told all the same."""
    many = [Outcome(granted_on=date(2025, 1, 31), pd=0.1, is_bad=number < 45) for number in range(200)]
    few = [Outcome(granted_on=date(2025, 4, 30), pd=0.1, is_bad=number < 3) for number in range(200)]
    found = watching(counting(), counting(), *many, *few)
    assert [one.p < 0.001 for one in found.vintages] == [True, True]
    assert found.alarms == ("calibration",)
    assert "calibration" not in watching(counting(), counting(), *few[:20]).alarms
    more = [msgspec.structs.replace(one, is_bad=True) for one in few[:30]]
    assert "calibration" in watching(counting(), counting(), *many, *more, *few[30:]).alarms


@pytest.mark.parametrize(
    ("granted_on", "is_tested"),
    [
        (date(2023, 3, 31), False),
        (date(2023, 12, 31), False),
        (date(2024, 1, 1), True),  # the last windows of its quarter end with March 2025, a year before the period does
        (date(2025, 3, 31), True),
    ],
)
def test_a_bad_quarter_is_told_for_a_year(granted_on: date, *, is_tested: bool) -> None:
    """Then it is shown, and raises nothing any more."""
    loans = [Outcome(granted_on=granted_on, pd=0.05, is_bad=number < 25) for number in range(100)]
    found = watching(counting(), counting(), *loans)
    assert [(one.bads, one.p is not None) for one in found.vintages] == [(25, is_tested)]
    assert found.alarms == (("calibration",) if is_tested else ())
    assert watching(counting(5), counting(5), *loans).is_compared is is_tested


def test_right_years_of_long_ago_hide_no_wrong_one() -> None:
    """Of loans that are 25 % off, however many earlier ones came true."""
    earlier = [Outcome(granted_on=date(2020, 1, 1), pd=0.05, is_bad=number < 500) for number in range(10_000)]
    now = [Outcome(granted_on=date(2025, 1, 31), pd=0.05, is_bad=number < 25) for number in range(200)]
    assert watching(counting(), counting(), *earlier, *now).alarms == ("calibration",)


@pytest.mark.parametrize("empty", [(0,), (0, 1), (4,), (9,), (0, 5, 9)])
def test_bands_without_a_row_are_no_shift(empty: tuple[int, ...]) -> None:
    """A validation leaves out bands that no later row was in, the lowest and the highest, too."""
    kept = tuple(band for place, band in enumerate(VALIDATION.bands) if place not in empty)
    now = counting(1_000)
    rows = sum(band.rows for band in kept)
    now.scores = [
        -999.0 if band.score_from is None else band.score_from + 0.001
        for band in kept
        for _ in range(round(1_000 * band.rows / rows))
    ]
    whole = {"model": "sme/4", "of_other_models": 0, "since": SINCE, "until": UNTIL}
    fewer = msgspec.structs.replace(VALIDATION, bands=kept)
    found = watched(now, now, MODEL.table, TRAINING, fewer, (), **whole)
    assert found.features[0].psi == pytest.approx(0.0, abs=1e-3)


def test_many_loans_are_taken_as_normal() -> None:
    """The exact distribution of thousands would take minutes."""
    loans = [Outcome(granted_on=date(2025, 5, 31), pd=0.1, is_bad=number < 550) for number in range(5_000)]
    (vintage,) = watching(counting(), counting(), *loans).vintages
    assert vintage.p == pytest.approx(2 * float(stats.binom.sf(549, 5_000, 0.1)), rel=0.1)


@pytest.mark.parametrize("record", sorted(GOLDEN.glob("decision_*.json")), ids=lambda path: path.stem)
def test_decisions_of_every_release_are_watched(record: Path) -> None:
    """A record that could not be read would be told as altered."""
    seen = seen_in(record.read_bytes())
    assert (seen.versions.model.partition("/")[0], len(seen.versions.model_sha256)) == ("sme", 64)
    counting = Counting()
    counting.add(seen)
    assert counting.scored + counting.without_score == 1
    assert len(counting.bins) == len(seen.assessment.contributions)


def test_what_is_no_record_is_told() -> None:
    """As for every record."""
    with pytest.raises(RecordError):
        seen_in(b"{}")
