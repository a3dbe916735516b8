"""How often the interval of a score covers the mean model of other samples, before and after training widened it.

    python benchmarks/interval.py
    python benchmarks/interval.py --rows 3000 --samples 10 --bags 40 --refits 10

Each sample is drawn anew from one made-up population, and each estimator is fitted to it with bags. Training widens the
interval by models that it fits again to parts of the same sample; it never sees another one. For new rows the interval
of a score is then held against the mean of the models of all other samples, and against each of these models.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from models.fitting import BAGS, fit_declared
from models.points import LEFT_OUT
from models.records import EstimatorKind
from models.refits import REFITS, fitted_again, intervals, scores_of, widened
from models.scorecard import compile_table, frame_of
from models.train import columns_of
from models.variables import TableColumn, Variable

NEW_ROWS = 2000
COLUMNS, TELLING = 8, 5
SEED = 30_000
"""Of the refits; any, since samples differ."""
KINDS = ("scorecard", "boosting", "average")
NAMES = tuple(f"x{place}" for place in range(COLUMNS))
FEATURES = [TableColumn(name=name, said=Variable(direction="increasing", decimals=2)) for name in NAMES]


def drawn(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows of which five columns of eight raise the risk, one beyond a limit; a tenth of the values is missing."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, COLUMNS)).round(2)
    log_odds = -2.5 + 0.6 * x[:, : TELLING - 1].sum(axis=1) + 1.2 * (x[:, TELLING - 1] > 1.0)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    x[random.random(x.shape) < 0.1] = np.nan
    return x, is_bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """One sample's model, and what it says of the new rows."""

    scores: NDArray[np.float64]
    before: tuple[NDArray[np.float64], NDArray[np.float64]]
    """Both ends of the intervals before they were widened."""
    after: tuple[NDArray[np.float64], NDArray[np.float64]]
    points: float
    """By which they were widened."""
    seconds: tuple[float, float]
    """Of the fit with its bags, and of the refits."""


def trained(kind: EstimatorKind, rows: int, seed: int, bags: int, refits: int, new: NDArray[np.float64]) -> Trained:
    """Train as the command does, on rows that stand for themselves."""
    x, is_bad = drawn(rows, seed)
    started = time.perf_counter()
    model = fit_declared(kind, FEATURES, x, is_bad, None, bags=bags)
    columns = columns_of(model, FEATURES)
    table = compile_table(model.decision_function, columns, x, is_bad, bags=model.bag_decision_function)
    fitted = time.perf_counter()
    again = fitted_again(kind, FEATURES, x, is_bad, None, None, pairs=0, refits=refits, seed=SEED, done=lambda: None)
    wider, told = widened(table, frame_of(x, NAMES), x, again)
    frame = frame_of(new, NAMES)
    return Trained(
        scores=scores_of(model, new),
        before=intervals(table, frame),
        after=intervals(wider, frame),
        points=0.0 if told is None else told.points,
        seconds=(fitted - started, time.perf_counter() - fitted),
    )


def held(ends: tuple[NDArray[np.float64], NDArray[np.float64]], scores: NDArray[np.float64]) -> float:
    """Share of the rows whose score lies in its interval."""
    return float(((ends[0] <= scores) & (scores <= ends[1])).mean())


def main() -> None:
    """Measure and print a few lines per estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--bags", type=int, default=BAGS)
    parser.add_argument("--refits", type=int, default=REFITS)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    asked = parser.parse_args()
    if asked.samples < 2 or asked.bags < LEFT_OUT or asked.refits < 1:
        parser.error(f"--samples is at least 2, --bags at least {LEFT_OUT}, --refits at least 1")
    new, _ = drawn(NEW_ROWS, seed=10_000)
    for kind in asked.only:
        told = [
            trained(kind, asked.rows, seed, asked.bags, asked.refits, new)
            for seed in track(range(asked.samples), description=kind, transient=True)
        ]
        scores = np.array([one.scores for one in told])
        others = (scores.sum(axis=0) - scores) / (asked.samples - 1)
        print(f"{kind}: {asked.samples} samples of {asked.rows} rows, {asked.bags} bags, {asked.refits} refits")
        for when in ("before", "after"):
            ends = [getattr(one, when) for one in told]
            mean = [held(one, other) for one, other in zip(ends, others, strict=True)]
            each = [
                held(one, scores[place]) for of, one in enumerate(ends) for place in range(len(ends)) if place != of
            ]
            width = float(np.median([high - low for low, high in ends]))
            print(
                f"  {when} it was widened: holds the mean model of the other samples for {np.mean(mean):.0%} of new "
                f"rows ({min(mean):.0%} to {max(mean):.0%} by sample), each of these models for {np.mean(each):.0%}; "
                f"median width {width:.0f} points"
            )
        points, seconds = [one.points for one in told], np.array([one.seconds for one in told]).sum(axis=0)
        print(
            f"  widened by {np.mean(points):.1f} points at either end ({min(points):g} to {max(points):g}); the refits "
            f"took {seconds[1] / seconds[0]:.1f} times as long as fitting and bags",
            flush=True,
        )


if __name__ == "__main__":
    main()
