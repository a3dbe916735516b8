"""What applications that became no loan do to a model, and that it is told."""

import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from features.derive import CATALOGUE
from features.feature import Feature
from models.__main__ import build_app
from models.binning import Floats
from models.dataset import DatasetError
from models.records import CARD, TRAINING, TrainingRecord
from models.registry import read_record
from models.rejects import MOST_PROBABLE, MOST_WEIGHT, Learned, parcelled, reweighted
from models.woe import WoeScorecard

AT = datetime(2025, 3, 1, tzinfo=UTC)
FEATURE = CATALOGUE["receivables_weighted_delay_days_12m_v2"]
FEATURES: list[Feature] = [FEATURE]


def run(*arguments: str | Path) -> str:
    """What a command prints."""
    output = StringIO()
    app = build_app(Console(file=output, width=200), lambda: AT)
    app([str(argument) for argument in arguments], exit_on_error=False, print_error=False, result_action="return_value")
    return output.getvalue()


def applied(size: int, *, lends: dict[float, float], risk: dict[float, float]) -> tuple[Learned, pl.DataFrame, Floats]:
    """Firms with one of few values, each lent to and bad with its own chance: loans, the declined, all outcomes."""
    random = np.random.default_rng(3)
    values = random.choice(list(lends), size=size)
    is_lent = random.random(size) < np.vectorize(lends.__getitem__)(values)
    is_bad = random.random(size) < np.vectorize(risk.__getitem__)(values)
    numbers = np.arange(size)
    lent = Learned(
        values=values[is_lent].reshape(-1, 1),
        is_bad=is_bad[is_lent],
        groups=numbers[is_lent],
        weight=np.ones(is_lent.sum()),
    )
    declined = pl.DataFrame({"borrower": numbers[~is_lent], FEATURE.name: values[~is_lent]})
    return lent, declined, is_bad


def test_loans_stand_for_firms_alike_that_were_declined() -> None:
    """Where lending follows what the model sees, the weighted bad rate is that of all who applied."""
    lends, risk = {0.0: 0.9, 30.0: 0.5, 60.0: 0.25}, {0.0: 0.03, 30.0: 0.1, 60.0: 0.4}
    lent, declined, is_bad = applied(20_000, lends=lends, risk=risk)
    found = reweighted(lent, declined, FEATURES)
    assert found.weight.mean() == pytest.approx(1.0)
    assert abs(np.average(found.is_bad, weights=found.weight) - is_bad.mean()) < 0.01
    assert lent.is_bad.mean() < is_bad.mean() - 0.04
    heavy, light = (found.weight[found.values[:, 0] == value].mean() for value in (60.0, 0.0))
    assert heavy / light == pytest.approx(0.9 / 0.25, rel=0.1)


def test_few_loans_do_not_decide_alone() -> None:
    """A firm of which one in a hundred is lent to stands for ten at most, before weights are brought to a mean of 1."""
    lent, declined, _ = applied(20_000, lends={0.0: 0.9, 60.0: 0.01}, risk={0.0: 0.03, 60.0: 0.4})
    weight = reweighted(lent, declined, FEATURES).weight
    assert weight.max() / weight.min() <= MOST_WEIGHT


@pytest.mark.parametrize("factor", [1.0, 1.5, 10.0])
def test_a_declined_firm_counts_as_bad_and_as_good(factor: float) -> None:
    """With the first model's probability times a factor, at most 99 %; together it weighs as one loan."""
    lent, declined, _ = applied(4_000, lends={0.0: 0.9, 60.0: 0.4}, risk={0.0: 0.05, 60.0: 0.4})
    first = WoeScorecard(monotonic_cst=[1]).fit(lent.values, lent.is_bad, groups=lent.groups)
    found = parcelled(lent, declined, FEATURES, first, factor)
    size, more = len(lent.values), declined.height
    assert len(found.values) == size + 2 * more
    assert found.weight[:size].tolist() == [1.0] * size
    as_bad, as_good = found.weight[size : size + more], found.weight[size + more :]
    assert np.allclose(as_bad + as_good, 1.0)
    assert (found.is_bad[size : size + more].all(), found.is_bad[size + more :].any()) == (True, False)
    said = first.predict_proba(declined.select(FEATURE.name).to_numpy())[:, 1]
    assert np.allclose(as_bad, np.minimum(said * factor, MOST_PROBABLE))


@pytest.fixture(scope="module")
def partly_lent(small_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small dataset, of whose late payers most were declined."""
    dataset = tmp_path_factory.mktemp("rejects") / "dataset"
    shutil.copytree(small_dataset, dataset)
    repayments = pl.read_parquet(dataset / "repayments.parquet")
    is_late = pl.col("paid_on").is_null()
    kept = repayments.filter(~is_late | (pl.col("borrower") % 3 != 0))
    kept.write_parquet(dataset / "repayments.parquet")
    return dataset


@pytest.mark.parametrize(
    ("method", "told"), [("reweighting", "Reject inference** by reweighting:"), ("parcelling", "with the factor 2,")]
)
def test_what_it_did_is_printed_recorded_and_on_the_card(
    partly_lent: Path, tmp_path: Path, method: str, told: str
) -> None:
    """Beside a model of loans alone; the declined are riskier with it where a factor says so."""
    out = tmp_path / "candidate"
    printed = run("train", partly_lent, "--out", out, "--rejects", method, "--parcel-factor", "2")
    record = read_record(out / TRAINING, TrainingRecord)
    assert record.rejects is not None
    assert (record.rejects.method, record.rejects.factor) == (method, 2.0 if method == "parcelling" else None)
    assert record.rejects.declined > 100
    assert f"What {method} did: {record.rejects.declined} applications became no loan" in printed
    assert f"{record.rejects.declined_pd:.2%}" in printed
    assert "The interval of a score was not widened: refits do not count applications that became no loan." in printed
    if method == "parcelling":
        assert record.rejects.declined_pd > record.rejects.declined_pd_before
    run("validate", out, partly_lent)
    assert told in (out / CARD).read_text()


def test_a_model_of_loans_alone_says_so(validated: Path) -> None:
    """On its card."""
    assert read_record(validated / TRAINING, TrainingRecord).rejects is None
    assert "learned from firms that were lent to" in (validated / CARD).read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--rejects", "parcelling", "--parcel-factor", "0.9"), "--parcel-factor is 0.9: give 1 to 10"),
        (("--rejects", "parcelling", "--parcel-factor", "11"), "--parcel-factor is 11.0: give 1 to 10"),
        (("--rejects", "reweighting"), "0 applications until 2022-06-30 became no loan; reject inference needs 30"),
    ],
)
def test_what_cannot_be_inferred_is_told(
    small_dataset: Path, tmp_path: Path, more: tuple[str, ...], message: str
) -> None:
    """In one line; nothing is written."""
    with pytest.raises(DatasetError, match=message):
        run("train", small_dataset, "--out", tmp_path / "candidate", *more)
    assert not (tmp_path / "candidate").exists()
