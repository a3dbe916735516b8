"""The champion that is committed: whole, believable, and scoring as it did when it was promoted."""

import json
import os
import random
from pathlib import Path

import polars as pl
import pytest
import skops.io

from features.derive import CATALOGUE, CATALOGUE_VERSION
from models.gates import wrong_steps
from models.points import PointsTable
from models.records import COMPARISON, ESTIMATOR, REPORT, SCORECARD, WITH_AND_WITHOUT, Comparison
from models.registry import ARTIFACTS, Registry, digest_of, read_record
from models.scorecard import frame_of, largest_difference
from models.validate import TRUSTED_TYPES

GOLDEN = Path(__file__).parent / "golden" / "champion.json"
"""Rows with the scores that the champion gave when it was promoted. ``UPDATE_GOLDEN=1`` writes them anew."""

CHAMPION = Registry().champion("sme")
PAIR = (("sme", "5"), ("books", "2"))
"""Compared on the same rows: with bank data, and without."""


def frozen_rows(table: PointsTable) -> list[dict[str, float | None]]:
    """Forty rows that reach every bin of the table, missing values among them."""
    chance = random.Random(0)  # noqa: S311  rows, not secrets
    columns: dict[str, list[float | None]] = {}
    for feature in table.features:
        values: list[float | None] = [None, min(feature.edges, default=0.0) - 1.0, *feature.edges]
        # One shuffled round of all bins after the other.
        columns[feature.name] = [value for _ in range(40) for value in chance.sample(values, len(values))]
    return [dict.fromkeys(table.names), *({name: columns[name][row] for name in columns} for row in range(39))]


def test_the_champion_scores_its_golden_rows_as_it_did() -> None:
    """Scores and PDs of frozen rows are those that were stored, bit for bit (PD but for the last digit)."""
    if os.environ.get("UPDATE_GOLDEN"):
        rows = frozen_rows(CHAMPION.table)
        scores = [CHAMPION.table.score(row) for row in rows]
        content = {
            "sha256": CHAMPION.sha256,
            "rows": [
                {"values": row, "score": score.score, "pd": score.pd, "low": score.low, "high": score.high}
                for row, score in zip(rows, scores, strict=True)
            ],
        }
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(content, indent=1) + "\n")
    golden = json.loads(GOLDEN.read_text())
    assert CHAMPION.sha256 == golden["sha256"], "another champion was promoted: run with UPDATE_GOLDEN=1"
    for row in golden["rows"]:
        score = CHAMPION.table.score(row["values"])
        assert (row["score"], row["low"], row["high"]) == (score.score, score.low, score.high)
        assert row["pd"] == pytest.approx(score.pd, rel=1e-14)


def test_every_golden_score_has_an_interval() -> None:
    """The champion carries bags; nowhere are they all the same."""
    for row in json.loads(GOLDEN.read_text())["rows"]:
        assert row["low"] <= row["score"] <= row["high"]
        assert row["low"] < row["high"]


def test_golden_rows_reach_every_bin() -> None:
    """A changed point anywhere would show."""
    scored = [CHAMPION.table.score(row["values"]) for row in json.loads(GOLDEN.read_text())["rows"]]
    reached = {(part.feature, part.bin) for score in scored for part in score.contributions}
    everywhere = {
        (feature.name, place) for feature in CHAMPION.table.features for place in [None, *range(len(feature.points))]
    }
    assert everywhere == reached


def test_the_champion_says_that_it_was_trained_on_simulated_firms() -> None:
    """In the manifest and in the first lines of its card."""
    assert CHAMPION.manifest.is_simulated
    card = Registry().card("sme", CHAMPION.manifest.version)
    assert "Trained on simulated firms" in card[:100]


def test_the_champion_has_passed_every_gate_and_is_believable() -> None:
    """Out of time its AUC lies between 0.75 and 0.88, over at least 150 bads."""
    validation = CHAMPION.manifest.validation
    assert validation.has_passed
    assert 0.75 <= validation.out_of_time.auc.value <= 0.88
    assert validation.out_of_time.bads >= 150


