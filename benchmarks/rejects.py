"""What reject inference does, where the truth is known: simulated firms of which only the better ones are lent to.

    python -m sandbox simulate --firms 1000 --seed 11 --end-on 2026-11-23 --out DATASET
    python benchmarks/rejects.py DATASET

Every firm of a simulated portfolio has a loan. Here, those are kept that a lender's rule would have granted: bank
balance and overdue receivables better than those of a third of the firms, with a tenth of all firms the other way round
by chance. Scorecards are trained on these loans alone, and with both ways of reject inference; each is then measured on
all later firms, and on those that the rule would have declined.
"""

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import machine, table, versions
from features.derive import CATALOGUE
from models import metrics
from models.dataset import KEY, read_dataset, training_rows
from models.outcomes import Definition
from models.records import RejectMethod
from models.scorecard import array_of
from models.train import Rejects, bads_of, candidate_features, train

SEEN = ("liquidity_minimum_balance_months_90d_v2", "receivables_overdue_share_v2")
"""What the rule looks at: more of the first is better, less of the second."""
WORST, CHANCE = 1 / 3, 0.1
WAYS: tuple[tuple[str, RejectMethod | None, float], ...] = (
    ("loans alone", None, 1.0),
    ("reweighting", "reweighting", 1.0),
    ("parcelling, factor 1", "parcelling", 1.0),
    ("parcelling, factor 1.5", "parcelling", 1.5),
    ("parcelling, factor 2.5", "parcelling", 2.5),
)


def main() -> None:
    """Print one line per way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    dataset, definition = read_dataset(parser.parse_args().dataset), Definition.crr_178()
    names, excluded = candidate_features(fetched=frozenset(dataset.manifest.resources))
    whole = training_rows(dataset, names, definition)
    is_lent = granted(whole)
    lent = whole.filter(is_lent)
    kept = replace(dataset, repayments=dataset.repayments.join(lent, on=KEY, how="semi"))
    features = [CATALOGUE[name] for name in names]
    rows = []
    for name, method, factor in WAYS:
        rejects = None if method is None else Rejects(method=method, factor=factor, rows=whole.filter(~is_lent))
        made = train(
            kept,
            lent,
            features,
            definition=definition,
            excluded=excluded,
            at=datetime(2026, 11, 29, tzinfo=UTC),
            rejects=rejects,
        )
        later = whole.filter((pl.col("as_of") >= made.record.cut_off) & (pl.col("outcome") != "indeterminate"))
        figures = [name, str(len(made.record.selected))]
        for part in (later, later.filter(~granted(later))):
            pd, is_bad = made.estimator.predict_proba(array_of(part, names))[:, 1], bads_of(part)
            draws = metrics.draws_of(part["borrower"].to_numpy())
            auc = metrics.estimate(metrics.Ranking(pd, is_bad).auc, part.height, draws)
            figures += [f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})", f"{is_bad.mean() / pd.mean():.2f}"]
        rows.append(figures)
        print(".", end="", file=sys.stderr, flush=True)
    print(
        f"\n{whole.height} firms and days, {lent.height} lent to; bad rate {bads_of(lent).mean():.1%} of loans, "
        f"{bads_of(whole.filter(~is_lent)).mean():.1%} of the others.\n"
    )
    head = ["", "features", "AUC, all later firms", "bads by expected", "AUC, those declined", "bads by expected"]
    print(table(head, rows))
    print(f"\n{machine()}; {versions()}")


def granted(rows: pl.DataFrame) -> pl.Series:
    """Whether the rule would have lent, for each row: by a number that follows from borrower and day alone."""
    ranks = [rows[name].fill_null(strategy="min" if place == 0 else "max").rank() for place, name in enumerate(SEEN)]
    quality = ranks[0] - ranks[1]
    luck = np.array(
        [np.random.default_rng([one, day.toordinal()]).random() for one, day in rows.select(KEY).iter_rows()]
    )
    return (quality > quality.quantile(WORST)) != pl.Series(luck < CHANCE)


if __name__ == "__main__":
    main()
