"""What a committee is told: segments, fairness, grades, stability, gains, rivals and signs of a leak."""

from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from features.derive import CATALOGUE
from models.alarms import alarms
from models.by_segment import FEWEST_BADS, fairness_figures, segment_figures
from models.chance import holm
from models.cut_offs import IFD, CutOffsError, read_cut_offs
from models.findings import FINDINGS, Alarm, FairnessFigures, Findings
from models.grades import grade_figures, jeffreys, shift_figures
from models.points import PointsTable, log_odds_of, probability
from models.records import VALIDATION, Estimate, Validation
from models.registry import read_record
from models.report_findings import fairness_rows
from models.segments import AGE, LEGAL_FORM, SECTOR, SIZE, with_segments
from models.steps import FeatureSteps
from models.worth import Rival, added, best_feature, effect, gains, swap_set

POLICY = Path(__file__).parents[2] / "scoring" / "decisions" / "policies" / "v4.toml"
DELAY, COUNT = CATALOGUE["receivables_overdue_share_v2"], CATALOGUE["payables_reminder_fee_count_12m_v2"]


def steps(name: str, points: tuple[float, float], edge: float = 0.5) -> FeatureSteps:
    """A feature of two bins."""
    return FeatureSteps(
        name=name,
        precision=4,
        edges=(edge,),
        points=points,
        missing_points=0.0,
        typical=0.2,
        shares=(0.5, 0.5),
        missing_share=0.0,
        bad_rates=(0.1, 0.2),
        missing_bad_rate=None,
    )


def table_of(*features: FeatureSteps, base: float = 500.0) -> PointsTable:
    """A table without bags."""
    return PointsTable(schema=1, kind="additive_steps", base=base, features=features)


TABLE = table_of(steps(DELAY.name, (40.0, -40.0)), steps(COUNT.name, (20.0, -20.0), 1.0))


def rows_of(count: int = 2_000, *, seed: int = 1, table: PointsTable = TABLE) -> pl.DataFrame:
    """Scored rows of as many firms, whose outcomes come true as the table says."""
    random = np.random.default_rng(seed)
    values = pl.DataFrame(
        {
            "borrower": np.arange(count),
            "as_of": [date(2025, 1, 1)] * count,
            DELAY.name: random.random(count).round(4),
            COUNT.name: random.integers(0, 3, count).astype(float),
        }
    )
    scored = values.with_columns(table.score_frame(values).select("score", "log_odds", "pd"))
    is_bad = random.random(count) < scored["pd"].to_numpy()
    segments = {LEGAL_FORM: "gmbh", AGE: "unknown", SIZE: "unknown", SECTOR: "retail"}
    outcome = pl.Series("outcome", np.where(is_bad, "bad", "good"))
    return scored.with_columns(outcome, *(pl.lit(label).alias(name) for name, label in segments.items()))


def test_the_lines_of_the_policy_in_force_are_read() -> None:
    """Its cut-off, and its grades from the best to the worst."""
    found = read_cut_offs(POLICY)
    assert (found.source, found.approve_at_or_below) == ("policy 4", 0.04)
    assert [(grade.name, grade.pd_at_most) for grade in found.grades][::6] == [("A", 0.005), ("G", 1.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no credit policy"),
        ("no = toml = at all", "no credit policy"),
        ('version = "1"\n[cut_offs]\napprove_at_or_below = 0.1\n[pricing]\ngrades = [{name = "A"}]', "pd_at_most"),
        (
            'version = "1"\n[cut_offs]\napprove_at_or_below = 0\n[pricing]\ngrades = [{name = "A", pd_at_most = 0.2}]',
            "must rise to 1.0",
        ),
        (
            'version = "1"\n[cut_offs]\napprove_at_or_below = 4\n[pricing]\ngrades = [{name = "A", pd_at_most = 1.0}]',
            "no probability",
        ),
    ],
)
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """One line names the file and what is wrong."""
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(CutOffsError, match=said) as refused:
        read_cut_offs(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("founded", "cents", "age", "size"),
    [
        (date(2024, 1, 2), 0.0, "under 3 years", "under 100,000 EUR"),
        (date(2021, 12, 31), 9_999_999.0, "3 to 10 years", "under 100,000 EUR"),
        (date(2005, 1, 1), 10_000_000.0, "20 years or more", "100,000 to 500,000 EUR"),
        (date(2006, 1, 1), 200_000_000.0, "10 to 20 years", "2 million EUR or more"),
        (None, None, "unknown", "unknown"),
        (date(2025, 6, 1), -5.0, "unknown", "unknown"),
    ],
)
def test_firms_are_in_bands(founded: date | None, cents: float | None, age: str, size: str) -> None:
    """By their age on the day, and by the revenue in the books; what cannot be is unknown."""
    rows = pl.DataFrame({"borrower": [1], "as_of": [date(2025, 1, 1)], "cents": [cents]}, strict=False)
    known = pl.DataFrame(
        {"borrower": [1], "legal_form": [" gmbh "], "founded_on": [founded], "sector": [""]},
        schema_overrides={"founded_on": pl.Date},
    )
    labelled = with_segments(rows.with_columns(pl.col("cents").cast(pl.Float64)), known, "cents")
    assert labelled.select(LEGAL_FORM, AGE, SIZE, SECTOR).row(0) == ("gmbh", age, size, "unknown")


