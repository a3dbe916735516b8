"""Registered models on the same loans of firms that none of them was trained on, with the differences to the first.

    python -m sandbox simulate --firms 1500 --seed 77 --end-on 2026-11-23 --out DATASET
    python benchmarks/compared.py DATASET 3 4

Versions of the model `sme`. Intervals come from a bootstrap that draws firms, the same draws for all.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from models import metrics
from models.dataset import DatasetError, read_dataset, training_rows
from models.outcomes import Definition
from models.records import Estimate
from models.registry import ARTIFACTS, Registry, RegistryError
from models.train import bads_of

HEAD = ("model", "features", "AUC", "less that of the first", "Brier score", "less that of the first")


def said(found: Estimate, decimals: int) -> str:
    """A figure with its interval of 95 %."""
    return f"{found.value:.{decimals}f} ({found.low:.{decimals}f} to {found.high:.{decimals}f})"


def main() -> None:
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "dataset", type=Path, help="a folder that `python -m sandbox simulate` wrote, with another seed"
    )
    parser.add_argument("versions", nargs="+", metavar="VERSION", help="of the model, such as 3")
    asked = parser.parse_args()
    try:
        models = [Registry(root=ARTIFACTS).load("sme", version) for version in asked.versions]
        dataset = read_dataset(asked.dataset)
    except (DatasetError, RegistryError) as error:
        parser.error(str(error))
    names = sorted({name for model in models for name in model.table.names})
    with Progress(TextColumn("features"), BarColumn(), TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task("features", total=None)
        rows = training_rows(
            dataset, names, Definition.crr_178(), lambda done, total: progress.update(task, completed=done, total=total)
        )
    known = rows.filter(rows["outcome"] != "indeterminate")
    is_bad = bads_of(known)
    draws = metrics.draws_of(known["borrower"].to_numpy())
    print(f"{known.height:,} loans of {known['borrower'].n_unique():,} firms, {is_bad.sum()} bad.\n")
    scores = [model.table.score_frame(known) for model in models]
    aucs = [metrics.Ranking(one["log_odds"].to_numpy(), is_bad).auc for one in scores]
    briers = [metrics.brier(one["pd"].to_numpy(), is_bad) for one in scores]

    def beside(found: list[Callable[..., float]], place: int, decimals: int) -> list[str]:
        own = metrics.estimate(found[place], len(is_bad), draws)
        apart = metrics.estimate(lambda weights: found[place](weights) - found[0](weights), len(is_bad), draws)
        return [said(own, decimals), said(apart, decimals) if place else "-"]

    lines = [
        [f"sme/{version}", str(len(model.table.names)), *beside(aucs, place, 3), *beside(briers, place, 4)]
        for place, (version, model) in enumerate(zip(asked.versions, models, strict=True))
    ]
    print(table(HEAD, lines))


if __name__ == "__main__":
    main()
