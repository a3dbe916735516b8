"""How many columns an estimator should keep: rules of selection on later loans, by the number of firms to learn from.

    python -m sandbox simulate --firms 1500 --seed 31 --end-on 2026-11-23 --out build/dataset
    python benchmarks/selection.py build/dataset
    python benchmarks/selection.py build/dataset --estimator boosting --rules 1.5/12 1.0/8 1.0/4 0/4

A rule is Z/N: a coefficient of Z standard errors above 0, and one column per N firms with a bad. Every model is
measured on the same later loans, which no choice looks at. Run by hand.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl
from rich.progress import track
from sklearn.metrics import log_loss, roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from features.derive import CATALOGUE
from models.boosting import AdditiveBoosting
from models.candidates import candidate_features
from models.dataset import read_dataset, training_rows
from models.outcomes import Definition
from models.scorecard import array_of
from models.train import bads_of, split
from models.woe import WoeScorecard

ESTIMATORS = {"scorecard": WoeScorecard, "boosting": AdditiveBoosting}
"""By the name that ``--estimator`` takes."""


def main() -> None:
    """Measure, and print one line per number of firms and rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="dataset folder")
    parser.add_argument("--firms", type=int, nargs="*", default=[150, 300, 0], help="to learn from; 0: all")
    parser.add_argument("--estimator", choices=sorted(ESTIMATORS), default="scorecard")
    parser.add_argument("--rules", nargs="*", default=["2.5/12", "1.4/12", "1.4/8", "1.0/8"])
    arguments = parser.parse_args()
    dataset = read_dataset(arguments.dataset)
    names, _ = candidate_features(catalogue=2, bank_data=True, fetched=frozenset(dataset.manifest.resources))
    definition = Definition.crr_178()
    rows = training_rows(dataset, names, definition)
    training, _, cut_off = split(rows, horizon_months=definition.horizon_months)
    later = rows.filter((pl.col("as_of") >= cut_off) & (pl.col("outcome") != "indeterminate"))
    known = training["borrower"].unique().sort().to_numpy()
    later_values, later_bad = array_of(later, names), bads_of(later)
    print(f"{later.height} later loans, {later_bad.sum()} bad, {len(names)} features\n")
    print("| firms | loans | bads | rule | features | AUC | log loss |\n|---|---|---|---|---|---|---|")
    for firms in arguments.firms:
        drawn = known if firms == 0 else np.random.default_rng(firms).choice(known, firms, replace=False)
        part = training.filter(pl.col("borrower").is_in(drawn.tolist()))
        is_bad = bads_of(part)
        for rule in track(arguments.rules, description=f"{len(drawn)} firms", transient=True):
            least, _, bads = rule.partition("/")
            model = ESTIMATORS[arguments.estimator](
                monotonic_cst=[int(CATALOGUE[name].risk) for name in names],
                decimals=[CATALOGUE[name].precision for name in names],
                min_z=float(least),
                rarer_per_feature=int(bads),
            ).fit(array_of(part, names), is_bad, groups=part["borrower"].to_numpy())
            found = model.predict_proba(later_values)[:, 1]
            figures = f"{roc_auc_score(later_bad, found):.3f} | {log_loss(later_bad, found):.4f}"
            kept = sum(len(edges) > 0 for edges in model.edges_)
            print(f"| {len(drawn)} | {part.height} | {is_bad.sum()} | {rule} | {kept} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
