"""The simulated population in figures that are published for real firms: docs/simulation.md sets them side by side.

    python -m sandbox simulate --firms 20000 --seed 2 --out DATASET
    python benchmarks/population.py DATASET

Payments are measured on invoices that fell due 90 days or more before the last day of the books, cancelled ones left
aside. What fell due on a weekend may be paid on Monday. Legal form, size and age are drawn again from the seed in the
manifest, since no ledger holds them. A firm whose accounts stop moving before the end is insolvent: while it lives,
its bank charges it every month. Intervals come from a bootstrap that draws firms.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.results import table
from models.dataset import Dataset, DatasetError, read_dataset, training_rows
from models.metrics import Ranking, draws_of, estimate
from models.outcomes import Definition, outcomes
from models.registry import ARTIFACTS, Registry
from models.train import bads_of
from sandbox.firms.simulation import traits_of
from sandbox.life.traits import PERSONS

MATURE_DAYS = 90
"""An invoice is looked at when it fell due so long before the books end; unpaid by then is not paid."""
SILENT_DAYS = 45
"""Accounts that do not move for so long before the end are those of a firm that is no more."""
DSO = "receivables_dso_days_3m"
DRAWS = 400
Rows = list[list[str]]
KEY = ["borrower", "document_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """A simulated dataset with what its ledger does not hold."""

    dataset: Dataset
    firms: pl.DataFrame
    """One row each: when its books open and end, insolvent or not, legal form, normal yearly sales, new or not."""


def population(dataset: Dataset, seed: int) -> Population:
    """Join what the accounts tell of the life of each firm to the traits it was drawn with."""
    end_on = dataset.manifest.end_on
    lives = (
        pl.scan_parquet(dataset.folder / "ledger" / "transactions.parquet")
        .group_by("borrower")
        .agg(opened_on=pl.col("happened_on").min(), ended_on=pl.col("happened_on").max())
        .collect()
    )
    rows = []
    for number in range(dataset.manifest.firms):
        traits = traits_of(seed, number)
        rows.append((number, traits.legal_form, 12 * traits.sales, traits.is_new))
    drawn = pl.DataFrame(rows, schema=["borrower", "legal_form", "sales", "is_new"], orient="row")
    firms = drawn.join(lives, on="borrower", how="left", validate="1:1").with_columns(
        is_insolvent=pl.col("ended_on") < pl.lit(end_on).dt.offset_by(f"-{SILENT_DAYS}d"),
        years=(pl.col("ended_on") - pl.col("opened_on")).dt.total_days() / 365.25,
    )
    return Population(dataset=dataset, firms=firms.sort("borrower"))


def invoices_of(found: Population) -> pl.DataFrame:
    """Every mature invoice: term, size, when it was paid in full, and whether it was written off or reminded of."""

    def frame(name: str) -> pl.LazyFrame:
        return pl.scan_parquet(found.dataset.folder / "ledger" / f"{name}.parquet")

    def of_invoices(name: str) -> pl.LazyFrame:
        return frame(name).filter(pl.col("document") == "invoice").group_by(KEY)

    by_invoice = pl.col("invoice_id").alias("document_id")
    is_settled = pl.col("means").is_in(["discount", "fee"])
    is_lost = pl.col("means").is_in(["clearing", "short"])
    is_money = ~is_settled & ~is_lost
    closed = of_invoices("closings").agg(
        paid=pl.col("amount_cents").filter(is_money).sum(),
        paid_on=pl.col("happened_on").filter(is_money & (pl.col("amount_cents") > 0)).max(),
        settled=pl.col("amount_cents").filter(is_settled).sum(),
        written_off=pl.col("amount_cents").filter(is_lost).sum(),
    )
    credited = frame("credit_notes").group_by("borrower", by_invoice).agg(credited=pl.col("gross_cents").sum())
    reminded = frame("reminders").select("borrower", by_invoice, is_reminded=True).unique()
    weekday = pl.col("due_on").dt.weekday()
    return (
        frame("invoices")
        .filter((pl.col("document") == "invoice") & (pl.col("gross_cents") > 0) & ~pl.col("is_duplicate"))
        .join(frame("cancellations").select("borrower", by_invoice), on=KEY, how="anti")
        .join(found.firms.lazy().select("borrower", "ended_on", "legal_form"), on="borrower")
        .filter(pl.col("due_on") <= pl.col("ended_on").dt.offset_by(f"-{MATURE_DAYS}d"))
        .join(closed, on=KEY, how="left")
        .join(credited, on=KEY, how="left")
        .join(reminded, on=KEY, how="left")
        .with_columns(
            pl.col("paid", "settled", "credited").fill_null(0),
            pl.col("is_reminded").fill_null(value=False),
            is_written_off=pl.col("written_off").fill_null(0) > 0,
            term=pl.when(~pl.col("is_due_assumed")).then((pl.col("due_on") - pl.col("issued_on")).dt.total_days()),
            payable_on=pl.col("due_on") + pl.duration(days=pl.max_horizontal(8 - weekday, 0) * (weekday > 5)),
        )
        .with_columns(
            is_paid=pl.col("paid_on").is_not_null()
            & ~pl.col("is_written_off")
            & (pl.col("paid") + pl.col("settled") + pl.col("credited") >= pl.col("gross_cents")),
        )
        .filter(pl.col("is_paid") | (pl.col("credited") < pl.col("gross_cents")))
        .with_columns(
            late=(pl.col("paid_on") - pl.col("payable_on")).dt.total_days(),
            delay=(pl.col("paid_on") - pl.col("due_on")).dt.total_days(),
            collected=(pl.col("paid_on") - pl.col("issued_on")).dt.total_days(),
        )
        .collect(engine="streaming")
    )


def payment_lines(invoices: pl.DataFrame) -> Rows:
    """How long customers have, and what they do."""
    paid = invoices.filter("is_paid")
    late = paid.filter(pl.col("late") > 0)
    lost = invoices.filter(~pl.col("is_paid"))
    lost_cents = (lost["gross_cents"] - lost["paid"] - lost["credited"] - lost["settled"]).clip(0).sum()
    euro = invoices["gross_cents"] / 100
    euro_of_ug = invoices.filter(pl.col("legal_form") == "ug")["gross_cents"] / 100

    def share(rows: pl.DataFrame) -> str:
        return f"{100 * rows.height / invoices.height:.1f} %"

    return [
        ["invoices looked at", f"{invoices.height:,}"],
        ["term, days", _spread(invoices["term"])],
        ["invoices that state no term", share(invoices.filter("is_due_assumed"))],
        ["paid after the due day", share(late)],
        ["paid more than 7 days after it", share(late.filter(pl.col("late") > 7))],
        ["paid more than 30 days after it", share(late.filter(pl.col("late") > 30))],
        ["not paid in full", share(lost)],
        ["days late, of the late", _spread(late["late"])],
        ["days after the due day, of all that were paid, early ones negative", _spread(paid["delay"])],
        ["the same, early ones counted as 0", _spread(paid["delay"].clip(0))],
        ["days from issue to payment", _spread(paid["collected"])],
        ["written off", share(invoices.filter("is_written_off"))],
        ["lost, by amount: written off or open", f"{100 * lost_cents / invoices['gross_cents'].sum():.1f} %"],
        ["invoices with a reminder", share(invoices.filter("is_reminded"))],
        ["gross amount, euro", _spread(euro)],
        ["the same of the UG (haftungsbeschränkt)", _spread(euro_of_ug)],
    ]


def firm_lines(found: Population) -> Rows:
    """Who the firms are, and how many of them end."""
    firms = found.firms
    months = firms["years"] * 12
    persons = firms["legal_form"].is_in(sorted(PERSONS))
    sole = firms["legal_form"].is_in(["einzelunternehmen", "freiberufler"])
    insolvencies = rate(firms["is_insolvent"].to_numpy(), firms["years"].to_numpy(), firms["borrower"].to_numpy())
    return [
        ["firms", f"{firms.height:,}"],
        ["sole traders and freelancers; with partnerships", f"{100 * _mean(sole):.1f}; {100 * _mean(persons):.1f} %"],
        ["months of books", _spread(months)],
        ["normal yearly net sales, euro", _spread(firms["sales"])],
        ["insolvencies a year, of 100 firms", insolvencies],
    ]


def default_lines(found: Population, loans: pl.DataFrame) -> Rows:
    """Bad loans within a year of the grant, overall and by year, legal form, size and age."""
    sales = pl.col("sales")
    size = (
        pl.when(sales < 100_000)
        .then(pl.lit("sales below 100,000 euro a year"))
        .when(sales < 250_000)
        .then(pl.lit("sales of 100,000 to 250,000"))
        .when(sales < 500_000)
        .then(pl.lit("sales of 250,000 to 500,000"))
        .otherwise(pl.lit("sales of 500,000 and more"))
    )
    age = (pl.col("as_of") - pl.col("opened_on")).dt.total_days() / 365.25
    known = loans.join(found.firms, on="borrower").with_columns(
        year=pl.col("as_of").dt.year().cast(pl.String),
        size=size,
        age=pl.when(~pl.col("is_new"))
        .then(pl.lit("founded before its books open"))
        .when(age < 2)
        .then(pl.lit("founded with its books, less than 2 years old"))
        .otherwise(pl.lit("founded with its books, 2 to 5 years old")),
    )
    return list(_by_group(known))


def _by_group(loans: pl.DataFrame) -> Iterator[list[str]]:
    yield ["all", *_bad(loans)]
    for column in ("year", "legal_form", "size", "age"):
        order = loans.group_by(column).agg(first=pl.col("sales").min()).sort("first" if column == "size" else column)
        for group in order[column]:
            name = f"granted in {group}" if column == "year" else group
            yield [name, *_bad(loans.filter(pl.col(column) == group))]


def _bad(loans: pl.DataFrame) -> list[str]:
    is_bad = (loans["outcome"] == "bad").to_numpy()
    return [f"{loans.height:,}", rate(is_bad, np.ones(loans.height), loans["borrower"].to_numpy())]


def score_lines(found: Population, progress: Progress) -> Rows:
    """How well the champion ranks loans later than all it was trained on, of firms it was not trained on."""
    champion = Registry(root=ARTIFACTS).champion("sme")
    training = champion.manifest.training
    manifest = found.dataset.manifest
    is_same = training.dataset.kind == "simulated" and training.dataset.seed == manifest.seed
    unseen = pl.col("borrower") >= (training.dataset.firms if is_same else 0)
    spine = found.dataset.spine.filter((pl.col("as_of") >= training.cut_off) & unseen)
    if spine.is_empty():
        return [["AUC of the champion", f"- (all firms of seed {manifest.seed} are those it was trained on)"]]
    later = replace(found.dataset, spine=spine)
    task = progress.add_task("features", total=None)
    rows = training_rows(
        later,
        [*champion.table.names, DSO],
        training.definition,
        lambda done, total: progress.update(task, completed=done, total=total),
    )
    known = rows.filter(pl.col("outcome") != "indeterminate")
    is_bad = bads_of(known)
    ranking = Ranking(-champion.table.score_frame(known)["score"].to_numpy(), is_bad)
    auc = estimate(ranking.auc, known.height, draws_of(known["borrower"].to_numpy()))
    return [
        ["DSO of a firm, days", _spread(rows[DSO])],
        ["AUC of the champion, loans from its cut-off on, firms it has not seen",
         f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f}), {known.height:,} loans, {is_bad.sum():,} bad"],
    ]  # fmt: skip


def _spread(values: pl.Series) -> str:
    """Quartiles and mean."""
    quartiles = ", ".join(f"{values.quantile(share, 'linear'):,.0f}" for share in (0.25, 0.5, 0.75))
    mean = _mean(values)
    return f"{quartiles}; mean {mean:,.{0 if mean > 100 else 1}f}"


def _mean(values: pl.Series) -> float:
    return float(values.drop_nulls().to_numpy().mean())


def rate(hits: np.ndarray, exposure: np.ndarray, firms: np.ndarray) -> str:
    """Hits in a hundred of exposure, with an interval that draws firms."""
    _, index = np.unique(firms, return_inverse=True)
    count = int(index.max()) + 1
    hit, exposed = (np.bincount(index, weights=values, minlength=count) for values in (hits, exposure))
    random = np.random.default_rng(20_240_101)
    drawn = [random.integers(0, count, count) for _ in range(DRAWS)]
    low, high = np.percentile([100 * hit[draw].sum() / exposed[draw].sum() for draw in drawn], [2.5, 97.5])
    return f"{100 * hit.sum() / exposed.sum():.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Measure a dataset and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="a folder that `python -m sandbox simulate` wrote")
    try:
        dataset = read_dataset(parser.parse_args().dataset)
    except DatasetError as error:
        parser.error(str(error))
    seed = dataset.manifest.seed
    if seed is None:
        parser.error(f"{dataset.folder} has no seed: only simulated firms can be measured")
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task("firms and invoices", total=3)
        found = population(dataset, seed)
        progress.advance(task)
        payments = payment_lines(invoices_of(found))
        progress.advance(task)
        loans = outcomes(dataset.repayments, Definition.crr_178())
        defaults = default_lines(found, loans)
        progress.advance(task)
        scores = score_lines(found, progress)
    print(f"{dataset.manifest.firms:,} firms of seed {seed}, books to {dataset.manifest.end_on}.\n")
    print(table(["measure", "simulated"], [*firm_lines(found), *payments, *scores]), end="\n\n")
    print(table(["loans", "number", "bad within 12 months, %"], defaults))


if __name__ == "__main__":
    main()
