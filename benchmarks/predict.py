"""One prediction with all contributions: the points table against scikit-learn's predict_proba and SHAP.

    python benchmarks/predict.py            1,000 predictions of each
    python benchmarks/predict.py --quick    100

Both know the champion's features. The peers are a pipeline of imputer, scaler and logistic regression with SHAP's
LinearExplainer, and gradient boosting of 100 trees with SHAP's TreeExplainer; pickled, loaded and built once. They get
their row as a DataFrame of one row, which is not counted; our table gets a dict. Where the peers leave something out:
no bins, no typical values, and nothing holds their contributions to the score exactly.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.peer import score
from benchmarks.results import Section, Stopwatch, interleaved, number, run, spread, table
from models.points import PointsTable
from models.registry import ARTIFACTS, Registry

ROWS = 100
"""Different rows that are predicted in turn."""


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """Predict and explain rows of the sample, one at a time."""
    points = Registry(root=ARTIFACTS).champion("sme").table
    with tempfile.TemporaryDirectory() as folder:
        peers = {kind: score.load(points, Path(folder), kind) for kind in ("linear", "boosted")}
    frame = score.sample(points)[0].head(ROWS)
    runs = {"ours": _ours(points, frame)} | {kind: _theirs(peer, frame) for kind, peer in peers.items()}
    found = interleaved(runs, 100 if is_quick else 1_000, "predicting")
    figures = {
        name: {stage: spread(values) for stage, values in stages.items()}
        | {"both": spread([sum(values) for values in zip(*stages.values(), strict=True)])}
        for name, stages in found.items()
    }
    own = figures["ours"]["both"]["p50"]
    labels = {
        "ours": "points table: prediction and contributions are one lookup",
        "linear": "pickled pipeline with logistic regression, LinearExplainer",
        "boosted": "pickled pipeline with gradient boosting, TreeExplainer",
    }
    rows = [
        [
            labels[name],
            *(number(1e3 * stages[stage]["p50"]) if stage in stages else "" for stage in ("predict", "explain")),
            *(number(1e3 * stages["both"][share]) for share in ("p50", "p95", "p99", "min")),
            f"{stages['both']['p50'] / own:,.0f}",
        ]
        for name, stages in figures.items()
    ]
    header = ("microseconds", "predict, median", "explain, median", "both, median", "p95", "p99", "least", "times ours")
    text = f"""One row of {len(points.features)} features, {len(found["ours"]["predict"]):,} times each in turn.

{table(header, rows)}

The peers' contributions are in log-odds, without bins and typical values; making the DataFrame is not counted."""
    return Section(name="predict", title="One prediction with contributions", text=text, figures=figures)


def _ours(points: PointsTable, frame: pd.DataFrame) -> Callable[[], dict[str, float]]:
    rows = [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")
    ]
    turn = iter(rows * 10_000)

    def once() -> dict[str, float]:
        row = next(turn)
        watch = Stopwatch()
        points.score(row)
        watch.lap("predict")
        return watch.laps

    return once


def _theirs(peer: score.Scorer, frame: pd.DataFrame) -> Callable[[], dict[str, float]]:
    turn = iter([frame.iloc[[index]] for index in range(len(frame))] * 10_000)

    def once() -> dict[str, float]:
        row = next(turn)
        watch = Stopwatch()
        prepared = peer.prepare(row)
        peer.predict(prepared)
        watch.lap("predict")
        peer.explain(prepared, frame.columns)
        watch.lap("explain")
        return watch.laps

    return once


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
