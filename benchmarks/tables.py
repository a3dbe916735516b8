r"""Our estimators beside others on public tables of credit: AUC, log loss and calibration slope, in the same folds.

    python benchmarks/tables.py cards=build/tables/cards.csv:bad german=build/tables/german.csv:bad
    python benchmarks/tables.py cards=build/tables/cards.csv:bad --only scorecard boosting average --pairs 10 --bags 8

`public_tables.py` makes such tables out of packages that ship them.

A table is NAME=FILE:TARGET, with :BAD where the target is not 0 and 1. Our estimators get the directions that each
training fold suggests, without a person's correction. Others get numbers, with one column per category and medians for
missing values where they take none; CatBoost and EBM get categories as they are. "tuned" is the best of --tries random
settings by log loss in three folds of the training part. --pairs adds boosting and average with at most so many pairs.
Differences are to boosting without pairs, with a 95 % interval of one bootstrap over rows. Others that are not
installed are left out with a line (benchmarks/README.md says how to install them).
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import ParameterSampler, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.estimators import DRAWS, differences
from models import metrics
from models.fitting import fit_declared
from models.scorecard import array_of
from models.suggest import suggest
from models.tables import TableFile, TableQuestion, is_numeric, read_table
from models.train import bads_of
from models.variables import TableColumn, read_variables

Predict = Callable[[Any, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Table, outcomes, rows to learn from, rows to predict; the probability of bad of the latter."""

SETTINGS: Mapping[str, Mapping[str, list[Any]]] = {
    "HGB": {
        "learning_rate": [0.02, 0.05, 0.1],
        "max_leaf_nodes": [4, 8, 16],
        "min_samples_leaf": [10, 30],
        "max_iter": [100, 200],
    },
    "LightGBM": {
        "learning_rate": [0.02, 0.05, 0.1],
        "num_leaves": [4, 8, 16],
        "min_child_samples": [10, 30],
        "n_estimators": [100, 200],
    },
    "XGBoost": {
        "learning_rate": [0.02, 0.05, 0.1],
        "max_depth": [2, 3, 4],
        "min_child_weight": [1, 5],
        "n_estimators": [100, 200],
    },
    "CatBoost": {
        "learning_rate": [0.02, 0.05, 0.1],
        "depth": [3, 4, 6],
        "l2_leaf_reg": [1, 5],
        "iterations": [200, 400],
    },
}


