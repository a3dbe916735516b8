"""What the policy's rules on values of the books cost and catch, on simulated firms whose loans are known to go bad.

    python -m sandbox simulate --firms 4000 --seed 2 --out DATASET
    python benchmarks/rules.py DATASET [--policy FILE] [--try "FEATURE > VALUE" ...]

Every observation day of every firm is an application. A rule stops it where its value is beyond the threshold, or where
the value cannot be determined: then a person decides, or the rule declines. Of applications that the score alone would
approve, the table says how many each rule stops, how many of these no other such rule would stop, and how often they
go bad. Rules that need an application (amount, term, payout account) or what only a fetch knows are not looked at.
Intervals come from a bootstrap that draws firms.

`--try` looks at a bound that no rule has, by itself: on any feature of the catalogue, with `>` or `<`. Tried bounds
stop nothing of what the other lines count.
"""

import argparse
import re
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.population import rate
from benchmarks.results import table
from features.derive import CATALOGUE, is_fetched
from models.dataset import Dataset, DatasetError, read_dataset, training_rows
from models.outcomes import Definition
from models.registry import ARTIFACTS, Registry
from scoring.decisions.policy import Policy, PolicyError
from scoring.decisions.rules import CAPS, KNOCK_OUTS, Bound, Rule, in_force, threshold_of
from scoring.runtime.serving import Serving, card_of, combine, newest_policy_file
from scoring.texts.policy_document import needed

RULES: tuple[Rule[Any], ...] = tuple(rule for rule in (*KNOCK_OUTS, *CAPS) if rule.feature is not None)
"""Rules on one value of the books."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A bound that is looked at by itself."""

    feature: str
    is_above: bool
    """Whether it stops values above it, else those below."""
    value: float

    @classmethod
    def parse(cls, text: str) -> "Tried":
        """Read ``FEATURE > VALUE``."""
        found = re.fullmatch(r"\s*(\w+)\s*([<>])\s*(-?[0-9.]+)\s*", text, re.ASCII)
        if found is None or found[1] not in CATALOGUE:
            raise argparse.ArgumentTypeError(f"{text!r} is not a feature, > or <, and a number")
        return cls(feature=found[1], is_above=found[2] == ">", value=float(found[3]))

    @property
    def name(self) -> str:
        """As it was given."""
        return f"{self.feature} {'>' if self.is_above else '<'} {self.value:g}"

    def stops(self) -> pl.Expr:
        """Whether the value is beyond the bound; null where it is not determined."""
        value = pl.col(self.feature)
        return value > self.value if self.is_above else value < self.value


def stops(rule: Rule[Any], policy: Policy) -> pl.Expr:
    """Whether the value of a rule is beyond its threshold; null where it is not determined."""
    if rule.setting is None or rule.setting(policy) is None:  # added after this policy: not in force
        return pl.lit(value=False)
    value, threshold = pl.col(policy.feature(rule.feature or "")), threshold_of(rule.setting, policy)
    return value > threshold if rule.bound is Bound.AT_MOST else value < threshold


def unread(dataset: Dataset, policy: Policy) -> tuple[str, ...]:
    """Rules in force whose value rests on what the dataset does not have."""
    fetched = frozenset(dataset.manifest.resources)
    return tuple(
        rule.id
        for rule in in_force(RULES, policy)
        if rule.feature and not is_fetched(CATALOGUE[policy.feature(rule.feature)], fetched)
    )


def judged(dataset: Dataset, serving: Serving, progress: Progress, tried: Sequence[Tried] = ()) -> pl.DataFrame:
    """One row per application whose loan is known to be good or bad: outcome, PD, and whether each rule stops it."""
    policy = serving.policy
    left_out = unread(dataset, policy)
    ruled = [rule for rule in in_force(RULES, policy) if rule.feature and rule.id not in left_out]
    names = {*serving.table.names, *(policy.feature(rule.feature or "") for rule in ruled)}
    names |= {one.feature for one in tried}
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
        *((stops(rule, policy) if rule in ruled else pl.lit(value=False)).alias(rule.id) for rule in RULES),
        *(one.stops().alias(one.name) for one in tried),
    )