def test_the_champion_fits_the_feature_catalogue() -> None:
    """Its features exist in the catalogue it names, in their order, with their precision, and step as declared."""
    assert CHAMPION.manifest.features_version == CATALOGUE_VERSION
    assert CHAMPION.table.names == tuple(name for name in CATALOGUE if name in CHAMPION.table.names)
    for feature in CHAMPION.table.features:
        assert feature.precision == CATALOGUE[feature.name].precision
    assert wrong_steps(CHAMPION.table, {name: CATALOGUE[name].risk for name in CHAMPION.table.names}) == 0


def test_the_champion_was_compared_with_the_other_estimator_and_is_the_better_one() -> None:
    """The comparison is kept with it, speaks of its files, and its report stands beside its card."""
    folder = ARTIFACTS / "sme" / CHAMPION.manifest.version
    comparison = read_record(folder / COMPARISON, Comparison)
    assert comparison.dataset_sha256 == CHAMPION.manifest.training.dataset.sha256
    assert {comparison.first.estimator, comparison.second.estimator} == {"scorecard", "boosting"}
    better = comparison.first if comparison.better == "first" else comparison.second
    assert better.scorecard_sha256 == CHAMPION.sha256
    assert (folder / REPORT).stat().st_size < 400_000


def test_the_files_of_the_champion_are_those_of_its_manifest() -> None:
    """Evidence and card are committed as they were registered; each version is small enough for a repository.

    Up to version 4 that was 700 kB; since 0.8 a report also has findings, months and segments.
    """
    folder = ARTIFACTS / "sme" / CHAMPION.manifest.version
    for file, sha256 in CHAMPION.manifest.files.items():
        assert sha256 == digest_of(folder / file)
    for version in folder.parent.iterdir():
        at_most = 700_000 if int(version.name) <= 4 else 850_000
        assert sum(path.stat().st_size for path in version.iterdir()) < at_most


def test_the_committed_estimator_still_agrees_with_the_champion() -> None:
    """The estimator, loaded with its types checked, predicts what the table says on golden rows and at every edge."""
    content = (ARTIFACTS / "sme" / CHAMPION.manifest.version / ESTIMATOR).read_bytes()
    estimator = skops.io.loads(content, trusted=sorted(TRUSTED_TYPES))
    names = CHAMPION.manifest.training.candidates
    rows = pl.DataFrame(
        [row["values"] for row in json.loads(GOLDEN.read_text())["rows"]],
        schema=dict.fromkeys(CHAMPION.table.names, pl.Float64),
    )
    array = rows.select(
        rows[name].fill_null(float("nan")) if name in rows.columns else pl.lit(float("nan")).alias(name)
        for name in names
    ).to_numpy()
    assert frame_of(array, names).height == 40
    assert largest_difference(CHAMPION.table, names, estimator.decision_function, array) <= 1e-9


@pytest.mark.parametrize(("name", "version"), PAIR)
def test_both_models_say_what_bank_data_are_worth_and_how_often_their_interval_holds(name: str, version: str) -> None:
    """In the card: the loss of AUC without bank data, and the coverage of the widened interval."""
    manifest = Registry().load(name, version).manifest
    worth = [read_record(ARTIFACTS / one / number / WITH_AND_WITHOUT, Comparison) for one, number in PAIR]
    assert worth[0] == worth[1]
    assert {worth[0].first.bank_data, worth[0].second.bank_data} == {True, False}
    assert manifest.files[SCORECARD] in {worth[0].first.scorecard_sha256, worth[0].second.scorecard_sha256}
    assert manifest.validation.interval_coverage is not None
    assert manifest.validation.interval_coverage.share >= 0.8
    card = Registry().card(name, version)
    assert "## What bank data are worth" in card
    assert f"{manifest.validation.interval_coverage.share:.0%} of the scores out of time lay in it" in card
