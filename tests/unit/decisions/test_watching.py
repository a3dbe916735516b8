"""Watching a model: tests against tables and a second library, what is added up, and what is told."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.registry import ARTIFACTS, Registry
from scoring.decisions.decision import Verdict
from scoring.decisions.records import RecordError
from scoring.decisions.watching import (
    LARGE,
    Counting,
    Outcome,
    Watched,
    binomial_tail,
    chi_square_tail,
    holm,
    more_missing,
    seen_in,
    shift,
    watched,
)

MODEL = Registry(root=ARTIFACTS).load("sme", "4")
assert MODEL.manifest.training is not None
assert MODEL.manifest.validation is not None
TRAINING, VALIDATION = MODEL.manifest.training, MODEL.manifest.validation
GOLDEN = Path(__file__).parents[2] / "integration" / "api" / "golden"
SINCE, UNTIL = date(2026, 1, 1), date(2026, 3, 31)


@pytest.mark.parametrize(
    ("value", "freedom", "probability"),
    [
        (0.0, 1, 1.0), (3.841459, 1, 0.05), (6.634897, 1, 0.01), (5.991465, 2, 0.05), (7.814728, 3, 0.05),
        (16.266236, 3, 0.001), (18.307038, 10, 0.05), (2_000.0, 3, 0.0),
    ],
)  # fmt: skip
def test_chi_square_is_that_of_the_tables(value: float, freedom: int, probability: float) -> None:
    """Quantiles as statistical tables print them."""
    assert chi_square_tail(value, freedom) == pytest.approx(probability, abs=1e-7)


@given(st.floats(0, 200), st.integers(1, 40))
def test_chi_square_is_that_of_scipy(value: float, freedom: int) -> None:
    """For every number of degrees of freedom."""
    assert chi_square_tail(value, freedom) == pytest.approx(float(stats.chi2.sf(value, freedom)), rel=1e-7, abs=1e-12)


@given(st.integers(0, 400), st.integers(0, 600), st.floats(0.001, 0.999))
def test_binomial_is_that_of_scipy(count: int, trials: int, chance: float) -> None:
    """At least so many of them."""
    assert binomial_tail(count, trials, chance) == pytest.approx(
        float(stats.binom.sf(count - 1, trials, chance)), abs=1e-9
    )


def test_many_of_many_are_taken_as_normal() -> None:
    """Near the exact probability."""
    assert LARGE < 20_000 * 0.1 * 0.9
    exact = float(stats.binom.sf(2_079, 20_000, 0.1))
    assert binomial_tail(2_080, 20_000, 0.1) == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        ({"a": 0.05}, ["a"]),
        ({"a": 0.0501}, []),
        ({"a": 0.05, "b": 0.05}, []),
        ({"a": 0.05, "b": 0.025}, ["a", "b"]),
        ({"a": 0.051, "b": 0.025}, ["b"]),
        ({"a": 0.0167, "b": 0.0168, "c": 0.9}, []),
        ({"a": 0.0166, "b": 0.025, "c": 0.05}, ["a", "b", "c"]),
    ],
)
def test_all_tests_together_keep_the_level(tests: dict[str, float], found: list[str]) -> None:
    """The smallest by its share of the level, the next by a larger one, until one fails."""
    assert holm(tests, 0.05) == found


@pytest.mark.parametrize(
    ("cells", "shares", "psi", "p"),
    [
        ([50, 50], [0.5, 0.5], 0.0, 1.0),
        ([0, 0], [0.5, 0.5], 0.0, 1.0),
        ([70, 30], [0.5, 0.5], 0.2 * 0.847298, 0.0000633),  # 16 by two samples of 100 and very many
        # 4.99 of 499 are expected in the first: it is added to the second; 5 of 500 stand alone
        ([499, 0, 0], [0.01, 0.49, 0.5], None, None),
    ],
)
def test_a_shift_is_measured_and_its_chance_told(
    cells: list[int], shares: list[float], psi: float | None, p: float | None
) -> None:
    """Over bins in which at least five are expected."""
    found = shift(cells, shares, 10**9)
    if psi is None:
        assert found == shift([499, 0], [0.5, 0.5], 10**9)
        assert shift([500, 0, 0], shares, 10**9) != shift([500, 0], [0.5, 0.5], 10**9)
    else:
        assert found == (pytest.approx(psi, rel=1e-5), pytest.approx(p, rel=1e-2))


def test_the_firms_that_a_share_was_counted_on_are_a_sample_too() -> None:
    """Half of the chance of an error lies there where both are equally large."""
    alone, both = shift([70, 30], [0.5, 0.5], 10**9)[1], shift([70, 30], [0.5, 0.5], 100)[1]
    assert both == pytest.approx(chi_square_tail(8.0, 1))
    assert alone < both


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0.01, 1)), min_size=1, max_size=12), st.integers(1, 100_000))
def test_every_shift_has_a_chance(cells: list[tuple[int, float]], learned: int) -> None:
    """Of 0 to 1, whatever was counted, and an index of at least 0."""
    total = sum(share for _, share in cells)
    psi, p = shift([count for count, _ in cells], [share / total for _, share in cells], learned)
    assert psi >= -1e-9
    assert 0.0 <= p <= 1.0


def test_a_value_that_was_never_missing_may_be_missing_once() -> None:
    """One of 4,200 firms misses it: by chance it is among the 200 that applied."""
    assert more_missing(0, 200, 0.0, 4_000) == 1.0
    assert more_missing(1, 200, 0.0, 4_000) == pytest.approx(200 / 4_200)
    assert more_missing(20, 200, 0.1, 4_000) > 0.5
    assert more_missing(40, 200, 0.1, 4_000) < 0.001


@pytest.mark.parametrize(("learned", "total"), [(300, 300), (300, 1_500), (4_000, 200)])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_missing_values_that_are_as_usual_are_rarely_told(share: float, learned: int, total: int) -> None:
    """At most in one of twenty pairs of samples, also where more apply than were learned from."""
    random = np.random.default_rng(7)
    pairs = zip(random.binomial(learned, share, 2_000), random.binomial(total, share, 2_000), strict=True)
    told = sum(more_missing(int(now), total, int(before) / learned, learned) < 0.05 for before, now in pairs)
    # More than 134 of 2,000 come in one of a thousand cases where each has a chance of one in twenty.
    assert told <= 134


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