def lines(
    applications: pl.DataFrame, policy: Policy, tried: Sequence[Tried] = (), left_out: Collection[str] = ()
) -> list[list[str]]:
    """One line per rule, between all that the score alone would approve and what is left of them; then what is tried.

    A tried bound stops what is beyond it, not what is not determined: that would drown what it says. Its "alone" leaves
    out the rule that looks at the same feature.
    """
    approved = applications.filter(pl.col("pd") <= policy.cut_offs.approve_at_or_below)
    stopped = approved.select("borrower", "is_bad", *(pl.col(rule.id).fill_null(value=True) for rule in RULES))
    count = pl.sum_horizontal(rule.id for rule in RULES)
    found = [_line("approved by the score alone", ["", "", "", ""], stopped, "")]
    for rule in in_force(RULES, policy):
        if rule.id in left_out:
            continue
        told = [needed(rule, policy), *_shares(applications, rule.id)]
        alone = stopped.filter(pl.col(rule.id) & (count == 1)).height
        found.append(_line(f"`{rule.id}`", told, stopped.filter(rule.id), f"{alone:,}"))
    found.append(_line("stopped by none", ["", "", "", ""], stopped.filter(count == 0), ""))
    for one in tried:
        others = [rule.id for rule in RULES if rule.feature is None or policy.feature(rule.feature) != one.feature]
        beyond = approved[one.name].fill_null(value=False)
        alone = (beyond & ~stopped.select(is_stopped=pl.any_horizontal(others))["is_stopped"]).sum()
        told = ["", *_shares(applications, one.name)]
        found.append(_line(f"tried: `{one.name}`", told, stopped.filter(beyond), f"{alone:,}"))
    return found


def _shares(applications: pl.DataFrame, name: str) -> list[str]:
    """Percent of all applications that are not determined, of good ones and of bad ones beyond the bound."""
    beyond = (applications.filter(is_bad=is_bad)[name].fill_null(value=False).mean() for is_bad in (False, True))
    shares = (applications[name].is_null().mean(), *beyond)
    return ["-" if share is None else f"{100 * float(str(share)):.1f}" for share in shares]


def _line(name: str, told: list[str], loans: pl.DataFrame, alone: str) -> list[str]:
    firms = loans["borrower"].to_numpy()
    bad = rate(loans["is_bad"].to_numpy(), np.ones(loans.height), firms) if loans.height else "-"
    return [name, *told, f"{loans.height:,}", alone, bad]


def main() -> None:
    """Measure a dataset and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="a folder that `python -m sandbox simulate` wrote")
    parser.add_argument("--policy", type=Path, help="a policy file; without it the newest of the service")
    parser.add_argument(
        "--try",
        dest="tried",
        type=Tried.parse,
        action="append",
        default=[],
        metavar="BOUND",
        help='a bound to look at by itself, such as "customers_top1_share_12m_v2 > 0.667"; may be given several times',
    )
    given = parser.parse_args()
    model = Registry(root=ARTIFACTS).champion("sme")
    try:
        dataset = read_dataset(given.dataset)
        serving = combine(card_of(model), model.table, (given.policy or newest_policy_file()).read_bytes())
    except (DatasetError, PolicyError, OSError) as error:
        parser.error(str(error))
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), transient=True) as progress:
        applications = judged(dataset, serving, progress, given.tried)
    manifest, bads = dataset.manifest, applications["is_bad"].sum()
    print(
        f"{manifest.firms:,} firms of seed {manifest.seed}, books to {manifest.end_on}: {applications.height:,}"
        f" applications, {bads:,} of them bad. Model {serving.versions.model}, policy {serving.versions.policy}.\n"
    )
    header = (
        *("rule", "needed", "not determined, %", "beyond it: good, %", "bad, %"),
        *("stops, of approved", "alone", "bad of these, %"),
    )
    left_out = unread(dataset, serving.policy)
    print(table(header, lines(applications, serving.policy, given.tried, left_out)))
    if left_out:
        print(f"\nNot looked at, as the dataset lacks what they rest on: {', '.join(left_out)}.")


if __name__ == "__main__":
    main()
