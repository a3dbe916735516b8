"""Both estimators on data that nobody here made: Polish firms, 64 ratios of their annual accounts, bankrupt or not.

    python benchmarks/estimators.py PUBLIC_DATA_DIR/polish_companies_year1.csv

Three folds by default, the same for all; nothing is known of the direction of the ratios, and rows stand for
themselves. Beside them scikit-learn's boosting with its defaults, which may let ratios interact. Annual accounts are a
hard case for additive models: what a ratio means depends on the others.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from rich.progress import track
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from models.boosting import AdditiveBoosting
from models.woe import WoeScorecard


def main() -> None:
    """Measure and print one line per estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path, help="columns attr1 to attr64 and bankrupt")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--ratios", type=int, default=64, help="only so many of the ratios, to be quick")
    parser.add_argument("--bags", type=int, default=AdditiveBoosting().bags, help="of boosting; fewer are quicker")
    arguments = parser.parse_args()
    frame = pl.read_csv(arguments.csv, null_values=["?", ""], infer_schema_length=None)
    x = frame.drop("bankrupt")[:, : arguments.ratios].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    y = frame["bankrupt"].cast(pl.Int8).to_numpy()
    print(f"{len(y)} firms, {y.sum()} bankrupt, {x.shape[1]} ratios, {np.isnan(x).mean():.1%} missing")
    folds = list(StratifiedKFold(arguments.folds, shuffle=True, random_state=0).split(x, y))
    estimators: Mapping[str, BaseEstimator] = {
        "scorecard": WoeScorecard(),
        "boosting": AdditiveBoosting(bags=arguments.bags),
        "HistGradientBoostingClassifier": HistGradientBoostingClassifier(random_state=0),
    }
    for name, estimator in estimators.items():
        started = time.perf_counter()
        predicted = np.empty(len(y))
        by_fold = []
        for train, test in track(folds, description=name, transient=True):
            predicted[test] = clone(estimator).fit(x[train], y[train]).predict_proba(x[test])[:, 1]
            by_fold.append(roc_auc_score(y[test], predicted[test]))
        print(
            f"{name}: AUC {np.mean(by_fold):.3f} (folds {min(by_fold):.3f} to {max(by_fold):.3f}), "
            f"Brier {brier_score_loss(y, predicted):.4f}, {time.perf_counter() - started:.0f} s"
        )


if __name__ == "__main__":
    main()