def test_a_segment_with_few_bads_has_no_figures() -> None:
    """Its rows and bads are told, its ranking and calibration are not."""
    rows = rows_of()
    few = rows.filter(pl.col("outcome") == "bad").head(FEWEST_BADS - 1).with_columns(pl.lit("ug").alias(LEGAL_FORM))
    goods = rows.filter(pl.col("outcome") == "good").head(200).with_columns(pl.lit("ug").alias(LEGAL_FORM))
    found = {
        one.name: one for one in segment_figures(pl.concat([rows, few, goods]), 0.05) if one.dimension == LEGAL_FORM
    }
    assert (found["ug"].bads, found["ug"].auc, found["ug"].observed_to_expected) == (FEWEST_BADS - 1, None, None)
    assert found["ug"].approved is not None
    assert found["gmbh"].auc is not None


def test_a_segment_that_is_approved_less_and_rated_too_well_is_seen() -> None:
    """The ratio of approvals, and the ratio of calibrations, beside the others."""
    rows = rows_of(4_000)
    # Of every third firm: half the bads among those with a good score are of sole traders.
    traders = rows.gather_every(3).with_columns(
        pl.lit("einzelunternehmen").alias(LEGAL_FORM), pl.col("borrower") + 10_000, (pl.col("pd") / 2).alias("pd")
    )
    cut_off = float(np.median(rows["pd"].to_numpy()))
    every = fairness_figures(pl.concat([rows, traders]), cut_off)
    found, of_others = (one for one in every if one.dimension == LEGAL_FORM)
    assert (found.name, of_others.name) == ("einzelunternehmen", "gmbh")
    assert (found.is_approved_less, of_others.is_approved_less) == (False, True)
    assert (found.is_calibrated_otherwise, of_others.is_calibrated_otherwise) == (True, True)
    assert found.impact_ratio is not None
    assert found.impact_ratio.low > 1
    assert found.calibration_ratio is not None
    assert found.calibration_ratio.low > 1.3
    assert found.good_difference is not None
    assert found.good_difference.low > 0


def test_beside_firms_of_which_none_is_approved_no_ratio_is_measured() -> None:
    """So that what is written can be read again."""
    rows = rows_of(400).with_columns(pd=pl.lit(0.5))
    others = rows.with_columns(pl.lit("ug").alias(LEGAL_FORM), borrower=pl.col("borrower") + 400)
    approved = pl.when(pl.col("borrower") < 40).then(0.01).otherwise(pl.col("pd"))
    both = pl.concat([rows, others]).with_columns(pd=approved)
    found = {one.name: one for one in fairness_figures(both, 0.04) if one.dimension == LEGAL_FORM}
    assert found["gmbh"].impact_ratio is None
    assert found["ug"].impact_ratio is not None
    for one in found.values():
        assert msgspec.json.decode(msgspec.json.encode(one), type=FairnessFigures) == one
    assert fairness_rows([found["gmbh"]])[0][2] == "not measured"


@pytest.mark.parametrize(
    ("bads", "rows", "expected", "low", "high", "p"),
    [
        (5, 100, 0.05, 0.0193, 0.1061, 0.9438),
        (0, 10, 0.3, 0.0, 0.2172, 0.0136),
        (12, 100, 0.05, 0.0673, 0.1943, 0.0051),
    ],
)
def test_jeffreys(bads: int, rows: int, expected: float, low: float, high: float, p: float) -> None:
    """Beta distribution with half a bad and half a good more."""
    assert jeffreys(bads, rows, expected) == pytest.approx((low, high, p), abs=5e-4)


