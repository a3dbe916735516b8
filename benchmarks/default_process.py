"""What each cause of a default contributes: simulated firms with one cause switched off at a time.

    python benchmarks/default_process.py                  1,500 firms, 22 times; 11 minutes on two processors
    python benchmarks/default_process.py --firms 200      quick

A cause is switched off where it can be, or held at its mean where that makes more sense (nobody has no margin). All
variants have the same firms, which the champion was not trained on; the champion scores them on all observation days.
A firm's luck is one stream, so a variant that draws less of it meets other luck afterwards: differences are of firms
as they are and as they would be, and intervals come from a bootstrap that draws firms, which covers that.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from features.derive import derive
from features.ledger import SCHEMAS, Ledger, Resource
from models.metrics import Ranking
from models.outcomes import Definition, outcomes
from models.registry import ARTIFACTS, Registry
from sandbox.firms.simulation import traits_of
from sandbox.portfolio.folder import FRAMES, portfolio_rows
from sandbox.portfolio.ledger import frame_of
from sandbox.portfolio.ledger_schemas import RESOURCES

DRAWS = 400
FIRMS_IN_A_TASK = 50
AVERAGED = ("growth", "margin", "buffer", "opening", "overdraft", "bill_delay")
"""Traits that are held at their mean."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One cause of default switched off, or several."""

    name: str
    what: str
    """What was done to the firms."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Traits of every firm."""
    quality: float | None = None


def variants(mean: Mapping[str, float]) -> list[Variant]:
    """All causes, by what follows what: customers, demand, costs, money, and what happens to a loan.

    Args:
        mean: The mean of each of ``AVERAGED``.
    """
    single = [
        Variant(name="customers fail", what="none does", changes={"failing_customers": 0.0}),
        Variant(name="invoices never paid", what="none", changes={"non_payment": 0.0}),
        Variant(
            name="slow payers",
            what="no customer habitually late, none forgets, none gets slower",
            changes={"slow_share": 0.0, "stray_share": 0.0, "delay_drift": 0.0},
        ),
        Variant(
            name="few large customers",
            what="all of one size",
            changes={"concentration": 0.0, "customer_spread": 0.0},
        ),
        Variant(name="lasting falls of demand", what="none", changes={"shock_rate": 0.0}),
        Variant(name="demand moves from month to month", what="it does not", changes={"demand_noise": 0.0}),
        Variant(name="season", what="none", changes={"seasonality": 0.0}),
        Variant(name="growth differs", what="at its mean", changes={"growth": mean["growth"]}),
        Variant(name="costs drift", what="fixed costs follow sales", changes={"cost_drift": 0.0, "cost_noise": 0.0}),
        Variant(name="thin margins", what="at their mean", changes={"margin": mean["margin"]}),
        Variant(
            name="little buffer",
            what="buffer and opening cash at their means",
            changes={"buffer": mean["buffer"], "opening": mean["opening"]},
        ),
        Variant(name="overdraft differs", what="at its mean", changes={"overdraft": mean["overdraft"]}),
        Variant(name="older debts", what="none", changes={"debt_service": 0.0, "loan_in_month": None}),
        Variant(
            name="bills paid late by habit",
            what="at the mean, which is before the deadline",
            changes={"bill_delay": mean["bill_delay"]},
        ),
        Variant(name="newly founded", what="all existed before", changes={"is_new": False}),
        Variant(name="weak all round", what="latent quality at its mean, all else as drawn", quality=0.0),
        Variant(name="unforeseeable losses", what="none", changes={"misfortune": 0.0}),
        Variant(name="borrowers walk away", what="none does", changes={"walks_away": 0.0}),
    ]
    books = {trait: value for variant in single[:-2] for trait, value in variant.changes.items()}
    luck = {trait: value for variant in single[-2:] for trait, value in variant.changes.items()}
    return [
        Variant(name="**the portfolio as it is**", what=""),
        *single,
        Variant(name="**all luck after the grant**", what="the last two", changes=luck),
        Variant(name="**all that the books can show**", what="all but the last two", changes=books, quality=0.0),
        Variant(name="**all of these**", what="", changes=books | luck, quality=0.0),
    ]


