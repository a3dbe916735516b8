"""How often the interval of a score covers the mean model of other samples, beside the 90 % of the bags that it spans.

    python benchmarks/interval.py
    python benchmarks/interval.py --rows 3000 --samples 10 --bags 40

Each sample is drawn anew from one made-up population, and each estimator is fitted to it with bags. For new rows the
interval of a score is held against the mean of the models of all other samples. It is that of a points table: the
middle 90 % of the bags, and the score.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from models.average import ScorecardAndBoosting
from models.boosting import AdditiveBoosting
from models.points import LEFT_OUT
from models.woe import WoeScorecard

NEW_ROWS = 2000
COLUMNS, TELLING = 8, 5
KINDS = {"scorecard": WoeScorecard, "boosting": AdditiveBoosting, "average": ScorecardAndBoosting}


def drawn(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows of which five columns of eight raise the risk, one beyond a limit; a tenth of the values is missing."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, COLUMNS)).round(2)
    log_odds = -2.5 + 0.6 * x[:, : TELLING - 1].sum(axis=1) + 1.2 * (x[:, TELLING - 1] > 1.0)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    x[random.random(x.shape) < 0.1] = np.nan
    return x, is_bad


def main() -> None:
    """Measure and print one line per estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--bags", type=int, default=40)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    asked = parser.parse_args()
    if asked.samples < 2 or asked.bags < LEFT_OUT:
        parser.error(f"--samples is at least 2, --bags at least {LEFT_OUT}")
    new, _ = drawn(NEW_ROWS, seed=10_000)
    for kind in asked.only:
        told, lows, highs = [], [], []
        for seed in range(asked.samples):
            model = KINDS[kind](monotonic_cst=[1] * COLUMNS, decimals=[2] * COLUMNS, bags=asked.bags)
            model.fit(*drawn(asked.rows, seed))
            bags = np.sort(model.bag_decision_function(new), axis=1)
            out = asked.bags // LEFT_OUT
            told.append(model.decision_function(new))
            lows.append(np.minimum(bags[:, out], told[-1]))
            highs.append(np.maximum(bags[:, -1 - out], told[-1]))
        scores, low, high = np.array(told), np.array(lows), np.array(highs)
        others = (scores.sum(axis=0) - scores) / (asked.samples - 1)
        covered = ((low <= others) & (others <= high)).mean(axis=1)
        print(
            f"{kind}: covers the mean model of the other samples for {covered.mean():.1%} of new rows "
            f"(samples {covered.min():.1%} to {covered.max():.1%}); {asked.samples} samples of {asked.rows} rows, "
            f"{asked.bags} bags",
            flush=True,
        )


if __name__ == "__main__":
    main()