def test_grades_of_a_model_that_is_right_are_rarely_off() -> None:
    """In at most one of twenty samples, all grades together; five of forty would be rare."""
    off = sum(any(one.is_found for one in grade_figures(rows_of(1_500, seed=seed), IFD)) for seed in range(40))
    assert off <= 5


def test_a_grade_that_is_off_is_found() -> None:
    """Twice as many bads as were predicted."""
    rows = rows_of(4_000)
    halved = rows.with_columns((pl.col("pd") / 2).alias("pd"))
    found = grade_figures(halved, IFD)
    assert sum(one.rows for one in found) == rows.height
    assert any(one.is_found for one in found)
    assert [one.name for one in found if one.is_found] == holm({one.name: one.p for one in found}, 0.05)


def test_rows_of_one_firm_are_no_more_than_one_firm() -> None:
    """Ten copies of each row leave the probability where it was."""
    rows = rows_of(600)
    once = {one.name: one.p for one in grade_figures(rows, IFD)}
    tenfold = {one.name: one.p for one in grade_figures(pl.concat([rows] * 10), IFD)}
    assert tenfold == pytest.approx(once)


def test_a_feature_that_moved_is_found_and_the_others_are_not() -> None:
    """The score moves with it."""
    before, after = rows_of(seed=1), rows_of(seed=2)
    assert not any(one.is_found for one in shift_figures(TABLE, before, after))
    moved = after.with_columns((pl.col(DELAY.name) / 2).alias(DELAY.name))
    moved = moved.with_columns(TABLE.score_frame(moved).select("score", "log_odds", "pd"))
    assert {one.name for one in shift_figures(TABLE, before, moved) if one.is_found} == {"score", DELAY.name}


def test_gains_of_a_perfect_order() -> None:
    """Where the bads are the lowest tenth, a tenth of the rows holds all of them."""
    rows = rows_of(1_000).with_columns(
        pl.int_range(1_000).cast(pl.Float64).alias("log_odds"),
        pl.Series("outcome", ["good"] * 900 + ["bad"] * 100),
    )
    found = {one.share: one for one in gains(rows)}
    assert (found[0.05].bads, found[0.1].bads, found[1.0].bads) == (50, 100, 100)
    assert (found[0.1].caught.value, found[0.1].lift) == (1.0, 10.0)


def test_a_feature_without_use_adds_nothing() -> None:
    """The most useful feature comes first; one whose points are all 0 adds exactly 0."""
    table = table_of(steps(DELAY.name, (40.0, -40.0)), steps(COUNT.name, (0.0, 0.0), 1.0))
    first, last = added(table, rows_of(table=table))
    assert (first.name, last.name) == (DELAY.name, COUNT.name)
    assert first.added.low > 0
    assert (last.added.value, last.added.low, last.added.high) == (0.0, 0.0, 0.0)


def test_the_best_feature_is_chosen_on_the_training_part() -> None:
    """Out of time the other one would be better."""
    training = rows_of(seed=1)
    later = rows_of(seed=2).with_columns((pl.col("outcome") == "bad").cast(pl.Float64).alias(COUNT.name))
    found = best_feature([DELAY, COUNT], training, later)
    assert found is not None
    assert found.name == DELAY.name


def test_who_changes_side_is_counted() -> None:
    """A rival that turns one feature around approves as many, and more bads."""
    rows = rows_of(4_000)
    rival = Rival(
        title="sme 0", table=table_of(steps(DELAY.name, (-40.0, 40.0)), steps(COUNT.name, (20.0, -20.0), 1.0))
    )
    cut_off = probability(log_odds_of(500.0))
    found = swap_set(rival, rows, cut_off)
    theirs = effect("sme 0", rival.table, rows, cut_off)
    assert found.both + found.swapped_out == round(theirs.approved.value * rows.height)
    assert found.swapped_in == found.swapped_out > 0
    assert not found.may_have_seen
    assert found.swapped_out_bads > found.swapped_in_bads
    assert found.saved.value == 1000 * (found.swapped_out_bads - found.swapped_in_bads) / rows.height
    assert found.saved.low > 0


def test_a_rival_with_the_same_table_changes_nobody() -> None:
    """Nor anything in what the cut-off does."""
    rows = rows_of()
    cut_off = float(rows["pd"].to_numpy().max())
    found = swap_set(Rival(title="sme 0", table=TABLE, trained_until=date(2025, 1, 1)), rows, cut_off)
    assert found.may_have_seen
    assert (found.swapped_in, found.swapped_out, found.both) == (0, 0, rows.height)
    assert effect("it", TABLE, rows, 0.0).bad_rate is None


