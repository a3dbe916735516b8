"""How often intervals of scores hold the scores of models that were fitted again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from sklearn.base import clone

from features.derive import CATALOGUE
from models.bags import draw_bags
from models.coverage import interval_coverage
from models.records import VALIDATION, Validation
from models.registry import read_record
from models.scorecard import array_of
from models.train import bads_of
from models.validate import StoredCandidate, read_candidate

Parts = tuple[StoredCandidate, pl.DataFrame, pl.DataFrame]


def rows(names: tuple[str, ...], seed: int, count: int) -> pl.DataFrame:
    """Made-up firms, of which the first column tells the bad ones; two rows of each."""
    random = np.random.default_rng(seed)
    values = {name: random.normal(size=count).round(2) for name in names}
    first = names[0]
    is_bad = random.random(count) < 1 / (1 + np.exp(2 - int(CATALOGUE[first].risk or 1) * values[first]))
    return pl.DataFrame(
        values
        | {
            "outcome": np.where(is_bad, "bad", "good"),
            "borrower": np.arange(count) // 2,
            "as_of": [date(2024, 1, 1)] * count,
        }
    )


@pytest.fixture
def parts(validated: Path) -> Parts:
    """A candidate, and rows to fit again to and to score."""
    candidate = read_candidate(validated)
    names = candidate.record.candidates
    return candidate, rows(names, 1, 800), rows(names, 2, 50)


def test_it_is_the_share_of_scores_within_their_intervals(parts: Parts) -> None:
    """Of models that choose bins, columns and calibration anew; the same each time."""
    candidate, training, later = parts
    names = list(candidate.record.candidates)
    features = [CATALOGUE[name] for name in names]
    told: list[None] = []
    found = interval_coverage(
        candidate.table, candidate.record, features, training, later, refits=2, done=lambda: told.append(None)
    )
    again = interval_coverage(candidate.table, candidate.record, features, training, later, refits=2)
    groups, held = training["borrower"].to_numpy(), []
    for times in draw_bags(bads_of(training), groups, 2, np.random.RandomState(20_000)):
        drawn = np.repeat(np.arange(800), times)
        model = clone(candidate.estimator).set_params(bags=0)
        model.fit(array_of(training, names)[drawn], bads_of(training)[drawn], groups=groups[drawn])
        log_odds = model.decision_function(array_of(later, names))
        for row, value in zip(later.select(candidate.table.names).iter_rows(named=True), log_odds, strict=True):
            score = candidate.table.score(row)
            given = score.score - 40 / np.log(2) * (value - score.log_odds)
            held.append(score.low <= given <= score.high)
    assert found is not None
    assert found == again
    assert len(told) == 2
    assert found.share == pytest.approx(np.mean(held), abs=0.011)  # a score beside an end may round to either side


@pytest.mark.parametrize(
    "change",
    [
        lambda record, training, later: (record, training, later, 0),
        lambda record, training, later: (record, training, later.clear(), 2),
        lambda record, training, later: (record, training.filter(pl.col("outcome") == "good"), later, 2),
    ],
    ids=["not asked for", "no later rows", "one class"],
)
def test_where_nothing_can_be_said_nothing_is(parts: Parts, change: Callable[..., tuple[object, ...]]) -> None:
    """Not asked for, no later rows, one class."""
    candidate, training, later = parts
    features = [CATALOGUE[name] for name in candidate.record.candidates]
    record, training, later, refits = change(candidate.record, training, later)  # type: ignore[assignment]  # as given
    assert interval_coverage(candidate.table, record, features, training, later, refits=refits) is None  # type: ignore[arg-type]  # the same


def test_a_validation_without_it_is_read(validated: Path) -> None:
    """As every one before it was."""
    found = read_record(validated / VALIDATION, Validation)
    assert found.interval_coverage is not None
    content = msgspec.json.decode((validated / VALIDATION).read_bytes())
    del content["interval_coverage"]
    assert msgspec.convert(content, Validation, strict=False).interval_coverage is None
