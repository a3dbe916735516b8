"""How a model that learned from distress in books alone ranks loans, where their outcome is known: simulated firms.

    python -m sandbox simulate --firms 1500 --seed 31 --end-on 2026-11-23 --out DATASET
    python benchmarks/distress.py DATASET

Every firm of a simulated portfolio has loans. Their days are labelled twice: with what became of the loan, and with
what the firm's own books told later of its distress. A model is trained on either label, on the same days of the same
firms. Both are measured on the same later loans, which either of them may be unsure of; intervals are of a bootstrap
over borrowers.
"""

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import machine, table, versions
from features.derive import CATALOGUE
from models import metrics
from models.candidates import candidate_features
from models.dataset import KEY, Dataset, ledger_of, read_dataset, training_rows
from models.distress import distress
from models.distress_definition import DistressDefinition
from models.outcomes import Definition
from models.records import Estimate, EstimatorKind
from models.scorecard import array_of
from models.train import bads_of, split, train

CHUNK = 100
KINDS: tuple[EstimatorKind, ...] = ("scorecard", "boosting")


def main() -> None:
    """Print one line per label and estimator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    dataset, defaults = read_dataset(parser.parse_args().dataset), Definition.crr_178()
    names, excluded = candidate_features(fetched=frozenset(dataset.manifest.resources))
    loans = training_rows(dataset, names, defaults, lambda done, _: say("." if done % 500 < CHUNK else ""))
    found = labels_from_books(dataset)
    both = loans.join(found.select(*KEY, distress="outcome"), on=KEY, how="inner")
    print(f"\n{both.height} loans. Distress in books against default on the loan, of the same days:\n")
    print(table(*crossed(both)))
    same = both.filter((pl.col("distress") != "indeterminate") & (pl.col("outcome") != "indeterminate"))
    labelled = {
        "distress in books": same.with_columns(outcome="distress"),
        "defaults, the same rows": same,
        "defaults, all loans": loans,
    }
    cut_off = max(split(rows, defaults)[2] for rows in labelled.values())
    later = loans.filter((pl.col("as_of") >= cut_off) & (pl.col("outcome") != "indeterminate"))
    features, lines = [CATALOGUE[name] for name in names], []
    for kind in KINDS:
        rankings = []
        for label, rows in labelled.items():
            made = train(
                dataset,
                rows,
                features,
                definition=defaults,
                excluded=excluded,
                at=datetime(2026, 11, 30, tzinfo=UTC),
                kind=kind,
            )
            say("o")
            trained, _, _ = split(rows, defaults)
            scores = made.estimator.decision_function(array_of(later, names))
            is_new = ~later["borrower"].is_in(trained["borrower"].unique().implode())
            rankings.append(metrics.Ranking(scores, bads_of(later)))
            lines.append(
                [
                    f"{kind}, {label}",
                    f"{trained.height} ({bads_of(trained).sum()} bad)",
                    str(len(made.record.selected)),
                    shown(auc(later, scores)),
                    shown(auc(later.filter(is_new), scores[is_new.to_numpy()])),
                ]
            )
        lines.append([f"{kind}, first less second", "", "", shown(difference(later, rankings[0], rankings[1])), ""])
    print(f"\nMeasured on {later.height} loans from {cut_off} on, {bads_of(later).sum()} bad.\n")
    print(table(["", "trained on", "features", "AUC against default", "the same, new firms"], lines))
    print(f"\n{machine()}; {versions()}")


def labels_from_books(dataset: Dataset) -> pl.DataFrame:
    """Distress after the days of the loans."""
    definition, borrowers = DistressDefinition.usual(), dataset.spine["borrower"].unique().sort().to_list()
    parts = []
    for start in range(0, len(borrowers), CHUNK):
        chunk = borrowers[start : start + CHUNK]
        ledger = ledger_of(dataset, chunk[0], chunk[-1])
        read_on: date = dataset.manifest.end_on
        parts.append(distress(ledger, definition, read_on=read_on, days=dataset.spine))
    return pl.concat(parts)


def crossed(rows: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    """What became of loans, by what became of the firms."""
    kinds = ["good", "bad", "indeterminate"]
    counts = {
        (one, other): rows.filter((pl.col("distress") == one) & (pl.col("outcome") == other)).height
        for one in kinds
        for other in kinds
    }
    return ["distress", *(f"loan {kind}" for kind in kinds)], [
        [one, *(str(counts[one, other]) for other in kinds)] for one in kinds
    ]


def auc(rows: pl.DataFrame, scores: np.ndarray) -> Estimate:
    """With its interval."""
    draws = metrics.draws_of(rows["borrower"].to_numpy())
    return metrics.estimate(metrics.Ranking(scores, bads_of(rows)).auc, rows.height, draws)


def difference(rows: pl.DataFrame, first: metrics.Ranking, second: metrics.Ranking) -> Estimate:
    """First less second, of the same draws."""
    draws = metrics.draws_of(rows["borrower"].to_numpy())
    return metrics.estimate(lambda weight: first.auc(weight) - second.auc(weight), rows.height, draws)


def shown(found: Estimate) -> str:
    """As text."""
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def say(text: str) -> None:
    """A sign of progress."""
    print(text, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
