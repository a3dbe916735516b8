"""How long both estimators take to fit, and how much memory: few bads, and many rows.

    python benchmarks/train.py                             1,000 rows of 60 bads, then 60,000 rows; 80 columns
    python benchmarks/train.py --rows 8000 --bads 800      one other table

Of the columns, ten tell something, a tenth of the values is missing, every fourth column is 0 on most rows, and rows
stand for themselves. Each fit has a process of its own. Memory is what it held at its peak beyond the table; time of
processors tells what the machine had to do, however busy it was. AUC is that on 20,000 new rows. Of the two estimators
also the refits are timed that widen the interval of a score in training. Beside both stands
scikit-learn's boosting with its defaults, which may let columns interact, and LightGBM's where
somebody installed it: no lock file has it.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.memory import forget_peak, peak
from benchmarks.results import machine
from models.boosting import AdditiveBoosting
from models.records import EstimatorKind
from models.refits import REFITS, fitted_again
from models.variables import TableColumn, Variable
from models.woe import WoeScorecard

CASES = ((1000, 60), (60_000, 6000))
"""Rows, and bads among them."""
NEW_ROWS = 20_000
TELLING = 10
KINDS: dict[str, EstimatorKind] = {"scorecard": "scorecard", "boosting": "boosting"}
CONTESTANTS = ("scorecard", "boosting", "HistGradientBoostingClassifier", "LightGBM")


def table(rows: int, bads: int, columns: int, *, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows with exactly so many bads."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns)).round(3)
    x[:, ::4] = np.where(random.random(x[:, ::4].shape) < 0.8, 0.0, x[:, ::4])
    odds = np.exp(0.7 * x[:, :TELLING].sum(axis=1))
    is_bad = np.zeros(rows, dtype=np.bool_)
    is_bad[random.choice(rows, bads, replace=False, p=odds / odds.sum())] = True
    x[random.random(x.shape) < 0.1] = np.nan
    return x, is_bad


def contestant(name: str) -> BaseEstimator:
    """The estimator of that name."""
    if name == "scorecard":
        return WoeScorecard()
    if name == "boosting":
        return AdditiveBoosting()
    if name == "LightGBM":
        from lightgbm import LGBMClassifier  # noqa: PLC0415  only where it is installed

        return LGBMClassifier(random_state=0, verbose=-1)
    return HistGradientBoostingClassifier(random_state=0)


def measure(name: str, rows: int, bads: int, columns: int) -> str:
    """Fit in this process, and tell what it took."""
    x, is_bad = table(rows, bads, columns, seed=0)
    model = contestant(name)
    held = forget_peak()
    started, worked = time.perf_counter(), time.process_time()
    model.fit(x, is_bad)
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    most = peak() - held
    new, new_bad = table(NEW_ROWS, NEW_ROWS * bads // rows, columns, seed=1)
    auc = roc_auc_score(new_bad, model.predict_proba(new)[:, 1])
    again = ""
    if name in KINDS:
        features = [TableColumn(name=f"x{place}", said=Variable(decimals=3)) for place in range(columns)]
        started = time.perf_counter()
        for _ in fitted_again(
            KINDS[name], features, x, is_bad, None, None, pairs=0, refits=REFITS, seed=0, done=lambda: None
        ):
            pass
        again = f", {REFITS} refits {time.perf_counter() - started:.1f} s"
    kept = f", {sum(len(edges) > 0 for edges in model.edges_)} columns kept" if hasattr(model, "edges_") else ""
    return f"{name}: {seconds:.1f} s, {work:.1f} s of processors, {most / 2**20:.0f} MiB, AUC {auc:.3f}{kept}{again}"


def main() -> None:
    """Measure and print one line per table and estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--bads", type=int)
    parser.add_argument("--columns", type=int, default=80)
    asked = parser.parse_args()
    if (asked.rows is None) != (asked.bads is None):
        parser.error("--rows and --bads belong together")
    cases = CASES if asked.rows is None else ((asked.rows, asked.bads),)
    names = [name for name in CONTESTANTS if name != "LightGBM" or find_spec("lightgbm") is not None]
    print(f"{machine()}.")
    for rows, bads in cases:
        print(f"{rows:,} rows, {bads:,} bads, {asked.columns} columns")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
            for name in track(names, description=f"{rows:,} rows", transient=True):
                print(processes.submit(measure, name, rows, bads, asked.columns).result())


if __name__ == "__main__":
    main()
