"""Score and explanation in the usual tools: a pickled scikit-learn pipeline, loaded once, and a SHAP explainer.

Trained on a sample drawn from the champion's points table: its bins, their shares, and the PD that it gives. So the
peer has the same features and learns the same risks, and no more is claimed of it.
"""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shap
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from models.points import PointsTable
from models.steps import FeatureSteps

ROWS = 4_000
"""As many as the firms that the champion was trained on."""
BACKGROUND = 100
"""Rows that SHAP's linear explainer takes its averages from."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """The steps of a pipeline and its explainer, as a process keeps them."""

    preparation: Pipeline | None
    model: Any
    explainer: Any

    def prepare(self, row: pd.DataFrame) -> Any:  # noqa: ANN401  what the model takes
        """The row as the model takes it: for prediction and explanation alike, so that it is done once."""
        return row if self.preparation is None else self.preparation.transform(row)

    def predict(self, prepared: Any) -> float:  # noqa: ANN401  see prepare
        """The probability of default of one firm."""
        return float(self.model.predict_proba(prepared)[0, 1])

    def explain(self, prepared: Any, names: Iterable[str]) -> list[tuple[str, float]]:  # noqa: ANN401  see prepare
        """Every feature with its contribution to the log-odds, the worst first."""
        values = np.asarray(self.explainer.shap_values(prepared))[0]
        return sorted(zip(names, values.tolist(), strict=True), key=lambda item: -item[1])


def load(table: PointsTable, folder: Path, kind: str) -> Scorer:
    """Train, pickle, load again and build the explainer.

    Args:
        table: The champion's.
        folder: Where the pickle is kept.
        kind: ``linear`` (imputer, scaler, logistic regression) or ``boosted`` (gradient boosting of 100 trees).
    """
    threadpool_limits(1)  # for a row at a time, more threads only wait for one another
    rows, is_bad = sample(table)
    if kind == "linear":
        pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression())
    else:
        pipeline = make_pipeline(HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=1))
    path = folder / f"{kind}.pickle"
    path.write_bytes(pickle.dumps(pipeline.fit(rows, is_bad)))
    loaded = pickle.loads(path.read_bytes())  # noqa: S301  written a line ago; that one must trust it is the usual way
    if kind == "boosted":
        return Scorer(None, loaded[-1], shap.TreeExplainer(loaded[-1]))
    preparation = loaded[:-1]
    background = preparation.transform(rows[:BACKGROUND])
    return Scorer(preparation, loaded[-1], shap.LinearExplainer(loaded[-1], background))


def sample(table: PointsTable) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows in the bins of the table by their shares, and whether each went bad, by the PD that the table gives."""
    random = np.random.default_rng(1)
    rows = pd.DataFrame({feature.name: _values(feature, random) for feature in table.features})
    plain = [
        {name: None if np.isnan(value) else value for name, value in row.items()} for row in rows.to_dict("records")
    ]
    pd_of = np.array([table.score(row).pd for row in plain])
    return rows, random.random(ROWS) < pd_of


def _values(feature: FeatureSteps, random: np.random.Generator) -> np.ndarray:
    edges = np.array(feature.edges)
    width = max(float(np.ptp(edges)), 1.0) / max(len(edges), 1)
    low = np.concatenate([edges[:1] - width, edges]) if len(edges) else np.zeros(1)
    high = np.concatenate([edges, edges[-1:] + width]) if len(edges) else np.ones(1)
    shares = np.array([*feature.shares, feature.missing_share])
    bins = random.choice(len(shares), size=ROWS, p=shares / shares.sum())
    is_missing = bins == len(feature.shares)
    places = np.minimum(bins, len(feature.shares) - 1)
    values = np.round(low[places] + random.random(ROWS) * (high - low)[places], feature.precision)
    return np.where(is_missing, np.nan, values)