@pytest.fixture(scope="module")
def validation(validated: Path) -> Validation:
    """A validation without a leak."""
    return read_record(validated / VALIDATION, Validation)


def raised(found: tuple[Alarm, ...]) -> set[tuple[str, str]]:
    """Names and subjects of alarms that are raised."""
    return {(alarm.name, alarm.subject) for alarm in found if alarm.is_raised}


def test_every_leak_that_was_planted_is_named(validation: Validation) -> None:
    """Each by its own alarm, with the feature; a sound model raises none."""
    rows = rows_of()
    same = rows.select("borrower", "as_of", DELAY.name, COUNT.name)
    assert raised(alarms(validation, [DELAY, COUNT], rows, same)) == set()
    # What is known of the bads alone.
    is_bad = pl.col("outcome") == "bad"
    gaps = rows.with_columns(pl.when(is_bad).then(None).otherwise(pl.col(COUNT.name)).alias(COUNT.name))
    assert raised(alarms(validation, [DELAY, COUNT], gaps, None)) == {("missing_predicts", COUNT.name)}
    # What the books say a month later than the day.
    fresh = rows.with_columns(pl.when(is_bad).then(0.9).otherwise(pl.col(DELAY.name)).alias(DELAY.name))
    assert raised(alarms(validation, [DELAY, COUNT], fresh, same)) == {("last_days", DELAY.name)}
    evidence = [msgspec.structs.replace(one, out_of_time_auc=_estimate(0.95)) for one in validation.features[:1]]
    figures = validation.out_of_time
    leaking = msgspec.structs.replace(
        validation,
        features=tuple(evidence),
        train=msgspec.structs.replace(figures, auc=_estimate(0.99)),
        unseen_borrowers=msgspec.structs.replace(figures, auc=_estimate(0.6)),
    )
    assert raised(alarms(leaking, [DELAY, COUNT], rows, same)) == {
        ("single_feature", evidence[0].name),
        ("overfit", "model"),
        ("recognised_firms", "unseen borrowers"),
    }


@pytest.mark.parametrize("auc", [0.0, 0.05, 0.95, 1.0])
def test_a_feature_that_separates_is_named_whichever_way_it_points(validation: Validation, auc: float) -> None:
    """A column whose low values are bad has an AUC near 0 where no direction, or the other one, is declared."""
    found = Estimate(value=auc, low=max(0.0, auc - 0.01), high=min(1.0, auc + 0.01))
    evidence = (msgspec.structs.replace(validation.features[0], out_of_time_auc=found), *validation.features[1:])
    leaking = msgspec.structs.replace(validation, features=evidence)
    rows = rows_of()
    (single,) = (one for one in alarms(leaking, [DELAY], rows, None) if one.name == "single_feature")
    assert (single.subject, single.is_raised) == (evidence[0].name, True)
    assert single.found == pytest.approx(max(found.low, 1 - found.high))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_is_fresh_is_named_whichever_way_it_points(validation: Validation, sign: float) -> None:
    """Values of bads that the default itself turned, upwards or downwards."""
    rows = rows_of()
    is_bad = pl.col("outcome") == "bad"
    turned = pl.col(DELAY.name) * sign
    same = rows.select("borrower", "as_of", turned.alias(DELAY.name))
    fresh = rows.with_columns(pl.when(is_bad).then(0.9 * sign).otherwise(turned).alias(DELAY.name))
    assert ("last_days", DELAY.name) in raised(alarms(validation, [DELAY], fresh, same))


def _estimate(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.01, high=value + 0.01)


def test_findings_are_kept_with_the_candidate(validated: Path) -> None:
    """They are of its files, and say what was not known."""
    found = read_record(validated / FINDINGS, Findings)
    assert found.files == read_record(validated / VALIDATION, Validation).files
    assert (found.cut_offs, found.fairness, found.effects, found.swap) == (IFD, (), (), None)
    assert sum(month.rows for month in found.months) == 2_700
    assert {one.name for one in found.segments if one.dimension == LEGAL_FORM} == {"unknown"}
    assert not any(alarm.is_raised for alarm in found.alarms)
    assert all(alarm.found is not None for alarm in found.alarms if alarm.name in {"last_days", "overfit"})
