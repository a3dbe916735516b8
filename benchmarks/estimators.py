"""The estimators on data that nobody here made: Polish firms, 64 ratios of their annual accounts, bankrupt or not.

    python benchmarks/estimators.py PUBLIC_DATA_DIR/polish_companies_year1.csv
    python benchmarks/estimators.py PUBLIC_DATA_DIR/polish_companies_year1.csv --pairs 0 5 10 15 --directions

Three folds by default, the same for all, and rows stand for themselves. Nothing is known of the direction of the
ratios; with --directions each is declared in every fold as its own ranking of the training rows shows. Beside them
scikit-learn's boosting with its defaults, which may let any ratios interact; --boosting leaves out all but ours.
Annual accounts are a hard case for additive models: what a ratio means depends on the others.

Differences are to the first boosting on the same rows; their 95 % intervals come from one bootstrap over firms.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.progress import track
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from models import metrics
from models.average import ScorecardAndBoosting
from models.boosting import AdditiveBoosting
from models.woe import WoeScorecard

Floats = NDArray[np.float64]
DRAWS = 500
"""Of the bootstrap over rows."""
LOWEST_PD = 1e-6
"""A probability of 0 that turned out wrong would have an infinite log loss."""


def main() -> None:
    """Measure and print one line per estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path, help="columns attr1 to attr64 and bankrupt")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the folds")
    parser.add_argument("--ratios", type=int, default=64, help="only so many of the ratios, to be quick")
    parser.add_argument("--bags", type=int, default=AdditiveBoosting().bags, help="fewer are quicker")
    parser.add_argument("--pairs", type=int, nargs="+", default=[0], help="at most: one line each")
    parser.add_argument("--boosting", action="store_true", help="boosting alone, to be quick")
    parser.add_argument("--average", action="store_true", help="the average of scorecard and boosting, too")
    parser.add_argument("--directions", action="store_true", help="declare directions by the training rows")
    arguments = parser.parse_args()
    frame = pl.read_csv(arguments.csv, null_values=["?", ""], infer_schema_length=None)
    x = frame.drop("bankrupt")[:, : arguments.ratios].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    y = frame["bankrupt"].cast(pl.Int8).to_numpy()
    print(f"{len(y)} firms, {y.sum()} bankrupt, {x.shape[1]} ratios, {np.isnan(x).mean():.1%} missing")
    folds = list(StratifiedKFold(arguments.folds, shuffle=True, random_state=arguments.seed).split(x, y))
    estimators: Mapping[str, Callable[[list[int]], BaseEstimator]] = {
        "scorecard": lambda directions: WoeScorecard(monotonic_cst=directions),
        **{
            f"boosting, {pairs} pairs": lambda directions, pairs=pairs: AdditiveBoosting(
                monotonic_cst=directions, bags=arguments.bags, pairs=pairs
            )
            for pairs in arguments.pairs
        },
        **{
            f"average, {pairs} pairs": lambda directions, pairs=pairs: ScorecardAndBoosting(
                monotonic_cst=directions, bags=arguments.bags, pairs=pairs
            )
            for pairs in (arguments.pairs if arguments.average else [])
        },
        "HistGradientBoostingClassifier": lambda _: HistGradientBoostingClassifier(random_state=0),
    }
    draws = metrics.draws_of(np.arange(len(y)), DRAWS)
    first: Floats | None = None
    for name, unfitted in estimators.items():
        if arguments.boosting and not name.startswith("boosting"):
            continue
        started = time.perf_counter()
        predicted = np.empty(len(y))
        by_fold, pairs_found = [], []
        for train, test in track(folds, description=name, transient=True):
            directions = _directions(x[train], y[train]) if arguments.directions else [0] * x.shape[1]
            fitted = unfitted(directions).fit(x[train], y[train])
            predicted[test] = fitted.predict_proba(x[test])[:, 1]
            by_fold.append(roc_auc_score(y[test], predicted[test]))
            pairs_found.append(len(getattr(fitted, "pairs_", ())))
        line = (
            f"{name}: AUC {np.mean(by_fold):.3f} (folds {min(by_fold):.3f} to {max(by_fold):.3f}), "
            f"log loss {_losses(predicted, y).mean():.4f}, Brier {brier_score_loss(y, predicted):.4f}, "
            f"{time.perf_counter() - started:.0f} s"
        )
        if first is not None:
            line += f"; {differences(predicted, first, y, folds, draws)} against the first boosting"
        if any(pairs_found):
            line += f"; pairs kept {pairs_found}"
        first = predicted if first is None and name.startswith("boosting") else first
        print(line, flush=True)


def _directions(x: Floats, y: NDArray[np.int8]) -> list[int]:
    """1 where the bankrupt have the higher values, else -1."""
    directions = []
    for values in x.T:
        present = np.isfinite(values)
        both = present.any() and 0 < y[present].sum() < present.sum()
        directions.append(1 if both and roc_auc_score(y[present], values[present]) >= 0.5 else -1)
    return directions


def _losses(predicted: Floats, y: NDArray[np.int8]) -> Floats:
    """Log loss of each row."""
    bounded = np.clip(predicted, LOWEST_PD, 1.0 - LOWEST_PD)
    return -np.where(y == 1, np.log(bounded), np.log(1.0 - bounded))


def differences(
    predicted: Floats,
    first: Floats,
    y: NDArray[np.int8],
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    draws: list[Floats],
) -> str:
    """By how much AUC, as the mean of the folds, and log loss are above the first, with intervals."""
    is_bad = y == 1
    rankings = [[metrics.Ranking(side[test], is_bad[test]) for _, test in folds] for side in (predicted, first)]
    losses = _losses(predicted, y) - _losses(first, y)

    def auc(weights: Floats) -> float:
        values = [[one.auc(weights[test]) for one, (_, test) in zip(side, folds, strict=True)] for side in rankings]
        return float(np.mean(values[0]) - np.mean(values[1]))

    found = [
        metrics.estimate(statistic, len(y), draws)
        for statistic in (auc, lambda weights: float(np.average(losses, weights=weights)))
    ]
    told = [f"{one.value:+.4f} ({one.low:+.4f} to {one.high:+.4f})" for one in found]
    return f"AUC {told[0]}, log loss {told[1]}"


if __name__ == "__main__":
    main()