def main() -> None:
    """Measure, and print one line per table and estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="+", help="NAME=FILE:TARGET or NAME=FILE:TARGET:BAD")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--tries", type=int, default=8, help="random settings of what is tuned")
    parser.add_argument("--seed", type=int, default=0, help="of the folds")
    parser.add_argument("--bags", type=int, default=40, help="of boosting and average; fewer are quicker")
    parser.add_argument("--pairs", type=int, nargs="*", default=[], help="boosting with at most so many pairs, too")
    parser.add_argument("--only", nargs="*", default=[], help="names of estimators; all without")
    arguments = parser.parse_args()
    print("| table | estimator | AUC | log loss | slope | seconds | against boosting |\n|---|---|---|---|---|---|---|")
    for given in arguments.tables:
        name, _, rest = given.partition("=")
        file, target, *bad = rest.split(":")
        table = read_table(Path(file), TableQuestion(target=target, bad=bad[0] if bad else None), date.today())  # noqa: DTZ011  no time in it
        is_bad = bads_of(table.rows)
        folds = list(StratifiedKFold(arguments.folds, shuffle=True, random_state=arguments.seed).split(is_bad, is_bad))
        without: np.ndarray | None = None
        for estimator, predict in estimators(table, arguments.tries, arguments.bags, arguments.pairs):
            kind = estimator.partition(",")[0] if estimator.endswith(" pairs") else estimator
            if arguments.only and kind not in arguments.only:
                continue
            started = time.perf_counter()
            found = np.empty(len(is_bad))
            for train, test in folds:
                found[test] = predict(table, is_bad, train, test)
            spent = time.perf_counter() - started
            log_odds = np.log(np.clip(found, 1e-6, 1 - 1e-6) / np.clip(1 - found, 1e-6, 1 - 1e-6)).reshape(-1, 1)
            slope = LogisticRegression(C=1e6).fit(log_odds, is_bad).coef_[0, 0]
            auc = np.mean([roc_auc_score(is_bad[test], found[test]) for _, test in folds])
            told = f"{auc:.3f} | {log_loss(is_bad, found):.4f} | {slope:.2f} | {spent:.0f} | "
            if estimator == "boosting":
                without = found
            elif without is not None:
                draws = metrics.draws_of(np.arange(len(is_bad)), DRAWS)
                told += differences(found, without, is_bad.astype(np.int8), folds, draws)
            print(f"| {name} ({len(is_bad)} rows, {is_bad.sum()} bad) | {estimator} | {told} |", flush=True)


def estimators(table: TableFile, tries: int, bags: int, pairs: list[int]) -> Iterator[tuple[str, Predict]]:
    """Ours, and the others that are installed."""
    yield "scorecard", lambda *given: _ours("scorecard", *given)
    for kind in ("boosting", "average"):
        yield kind, lambda *given, kind=kind: _ours(kind, *given, bags=bags)
        for most in pairs:
            yield (
                f"{kind}, {most} pairs",
                lambda *given, kind=kind, most=most: _ours(kind, *given, bags=bags, pairs=most),
            )
    plain, whole = _plain(table), _whole(table)
    yield "logistic regression", _of(lambda: LogisticRegression(C=1.0, max_iter=2000), plain, scale=True)
    makers: dict[str, tuple[Callable[..., Any], Any]] = {
        "HGB": (lambda **p: HistGradientBoostingClassifier(random_state=0, **p), plain)
    }
    if _is_there("lightgbm"):
        from lightgbm import LGBMClassifier  # noqa: PLC0415  may be absent

        makers["LightGBM"] = (lambda **p: LGBMClassifier(random_state=0, n_jobs=1, verbose=-1, **p), plain)
    if _is_there("xgboost"):
        from xgboost import XGBClassifier  # noqa: PLC0415

        makers["XGBoost"] = (lambda **p: XGBClassifier(random_state=0, n_jobs=1, **p), plain)
    if _is_there("catboost"):
        from catboost import CatBoostClassifier  # noqa: PLC0415

        texts = [name for name, kind in whole.schema.items() if kind == pl.String]
        makers["CatBoost"] = (
            lambda **p: CatBoostClassifier(
                random_state=0, thread_count=1, verbose=False, cat_features=texts, allow_writing_files=False, **p
            ),
            _pandas(whole),
        )
    for name, (make, data) in makers.items():
        yield name, _of(make, data)
        yield f"{name}, tuned", _tuned(make, data, SETTINGS[name], tries)
    if _is_there("interpret"):
        from interpret.glassbox import ExplainableBoostingClassifier  # noqa: PLC0415

        yield "EBM", _of(lambda: ExplainableBoostingClassifier(random_state=0, n_jobs=1), _pandas(whole))
    if _is_there("optbinning"):
        from optbinning import BinningProcess  # noqa: PLC0415

        names = list(whole.columns)
        texts = [name for name, kind in whole.schema.items() if kind == pl.String]
        yield (
            "optbinning",
            _of(
                lambda: make_pipeline(
                    BinningProcess(names, categorical_variables=texts), LogisticRegression(max_iter=2000)
                ),
                _pandas(whole),
            ),
        )


def _is_there(module: str) -> bool:
    found = find_spec(module) is not None
    if not found:
        print(f"left out: {module} is not installed (benchmarks/README.md)", file=sys.stderr)
    return found


def _ours(
    kind: Any,  # noqa: ANN401  one of three
    table: TableFile,
    is_bad: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    *,
    bags: int = 0,
    pairs: int = 0,
) -> np.ndarray:
    said = read_variables(suggest(table, train, "y"), "suggested").variables
    columns = [TableColumn(name=name, said=one) for name, one in said.items() if not one.leave_out]
    values = array_of(table.coded(columns), [column.name for column in columns])
    model = fit_declared(kind, columns, values[train], is_bad[train], None, bags=bags, pairs=pairs)
    return model.predict_proba(values[test])[:, 1]


def _of(make: Callable[..., Any], data: Any, *, scale: bool = False) -> Predict:  # noqa: ANN401  array or frame
    def predict(_: TableFile, is_bad: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), make()) if scale else make()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(_at(data, train), is_bad[train].astype(int))
            return np.asarray(model.predict_proba(_at(data, test)))[:, 1]

    return predict


def _tuned(make: Callable[..., Any], data: Any, settings: Mapping[str, list[Any]], tries: int) -> Predict:  # noqa: ANN401
    def predict(_: TableFile, is_bad: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        x, y = _at(data, train), is_bad[train].astype(int)
        inner = StratifiedKFold(3, shuffle=True, random_state=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tried = [
                (log_loss(y, _out_of_fold(lambda one=one: make(**one), x, y, inner)), number, one)
                for number, one in enumerate(ParameterSampler(settings, tries, random_state=0))
            ]
            model = make(**min(tried)[2]).fit(x, y)
            return np.asarray(model.predict_proba(_at(data, test)))[:, 1]

    return predict


def _out_of_fold(make: Callable[[], Any], x: Any, y: np.ndarray, folds: StratifiedKFold) -> np.ndarray:  # noqa: ANN401
    """A new model for each fold: scikit-learn cannot clone CatBoost's."""
    predicted = np.empty(len(y))
    for inside, outside in folds.split(x, y):
        model = make().fit(_at(x, inside), y[inside])
        predicted[outside] = np.asarray(model.predict_proba(_at(x, outside)))[:, 1]
    return predicted


def _at(data: Any, rows: np.ndarray) -> Any:  # noqa: ANN401
    return data[rows] if isinstance(data, np.ndarray) else data.iloc[rows].reset_index(drop=True)


def _whole(table: TableFile) -> pl.DataFrame:
    """Numbers as numbers, categories as texts."""
    return table.columns.select(
        pl.col(name).cast(pl.Float64) if is_numeric(table.columns[name]) else pl.col(name).fill_null("missing")
        for name in table.columns.columns
    )


def _pandas(frame: pl.DataFrame) -> Any:  # noqa: ANN401  a package that may be absent
    from pandas import DataFrame  # noqa: PLC0415  only where an estimator takes it, which brings it

    return DataFrame(frame.to_dict(as_series=False))


def _plain(table: TableFile) -> np.ndarray:
    """Numbers, and one column per category."""
    frame = _whole(table)
    texts = [place for place, kind in enumerate(frame.dtypes) if kind == pl.String]
    encoder = make_column_transformer((OneHotEncoder(sparse_output=False), texts), remainder="passthrough")
    rows = encoder.fit_transform(np.array(frame.rows(), dtype=object))
    return np.asarray(rows, dtype=np.float64)


if __name__ == "__main__":
    main()
