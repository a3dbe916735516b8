"""What the policy's rules on values of the books cost and catch, on simulated firms whose loans are known to go bad.

    python -m sandbox simulate --firms 4000 --seed 2 --out DATASET
    python benchmarks/rules.py DATASET [--policy FILE]

Every observation day of every firm is an application. A rule stops it where its value is beyond the threshold, or where
the value cannot be determined: then a person decides, or the rule declines. Of applications that the score alone would
approve, the table says how many each rule stops, how many of these no other such rule would stop, and how often they
go bad. Rules that need an application (amount, term, payout account) or what only a fetch knows are not looked at.
Intervals come from a bootstrap that draws firms.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.population import rate
from benchmarks.results import table
from models.dataset import Dataset, DatasetError, read_dataset, training_rows
from models.outcomes import Definition
from models.registry import ARTIFACTS, Registry
from scoring.decisions.policy import Policy, PolicyError
from scoring.decisions.rules import CAPS, KNOCK_OUTS, Bound, Rule, in_force, threshold_of
from scoring.runtime.serving import Serving, card_of, combine, newest_policy_file
from scoring.texts.policy_document import needed

RULES: tuple[Rule[Any], ...] = tuple(rule for rule in (*KNOCK_OUTS, *CAPS) if rule.feature is not None)
"""Rules on one value of the books."""


def stops(rule: Rule[Any], policy: Policy) -> pl.Expr:
    """Whether the value of a rule is beyond its threshold; null where it is not determined."""
    if rule.setting is None or rule.setting(policy) is None:  # added after this policy: not in force
        return pl.lit(value=False)
    value, threshold = pl.col(policy.feature(rule.feature or "")), threshold_of(rule.setting, policy)
    return value > threshold if rule.bound is Bound.AT_MOST else value < threshold


def judged(dataset: Dataset, serving: Serving, progress: Progress) -> pl.DataFrame:
    """One row per application whose loan is known to be good or bad: outcome, PD, and whether each rule stops it."""
    policy = serving.policy
    names = {*serving.table.names, *(policy.feature(rule.feature) for rule in in_force(RULES, policy) if rule.feature)}
    task = progress.add_task("features", total=None)
    rows = training_rows(
        dataset,
        sorted(names),
        Definition.crr_178(),
        lambda done, total: progress.update(task, completed=done, total=total),
    ).filter(pl.col("outcome") != "indeterminate")
    scores = serving.table.score_frame(rows)
    return rows.select(
        "borrower",
        (pl.col("outcome") == "bad").alias("is_bad"),
        scores["pd"].alias("pd"),
        *(stops(rule, policy).alias(rule.id) for rule in RULES),
    )


def lines(applications: pl.DataFrame, policy: Policy) -> list[list[str]]:
    """One line per rule, between all that the score alone would approve and what is left of them."""
    approved = applications.filter(pl.col("pd") <= policy.cut_offs.approve_at_or_below)
    stopped = approved.select("borrower", "is_bad", *(pl.col(rule.id).fill_null(value=True) for rule in RULES))
    count = pl.sum_horizontal(rule.id for rule in RULES)
    found = [_line("approved by the score alone", ["", "", "", ""], stopped, "")]
    for rule in in_force(RULES, policy):
        beyond = (applications.filter(is_bad=is_bad)[rule.id].fill_null(value=False).mean() for is_bad in (False, True))
        shares = (applications[rule.id].is_null().mean(), *beyond)
        told = [
            needed(rule, policy),
            *("-" if share is None else f"{100 * share:.1f}" for share in shares),
        ]
        alone = stopped.filter(pl.col(rule.id) & (count == 1)).height
        found.append(_line(f"`{rule.id}`", told, stopped.filter(rule.id), f"{alone:,}"))
    return [*found, _line("stopped by none", ["", "", "", ""], stopped.filter(count == 0), "")]


def _line(name: str, told: list[str], loans: pl.DataFrame, alone: str) -> list[str]:
    firms = loans["borrower"].to_numpy()
    bad = rate(loans["is_bad"].to_numpy(), np.ones(loans.height), firms) if loans.height else "-"
    return [name, *told, f"{loans.height:,}", alone, bad]


def main() -> None:
    """Measure a dataset and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="a folder that `python -m sandbox simulate` wrote")
    parser.add_argument("--policy", type=Path, help="a policy file; without it the newest of the service")
    given = parser.parse_args()
    model = Registry(root=ARTIFACTS).champion("sme")
    try:
        dataset = read_dataset(given.dataset)
        serving = combine(card_of(model), model.table, (given.policy or newest_policy_file()).read_bytes())
    except (DatasetError, PolicyError, OSError) as error:
        parser.error(str(error))
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), transient=True) as progress:
        applications = judged(dataset, serving, progress)
    manifest, bads = dataset.manifest, applications["is_bad"].sum()
    print(
        f"{manifest.firms:,} firms of seed {manifest.seed}, books to {manifest.end_on}: {applications.height:,}"
        f" applications, {bads:,} of them bad. Model {serving.versions.model}, policy {serving.versions.policy}.\n"
    )
    header = (
        *("rule", "needed", "not determined, %", "beyond it: good, %", "bad, %"),
        *("stops, of approved", "alone", "bad of these, %"),
    )
    print(table(header, lines(applications, serving.policy)))


if __name__ == "__main__":
    main()