def scored(seed: int, first: int, last: int, end_on: date, variant: Variant) -> pl.DataFrame:
    """Simulate the firms from first to before last, and score each of their loans by the champion."""
    rows = portfolio_rows(seed, range(first, last), end_on, quality=variant.quality, changes=variant.changes)
    frames = {name: frame_of(rows[name], schema) for name, schema in FRAMES.items()}
    ledger = Ledger(**{name: frames[name] for name in SCHEMAS}, fetched=frozenset(Resource(name) for name in RESOURCES))
    points = Registry(root=ARTIFACTS).champion("sme").table
    values = derive(ledger, frames["spine"], points.names).values
    labels = outcomes(frames["repayments"], Definition.crr_178()).select("borrower", "as_of", "outcome")
    return (
        values.select("borrower", "as_of")
        .with_columns(points.score_frame(values)["score"])
        .join(labels, on=["borrower", "as_of"], validate="1:1")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Default rate and AUC of a variant, on all firms and in each bootstrap draw of firms."""

    loans: int
    rate: float
    rates: Floats
    auc: float
    aucs: Floats


def figures_of(loans: pl.DataFrame, draws: list[Floats]) -> Figures:
    """Measure one variant.

    Args:
        loans: As ``scored`` gives them.
        draws: Weights by number of the firm, the same for all variants.
    """
    firm = loans["borrower"].to_numpy()
    is_bad = (loans["outcome"] == "bad").to_numpy()
    known = (loans["outcome"] != "indeterminate").to_numpy()
    ranking = Ranking(-loans["score"].to_numpy()[known], is_bad[known])
    return Figures(
        loans=len(firm),
        rate=float(is_bad.mean()),
        rates=np.array([np.average(is_bad, weights=weights[firm]) for weights in draws]),
        auc=ranking.auc(np.ones(int(known.sum()))),
        aucs=np.array([ranking.auc(weights[firm[known]]) for weights in draws]),
    )


def line(variant: Variant, found: Figures, base: Figures) -> list[str]:
    """A line of the table: the variant, and how far it is from the portfolio as it is."""

    def interval(values: Floats, digits: int, sign: str = "") -> str:
        low, high = np.nanpercentile(values, [2.5, 97.5])
        return f"{low:{sign}.{digits}f} to {high:{sign}.{digits}f}"

    cells = [variant.name, variant.what, f"{found.loans:,}", f"{100 * found.rate:.1f}"]
    is_base = found is base
    change = f"{100 * (found.rate - base.rate):+.1f} ({interval(100 * (found.rates - base.rates), 1, '+')})"
    cells.append(f"({interval(100 * found.rates, 1)})" if is_base else change)
    if np.isnan(found.auc):
        return [*cells, "-", "-"]
    cells.append(f"{found.auc:.3f}")
    change = f"{found.auc - base.auc:+.3f} ({interval(found.aucs - base.aucs, 3, '+')})"
    return [*cells, f"({interval(found.aucs, 3)})" if is_base else change]


def main() -> None:
    """Simulate, score, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=2, help="another than that of the champion's training")
    parser.add_argument("--end-on", type=date.fromisoformat, default=date(2026, 11, 23), help="last day of the books")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    arguments = parser.parse_args()
    firms, seed = arguments.firms, arguments.seed
    trained = Registry(root=ARTIFACTS).champion("sme").manifest.training.dataset
    if firms < 1 or arguments.jobs < 1:
        parser.error("--firms and --jobs are 1 or more")
    if trained.kind == "simulated" and trained.seed == seed:
        parser.error(f"the champion was trained on firms of seed {seed}; choose another")
    traits = [traits_of(seed, number) for number in range(firms)]
    mean = {name: float(np.mean([getattr(drawn, name) for drawn in traits])) for name in AVERAGED}
    tasks = [
        (seed, first, min(firms, first + FIRMS_IN_A_TASK), arguments.end_on, variant)
        for variant in variants(mean)
        for first in range(0, firms, FIRMS_IN_A_TASK)
    ]
    parts: dict[str, list[pl.DataFrame]] = {}
    # Polars does not survive a fork.
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        done = pool.map(scored, *zip(*tasks, strict=True))
        for (*_, variant), loans in track(zip(tasks, done, strict=True), "simulating firms", total=len(tasks)):
            parts.setdefault(variant.name, []).append(loans)
    random = np.random.default_rng(20_240_101)
    draws = [np.bincount(random.integers(0, firms, firms), minlength=firms).astype(np.float64) for _ in range(DRAWS)]
    found = {name: figures_of(pl.concat(loans), draws) for name, loans in parts.items()}
    base = next(iter(found.values()))
    print(f"{firms:,} firms of seed {seed}, books to {arguments.end_on}.\n")
    header = ["cause", "switched off", "loans", "bad, %", "change in points", "AUC of the champion", "change"]
    print(table(header, [line(variant, found[variant.name], base) for variant in variants(mean)]))


if __name__ == "__main__":
    main()
